//! NTFS, exFAT and FAT, with clusters of all sizes.

use std::ffi::OsStr;
use std::path::Path;

use faults::{Attempt, Outcome};

use super::FileSystem;
use crate::programs::run;
use crate::random::Random;

pub(super) fn ntfs(_: &FileSystem, random: &mut Random, image: &Path) -> Outcome<String> {
    let cluster = random.pick(["512", "1024", "2048", "4096", "4096", "8192", "16384", "65536"]);
    let mut arguments = vec!["-q", "-F", "-f", "-c", cluster, "-L", "churn"];
    if random.percent(20) {
        arguments.push("-C");
    }
    format("mkfs.ntfs", &arguments, image)
}

pub(super) fn exfat(_: &FileSystem, random: &mut Random, image: &Path) -> Outcome<String> {
    let cluster = random.pick(["512", "1024", "4096", "32768", "131072"]);
    format("mkfs.exfat", &["-c", cluster, "-L", "churn"], image)
}

/// The width of the table follows from the number of clusters: those sizes are drawn that give the width.
pub(super) fn fat(system: &FileSystem, random: &mut Random, image: &Path) -> Outcome<String> {
    let sectors = std::fs::metadata(image).when(image.display())?.len() / 512;
    let (width, least, most) = match system.name {
        "fat12" => ("12", 300, 4000),
        "fat16" => ("16", 4200, 65_000),
        _ => ("32", 66_000, 400_000),
    };
    let fits = |each: &u64| (least..most).contains(&((sectors - 300) / each));
    let sizes: Vec<u64> = [1, 2, 4, 8, 16, 32, 64].into_iter().filter(fits).collect();
    let cluster = sizes.get(random.index(sizes.len())).copied().unwrap_or(1).to_string();
    let copies = random.pick(["2", "2", "1"]);
    format(
        "mkfs.fat",
        &["-F", width, "-s", &cluster, "-f", copies, "-i", "c4a12e00", "-n", "CHURN"],
        image,
    )
}

fn format(program: &str, arguments: &[&str], image: &Path) -> Outcome<String> {
    let words: Vec<&OsStr> = arguments.iter().map(OsStr::new).chain([image.as_os_str()]).collect();
    run(program, &words)?;
    Ok(format!("{program} {}", arguments.join(" ")))
}
