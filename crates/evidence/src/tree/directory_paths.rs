//! The paths of directories, from their first names.

use std::collections::HashSet;

use filesystem::LinkParent;

use super::Tree;

/// Longest path that is kept in bytes. NTFS allows 32,767 characters; a chain of directories of hostile depth would otherwise need the
/// square of its depth.
const MAX_PATH_BYTES: usize = 32 << 10;
/// All paths of directories together, in bytes. Ten million files on a real disk have some hundred thousand directories of 100 bytes.
pub(super) const MAX_TOTAL_PATH_BYTES: usize = 256 << 20;

/// The folder of directories whose path would be longer than [`MAX_PATH_BYTES`].
const TOO_DEEP: &str = "/$PathTooLong";

/// The first name of a directory: its parent and its readable name.
pub(super) type FirstName = Option<(LinkParent, String)>;

impl Tree {
    /// Gives every directory its path. No recursion: the climb to a known directory is a list, which is then named downwards.
    pub(super) fn place_directories(&mut self, names: &[FirstName]) {
        let mut total_bytes = 0_usize;
        for start in 0..self.directories.len() {
            let (way, mut above) = self.climb(start, names);
            for directory in way.into_iter().rev() {
                if self.path_of.get(directory).copied().flatten().is_none() {
                    let name = names
                        .get(directory)
                        .and_then(Option::as_ref)
                        .map(|(_, name)| name.as_str());
                    above = self.name_directory(directory, name, above, &mut total_bytes);
                }
            }
        }
    }

    /// Climbs from a directory to the first one that has a path. Returns the directories on the way, and the index of that path.
    ///
    /// A cycle ends where the climb meets itself: that directory becomes an orphan.
    fn climb(&mut self, start: usize, names: &[FirstName]) -> (Vec<usize>, usize) {
        let mut way = Vec::new();
        let mut seen = HashSet::new();
        let mut at = start;
        loop {
            let Some(id) = self.directories.get(at).copied() else { return (way, self.orphans) };
            if self.is_root(id) {
                self.set_path(at, 0);
                return (way, 0);
            }
            if let Some(known) = self.path_of.get(at).copied().flatten() {
                return (way, known);
            }
            if !seen.insert(at) {
                return (way, self.orphans);
            }
            way.push(at);
            match self.first_parent(names.get(at).and_then(Option::as_ref)) {
                Ok(parent) => at = parent,
                Err(directory) => return (way, directory),
            }
        }
    }

    fn set_path(&mut self, directory: usize, path: usize) {
        if let Some(slot) = self.path_of.get_mut(directory) {
            *slot = Some(path);
        }
    }

    /// The directory that holds the first name of a directory, or the place of one that has none.
    fn first_parent(&self, name: Option<&(LinkParent, String)>) -> Result<usize, usize> {
        match name.ok_or(self.orphans)?.0 {
            LinkParent::Virtual(name) => {
                Err(self.virtual_of.get(name).copied().unwrap_or(self.orphans))
            }
            LinkParent::Directory(parent) => self.directory(parent).ok_or(self.orphans),
        }
    }

    fn name_directory(
        &mut self,
        directory: usize,
        name: Option<&str>,
        above: usize,
        total_bytes: &mut usize,
    ) -> usize {
        let Some(id) = self.directories.get(directory).copied() else { return above };
        let parent = self.paths.get(above).map_or("", |path| path.trim_end_matches('/'));
        let mut path = match name {
            Some(name) => format!("{parent}/{name}"),
            None => format!("{parent}/OrphanFile-{}", id.number),
        };
        if path.len() > MAX_PATH_BYTES
            || total_bytes.saturating_add(path.len()) > MAX_TOTAL_PATH_BYTES
        {
            self.limited = self.limited.saturating_add(1);
            path = format!("{TOO_DEEP}/{}", id.number);
        }
        *total_bytes = total_bytes.saturating_add(path.len());
        let index = self.paths.len();
        self.paths.push(path);
        self.set_path(directory, index);
        index
    }
}
