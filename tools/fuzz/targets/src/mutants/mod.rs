//! Mutants of real images, and what becomes of them: no panic, no hang, and no stream that changes without a reason or a word.

mod change;
mod outcome;
mod overlay;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use byte_source::{Scratch, Source, read_available};
use disk_image::{Container, OpenedImage};

use self::change::{Kind, Map, change};
use self::outcome::{Dependence, Outcome, read};
use self::overlay::{Overlay, SECTOR, bytes_of};
use crate::mutation::Numbers;
use crate::packed::Touched;

/// A mutant that is not read in this time hangs; a sound image takes some milliseconds.
const MOST_TIME: Duration = Duration::from_secs(60);
/// Bytes of a medium that are walked at most.
const MOST_MEDIUM: u64 = 1 << 40;
/// Exit code of a hang.
const HANG: i32 = 9;

/// What became of one mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// Everything as before.
    Same,
    /// Something else than before, and problems or counts say so.
    Told,
    /// Something else than before, in what the change touched; no structure could tell.
    Touched,
    /// A stream that the change did not touch is gone or other, and nobody says so.
    Silent,
    /// More was found than the limit.
    Over,
    /// The reader panicked.
    Panic,
}

impl Verdict {
    const fn key(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Told => "told",
            Self::Touched => "touched",
            Self::Silent => "SILENT",
            Self::Over => "OVER",
            Self::Panic => "PANIC",
        }
    }
}

/// Reads `count` mutants of the image at `path`, from number `first` on, and prints a line for each:
/// `mutant NUMBER KIND VERDICT MILLISECONDS WHAT`. A line `begin NUMBER` stands before each, so that whoever reads knows which one
/// took the program down.
///
/// # Errors
/// Why the image cannot be opened.
pub fn run(path: &Path, first: u64, count: u64, seed: u64) -> Result<(), String> {
    let options = filesystem::OpenOptions::default();
    let image =
        evidence::open_image(path, &options, &mut Scratch::new()).map_err(|error| error.to_string())?;
    let medium = Arc::clone(&image.image.medium);
    let mut dependence = Dependence::default();
    let clean = read(&medium, Some(&mut dependence));
    if clean.streams.is_empty() {
        println!("nothing to change: no file system is read");
        return Ok(());
    }
    let map = map(&medium, &dependence);
    println!("clean {} streams {} problems", clean.streams.len(), clean.problems.len());
    let watch = watch();
    for number in first..first.saturating_add(count) {
        let mut numbers = Numbers(seed ^ number.wrapping_mul(0x9e37_79b9));
        let kind = Kind::ALL[numbers.below(Kind::ALL.len())];
        let mut overlay = Overlay::new(Arc::clone(&medium));
        change(&mut overlay, &map, kind, &mut numbers);
        println!("begin {number}");
        watch.store(now_ms(), Ordering::Relaxed);
        let start = Instant::now();
        let mutant: Arc<dyn Source> = Arc::new(overlay.clone());
        let (verdict, what) = match catch_unwind(AssertUnwindSafe(|| read(&mutant, None))) {
            Ok(outcome) => judge(&clean, &outcome, &dependence, &overlay),
            Err(_) => (Verdict::Panic, String::new()),
        };
        watch.store(u64::MAX, Ordering::Relaxed);
        println!("mutant {number} {} {} {} {what}", kind.key(), verdict.key(), start.elapsed().as_millis());
    }
    Ok(())
}

/// Where structures stand: sectors that readers looked at and that say something.
fn map(medium: &Arc<dyn Source>, dependence: &Dependence) -> Map {
    let mut scratch = Scratch::new();
    let mut sector = [0; 512];
    let mut says_something = |number: &u64| {
        let _ = read_available(&**medium, number * SECTOR, &mut sector, &mut scratch);
        sector.iter().any(|byte| *byte != sector[0])
    };
    let read: BTreeSet<u64> = dependence.opening.union(&dependence.scanning).copied().collect();
    let metadata = read.into_iter().filter(&mut says_something).collect();
    Map { metadata, volumes: dependence.volumes.clone() }
}

/// The same for mutants of the container file itself: what its own checksums do not cover may change, of an EWF image nothing may.
///
/// # Errors
/// Why the image cannot be opened.
pub fn run_container(path: &Path, first: u64, count: u64, seed: u64) -> Result<(), String> {
    let host = evidence::open_host_file(path).map_err(|error| error.to_string())?;
    let touched = Arc::new(Touched::new(Arc::clone(&host.source)));
    let clean = open_and_read(path, Arc::clone(&touched) as _).ok_or("the image cannot be opened")?;
    if clean.0.streams.is_empty() {
        println!("nothing to change: no file system is read");
        return Ok(());
    }
    let dependence =
        Dependence { scanning: touched.take(), volumes: vec![(0, SECTOR)], ..Dependence::default() };
    let map = map(&host.source, &dependence);
    let watch = watch();
    for number in first..first.saturating_add(count) {
        let mut numbers = Numbers(seed ^ number.wrapping_mul(0x9e37_79b9));
        let kind = Kind::ALL[numbers.below(Kind::ALL.len())];
        let mut overlay = Overlay::new(Arc::clone(&host.source));
        change(&mut overlay, &map, kind, &mut numbers);
        println!("begin {number}");
        watch.store(now_ms(), Ordering::Relaxed);
        let start = Instant::now();
        let mutant: Arc<dyn Source> = Arc::new(overlay);
        let verdict = match catch_unwind(AssertUnwindSafe(|| open_and_read(path, mutant))) {
            Ok(found) => judge_container(&clean, found.as_ref()),
            Err(_) => Verdict::Panic,
        };
        watch.store(u64::MAX, Ordering::Relaxed);
        println!("mutant {number} {} {} {}", kind.key(), verdict.key(), start.elapsed().as_millis());
    }
    Ok(())
}

/// What an image holds, and what is wrong with its container; `None` when it cannot be opened.
fn open_and_read(path: &Path, file: Arc<dyn Source>) -> Option<(Outcome, OpenedImage)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = evidence::Folder::new(path.parent()?.to_path_buf());
    let image = disk_image::open(&name, file, &folder, &mut Scratch::new()).ok()?;
    // What a container claims of the medium's size is not walked: a scan refuses exabytes as well.
    let outcome =
        if image.medium.len() > MOST_MEDIUM { Outcome::default() } else { read(&image.medium, None) };
    Some((outcome, image))
}

fn judge_container(clean: &(Outcome, OpenedImage), found: Option<&(Outcome, OpenedImage)>) -> Verdict {
    let Some((outcome, image)) = found else { return Verdict::Told };
    if outcome.over {
        return Verdict::Over;
    }
    let same = clean.0.streams.iter().all(|(key, state)| outcome.streams.get(key) == Some(state));
    let other = image.problems != clean.1.problems || image.medium.len() != clean.1.medium.len();
    match (same, other || told(&clean.0, outcome), image.container) {
        (true, _, _) => Verdict::Same,
        (false, true, _) => Verdict::Told,
        // Whatever an EWF image holds has a checksum.
        (false, false, Container::Ewf) => Verdict::Silent,
        (false, false, _) => Verdict::Touched,
    }
}

/// Problems, counts, parts, or unreadable bytes that the sound image does not have.
fn told(clean: &Outcome, mutant: &Outcome) -> bool {
    mutant.problems.iter().any(|(text, count)| clean.problems.get(text).is_none_or(|was| was < count))
        || mutant.counts.iter().any(|(_, expected, found)| expected != found)
        || mutant.parts != clean.parts
        || mutant
            .streams
            .iter()
            .any(|(key, state)| clean.streams.get(key).map_or(0, |was| was.bad) < state.bad)
}

/// Ends the program when a mutant takes longer than the limit; give it the moment at which one began.
fn watch() -> Arc<AtomicU64> {
    let began = Arc::new(AtomicU64::new(u64::MAX));
    let seen = Arc::clone(&began);
    let most = u64::try_from(MOST_TIME.as_millis()).unwrap_or(u64::MAX);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(500));
            if now_ms().saturating_sub(seen.load(Ordering::Relaxed)) > most {
                std::process::exit(HANG);
            }
        }
    });
    began
}

/// Milliseconds since the first call.
fn now_ms() -> u64 {
    static FIRST: Mutex<Option<Instant>> = Mutex::new(None);
    let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    u64::try_from(first.get_or_insert_with(Instant::now).elapsed().as_millis()).unwrap_or(0)
}

fn judge(clean: &Outcome, mutant: &Outcome, dependence: &Dependence, overlay: &Overlay) -> (Verdict, String) {
    if mutant.over {
        return (Verdict::Over, String::new());
    }
    let differs = clean.streams.iter().filter(|(key, state)| mutant.streams.get(key) != Some(state));
    let differs: Vec<_> = differs.filter(|(_, state)| state.allocated).map(|(key, _)| *key).collect();
    if differs.is_empty() {
        return (Verdict::Same, String::new());
    }
    let touched = |key: &outcome::StreamKey| {
        let ranges = dependence.streams.get(key);
        ranges.is_some_and(|ranges| {
            ranges
                .iter()
                .any(|range| overlay.touches(&(bytes_of(range.start).start..bytes_of(range.end).start)))
        })
    };
    let opening = dependence.opening.iter().any(|sector| overlay.touches(&bytes_of(*sector)));
    let untouched: Vec<_> = differs.iter().filter(|key| !touched(key)).collect();
    let told = told(clean, mutant);
    let what = format!(
        "{} other, {} of them untouched{}, e.g. {:?}",
        differs.len(),
        untouched.len(),
        if opening { " (tables changed)" } else { "" },
        untouched.first().copied().or(differs.first())
    );
    let verdict = match (told, untouched.is_empty()) {
        (true, _) => Verdict::Told,
        (false, true) => Verdict::Touched,
        (false, false) => Verdict::Silent,
    };
    (verdict, what)
}
