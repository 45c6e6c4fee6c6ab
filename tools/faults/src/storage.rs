//! What is on a disk whose power went: what was synced, and of the rest whatever the disk had got to.
//!
//! A file's bytes and length last when the file was synced after they were written. A name (made, renamed, removed, a folder too) lasts
//! when the folder that it stands in was synced afterwards. That is what POSIX promises; most file systems keep more.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::failure::{Attempt, Failure, Outcome};
use crate::random::Random;
use crate::record::{Ended, Kind, Operation};

/// The unit that a disk writes whole, in bytes.
const SECTOR_BYTES: usize = 512;

/// What the disk lost of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Nothing: as when the program alone is killed.
    Nothing,
    /// All of it.
    Everything,
    /// All bytes; the names are there.
    Bytes,
    /// The bytes, but lengths and names are there: zeros stand where the bytes should be.
    Zeros,
    /// The names; the bytes of what is still to be found are there.
    Names,
    /// The second half of the last write of each file.
    Torn,
    /// Any sectors of any writes, in any order, and any of the last names.
    Some(u64),
}

/// The disk.
#[derive(Clone, Debug)]
pub(crate) struct Storage {
    objects: Vec<Object>,
    by_inode: HashMap<u64, usize>,
    root: std::path::PathBuf,
}

#[derive(Clone, Debug)]
enum Object {
    File(File),
    Folder(Folder),
}

#[derive(Clone, Debug, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, data: Vec<u8> },
    Truncate(usize),
}

#[derive(Clone, Debug, Default)]
struct Folder {
    durable: BTreeMap<OsString, usize>,
    /// Each change of names happens whole or not at all; `None` takes a name away.
    pending: Vec<Vec<(OsString, Option<usize>)>>,
    live: BTreeMap<OsString, usize>,
}

impl Storage {
    /// An empty folder, which itself lasts.
    pub(crate) fn empty(root: &Path) -> Self {
        Self {
            objects: vec![Object::Folder(Folder::default())],
            by_inode: HashMap::new(),
            root: root.to_owned(),
        }
    }

    /// Follows a call.
    pub(crate) fn follow(&mut self, operation: &Operation) -> Outcome<()> {
        if operation.outcome == Ended::Refused {
            return Ok(());
        }
        match operation.kind {
            Kind::Said | Kind::Open => self.open(operation),
            Kind::Write => {
                let data = operation.data.clone();
                self.change(operation, Change::Write { at: bytes(operation.offset)?, data })
            }
            Kind::Truncate => self.change(operation, Change::Truncate(bytes(operation.offset)?)),
            Kind::Sync => self.sync(operation),
            // Its names may still be brought to the disk by the next one.
            Kind::SyncFolder if operation.outcome == Ended::Injected => Ok(()),
            Kind::SyncFolder => {
                let folder = self.find(&operation.path)?;
                self.sync_folder(folder)
            }
            Kind::Unnamed => {
                self.add(operation.inode, Object::File(File::default()));
                Ok(())
            }
            Kind::Create | Kind::MakeFolder => {
                let object = match operation.kind {
                    Kind::Create => Object::File(File::default()),
                    _ => Object::Folder(Folder::default()),
                };
                let made = self.add(operation.inode, object);
                self.rename(&operation.path, Some(made))
            }
            Kind::Unlink | Kind::RemoveFolder => self.rename(&operation.path, None),
            Kind::Rename => self.move_to(&operation.path, &operation.second),
        }
    }

    /// An opened file must be known: else its number is that of another.
    fn open(&mut self, operation: &Operation) -> Outcome<()> {
        if operation.kind == Kind::Open {
            let found = self.find(&operation.path)?;
            self.by_inode.insert(operation.inode, found);
        }
        Ok(())
    }

    fn add(&mut self, inode: u64, object: Object) -> usize {
        self.objects.push(object);
        self.by_inode.insert(inode, self.objects.len() - 1);
        self.objects.len() - 1
    }

    fn file(&mut self, operation: &Operation) -> Outcome<&mut File> {
        let found = self.by_inode.get(&operation.inode).and_then(|at| self.objects.get_mut(*at));
        match found {
            Some(Object::File(file)) => Ok(file),
            _ => {
                Err(Failure::new(format!("{}: a file that nobody made", operation.path.display())))
            }
        }
    }

    fn change(&mut self, operation: &Operation, change: Change) -> Outcome<()> {
        self.file(operation)?.pending.push(change);
        Ok(())
    }

    fn sync(&mut self, operation: &Operation) -> Outcome<()> {
        let file = self.file(operation)?;
        if operation.outcome == Ended::Injected {
            // The kernel forgets that the pages were to be written, and the next sync succeeds.
            file.pending.clear();
            return Ok(());
        }
        for change in std::mem::take(&mut file.pending) {
            apply(&mut file.durable, &change);
        }
        Ok(())
    }

    fn folder(&mut self, at: usize) -> Outcome<&mut Folder> {
        match self.objects.get_mut(at) {
            Some(Object::Folder(folder)) => Ok(folder),
            _ => Err(Failure::new("a folder that is none")),
        }
    }

    fn sync_folder(&mut self, at: usize) -> Outcome<()> {
        let folder = self.folder(at)?;
        folder.pending.clear();
        folder.durable = folder.live.clone();
        Ok(())
    }

    /// The object at a path, as the running system sees it.
    fn find(&mut self, path: &Path) -> Outcome<usize> {
        let below = path.strip_prefix(&self.root).when(path.display())?;
        let mut at = 0;
        for name in below.iter() {
            let folder = self.folder(at)?;
            at = *folder.live.get(name).ok_or_else(|| {
                Failure::new(format!("{}: a name that nobody made", path.display()))
            })?;
        }
        Ok(at)
    }

    fn parent(&mut self, path: &Path) -> Outcome<(usize, OsString)> {
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => Ok((self.find(parent)?, name.to_owned())),
            _ => Err(Failure::new(format!("{}: no name", path.display()))),
        }
    }

    fn rename(&mut self, path: &Path, object: Option<usize>) -> Outcome<()> {
        let (parent, name) = self.parent(path)?;
        self.folder(parent)?.change(vec![(name, object)]);
        Ok(())
    }

    fn move_to(&mut self, from: &Path, to: &Path) -> Outcome<()> {
        let object = self.find(from)?;
        let (old, old_name) = self.parent(from)?;
        let (new, new_name) = self.parent(to)?;
        if old == new {
            self.folder(old)?.change(vec![(old_name, None), (new_name, Some(object))]);
        } else {
            self.folder(old)?.change(vec![(old_name, None)]);
            self.folder(new)?.change(vec![(new_name, Some(object))]);
        }
        Ok(())
    }

    /// Writes what is left into the empty folder `to`. Files of SQLite's shared memory are no part of it: they never last.
    pub(crate) fn write_what_is_left(&self, loss: Loss, to: &Path) -> Outcome<()> {
        let seed = if let Loss::Some(seed) = loss { seed } else { 0 };
        self.write_folder(0, loss, &mut Random::new(seed), to)
    }

    fn write_folder(&self, at: usize, loss: Loss, random: &mut Random, to: &Path) -> Outcome<()> {
        let Some(Object::Folder(folder)) = self.objects.get(at) else { return Ok(()) };
        for (name, object) in folder.left(loss, random) {
            let path = to.join(&name);
            match self.objects.get(object) {
                Some(Object::Folder(_)) => {
                    std::fs::DirBuilder::new().mode(0o700).create(&path).when(path.display())?;
                    self.write_folder(object, loss, random, &path)?;
                }
                Some(Object::File(file)) if !name.to_string_lossy().ends_with("-shm") => {
                    write_private(&path, &file.left(loss, random))?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Folder {
    fn change(&mut self, change: Vec<(OsString, Option<usize>)>) {
        put(&mut self.live, &change);
        self.pending.push(change);
    }

    fn left(&self, loss: Loss, random: &mut Random) -> BTreeMap<OsString, usize> {
        let kept = match loss {
            Loss::Everything | Loss::Names => 0,
            // Changes of a folder's names reach the disk in their order: file systems keep a journal of them.
            Loss::Some(_) => random.below(self.pending.len() + 1),
            Loss::Nothing | Loss::Bytes | Loss::Zeros | Loss::Torn => self.pending.len(),
        };
        let mut names = self.durable.clone();
        for change in self.pending.iter().take(kept) {
            put(&mut names, change);
        }
        names
    }
}

fn put(names: &mut BTreeMap<OsString, usize>, change: &[(OsString, Option<usize>)]) {
    for (name, object) in change {
        match object {
            Some(object) => names.insert(name.clone(), *object),
            None => names.remove(name),
        };
    }
}

impl File {
    fn left(&self, loss: Loss, random: &mut Random) -> Vec<u8> {
        let mut content = self.durable.clone();
        let last = self.pending.iter().rposition(|change| matches!(change, Change::Write { .. }));
        for (number, change) in self.pending.iter().enumerate() {
            match (loss, change) {
                (Loss::Everything | Loss::Bytes, _) => {}
                (Loss::Zeros, Change::Write { at, data }) => {
                    let zeros = Change::Write { at: *at, data: vec![0; data.len()] };
                    apply(&mut content, &zeros);
                }
                (Loss::Torn, Change::Write { at, data }) if last == Some(number) => {
                    let half = data.len() / 2 / SECTOR_BYTES * SECTOR_BYTES;
                    apply(&mut content, &Change::Write { at: *at, data: data[..half].to_vec() });
                }
                (Loss::Some(_), change) => some_of(&mut content, change, random),
                (Loss::Nothing | Loss::Names | Loss::Torn | Loss::Zeros, change) => {
                    apply(&mut content, change)
                }
            }
        }
        content
    }
}

/// Any sectors of a write; a truncation or not.
fn some_of(content: &mut Vec<u8>, change: &Change, random: &mut Random) {
    // A third of all writes whole, a third not at all, a third torn.
    let fate = random.below(3);
    match change {
        _ if fate == 0 => apply(content, change),
        Change::Write { at, data } if fate == 1 => {
            for (number, sector) in data.chunks(SECTOR_BYTES).enumerate() {
                if random.coin() {
                    let at = at + number * SECTOR_BYTES;
                    apply(content, &Change::Write { at, data: sector.to_vec() });
                }
            }
        }
        _ => {}
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Truncate(length) => content.resize(*length, 0),
        Change::Write { at, data } => {
            let end = at + data.len();
            if !data.is_empty() && content.len() < end {
                content.resize(end, 0);
            }
            if let Some(place) = content.get_mut(*at..end) {
                place.copy_from_slice(data);
            }
        }
    }
}

fn bytes(offset: u64) -> Outcome<usize> {
    usize::try_from(offset).when("an offset")
}

fn write_private(path: &Path, content: &[u8]) -> Outcome<()> {
    use std::io::Write;
    let mut options = std::fs::File::options();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        file.write_all(content)
    })
    .when(path.display())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn call(kind: Kind, path: &str, inode: u64, data: &[u8]) -> Operation {
        let second = PathBuf::from(format!("{path}.renamed"));
        Operation {
            kind,
            outcome: Ended::Done,
            path: path.into(),
            second,
            inode,
            offset: 0,
            data: data.to_vec(),
        }
    }

    fn left(calls: &[Operation], loss: Loss) -> BTreeMap<String, Vec<u8>> {
        let mut storage = Storage::empty(Path::new("/s"));
        for call in calls {
            storage.follow(call).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        storage.write_what_is_left(loss, folder.path()).unwrap();
        let entries = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        entries
            .map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap()))
            .collect()
    }

    #[test]
    fn only_what_was_synced_lasts() {
        let mut calls =
            vec![call(Kind::Create, "/s/f", 7, b""), call(Kind::Write, "/s/f", 7, b"abc")];
        calls.push(call(Kind::Sync, "/s/f", 7, b""));
        let kept = |text: &[u8]| BTreeMap::from([("f".to_owned(), text.to_vec())]);
        assert_eq!(left(&calls, Loss::Everything), BTreeMap::new(), "its folder was not synced");
        assert_eq!(left(&calls, Loss::Bytes), kept(b"abc"));
        calls.push(call(Kind::SyncFolder, "/s", 1, b""));
        assert_eq!(left(&calls, Loss::Everything), kept(b"abc"));
        calls.push(call(Kind::Write, "/s/f", 7, b"vwxyz"));
        assert_eq!(left(&calls, Loss::Everything), kept(b"abc"));
        assert_eq!(left(&calls, Loss::Nothing), kept(b"vwxyz"));
        assert_eq!(left(&calls, Loss::Zeros), kept(&[0; 5]));
        calls.push(call(Kind::Rename, "/s/f", 0, b""));
        assert_eq!(left(&calls, Loss::Names), kept(b"vwxyz"));
        assert_eq!(
            left(&calls, Loss::Bytes),
            BTreeMap::from([("f.renamed".to_owned(), b"abc".to_vec())])
        );
    }

    #[test]
    fn a_failed_sync_loses_what_it_was_to_keep() {
        let mut failed = call(Kind::Sync, "/s/f", 7, b"");
        failed.outcome = Ended::Injected;
        let calls = [
            call(Kind::Create, "/s/f", 7, b""),
            call(Kind::SyncFolder, "/s", 1, b""),
            call(Kind::Write, "/s/f", 7, b"abc"),
            failed,
            call(Kind::Sync, "/s/f", 7, b""),
        ];
        assert_eq!(left(&calls, Loss::Nothing), BTreeMap::from([("f".to_owned(), Vec::new())]));
    }
}
