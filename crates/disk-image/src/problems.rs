//! Problems that many structures have.

use byte_source::{BadReason, Expected, Problem, ProblemKind, Structure};
use simd_adler32::adler32;
use words::Term;

/// Returns the damage of a structure whose parts contradict each other.
pub(crate) fn inconsistent(structure: &'static str, at: u64, how: Term) -> Problem {
    Problem::damage(structure, at, ProblemKind::Inconsistent(how))
}

/// Returns the problem of a structure that has more of something than is read.
pub(crate) fn limit_reached(structure: &'static str, at: u64, what: Term, limit: u64) -> Problem {
    Problem::damage(structure, at, ProblemKind::LimitReached { what, limit })
}

/// Returns the damage of a structure that asks for what is not read.
pub(crate) fn unsupported(structure: &'static str, at: u64, feature: Term, value: u64) -> Problem {
    Problem::damage(structure, at, ProblemKind::Unsupported { feature, value })
}

/// Returns what makes the problem of a structure that cannot be read.
pub(crate) fn unreadable(structure: &'static str, at: u64) -> impl Fn(BadReason) -> Problem + Copy {
    move |reason| Problem::damage(structure, at, ProblemKind::Unreadable(reason))
}

/// Returns the damage of a structure that has a field with a value that is not allowed.
pub(crate) fn value(
    structure: &Structure<'_>,
    field: &'static str,
    expected: Expected,
    found: u64,
) -> Problem {
    structure.damage(ProblemKind::Value { field, expected, found })
}

/// Compares the Adler-32 (little-endian) at a byte of a structure with that of the bytes before it.
///
/// # Errors
/// The damage when they differ.
pub(crate) fn check_adler32(structure: &Structure<'_>, at: usize) -> Result<(), Problem> {
    let stored = structure.u32_le(at)?;
    let computed = adler32(&structure.bytes(0, at)?);
    checksum(structure, "checksum", stored, computed).map_or(Ok(()), Err)
}

/// Returns the damage of a structure whose checksum is another one than it stores.
pub(crate) fn checksum(
    structure: &Structure<'_>,
    field: &'static str,
    stored: u32,
    computed: u32,
) -> Option<Problem> {
    let kind = ProblemKind::Checksum { field, stored: stored.into(), computed: computed.into() };
    (stored != computed).then(|| structure.damage(kind))
}
