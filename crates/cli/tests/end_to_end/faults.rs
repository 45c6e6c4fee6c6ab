//! The storage fails, the power goes, the program is killed: in a small form of `cargo xtask torture` (see `tools/faults`).

use std::path::Path;

use faults::{
    FaultKind, Figures, Program, SCENARIOS, failed_sync_and_power_loss, fault_points, kill_points,
    kills, power_loss,
};

/// `None`, with a word, where there is no C compiler.
fn program() -> Option<Program> {
    if std::process::Command::new("cc").arg("--version").output().is_err() {
        eprintln!("skipped: no cc, so no storage that fails");
        return None;
    }
    Some(Program::new(Path::new(env!("CARGO_BIN_EXE_athar"))).unwrap())
}

fn nothing_lost(figures: &Figures, at_least: u64) {
    assert!(figures.wrong().is_empty(), "{}", figures.wrong().join("\n"));
    assert!(figures.tried() >= at_least, "only {} were tried", figures.tried());
}

#[test]
fn no_fault_of_the_storage_loses_or_falsifies_anything() {
    let Some(program) = program() else { return };
    let mut all = Figures::default();
    for (scenario, stride) in
        SCENARIOS.iter().zip([97, 131].into_iter().chain(std::iter::repeat(61)))
    {
        all.extend(fault_points(&program, scenario, &FaultKind::ERRORS, stride).unwrap());
    }
    nothing_lost(&all, 100);
    // The faults were felt: most commands failed of them.
    assert!(all.rows.iter().map(|row| row.survived).sum::<u64>() * 2 < all.tried());
}

#[test]
fn no_loss_of_power_takes_what_was_acknowledged() {
    let Some(program) = program() else { return };
    nothing_lost(&power_loss(&program, 149, 1).unwrap(), 80);
}

#[test]
fn a_scan_that_is_killed_at_any_call_ends_as_if_it_had_not_been() {
    let Some(program) = program() else { return };
    nothing_lost(&kills(&program, 12, 1).unwrap(), 12);
}

#[test]
fn a_change_of_the_labs_key_that_is_killed_at_any_call_leaves_a_lab_that_signs_and_no_key_is_lost()
{
    let Some(program) = program() else { return };
    let revoke = SCENARIOS.iter().find(|scenario| scenario.name.starts_with("key revoke")).unwrap();
    nothing_lost(&kill_points(&program, revoke, "/keys/").unwrap(), 8);
}

#[test]
fn what_a_failed_fsync_was_to_make_last_may_be_gone_when_the_power_goes_later() {
    let Some(program) = program() else { return };
    let stride = std::env::var("ATHAR_SYNC_STRIDE")
        .ok()
        .and_then(|stride| stride.parse().ok())
        .unwrap_or(17);
    nothing_lost(&failed_sync_and_power_loss(&program, stride).unwrap(), 20);
}
