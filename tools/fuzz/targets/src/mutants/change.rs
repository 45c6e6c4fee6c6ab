//! What is done to an image: to its metadata, at the places of structures.

use byte_source::index;

use super::aim::Aim;
use super::overlay::{Overlay, bytes_in};
use crate::mutation::{Numbers, put_number};

/// Sizes that structures have: directory entries, inodes, index entries, MFT records, blocks.
const SIZES: [u64; 7] = [32, 64, 128, 256, 512, 1024, 4096];

/// What was done, as the table names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Flip,
    Field,
    Duplicate,
    Splice,
    Cycle,
    Erase,
    Truncate,
}

impl Kind {
    pub(super) const ALL: [Self; 7] = [
        Self::Flip,
        Self::Field,
        Self::Duplicate,
        Self::Splice,
        Self::Cycle,
        Self::Erase,
        Self::Truncate,
    ];

    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Flip => "flip",
            Self::Field => "field",
            Self::Duplicate => "duplicate",
            Self::Splice => "splice",
            Self::Cycle => "cycle",
            Self::Erase => "erase",
            Self::Truncate => "truncate",
        }
    }
}

/// Where things are on a medium.
pub(super) struct Map {
    /// The sectors of each kind of structure that say something, ascending.
    pub(super) metadata: Vec<(Aim, Vec<u64>)>,
    /// Byte at which the volume begins, and bytes of its allocation unit, for numbers that point to themselves.
    pub(super) volumes: Vec<(u64, u64)>,
}

impl Map {
    /// Draws a kind of structure, each as often as every other.
    pub(super) fn draw_aim(&self, numbers: &mut Numbers) -> Option<Aim> {
        self.metadata.get(numbers.below(self.metadata.len())).map(|(aim, _)| *aim)
    }

    fn sectors(&self, aim: Option<Aim>) -> &[u64] {
        self.metadata.iter().find(|(of, _)| Some(*of) == aim).map_or(&[], |(_, sectors)| sectors)
    }
}

/// Changes a medium once or a few times in one way: structures of the kind `aim`, with the help of structures of any kind. Every
/// second mutant has one change, so that what is said of one cannot hide the loss by another.
pub(super) fn change(
    overlay: &mut Overlay,
    map: &Map,
    kind: Kind,
    aim: Option<Aim>,
    numbers: &mut Numbers,
) {
    for _ in 0..1 + numbers.below(4).saturating_sub(1) {
        let size = SIZES[numbers.below(SIZES.len())];
        let helper = map.draw_aim(numbers);
        let one = place(map.sectors(aim), size, numbers);
        let other = place(map.sectors(helper), size, numbers);
        match kind {
            Kind::Flip => {
                let at = one + numbers.draw() % size;
                let byte = overlay.get(at, 1)[0];
                overlay.put(at, &[byte ^ 1 << numbers.below(8)]);
            }
            Kind::Field => {
                let mut structure = overlay.get(one, index(size));
                put_number(&mut structure, numbers);
                overlay.put(one, &structure);
            }
            Kind::Duplicate => overlay.put(one, &overlay.get(other, index(size))),
            Kind::Splice => {
                let keep = numbers.draw() % size;
                overlay.put(one + keep, &overlay.get(other + keep, index(size - keep)));
            }
            Kind::Cycle => cycle(overlay, map, one, other, size, numbers),
            Kind::Erase => {
                let byte = [0, 0xff][numbers.below(2)];
                overlay.put(one, &vec![byte; index(size)]);
            }
            Kind::Truncate => {
                overlay.truncate(numbers.draw() % byte_source::Source::len(overlay).max(1));
                return;
            }
        }
    }
}

/// Draws a place for a structure of `size` bytes.
fn place(sectors: &[u64], size: u64, numbers: &mut Numbers) -> u64 {
    let sector = sectors.get(numbers.below(sectors.len())).copied().unwrap_or(0) * 512;
    match size < 512 {
        true => sector + numbers.draw() % (512 / size) * size,
        false => sector / size * size,
    }
}

/// Makes a number in a structure point to the structure itself, or a structure repeat a number of another one.
fn cycle(overlay: &mut Overlay, map: &Map, one: u64, other: u64, size: u64, numbers: &mut Numbers) {
    let volume = map.volumes.iter().rev().find(|(start, _)| *start <= one);
    let (start, unit) = volume.copied().unwrap_or((0, 512));
    let own = match numbers.below(4) {
        0 => (one - start) / unit.max(1),
        1 => (one - start) / unit.max(1) + 1,
        2 => (one - start) / 1024,
        _ => u64::from(u32::from_le_bytes(*overlay.get(other, 4).first_chunk().unwrap_or(&[0; 4]))),
    };
    let width = [2, 4, 4, 6, 8][numbers.below(5)];
    let at = one + numbers.draw() % (size / 4) * 4;
    let bytes = &own.to_le_bytes()[..width];
    debug_assert!(bytes_in(bytes) <= 8);
    overlay.put(at, bytes);
}
