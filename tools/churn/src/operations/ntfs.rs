//! Alternate streams, compression and flags of NTFS, as ntfs-3g offers them.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use rustix::fs::{XattrFlags, getxattr, setxattr};

use crate::churn::{Churn, shown};
use crate::content::{content, small_size};
use crate::random::Random;

/// Where ntfs-3g shows the flags of a file.
const FLAGS: &str = "system.ntfs_attrib";
const COMPRESSED: u32 = 0x800;

pub(super) fn stream(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let path = churn.file(random)?;
    let name = match random.below(4) {
        0 => "Zone.Identifier".to_owned(),
        1 => format!("s{number}"),
        2 => "مخفي".to_owned(),
        _ => "long".repeat(50),
    };
    let size = small_size(random);
    write_stream(churn, &path, &name, &content(random, size))?;
    Ok(format!("{}:{name} {size}", shown(&path)))
}

pub(super) fn many_streams(
    churn: &mut Churn<'_>,
    random: &mut Random,
    _: u32,
) -> io::Result<String> {
    let path = churn.file(random)?;
    let count = random.pick([10, 40, 120]);
    for each in 0..count {
        let size = random.pick([1, 100, 600, 5000]);
        write_stream(churn, &path, &format!("stream{each}"), &content(random, size))?;
    }
    Ok(format!("{} {count}", shown(&path)))
}

fn write_stream(churn: &Churn<'_>, path: &[u8], name: &str, bytes: &[u8]) -> io::Result<()> {
    let whole = [path, b":", name.as_bytes()].concat();
    File::create(churn.at(&whole)?)?.write_all(bytes)
}

/// A compressed file that is changed after it was written.
pub(super) fn compress(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let path = churn.new_path(random, number);
    let mut file = compressed(churn, &path)?;
    let size = random.pick([1, 700, 4096, 65_535, 65_536, 65_537, 200_000, 1_000_000]);
    file.write_all(&content(random, size))?;
    drop(file);
    let mut file = OpenOptions::new().write(true).open(churn.at(&path)?)?;
    let change = random.pick(["nothing", "append", "overwrite", "cut", "gap"]);
    match change {
        "append" => change_at(&mut file, random, size as u64, 10_000)?,
        "overwrite" => change_at(&mut file, random, size as u64 / 2, 5000)?,
        "cut" => file.set_len(size as u64 / 2)?,
        "gap" => change_at(&mut file, random, size as u64 + 300_000, 5000)?,
        _ => {}
    }
    Ok(format!("{} {size} then {change}", shown(&path)))
}

/// A compressed file with a big hole and little data: it claims far more than it stores.
pub(super) fn compress_sparse(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let path = churn.new_path(random, number);
    let mut file = compressed(churn, &path)?;
    let hole = random.pick([1 << 20, 200 << 20, 700 << 20_u64]);
    change_at(&mut file, random, hole, 10)?;
    Ok(format!("{} {hole}", shown(&path)))
}

fn change_at(file: &mut File, random: &mut Random, at: u64, size: usize) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(&content(random, size))
}

fn compressed(churn: &mut Churn<'_>, path: &[u8]) -> io::Result<File> {
    churn.write(path, b"", 0)?;
    let at = churn.at(path)?;
    set_flags(&at, flags(&at)? | COMPRESSED)?;
    OpenOptions::new().write(true).open(at)
}

/// Read-only, hidden, system.
pub(super) fn flag(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    let path = churn.file(random)?;
    let at = churn.at(&path)?;
    let flag = random.pick([1, 2, 4]);
    set_flags(&at, flags(&at)? ^ flag)?;
    Ok(format!("{} {flag}", shown(&path)))
}

fn flags(at: &Path) -> io::Result<u32> {
    let mut bytes = [0; 4];
    getxattr(at, FLAGS, &mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn set_flags(at: &Path, flags: u32) -> io::Result<()> {
    Ok(setxattr(at, FLAGS, &flags.to_le_bytes(), XattrFlags::empty())?)
}
