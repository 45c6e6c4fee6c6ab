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

use casework::{Session, bloom_filters};
use hash_set::{HashSetError, Library, SetInfo};

use crate::arguments::HashSet;
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::stopping::Stopping;

pub(crate) use import::import;
pub(crate) use rank_import::is_ranking;

/// Names that are offered in the place of a set that is not there.
const NEAR_SETS: usize = 3;

pub(crate) fn run(
    desk: &mut Desk<'_>,
    command: &HashSet,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let global = desk.global;
    if let HashSet::Import(arguments) = command {
        let session = desk.open_or_create(output)?;
        match rank_import::is_ranking(arguments) {
            true => rank_import::import(session, arguments, output)?,
            false => {
                let stopping = Stopping::listen(global)?;
                session.stop_on(stopping.token());
                let mut library = library(session)?;
                let imported = import(session, &mut library, arguments, global, output);
                let exit = imported
                    .map(|imported| imported.map_or(Exit::Complete, |imported| imported.exit));
                return stopping.end(exit, "nothing was imported", global);
            }
        }
        return Ok(Exit::Complete);
    }
    if let HashSet::Map(arguments) = command {
        map::map(desk.open_or_create(output)?, arguments, output)?;
        return Ok(Exit::Complete);
    }
    let session = desk.open()?;
    match command {
        HashSet::Import(_) | HashSet::Map(_) => {}
        HashSet::List => {
            let rankings = bloom_filters(session.lab()).all()?;
            let library = library(session)?;
            describe::list(&library, !rankings.is_empty(), output)?;
            rank_import::list(&rankings, output)?;
            session.refuse_missing_sets(&library)?;
        }
        HashSet::Show(arguments) => {
            output.page()?;
            let library = library(session)?;
            match rank_import::named(session.lab(), &library, &arguments.set) {
                Some(ranking) => rank_import::show(&ranking, output)?,
                None => describe::show(&library, arguments, output)?,
            }
        }
        HashSet::Verify => {
            let library = library(session)?;
            let sets = describe::verify(&library, global, output)?;
            let rankings = rank_import::verify(session.lab(), output)?;
            session.refuse_missing_sets(&library)?;
            return Ok(if rankings == Exit::Complete { sets } else { rankings });
        }
        HashSet::Rank(arguments) => rank::rank(session, arguments, output)?,
        HashSet::Diff(arguments) => {
            output.page()?;
            changes::diff(&library(session)?, arguments, output)?
        }
        HashSet::Export(arguments) => export::export(session, arguments, output)?,
        HashSet::Remove(arguments) => {
            match rank_import::named(session.lab(), &library(session)?, &arguments.set) {
                Some(ranking) => rank_import::remove(session, &ranking, arguments, output)?,
                None => remove::remove(session, arguments, output)?,
            }
        }
    }
    Ok(Exit::Complete)
}

fn library(session: &Session) -> Result<Library, Failure> {
    Ok(Library::open(&session.lab().hash_sets())?)
}

/// The set that a user names.
pub(crate) fn find<'l>(library: &'l Library, wanted: &str) -> Result<&'l SetInfo, Failure> {
    library.find(wanted).map_err(|error| {
        let near = match error {
            HashSetError::NotFound { .. } => like(library, wanted),
            _ => String::new(),
        };
        Failure::Usage(format!("{error}{near}; `athar hash-set list` shows the lab's sets"))
    })
}

/// Names of sets that look like the one that is not there, in words.
pub(crate) fn like(library: &Library, wanted: &str) -> String {
    let names = library.sets().iter().map(|set| set.name.as_str());
    let near = name_pattern::nearest(wanted, names, NEAR_SETS);
    match near.is_empty() {
        true => String::new(),
        false => format!("; did you mean {}?", near.join(" or ")),
    }
}

/// Name and version, for people.
pub(crate) fn title(set: &SetInfo) -> String {
    let version = if set.version.is_empty() { String::new() } else { format!(" {}", set.version) };
    crate::display::safe(&format!("{}{version}", set.name))
}
