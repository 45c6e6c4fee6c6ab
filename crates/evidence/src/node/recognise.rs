//! Is this file an image of a disk? By its first bytes, and then by what is in it.

use filesystem::FileSystem;
use volume::{Role, Scheme};

use crate::{EvidenceImage, FileSystemState, OpenVolume};

/// The type of a file that begins as a disk or a volume does.
const RAW: &str = "application/x-raw-disk-image";

/// Endings of images whose only signature is at their end: they are looked at by their names, and judged by their content.
pub const SIGNED_AT_THE_END: [&str; 3] = [".aff4", ".dmg", ".vhd"];

/// The content type of an image of a disk by the first bytes of the file: the container's, or that of a raw disk or volume. The first 4 KiB
/// are enough. A raw image is one only if [`is_plausible`] says so of what is in it.
#[must_use]
pub fn image_type(head: &[u8]) -> Option<&'static str> {
    disk_image::container_type(head).or_else(|| begins_as_medium(head).then_some(RAW))
}

/// All content types that [`image_type`] gives.
#[must_use]
pub fn image_types() -> Vec<&'static str> {
    disk_image::CONTAINER_TYPES.iter().copied().chain([RAW]).collect()
}

/// May this file be an image whose signature is at its end?
#[must_use]
pub fn may_be_image_by_name(name: &str) -> bool {
    let ends = |ending: &&str| {
        let start = name.len().checked_sub(ending.len()).and_then(|start| name.get(start..));
        start.is_some_and(|end| end.eq_ignore_ascii_case(ending))
    };
    SIGNED_AT_THE_END.iter().any(ends)
}

fn begins_as_medium(head: &[u8]) -> bool {
    let at =
        |start: usize, bytes: &[u8]| head.get(start..).is_some_and(|rest| rest.starts_with(bytes));
    let boot = at(510, &[0x55, 0xaa]);
    let boot_sector =
        boot && (at(3, b"NTFS    ") || at(3, b"EXFAT   ") || at(3, b"-FVE-FS-") || is_fat(head));
    let ext = at(1080, &[0x53, 0xef])
        && head.get(1024..1080).is_some_and(|block| block.iter().any(|b| *b != 0));
    let tables = at(512, b"EFI PART") || at(4096, b"EFI PART") || (at(0, b"ER") && at(512, b"PM"));
    let others = at(0, b"LUKS\xba\xbe") || at(512, b"LABELONE");
    boot_sector || ext || tables || others || (boot && has_partitions(head))
}

/// A FAT boot sector: a jump, a sector size, one or two tables (Microsoft FAT specification, section 3.1).
fn is_fat(head: &[u8]) -> bool {
    let byte = |at: usize| head.get(at).copied().unwrap_or(0);
    let jump = (byte(0) == 0xeb && byte(2) == 0x90) || byte(0) == 0xe9;
    let sector = u16::from_le_bytes([byte(11), byte(12)]);
    jump && matches!(sector, 512 | 1024 | 2048 | 4096)
        && byte(13).is_power_of_two()
        && matches!(byte(16), 1 | 2)
}

/// A master boot record with at least one partition, and nothing in its table that is none.
fn has_partitions(head: &[u8]) -> bool {
    let entries = head.get(446..510).unwrap_or_default().chunks_exact(16);
    let mut partitions = 0_usize;
    for entry in entries {
        let [status, .., kind] = *entry.first_chunk::<5>().unwrap_or(&[1; 5]);
        let count = entry.get(12..16).unwrap_or_default();
        if status & 0x7f != 0 {
            return false;
        }
        if kind != 0 && count.iter().any(|byte| *byte != 0) {
            partitions = partitions.saturating_add(1);
        }
    }
    partitions > 0
}

/// Does what stands in an image without a container's signature make it an image of a disk? A copy of a boot sector or a fragment begins as
/// one, and is none.
#[must_use]
pub fn is_plausible(image: &EvidenceImage) -> bool {
    let length = image.image.medium.len();
    image.volumes.iter().any(|volume| {
        // What merely looks random may be anything.
        let signed = volume.volume.encryption.is_some_and(|name| !name.starts_with("unknown"));
        signed || fits(volume, image.division.scheme, length)
    })
}

fn fits(volume: &OpenVolume, scheme: Scheme, length: u64) -> bool {
    if volume.volume.role != Role::Volume || volume.volume.start() >= length {
        return false;
    }
    volume.file_systems.iter().any(|found| match &found.state {
        FileSystemState::Open(open) => is_mostly_there(open.as_ref(), volume, length),
        // A table of partitions, and a file system in one of them that is not read.
        FileSystemState::Closed(_) => scheme != Scheme::None,
    })
}

/// At least half of the file system is in the file.
fn is_mostly_there(file_system: &dyn FileSystem, volume: &OpenVolume, length: u64) -> bool {
    let summary = file_system.summary();
    let bytes = u64::from(summary.block_bytes).saturating_mul(summary.blocks);
    length.saturating_sub(volume.volume.start()) >= bytes / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sector(fill: impl FnOnce(&mut [u8])) -> Vec<u8> {
        let mut head = vec![0; 4096];
        head[510..512].copy_from_slice(&[0x55, 0xaa]);
        fill(&mut head);
        head
    }

    #[test]
    fn disks_and_volumes_begin_as_such_and_other_files_do_not() {
        let partition = |head: &mut [u8]| {
            head[446 + 4] = 7;
            head[446 + 8] = 63;
            head[446 + 12] = 1;
        };
        let images = [
            sector(partition),
            sector(|head| head[3..11].copy_from_slice(b"NTFS    ")),
            sector(|head| head[512..520].copy_from_slice(b"EFI PART")),
            b"LUKS\xba\xbe\0\x02".to_vec(),
        ];
        for head in images {
            assert_eq!(image_type(&head), Some(RAW));
        }
        let others = [
            sector(|_| {}),
            sector(|head| {
                partition(head);
                head[446 + 16] = 0x33;
            }),
            vec![0x4d; 4096],
            Vec::new(),
        ];
        for head in others {
            assert_eq!(image_type(&head), None);
        }
        assert_eq!(image_type(b"QFI\xfb\0\0\0\x03"), Some("application/x-qemu-disk"));
        assert!(image_types().contains(&"application/x-qemu-disk") && image_types().contains(&RAW));
        assert!(
            may_be_image_by_name("A.DMG")
                && !may_be_image_by_name("dmg")
                && !may_be_image_by_name("é")
        );
    }
}
