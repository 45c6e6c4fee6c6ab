//! `--memory` against what there is.

use super::limits::{AvailableMemory, address_space, control_groups, machine};
use crate::CaseworkError;
use crate::quantities::bytes;

/// Without `--memory`.
const DEFAULT_BYTES: u64 = 1 << 30;
/// With less no scan works; `--memory` takes no less.
const LEAST_BYTES: u64 = 128 << 20;
/// Beside `--memory`: the program, SQLite's cache (64 MiB a connection), the rows on their way to it.
const PROGRAM_BYTES: u64 = 192 << 20;
/// Address space that a thread takes without using it: its stack, and the arena of the C library's allocator.
const ADDRESSES_PER_THREAD: u64 = 66 << 20;
/// Threads beside the workers.
const OTHER_THREADS: u64 = 7;

/// The memory to work in. What was asked for and cannot be had is refused; without a wish less is taken where there is less.
pub(super) fn grant(
    asked: Option<u64>,
    threads: usize,
    remarks: &mut Vec<String>,
) -> Result<u64, CaseworkError> {
    let threads = u64::try_from(threads).unwrap_or(u64::MAX).saturating_add(OTHER_THREADS);
    let addresses = PROGRAM_BYTES.saturating_add(threads.saturating_mul(ADDRESSES_PER_THREAD));
    let hard = [(address_space(), addresses), (control_groups(), PROGRAM_BYTES)];
    let memory = within(asked, &hard, remarks)?;
    if let Some(left) = machine().filter(|left| left.bytes < memory.saturating_add(PROGRAM_BYTES)) {
        remarks.push(format!(
            "{} of memory are available on this machine, and the scan may use {}: it may be slow, or be stopped; --memory sets less",
            bytes(left.bytes),
            bytes(memory.saturating_add(PROGRAM_BYTES))
        ));
    }
    Ok(memory)
}

/// Each limit with what is needed beside the memory.
fn within(
    asked: Option<u64>,
    limits: &[(Option<AvailableMemory>, u64)],
    remarks: &mut Vec<String>,
) -> Result<u64, CaseworkError> {
    let mut memory = asked.unwrap_or(DEFAULT_BYTES);
    for (left, beside) in limits {
        let Some(left) = left else { continue };
        let fits = left.bytes.saturating_sub(*beside);
        if fits >= memory {
            continue;
        }
        let have = format!(
            "{} leaves {}, and the scan needs {} beside its --memory",
            left.by,
            bytes(left.bytes),
            bytes(*beside)
        );
        if fits < LEAST_BYTES {
            return Err(CaseworkError::Check(format!(
                "too little memory: {have} of {} at least: raise the limit, or give fewer --threads. Nothing was done",
                bytes(LEAST_BYTES)
            )));
        }
        let whole = fits >> 20;
        if asked.is_some() {
            return Err(CaseworkError::Check(format!(
                "too little memory: {have} of {}: give --memory {whole}M, or raise the limit. Nothing was done",
                bytes(memory)
            )));
        }
        remarks.push(format!("the scan works in {whole} MiB: {have}"));
        memory = whole << 20;
    }
    Ok(memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(bytes: u64) -> Option<AvailableMemory> {
        Some(AvailableMemory { bytes, by: "ulimit -v" })
    }

    #[test]
    fn what_fits_is_granted() {
        let mut remarks = Vec::new();
        assert_eq!(
            within(None, &[(None, 5), (left(2 << 30), 1 << 20)], &mut remarks).unwrap(),
            1 << 30
        );
        assert_eq!(
            within(Some(256 << 20), &[(left(1 << 30), 512 << 20)], &mut remarks).unwrap(),
            256 << 20
        );
        assert!(remarks.is_empty());
    }

    #[test]
    fn a_wish_is_refused_with_what_would_fit_and_no_wish_takes_less() {
        let mut remarks = Vec::new();
        let limits = [(left(700 << 20), 200 << 20)];
        let refused = within(Some(1 << 30), &limits, &mut remarks).unwrap_err().to_string();
        assert!(
            refused.contains("--memory 500M") && refused.contains("ulimit -v leaves 700 MiB"),
            "{refused}"
        );
        assert_eq!(within(None, &limits, &mut remarks).unwrap(), 500 << 20);
        assert!(remarks[0].starts_with("the scan works in 500 MiB"), "{remarks:?}");
    }

    #[test]
    fn too_little_is_refused_for_everybody() {
        let limits = [(left(300 << 20), 200 << 20)];
        for asked in [None, Some(LEAST_BYTES)] {
            let refused = within(asked, &limits, &mut Vec::new()).unwrap_err().to_string();
            assert!(refused.starts_with("too little memory"), "{refused}");
        }
    }
}
