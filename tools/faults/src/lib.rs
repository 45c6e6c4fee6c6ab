#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod evidence;
mod failure;
mod fault_points;
mod figures;
mod judge;
mod kills;
mod known;
mod power_loss;
mod program;
mod promises;
mod random;
mod record;
mod scenario;
mod shim;
mod storage;
mod workers;

pub use failure::{Attempt, Failure, Outcome};
pub use fault_points::{fault_points, kill_points};
pub use figures::{Figures, Row};
pub use kills::kills;
pub use power_loss::{failed_sync_and_power_loss, power_loss};
pub use program::Program;
pub use scenario::{SCENARIOS, Scenario};
pub use shim::{FailingFile, FaultKind, Gate, Shim};
