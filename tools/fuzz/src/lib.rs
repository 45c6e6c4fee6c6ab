//! Binds a function of `fuzz-targets` to libFuzzer.
#![forbid(unsafe_code)]

pub use fuzz_targets;
pub use libfuzzer_sys;

/// The target called `name`, for libFuzzer.
pub fn run(name: &str, input: &[u8]) {
    let target = fuzz_targets::target(name);
    (target.unwrap_or_else(|| panic!("no target {name}")).run)(input);
}

/// Changes a packed image: mostly its structures, sometimes anything.
pub fn change(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    if seed % 8 == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    fuzz_targets::mutate(&mut data[..size], u64::from(seed));
    size
}

/// A target whose input is plain bytes.
#[macro_export]
macro_rules! plain_target {
    ($name:literal) => {
        $crate::libfuzzer_sys::fuzz_target!(|input: &[u8]| $crate::run($name, input));
    };
}

/// A target whose input is a packed image.
#[macro_export]
macro_rules! packed_target {
    ($name:literal) => {
        $crate::libfuzzer_sys::fuzz_target!(|input: &[u8]| $crate::run($name, input));
        $crate::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::change(data, size, max_size, seed)
        });
    };
}
