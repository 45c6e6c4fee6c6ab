//! Conditions as a filter of the index, as words of the ledger, and what is said of those that nothing has.

use case_model::{Algorithm, CaseId, Disposition, HitDisposition, from_hex};
use case_store::{Filter, Sort, SortKey, TimeBound, TimeEdge, TimeField};
use casework::Session;
use serde_json::json;

use crate::arguments::{FilterArguments, OrderArguments, Owner, SortWord, TimeArguments};
use crate::display::safe;
use crate::exit::Failure;
use crate::output::Output;
use crate::quantities::{counted, rfc3339};

/// Makes the filter of a case.
pub(crate) fn filter(
    session: &mut Session,
    id: &CaseId,
    arguments: &FilterArguments,
    order: &OrderArguments,
) -> Result<Filter, Failure> {
    for word in arguments.content_type.iter().chain(&arguments.not_type) {
        session.check_type(id, word)?;
    }
    let mut paths = Vec::with_capacity(arguments.path.len());
    for path in &arguments.path {
        paths.push(session.path_filter(id, path)?);
    }
    let mut not_paths = Vec::with_capacity(arguments.not_path.len());
    for path in &arguments.not_path {
        not_paths.push(session.path_filter(id, path)?);
    }
    let images = match arguments.image.is_empty() {
        true => None,
        false => Some(session.images_named(id, &arguments.image)?),
    };
    Ok(Filter {
        digest: digest(arguments)?,
        names: arguments.name.clone(),
        not_names: arguments.not_name.clone(),
        paths,
        not_paths,
        types: arguments.content_type.clone(),
        not_types: arguments.not_type.clone(),
        hit: arguments.hit,
        sets: arguments.set.clone(),
        severities: arguments.severity.clone(),
        larger_than: arguments.larger_than,
        smaller_than: arguments.smaller_than,
        times: bounds(&arguments.times).into_iter().map(|(_, bound)| bound).collect(),
        uids: arguments.owner.iter().filter_map(uid_of).collect(),
        sids: arguments.owner.iter().filter_map(sid_of).collect(),
        deleted: arguments.deleted,
        dispositions: arguments.disposition.clone(),
        duplicates: arguments.duplicates,
        id: None,
        images,
        // The act that asks knows the zones of the case.
        zones: Vec::new(),
        sort: order.sort.map(|word| Sort { key: key_of(word), reversed: order.reverse }),
        limit: order.limit,
    })
}

fn uid_of(owner: &Owner) -> Option<u32> {
    if let Owner::Uid(uid) = owner { Some(*uid) } else { None }
}

fn sid_of(owner: &Owner) -> Option<String> {
    if let Owner::Sid(sid) = owner { Some(sid.clone()) } else { None }
}

fn digest(arguments: &FilterArguments) -> Result<Option<(&'static str, Vec<u8>)>, Failure> {
    let given = [
        (Algorithm::Md5, &arguments.md5),
        (Algorithm::Sha1, &arguments.sha1),
        (Algorithm::Sha256, &arguments.sha256),
    ];
    for (algorithm, text) in given {
        let Some(text) = text else { continue };
        let text = text.trim();
        let wanted = algorithm.length() * 2;
        let digits = text.chars().count();
        if digits != wanted {
            return Err(Failure::Usage(format!(
                "{algorithm} has {}, this has {digits}",
                counted(wanted, "digit", "digits")
            )));
        }
        let bytes = from_hex(text).map_err(|error| Failure::Usage(error.to_string()))?;
        return Ok(Some((algorithm.key(), bytes)));
    }
    Ok(None)
}

fn bounds(times: &TimeArguments) -> Vec<(&'static str, TimeBound)> {
    use TimeEdge::{Before, From};
    use TimeField::{Accessed, Changed, Created, Deleted, Modified};
    let all = [
        ("--modified-after", Modified, From, times.modified_after),
        ("--modified-before", Modified, Before, times.modified_before),
        ("--accessed-after", Accessed, From, times.accessed_after),
        ("--accessed-before", Accessed, Before, times.accessed_before),
        ("--changed-after", Changed, From, times.changed_after),
        ("--changed-before", Changed, Before, times.changed_before),
        ("--created-after", Created, From, times.created_after),
        ("--created-before", Created, Before, times.created_before),
        ("--deleted-after", Deleted, From, times.deleted_after),
        ("--deleted-before", Deleted, Before, times.deleted_before),
    ];
    all.into_iter()
        .filter_map(|(option, field, edge, ns)| Some((option, TimeBound { field, edge, ns: ns? })))
        .collect()
}

const fn key_of(word: SortWord) -> SortKey {
    match word {
        SortWord::Size => SortKey::Size,
        SortWord::Modified => SortKey::Time(TimeField::Modified),
        SortWord::Accessed => SortKey::Time(TimeField::Accessed),
        SortWord::Changed => SortKey::Time(TimeField::Changed),
        SortWord::Created => SortKey::Time(TimeField::Created),
        SortWord::Deleted => SortKey::Time(TimeField::Deleted),
        SortWord::Path => SortKey::Path,
        SortWord::Name => SortKey::Name,
        SortWord::Entry => SortKey::Entry,
    }
}

/// The question as it goes into the ledger.
pub(crate) fn words(arguments: &FilterArguments, order: &OrderArguments) -> String {
    let mut words: Vec<String> = Vec::new();
    let one =
        [("--md5", &arguments.md5), ("--sha1", &arguments.sha1), ("--sha256", &arguments.sha256)];
    words.extend(
        one.into_iter().filter_map(|(word, value)| Some(format!("{word} {}", value.as_ref()?))),
    );
    let severities = keys(&arguments.severity, HitDisposition::key);
    let dispositions = keys(&arguments.disposition, Disposition::key);
    let lists = [
        ("--name", &arguments.name),
        ("--not-name", &arguments.not_name),
        ("--path", &arguments.path),
        ("--not-path", &arguments.not_path),
        ("--image", &arguments.image),
        ("--set", &arguments.set),
        ("--severity", &severities),
        ("--type", &arguments.content_type),
        ("--not-type", &arguments.not_type),
        ("--disposition", &dispositions),
    ];
    for (word, values) in lists {
        words.extend(values.iter().map(|value| format!("{word} {value}")));
    }
    words.extend(arguments.owner.iter().map(|owner| format!("--owner {owner}")));
    let sizes =
        [("--larger-than", arguments.larger_than), ("--smaller-than", arguments.smaller_than)];
    words.extend(sizes.into_iter().filter_map(|(word, value)| Some(format!("{word} {}", value?))));
    let times = bounds(&arguments.times);
    words
        .extend(times.into_iter().map(|(option, bound)| format!("{option} {}", rfc3339(bound.ns))));
    let flags = [
        ("--hit", arguments.hit),
        ("--deleted", arguments.deleted),
        ("--duplicates", arguments.duplicates),
    ];
    words.extend(flags.into_iter().filter(|(_, set)| *set).map(|(word, _)| word.to_owned()));
    words.extend(order.sort.map(|sort| format!("--sort {}", format!("{sort:?}").to_lowercase())));
    words.extend(order.reverse.then(|| "--reverse".to_owned()));
    words.extend(order.limit.map(|limit| format!("--limit {limit}")));
    if words.is_empty() { "everything".to_owned() } else { words.join(" ") }
}

/// Returns the words of values of a closed vocabulary.
fn keys<T: Copy>(values: &[T], key: fn(T) -> &'static str) -> Vec<String> {
    values.iter().map(|value| key(*value).to_owned()).collect()
}

/// Says which values of a question nothing in the case has: on standard error, so that exports stay clean.
pub(crate) fn tell_absent(
    session: &mut Session,
    id: &CaseId,
    filter: &Filter,
    nothing_found: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    for absent in session.absent_values(id, filter, nothing_found)? {
        let condition = absent.condition;
        let value = safe(&absent.value);
        let text = format!("athar: case {id}: nothing in its index has --{condition} {value}");
        let event = json!({
            "event": "absent-value", "case": id.as_str(), "condition": condition, "value": absent.value
        });
        output.warn(&text, &event)?;
    }
    Ok(())
}
