//! Hard links, symbolic links, special files, names that are exchanged.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;

use rustix::fs::{CWD, FileType, Mode, RenameFlags, makedev, mknodat, renameat_with};

use crate::churn::{Churn, join, shown};
use crate::file_systems::Family;
use crate::random::Random;

pub(super) fn hard(churn: &mut Churn<'_>, random: &mut Random, number: u32) -> io::Result<String> {
    let from = churn.file(random)?;
    let to = churn.new_path(random, number);
    fs::hard_link(churn.at(&from)?, churn.at(&to)?)?;
    churn.files.push(to.clone());
    Ok(format!("{} = {}", shown(&from), shown(&to)))
}

/// So many names that a record of NTFS overflows; one of them goes again.
pub(super) fn many(churn: &mut Churn<'_>, random: &mut Random, number: u32) -> io::Result<String> {
    let from = churn.file(random)?;
    let directory = format!("links{number}").into_bytes();
    churn.create_directory(&directory)?;
    for each in 0..41 {
        let to = [directory.as_slice(), format!("/link{each:02}").as_bytes()].concat();
        fs::hard_link(churn.at(&from)?, churn.at(&to)?)?;
        churn.files.push(to);
    }
    let gone = [directory.as_slice(), format!("/link{:02}", random.below(41)).as_bytes()].concat();
    churn.remove(&gone)?;
    Ok(shown(&from))
}

pub(super) fn symbolic(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let path = churn.new_path(random, number);
    let length = random.pick([1, 10, 59, 60, 61, 200, 1000]);
    let target: String =
        "../été/".chars().chain(std::iter::repeat_n('t', 1000)).take(length).collect();
    symlink(target, churn.at(&path)?)?;
    Ok(format!("{} {length}", shown(&path)))
}

pub(super) fn special(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    // A name that nothing else draws, and no pipe with FUSE: whoever opens a pipe waits for its other end.
    let path = join(&churn.directory(random), format!("special{number}").as_bytes());
    let drawn = random.pick([
        FileType::Fifo,
        FileType::Socket,
        FileType::CharacterDevice,
        FileType::BlockDevice,
    ]);
    let kind = match (churn.system.family, drawn) {
        (Family::Ntfs, FileType::Fifo) => FileType::Socket,
        (_, drawn) => drawn,
    };
    let device = makedev(random.pick([1, 8, 259, 300]), random.pick([0, 3, 255, 256, 70_000]));
    mknodat(CWD, churn.at(&path)?, kind, Mode::RUSR | Mode::WUSR, device)?;
    Ok(format!("{} {kind:?}", shown(&path)))
}

pub(super) fn exchange(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    let one = churn.file(random)?;
    let two = churn.file(random)?;
    renameat_with(CWD, churn.at(&one)?, CWD, churn.at(&two)?, RenameFlags::EXCHANGE)?;
    Ok(format!("{} <-> {}", shown(&one), shown(&two)))
}
