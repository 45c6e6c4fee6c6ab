//! Small disks in legal but unusual states, made by random ordinary operations: a scan says what the driver says that wrote the disk. In
//! full it is `cargo xtask churn` (see `tools/churn`).

use std::path::PathBuf;

use churn::{Campaign, Examiner, FILE_SYSTEMS, Recipe, campaign};

/// Of each file system: clean disks, copies of mounted disks and losses of power are among them.
const SEEDS: [u64; 3] = [1, 3, 8];

#[test]
fn a_scan_says_what_the_driver_says() {
    let mut recipes = Vec::new();
    for system in FILE_SYSTEMS {
        match system.unavailable().unwrap() {
            Some(why) => eprintln!("skipped: disks of {}: {why}", system.name),
            None => recipes.extend(SEEDS.map(|seed| Recipe::new(system, seed))),
        }
    }
    let count = recipes.len();
    let examiner = Examiner { athar: PathBuf::from(env!("CARGO_BIN_EXE_athar")), keep: None };
    let figures =
        campaign(&examiner, &Campaign { recipes, workers: 2, until: None }, |recipe, examined| {
            let again = format!(
                "cargo xtask churn --fs {} --seed {} --shrink",
                recipe.system.name, recipe.seed
            );
            eprintln!("{again}: {:#?}", examined.verdict.differences);
        });
    assert!(figures.not_built.is_empty(), "{}", figures.not_built.join("\n"));
    assert_eq!(figures.disks(), (count, 0), "disks, and those that differ\n{figures}");
}
