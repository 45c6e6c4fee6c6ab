//! Single files: content, names, times, flags, attributes.

use std::fs::{File, FileTimes, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use rustix::fs::{XattrFlags, lsetxattr, syncfs};

use crate::churn::{Churn, shown};
use crate::content::{content, size, small_size};
use crate::opening;
use crate::random::Random;

/// A file as big as this is sparse: its middle is left alone.
const HUGE: u64 = 256 << 20;

/// Opens a file for changes; gives its size, too.
pub(super) fn open(churn: &Churn<'_>, path: &[u8]) -> io::Result<(File, u64)> {
    let file = opening::open(OpenOptions::new().read(true).write(true), &churn.at(path)?)?;
    let size = file.metadata()?.len();
    Ok((file, size.min(HUGE)))
}

pub(super) fn create(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let path = churn.new_path(random, number);
    let size = size(random);
    churn.write(&path, &content(random, size), random.pick([0, 0, 1000, 4096, 65_536]))?;
    Ok(format!("{} {size}", shown(&path)))
}

pub(super) fn append(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    let path = churn.file(random)?;
    let size = size(random);
    churn.volume.append(&path, &content(random, size))?;
    Ok(format!("{} {size}", shown(&path)))
}

pub(super) fn cut(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    let path = churn.file(random)?;
    let divisor = random.pick([2, 3, 100, 1 << 40]);
    churn.volume.cut(&path, divisor)?;
    Ok(format!("{} to 1/{divisor}", shown(&path)))
}

pub(super) fn overwrite(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    let path = churn.file(random)?;
    let (mut file, size) = open(churn, &path)?;
    let at = random.below(size + 1);
    let length = random.pick([1, 100, 512, 4096, 70_000]);
    file.seek(SeekFrom::Start(at))?;
    file.write_all(&content(random, length))?;
    Ok(format!("{} {at}+{length}", shown(&path)))
}

pub(super) fn grow(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    let path = churn.file(random)?;
    let (file, size) = open(churn, &path)?;
    let more = random.pick([1, 5000, 200_000, 2 << 20]);
    file.set_len(size + more)?;
    Ok(format!("{} {size}+{more}", shown(&path)))
}

pub(super) fn shrink_and_grow(
    churn: &mut Churn<'_>,
    random: &mut Random,
    _: u32,
) -> io::Result<String> {
    let path = churn.file(random)?;
    let (mut file, size) = open(churn, &path)?;
    file.set_len(size / 3)?;
    file.set_len(size + random.pick([0, 1, 10_000]))?;
    file.seek(SeekFrom::End(0))?;
    file.write_all(b"end")?;
    Ok(format!("{} {size}", shown(&path)))
}

pub(super) fn rename(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let from = churn.file(random)?;
    let to = churn.new_path(random, number);
    churn.rename(&from, &to)?;
    Ok(format!("{} -> {}", shown(&from), shown(&to)))
}

pub(super) fn rename_over(
    churn: &mut Churn<'_>,
    random: &mut Random,
    _: u32,
) -> io::Result<String> {
    let from = churn.file(random)?;
    let to = churn.file(random)?;
    churn.rename(&from, &to)?;
    Ok(format!("{} -> {}", shown(&from), shown(&to)))
}

/// As editors do: write next to the file, then rename over it.
pub(super) fn replace(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let to = churn.file(random)?;
    let from = format!("saved{number}~").into_bytes();
    let size = small_size(random);
    churn.write(&from, &content(random, size), 0)?;
    churn.rename(&from, &to)?;
    Ok(format!("{} {size}", shown(&to)))
}

pub(super) fn delete(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    let path = churn.file(random)?;
    churn.remove(&path)?;
    Ok(shown(&path))
}

/// Deletes a file that is still open: an orphan where the disk is copied while it is mounted.
pub(super) fn hold_deleted(
    churn: &mut Churn<'_>,
    random: &mut Random,
    _: u32,
) -> io::Result<String> {
    let path = churn.file(random)?;
    let file = opening::open_to_read(&churn.at(&path)?)?;
    churn.held.push(file);
    churn.remove(&path)?;
    Ok(shown(&path))
}

pub(super) fn times(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    let path = churn.file(random)?;
    let (file, _) = open(churn, &path)?;
    let epoch = SystemTime::UNIX_EPOCH;
    let part = Duration::from_nanos(random.pick([0, 1, 100, 999_999_999, 123_456_700]));
    let seconds = random.pick([
        -2_000_000_000,
        -1,
        0,
        1,
        1_500_000_000,
        2_147_483_647,
        4_000_000_000,
        6_000_000_000_i64,
    ]);
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let time = (if seconds < 0 { epoch - whole } else { epoch + whole }) + part;
    file.set_times(FileTimes::new().set_accessed(time).set_modified(time))?;
    Ok(format!("{} {seconds} s", shown(&path)))
}

pub(super) fn sync(churn: &mut Churn<'_>, _: &mut Random, _: u32) -> io::Result<String> {
    syncfs(File::open(churn.at(b"")?)?)?;
    Ok(String::new())
}

pub(super) fn flags(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    let path = churn.file(random)?;
    let flag = random.pick(["+d", "+A", "+S", "+j", "-e"]);
    let mut command = Command::new("chattr");
    let done = command.arg(flag).arg(churn.at(&path)?).stderr(Stdio::null()).status()?;
    Ok(format!("{} {flag}: {done}", shown(&path)))
}

/// Attributes that fit into an inode or a block.
pub(super) fn attribute_small(
    churn: &mut Churn<'_>,
    random: &mut Random,
    _: u32,
) -> io::Result<String> {
    let count = random.pick([1, 1, 3, 20]);
    attributes(churn, random, count, [0, 1, 10, 40, 100, 300])
}

/// Attributes that need a block of their own, or an inode of their own where the file system has this.
pub(super) fn attribute_large(
    churn: &mut Churn<'_>,
    random: &mut Random,
    _: u32,
) -> io::Result<String> {
    let count = random.pick([1, 1, 2, 5]);
    attributes(churn, random, count, [300, 900, 2000, 3500, 10_000, 60_000])
}

fn attributes(
    churn: &mut Churn<'_>,
    random: &mut Random,
    count: usize,
    sizes: [usize; 6],
) -> io::Result<String> {
    let path = match random.percent(30) {
        true => churn.directory(random),
        false => churn.file(random)?,
    };
    for each in 0..count {
        let name = format!("user.{}{each}", "n".repeat(random.pick([1, 10, 100])));
        let size = random.pick(sizes);
        lsetxattr(churn.at(&path)?, name, &content(random, size), XattrFlags::empty())?;
    }
    Ok(format!("{} {count}", shown(&path)))
}
