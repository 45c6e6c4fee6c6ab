//! Layers between the medium and the file systems, on small disks of the shared data: what is healthy ends complete, what is not read is
//! named.

use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

use crate::program::{Lab, Run};
use crate::shared_data;

/// Unpacks a file of the shared data beside the lab; `None`, with a word, where it is not there.
fn unpacked(lab: &Lab, name: &str) -> Option<PathBuf> {
    let from = shared_data::folder()?.join("data").join(name);
    if !from.exists() {
        eprintln!("skipped: {} is not there", from.display());
        return None;
    }
    let to = lab.beside(from.file_stem().unwrap().to_str().unwrap());
    let unpack = match from.extension().unwrap().to_str().unwrap() {
        "zst" => format!("zstd -dqf --sparse -o '{}' '{}'", to.display(), from.display()),
        "tgz" => format!("tar xzSf '{}' -C '{}'", from.display(), to.parent().unwrap().display()),
        _ => format!(
            "gunzip -c '{}' | cp --sparse=always /dev/stdin '{}'",
            from.display(),
            to.display()
        ),
    };
    assert!(Command::new("sh").args(["-c", &unpack]).status().unwrap().success(), "{unpack}");
    Some(to)
}

/// A problem of a scan: its severity, its place on the medium, its text.
type Said = (String, i64, String);

/// Scans `image`; what the case says of it.
fn scanned(lab: &Lab, image: &Path) -> (Run, Vec<Said>) {
    let run = lab.scan(image);
    let connection = Connection::open(lab.case_file("c")).unwrap();
    let mut query = connection
        .prepare("SELECT severity, at, structure, statement FROM problem ORDER BY id")
        .unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        let (at, structure, statement): (i64, String, String) =
            (row.get(1)?, row.get(2)?, row.get(3)?);
        let text = words::problem_text(
            &structure,
            u64::try_from(at).ok(),
            &statement,
            words::Language::English,
        );
        Ok((row.get(0)?, at, text))
    };
    let said: Vec<Said> = query.query_map([], row).unwrap().map(Result::unwrap).collect();
    for (_, at, text) in &said {
        assert!(
            text.contains(&format!("at byte {at} ")),
            "{text}: the place on the medium is {at}"
        );
    }
    (run, said)
}

fn damages(said: &[Said]) -> Vec<&str> {
    said.iter()
        .filter(|(severity, ..)| severity == "damage")
        .map(|(.., text)| text.as_str())
        .collect()
}

/// Scans an image of the shared data; `None` where it is not there.
fn scan_shared(name: &str) -> Option<(Lab, Run, Vec<Said>)> {
    let lab = Lab::new();
    let image = unpacked(&lab, name)?;
    let (run, said) = scanned(&lab, &image);
    Some((lab, run, said))
}

/// Panics unless the scan is incomplete and a damage has each of these words.
fn assert_named(run: &Run, said: &[Said], words: &[&str]) {
    assert_eq!(run.code(), 3, "{}", run.all());
    for word in words {
        assert!(damages(said).iter().any(|text| text.contains(word)), "{word}: {said:?}");
    }
    assert!(!damages(said).iter().any(|text| text.contains("no known file system")), "{said:?}");
}

#[test]
fn healthy_lvm_disks_are_complete() {
    for name in ["faults/lvm/ext.raw.gz", "faults/lvm/whole_wrap.raw.gz"] {
        let Some((lab, run, said)) = scan_shared(name) else { return };
        assert_eq!((run.code(), damages(&said)), (0, vec![]), "{name}\n{}", run.all());
        let hashed = lab.export("c").iter().filter(|row| row["disposition"] == "hashed").count();
        assert!(hashed > 0, "{name}");
    }
}

#[test]
fn volumes_on_a_physical_volume_without_metadata_area_are_read_whole() {
    let Some((_lab, run, said)) = scan_shared("faults/lvm/stripe_nomda.raw.gz") else { return };
    assert_eq!((run.code(), damages(&said)), (0, vec![]), "{}", run.all());
    assert!(
        run.out().contains("ext4 \"striped\"") && run.out().contains("ext4 \"lin\""),
        "{}",
        run.all()
    );
}

#[test]
fn thin_volumes_snapshots_and_mirrors_are_named_as_unread() {
    let named: [(&str, &[&str], usize); 3] = [
        ("thin", &["LVM2 thin pool", "LVM2 thin volume"], 2),
        ("snap", &["LVM2 snapshot"], 1),
        ("raid1_half", &["LVM2 RAID 1 volume"], 1),
    ];
    for (name, words, count) in named {
        let Some((_lab, run, said)) = scan_shared(&format!("faults/lvm/{name}.raw.gz")) else {
            return;
        };
        assert_named(&run, &said, words);
        assert_eq!(damages(&said).len(), count, "{name}: {said:?}");
    }
}

#[test]
fn a_second_luks_header_and_an_unused_physical_volume_are_named() {
    let Some((_lab, run, said)) = scan_shared("faults/lvm-without-group/blkid-luks2-pv.img.zst")
    else {
        return;
    };
    assert_named(&run, &said, &["encrypted"]);
    assert!(run.out().contains("LUKS 2"), "{}", run.all());
    assert!(
        said.iter()
            .any(|(.., text)| text.contains("physical volume of a group without logical volumes")),
        "{said:?}"
    );
}

#[test]
fn members_of_an_array_are_named_even_when_they_read_as_a_disk() {
    for version in ["1.1", "1.2"] {
        let name = format!("faults/md-raid/md_v{}.raw.gz", version.replace('.', ""));
        let Some((_lab, run, said)) = scan_shared(&name) else { return };
        assert_named(&run, &said, &["md RAID 1 member", &format!("md superblock {version}")]);
    }
    let Some((lab, run, said)) = scan_shared("faults/md-raid/md_v10.raw.gz") else { return };
    assert_eq!(run.code(), 0, "{}", run.all());
    let named = |(severity, at, text): &Said| {
        severity == "note"
            && *at == 65_520 * 512
            && text.contains("md superblock 1.0")
            && text.contains("RAID 1")
    };
    assert!(said.iter().any(named), "{said:?}");
    assert!(lab.export("c").iter().any(|row| row["disposition"] == "hashed"));
}

#[test]
fn partitions_that_hold_no_files_are_notes() {
    let Some((_lab, run, said)) = scan_shared("faults/boot-partition/grub.raw.gz") else { return };
    assert_eq!((run.code(), damages(&said)), (0, vec![]), "{}", run.all());
    let at = |word: &str| said.iter().find(|(.., text)| text.contains(word)).map(|(_, at, _)| *at);
    assert_eq!(at("BIOS boot partition"), Some(41_943_040), "{said:?}");
    assert_eq!(at("Microsoft reserved partition"), Some(1_048_576), "{said:?}");
    assert_eq!(at("Linux swap"), Some(23_068_672), "{said:?}");
}

#[test]
fn an_apple_map_of_large_blocks_is_read() {
    let Some((_lab, run, said)) = scan_shared("faults/apm-4096/apm4096.raw.gz") else { return };
    assert_eq!((run.code(), damages(&said)), (0, vec![]), "{}", run.all());
    assert!(
        run.out().contains("Apple_UNIX_SVR2") && run.out().contains("Linux_Native"),
        "{}",
        run.all()
    );
}

#[test]
fn shadow_copies_are_counted_and_named_as_unread() {
    let lab = Lab::new();
    let Some(archive) = unpacked(&lab, "next/dfirntfs-vss_2003/vss_2003.tgz") else { return };
    let image = archive.with_extension("raw");
    // Looked at, not scanned: the disk is 128 GiB of holes.
    let run = lab.run(&["volumes", image.to_str().unwrap()]);
    assert_eq!(run.code(), 3, "{}", run.all());
    let place = 32_256 + 0x1e00;
    let text = format!(
        "at byte {place} ({place:#x}): 6 snapshots (volume shadow copies) are recognised but not read"
    );
    assert!(run.out().contains(&text), "{}", run.all());
}

/// Writes the header and the catalog of `count` shadow copies into an NTFS volume (libvshadow, "Volume Shadow Snapshot (VSS) format").
fn put_shadow_copies(volume: &mut [u8], catalog_at: usize, count: usize) {
    let identifier = b"\x6b\x87\x08\x38\x76\xc1\x48\x4e\xb7\xae\x04\x04\x6e\x6c\xc7\x52";
    let mut put = |at: usize, piece: &[u8]| volume[at..at + piece.len()].copy_from_slice(piece);
    for (at, record_type) in [(0x1e00, 1), (catalog_at, 2)] {
        put(at, identifier);
        put(at + 16, &[1, 0, 0, 0, record_type]);
    }
    put(0x1e00 + 48, &(catalog_at as u64).to_le_bytes());
    (0..count).for_each(|number| put(catalog_at + 128 * (number + 1), &[2]));
}

#[test]
fn a_scan_of_a_volume_with_shadow_copies_is_incomplete() {
    let lab = Lab::new();
    let path = lab.write("ntfs.raw", &vec![0; 16 << 20]);
    let made = Command::new("mkntfs").args(["-Q", "-F", "-q"]).arg(&path).output();
    if !made.is_ok_and(|made| made.status.success()) {
        return eprintln!("skipped: mkntfs is not installed, or failed");
    }
    let plain = std::fs::read(&path).unwrap();
    assert_eq!(lab.scan(&path).code(), 0);
    let mut bytes = plain;
    put_shadow_copies(&mut bytes, 12 << 20, 3);
    std::fs::write(&path, bytes).unwrap();
    let other = Lab::new();
    let (run, said) = scanned(&other, &path);
    assert_named(&run, &said, &["3 snapshots (volume shadow copies)"]);
    assert_eq!(damages(&said).len(), 1, "{said:?}");
    assert!(
        other.export("c").iter().any(|row| row["disposition"] == "hashed"),
        "the volume itself is read"
    );
}
