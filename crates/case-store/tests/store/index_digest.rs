//! The canonical digest of the index.

use case_model::to_hex;

use crate::harness::Sample;

/// Computed by the program of November 2026 from the same rows, when every statement was still written by hand. The ledgers of cases hold
/// digests like this one: a program that computes another says of sound cases that they were changed.
const BEFORE: &str = "5c5a04449e8b99f09864d0a5050cff824a7ec6c44ee4f9f938b9f65aa5e62b27";

#[test]
fn the_digest_of_the_same_rows_is_that_of_earlier_programs() {
    assert_eq!(to_hex(&Sample::new().case.digest().unwrap()), BEFORE);
}
