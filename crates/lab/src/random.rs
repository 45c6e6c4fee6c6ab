//! Random bytes for keys.

use crate::LabError;

/// Returns bytes from the operating system's random source, and from nowhere else.
///
/// # Errors
/// [`LabError::Random`].
pub fn random<const N: usize>() -> Result<[u8; N], LabError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| LabError::Random(error.to_string()))?;
    Ok(bytes)
}
