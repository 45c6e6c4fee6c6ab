//! A small image to scan.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Files of one folder.
const FILES_PER_FOLDER: u64 = 200;

/// Makes an ext4 image of `megabytes` MiB with `files` files of usual sizes at `image`, by `mke2fs`; needs no privileges.
///
/// # Errors
/// When files cannot be written, or `mke2fs` is not there or fails.
pub fn make_ext4_image(image: &Path, megabytes: u64, files: u64) -> io::Result<()> {
    let folder = image.with_extension("files");
    for number in 0..files {
        let above = folder.join(format!("folder {}", number / FILES_PER_FOLDER));
        if number.is_multiple_of(FILES_PER_FOLDER) {
            fs::create_dir_all(&above)?;
        }
        fs::write(above.join(format!("file {number}")), content(number))?;
    }
    let mut mke2fs = Command::new("mke2fs");
    mke2fs
        .args(["-q", "-F", "-t", "ext4", "-d"])
        .arg(&folder)
        .arg(image)
        .arg(format!("{megabytes}M"));
    let status = mke2fs.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    fs::remove_dir_all(&folder)?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("mke2fs: {status}"))) }
}

/// Bytes of file `number`: most files are small, some are large; 12 KB on average.
fn content(number: u64) -> Vec<u8> {
    let size = match number % 64 {
        0 => 300_000,
        1..16 => 20_000 + number % 9_000,
        _ => 50 + number * 37 % 5_000,
    };
    let mut state = number + 1;
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < size {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        bytes.extend_from_slice(&(state ^ (state >> 31)).to_le_bytes());
    }
    bytes.truncate(size as usize);
    bytes
}
