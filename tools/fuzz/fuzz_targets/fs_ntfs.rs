#![no_main]
fuzz::packed_target!("fs_ntfs");
