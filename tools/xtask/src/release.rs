//! `cargo xtask release`: the program to hand out, built so that anybody who builds the same commit with the same Rust gets the same bytes.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use tempfile::TempDir;

use crate::failure::{Attempt, Failure, Outcome};
use crate::process::{output, program, say_and_run};
use crate::sbom;
use crate::workspace::{cargo, root};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Build a second time in another folder, and compare the bytes
    #[arg(long)]
    twice: bool,
    /// The folder for the program, its list of components and their digests
    #[arg(long, default_value = "target/athar-release", value_name = "DIR")]
    out: PathBuf,
}

const PROGRAM: &str = "athar";
const LIST: &str = "athar.cdx.json";
const SUMS: &str = "SHA256SUMS";

/// What is built.
struct Source {
    commit: String,
    /// Seconds since 1970 of the commit: the only time that a build knows.
    epoch: String,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let source = source()?;
    let out = root().join(&arguments.out);
    std::fs::create_dir_all(&out).when(out.display())?;
    // Folders with names of different lengths: a path that is left in the program shows.
    let first = TempDir::with_prefix("a-").when("temporary folder")?;
    let built = build(&source, first.path())?;
    std::fs::copy(&built, out.join(PROGRAM)).when(PROGRAM)?;
    let list = sbom::of(&unpacked(first.path()), Some(&source.epoch))?;
    std::fs::write(out.join(LIST), list).when(LIST)?;
    let sums = output(program("sha256sum", [PROGRAM, LIST], &out).env("LC_ALL", "C"))?;
    std::fs::write(out.join(SUMS), &sums).when(SUMS)?;
    println!("commit {}\n{}in {}", source.commit, String::from_utf8_lossy(&sums), out.display());
    if arguments.twice {
        let second = TempDir::with_prefix("another-folder-").when("temporary folder")?;
        let again = build(&source, second.path())?;
        return compare(&out.join(PROGRAM), &again);
    }
    Ok(ExitCode::SUCCESS)
}

/// The commit that is checked out. What is not committed is not in it, and nobody else could build it.
fn source() -> Outcome<Source> {
    let root = root();
    let git = |arguments: &[&str]| -> Outcome<String> {
        Ok(String::from_utf8_lossy(&output(&mut program("git", arguments, &root))?)
            .trim()
            .to_owned())
    };
    let changes = git(&["status", "--porcelain", "--untracked-files=no"])?;
    if !changes.is_empty() {
        return Err(Failure::new(format!(
            "a release is built from a commit, and there are changes:\n{changes}"
        )));
    }
    Ok(Source {
        commit: git(&["rev-parse", "HEAD"])?,
        epoch: git(&["show", "--no-patch", "--format=%ct", "HEAD"])?,
    })
}

fn unpacked(folder: &Path) -> PathBuf {
    folder.join("source")
}

/// Unpacks the commit into `folder` and builds it there. Gives the program.
fn build(source: &Source, folder: &Path) -> Outcome<PathBuf> {
    let to = unpacked(folder);
    std::fs::create_dir_all(&to).when(to.display())?;
    let mut archive = program("git", ["archive", "--format=tar", &source.commit], &root());
    let mut archive = archive.stdout(Stdio::piped()).spawn().when("git archive")?;
    let tar = archive.stdout.take().ok_or_else(|| Failure::new("git archive gives nothing"))?;
    let unpacked =
        Command::new("tar").args(["x", "-C"]).arg(&to).stdin(tar).status().when("tar")?;
    if !(unpacked.success() && archive.wait().when("git archive")?.success()) {
        return Err(Failure::new(format!("{}: the commit could not be unpacked", to.display())));
    }
    let target = folder.join("target");
    let mut command =
        cargo(&["build", "--release", "--locked", "--package", "cli", "--bin", PROGRAM]);
    command.current_dir(&to).env("CARGO_TARGET_DIR", &target);
    settle(&mut command, source, &to, &target)?;
    match say_and_run(&mut command)?.success() {
        true => Ok(target.join("release").join(PROGRAM)),
        false => Err(Failure::new("the release could not be built")),
    }
}

/// Everything that would let the place, the time or the person into the program.
fn settle(command: &mut Command, source: &Source, from: &Path, target: &Path) -> Outcome<()> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let home = home.ok_or_else(|| Failure::new("cargo has no home folder"))?;
    let rust = output(&mut program("rustc", ["--print", "sysroot"], from))?;
    let rust = String::from_utf8_lossy(&rust).trim().to_owned();
    let places = [
        (target.display().to_string(), "/target"),
        (from.display().to_string(), "/athar"),
        (home.display().to_string(), "/cargo"),
        (rust, "/rust"),
    ];
    // Separated by the unit separator: paths may hold blanks.
    let remapped: Vec<String> =
        places.iter().map(|(path, name)| format!("--remap-path-prefix={path}={name}")).collect();
    let c_flags: Vec<String> =
        places.iter().map(|(path, name)| format!("-ffile-prefix-map={path}={name}")).collect();
    command
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", remapped.join("\u{1f}"))
        .env("CFLAGS", c_flags.join(" "))
        .env("ATHAR_COMMIT", &source.commit)
        .env("SOURCE_DATE_EPOCH", &source.epoch)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
        .env("LC_ALL", "C")
        .env("TZ", "UTC");
    Ok(())
}

fn compare(first: &Path, second: &Path) -> Outcome<ExitCode> {
    let a = std::fs::read(first).when(first.display())?;
    let b = std::fs::read(second).when(second.display())?;
    if a == b {
        println!("built twice in two folders: the same {} bytes", a.len());
        return Ok(ExitCode::SUCCESS);
    }
    let place = a.iter().zip(&b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
    println!(
        "NOT REPRODUCIBLE: {} and {} bytes, the first difference at byte {place}",
        a.len(),
        b.len()
    );
    Ok(ExitCode::FAILURE)
}
