//! Directories: deep, wide, moved, replaced.

use std::io;
use std::os::unix::fs::symlink;

use crate::churn::{Churn, join, shown};
use crate::content::{content, small_size};
use crate::file_systems::Family;
use crate::names;
use crate::random::Random;

pub(super) fn create(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let path = churn.new_path(random, number);
    churn.create_directory(&path)?;
    Ok(shown(&path))
}

pub(super) fn deep(churn: &mut Churn<'_>, random: &mut Random, number: u32) -> io::Result<String> {
    let levels = if churn.system.family == Family::Fat { 8 } else { random.pick([10, 40]) };
    let mut path = churn.directory(random);
    for level in 0..levels {
        path = join(&path, format!("level{level}-{number}").as_bytes());
        churn.volume.create_directory(&path)?;
    }
    churn.directories.push(path.clone());
    Ok(format!("{levels} levels, {}", shown(&path)))
}

/// Many entries in one directory, which grows an index; often half of them go again.
pub(super) fn wide(churn: &mut Churn<'_>, random: &mut Random, number: u32) -> io::Result<String> {
    let path = churn.new_path(random, number);
    churn.create_directory(&path)?;
    // mtools need a process a file.
    let count = if churn.system.family == Family::Fat { 40 } else { random.pick([100, 400, 1000]) };
    let mut made = Vec::new();
    for item in 0..count {
        let filling = "w".repeat(random.index(60));
        let file = join(&path, format!("item {item:05} {filling}").as_bytes());
        let bytes = if item % 3 == 0 { format!("{item}") } else { String::new() };
        churn.volume.write(&file, bytes.as_bytes(), 0)?;
        made.push(file);
    }
    let is_thinned = random.percent(50);
    for (item, file) in made.into_iter().enumerate() {
        match is_thinned && item % 2 == 0 {
            true => churn.volume.remove(&file)?,
            false => churn.files.push(file),
        }
    }
    Ok(format!("{} {count} thinned={is_thinned}", shown(&path)))
}

pub(super) fn delete(churn: &mut Churn<'_>, random: &mut Random, _: u32) -> io::Result<String> {
    let path = churn.directory(random);
    if path.is_empty() {
        return Ok("nothing".to_owned());
    }
    churn.remove_tree(&path)?;
    Ok(shown(&path))
}

pub(super) fn rename(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let from = churn.directory(random);
    let below = churn.directory(random);
    if from.is_empty() || join(&below, b"").starts_with(&join(&from, b"")) {
        return Ok("nothing".to_owned());
    }
    let to = join(&below, &names::draw(random, churn.system.family, number));
    churn.volume.rename(&from, &to)?;
    let inside = join(&from, b"");
    for path in churn.files.iter_mut().chain(&mut churn.directories) {
        if *path == from || path.starts_with(&inside) {
            *path = [&to, &path[from.len()..]].concat();
        }
    }
    Ok(format!("{} -> {}", shown(&from), shown(&to)))
}

/// A directory with files goes, and a file, a link or a directory of the same name comes.
pub(super) fn replace(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let path = churn.new_path(random, number);
    churn.volume.create_directory(&path)?;
    for item in 0..random.index(8) {
        let size = small_size(random);
        churn.volume.write(
            &join(&path, format!("inside{item}").as_bytes()),
            &content(random, size),
            0,
        )?;
    }
    churn.volume.remove_tree(&path)?;
    let kind = random.pick(["file", "directory", "link", "nothing"]);
    match kind {
        "file" => churn.write(&path, &content(random, 3000), 0)?,
        "directory" => {
            churn.create_directory(&path)?;
            churn.write(&join(&path, b"inside0"), &content(random, 3000), 0)?;
        }
        "link" if churn.system.family == Family::Ext => symlink("elsewhere", churn.at(&path)?)?,
        _ => {}
    }
    Ok(format!("{} by {kind}", shown(&path)))
}
