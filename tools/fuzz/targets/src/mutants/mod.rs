//! Mutants of real images, and what becomes of them: no panic, no hang, and no stream that changes without a reason or a word.

mod aim;
mod change;
mod judge;
mod outcome;
mod overlay;
mod rows;
mod watch;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use byte_source::{Scratch, Source, read_available};
use disk_image::OpenedImage;

use self::aim::{Aim, aims};
use self::change::{Kind, Map, change};
use self::judge::{Verdict, judge, judge_container};
use self::outcome::{Dependence, Outcome, read};
use self::overlay::{Overlay, SECTOR};
use self::watch::Watch;
use crate::mutation::Numbers;
use crate::packed::Touched;

/// Bytes of a medium that are walked at most.
const MOST_MEDIUM: u64 = 1 << 40;

/// Reads `count` mutants of the image at `path`, from number `first` on, and prints a line for each:
/// `mutant NUMBER KIND AIM VERDICT MILLISECONDS WHAT`, the time in milliseconds of the processor. A line `begin NUMBER` stands before each, so that whoever reads knows which one
/// took the program down.
///
/// # Errors
/// Why the image cannot be opened.
pub fn run(path: &Path, first: u64, count: u64, seed: u64) -> Result<(), String> {
    let options = filesystem::OpenOptions::default();
    let image = evidence::open_image(path, &options, &mut Scratch::new())
        .map_err(|error| error.to_string())?;
    let medium = Arc::clone(&image.image.medium);
    let mut dependence = Dependence::default();
    let clean = read(&medium, Some(&mut dependence));
    if clean.streams.is_empty() {
        println!("nothing to change: no file system is read");
        return Ok(());
    }
    let map = map(&medium, &dependence);
    println!("clean {} streams {} problems", clean.streams.len(), clean.problems.len());
    let mut watch = Watch::start();
    for number in first..first.saturating_add(count) {
        let mut numbers = Numbers(seed ^ number.wrapping_mul(0x9e37_79b9));
        let kind = Kind::ALL[numbers.below(Kind::ALL.len())];
        let mut overlay = Overlay::new(Arc::clone(&medium));
        let aim = map.draw_aim(&mut numbers);
        change(&mut overlay, &map, kind, aim, &mut numbers);
        println!("begin {number}");
        watch.begin();
        let mutant: Arc<dyn Source> = Arc::new(overlay.clone());
        let (verdict, what) = match catch_unwind(AssertUnwindSafe(|| read(&mutant, None))) {
            Ok(outcome) => judge(&clean, &outcome, &dependence, &overlay),
            Err(_) => (Verdict::Panic, String::new()),
        };
        let time = watch.end().as_millis();
        let aim = aim.map_or("none", Aim::key);
        println!("mutant {number} {} {aim} {} {time} {what}", kind.key(), verdict.key());
    }
    Ok(())
}

/// Where structures are: sectors of each kind that say something.
fn map(medium: &Arc<dyn Source>, dependence: &Dependence) -> Map {
    let mut scratch = Scratch::new();
    let mut sector = [0; 512];
    let mut says_something = |number: &u64| {
        let _ = read_available(&**medium, number * SECTOR, &mut sector, &mut scratch);
        sector.iter().any(|byte| *byte != sector[0])
    };
    let mut metadata = Vec::new();
    for (aim, sectors) in aims(dependence) {
        let sectors: Vec<u64> = sectors.into_iter().filter(&mut says_something).collect();
        if !sectors.is_empty() {
            metadata.push((aim, sectors));
        }
    }
    Map { metadata, volumes: dependence.volumes.clone() }
}

/// The same for mutants of the container file itself: what its own checksums do not cover may change, of an EWF image nothing may.
///
/// # Errors
/// Why the image cannot be opened.
pub fn run_container(path: &Path, first: u64, count: u64, seed: u64) -> Result<(), String> {
    let host = evidence::open_host_file(path).map_err(|error| error.to_string())?;
    let touched = Arc::new(Touched::new(Arc::clone(&host.source)));
    let clean =
        open_and_read(path, Arc::clone(&touched) as _).ok_or("the image cannot be opened")?;
    if clean.0.streams.is_empty() {
        println!("nothing to change: no file system is read");
        return Ok(());
    }
    let dependence = Dependence {
        scanning: touched.take(),
        volumes: vec![(0, SECTOR)],
        ..Dependence::default()
    };
    let map = map(&host.source, &dependence);
    let mut watch = Watch::start();
    for number in first..first.saturating_add(count) {
        let mut numbers = Numbers(seed ^ number.wrapping_mul(0x9e37_79b9));
        let kind = Kind::ALL[numbers.below(Kind::ALL.len())];
        let mut overlay = Overlay::new(Arc::clone(&host.source));
        let aim = map.draw_aim(&mut numbers);
        change(&mut overlay, &map, kind, aim, &mut numbers);
        println!("begin {number}");
        watch.begin();
        let mutant: Arc<dyn Source> = Arc::new(overlay);
        let verdict = match catch_unwind(AssertUnwindSafe(|| open_and_read(path, mutant))) {
            Ok(found) => judge_container(&clean, found.as_ref()),
            Err(_) => Verdict::Panic,
        };
        let time = watch.end().as_millis();
        let aim = aim.map_or("none", Aim::key);
        println!("mutant {number} {} {aim} {} {time}", kind.key(), verdict.key());
    }
    Ok(())
}

/// What an image holds, and what is wrong with its container; `None` when it cannot be opened.
fn open_and_read(path: &Path, file: Arc<dyn Source>) -> Option<(Outcome, OpenedImage)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = evidence::Folder::new(path.parent()?.to_path_buf());
    let image = disk_image::open(&name, file, &folder, &mut Scratch::new()).ok()?;
    // What a container claims of the medium's size is not walked: a scan refuses exabytes as well.
    let outcome = if image.medium.len() > MOST_MEDIUM {
        Outcome::default()
    } else {
        read(&image.medium, None)
    };
    Some((outcome, image))
}
