//! `athar hash-set`.

mod changes;
mod describe;
mod export;
mod import;
mod map;
mod preview;
mod progress;
mod rank;
mod rank_import;
mod remove;
mod rules;

use hash_set::{Library, SetInfo};

use crate::arguments::{Global, HashSet};
use crate::exit::{Exit, Failure};
use crate::open_lab::{open, open_or_create, scribe};
use crate::output::Output;

pub(crate) use import::import;
pub(crate) use rank_import::is_ranking;

pub(crate) fn run(global: &Global, command: &HashSet, output: &mut Output) -> Result<Exit, Failure> {
    let library = || Ok::<_, Failure>(Library::open(&open(global)?.hash_sets())?);
    match command {
        HashSet::Import(arguments) => {
            if rank_import::is_ranking(arguments) {
                let lab = open_or_create(global, output)?;
                return rank_import::import(&lab, arguments, global, output).map(|()| Exit::Complete);
            }
            let lab = open_or_create(global, output)?;
            let mut library = Library::open(&lab.hash_sets())?;
            let scribe = scribe(global, &lab);
            let imported = import(&lab, &mut library, arguments, &scribe, global, output)?;
            return Ok(imported.map_or(Exit::Complete, |imported| imported.exit));
        }
        HashSet::List => {
            let rankings = rank_import::shelf(&open(global)?).all().map_err(rank_import::failure)?;
            describe::list(&library()?, !rankings.is_empty(), output)?;
            rank_import::list(&rankings, output)?;
        }
        HashSet::Show(arguments) => match rank_import::named(global, &library()?, &arguments.set)? {
            Some(ranking) => rank_import::show(&ranking, output)?,
            None => describe::show(&library()?, arguments, output)?,
        },
        HashSet::Verify => {
            let sets = describe::verify(&library()?, global, output)?;
            let rankings = rank_import::verify(&open(global)?, output)?;
            return Ok(if rankings == Exit::Complete { sets } else { rankings });
        }
        HashSet::Rank(arguments) => rank::rank(&open(global)?, arguments, output)?,
        HashSet::Diff(arguments) => changes::diff(&library()?, arguments, output)?,
        HashSet::Export(arguments) => export::export(&open(global)?, arguments, global, output)?,
        HashSet::Remove(arguments) => match rank_import::named(global, &library()?, &arguments.set)? {
            Some(ranking) => rank_import::remove(&open(global)?, &ranking, arguments, global, output)?,
            None => remove::remove(&open(global)?, arguments, global, output)?,
        },
        HashSet::Map(arguments) => map::map(&open_or_create(global, output)?, arguments, global, output)?,
    }
    Ok(Exit::Complete)
}

/// The set that a user names.
pub(crate) fn find<'l>(library: &'l Library, wanted: &str) -> Result<&'l SetInfo, Failure> {
    library
        .find(wanted)
        .map_err(|error| Failure::Usage(format!("{error}; `athar hash-set list` shows the lab's sets")))
}

/// Name and version, for people.
pub(crate) fn title(set: &SetInfo) -> String {
    let version = if set.version.is_empty() { String::new() } else { format!(" {}", set.version) };
    crate::display::safe(&format!("{}{version}", set.name))
}
