//! The up-case table (spec 7.2): needed only to check the hashes of names.

use byte_source::{Problem, Structure};

/// Units that the table maps.
const UNITS: usize = 0x1_0000;
/// Bytes of the longest table: every unit written out (spec 7.2.5).
pub(super) const MOST_BYTES: u64 = 0x2_0000;
/// In the compressed form: so many units as the next word says stay as they are.
const IDENTITY_RUN: u16 = 0xffff;

/// Upper case of every UTF-16 unit; empty when the volume's table could not be read.
#[derive(Debug, Default)]
pub(super) struct UpCaseTable {
    units: Vec<u16>,
}

impl UpCaseTable {
    /// Reads a table; units that it does not reach stay as they are.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut words = bytes.chunks_exact(2).map(|word| match word {
            [low, high] => u16::from_le_bytes([*low, *high]),
            _ => 0,
        });
        let mut units = Vec::with_capacity(UNITS);
        while units.len() < UNITS {
            match words.next() {
                None => units.push(u16::try_from(units.len()).unwrap_or(0)),
                Some(IDENTITY_RUN) => {
                    // A run of no length stands for the unit itself.
                    let count = usize::from(words.next().unwrap_or(0));
                    let end = units.len().saturating_add(count.max(1)).min(UNITS);
                    units.extend((units.len()..end).map(|unit| u16::try_from(unit).unwrap_or(0)));
                }
                Some(unit) => units.push(unit),
            }
        }
        Self { units }
    }

    /// The note of a table whose entry at byte `at` has another checksum than its content.
    pub(super) fn checksum_problem(at: u64, entry: &[u8; 32], content: &[u8]) -> Option<Problem> {
        let stored = Structure::new("up-case table entry", at, entry).u32_le(4).ok()?;
        let table = Structure::new("up-case table", at, content);
        table.wrong_checksum("TableChecksum", stored, Self::checksum(content)).map(Problem::as_note)
    }

    /// The checksum that the table's entry keeps (spec 7.2.2).
    pub(super) fn checksum(bytes: &[u8]) -> u32 {
        bytes.iter().fold(0_u32, |sum, byte| sum.rotate_right(1).wrapping_add(u32::from(*byte)))
    }

    /// The hash of a name in UTF-16 little-endian; `None` without a table.
    pub(super) fn name_hash(&self, name: &[u8]) -> Option<u16> {
        if self.units.is_empty() {
            return None;
        }
        let units = name.chunks_exact(2).map(|unit| match unit {
            [low, high] => u16::from_le_bytes([*low, *high]),
            _ => 0,
        });
        let upper = units.map(|unit| self.units.get(usize::from(unit)).copied().unwrap_or(unit));
        let bytes = upper.flat_map(u16::to_le_bytes);
        Some(bytes.fold(0_u16, |sum, byte| sum.rotate_right(1).wrapping_add(u16::from(byte))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compressed_table_maps_what_it_names_and_keeps_the_rest() {
        // 0x61 units as they are, then "a" to "A".
        let table = UpCaseTable::parse(&[0xff, 0xff, 0x61, 0, 0x41, 0]);
        assert_eq!((table.units[0x60], table.units[0x61], table.units[0x62]), (0x60, 0x41, 0x62));
        assert_eq!(table.units.len(), UNITS);
        assert_eq!(table.name_hash(&[0x61, 0]), table.name_hash(&[0x41, 0]));
        assert_eq!(UpCaseTable::default().name_hash(&[0x61, 0]), None);
    }
}
