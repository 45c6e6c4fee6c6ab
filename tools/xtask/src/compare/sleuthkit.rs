//! The Sleuth Kit: `fls` lists and hashes in one go.

use std::path::Path;
use std::process::Stdio;

use super::peer::{Listed, Listing, Part, Peer};
use crate::failure::{Attempt, Outcome};
use crate::process::{exists, output, program};

/// TSK's unit of `-o`, in bytes.
const SECTOR_BYTES: u64 = 512;

pub(super) fn peer() -> Peer {
    Peer {
        name: "The Sleuth Kit",
        list,
        spell,
        lists_alternate_streams: true,
        loses_fat_case: false,
    }
}

/// Control characters, which TSK shows as ^.
fn spell(path: &str) -> String {
    path.chars().map(|c| if c.is_ascii_control() { '^' } else { c }).collect()
}

fn list(image: &Path, part: &Part) -> Outcome<Listing> {
    if !exists("fls") {
        return Ok(Listing::Absent("fls is not installed".to_owned()));
    }
    if !part.start.is_multiple_of(SECTOR_BYTES) {
        return Ok(Listing::Absent("does not begin at a sector".to_owned()));
    }
    // Recursive, full paths, files only, allocated names only, with MD5, as a body file.
    let mut fls = program("fls", ["-r", "-p", "-F", "-u", "-h", "-m", "/", "-o"], Path::new("."));
    let done = fls
        .arg((part.start / SECTOR_BYTES).to_string())
        .arg(image)
        .env("TZ", "UTC")
        .output()
        .when("fls")?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Ok(Listing::Absent(said.lines().next().unwrap_or("fls failed").to_owned()));
    }
    let text = String::from_utf8_lossy(&done.stdout);
    let mut files = Vec::new();
    for (mut file, address) in text.lines().filter_map(body_line) {
        if is_alternate_stream(&file.path, &address) {
            // fls gives the digest of the file's main stream for each of its streams.
            file.md5 = Some(digest_of(image, part, &address)?);
        }
        files.push(file);
    }
    Ok(Listing::Files(files))
}

fn is_alternate_stream(path: &str, address: &str) -> bool {
    path.contains(':') && address.contains("-128-")
}

/// MD5 of what `icat` writes.
fn digest_of(image: &Path, part: &Part, address: &str) -> Outcome<String> {
    let mut icat = program("icat", ["-o"], Path::new("."));
    icat.arg((part.start / SECTOR_BYTES).to_string())
        .arg(image)
        .arg(address)
        .stdout(Stdio::piped());
    let mut icat = icat.spawn().when("icat")?;
    let content = icat.stdout.take().map_or_else(Stdio::null, Stdio::from);
    let sum = output(program("md5sum", [""; 0], Path::new(".")).stdin(content))?;
    icat.wait().when("icat")?;
    Ok(String::from_utf8_lossy(&sum).chars().take_while(char::is_ascii_hexdigit).collect())
}

/// Files that TSK invents for what exFAT keeps in its root directory.
const INVENTED: [&str; 6] = [
    "/$ALLOC_BITMAP",
    "/$UPCASE_TABLE",
    "/$EMPTY_VOLUME_LABEL",
    "/$VOLUME_GUID",
    "/$TEX_FAT",
    "/$ACT",
];

/// The list of bad clusters, all hole: `icat` writes nothing of it.
const NOT_READ: &str = "/$BadClus:$Bad";

/// One line of a body file, with the file's address: `md5|name|address|mode|uid|gid|size|atime|mtime|ctime|crtime`; the name may contain bars.
fn body_line(line: &str) -> Option<(Listed, String)> {
    let (md5, rest) = line.split_once('|')?;
    let fields: Vec<&str> = rest.rsplitn(10, '|').collect();
    let &[_, _, _, _, size, _, _, mode, address, path] = fields.as_slice() else {
        return None;
    };
    if !is_file(path, address, mode) {
        return None;
    }
    let optional = INVENTED.contains(&path);
    let listed = Listed {
        path: path.to_owned(),
        size: size.parse().ok()?,
        md5: Some(md5.to_owned()),
        optional,
    };
    Some((listed, address.to_owned()))
}

/// Regular files only: v/v are inventions ($MBR, $FAT1), NTFS attributes other than $DATA (128) are no content, and labels are no files.
fn is_file(path: &str, address: &str, mode: &str) -> bool {
    let data = address.split('-').nth(1).is_none_or(|kind| kind == "128");
    mode.starts_with("r/") && data && path != NOT_READ && !path.ends_with(" (Volume Label Entry)")
}

#[cfg(test)]
mod tests {
    use super::body_line;

    #[test]
    fn a_body_line_is_read_from_both_ends() {
        let (file, address) =
            body_line("d41d8cd98f00b204e9800998ecf8427e|/a|b.txt|17|r/rrw-r--r--|0|0|61|1|2|3|4")
                .unwrap();
        assert_eq!((file.path.as_str(), file.size, file.optional), ("/a|b.txt", 61, false));
        assert_eq!(address, "17");
        assert_eq!(file.md5.unwrap(), "d41d8cd98f00b204e9800998ecf8427e");
    }

    #[test]
    fn what_is_no_file_is_left_out() {
        for line in [
            "1c279528e2506940ec3f3622b4891d30|/$MBR|16275|v/v---------|0|0|512|0|0|0|0",
            "d41d8cd98f00b204e9800998ecf8427e|/CLE USB     (Volume Label Entry)|3|r/rrwxrwxrwx|0|0|0|1|1|0|1",
            "00000000000000000000000000000000|/$Extend/$ObjId:$O|25-144-2|r/rr-xr-xr-x|0|0|48|1|1|1|1",
            "d41d8cd98f00b204e9800998ecf8427e|/f ($FILE_NAME)|3-48-2|r/rrwxrwxrwx|0|0|80|1|1|0|1",
        ] {
            assert!(body_line(line).is_none(), "{line}");
        }
    }
}
