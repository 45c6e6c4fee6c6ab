//! An image in numbers, for people.

use case_model::{Disposition, UnreadableRange, to_hex};
use case_store::{FileSystemReport, ImageReport, StreamCounts, VolumeReport};
use casework::LookedUp;
use words::{Language, stored_text};

use crate::coverage::NO_HASH_SET;
use crate::display::safe;
use crate::exit::Failure;
use crate::output::Output;
use crate::quantities::{bytes, counted, duration, exact_bytes, grouped};
use crate::shell_word::shell_word;

/// Prints an image: the medium, its parts, what became of its streams, hits, and what is wrong.
pub(crate) fn print_image(
    image: &ImageReport,
    looked_up: Option<&LookedUp>,
    all: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let state = match image.state.as_str() {
        "complete" => "complete",
        "incomplete" => "FINISHED BUT INCOMPLETE",
        "scanning" => "NOT FINISHED",
        other => other,
    };
    output.line(&format!("\n{}  {state}{}", safe(&image.name), encrypted(image)))?;
    output.line(&format!("  file          {}", safe(&image.path)))?;
    print_medium(image, output)?;
    for volume in image.volumes.iter().filter(|volume| all || volume.role == "volume") {
        print_volume(volume, image.container == "folder", output)?;
    }
    if all && !image.analysers.is_empty() {
        let analysers: Vec<String> =
            image.analysers.iter().map(|(name, version)| format!("{name} {version}")).collect();
        output.line(&format!("  analysed by   {}", analysers.join(", ")))?;
    }
    print_streams(image, output)?;
    print_hits(image, looked_up, output)?;
    print_problems(image, output)?;
    print_unreadable(image, output)?;
    print_speed(image, output)
}

/// Says in the first line what nobody could read in the clear.
fn encrypted(image: &ImageReport) -> String {
    let is_encrypted = |count: &&StreamCounts| count.disposition == Disposition::Encrypted;
    let files: u64 = image
        .streams
        .iter()
        .filter(is_encrypted)
        .map(|count| count.allocated + count.deleted)
        .sum();
    let volumes = image.volumes.iter().filter(|volume| volume.encryption.is_some()).count() as u64;
    let parts: Vec<String> = [
        (files, "encrypted file", "encrypted files"),
        (volumes, "encrypted volume", "encrypted volumes"),
    ]
    .into_iter()
    .filter(|(count, _, _)| *count > 0)
    .map(|(count, one, many)| counted(count, one, many))
    .collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

fn print_medium(image: &ImageReport, output: &mut Output) -> Result<(), Failure> {
    let Some(size) = image.bytes else {
        return Ok(());
    };
    output.line(&format!(
        "  medium        {} ({}), {}: {}",
        bytes(size),
        exact_bytes(size),
        image.container,
        image.reason
    ))?;
    let partial = if image.medium_complete == Some(false) { "  OF AN INCOMPLETE READ" } else { "" };
    let digests = [
        ("SHA-256", &image.sha256),
        ("BLAKE3", &image.blake3),
        ("MD5", &image.md5),
        ("SHA-1", &image.sha1),
    ];
    for (name, digest) in digests {
        if let Some(digest) = digest {
            output.line(&format!("  {name:<12}  {}{partial}", to_hex(digest)))?;
        }
    }
    for (algorithm, digest, place, agrees) in &image.stored {
        let verdict = match agrees {
            Some(true) if image.medium_complete == Some(false) => {
                "agrees, but only with zeros in the place of unreadable ranges: NOT GOOD"
            }
            Some(true) => "agrees",
            Some(false) => "DOES NOT AGREE",
            None => "not compared",
        };
        output.line(&format!(
            "  stored        {algorithm} {} ({place}): {verdict}",
            to_hex(digest)
        ))?;
    }
    for (field, value) in &image.claims {
        output.line(&format!("  claimed       {}: {}", safe(field), safe(value)))?;
    }
    Ok(())
}

fn print_volume(volume: &VolumeReport, folder: bool, output: &mut Output) -> Result<(), Failure> {
    if !folder {
        let number = if volume.number == 0 { String::new() } else { format!(" {}", volume.number) };
        let scheme = if volume.scheme == "none" {
            "no partition table".to_owned()
        } else {
            format!("{}{number}", volume.scheme)
        };
        let named = [volume.type_code.as_str(), volume.name.as_str()]
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(safe)
            .collect::<Vec<_>>()
            .join(", ");
        let named = if named.is_empty() { named } else { format!("  {named}") };
        let role = if volume.role == "volume" { "volume" } else { &volume.role };
        output.line(&format!(
            "  {role:<12}  {scheme}, byte {}, {}{named}",
            volume.start,
            bytes(volume.length)
        ))?;
    }
    if let Some(encryption) = &volume.encryption {
        output.line(&format!("                ENCRYPTED: {encryption}"))?;
    }
    volume.file_systems.iter().try_for_each(|file_system| print_file_system(file_system, output))
}

fn print_file_system(file_system: &FileSystemReport, output: &mut Output) -> Result<(), Failure> {
    let label = if file_system.label.is_empty() {
        String::new()
    } else {
        format!(" \"{}\"", safe(&file_system.label))
    };
    let serial = if file_system.serial.is_empty() {
        String::new()
    } else {
        format!(", {}", safe(&file_system.serial))
    };
    let state = match file_system.state.as_str() {
        "read" => String::new(),
        other => format!("  {}", other.to_uppercase()),
    };
    let free = file_system
        .unallocated_bytes
        .map_or(String::new(), |free| format!(", {} unallocated", bytes(free)));
    output.line(&format!("  file system   {}{label}{serial}{free}{state}", file_system.kind))?;
    for tally in &file_system.tallies {
        let verdict =
            if tally.expected == tally.found { "all accounted for" } else { "DOES NOT RECONCILE" };
        output.line(&format!(
            "    count       {}: {}, scanned {}: {verdict}",
            said(&tally.what),
            grouped(tally.expected),
            grouped(tally.found)
        ))?;
    }
    Ok(())
}

/// Returns the words of what the index says.
fn said(stored: &str) -> String {
    stored_text(stored, Language::English)
}

fn print_streams(image: &ImageReport, output: &mut Output) -> Result<(), Failure> {
    for count in &image.streams {
        let rule = count.rule.as_ref().map_or(String::new(), |rule| format!("  {}", said(rule)));
        let deleted = if count.deleted == 0 {
            String::new()
        } else {
            format!(" + {} deleted", grouped(count.deleted))
        };
        output.line(&format!(
            "  {:<12}  {:>9}{deleted}{rule}",
            count.disposition,
            grouped(count.allocated)
        ))?;
    }
    Ok(())
}

fn print_hits(
    image: &ImageReport,
    looked_up: Option<&LookedUp>,
    output: &mut Output,
) -> Result<(), Failure> {
    if image.hits.is_empty() {
        let none = match looked_up {
            _ if image.state == "scanning" => "not known yet: the scan is not finished".to_owned(),
            Some(LookedUp::None) => NO_HASH_SET.to_owned(),
            Some(LookedUp::Sets(sets)) => {
                format!("none in {}", counted(sets.len(), "hash set", "hash sets"))
            }
            Some(LookedUp::Unknown) | None => "none".to_owned(),
        };
        return output.line(&format!("  hits          {none}"));
    }
    for hit in &image.hits {
        let version =
            if hit.version.is_empty() { String::new() } else { format!(" {}", safe(&hit.version)) };
        output.line(&format!(
            "  HITS          {}: {} in {}{version}",
            hit.severity,
            counted(hit.entries, "file", "files"),
            safe(&hit.set)
        ))?;
    }
    Ok(())
}

fn print_problems(image: &ImageReport, output: &mut Output) -> Result<(), Failure> {
    if image.damages + image.notes > 0 {
        output.line(&format!(
            "  problems      {}, {}",
            counted(image.damages, "costs evidence", "cost evidence"),
            counted(image.notes, "is for your information", "are for your information")
        ))?;
    }
    for damage in &image.first_damages {
        output.line(&format!("    damage      {}", safe(&damage.text(Language::English))))?;
    }
    if let Some(error) = &image.error {
        output.line(&format!("  error         {}", safe(error)))?;
    }
    Ok(())
}

/// What of the medium could not be read, and what to do about it.
fn print_unreadable(image: &ImageReport, output: &mut Output) -> Result<(), Failure> {
    if image.unreadable_ranges == 0 {
        return Ok(());
    }
    let ranges = counted(image.unreadable_ranges, "range", "ranges");
    let bytes = exact_bytes(image.unreadable_bytes);
    output.line(&format!("  UNREADABLE    {ranges} of the medium, {bytes}"))?;
    for UnreadableRange { offset, length, why } in &image.first_unreadable {
        let last = offset.saturating_add(length.saturating_sub(1));
        output.line(&format!(
            "    range       bytes {offset} to {last} ({}): {}",
            exact_bytes(*length),
            said(why)
        ))?;
    }
    let shown = image.first_unreadable.len() as u64;
    if shown < image.unreadable_ranges {
        let more = grouped(image.unreadable_ranges - shown);
        output.line(&format!(
            "    range       and {more} more, in the table unreadable_range of the case file"
        ))?;
    }
    output.line(
        "    to retry    have the ranges read again (another cable, drive or reader; `ddrescue` tries them again and again into a copy), then",
    )?;
    output.line(&format!(
        "                athar scan {} --case NEW-CASE    (or the copy's path). This case keeps what was read.",
        shell_word(&image.path)
    ))
}

fn print_speed(image: &ImageReport, output: &mut Output) -> Result<(), Failure> {
    let work = image.bytes.unwrap_or(0).saturating_add(image.hashed_bytes);
    let seconds = image.scan_ns as f64 / 1e9;
    let rate = if seconds > 0.0 {
        format!("{:.0} MB/s", work as f64 / 1e6 / seconds)
    } else {
        "-".to_owned()
    };
    output.line(&format!(
        "  time          {}, {rate} of medium and files ({} of files)",
        duration(image.scan_ns),
        bytes(image.hashed_bytes)
    ))
}
