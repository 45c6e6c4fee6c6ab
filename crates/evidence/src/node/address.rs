//! Which image is meant: a file of the host, and the way from it to an image inside.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::chain::ImagePlace;

/// Stands between the exhibit's path and the place of an image inside it.
const BETWEEN: &str = "!";

/// An image: an exhibit on the host, or an image at any depth inside it. Written `PATH`, or `PATH!@1048576:ntfs:35-2/image`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageAddress {
    /// The exhibit's file.
    pub host: PathBuf,
    /// The place inside it.
    pub place: ImagePlace,
}

impl ImageAddress {
    /// The exhibit with this path.
    #[must_use]
    pub fn exhibit(host: &Path) -> Self {
        Self { host: host.to_owned(), place: ImagePlace::exhibit() }
    }

    /// Reads an address as `to_string` writes it. A path that is a file of the host is one, whatever it looks like.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let inside = || {
            let bytes = Some(path.as_os_str().as_bytes()).filter(|_| !path.exists())?;
            let is_between =
                |at: &usize| bytes.get(*at..).is_some_and(|rest| rest.starts_with(b"!@"));
            (0..bytes.len()).filter(is_between).find_map(|at| {
                let place = str::from_utf8(bytes.get(at.saturating_add(BETWEEN.len())..)?).ok()?;
                let host = PathBuf::from(OsStr::from_bytes(bytes.get(..at)?));
                Some(Self { host, place: place.parse().ok()? })
            })
        };
        inside().unwrap_or_else(|| Self::exhibit(path))
    }

    /// The address as one path: what a case keeps of it.
    #[must_use]
    pub fn as_path(&self) -> PathBuf {
        if self.place.is_exhibit() {
            return self.host.clone();
        }
        let mut path = self.host.clone().into_os_string();
        path.push(BETWEEN);
        path.push(self.place.to_string());
        path.into()
    }
}

impl fmt::Display for ImageAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_path().display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for text in [
            "/ev/disk.raw",
            "/ev/a!b.raw",
            "/ev/disk.raw!@0:ext4:12-0/image",
            "/ev/a!@b!@0:ext4:12-0/image",
        ] {
            let address = ImageAddress::of(Path::new(text));
            assert_eq!(address.to_string(), text);
            assert_eq!(address.place.depth(), usize::from(text.ends_with("/image")), "{text}");
        }
        let inside = ImageAddress::of(Path::new("/ev/a!@b!@0:ext4:12-0/image"));
        assert_eq!(inside.host, Path::new("/ev/a!@b"));
        // What is no place of an image is a path: it is not found as such.
        assert!(ImageAddress::of(Path::new("/ev/disk.raw!@0:ext4:12-0")).place.is_exhibit());
    }

    #[test]
    fn a_file_of_the_host_is_one_whatever_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let name = "disk.raw!@0:ext4:12-0";
        std::fs::write(folder.path().join(name), b"x").unwrap();
        assert_eq!(ImageAddress::of(&folder.path().join(name)).host, folder.path().join(name));
    }
}
