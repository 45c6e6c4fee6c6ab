//! Images in files of other images: found, looked into, scanned, read back.

mod disks;
mod folders;
mod hostile;
mod looks;
mod scans;
