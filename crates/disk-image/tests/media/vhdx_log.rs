//! VHDX images with a log that was not replayed: built from images of `qemu-img` after MS-VHDX 2.3, replayed by `qemu-img`, too.

use crate::beside;

use std::fs;
use std::path::Path;

use beside::Seeded;
use byte_source::Severity;

const MIB: usize = 1 << 20;
const GUID: [u8; 16] = [0x5a; 16];
const HEADERS: [usize; 2] = [64 << 10, 128 << 10];

/// A change that a log entry holds.
#[derive(Clone)]
enum Change {
    Sector(usize, Vec<u8>),
    Zeros(usize, usize),
}

/// CRC-32C, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 }
        })
    })
}

fn seal(bytes: &mut [u8]) {
    bytes[4..8].fill(0);
    let checksum = crc32c(bytes);
    bytes[4..8].copy_from_slice(&checksum.to_le_bytes());
}

/// A log entry: header, descriptors, data sectors.
fn entry(sequence: u64, tail: usize, file_bytes: usize, changes: &[Change]) -> Vec<u8> {
    let mut bytes = b"loge".to_vec();
    bytes.resize(64, 0);
    let mut sectors = Vec::new();
    for change in changes {
        let mut descriptor = [0; 32];
        let at = match change {
            Change::Sector(at, data) => {
                descriptor[..4].copy_from_slice(b"desc");
                descriptor[4..8].copy_from_slice(&data[4092..]);
                descriptor[8..16].copy_from_slice(&data[..8]);
                let mut sector = data.clone();
                sector[..4].copy_from_slice(b"data");
                sector[4..8].copy_from_slice(&((sequence >> 32) as u32).to_le_bytes());
                sector[4092..].copy_from_slice(&(sequence as u32).to_le_bytes());
                sectors.extend(sector);
                *at
            }
            Change::Zeros(at, count) => {
                descriptor[..4].copy_from_slice(b"zero");
                descriptor[8..16].copy_from_slice(&(*count as u64).to_le_bytes());
                *at
            }
        };
        descriptor[16..24].copy_from_slice(&(at as u64).to_le_bytes());
        descriptor[24..].copy_from_slice(&sequence.to_le_bytes());
        bytes.extend(descriptor);
    }
    bytes.resize(bytes.len().next_multiple_of(4096), 0);
    bytes.extend(sectors);
    let length = bytes.len() as u32;
    bytes[8..12].copy_from_slice(&length.to_le_bytes());
    bytes[12..16].copy_from_slice(&(tail as u32).to_le_bytes());
    bytes[16..24].copy_from_slice(&sequence.to_le_bytes());
    bytes[24..28].copy_from_slice(&(changes.len() as u32).to_le_bytes());
    bytes[32..48].copy_from_slice(&GUID);
    bytes[48..56].copy_from_slice(&(file_bytes as u64).to_le_bytes());
    bytes[56..64].copy_from_slice(&(file_bytes as u64).to_le_bytes());
    seal(&mut bytes);
    bytes
}

/// An image of `qemu-img`, its medium, and where its block allocation table and its log are.
struct Image {
    bytes: Vec<u8>,
    medium: Vec<u8>,
    bat: usize,
    log: usize,
    log_bytes: usize,
}

fn number(bytes: &[u8], at: usize) -> usize {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize
}

fn image(folder: &Path) -> Option<Image> {
    if !beside::have("qemu-img") {
        return None;
    }
    let medium = beside::medium(5 * MIB, 17);
    fs::write(folder.join("medium.raw"), &medium).unwrap();
    beside::run(folder, "qemu-img convert -f raw -O vhdx -o block_size=1M medium.raw image.vhdx");
    let bytes = fs::read(folder.join("image.vhdx")).unwrap();
    let guid = b"\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08";
    let region = bytes.windows(16).position(|window| window == guid).unwrap();
    let bat = number(&bytes, region + 16);
    let log = number(&bytes, HEADERS[1] + 72);
    let log_bytes = u32::from_le_bytes(bytes[HEADERS[1] + 68..][..4].try_into().unwrap()) as usize;
    Some(Image { bytes, medium, bat, log, log_bytes })
}

impl Image {
    /// The sector with the beginning of the block allocation table.
    fn table(&self) -> Vec<u8> {
        self.bytes[self.bat..self.bat + 4096].to_vec()
    }

    /// Marks the log as not empty and puts `entry` at byte `at` of it; what is too long goes on at its beginning.
    fn log(&mut self, at: usize, entry: &[u8]) {
        for header in HEADERS {
            self.bytes[header + 48..header + 64].copy_from_slice(&GUID);
            seal(&mut self.bytes[header..header + 4096]);
        }
        for (place, byte) in entry.iter().enumerate() {
            self.bytes[self.log + (at + place) % self.log_bytes] = *byte;
        }
    }

    /// Reads the image as we do and as `qemu-img` does after its own replay; both must agree, and we must say that the log was replayed.
    fn compare(&self, folder: &Path) -> Vec<u8> {
        let path = folder.join("dirty.vhdx");
        fs::write(&path, &self.bytes).unwrap();
        let opened = beside::open(&path).unwrap();
        assert!(
            matches!(opened.problems[..], [ref one] if one.severity == Severity::Note && one.to_string().contains("replayed")),
            "{:?}",
            opened.problems
        );
        assert!(opened.claims.iter().any(|claim| claim.field == "log replayed in memory"));
        let ours = beside::all_bytes(&*opened.medium);
        assert!(fs::read(&path).unwrap() == self.bytes, "the file is unchanged");
        beside::run(folder, "cp dirty.vhdx qemu.vhdx && qemu-img check -q -r all qemu.vhdx");
        beside::run(folder, "qemu-img convert -f vhdx -O raw qemu.vhdx qemu.raw");
        assert!(ours == fs::read(folder.join("qemu.raw")).unwrap(), "qemu-img replays otherwise");
        ours
    }
}

/// The block allocation table was lost in the file and stands in the log only.
#[test]
fn a_table_that_is_only_in_the_log_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut image) = image(folder.path()) else { return };
    let table = image.table();
    let len = image.bytes.len();
    let at = image.bat;
    image.bytes[at..at + 4096].fill(0);
    let without = beside::open_bytes("image.vhdx", image.bytes.clone()).unwrap();
    assert!(beside::all_bytes(&*without.medium).iter().all(|byte| *byte == 0));
    let entry = entry(7, 0, len, &[Change::Sector(at, table)]);
    image.log(0, &entry);
    assert!(image.compare(folder.path()) == image.medium);
}

/// Three entries: zeros over the table, an older state, the right one; they wrap around the end of the log.
#[test]
fn entries_are_replayed_in_order_and_around_the_end_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut image) = image(folder.path()) else { return };
    let table = image.table();
    let len = image.bytes.len();
    let at = image.bat;
    let mut older = table.clone();
    older[..8].fill(0);
    image.bytes[at..at + 4096].fill(0xee);
    let start = image.log_bytes - 3 * 4096;
    let first = entry(100, start, len, &[Change::Zeros(at, 8192)]);
    let second =
        entry(101, start, len, &[Change::Sector(at, older), Change::Zeros(at + 4096, 4096)]);
    let third = entry(102, start, len, &[Change::Sector(at, table)]);
    image.log(start, &first);
    image.log(start + first.len(), &second);
    image.log(start + first.len() + second.len(), &third);
    // What is left of an older sequence has lower numbers.
    let stale = entry(40, 5 * 4096, len, &[Change::Zeros(at, 4096)]);
    image.log(5 * 4096, &stale);
    assert!(image.compare(folder.path()) == image.medium);
}

/// An entry that was not written to its end does not count: the state before it does.
#[test]
fn a_torn_entry_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut image) = image(folder.path()) else { return };
    let table = image.table();
    let len = image.bytes.len();
    let at = image.bat;
    image.bytes[at..at + 4096].fill(0);
    let first = entry(7, 0, len, &[Change::Sector(at, table)]);
    let mut torn = entry(8, 0, len, &[Change::Sector(at, vec![0x11; 4096])]);
    torn[6000] ^= 1;
    image.log(0, &first);
    image.log(first.len(), &torn);
    assert!(image.compare(folder.path()) == image.medium);
}

#[test]
fn a_log_that_cannot_be_replayed_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let Some(image) = image(folder.path()) else { return };
    let table = image.table();
    let len = image.bytes.len();
    let at = image.bat;
    let nothing: Vec<u8> = vec![0; 4096];
    let mut broken = entry(7, 0, len, &[Change::Sector(at, table.clone())]);
    broken[100] ^= 1;
    let lost_tail = entry(7, 8192, len, &[Change::Sector(at, table.clone())]);
    let longer = entry(7, 0, len + MIB, &[Change::Sector(at, table.clone())]);
    let unaligned = entry(7, 0, len, &[Change::Sector(at + 512, table)]);
    for entry in [nothing, broken, lost_tail, longer, unaligned] {
        let mut bytes = Image { bytes: image.bytes.clone(), medium: Vec::new(), ..image };
        bytes.log(0, &entry);
        let opened = beside::open_bytes("image.vhdx", bytes.bytes).unwrap();
        let damage =
            opened.problems.iter().filter(|problem| problem.severity == Severity::Damage).count();
        assert_eq!(damage, 2, "{:?}", opened.problems);
        assert!(beside::all_bytes(&*opened.medium) == image.medium);
    }
}

/// Sealed entries with bytes changed at random: no panic, no hang.
#[test]
fn mutants_of_the_log_are_refused_or_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut image) = image(folder.path()) else { return };
    let table = image.table();
    let len = image.bytes.len();
    let at = image.bat;
    let changes = [Change::Zeros(at, 8192), Change::Sector(at, table), Change::Zeros(5 * MIB, MIB)];
    let mut numbers = Seeded(30);
    for _ in 0..100 {
        let mut mutant = entry(7, 0, len, &changes);
        for _ in 0..=numbers.below(4) {
            let place = 12 + numbers.below(160) as usize;
            mutant[place] = numbers.next() as u8;
        }
        seal(&mut mutant);
        image.log(0, &mutant);
        if let Ok(opened) = beside::open_bytes("image.vhdx", image.bytes.clone()) {
            beside::visit_head(&opened.medium);
        }
    }
}
