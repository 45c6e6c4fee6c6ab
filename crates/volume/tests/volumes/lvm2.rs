//! Logical volumes whose metadata LVM2's own tools wrote.

use crate::beside;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use byte_source::{BadReason, MemorySource, Scratch, Source, read_vec};
use volume::{Division, Role, Scheme, Volume};

const MIB: usize = 1 << 20;
/// Where the two physical volumes begin, and where their data does.
const PHYSICAL: [usize; 2] = [MIB, 31 * MIB];
const DATA: [usize; 2] = [2 * MIB, 32 * MIB];

const SCRIPT: &str = r#"
set -e
export DM_DISABLE_UDEV=1 LVM_SUPPRESS_FD_WARNINGS=1
truncate -s 64M d
sgdisk -n 1:2048:63487 -n 2:63488:126975 d
first=$(losetup -f --show -o 1048576 --sizelimit 31457280 d)
trap 'losetup -d $first' EXIT
second=$(losetup -f --show -o 32505856 --sizelimit 32505856 d)
trap 'losetup -d $first $second' EXIT
name=athartest$$
lvm() { command lvm "$@" --devices $first,$second; }
lvm pvcreate -q -ff -y $first $second
lvm vgcreate -q -s 1M $name $first $second
lvm vgcfgbackup -q -f before $name
sed -i 's/seqno = 1/seqno = 2/' before
end=$(grep -n '^}' before | tail -1 | cut -d: -f1)
head -n $((end - 1)) before > after
cat volumes >> after
echo '}' >> after
tail -n +$((end + 1)) before >> after
lvm vgcfgrestore -q -f after $name >&2
lvm lvs --noheadings -o lv_name,seg_pe_ranges,stripesize --units b --nosuffix $name | sed "s,$first,pv0,g; s,$second,pv1,g" > listing
sync d
"#;

const VOLUMES: &str = r#"
logical_volumes {
 one { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAf1" status = ["READ", "WRITE", "VISIBLE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 2
  segment1 { start_extent = 0 extent_count = 5 type = "striped" stripe_count = 1 stripes = ["pv0", 3] }
  segment2 { start_extent = 5 extent_count = 4 type = "striped" stripe_count = 1 stripes = ["pv1", 10] } }
 two { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAf2" status = ["READ", "WRITE", "VISIBLE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 6 type = "striped" stripe_count = 2 stripe_size = 128 stripes = ["pv0", 10, "pv1", 0] } }
}
"#;

/// A disk with two physical volumes and two logical ones; `None` where LVM2 or loop devices are not at hand. Made once for all tests.
fn disk() -> Option<Vec<u8>> {
    static DISK: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    DISK.get_or_init(make_disk).clone()
}

fn make_disk() -> Option<Vec<u8>> {
    if !["lvm", "losetup", "sgdisk"].into_iter().all(beside::have) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("volumes"), VOLUMES).unwrap();
    let probe = "truncate -s 1M probe && loop=$(losetup -f --show probe) && losetup -d $loop";
    let probe = Command::new("sh").args(["-c", probe]).current_dir(folder.path()).output().unwrap();
    if !probe.status.success() {
        eprintln!("skipped: no loop devices here");
        return None;
    }
    beside::run(folder.path(), SCRIPT);
    assert_listing(folder.path());
    Some(fs::read(folder.path().join("d")).unwrap())
}

/// LVM2 reads its metadata as the test means them.
fn assert_listing(folder: &Path) {
    let listing = fs::read_to_string(folder.join("listing")).unwrap();
    let lines: Vec<String> =
        listing.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines, ["one pv0:3-7 0", "one pv1:10-13 0", "two pv0:10-12 pv1:0-2 65536"]);
}

/// Fills every extent of both physical volumes with its number.
fn fill(bytes: &mut [u8]) {
    for (number, data) in DATA.into_iter().enumerate() {
        for extent in 0..29 {
            bytes[data + extent * MIB..][..MIB].fill((100 * number + extent) as u8);
        }
    }
}

fn logical(division: &Division) -> Vec<&Volume> {
    let mut volumes: Vec<_> =
        division.volumes.iter().filter(|part| part.scheme == Scheme::Lvm2).collect();
    volumes.sort_by_key(|part| part.number);
    volumes
}

#[test]
fn linear_and_striped_volumes_are_placed_as_lvm_places_them() {
    let Some(mut bytes) = disk() else { return };
    fill(&mut bytes);
    let medium: Arc<dyn Source> = Arc::new(MemorySource::new(bytes));
    let mut scratch = Scratch::new();
    let division = volume::divide(&medium, &mut scratch);
    assert_eq!((division.scheme, division.problems.as_slice()), (Scheme::Gpt, [].as_slice()));
    let partitions = division
        .volumes
        .iter()
        .filter(|part| part.scheme == Scheme::Gpt && part.role == Role::Volume);
    assert_eq!(partitions.map(Volume::start).collect::<Vec<_>>(), PHYSICAL.map(|at| at as u64));
    let [one, two] = logical(&division)[..] else { panic!("{division:?}") };
    assert!(one.name.ends_with("/one") && two.name.ends_with("/two"), "{} {}", one.name, two.name);
    assert_eq!((one.type_code.as_str(), two.type_code.as_str()), ("linear", "striped"));

    let read = |volume: &Volume| {
        let source = volume.source(&medium);
        read_vec(&*source, 0, source.len(), &mut Scratch::new()).unwrap()
    };
    let expected: Vec<u8> = [3, 4, 5, 6, 7, 110, 111, 112, 113]
        .into_iter()
        .flat_map(|number| vec![number; MIB])
        .collect();
    assert!(read(one) == expected);
    let stripe = |number: u8| vec![number; 64 << 10];
    let row = |first: u8, second: u8| {
        (0..16).flat_map(move |_| [stripe(first), stripe(second)].concat()).collect::<Vec<u8>>()
    };
    assert!(read(two) == [row(10, 100), row(11, 101), row(12, 102)].concat());
}

#[test]
fn what_lies_on_a_lost_physical_volume_is_bad_and_said() {
    let Some(mut bytes) = disk() else { return };
    fill(&mut bytes);
    bytes[PHYSICAL[1]..PHYSICAL[1] + MIB].fill(0);
    let medium: Arc<dyn Source> = Arc::new(MemorySource::new(bytes));
    let division = volume::divide(&medium, &mut Scratch::new());
    let [one, _] = logical(&division)[..] else { panic!("{division:?}") };
    let source = one.source(&medium);
    assert_eq!(read_vec(&*source, 0, 5 << 20, &mut Scratch::new()).unwrap()[4 * MIB], 7);
    assert_eq!(read_vec(&*source, 5 << 20, 512, &mut Scratch::new()), Err(BadReason::BeyondEnd));
    assert_eq!(division.problems.len(), 2, "{:?}", division.problems);
}

#[test]
fn damaged_metadata_are_said_and_the_partitions_stay() {
    let Some(bytes) = disk() else { return };
    let places: Vec<usize> =
        PHYSICAL.iter().flat_map(|at| [at + 512 + 30, at + 4096 + 50, at + 4096 + 2600]).collect();
    for at in places {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        let division = beside::divide_bytes(damaged);
        beside::assert_covered(&division, 64 << 20);
        let volumes = logical(&division).len();
        assert!(volumes == 2 || !division.problems.is_empty(), "byte {at}: {volumes}");
    }
    let mut numbers = beside::Seeded(9);
    for _ in 0..100 {
        let mut mutant = bytes.clone();
        for _ in 0..=numbers.below(5) {
            let at = PHYSICAL[numbers.below(2) as usize] + numbers.below(12_000) as usize;
            mutant[at] = numbers.next() as u8;
        }
        beside::assert_covered(&beside::divide_bytes(mutant), 64 << 20);
    }
}
