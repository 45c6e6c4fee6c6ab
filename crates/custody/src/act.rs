//! The closed vocabulary of acts.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Declares the acts once: variant, stable key, meaning.
macro_rules! acts {
    ($($variant:ident $key:literal $meaning:literal,)*) => {
        /// What was done. The keys are part of the entry format and never change; acts may be added, never removed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Act {
            $(#[doc = $meaning] $variant,)*
        }

        impl Act {
            /// All acts, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in the entry's `act` member: lower-case ASCII with underscores.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$variant => $key,)*
                }
            }
        }
    };
}

acts! {
    LabCreate "lab_create" "A lab folder was created.",
    CaseCreate "case_create" "A case was opened in the lab.",
    Register "register" "Evidence was registered: its file, format, size and digests.",
    Receive "receive" "An exhibit was received.",
    SealCheck "seal_check" "A seal was looked at.",
    Unseal "unseal" "A seal was broken.",
    Reseal "reseal" "An exhibit was sealed again.",
    CheckOut "check_out" "An exhibit was taken out of the store room.",
    CheckIn "check_in" "An exhibit was brought back to the store room.",
    TransferOut "transfer_out" "An exhibit was handed to somebody outside.",
    TransferIn "transfer_in" "An exhibit was taken over from somebody outside.",
    Acquire "acquire" "An image was made of a medium.",
    Verify "verify" "Digests, or this record, were computed again and compared.",
    MountRo "mount_ro" "An image was mounted read-only.",
    Index "index" "The files of an image were listed.",
    Hash "hash" "Files were hashed.",
    HashsetMatch "hashset_match" "Digests were looked up in hash sets, as declared for another program.",
    Export "export" "Files or data left the case.",
    ViewRestricted "view_restricted" "Restricted material was looked at.",
    Note "note" "An observation in words.",
    Deviation "deviation" "A departure from the procedure, with its justification.",
    Correct "correct" "An earlier entry was corrected; it stays as it is.",
    ExportLog "export_log" "This record was exported.",
    Checkpoint "checkpoint" "A checkpoint of this record was signed.",
    KeyAdd "key_add" "A key is valid from here on.",
    KeyRevoke "key_revoke" "A key is no longer valid from here on.",
    ClockCheck "clock_check" "The machine's clock was compared with another one.",
    Backup "backup" "The case was copied.",
    Restore "restore" "The case was brought back from a copy.",
    SchemaMigrate "schema_migrate" "The database was brought to a newer layout.",
    Return "return" "An exhibit was given back.",
    Destroy "destroy" "An exhibit or a copy was destroyed.",
    ScanStart "scan_start" "A scan began.",
    ScanFinish "scan_finish" "A scan ended by itself.",
    ScanInterrupted "scan_interrupted" "A scan was broken off.",
    Match "match" "The index was matched against hash sets.",
    Query "query" "The index was queried.",
    Cat "cat" "A file's content was taken out of the evidence.",
    Report "report" "A report was written.",
    SetImport "set_import" "A hash set was imported.",
    SetRemove "set_remove" "A hash set was removed.",
    Adopt "adopt" "Entries that nobody had signed were looked at and taken over.",
    ItemWithdraw "item_withdraw" "An item that was asked for and never read is no longer part of the case.",
    ZoneSet "zone_set" "The time zone of an exhibit's local times was recorded.",
    CaseRename "case_rename" "A case got another name.",
    CaseClose "case_close" "A case was closed: nothing is scanned into it any more.",
    CaseReopen "case_reopen" "A closed case was opened again.",
    CaseRemove "case_remove" "The index of a case was removed; its record stays.",
}

/// A word that names no act.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0:?} is no act of this vocabulary")]
pub struct UnknownAct(pub String);

impl FromStr for Act {
    type Err = UnknownAct;

    fn from_str(key: &str) -> Result<Self, UnknownAct> {
        let found = Self::ALL.iter().copied().find(|act| act.key() == key);
        found.ok_or_else(|| UnknownAct(key.chars().take(64).collect()))
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_leads_back_to_its_act_and_is_used_once() {
        for act in Act::ALL {
            assert_eq!(act.key().parse(), Ok(*act));
            assert!(act.key().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{act}");
        }
        let mut keys: Vec<_> = Act::ALL.iter().map(|act| act.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), Act::ALL.len());
        assert_eq!("Register".parse::<Act>(), Err(UnknownAct("Register".into())));
    }

    #[test]
    fn the_keys_are_those_that_records_already_hold() {
        let keys: Vec<_> = Act::ALL.iter().map(|act| act.key()).collect();
        assert_eq!(
            keys.join(" "),
            "lab_create case_create register receive seal_check unseal reseal check_out check_in transfer_out transfer_in acquire \
             verify mount_ro index hash hashset_match export view_restricted note deviation correct export_log checkpoint key_add \
             key_revoke clock_check backup restore schema_migrate return destroy scan_start scan_finish scan_interrupted match \
             query cat report set_import set_remove adopt item_withdraw zone_set \
             case_rename case_close case_reopen case_remove"
        );
    }
}
