//! The labels of ZFS (ZFS On-Disk Specification, chapter 1): two at the beginning of a device and two at its end, 256 KiB each. The second
//! half of a label is a ring of uberblocks.

use byte_source::{Scratch, Source, read_vec};

/// Bytes of a label.
const LABEL_BYTES: u64 = 256 << 10;
/// Byte offset in a label of the ring of uberblocks, and its length.
const RING_AT: u64 = 128 << 10;
const RING_BYTES: u64 = 128 << 10;
/// Uberblocks are written in slots of this many bytes, or a multiple.
const SLOT_BYTES: usize = 1024;
/// `ub_magic`, in the byte order of the machine that wrote it.
const MAGIC: u64 = 0x00ba_b10c;
/// So many uberblocks make a label: fewer may be chance. libblkid asks for as many.
const LEAST_UBERBLOCKS: usize = 4;

pub(super) fn has_labels_at_the_beginning(volume: &dyn Source, scratch: &mut Scratch) -> bool {
    [0, LABEL_BYTES].into_iter().any(|label| has_label(volume, label, scratch))
}

pub(super) fn has_labels_at_the_end(volume: &dyn Source, scratch: &mut Scratch) -> bool {
    let end = volume.len() & !(LABEL_BYTES - 1);
    let label = |number: u64| end.checked_sub(number.saturating_mul(LABEL_BYTES));
    [1, 2].into_iter().filter_map(label).any(|label| has_label(volume, label, scratch))
}

fn has_label(volume: &dyn Source, label: u64, scratch: &mut Scratch) -> bool {
    let Ok(ring) = read_vec(volume, label.saturating_add(RING_AT), RING_BYTES, scratch) else {
        return false;
    };
    let is_uberblock = |slot: &[u8]| {
        let magic = slot.first_chunk().copied().unwrap_or_default();
        u64::from_le_bytes(magic) == MAGIC || u64::from_be_bytes(magic) == MAGIC
    };
    ring.chunks(SLOT_BYTES).filter(|slot| is_uberblock(slot)).count() >= LEAST_UBERBLOCKS
}
