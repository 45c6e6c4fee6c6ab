//! No circle of files, apart from a module and what is below it: what uses each other is one thing, and should be one file or three.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use super::bounds::Bounds;
use super::module_graph::{Graph, graph};
use super::sources::SourceFile;

pub(super) fn check(sources: &[SourceFile], bounds: &Bounds, findings: &mut Findings) {
    let crates: BTreeSet<&str> = sources.iter().map(|source| source.crate_name.as_str()).collect();
    for name in crates {
        let circles = circles(&graph(sources.iter().filter(|source| source.crate_name == name)));
        let files: usize = circles.iter().map(Vec::len).sum();
        let files = u32::try_from(files).unwrap_or(u32::MAX).into();
        let before = findings.faults.len();
        bounds.compare("circles", name, files, findings);
        if findings.faults.len() > before {
            let named = circles
                .iter()
                .map(|circle| format!("{name}: a circle of files: {}", circle.join(", ")));
            findings.faults.extend(named);
        }
    }
}

/// Returns the circles: files that each lead to all others of the circle.
fn circles(graph: &Graph) -> Vec<Vec<String>> {
    let reached: BTreeMap<_, _> =
        graph.keys().map(|module| (module, reach(graph, module))).collect();
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for (module, others) in &reached {
        if !others.contains(*module) || seen.contains(*module) {
            continue;
        }
        let back =
            |other: &&Vec<String>| reached.get(*other).is_some_and(|their| their.contains(*module));
        let circle: Vec<&Vec<String>> = others.iter().filter(back).collect();
        seen.extend(circle.iter().copied());
        circles.push(circle.iter().map(|module| module.join("::")).collect());
    }
    circles
}

/// Returns all modules that `from` leads to.
fn reach(graph: &Graph, from: &[String]) -> BTreeSet<Vec<String>> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from.to_vec()];
    while let Some(module) = next.pop() {
        for other in graph.get(&module).into_iter().flatten() {
            if reached.insert(other.clone()) {
                next.push(other.clone());
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::super::module_graph::graph;
    use super::super::sources::source;
    use super::circles;

    #[test]
    fn a_circle_of_three_is_found_once_and_a_line_is_none() {
        let files = [
            source("crates/a/src/one.rs", "use crate::two::Two;"),
            source("crates/a/src/two.rs", "use crate::three::Three;"),
            source("crates/a/src/three.rs", "use crate::one::One;"),
            source("crates/a/src/four.rs", "use crate::one::One;"),
        ];
        assert_eq!(circles(&graph(files.iter())), [["one", "three", "two"]]);
        assert!(circles(&graph(files[1..].iter())).is_empty());
    }

    #[test]
    fn a_module_and_its_children_are_no_circle() {
        let files = [
            source("crates/a/src/room/mod.rs", "mod wall; use wall::Wall; pub(crate) struct Room;"),
            source("crates/a/src/room/wall.rs", "use super::Room; pub(crate) struct Wall;"),
        ];
        assert!(circles(&graph(files.iter())).is_empty());
    }
}
