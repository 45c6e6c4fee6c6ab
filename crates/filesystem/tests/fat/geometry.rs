//! One wrong field of the boot sector moves every cluster: the files have other bytes, and the volume must say so.
use crate::builder;
use crate::listing;

use std::collections::BTreeMap;
use std::sync::Arc;

use builder::Volume;
use byte_source::MemorySource;
use filesystem::OpenOptions;
use listing::Listing;

/// The BIOS parameter block (FAT spec, "Boot Sector and BPB").
const PARAMETERS: std::ops::Range<usize> = 11..64;
const DIRECTORY: u8 = 0x10;

/// Writes a file of three clusters, 10 to 12, with other letters around it.
fn write_file(volume: &mut Volume) {
    for (cluster, letter) in (3..40).zip(b'A'..) {
        volume.fill(cluster, letter);
    }
    volume.entry(volume.root_slot(0), b"FILE    TXT", 0x20, 10, 1300);
    volume.link(10, &[11, 12]);
}

/// Writes a directory in cluster 20, with or without a file in it, of cluster 21.
fn write_directory(volume: &mut Volume, has_file: bool) {
    volume.entry(volume.root_slot(1), b"FOLDER     ", DIRECTORY, 20, 0);
    volume.fill(20, 0);
    let at = volume.cluster_at(20);
    volume.entry(at, b".          ", DIRECTORY, 20, 0);
    volume.entry(at + 32, b"..         ", DIRECTORY, 0, 0);
    volume.link(20, &[]);
    if has_file {
        volume.entry(at + 64, b"INNER   TXT", 0x20, 21, 512);
        volume.link(21, &[]);
    }
}

fn list(bytes: Vec<u8>) -> Option<Listing> {
    let (_, fs) = listing::open(Arc::new(MemorySource::new(bytes)), &OpenOptions::default())?;
    Some(listing::list(&*fs))
}

/// Files in use with their content.
fn files(listing: &Listing) -> BTreeMap<String, (u64, String)> {
    let live = listing.entries().flat_map(|(path, rows)| rows.iter().map(move |row| (path, row)));
    live.filter(|(_, row)| row.allocated && row.bad == 0)
        .map(|(path, row)| (path.clone(), (row.size, row.md5.clone())))
        .collect()
}

/// Inverts each bit of the parameters; returns the places where files are lost or other, and no damage is said.
fn silent_flips(volume: &Volume) -> Vec<(usize, u8)> {
    let sound = files(&volume.list());
    let bits = PARAMETERS.flat_map(|at| (0..8).map(move |bit| (at, bit)));
    bits.filter(|(at, bit)| {
        let mut bytes = volume.bytes.clone();
        bytes[*at] ^= 1 << bit;
        let Some(found) = list(bytes) else { return false };
        let shown = files(&found);
        let is_lost = sound.iter().any(|(path, file)| shown.get(path) != Some(file));
        is_lost && found.damage().is_empty()
    })
    .collect()
}

#[test]
fn no_bit_of_the_boot_sector_moves_the_files_silently_where_a_directory_tells() {
    for has_file in [true, false] {
        for mut volume in [Volume::fat16(), Volume::fat32_of(300)] {
            write_file(&mut volume);
            write_directory(&mut volume, has_file);
            assert_eq!(volume.list().damage(), [""; 0]);
            assert_eq!(silent_flips(&volume), []);
        }
    }
}

#[test]
fn no_bit_of_the_boot_sector_moves_the_files_silently_where_there_is_no_directory() {
    for mut volume in [Volume::fat16(), Volume::fat32_of(300)] {
        write_file(&mut volume);
        assert_eq!(volume.list().damage(), [""; 0]);
        assert_eq!(silent_flips(&volume), []);
    }
}
