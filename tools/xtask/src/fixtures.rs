//! `cargo xtask fixtures`: makes what lies in `testdata/` anew and compares it with the recorded digests.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use tempfile::TempDir;

use crate::failure::{Attempt, Failure, Outcome};
use crate::process::{exists, output, program};
use crate::workspace::root;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Put what was made in place, with its digests, instead of comparing
    #[arg(long)]
    write: bool,
}

/// The file of a fixture's folder that records the digests, in the form of `sha256sum`.
const RECORD: &str = "SHA256SUMS";

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let mut differing = 0_usize;
    for fixture in fixtures(&root().join("testdata"))? {
        let made = TempDir::new().when("temporary folder")?;
        output(&mut program(fixture.join("make.sh"), [made.path()], &fixture))?;
        let names = recorded_names(&fixture)?;
        if arguments.write {
            write(&fixture, made.path(), &names)?;
        } else {
            differing = differing.saturating_add(compare(&fixture, made.path(), &names)?);
        }
    }
    if differing > 0 {
        print_versions();
        println!(
            "{differing} files differ: other versions of the programs, or a change in a script (see testdata/README.md)"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Folders with a script that makes them.
fn fixtures(testdata: &Path) -> Outcome<Vec<PathBuf>> {
    let mut fixtures = Vec::new();
    for entry in std::fs::read_dir(testdata).when(testdata.display())? {
        let folder = entry.when(testdata.display())?.path();
        if folder.join("make.sh").is_file() {
            fixtures.push(folder);
        }
    }
    fixtures.sort();
    Ok(fixtures)
}

fn recorded_names(fixture: &Path) -> Outcome<Vec<String>> {
    let record = fixture.join(RECORD);
    let text = std::fs::read_to_string(&record).when(record.display())?;
    let names: Vec<String> = text
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(_, name)| name.to_owned())
        .collect();
    if names.is_empty() {
        return Err(Failure::new(format!("{}: no digests", record.display())));
    }
    Ok(names)
}

/// Says for each file, both as committed and as made anew, whether it has the recorded digest; gives the number that differ.
fn compare(fixture: &Path, made: &Path, names: &[String]) -> Outcome<usize> {
    let recorded = std::fs::read_to_string(fixture.join(RECORD)).when(RECORD)?;
    let committed = digests(fixture, names)?;
    let anew = digests(made, names)?;
    let mut differing = 0_usize;
    for (number, line) in recorded.lines().enumerate() {
        let said = match (
            committed.lines().nth(number) == Some(line),
            anew.lines().nth(number) == Some(line),
        ) {
            (true, true) => "equal",
            (false, true) => "DIFFERENT as committed",
            (true, false) => "DIFFERENT as made anew",
            (false, false) => "DIFFERENT as committed and as made anew",
        };
        differing = differing.saturating_add(usize::from(said != "equal"));
        println!("{}/{}: {said}", fixture.file_name().unwrap_or_default().display(), names[number]);
    }
    Ok(differing)
}

fn write(fixture: &Path, made: &Path, names: &[String]) -> Outcome<()> {
    for name in names {
        std::fs::copy(made.join(name), fixture.join(name)).when(name)?;
    }
    let record = fixture.join(RECORD);
    std::fs::write(&record, digests(fixture, names)?).when(record.display())?;
    println!("{}: {} files written", fixture.display(), names.len());
    Ok(())
}

fn digests(folder: &Path, names: &[String]) -> Outcome<String> {
    let written = output(program("sha256sum", names, folder).env("LC_ALL", "C"))?;
    String::from_utf8(written).when("sha256sum")
}

/// The programs that make fixtures; they say their versions in their own ways, some on standard error.
fn print_versions() {
    for (name, option) in [
        ("mkfs.fat", "--help"),
        ("mcopy", "-V"),
        ("mke2fs", "-V"),
        ("fls", "-V"),
        ("python3", "-V"),
    ] {
        if !exists(name) {
            println!("{name}: missing");
            continue;
        }
        let Ok(done) = Command::new(name).arg(option).output() else { continue };
        let said = [done.stdout, done.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        println!("{name}: {}", said.lines().next().unwrap_or_default());
    }
}
