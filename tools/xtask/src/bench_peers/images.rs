//! `cargo xtask bench-images`: images to measure on, the same bytes on every machine but for what the file systems' makers add of their own
//! (identifiers, times).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::mounted::Mounted;
use super::random::Random;
use crate::failure::{Attempt, Failure, Outcome};
use crate::process::{exists, output, program};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Where to; what is there already stays
    folder: PathBuf,
    /// Only these, with commas between: ext4, ntfs, tiny, big, e01 [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    only: Vec<String>,
    /// Files and sizes of images in percent of the whole; the whole needs 6 GB
    #[arg(long, default_value_t = 100, value_name = "PERCENT", value_parser = clap::value_parser!(u64).range(1..=1000))]
    scale: u64,
}

/// What an image holds.
struct Recipe {
    name: &'static str,
    /// What it stands for.
    stands_for: &'static str,
    files: u64,
    megabytes: u64,
    size: fn(&mut Random) -> usize,
    format: fn(&Path, u64) -> Outcome<()>,
    mount: fn(&Path) -> Outcome<Mounted>,
    programs: &'static [&'static str],
}

const RECIPES: [Recipe; 4] = [
    Recipe {
        name: "ext4",
        stands_for: "files of usual sizes on ext4",
        files: 50_000,
        megabytes: 1_300,
        size: usual_size,
        format: format_ext4,
        mount: Mounted::by_kernel,
        programs: &["mkfs.ext4", "mount"],
    },
    Recipe {
        name: "ntfs",
        stands_for: "the same files on NTFS",
        files: 50_000,
        megabytes: 1_300,
        size: usual_size,
        format: format_ntfs,
        mount: Mounted::by_ntfs_3g,
        programs: &["mkntfs", "ntfs-3g"],
    },
    Recipe {
        name: "tiny",
        stands_for: "a million files of 0 to 200 bytes on ext4: bound by metadata",
        files: 1_000_000,
        megabytes: 1_400,
        size: |random| random.below(201),
        format: format_tiny,
        mount: Mounted::by_kernel,
        programs: &["mkfs.ext4", "mount"],
    },
    Recipe {
        name: "big",
        stands_for: "twenty files of 60 MB on ext4",
        files: 20,
        megabytes: 1_300,
        size: |_| 60_000_000,
        format: format_ext4,
        mount: Mounted::by_kernel,
        programs: &["mkfs.ext4", "mount"],
    },
];

/// Bytes after the last whole megabyte of a medium: an EWF chunk of 32 KiB is not filled by them.
const ODD_BYTES: u64 = 3 * 4096;
/// Files of one folder.
const FILES_PER_FOLDER: u64 = 400;
/// One file of so many is deleted again, so that there are deleted entries, and holes that later files fill.
const DELETED_OF: u64 = 40;

/// Makes the images that are not there yet.
pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let known: Vec<&str> = RECIPES.iter().map(|recipe| recipe.name).chain(["e01"]).collect();
    if let Some(other) = arguments.only.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Failure::new(format!("--only {other}: the images are {}", known.join(", "))));
    }
    fs::create_dir_all(&arguments.folder).when(arguments.folder.display())?;
    let folder = arguments.folder.canonicalize().when(arguments.folder.display())?;
    let wanted =
        |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| only == name);
    let mut lacking = 0_u8;
    for recipe in RECIPES.iter().filter(|recipe| wanted(recipe.name)) {
        let missing: Vec<&&str> = recipe.programs.iter().filter(|name| !exists(name)).collect();
        if missing.is_empty() {
            make(recipe, &folder, arguments.scale)?;
        } else {
            println!("SKIPPED: {}.raw: without {missing:?}", recipe.name);
            lacking += 1;
        }
    }
    if wanted("e01") {
        lacking += u8::from(!acquire(&folder)?);
    }
    println!("next: cargo xtask bench-peers {}", folder.display());
    Ok(ExitCode::from(lacking.min(1)))
}

/// Makes an image beside its place and moves it there when it is whole.
fn make(recipe: &Recipe, folder: &Path, scale: u64) -> Outcome<()> {
    let image = folder.join(format!("{}.raw", recipe.name));
    if image.exists() {
        println!("{}: there already", image.display());
        return Ok(());
    }
    let files = (recipe.files * scale / 100).max(1);
    let megabytes = (recipe.megabytes * scale / 100).max(16);
    println!("{}: {}: {files} files, {megabytes} MiB…", image.display(), recipe.stands_for);
    let unfinished = folder.join(format!("{}.unfinished", recipe.name));
    let file = File::create(&unfinished).when(unfinished.display())?;
    file.set_len((megabytes << 20) + ODD_BYTES).when(unfinished.display())?;
    drop(file);
    (recipe.format)(&unfinished, files)?;
    let mounted = (recipe.mount)(&unfinished)?;
    fill(recipe, mounted.path(), files)?;
    mounted.unmount()?;
    fs::rename(&unfinished, &image).when(image.display())
}

/// Writes the files, and deletes some of them when their neighbours are there.
fn fill(recipe: &Recipe, root: &Path, files: u64) -> Outcome<()> {
    let mut random = Random::new(0x6174_6861_7221);
    let mut content = Vec::new();
    for number in 0..files {
        let folder = folder_of(root, number);
        if number.is_multiple_of(FILES_PER_FOLDER) {
            fs::create_dir_all(&folder).when(folder.display())?;
        }
        let size = (recipe.size)(&mut random);
        content.clear();
        // Half of the files are as dense as pictures, half as loose as texts.
        if random.below(2) == 0 {
            random.bytes(size, &mut content)
        } else {
            random.text(size, &mut content)
        }
        let path = folder.join(name_of(number));
        fs::write(&path, &content).when(path.display())?;
        let old = number.checked_sub(FILES_PER_FOLDER).filter(|old| old.is_multiple_of(DELETED_OF));
        if let Some(old) = old.filter(|_| recipe.files > 1_000) {
            let path = folder_of(root, old).join(name_of(old));
            fs::remove_file(&path).when(path.display())?;
        }
    }
    Ok(())
}

fn folder_of(root: &Path, number: u64) -> PathBuf {
    let folder = number / FILES_PER_FOLDER;
    root.join(format!("Users/user {}/folder {folder}", folder % 8))
}

fn name_of(number: u64) -> String {
    let extension = ["jpg", "txt", "docx", "dll", "pdf", "log", "db", "png"]
        .get(usize::try_from(number % 8).unwrap_or_default())
        .unwrap_or(&"bin");
    format!("file {number:07}.{extension}")
}

/// Sizes as disks have them: half of the files below 4 KiB, most bytes in few large files, about 20 KB on average.
fn usual_size(random: &mut Random) -> usize {
    let size = (8.3 + 1.75 * random.normal()).exp();
    // A float becomes the nearest whole number that fits.
    (size as usize).clamp(1, 24 << 20)
}

fn format_ext4(image: &Path, files: u64) -> Outcome<()> {
    let inodes = (files + files / 50 + 1_000).to_string();
    format_with("mkfs.ext4", &["-q", "-F", "-m", "0", "-L", "USUAL", "-N", &inodes], image)
}

/// Blocks of 1 KiB: a million blocks of 4 KiB would need 4 GB.
fn format_tiny(image: &Path, files: u64) -> Outcome<()> {
    let inodes = (files + files / 50 + 1_000).to_string();
    format_with(
        "mkfs.ext4",
        &["-q", "-F", "-m", "0", "-b", "1024", "-L", "TINY", "-N", &inodes],
        image,
    )
}

fn format_ntfs(image: &Path, _: u64) -> Outcome<()> {
    format_with("mkntfs", &["-q", "-F", "-Q", "-L", "USUAL"], image)
}

fn format_with(name: &str, arguments: &[&str], image: &Path) -> Outcome<()> {
    output(program(name, arguments, Path::new(".")).arg(image)).map(drop)
}

/// The ext4 image as EWF. False when it could not be made here.
fn acquire(folder: &Path) -> Outcome<bool> {
    let raw = folder.join("ext4.raw");
    let target = folder.join("ext4");
    let image = folder.join("ext4.E01");
    if image.exists() {
        println!("{}: there already", image.display());
        return Ok(true);
    }
    if !raw.exists() || !exists("ewfacquire") {
        println!("SKIPPED: {}: it needs ext4.raw and ewfacquire", image.display());
        return Ok(false);
    }
    println!("{}: ext4.raw, compressed fast…", image.display());
    // Up to 2 GiB a segment: one file.
    let options = ["-u", "-q", "-c", "fast", "-f", "encase6", "-S", "2147483648", "-t"];
    output(program("ewfacquire", options, folder).arg(&target).arg(&raw))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::{Random, usual_size};

    #[test]
    fn usual_sizes_are_mostly_small_and_sometimes_large() {
        let mut random = Random::new(1);
        let mut sizes: Vec<usize> = (0..20_000).map(|_| usual_size(&mut random)).collect();
        sizes.sort_unstable();
        assert!((3_000..6_000).contains(&sizes[10_000]), "{}", sizes[10_000]);
        let mean = sizes.iter().sum::<usize>() / sizes.len();
        assert!((12_000..30_000).contains(&mean), "{mean}");
    }
}
