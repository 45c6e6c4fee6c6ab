#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod adopt;
mod author;
mod case_acts;
mod case_past;
mod copies;
mod countersigner;
mod coverage;
mod create_case;
mod create_lab;
mod digest_comparison;
mod discontinuity;
mod documents;
mod error;
mod export_custody;
mod extract;
mod hash_sets;
mod image_look;
mod index;
mod index_check;
mod judge;
mod judged_ledger;
mod key_holder;
mod key_ring;
mod keys;
mod lab_knowledge;
mod ledger_check;
mod match_sets;
mod medium_finding;
mod missing;
mod moved_evidence;
mod nested_list;
mod open_actions;
mod open_ledger;
mod outside;
mod people;
mod personal_key;
pub mod quantities;
mod recorded_digests;
mod refusal;
mod resources;
mod restore_ledger;
mod scan;
mod session;
mod signer;
mod small_file;
mod unknown_case;
mod verify_evidence;
mod verify_folder;

pub use author::{Author, now_ns, system_user};
pub use case_acts::{CaseDates, RemovalRequest};
pub use case_past::{ClosedCase, RemovedCase};
pub use copies::{Backup, BackupNotice, CheckedFile, GivenUp, Health, RestoredCase};
pub use coverage::{
    Coverage, ExhibitCoverage, ExhibitState, Gap, LookedUp, LookedUpSet, WithdrawnItem,
};
pub use create_case::case_id;
pub use discontinuity::Discontinuity;
pub use error::CaseworkError;
pub use export_custody::CustodyExport;
pub use extract::{
    ExtractEnd, ExtractRequest, ExtractState, Extracted, ExtractedFile, ManifestForm,
    WrittenManifest,
};
pub use hash_sets::{
    ChangedCode, MissingSet, RankedFiles, RuleFile, SetUsers, bloom_filters, care_list, categories,
};
pub use image_look::{ChosenVolume, ImageLook, open_container_of, rooted};
pub use index::{AbsentValue, HandedOut, IndexExport, StatedZone, TakenContent, ZoneStatement};
pub use judge::{Outside, Verdict, judge};
pub use judged_ledger::{JudgedLedger, Scope};
pub use key_holder::{KeyHolder, NoKeyHolder};
pub use key_ring::{examiner_key_path, find_key, is_locked, log_key_of, read_key};
pub use keys::{Revocation, RevokeRequest, Revoked, create_witness_key, lock_key, read_public_key};
pub use ledger_check::{LedgerReading, VerifiedLedger};
pub use match_sets::{CheckedContent, ContentsChecked};
pub use medium_finding::{MAX_LISTED, MediumFinding, MediumState};
pub use missing::Missing;
pub use nested_list::NestedList;
pub use open_actions::{OpenAction, open_actions};
pub use open_ledger::OpenRecord;
pub use outside::{AskedWitness, Cosigned, TakenStamp, WitnessFolder};
pub use people::{WrittenAct, WrittenEntry};
pub use refusal::Refusal;
pub use resources::{ScanDemand, ScanGrant, check_resources};
pub use scan::{ScanTurn, items_left, resumed_request};
pub use session::Session;
pub use signer::{Signature, Unsigned};
pub use small_file::{read_small, write_new};
pub use unknown_case::UnknownCase;
pub use verify_evidence::{MediaRequest, VerifiedImage};
