//! Metadata of LVM2 that name more than any disk has: a limit is said, the rest is listed.

use crate::beside;

use byte_source::crc32;
use volume::{Division, Scheme};

const MIB: usize = 1 << 20;
const INITIAL_CRC: u32 = 0xf597_a6cf;
const ID: &str = "AbCdEf0123456789AbCdEf0123456789";

fn put(bytes: &mut [u8], at: usize, piece: &[u8]) {
    bytes[at..at + piece.len()].copy_from_slice(piece);
}

/// A medium that is one physical volume with a metadata area of 15 MiB and data from 16 MiB on.
fn medium(volumes: &str) -> Vec<u8> {
    let mut bytes = vec![0; 32 * MIB];
    let area = 4096;
    let area_bytes = 15 * MIB;
    let mut label = vec![0; 512];
    put(&mut label, 0, b"LABELONE");
    put(&mut label, 20, &32_u32.to_le_bytes());
    put(&mut label, 24, b"LVM2 001");
    put(&mut label, 32, ID.as_bytes());
    for (at, number) in [(64, 32 * MIB), (72, 16 * MIB), (104, area), (112, area_bytes)] {
        put(&mut label, at, &(number as u64).to_le_bytes());
    }
    let crc = crc32(INITIAL_CRC, &label[20..]);
    put(&mut label, 16, &crc.to_le_bytes());
    put(&mut bytes, 512, &label);
    let text = format!(
        "vg {{ id = \"x\" seqno = 1 extent_size = 2048 physical_volumes {{ pv0 {{ id = \"{ID}\" pe_start = 32768 }} }} logical_volumes {{ {volumes} }} }}\n"
    );
    assert!(text.len() < area_bytes - 512, "{}", text.len());
    let mut header = vec![0; 512];
    put(&mut header, 4, b" LVM2 x[5A%r0N*>");
    for (at, number) in [(24, area), (32, area_bytes), (40, 512), (48, text.len())] {
        put(&mut header, at, &(number as u64).to_le_bytes());
    }
    put(&mut header, 56, &crc32(INITIAL_CRC, text.as_bytes()).to_le_bytes());
    let crc = crc32(INITIAL_CRC, &header[4..]);
    put(&mut header, 0, &crc.to_le_bytes());
    put(&mut bytes, area, &header);
    put(&mut bytes, area + 512, text.as_bytes());
    bytes
}

fn volume(name: &str, segment: &str) -> String {
    format!("{name} {{ status = [\"VISIBLE\"] segment1 {{ start_extent = 0 {segment} }} }}\n")
}

fn logical(division: &Division) -> usize {
    division.volumes.iter().filter(|part| part.scheme == Scheme::Lvm2).count()
}

#[test]
fn more_logical_volumes_than_the_limit_are_said() {
    let linear = "extent_count = 1 type = \"striped\" stripes = [\"pv0\", 0]";
    let volumes: String = (0..20_000).map(|number| volume(&format!("v{number}"), linear)).collect();
    let division = beside::divide_bytes(medium(&volumes));
    assert_eq!(logical(&division), 1 << 14);
    let said: Vec<String> = division.problems.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 1, "{:?}", said.first());
    assert!(
        said[0].contains("limit reached: logical volumes of a medium, at most 16384"),
        "{said:?}"
    );
}

#[test]
fn more_extents_of_all_volumes_than_the_limit_are_said() {
    // 131,072 extents each: sixteen volumes are the limit.
    let striped = "extent_count = 1024 type = \"striped\" stripe_size = 16 stripes = [\"pv0\", 0, \"pv0\", 0]";
    let volumes: String = (0..40).map(|number| volume(&format!("v{number}"), striped)).collect();
    let division = beside::divide_bytes(medium(&volumes));
    let read = division.volumes.iter().filter(|part| part.extents.len() > 1).count();
    assert_eq!((read, logical(&division)), (16, 40));
    let limits =
        division.problems.iter().filter(|problem| problem.to_string().contains("extents of all"));
    assert_eq!(limits.count(), 24);
}

#[test]
fn a_volume_on_another_one_is_no_absent_disk() {
    let moved = "extent_count = 2 type = \"striped\" stripes = [\"pvmove0\", 0]";
    let division = beside::divide_bytes(medium(&volume("moved", moved)));
    let said: Vec<String> = division.problems.iter().map(ToString::to_string).collect();
    assert!(said.len() == 1 && said[0].contains("stands on another one"), "{said:?}");
    assert_eq!(logical(&division), 1);
}
