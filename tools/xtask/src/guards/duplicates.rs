//! Each crate in one version: two versions are built twice, and reviewed twice.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use super::bounds::Bounds;
use crate::failure::{Attempt, Outcome};
use crate::process::output;
use crate::workspace::cargo;

/// The platform of the laboratories: crates of other systems are not built there.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

pub(super) fn check(bounds: &Bounds, findings: &mut Findings) -> Outcome<()> {
    // `cargo metadata` also resolves optional crates that a feature names and nothing switches on.
    let mut tree = cargo(&["tree", "--workspace", "--locked", "--target", PLATFORM]);
    let listed = output(tree.args(["--prefix", "none", "--format", "{p}"]))?;
    let listed = String::from_utf8(listed).when("cargo tree")?;
    let duplicates = duplicates(&listed);
    let before = findings.faults.len();
    let count = u32::try_from(duplicates.len()).unwrap_or(u32::MAX);
    bounds.compare("duplicates", "crates", count.into(), findings);
    if findings.faults.len() > before {
        findings.faults.push(format!("duplicates: {}", duplicates.join("; ")));
    }
    Ok(())
}

/// Returns the crates that are built in more than one version, each with its versions.
///
/// A line of `cargo tree` is a name, a version and remarks.
fn duplicates(listed: &str) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in listed.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            versions.entry(name).or_default().insert(version.trim_start_matches('v'));
        }
    }
    let several = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    several
        .map(|(name, versions)| format!("{name} {}", Vec::from_iter(versions).join(", ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::duplicates;

    #[test]
    fn two_versions_of_one_crate_are_named_and_one_that_is_listed_twice_is_not() {
        let listed = "a v1.0.0\nb v1.0.0 (proc-macro)\na v2.0.0 (*)\nb v1.0.0 (proc-macro) (*)\n";
        assert_eq!(duplicates(listed), ["a 1.0.0, 2.0.0"]);
    }
}
