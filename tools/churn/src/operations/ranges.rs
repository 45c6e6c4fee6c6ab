//! Holes, ranges that are reserved, removed, inserted, and files that are far bigger than the disk.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use rustix::fs::{FallocateFlags, fallocate};

use super::files::open;
use crate::churn::{Churn, shown};
use crate::content::content;
use crate::random::Random;

pub(super) fn sparse(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let path = churn.new_path(random, number);
    let mut file = File::create(churn.at(&path)?)?;
    churn.files.push(path.clone());
    let parts = 1 + random.below(30);
    for _ in 0..parts {
        file.seek(SeekFrom::Current(random.pick([0, 1, 1024, 4096, 65_536, 200_000])))?;
        let size = random.pick([1, 1000, 4096, 5000, 40_000]);
        file.write_all(&content(random, size))?;
    }
    Ok(format!("{} {parts} parts", shown(&path)))
}

/// A file of hundreds of megabytes on a disk of megabytes, with data at its beginning, its end and between.
pub(super) fn huge(churn: &mut Churn<'_>, random: &mut Random, number: u32) -> io::Result<String> {
    let path = churn.new_path(random, number);
    let size = random.pick([260 << 20, 300 << 20, 600 << 20, 1 << 30_u64]);
    let mut file = File::create(churn.at(&path)?)?;
    churn.files.push(path.clone());
    file.write_all(&b"head".repeat(2000))?;
    for _ in 0..random.below(4) {
        file.seek(SeekFrom::Start(random.below(size)))?;
        file.write_all(&b"middle".repeat(100))?;
    }
    file.seek(SeekFrom::Start(size))?;
    file.write_all(&b"tail".repeat(300))?;
    Ok(format!("{} {size}", shown(&path)))
}

pub(super) fn punch(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    let length = random.pick([1, 1024, 4096, 20_000, 300_000]);
    anywhere(churn, random, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, length)
}

pub(super) fn zero(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    let keep = if random.percent(50) { FallocateFlags::KEEP_SIZE } else { FallocateFlags::empty() };
    let length = random.pick([1, 4096, 50_000]);
    anywhere(churn, random, FallocateFlags::ZERO_RANGE | keep, length)
}

fn anywhere(
    churn: &mut Churn<'_>,
    random: &mut Random,
    how: FallocateFlags,
    length: u64,
) -> io::Result<String> {
    let path = churn.file(random)?;
    let (file, size) = open(churn, &path)?;
    let at = random.below(size + 1);
    fallocate(&file, how, at, length)?;
    Ok(format!("{} {at}+{length}", shown(&path)))
}

/// Reserves space behind the end, with or without a change of the size.
pub(super) fn preallocate(
    churn: &mut Churn<'_>,
    random: &mut Random,
    _: u32,
) -> io::Result<String> {
    let path = churn.file(random)?;
    let (file, size) = open(churn, &path)?;
    let keep = if random.percent(50) { FallocateFlags::KEEP_SIZE } else { FallocateFlags::empty() };
    let at = size + random.pick([0, 0, 5000, 100_000]);
    let length = random.pick([1, 5000, 100_000, 1 << 20]);
    fallocate(&file, keep, at, length)?;
    Ok(format!("{} {at}+{length} {keep:?}", shown(&path)))
}

pub(super) fn collapse(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    shift(churn, random, FallocateFlags::COLLAPSE_RANGE)
}

pub(super) fn insert(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    shift(churn, random, FallocateFlags::INSERT_RANGE)
}

fn shift(churn: &mut Churn<'_>, random: &mut Random, how: FallocateFlags) -> io::Result<String> {
    let path = churn.file(random)?;
    let (file, size) = open(churn, &path)?;
    let block = 65_536;
    let at = random.below(size / block + 1) / 2 * block;
    fallocate(&file, how, at, block * random.pick([1, 3]))?;
    Ok(format!("{} at {at}", shown(&path)))
}
