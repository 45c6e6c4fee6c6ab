//! `athar hash-set list`, `show` and `verify`.

use case_model::{Algorithm, to_hex};
use hash_set::{Format, HashSetError, Library, SetEntry, SetInfo};
use report::{rejection_json, set_entry_json, set_json};
use serde_json::json;

use super::progress::ImportProgress;
use super::{find, title};
use crate::arguments::{Global, ShowSet};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::{counted, exact_bytes, grouped, short_time};

pub(super) fn list(library: &Library, rankings: bool, output: &mut Output) -> Result<(), Failure> {
    if library.sets().is_empty() && !rankings {
        return output
            .remark("The lab has no hash sets. `athar hash-set import FILE` takes one in.");
    }
    for set in library.sets() {
        if output.is_json() {
            output.object(&set_json(set))?;
            continue;
        }
        let replaced = library.replaced_by(set).map_or(String::new(), |later| {
            format!("  NOT LOOKED UP: read again as {}", short(&later.digest))
        });
        output.line(&format!(
            "{}  {:<12} {}  {} ({})  imported {} UTC from {}{replaced}",
            short(&set.digest),
            set.disposition.key(),
            title(set),
            counted(set.entries(), "entry", "entries"),
            algorithms(set),
            short_time(set.imported_at_ns),
            safe(&set.source.name),
        ))?;
    }
    Ok(())
}

pub(super) fn show(
    library: &Library,
    arguments: &ShowSet,
    output: &mut Output,
) -> Result<(), Failure> {
    let set = find(library, &arguments.set)?;
    let rejections = library.rejections(&set.digest)?;
    if output.is_json() {
        let mut object = set_json(set);
        object["first_rejections"] = rejections.iter().map(rejection_json).collect();
        output.object(&object)?;
    } else {
        for (name, value) in facts(set) {
            output.line(&format!("{name:<16} {}", safe(&value)))?;
        }
        for rejection in &rejections {
            output.line(&format!("  rejected       {}", safe(&rejection.to_string())))?;
        }
    }
    match arguments.entries {
        Some(most) => print_entries(library, set, most, output),
        None => Ok(()),
    }
}

fn facts(set: &SetInfo) -> Vec<(&'static str, String)> {
    let tally = &set.tally;
    let mut facts = vec![
        ("set", set.name.clone()),
        ("version", set.version.clone()),
        ("content digest", to_hex(&set.digest)),
        ("publisher", set.publisher.clone()),
        ("released", set.released.clone()),
        ("licence", set.licence.clone()),
        ("handling", set.handling.clone()),
        ("a match means", set.disposition.key().to_owned()),
        ("category scheme", set.category_scheme.clone()),
        ("format", set.format.key().to_owned()),
        ("source", format!("{}, {}", set.source.name, exact_bytes(set.source.bytes))),
        ("  SHA-256", to_hex(&set.source.sha256)),
    ];
    for file in &set.companions {
        facts.push(("read with it", format!("{}, {}", file.name, exact_bytes(file.bytes))));
        facts.push(("  SHA-256", to_hex(&file.sha256)));
    }
    facts.push((
        "imported",
        format!("{} UTC by {}", short_time(set.imported_at_ns), set.imported_by),
    ));
    facts.push(("entries", grouped(tally.entries)));
    facts.push(("digests", algorithms(set)));
    facts.push(("duplicates", grouped(tally.duplicates)));
    facts.push(("rejected", grouped(tally.rejected)));
    facts.push(("empty file", format!("{} dropped", grouped(tally.empty_files))));
    if set.format == Format::NsrlRdsV3
        || set.format == Format::NsrlRdsV2
        || set.format == Format::NsrlRdsV1_5
    {
        facts.push((
            "remember",
            "a file of this library is known, which does not say that it is good".to_owned(),
        ));
    }
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

fn print_entries(
    library: &Library,
    set: &SetInfo,
    most: u64,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut left = most;
    let mut each = |entry: SetEntry| -> Result<(), Stop> {
        left = left.checked_sub(1).ok_or(Stop::Enough)?;
        let printed = match output.is_json() {
            true => output.object(&set_entry_json(&entry)),
            false => output.line(&entry_line(&entry)),
        };
        printed.map_err(|failure| Stop::Failed(Box::new(failure)))
    };
    match library.entries(&set.digest, &mut each) {
        Err(Stop::Failed(failure)) => Err(*failure),
        Ok(()) | Err(Stop::Enough) => Ok(()),
    }
}

/// Why no more entries are printed.
enum Stop {
    Enough,
    Failed(Box<Failure>),
}

impl From<HashSetError> for Stop {
    fn from(error: HashSetError) -> Self {
        Self::Failed(Box::new(error.into()))
    }
}

pub(super) fn verify(
    library: &Library,
    global: &Global,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let progress = ImportProgress::new(global);
    let findings = library.verify(&mut |step| progress.step(step));
    progress.clear();
    for set in library.sets() {
        let fault = findings
            .iter()
            .find(|finding| finding.set == set.digest)
            .map(|finding| finding.error.to_string());
        if output.is_json() {
            output.object(
                &json!({ "digest": to_hex(&set.digest), "name": set.name, "version": set.version,
                                   "valid": fault.is_none(), "fault": fault }),
            )?;
            continue;
        }
        let verdict =
            fault.map_or("as imported".to_owned(), |fault| format!("DAMAGED: {}", safe(&fault)));
        output.line(&format!("{}  {}: {verdict}", short(&set.digest), title(set)))?;
    }
    Ok(if findings.is_empty() { Exit::Complete } else { Exit::Failed })
}

/// The first digits of a content digest.
pub(super) fn short(digest: &[u8; 32]) -> String {
    to_hex(digest).chars().take(12).collect()
}

/// The algorithms that a set is keyed by, with their numbers of digests.
pub(super) fn algorithms(set: &SetInfo) -> String {
    let names: Vec<String> = Algorithm::ALL
        .into_iter()
        .filter(|algorithm| set.count(*algorithm) > 0)
        .map(|algorithm| format!("{algorithm} {}", grouped(set.count(algorithm))))
        .collect();
    names.join(", ")
}

/// An entry of a set on one line: its strongest digest, size, meaning, names.
pub(super) fn entry_line(entry: &SetEntry) -> String {
    let strongest = [Algorithm::Sha256, Algorithm::Blake3, Algorithm::Sha1, Algorithm::Md5]
        .into_iter()
        .find_map(|one| Some(format!("{} {}", one.key(), to_hex(entry.digests.get(one)?))));
    let size = entry.size.map_or(String::new(), |size| format!("  {size} B"));
    let category =
        entry.category.as_ref().map_or(String::new(), |code| format!("  category {}", safe(code)));
    let names: String = entry.names.iter().map(|name| format!("  {}", safe(name))).collect();
    format!("{}  {}{size}{category}{names}", strongest.unwrap_or_default(), entry.disposition.key())
}
