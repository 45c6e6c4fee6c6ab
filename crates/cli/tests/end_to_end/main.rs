//! The program itself, on real images.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod attack_table;
mod bad_hash_sets;
mod bad_input;
mod case_acts;
mod case_backup;
mod case_backup_damage;
mod churn;
mod complete_rule;
mod concurrent;
mod containers;
mod coverage;
mod custody;
mod custody_attacks;
mod custody_keys;
mod custody_kill;
mod custody_outside;
mod custody_record;
mod deleted_fragments;
mod determinism;
mod digests;
mod double_claims;
mod evidence_verify;
mod export;
mod export_truth;
mod extents;
mod extract;
mod failing_media;
mod faults;
mod find;
mod find_forms;
mod folder;
mod forgery;
mod hash_lists;
mod hash_set;
mod hash_set_older;
mod hash_set_peers;
mod hash_set_ranking;
mod hits;
mod lab;
mod lab_copy;
mod logical;
mod look;
mod match_sets;
mod mutated_columns;
mod names_alone;
mod nested;
mod network_share;
mod old_cases;
mod one_of_each;
mod owners;
mod patterns;
mod private_output;
mod program;
mod read_only;
mod resources;
mod resume;
mod resume_claims;
mod resume_tampered;
mod same_medium;
mod second_names;
mod shared_data;
mod shell;
mod slack;
mod sparse;
mod stop;
mod truth;
mod two_file_systems;
mod untouched;
mod version;
mod volume_layers;
mod zones;
