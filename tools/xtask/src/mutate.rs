//! `cargo xtask mutate`: changes real images in ways that a hostile person would, and demands of the readers: no panic, no hang, no
//! more memory than allowed, and no stream that changes without a reason or a word.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use tempfile::TempDir;

use crate::failure::{Attempt, Failure, Outcome};
use crate::process::{exists, output, program};
use crate::targets::Targets;
use crate::workspace::root;

/// Images that are larger are left out unless they are named: a mutant of them takes seconds.
const MOST_BYTES: u64 = 300 << 20;
/// Verdicts that are shown in full with `--judge`: nothing said so, and only the changed sectors may explain it.
const UNSAID: [&str; 2] = ["touched", "gone"];
/// Verdicts that fail.
const FAULTS: [&str; 6] = ["SILENT", "OVER", "PANIC", "HANG", "DEATH", "UNREAD"];

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Images; without any, those of testdata and of the shared evidence beside the workspace
    images: Vec<PathBuf>,
    /// Mutants of each image
    #[arg(long, default_value_t = 100)]
    count: u64,
    /// The same seed makes the same mutants
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Memory that the readers may use beside the image itself, in MiB
    #[arg(long, default_value_t = 1024)]
    memory: u64,
    /// Change the container files instead of the media inside them
    #[arg(long)]
    container: bool,
    /// Print every mutant of which something is other and nothing says so, to be judged by a person
    #[arg(long)]
    judge: bool,
    /// Print every mutant
    #[arg(long)]
    verbose: bool,
}

/// How many mutants of one image ended how; and the slowest, in milliseconds of the processor.
#[derive(Default)]
struct Row {
    verdicts: BTreeMap<String, u64>,
    slowest: u64,
}

impl Row {
    fn take(&mut self, verdict: &str, time: u64) {
        self.count(verdict);
        self.slowest = self.slowest.max(time);
    }

    fn count(&mut self, verdict: &str) {
        *self.verdicts.entry(verdict.to_owned()).or_default() += 1;
    }

    fn add(&mut self, other: &Self) {
        for (verdict, count) in &other.verdicts {
            *self.verdicts.entry(verdict.clone()).or_default() += count;
        }
        self.slowest = self.slowest.max(other.slowest);
    }

    fn faults(&self) -> u64 {
        FAULTS.iter().filter_map(|fault| self.verdicts.get(*fault)).sum()
    }
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let targets = Targets::build()?;
    let folder = TempDir::new().when("temporary folder")?;
    let mut total = Row::default();
    let mut kinds: BTreeMap<String, Row> = BTreeMap::new();
    println!(
        "{:<44} {:>6} {:>7} {:>6} {:>7} {:>6} {:>6} {:>8}",
        "image", "same", "content", "told", "touched", "gone", "faults", "slowest"
    );
    for given in images(arguments)? {
        let image = unpacked(&given, folder.path())?;
        let Some(image) = image else { continue };
        let row = mutants(&targets, &image, arguments, &mut kinds)?;
        if !row.verdicts.is_empty() {
            print_row(&name(&given), &row);
        }
        total.add(&row);
        if image != given {
            std::fs::remove_file(&image).when(image.display())?;
        }
    }
    kinds.iter().for_each(|(kind, row)| print_row(&format!("  all {kind}"), row));
    print_row("all", &total);
    Ok(if total.faults() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_row(name: &str, row: &Row) {
    let of = |verdict: &str| row.verdicts.get(verdict).copied().unwrap_or(0);
    let same = of("same");
    let content = of("content");
    let told = of("told");
    let touched = of("touched");
    let gone = of("gone");
    let faults = row.faults();
    let slowest = format!("{} ms", row.slowest);
    println!(
        "{name:<44} {same:>6} {content:>7} {told:>6} {touched:>7} {gone:>6} {faults:>6} {slowest:>8}"
    );
}

fn name(image: &Path) -> String {
    let parent = image.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    parent.chars().take(44).collect()
}

/// The images to change: first files of sets only.
fn images(arguments: &Arguments) -> Outcome<Vec<PathBuf>> {
    if !arguments.images.is_empty() {
        return arguments
            .images
            .iter()
            .map(|image| std::fs::canonicalize(image).when(image.display()))
            .collect();
    }
    let mut images = vec![root().join("testdata/demo/demo.raw")];
    let shared = root().join("../shared/data/evidence");
    match std::fs::read_dir(&shared) {
        Err(_) => println!("skipped: no shared evidence at {}", shared.display()),
        Ok(folders) => {
            for folder in folders.flatten() {
                let mut files: Vec<PathBuf> = std::fs::read_dir(folder.path())
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|file| file.path())
                    .collect();
                files.sort();
                // A set of several files is changed on its medium; unpacking one file of it is not enough.
                images.extend(files.into_iter().next());
            }
        }
    }
    images.sort();
    Ok(images)
}

/// The image as a file that can be read; `None` when it is too large or cannot be unpacked here.
fn unpacked(image: &Path, folder: &Path) -> Outcome<Option<PathBuf>> {
    let too_large =
        |path: &Path| std::fs::metadata(path).is_ok_and(|found| found.len() > MOST_BYTES);
    let file_name = image.file_name().unwrap_or_default().to_string_lossy();
    let Some(stem) = file_name.strip_suffix(".zst") else {
        return Ok((!too_large(image)).then(|| image.to_path_buf()));
    };
    if !exists("zstd") {
        println!("skipped: {} (zstd is not installed)", image.display());
        return Ok(None);
    }
    let to = folder.join(stem);
    let arguments = ["-dqf", "--long=27", "--sparse", "-o"].map(std::ffi::OsString::from);
    output(program("zstd", arguments, folder).arg(&to).arg(image))?;
    if too_large(&to) {
        println!(
            "skipped: {stem} has more than {} MiB; name it to have it changed",
            MOST_BYTES >> 20
        );
        std::fs::remove_file(&to).when(to.display())?;
        return Ok(None);
    }
    Ok(Some(to))
}

/// Runs all mutants of an image; after one that took the program down it goes on with the next.
fn mutants(
    targets: &Targets,
    image: &Path,
    arguments: &Arguments,
    kinds: &mut BTreeMap<String, Row>,
) -> Outcome<Row> {
    let mut row = Row::default();
    let mut first = 0;
    while first < arguments.count {
        let mut began = None;
        let mut child = limited(targets, image, arguments, first)?;
        let lines = child.stdout.take().ok_or_else(|| Failure::new("no output of the mutants"))?;
        for line in BufReader::new(lines).lines() {
            let line = line.when("output of the mutants")?;
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["begin", number] => began = number.parse::<u64>().ok(),
                ["mutant", _, kind, aim, verdict, time, ..] => {
                    began = None;
                    let time = time.parse().unwrap_or(0);
                    row.take(verdict, time);
                    kinds.entry(format!("by {kind}")).or_default().take(verdict, time);
                    kinds.entry(format!("of {aim}")).or_default().take(verdict, time);
                    let judged = arguments.judge && UNSAID.contains(verdict);
                    if FAULTS.contains(verdict) || judged || arguments.verbose {
                        println!("{} --seed {}: {line}", image.display(), arguments.seed);
                    }
                }
                _ => {}
            }
        }
        let status = child.wait().when("the mutants")?;
        let Some(number) = began else {
            match status.code() {
                Some(0) => {}
                Some(2) => println!("skipped: {} cannot be opened", name(image)),
                _ => row.count("UNREAD"),
            }
            return Ok(row);
        };
        let verdict = if status.code() == Some(9) { "HANG" } else { "DEATH" };
        println!(
            "{} --seed {}: mutant {number}: {verdict} ({status})",
            image.display(),
            arguments.seed
        );
        row.count(verdict);
        first = number.saturating_add(1);
    }
    Ok(row)
}

/// The readers with a limit of memory.
fn limited(
    targets: &Targets,
    image: &Path,
    arguments: &Arguments,
    first: u64,
) -> Outcome<std::process::Child> {
    let bytes = std::fs::metadata(image).when(image.display())?.len();
    let kibibytes = (bytes >> 10).saturating_mul(2).saturating_add(arguments.memory << 10);
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -v {kibibytes}; exec \"$0\" \"$@\"")).arg(&targets.path);
    command
        .arg(if arguments.container { "container-mutants" } else { "mutants" })
        .arg(image)
        .arg(first.to_string());
    command
        .arg((arguments.count.saturating_sub(first)).to_string())
        .arg(arguments.seed.to_string());
    command.env("RUST_BACKTRACE", "0").stdin(Stdio::null()).stdout(Stdio::piped());
    if !arguments.verbose {
        command.stderr(Stdio::null());
    }
    command.spawn().when("the mutants")
}
