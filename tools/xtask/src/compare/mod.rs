//! `cargo xtask compare`: athar's findings in an image against those of independent programs.

mod differences;
mod dissect;
mod peer;
mod sleuthkit;

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;

use crate::athar::{Athar, Case};
use crate::failure::{Failure, Outcome};
use differences::{Differences, compare};
use peer::{Listed, Listing, Part, Peer};

/// Shown by `--help`.
pub(crate) const KNOWN_FAULTS: &str = "\
Allocated files are compared by path, size and MD5, in each file system that athar found. A difference is a question, not a verdict:

The Sleuth Kit  calls inodes allocated whose name is deleted; shortens a FAT name of 255 characters by one; cannot open NTFS with
                clusters of 2 MiB; takes the first place only of fragmented deleted FAT files (DFTT 6); shows control characters in
                names as ^; `fls -h` hashes the main stream for each stream (`icat` is asked instead);
                `icat` writes nothing of $BadClus:$Bad (left out)
dissect         reads wrong content from small exFAT volumes made on Linux; lists FAT volume labels as files and short names in
                capitals (both allowed for here)
images          a VHD may have a wrong footer checksum, which qemu refuses and others ignore silently

dissect comes from PyPI (`pip install dissect.target`); `python3` is asked for it, or the program named by PYTHON.";

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The image
    image: PathBuf,
    /// Differences to print for each file system and program
    #[arg(long, default_value_t = 20, value_name = "N")]
    most: usize,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let image =
        std::path::absolute(&arguments.image).map_err(|error| Failure::new(error.to_string()))?;
    let case = Athar::build()?.scan(&image)?;
    let streams = case.streams()?;
    let parts = parts(&case);
    println!(
        "{}: athar found {} file systems and {} streams",
        image.display(),
        parts.len(),
        streams.len()
    );
    if parts.is_empty() {
        return Err(Failure::new("nothing to compare: athar read no file system"));
    }
    let peers = [sleuthkit::peer(), dissect::peer()];
    let mut asked = 0_usize;
    let mut differing = 0_usize;
    for part in &parts {
        for peer in &peers {
            let listing = match (peer.list)(&image, part)? {
                Listing::Absent(why) => {
                    println!("SKIPPED: {} on {}: {why}", peer.name, part.title());
                    continue;
                }
                Listing::Files(files) => files,
            };
            let listing = without_labels(listing, &streams, part, peer);
            let own = own_files(&streams, part, peer);
            let differences = compare(&own, &listing);
            print(&differences, peer, part, arguments.most);
            asked = asked.saturating_add(1);
            differing = differing.saturating_add(differences.said.len());
        }
    }
    println!("{asked} comparisons, {differing} differences");
    match asked {
        0 => Err(Failure::new("no independent program could be asked")),
        _ if differing == 0 => Ok(ExitCode::SUCCESS),
        _ => Ok(ExitCode::FAILURE),
    }
}

fn print(differences: &Differences, peer: &Peer, part: &Part, most: usize) {
    for line in differences.said.iter().take(most) {
        println!("  {line}");
    }
    if differences.said.len() > most {
        println!("  (+{} more)", differences.said.len().saturating_sub(most));
    }
    let Differences { equal, missing, different, beyond, .. } = differences;
    println!(
        "{} and athar on {}: equal {equal}, different {different}, only {} {missing}, only athar {beyond}",
        peer.name,
        part.title(),
        peer.name
    );
}

/// The file systems that athar read.
fn parts(case: &Case) -> Vec<Part> {
    let volumes = case.report.iter().filter_map(|image| image["volumes"].as_array()).flatten();
    let read = |volume: &&Value| {
        volume["file_systems"]
            .as_array()
            .is_some_and(|systems| systems.iter().any(|system| system["state"] == "read"))
    };
    volumes
        .filter(read)
        .filter_map(|volume| {
            let kind = volume["file_systems"][0]["kind"].as_str().unwrap_or("?").to_owned();
            Some(Part {
                start: volume["start"].as_u64()?,
                length: volume["length"].as_u64()?,
                kind,
            })
        })
        .collect()
}

/// athar's allocated files in a part, as the peer would name them.
fn own_files(streams: &[Value], part: &Part, peer: &Peer) -> Vec<Listed> {
    streams
        .iter()
        .filter(|stream| {
            stream["volume_offset"] == part.start
                && stream["allocated"] == true
                && stream["kind"] != "link"
        })
        .filter(|stream| match stream["stream"].as_str() {
            Some("data") => true,
            Some("alternate") => peer.lists_alternate_streams,
            _ => false,
        })
        .filter_map(|stream| {
            Some(Listed {
                path: spelled(stream["path"].as_str()?, part, peer),
                size: stream["size"].as_u64()?,
                md5: stream["md5"].as_str().map(str::to_owned),
                // What the file system keeps for itself, and clusters that nothing names, programs show or hide as they please.
                optional: stream["metadata"] == true
                    || stream["path"]
                        .as_str()
                        .is_some_and(|path| path.starts_with("/$LostChains/")),
            })
        })
        .collect()
}

/// A path of athar's in the peer's spelling.
fn spelled(path: &str, part: &Part, peer: &Peer) -> String {
    let path = (peer.spell)(path);
    if peer.loses_fat_case && part.kind.starts_with("FAT") { path.to_lowercase() } else { path }
}

/// The peer's files in the same spelling; need not be matched where athar knows that it is a label, not a file.
fn without_labels(
    mut listing: Vec<Listed>,
    streams: &[Value],
    part: &Part,
    peer: &Peer,
) -> Vec<Listed> {
    let reserved =
        |stream: &&Value| stream["volume_offset"] == part.start && stream["kind"] == "reserved";
    let labels: Vec<&str> =
        streams.iter().filter(reserved).filter_map(|stream| stream["path"].as_str()).collect();
    for file in &mut listing {
        file.optional |= file.size == 0 && labels.contains(&file.path.as_str());
        file.path = spelled(&file.path, part, peer);
    }
    listing
}
