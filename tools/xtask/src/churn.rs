//! `cargo xtask churn`: random ordinary operations on mounted file systems; a scan must say what the driver says.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use churn::{
    Campaign, Examined, Examiner, FILE_SYSTEMS, FileSystem, OPERATIONS, Recipe, campaign, shrink,
};

use crate::athar::Athar;
use crate::failure::{Failure, Outcome};

/// Of one disk, so many differences of a kind are shown.
const MOST_SHOWN: usize = 5;

/// Without a choice: every file system.
#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Only these file systems, separated by commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    fs: Vec<String>,
    /// One disk
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    seed: Option<u64>,
    /// These disks of each file system, for example 0..500
    #[arg(long, value_name = "FROM..TO", value_parser = seeds, default_value = "0..10")]
    seeds: std::ops::Range<u64>,
    /// Only these operations, for example 3,7,20-25
    #[arg(long, value_name = "LIST", value_parser = numbers)]
    only: Option<Numbers>,
    /// Leave out operations as long as a disk fails in the same way
    #[arg(long)]
    shrink: bool,
    /// Keep images and logs in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Use this athar instead of one built for release
    #[arg(long, value_name = "PROGRAM")]
    athar: Option<PathBuf>,
    /// Disks at a time
    #[arg(long, value_name = "N", default_value_t = 2)]
    workers: usize,
    /// Begin no further disk after so many minutes
    #[arg(long, value_name = "N")]
    minutes: Option<u64>,
    /// Print what each operation did
    #[arg(long, short)]
    verbose: bool,
}

/// Numbers of operations.
#[derive(Clone, Debug)]
struct Numbers(Vec<u32>);

fn seeds(text: &str) -> Result<std::ops::Range<u64>, String> {
    let (from, to) = text.split_once("..").ok_or("expected FROM..TO")?;
    let number = |part: &str| part.parse::<u64>().map_err(|error| format!("{part}: {error}"));
    Ok(number(from)?..number(to)?)
}

fn numbers(text: &str) -> Result<Numbers, String> {
    let number = |part: &str| part.parse::<u32>().map_err(|error| format!("{part}: {error}"));
    let mut numbers = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        numbers.extend(number(first)?..=number(last)?);
    }
    numbers.retain(|number| *number < OPERATIONS);
    Ok(Numbers(numbers))
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let mut recipes = Vec::new();
    for system in systems(&arguments.fs)? {
        match system.unavailable()? {
            Some(why) => println!("SKIPPED: {}: {why}", system.name),
            None => recipes.extend(recipes_of(system, arguments)),
        }
    }
    // All file systems from the beginning.
    recipes.sort_by_key(|recipe| recipe.seed);
    let athar = match &arguments.athar {
        Some(path) => path.clone(),
        None => Athar::build()?.path().to_owned(),
    };
    let examiner = Examiner { athar, keep: arguments.keep.clone() };
    let until = arguments.minutes.and_then(|minutes| {
        Instant::now().checked_add(Duration::from_secs(minutes.saturating_mul(60)))
    });
    let all = Campaign { recipes, workers: arguments.workers, until };
    let figures = campaign(&examiner, &all, |recipe, examined| {
        if let Some(why) = &examined.verdict.excused {
            println!(
                "EXCUSED {}\n  {}, {}\n  {why}\n",
                command(recipe),
                examined.state,
                examined.made_by
            );
        }
        if examined.verdict.differences.is_empty() {
            return;
        }
        report(recipe, examined, arguments.verbose);
        if arguments.shrink {
            smaller(&examiner, recipe, examined);
        }
    });
    figures.not_built.iter().for_each(|line| println!("NOT BUILT {line}"));
    println!("{figures}");
    let (disks, different) = figures.disks();
    let is_well = different == 0 && (disks > 0 || all.recipes.is_empty());
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn systems(names: &[String]) -> Outcome<Vec<&'static FileSystem>> {
    if names.is_empty() {
        return Ok(FILE_SYSTEMS.iter().collect());
    }
    let known: Vec<&str> = FILE_SYSTEMS.iter().map(|system| system.name).collect();
    let unknown = |name: &str| {
        Failure::new(format!("{name}: no such file system; known: {}", known.join(", ")))
    };
    names.iter().map(|name| FileSystem::named(name).ok_or_else(|| unknown(name))).collect()
}

fn recipes_of(system: &'static FileSystem, arguments: &Arguments) -> Vec<Recipe> {
    let seeds = arguments.seed.map_or(arguments.seeds.clone(), |seed| seed..seed.saturating_add(1));
    seeds
        .map(|seed| match &arguments.only {
            Some(only) => Recipe { operations: only.0.clone(), ..Recipe::new(system, seed) },
            None => Recipe::new(system, seed),
        })
        .collect()
}

/// The command that makes a disk again.
fn command(recipe: &Recipe) -> String {
    let mut command =
        format!("cargo xtask churn --fs {} --seed {}", recipe.system.name, recipe.seed);
    if recipe.operations.len() < OPERATIONS as usize {
        let numbers: Vec<String> = recipe.operations.iter().map(u32::to_string).collect();
        command.push_str(&format!(" --only {}", numbers.join(",")));
    }
    command
}

fn report(recipe: &Recipe, examined: &Examined, verbose: bool) {
    let mut text =
        format!("DIFFERENT {}\n  {}, {}\n", command(recipe), examined.state, examined.made_by);
    let differences = &examined.verdict.differences;
    for (index, difference) in differences.iter().enumerate() {
        let before =
            differences.iter().take(index).filter(|other| other.kind == difference.kind).count();
        if before < MOST_SHOWN {
            text.push_str(&format!(
                "  {}: {} {}\n",
                difference.kind, difference.path, difference.what
            ));
        }
    }
    text.push_str(&format!("  {} differences\n", differences.len()));
    if verbose {
        examined.log.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    println!("{text}");
}

fn smaller(examiner: &Examiner, recipe: &Recipe, examined: &Examined) {
    match shrink(examiner, recipe, examined) {
        Ok(smaller) => println!("  smaller: {}", command(&smaller)),
        Err(failure) => println!("  could not be made smaller: {failure}"),
    }
}
