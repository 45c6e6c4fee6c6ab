//! Files in many pieces, and a disk that is full.

use std::fs::File;
use std::io::{self, Write};

use crate::churn::{Churn, shown};
use crate::content::content;
use crate::file_systems::Family;
use crate::random::Random;

/// Files that grow in turns, so that each lies in many pieces.
fn grow_in_turns(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
    [count, rounds, size]: [usize; 3],
) -> io::Result<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    for each in 0..count {
        let path = churn.new_path(random, number * 100 + each as u32);
        files.push((File::create(churn.at(&path)?)?, path.clone()));
        churn.files.push(path);
    }
    for round in 0..rounds {
        for (file, _) in &mut files {
            file.write_all(&content(random, size))?;
            // A delayed allocation would put the pieces together again.
            if churn.system.family == Family::Ext && round % 4 == 0 {
                file.sync_data()?;
            }
        }
    }
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

pub(super) fn interleave(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let count = 2 + random.index(3);
    let rounds = random.pick([5, 40, 150]);
    let size = random.pick([1024, 4096, 10_000]);
    grow_in_turns(churn, random, number, [count, rounds, size])?;
    Ok(format!("{count} files, {rounds} rounds of {size}"))
}

pub(super) fn fragment_and_delete(
    churn: &mut Churn<'_>,
    random: &mut Random,
    number: u32,
) -> io::Result<String> {
    let count = 2 + random.index(2);
    let rounds = random.pick([30, 150, 300]);
    let size = random.pick([4096, 8192, 16_384]);
    let paths = grow_in_turns(churn, random, number, [count, rounds, size])?;
    let gone = if random.percent(50) { count } else { 1 };
    for path in paths.iter().take(gone) {
        churn.remove(path)?;
    }
    Ok(format!("{count} files, {rounds} rounds of {size}, {gone} deleted"))
}

/// Files in very many pieces of one cluster: one is deleted, one cut, one stays.
pub(super) fn shred(churn: &mut Churn<'_>, random: &mut Random, number: u32) -> io::Result<String> {
    let size = random.pick([1024, 4096]);
    let rounds = random.pick([270, 600]);
    let paths = grow_in_turns(churn, random, number, [3, rounds, size])?;
    if let [gone, cut, ..] = paths.as_slice() {
        churn.remove(gone)?;
        churn.volume.cut(cut, 2)?;
    }
    Ok(format!("{rounds} rounds of {size}"))
}

/// Small files in a row, every second deleted, then bigger ones into the gaps, some of which are deleted, too.
pub(super) fn gaps(churn: &mut Churn<'_>, random: &mut Random, number: u32) -> io::Result<String> {
    let rows = random.pick([8, 16, 24]);
    let size = random.pick([512, 4096, 40_000]);
    let row = |each: usize| format!("row{number}-{each}").into_bytes();
    for each in 0..rows {
        churn.write(&row(each), &content(random, size), 0)?;
    }
    for each in (0..rows).step_by(2) {
        churn.remove(&row(each))?;
    }
    let count = 1 + random.index(3);
    for each in 0..count {
        let path = churn.new_path(random, number * 100 + each as u32);
        churn.write(&path, &content(random, size * rows / 2 / count + 1), 0)?;
        if random.percent(40) {
            churn.remove(&path)?;
        }
    }
    Ok(format!("{rows} of {size}, then {count}"))
}

/// To the brim; then every second file goes, then one file comes into the gaps, and is deleted or not.
pub(super) fn fill(churn: &mut Churn<'_>, random: &mut Random, number: u32) -> io::Result<String> {
    let size = if churn.system.family == Family::Fat {
        600_000
    } else {
        random.pick([20_000, 70_000, 300_000])
    };
    let mut made = Vec::new();
    let mut end = String::from("all written");
    for each in 0..2000 {
        let path = format!("fill{number}-{each}").into_bytes();
        if let Err(error) = churn.write(&path, &content(random, size), 0) {
            end = error.to_string();
            break;
        }
        made.push(path);
    }
    for path in made.iter().step_by(2) {
        churn.remove(path)?;
    }
    let path = format!("gaps{number}").into_bytes();
    let written = churn.write(&path, &content(random, size * (made.len() / 4).clamp(1, 60)), 4096);
    if random.percent(50) && churn.files.contains(&path) {
        churn.remove(&path)?;
    }
    for path in made.iter().skip(3).step_by(4) {
        churn.remove(path)?;
    }
    Ok(format!("{} files of {size}: {end}; {} {}", made.len(), shown(&path), written.is_ok()))
}
