//! Version 1: a header of 48 bytes, tables of two levels. All numbers are big-endian.

use std::sync::Arc;

use byte_source::{
    BadReason, Expected, Problem, ProblemKind, Scratch, Source, Structure, read_vec,
};
use codec::Codec;
use words::term;

use super::UNIT;
use super::header::backing_file;
use crate::image::Image;
use crate::mapped_medium::{Coded, Layout, MappedMedium, Place, Stretch, u64_be_at};
use crate::opening::Opening;
use crate::problems::{unreadable, value};
use crate::{Container, ImageError, OpenedImage};

/// Length in bytes of the header.
const HEADER_BYTES: u64 = 48;
/// Bit 63 of an L2 entry: the cluster is compressed.
const COMPRESSED: u64 = 1 << 63;

/// The map of an image of version 1.
struct Tables {
    cluster_bits: u32,
    l2_bits: u32,
    l1_table_offset: u64,
}

/// Opens an image of version 1.
pub(super) fn open(opening: &mut Opening<'_>) -> Result<OpenedImage, ImageError> {
    const NAME: &str = "qcow header";
    let first = Arc::clone(&opening.first);
    let bytes = read_vec(&*first, 0, HEADER_BYTES, opening.scratch).map_err(unreadable(NAME, 0))?;
    let header = Structure::new(NAME, 0, &bytes);
    let backing_at = header.u64_be(8).map_err(Problem::from)?;
    let backing_size = header.u32_be(16).map_err(Problem::from)?;
    let (size, tables) = parse(&header)?;
    let mut image = Image::of(Container::Qcow, opening);
    let backing = match backing_file(&*first, backing_at, backing_size, opening.scratch)? {
        Some(stored) => Some(super::open_backing(opening, "qcow", &stored, None, &mut image)?),
        None => None,
    };
    let grain = u32::try_from(tables.cluster_bytes()).unwrap_or(u32::MAX);
    Ok(image.over(backing, |parent| {
        Arc::new(MappedMedium::new(tables, UNIT, size, grain, vec![first], parent))
    }))
}

fn check_encryption(method: u32, header: &Structure<'_>) -> Result<(), Problem> {
    let feature = term!("qcow.encryption-1-aes");
    let kind = ProblemKind::Unsupported { feature, value: method.into() };
    if method == 0 { Ok(()) } else { Err(header.damage(kind)) }
}

fn parse(header: &Structure<'_>) -> Result<(u64, Tables), Problem> {
    let value = |field, expected, found: u8| Err(value(header, field, expected, found.into()));
    let cluster_bits = header.u8(32)?;
    let l2_bits = header.u8(33)?;
    // The limits of QEMU.
    if !(9..=16).contains(&cluster_bits) {
        return value("cluster_bits", Expected::Within(9, 16), cluster_bits);
    }
    if !(6..=13).contains(&l2_bits) {
        return value("l2_bits", Expected::Within(6, 13), l2_bits);
    }
    check_encryption(header.u32_be(36)?, header)?;
    let l1_table_offset = header.u64_be(40)?;
    let tables =
        Tables { cluster_bits: cluster_bits.into(), l2_bits: l2_bits.into(), l1_table_offset };
    Ok((header.u64_be(24)?, tables))
}

impl Tables {
    fn cluster_bytes(&self) -> u64 {
        1_u64.checked_shl(self.cluster_bits).unwrap_or(u64::MAX)
    }

    fn find(
        &self,
        at: u64,
        source: &dyn Source,
        scratch: &mut Scratch,
    ) -> Result<Stretch, BadReason> {
        let reach_bits = self.cluster_bits.saturating_add(self.l2_bits);
        let reach = 1_u64.checked_shl(reach_bits).unwrap_or(u64::MAX);
        let in_table = at & reach.saturating_sub(1);
        let l1_at = self.l1_table_offset.saturating_add((at >> reach_bits).saturating_mul(8));
        let l2_table = u64_be_at(source, l1_at, scratch)?;
        if l2_table == 0 {
            return Ok(Stretch { bytes: reach.saturating_sub(in_table), place: Place::Parent });
        }
        let entry_at = l2_table.saturating_add((in_table >> self.cluster_bits).saturating_mul(8));
        let entry = u64_be_at(source, entry_at, scratch)?;
        let cluster = self.cluster_bytes();
        let skip = at & cluster.saturating_sub(1);
        let bytes = cluster.saturating_sub(skip);
        Ok(Stretch { bytes, place: self.place(entry, at >> self.cluster_bits, skip) })
    }

    /// Where the bytes of a cluster are from one of them on, by its entry.
    fn place(&self, entry: u64, number: u64, skip: u64) -> Place {
        if entry & COMPRESSED != 0 {
            Place::Coded { unit: self.compressed(entry, number), skip }
        } else if entry == 0 {
            Place::Parent
        } else {
            Place::File { file: 0, at: entry.saturating_add(skip) }
        }
    }

    /// A compressed cluster: offset in the low bits, stored bytes above them.
    fn compressed(&self, entry: u64, number: u64) -> Coded {
        let offset_bits = 63_u32.saturating_sub(self.cluster_bits);
        let mask = 1_u64.checked_shl(offset_bits).unwrap_or(0).saturating_sub(1);
        let stored_bytes = (entry >> offset_bits) & self.cluster_bytes().saturating_sub(1);
        Coded {
            number,
            file: 0,
            at: entry & mask,
            stored_bytes,
            bytes: self.cluster_bytes(),
            codec: Codec::Deflate,
        }
    }
}

impl Layout for Tables {
    fn stretch(&self, at: u64, files: &[Arc<dyn Source>], scratch: &mut Scratch) -> Stretch {
        let found = files
            .first()
            .ok_or(BadReason::LayoutEnds)
            .and_then(|source| self.find(at, &**source, scratch));
        found.unwrap_or_else(|reason| {
            let in_cluster = at & self.cluster_bytes().saturating_sub(1);
            let bytes = self.cluster_bytes().saturating_sub(in_cluster);
            Stretch { bytes, place: Place::Bad(reason) }
        })
    }
}
