//! `athar volumes`.

use byte_source::{Problem, Scratch, Severity};
use casework::ImageLook;
use evidence::{EvidenceImage, FileSystemState, OpenFileSystem};
use serde_json::{Value, json};
use volume::{Scheme, Volume};

use crate::arguments::{Global, Volumes};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::open_evidence::{print_problems, problems_json};
use crate::output::Output;
use crate::quantities::{bytes, counted, exact_bytes, noun};

pub(crate) fn run(
    global: &Global,
    arguments: &Volumes,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let image = &arguments.image;
    let look = ImageLook::open(&image.image, arguments.code_page, global.worker_threads())?;
    let opened = &look.image;
    if !output.is_json() {
        let scheme = match opened.division.scheme {
            Scheme::None => "no partition table: the medium is one volume".to_owned(),
            scheme => {
                format!(
                    "{} partition table, sectors of {} bytes",
                    scheme.key(),
                    opened.division.sector_bytes
                )
            }
        };
        output.remark(&format!("{}\n  {scheme}", safe(&image.image.to_string_lossy())))?;
        output.remark(&format!(
            "{:>4}  {:>5}  {:>15}  {:>12}  {:>15}  {:>12}  {:<13}  what",
            "#", "slot", "first byte", "first sector", "bytes", "sectors", "role"
        ))?;
    }
    let mut damaged = false;
    for (ordinal, volume) in opened.division.volumes.iter().enumerate() {
        if output.is_json() {
            output.object(&volume_json(opened, ordinal, volume))?;
        } else {
            print_volume(opened, ordinal, volume, output)?;
        }
        damaged |=
            problems_of(opened, ordinal).iter().any(|problem| problem.severity == Severity::Damage);
    }
    let exit = print_problems(&opened.division.problems, |at| at, output)?;
    Ok(if damaged { Exit::Incomplete } else { exit })
}

fn print_volume(
    opened: &EvidenceImage,
    ordinal: usize,
    volume: &Volume,
    output: &mut Output,
) -> Result<(), Failure> {
    let sector = u64::from(opened.division.sector_bytes).max(1);
    let slot = if volume.number == 0 { "-".to_owned() } else { volume.number.to_string() };
    let named = [volume.type_code.as_str(), volume.name.as_str()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(safe)
        .collect::<Vec<_>>()
        .join("  ");
    let start = volume.start();
    let length = volume.length();
    let first = start / sector;
    let count = length / sector;
    output.line(&format!(
        "{ordinal:>4}  {slot:>5}  {start:>15}  {first:>12}  {length:>15}  {count:>12}  {:<13}  {:>8}  {named}",
        volume.role.key(),
        bytes(length)
    ))?;
    let indent = format!("{:>17}", "");
    if volume.extents.len() > 1 {
        for extent in &volume.extents {
            output.line(&format!(
                "{indent}extent: byte {}, {}",
                extent.start,
                exact_bytes(extent.length)
            ))?;
        }
    }
    if let Some(encryption) = volume.encryption {
        output.line(&format!("{indent}ENCRYPTED: {encryption}"))?;
    }
    if let Some(member) = volume.member {
        output.line(&format!("{indent}{}", member.name))?;
    }
    for file_system in file_systems(opened, ordinal) {
        output.line(&format!("{indent}{}", described(file_system)))?;
    }
    print_problems(&problems_of(opened, ordinal), |at| on_medium(volume, at), output)?;
    Ok(())
}

fn described(found: &OpenFileSystem) -> String {
    let reason = found.recognised.reason;
    let FileSystemState::Open(open) = &found.state else {
        return format!(
            "{}: {}  (recognised by {reason})",
            found.recognised.kind,
            found.state_key().to_uppercase()
        );
    };
    let summary = open.summary();
    let label = if summary.label.is_empty() {
        String::new()
    } else {
        format!(" \"{}\"", safe(&summary.label))
    };
    let serial = if summary.serial.is_empty() {
        String::new()
    } else {
        format!(", serial {}", safe(&summary.serial))
    };
    format!(
        "{}{label}{serial}, {} of {} {}  (recognised by {reason})",
        summary.kind,
        counted(summary.blocks, "unit", "units"),
        summary.block_bytes,
        noun(summary.block_bytes, "byte", "bytes")
    )
}

fn file_systems(opened: &EvidenceImage, ordinal: usize) -> impl Iterator<Item = &OpenFileSystem> {
    opened
        .volumes
        .iter()
        .filter(move |open| open.ordinal == ordinal)
        .flat_map(|open| &open.file_systems)
}

/// What is wrong with a volume and its file systems.
fn problems_of(opened: &EvidenceImage, ordinal: usize) -> Vec<Problem> {
    let volume = opened.volumes.iter().find(|open| open.ordinal == ordinal);
    let without_files = volume.and_then(|volume| volume.without_files(&mut Scratch::new()));
    let of_file_systems = file_systems(opened, ordinal).flat_map(|found| match &found.state {
        FileSystemState::Open(open) => open.summary().problems.clone(),
        FileSystemState::Closed(problem) => vec![problem.clone()],
    });
    without_files.into_iter().chain(of_file_systems).collect()
}

fn on_medium(volume: &Volume, at: u64) -> u64 {
    evidence::OnMedium { extents: &volume.extents }.at(at)
}

fn volume_json(opened: &EvidenceImage, ordinal: usize, volume: &Volume) -> Value {
    let sector = u64::from(opened.division.sector_bytes).max(1);
    let file_systems: Vec<Value> = file_systems(opened, ordinal)
        .map(|found| {
            let mut object = json!({
                "kind": found.recognised.kind.name(), "recognised_by": found.recognised.reason, "state": found.state_key(),
            });
            if let FileSystemState::Open(open) = &found.state {
                let summary = open.summary();
                object["kind"] = json!(summary.kind.name());
                object["label"] = json!(summary.label);
                object["serial"] = json!(summary.serial);
                object["block_bytes"] = json!(summary.block_bytes);
                object["blocks"] = json!(summary.blocks);
            }
            object
        })
        .collect();
    json!({
        "volume": ordinal,
        "scheme": volume.scheme.key(),
        "number": volume.number,
        "role": volume.role.key(),
        "start": volume.start(),
        "length": volume.length(),
        "sector_bytes": sector,
        "first_sector": volume.start() / sector,
        "sectors": volume.length() / sector,
        "extents": volume.extents.iter().map(|extent| json!([extent.start, extent.length])).collect::<Vec<_>>(),
        "type": volume.type_code,
        "name": volume.name,
        "encryption": volume.encryption,
        "node": opened.volumes.iter().find(|open| open.ordinal == ordinal).map(|open| open.node.what.key()),
        "member": volume.member.map(|member| member.name),
        "file_systems": file_systems,
        "problems": problems_json(&problems_of(opened, ordinal), |at| on_medium(volume, at)),
    })
}
