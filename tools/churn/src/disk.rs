//! Builds a disk from its seed, with what the driver says is on it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use faults::{Attempt, Outcome};
use rustix::fs::syncfs;
use tempfile::TempDir;

use crate::churn::Churn;
use crate::disk_state::DiskState;
use crate::file_systems::FileSystem;
use crate::mount::{Driver, Mount};
use crate::mtools::Mtools;
use crate::opening::open_to_read;
use crate::random::Random;
use crate::truth::{Entry, walk};
use crate::volume::{Folder, Volume};

/// How many operations a disk sees.
pub const OPERATIONS: u32 = 36;
/// How many of the last operations come after the last full write, when the power goes.
const LAST: usize = 8;

/// What a disk is made from.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The file system.
    pub system: &'static FileSystem,
    /// Determines everything: options of the format, state, operations.
    pub seed: u64,
    /// The numbers of the operations.
    pub operations: Vec<u32>,
}

impl Recipe {
    /// Returns the recipe of a seed with all its operations.
    #[must_use]
    pub fn new(system: &'static FileSystem, seed: u64) -> Self {
        Self { system, seed, operations: (0..OPERATIONS).collect() }
    }

    /// Returns a generator of numbers for a purpose.
    fn random(&self, purpose: &str) -> Random {
        Random::new(format_args!("{}:{}:{purpose}", self.system.name, self.seed))
    }
}

/// A disk with its truth.
pub(crate) struct Disk {
    pub(crate) image: PathBuf,
    pub(crate) state: DiskState,
    /// The command that formatted it, and options of the mount.
    pub(crate) made_by: String,
    pub(crate) log: Vec<String>,
    pub(crate) truth: Vec<Entry>,
}

/// Creates a folder for images, in `TMPDIR`.
///
/// # Errors
/// That of the file system.
pub(crate) fn scratch() -> Outcome<TempDir> {
    TempDir::with_prefix("churn-").when("temporary folder")
}

/// Builds the disk in a folder.
///
/// # Errors
/// A tool or driver refused what it should do: never a fault of athar.
pub(crate) fn build(recipe: &Recipe, folder: &Path) -> Outcome<Disk> {
    let image = folder.join("disk.raw");
    let made_by = recipe.system.create(&mut recipe.random("format"), &image)?;
    let states = recipe.system.states;
    let state = states[recipe.random("state").index(states.len())];
    let mut disk = Disk { image, state, made_by, log: Vec::new(), truth: Vec::new() };
    match recipe.system.driver {
        Driver::Mtools => fill_without_mount(recipe, &mut disk, folder)?,
        _ => fill_mounted(recipe, &mut disk)?,
    }
    Ok(disk)
}

fn fill_without_mount(recipe: &Recipe, disk: &mut Disk, folder: &Path) -> Outcome<()> {
    let mut volume = Mtools::new(&disk.image).when("a folder for mtools")?;
    disk.log = operate(recipe, &mut volume, || Ok(()))?.log;
    let out = folder.join("out");
    fs::create_dir(&out).when(out.display())?;
    volume.copy_out(&out).when("mcopy out of the image")?;
    disk.truth = walk(recipe.system.family, &out)?;
    fs::remove_dir_all(&out).when(out.display())
}

fn fill_mounted(recipe: &Recipe, disk: &mut Disk) -> Outcome<()> {
    let options = mount_options(recipe);
    // Not every option goes with every feature: then without.
    let mount = Mount::new(recipe.system.driver, &disk.image, &options)
        .or_else(|_| Mount::new(recipe.system.driver, &disk.image, ""))?;
    disk.made_by.push_str(&format!(" | mount {options}"));
    let mut volume = Folder(mount.path().to_owned());
    let sync = || syncfs(File::open(mount.path())?).map_err(std::io::Error::from);
    let done = operate(recipe, &mut volume, || match disk.state {
        DiskState::PowerLoss => sync(),
        _ => Ok(()),
    })?;
    disk.log = done.log;
    let copy = disk.image.with_extension("copy");
    match disk.state {
        DiskState::Clean => {}
        DiskState::CopiedWhileMounted => {
            sync().when("sync")?;
            fs::copy(&disk.image, &copy).when(copy.display())?;
        }
        DiskState::PowerLoss => drop(fs::copy(&disk.image, &copy).when(copy.display())?),
    }
    drop(done.held);
    mount.unmount()?;
    if disk.state != DiskState::Clean {
        fs::rename(&copy, &disk.image).when(copy.display())?;
    }
    disk.truth = witness(recipe, &disk.image)?;
    Ok(())
}

/// What the driver shows of a copy, in which it may replay the journal.
fn witness(recipe: &Recipe, image: &Path) -> Outcome<Vec<Entry>> {
    let copy = image.with_extension("witness");
    fs::copy(image, &copy).when(copy.display())?;
    let mount = match Mount::new(recipe.system.driver, &copy, "") {
        Ok(mount) => mount,
        // Linux sometimes refuses fast commits that it wrote itself: then e2fsck's repair is the answer.
        Err(_) if recipe.system.family == crate::file_systems::Family::Ext => {
            drop(crate::programs::run("e2fsck", &["-fy".as_ref(), copy.as_os_str()]));
            Mount::new(recipe.system.driver, &copy, "")?
        }
        Err(failure) => return Err(failure),
    };
    let truth = walk(recipe.system.family, mount.path())?;
    mount.unmount()?;
    fs::remove_file(&copy).when(copy.display())?;
    Ok(truth)
}

/// How a volume with a journal is mounted. The journal is written when a file is synced, not by the clock: the moment of a loss of power
/// depends on the seed, not on the machine.
fn mount_options(recipe: &Recipe) -> String {
    let has_journal = matches!(recipe.system.name, "ext3" | "ext4");
    let drawn = [
        "",
        "",
        "",
        "data=journal",
        "data=journal",
        "data=writeback",
        "nodelalloc",
        "journal_async_commit",
        "journal_checksum",
    ];
    match (has_journal, recipe.random("mount").pick(drawn)) {
        (false, _) => String::new(),
        (true, "") => "commit=300".to_owned(),
        (true, option) => format!("commit=300,{option}"),
    }
}

/// What remains of the operations.
struct Done {
    log: Vec<String>,
    held: Vec<File>,
}

/// Does the operations; before the last ones it calls `before_last`, and syncs single files between these.
fn operate(
    recipe: &Recipe,
    volume: &mut dyn Volume,
    before_last: impl Fn() -> std::io::Result<()>,
) -> Outcome<Done> {
    let mut random = recipe.random("last");
    let last = recipe.operations.len().saturating_sub(1 + random.index(LAST));
    let mut churn = Churn::new(volume, recipe.system, recipe.seed);
    for (index, number) in recipe.operations.iter().enumerate() {
        if index == last {
            before_last().when("sync")?;
        }
        churn.step(*number);
        if index >= last && random.percent(50) {
            // With fast commits, this writes one.
            let path = churn
                .files
                .get(random.index(churn.files.len()))
                .and_then(|path| churn.at(path).ok());
            let synced = path.map(|path| open_to_read(&path).and_then(|file| file.sync_all()));
            churn.log.push(format!("  sync of a file: {synced:?}"));
        }
    }
    Ok(Done { log: std::mem::take(&mut churn.log), held: std::mem::take(&mut churn.held) })
}
