//! Limits of evidence inside evidence, all in one place. Each is said when it is reached.
//!
//! They bound what hostile evidence can make of a scan: files that hold images that hold files, media that claim to be larger than what
//! stores them, images without number. What lies beyond is listed and not read inside.

/// Images that lie one in the other, below the exhibit itself. Real evidence has two or three (a phone's disk in a virtual machine's disk in
/// a computer's); each one costs every read another step.
pub const MOST_DEPTH: usize = 8;

/// Files of one image or folder that are looked at as possible images. Further ones are counted.
pub const MOST_CANDIDATES: usize = 10_000;

/// Bytes of a nested medium that need no justification by what stores it: an empty dynamic VHDX of Windows claims 127 GiB in 4 MiB.
pub const FREE_MEDIUM_BYTES: u64 = 256 << 30;

/// A nested medium beyond [`FREE_MEDIUM_BYTES`] may be so many times as large as its files.
pub const MOST_EXPANSION: u64 = 1_000;

/// Bytes of all nested media below one exhibit. Hashing them takes hours; further ones are listed.
pub const MOST_MEDIA_BYTES: u64 = 16 << 40;

/// Images inside one exhibit that are read, at any depth. Further ones are listed.
pub const MOST_IMAGES: usize = 10_000;

/// Files of one nested image: segments, extents, parents.
pub const MOST_FILES: usize = 10_000;

/// Returns why a nested medium of `medium_bytes` that lies in files of `stored_bytes` is not read: it claims too much.
#[must_use]
pub fn too_large(medium_bytes: u64, stored_bytes: u64) -> Option<String> {
    let most = stored_bytes.saturating_mul(MOST_EXPANSION).max(FREE_MEDIUM_BYTES);
    (medium_bytes > most).then(|| {
        format!(
            "its medium of {medium_bytes} bytes is more than {MOST_EXPANSION} times the {stored_bytes} bytes that store it, and more than {FREE_MEDIUM_BYTES} bytes"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_and_qemu_make_is_read_and_a_bomb_is_not() {
        assert_eq!(too_large(127 << 30, 4 << 20), None, "an empty dynamic VHDX");
        assert_eq!(too_large(2 << 40, 8 << 30), None, "a disk of 2 TiB that is used a little");
        assert!(
            too_large(8 << 40, 196_608).unwrap().contains("8796093022208"),
            "a qcow2 without a cluster"
        );
    }
}
