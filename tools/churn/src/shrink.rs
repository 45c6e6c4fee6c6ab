//! Makes a failing disk smaller: leaves out operations as long as it fails in the same way.

use std::collections::BTreeSet;

use faults::Outcome;

use crate::disk::Recipe;
use crate::examine::{Examined, Examiner};

/// Leaves out halves, quarters, … single operations. Gives the smallest recipe that still fails with one of the kinds of `first`.
///
/// # Errors
/// Those of [`Examiner::examine`]; disks that cannot be built on the way do not fail.
pub fn shrink(examiner: &Examiner, recipe: &Recipe, first: &Examined) -> Outcome<Recipe> {
    let kinds: BTreeSet<&str> = kinds(first);
    smaller(recipe.clone(), |tried| {
        Ok(examiner
            .examine(tried)
            .is_ok_and(|examined| !kinds.is_disjoint(&self::kinds(&examined))))
    })
}

fn kinds(examined: &Examined) -> BTreeSet<&'static str> {
    examined.verdict.differences.iter().map(|difference| difference.kind).collect()
}

fn smaller(mut best: Recipe, mut fails: impl FnMut(&Recipe) -> Outcome<bool>) -> Outcome<Recipe> {
    let mut part = best.operations.len().div_ceil(2);
    while part > 0 {
        let mut start = 0;
        while start < best.operations.len() {
            let mut tried = best.clone();
            tried.operations.drain(start..(start + part).min(best.operations.len()));
            match fails(&tried)? {
                true => best = tried,
                false => start += part,
            }
        }
        part = if part == 1 { 0 } else { part.div_ceil(2) };
    }
    Ok(best)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::smaller;
    use crate::disk::Recipe;
    use crate::file_systems::FILE_SYSTEMS;

    #[test]
    fn only_the_operations_that_matter_stay() {
        let recipe = Recipe::new(&FILE_SYSTEMS[0], 1);
        let fails =
            |tried: &Recipe| Ok([3, 17].iter().all(|number| tried.operations.contains(number)));
        assert_eq!(smaller(recipe, fails).unwrap().operations, [3, 17]);
    }
}
