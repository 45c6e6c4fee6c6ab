//! Partitions that hold no files by their type: code that starts a machine, space that a system keeps free.

use crate::{Scheme, Volume};

/// What such a partition is, by the type in a GUID partition table.
const GPT_TYPES: [(&str, &str); 3] = [
    ("21686148-6449-6E6F-744E-656564454649", "BIOS boot partition"),
    ("E3C9E316-0B5C-4DB8-817D-F92DF00215AE", "Microsoft reserved partition"),
    ("9E1A2D38-C612-4316-AA26-8B49521E5A8B", "PReP boot partition"),
];
/// By the type in a master boot record.
const MBR_TYPES: [(&str, &str); 1] = [("0x41", "PReP boot partition")];
/// By the type in an Apple partition map (Inside Macintosh: Devices, "Partition Types").
const APM_TYPES: [(&str, &str); 8] = [
    ("Apple_Driver", "Apple driver partition"),
    ("Apple_Driver43", "Apple driver partition"),
    ("Apple_Driver43_CD", "Apple driver partition"),
    ("Apple_Driver_ATA", "Apple driver partition"),
    ("Apple_Driver_ATAPI", "Apple driver partition"),
    ("Apple_Driver_IOKit", "Apple driver partition"),
    ("Apple_FWDriver", "Apple driver partition"),
    ("Apple_Patches", "Apple patch partition"),
];

impl Volume {
    /// Returns what the partition is, when its type says that it holds no files. The type is a claim: a file system that is found on it all
    /// the same counts.
    #[must_use]
    pub fn type_without_files(&self) -> Option<&'static str> {
        let types: &[(&str, &str)] = match self.scheme {
            Scheme::Gpt => &GPT_TYPES,
            Scheme::Mbr => &MBR_TYPES,
            Scheme::Apm => &APM_TYPES,
            Scheme::None | Scheme::Lvm2 => &[],
        };
        types.iter().find(|(code, _)| self.type_code == *code).map(|(_, name)| *name)
    }
}
