//! Each crate in one version: two versions are built twice, and reviewed twice.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Findings;
use super::bounds::Bounds;
use crate::failure::{Attempt, Outcome};
use crate::process::output;
use crate::workspace::cargo;

/// The platform of the laboratories: crates of other systems are not built there.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

pub(super) fn check(bounds: &Bounds, findings: &mut Findings) -> Outcome<()> {
    let listed =
        output(&mut cargo(&["metadata", "--format-version=1", "--locked", "--filter-platform", PLATFORM]))?;
    let metadata: Value = serde_json::from_slice(&listed).when("cargo metadata")?;
    let duplicates = duplicates(&metadata);
    let before = findings.faults.len();
    let count = u32::try_from(duplicates.len()).unwrap_or(u32::MAX);
    bounds.compare("duplicates", "crates", count.into(), findings);
    if findings.faults.len() > before {
        findings.faults.push(format!("duplicates: {}", duplicates.join("; ")));
    }
    Ok(())
}

/// Returns the crates that are resolved in more than one version, each with its versions.
fn duplicates(metadata: &Value) -> Vec<String> {
    let resolved: BTreeSet<&str> = metadata["resolve"]["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| node["id"].as_str())
        .collect();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let is_resolved = package["id"].as_str().is_some_and(|id| resolved.contains(id));
        if let (true, Some(name), Some(version)) =
            (is_resolved, package["name"].as_str(), package["version"].as_str())
        {
            versions.entry(name).or_default().insert(version);
        }
    }
    let several = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    several.map(|(name, versions)| format!("{name} {}", Vec::from_iter(versions).join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use super::duplicates;

    #[test]
    fn two_versions_of_one_crate_are_named_and_what_is_not_built_is_not() {
        let metadata = serde_json::json!({
            "packages": [
                {"id": "a1", "name": "a", "version": "1.0.0"},
                {"id": "a2", "name": "a", "version": "2.0.0"},
                {"id": "b1", "name": "b", "version": "1.0.0"},
                {"id": "b2", "name": "b", "version": "2.0.0"},
            ],
            "resolve": {"nodes": [{"id": "a1"}, {"id": "a2"}, {"id": "b1"}]},
        });
        assert_eq!(duplicates(&metadata), ["a 1.0.0, 2.0.0"]);
    }
}
