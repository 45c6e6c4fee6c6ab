//! On what kind of file system a path lies: SQLite's write-ahead log needs memory that all programs share, which no network gives.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::{StoreError, io_error};

/// The type of FUSE mounts, whatever program stands behind them.
const FUSE: u32 = 0x6573_5546;

/// File systems that are on another machine, or on the host of a virtual one: `f_type` of statfs(2), and a name for people. From the
/// manual page statfs(2) and the kernel's `magic.h`; those that the kernel defines elsewhere are named so.
const REMOTE: &[(u32, &str)] = &[
    (0x0000_6969, "NFS"),
    (0x0000_517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9p"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x7461_636f, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0x7375_7245, "Coda"),
    (0x0000_564c, "NCP"),
    (0x4750_4653, "GPFS"),
    (0xaad7_aaea, "PanFS"),
    (0x1980_0202, "BeeGFS"),
    (0x2003_0528, "OrangeFS"),
    (0x013f_ca08, "StorNext"),
    // VirtualBox and VMware: folders of the host.
    (0x786f_4256, "a VirtualBox shared folder"),
    (0xbacb_acbc, "a VMware shared folder"),
];

/// FUSE programs whose files lie on this machine: mapped memory is shared as on a disk. All others count as remote.
const LOCAL_FUSE: &[&str] = &[
    // With a block device behind it: ntfs-3g, exfat-fuse, …
    "fuseblk",
    "fuse.bindfs",
    "fuse.cryfs",
    "fuse.encfs",
    "fuse.exfat-fuse",
    "fuse.ext4",
    "fuse.fuse-ext2",
    "fuse.fuse-overlayfs",
    "fuse.gocryptfs",
    "fuse.mergerfs",
    "fuse.ntfs",
    "fuse.ntfs-3g",
    "fuse.securefs",
    "fuse.squashfuse",
    "fuse.unionfs",
    "fuse.veracrypt",
    "fuse.zfs-fuse",
];

/// The name of the remote file system that `path` lies on, or would if it were made; `None` when it lies on this machine.
///
/// # Errors
/// What the operating system says.
pub fn remote_file_system(path: &Path) -> Result<Option<String>, StoreError> {
    let there = nearest(path);
    let found = rustix::fs::statfs(&there).map_err(|error| io_error(&there, error.into()))?;
    // The C type differs between architectures; the values have 32 bits.
    let kind = u32::try_from(i128::from(found.f_type) & 0xffff_ffff).unwrap_or_default();
    let mounted_as = if kind == FUSE {
        mount_type(&there).map_err(|error| io_error(&there, error))?
    } else {
        None
    };
    Ok(classify(kind, mounted_as.as_deref()))
}

/// Refuses a path on a remote file system.
///
/// # Errors
/// [`StoreError::Remote`], or what the operating system says.
pub fn refuse_network_share(path: &Path) -> Result<(), StoreError> {
    match remote_file_system(path)? {
        Some(file_system) => Err(StoreError::Remote { path: path.to_owned(), file_system }),
        None => Ok(()),
    }
}

fn classify(kind: u32, mounted_as: Option<&str>) -> Option<String> {
    if kind == FUSE {
        return match mounted_as {
            Some(name) if LOCAL_FUSE.contains(&name) => None,
            Some(name) => Some(format!("a FUSE mount ({name})")),
            None => Some("a FUSE mount".to_owned()),
        };
    }
    REMOTE.iter().find(|(magic, _)| *magic == kind).map(|(_, name)| (*name).to_owned())
}

/// The path, or the lowest folder above it that is there.
fn nearest(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = whole.ancestors().find(|path| path.exists());
    there.unwrap_or(Path::new("/")).to_owned()
}

/// How the kernel calls the file system that is mounted there: `fuseblk`, `fuse.sshfs`, …
fn mount_type(path: &Path) -> io::Result<Option<String>> {
    let device = fs::metadata(path)?.dev();
    let wanted = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    Ok(mounts.lines().find_map(|line| type_of_line(line, &wanted)))
}

/// A line of mountinfo (proc_pid_mountinfo(5)): number, parent, device, root, place, options, …, `-`, type, source, …
fn type_of_line(line: &str, device: &str) -> Option<String> {
    let (before, behind) = line.split_once(" - ")?;
    (before.split(' ').nth(2)? == device).then(|| behind.split(' ').next().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_file_systems_are_told_from_those_of_this_machine() {
        for (kind, name) in
            [(0x6969, "NFS"), (0xff53_4d42, "CIFS"), (0xfe53_4d42, "SMB2"), (0x0102_1997, "9p")]
        {
            assert_eq!(classify(kind, None).as_deref(), Some(name));
        }
        // ext4, XFS, Btrfs, tmpfs, overlay, F2FS, ZFS, exFAT, FAT, NTFS3, squashfs, ecryptfs
        for kind in [
            0xef53,
            0x5846_5342,
            0x9123_683e,
            0x0102_1994,
            0x794c_7630,
            0xf2f5_2010,
            0x2fc1_2fc1,
            0x2011_bab0,
            0x4d44,
            0x7366_746e,
            0x7371_7368,
            0xf15f,
        ] {
            assert_eq!(classify(kind, None), None, "{kind:x}");
        }
    }

    #[test]
    fn of_fuse_the_mounting_program_decides() {
        assert_eq!(classify(FUSE, Some("fuseblk")), None);
        assert_eq!(classify(FUSE, Some("fuse.bindfs")), None);
        assert_eq!(
            classify(FUSE, Some("fuse.sshfs")).as_deref(),
            Some("a FUSE mount (fuse.sshfs)")
        );
        assert_eq!(classify(FUSE, Some("virtiofs")).as_deref(), Some("a FUSE mount (virtiofs)"));
        assert_eq!(classify(FUSE, None).as_deref(), Some("a FUSE mount"));
    }

    #[test]
    fn the_type_stands_behind_the_dash() {
        let line =
            "36 35 0:57 / /mnt/a\\040b rw,noatime shared:1 - fuse.sshfs user@host:/ rw,user_id=0";
        assert_eq!(type_of_line(line, "0:57").as_deref(), Some("fuse.sshfs"));
        assert_eq!(type_of_line(line, "0:5"), None);
        assert_eq!(type_of_line("rubbish", "0:57"), None);
    }

    #[test]
    fn a_path_that_is_not_there_yet_lies_where_its_folder_lies() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            nearest(&folder.path().join("a/b/c")),
            std::path::absolute(folder.path()).unwrap()
        );
        assert_eq!(remote_file_system(&folder.path().join("lab")).unwrap(), None);
    }
}
