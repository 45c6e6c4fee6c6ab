//! Back references, as all codings of the LZ77 family have them.

use crate::Undecodable;

/// Repeats `count` bytes from `distance` bytes before the end of `out`; they may overlap what they make.
///
/// # Errors
/// A distance of 0 or before the first byte, or more than `limit` bytes in all.
pub(crate) fn copy_match(
    out: &mut Vec<u8>,
    distance: usize,
    count: usize,
    limit: usize,
) -> Result<(), Undecodable> {
    let start = out.len().checked_sub(distance).filter(|_| distance > 0).ok_or(Undecodable)?;
    let end = out.len().checked_add(count).filter(|end| *end <= limit).ok_or(Undecodable)?;
    // Everything from the start on repeats with the distance: each pass may copy all that is there by then.
    while out.len() < end {
        let now = out.len().saturating_sub(start).min(end.saturating_sub(out.len()));
        out.extend_from_within(start..start.saturating_add(now));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_may_overlap_themselves_and_never_leave_the_output() {
        let mut out = b"abc".to_vec();
        copy_match(&mut out, 2, 7, 10).unwrap();
        assert_eq!(out, b"abcbcbcbcb");
        assert_eq!(copy_match(&mut out, 0, 1, 99), Err(Undecodable));
        assert_eq!(copy_match(&mut out, 11, 1, 99), Err(Undecodable));
        assert_eq!(copy_match(&mut out, 1, 1, 10), Err(Undecodable));
    }
}
