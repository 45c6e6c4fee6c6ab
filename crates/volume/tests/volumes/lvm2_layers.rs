//! Logical volumes of other types, physical volumes without metadata area or without a group, on disks whose metadata LVM2's own tools wrote.

use crate::beside;

use std::fs;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use byte_source::{MemorySource, Scratch, Severity, Source, read_vec};
use volume::{Division, Scheme};

const MIB: usize = 1 << 20;

const SCRIPT: &str = r#"
set -e
export DM_DISABLE_UDEV=1 LVM_SUPPRESS_FD_WARNINGS=1
truncate -s 64M d
sgdisk -n 1:2048:63487 -n 2:63488:126975 d >&2
first=$(losetup -f --show -o 1048576 --sizelimit 31457280 d)
trap 'losetup -d $first' EXIT
second=$(losetup -f --show -o 32505856 --sizelimit 32505856 d)
trap 'losetup -d $first $second' EXIT
name=athartest$$
lvm() { command lvm "$@" --devices $first,$second; }
lvm pvcreate -q -ff -y $first >&2
lvm pvcreate -q -ff -y --metadatacopies 0 $second >&2
sync d; cp d unused
lvm vgcreate -q -s 1M $name $first $second >&2
lvm vgcfgbackup -q -f before $name >&2
sed -i 's/seqno = 1/seqno = 2/' before
end=$(grep -n '^}' before | tail -1 | cut -d: -f1)
head -n $((end - 1)) before > after
cat volumes >> after
echo '}' >> after
tail -n +$((end + 1)) before >> after
lvm vgcfgrestore -q --force -y -f after $name >&2
lvm lvs --noheadings -o lv_name,segtype $name > listing
sync d
"#;

const VOLUMES: &str = r#"
logical_volumes {
 far { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAf1" status = ["READ", "WRITE", "VISIBLE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 4 type = "striped" stripe_count = 1 stripes = ["pv1", 10] } }
 root { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAf2" status = ["READ", "WRITE", "VISIBLE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 4 type = "striped" stripe_count = 1 stripes = ["pv0", 0] } }
 saved { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAf3" status = ["READ", "WRITE", "VISIBLE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 2 type = "striped" stripe_count = 1 stripes = ["pv0", 4] } }
 snapshot0 { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAf4" status = ["READ", "WRITE", "VISIBLE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 4 type = "snapshot" chunk_size = 8 origin = "root" cow_store = "saved" } }
 pool { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAf5" status = ["READ", "WRITE", "VISIBLE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 4 type = "thin-pool" metadata = "pool_tmeta" pool = "pool_tdata" transaction_id = 1 chunk_size = 128 discards = "passdown" zero_new_blocks = 1 } }
 thin { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAf6" status = ["READ", "WRITE", "VISIBLE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 20 type = "thin" thin_pool = "pool" transaction_id = 0 device_id = 1 } }
 pool_tmeta { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAf7" status = ["READ", "WRITE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 1 type = "striped" stripe_count = 1 stripes = ["pv0", 6] } }
 pool_tdata { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAf8" status = ["READ", "WRITE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 4 type = "striped" stripe_count = 1 stripes = ["pv0", 7] } }
 both { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAf9" status = ["READ", "WRITE", "VISIBLE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 4 type = "raid1" device_count = 2 region_size = 1024 raids = ["both_rmeta_0", "both_rimage_0", "both_rmeta_1", "both_rimage_1"] } }
 both_rmeta_0 { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAfa" status = ["READ", "WRITE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 1 type = "striped" stripe_count = 1 stripes = ["pv0", 11] } }
 both_rimage_0 { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAfb" status = ["READ", "WRITE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 4 type = "striped" stripe_count = 1 stripes = ["pv0", 12] } }
 both_rmeta_1 { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAfc" status = ["READ", "WRITE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 1 type = "striped" stripe_count = 1 stripes = ["pv1", 0] } }
 both_rimage_1 { id = "3oqWGH-Y3Pr-0lyd-JTLS-S5aP-MAUg-2nPAfd" status = ["READ", "WRITE"] flags = [] creation_time = 1 creation_host = "h" segment_count = 1
  segment1 { start_extent = 0 extent_count = 4 type = "striped" stripe_count = 1 stripes = ["pv1", 1] } }
}
"#;

/// Disks of two physical volumes, the second without metadata area.
#[derive(Clone)]
struct Disks {
    /// Before there was a group.
    unused: Vec<u8>,
    /// With the logical volumes.
    used: Vec<u8>,
    /// The names that `lvs` lists, sorted.
    listing: Vec<String>,
}

/// `None` where LVM2 or loop devices are not at hand. Made once for all tests.
fn disks() -> Option<Disks> {
    static DISKS: OnceLock<Option<Disks>> = OnceLock::new();
    DISKS.get_or_init(make_disks).clone()
}

fn make_disks() -> Option<Disks> {
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
    let listing = fs::read_to_string(folder.path().join("listing")).unwrap();
    let mut listing: Vec<String> = listing
        .lines()
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect();
    listing.sort();
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    Some(Disks { unused: read("unused"), used: read("d"), listing })
}

fn damages(division: &Division) -> Vec<String> {
    let damages = division.problems.iter().filter(|problem| problem.severity == Severity::Damage);
    damages.map(ToString::to_string).collect()
}

#[test]
fn volumes_of_other_types_are_named_as_lvs_lists_them() {
    let Some(disks) = disks() else { return };
    let division = beside::divide_bytes(disks.used);
    let logical: Vec<_> =
        division.volumes.iter().filter(|part| part.scheme == Scheme::Lvm2).collect();
    let name = |full: &str| full.rsplit('/').next().unwrap().to_owned();
    let mut names: Vec<String> = logical.iter().map(|part| name(&part.name)).collect();
    names.sort();
    assert_eq!(names, disks.listing);
    let mut unread: Vec<_> = logical
        .iter()
        .filter_map(|part| {
            part.member.map(|member| {
                (name(&part.name), part.type_code.as_str(), part.length(), member.name)
            })
        })
        .collect();
    unread.sort();
    let mib = |count: u64| count << 20;
    assert_eq!(
        unread,
        [
            ("both".to_owned(), "raid1", mib(4), "LVM2 RAID 1 volume (mirror)"),
            ("pool".to_owned(), "thin-pool", mib(4), "LVM2 thin pool"),
            ("saved".to_owned(), "snapshot", mib(2), "LVM2 snapshot"),
            ("thin".to_owned(), "thin", mib(20), "LVM2 thin volume"),
        ]
    );
    let said = damages(&division);
    assert_eq!(said.len(), 4, "{said:?}");
    for (name, _, _, kind) in unread {
        let wanted = format!("/{name}\": {kind} is recognised but not read");
        assert!(said.iter().any(|text| text.contains(&wanted)), "{said:?}");
    }
}

#[test]
fn a_physical_volume_without_metadata_area_is_found_by_the_group_of_another() {
    let Some(mut disks) = disks() else { return };
    // Data of the second physical volume begin one megabyte behind it.
    disks.used[32 * MIB + 10 * MIB..][..4 * MIB].fill(0xab);
    let medium: Arc<dyn Source> = Arc::new(MemorySource::new(disks.used));
    let division = volume::divide(&medium, &mut Scratch::new());
    let far = division.volumes.iter().find(|part| part.name.ends_with("/far")).unwrap();
    let source = far.source(&medium);
    assert!(
        read_vec(&*source, 0, source.len(), &mut Scratch::new()).unwrap() == vec![0xab; 4 * MIB]
    );
    let members: Vec<_> =
        division.volumes.iter().filter(|part| part.scheme == Scheme::Gpt).collect();
    let members: Vec<_> =
        members.iter().filter_map(|part| part.member).map(|member| member.name).collect();
    assert_eq!(members, ["LVM2 physical volume"; 2]);
}

#[test]
fn a_physical_volume_without_a_group_is_a_note_while_its_data_are_blank() {
    let Some(mut disks) = disks() else { return };
    let named = |bytes: Vec<u8>| {
        let division = beside::divide_bytes(bytes);
        let members: Vec<_> = division.volumes.iter().filter_map(|part| part.member).collect();
        assert!(
            members
                .iter()
                .all(|member| member.name == "LVM2 physical volume without a volume group")
        );
        assert_eq!(members.len(), 2);
        division.problems.iter().map(|problem| (problem.severity, problem.at)).collect::<Vec<_>>()
    };
    let labels = [MIB as u64 + 512, 31 * MIB as u64 + 512];
    assert_eq!(named(disks.unused.clone()), labels.map(|at| (Severity::Note, at)));
    disks.unused[2 * MIB + 4096] = 1;
    assert_eq!(named(disks.unused), [(Severity::Damage, labels[0]), (Severity::Note, labels[1])]);
}

#[test]
fn a_part_is_called_absent_only_when_every_label_is_whole() {
    let Some(disks) = disks() else { return };
    let texts = |bytes: Vec<u8>| damages(&beside::divide_bytes(bytes)).join("\n");
    let mut gone = disks.used.clone();
    gone[31 * MIB..32 * MIB].fill(0);
    assert!(texts(gone).contains("not on this medium"));
    let mut broken = disks.used;
    broken[31 * MIB + 512 + 40] ^= 1;
    let texts = texts(broken);
    assert!(
        texts.contains("whose label is broken") && !texts.contains("not on this medium"),
        "{texts}"
    );
}
