//! Every kept input again, on stable Rust: the seeds, and whatever once broke a promise.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::fs;
use std::path::{Path, PathBuf};

use fuzz_targets::{Input, TARGETS, Target, mutate};

/// Mutants that are made of each packed seed: a taste of what the fuzzer does.
const MUTANTS: u64 = 20;

fn inputs(kind: &str, target: &Target) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(kind).join(target.name);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// True when the target takes the input as it should.
fn takes(target: &Target, input: &[u8]) -> bool {
    std::panic::catch_unwind(|| (target.run)(input)).is_ok()
}

#[test]
fn every_kept_input_is_taken() {
    let mut broken = Vec::new();
    for target in TARGETS {
        let mut seeds = inputs("corpus", target);
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        seeds.extend(inputs("regressions", target));
        for path in seeds {
            let input = fs::read(&path).unwrap();
            // Of odd and of even length: checksums as they are, and made to fit.
            let shorter = &input[..input.len().saturating_sub(1)];
            if !takes(target, &input) || !takes(target, shorter) {
                broken.push(path);
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn mutants_of_the_seeds_are_taken() {
    let mut broken = Vec::new();
    for target in TARGETS.iter().filter(|target| target.input == Input::Packed) {
        for path in inputs("corpus", target) {
            let seed = fs::read(&path).unwrap();
            for number in 0..MUTANTS {
                let mut mutant = seed.clone();
                mutate(&mut mutant, number);
                if !takes(target, &mutant) {
                    broken.push((path.clone(), number));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
