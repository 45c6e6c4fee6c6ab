//! VMDK images written by `qemu-img`, whole, layered and damaged.

use crate::beside;

use std::fs;
use std::path::Path;

use beside::Seeded;
use byte_source::{BadReason, Severity};
use disk_image::{Container, ImageError};

/// Converts `medium` to `image.vmdk`; false without the program.
fn convert(folder: &Path, medium: &[u8], options: &str) -> bool {
    if !beside::have("qemu-img") {
        return false;
    }
    fs::write(folder.join("medium.raw"), medium).unwrap();
    beside::run(
        folder,
        &format!("qemu-img convert -f raw -O vmdk {options} medium.raw image.vmdk"),
    );
    true
}

#[test]
fn every_kind_gives_the_medium_back() {
    for options in [
        "-o subformat=monolithicSparse",
        "-o subformat=monolithicSparse,zeroed_grain=on",
        "-o subformat=monolithicFlat",
        "-o subformat=twoGbMaxExtentSparse",
        "-o subformat=twoGbMaxExtentFlat",
        "-o subformat=streamOptimized",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut medium = beside::medium(40_000_000 / 512 * 512, 33);
        medium[1_000_000..35_500_000].fill(0);
        if !convert(folder.path(), &medium, options) {
            return;
        }
        for positioned in [false, true] {
            let image = beside::open_by(&folder.path().join("image.vmdk"), positioned).unwrap();
            assert_eq!(image.container, Container::Vmdk);
            assert!(beside::all_bytes(&*image.medium) == medium, "{options}");
            assert_eq!(image.problems, [], "{options}");
        }
    }
}

/// A medium of 5 GB in three extents, with one written sector near each end.
#[test]
fn split_extents_follow_each_other_and_a_missing_one_is_bad() {
    if !beside::have("qemu-io") || !beside::have("qemu-img") {
        return;
    }
    for kind in ["Sparse", "Flat"] {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(
            "qemu-img create -q -f vmdk -o subformat=twoGbMaxExtent{kind} image.vmdk 5G && \
             qemu-io -f vmdk -c 'write -P 1 0 512' -c 'write -P 2 2147483136 1024' -c 'write -P 3 5368708608 512' image.vmdk >&2"
        );
        beside::run(folder.path(), &script);
        let image = beside::open(&folder.path().join("image.vmdk")).unwrap();
        assert_eq!((image.medium.len(), image.segments.len()), (5 << 30, 4));
        let read =
            |at| byte_source::read_vec(&*image.medium, at, 1024, &mut byte_source::Scratch::new());
        assert_eq!(read(2_147_483_136).unwrap(), [2; 1024]);
        assert_eq!(read((5 << 30) - 1024).unwrap()[512..], [3; 512]);
        let letter = kind[..1].to_lowercase();
        fs::remove_file(folder.path().join(format!("image-{letter}002.vmdk"))).unwrap();
        let image = beside::open(&folder.path().join("image.vmdk")).unwrap();
        let read =
            |at| byte_source::read_vec(&*image.medium, at, 1024, &mut byte_source::Scratch::new());
        assert_eq!(read((5 << 30) - 1024).unwrap()[512..], [3; 512]);
        assert_eq!(read(3 << 30), Err(BadReason::MissingSegment { number: 2 }));
        assert!(matches!(image.problems[..], [ref one] if one.severity == Severity::Damage));
        beside::run(folder.path(), &format!("rm image-{letter}0*.vmdk"));
        assert!(matches!(
            beside::open(&folder.path().join("image.vmdk")),
            Err(ImageError::MissingFile { .. })
        ));
    }
}

#[test]
fn a_chain_of_images_reads_through_to_the_first() {
    if !beside::have("qemu-io") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    if !convert(folder.path(), &beside::medium(3_000_320, 5), "-o subformat=monolithicSparse") {
        return;
    }
    let script = "mv image.vmdk base.vmdk && qemu-img create -q -f vmdk -b base.vmdk -F vmdk image.vmdk && \
        qemu-io -f vmdk -c 'write -P 7 100k 300k' -c 'write -P 9 1M 512' image.vmdk >&2 && qemu-img convert -f vmdk -O raw image.vmdk expected";
    beside::run(folder.path(), script);
    let path = folder.path().join("image.vmdk");
    let image = beside::open(&path).unwrap();
    assert!(beside::all_bytes(&*image.medium) == fs::read(folder.path().join("expected")).unwrap());
    assert_eq!(image.problems, []);

    let base = folder.path().join("base.vmdk");
    let text = String::from_utf8_lossy(&fs::read(&base).unwrap()).into_owned();
    let at = text.find("CID=").unwrap() + 4;
    let mut bytes = fs::read(&base).unwrap();
    bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
    fs::write(&base, bytes).unwrap();
    let image = beside::open(&path).unwrap();
    assert!(
        image.problems.iter().any(|problem| problem.to_string().contains("CID")),
        "{:?}",
        image.problems
    );

    fs::remove_file(base).unwrap();
    match beside::open(&path).map(|_| ()) {
        Err(ImageError::MissingFile { name, .. }) => assert_eq!(name, "base.vmdk"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_damaged_compressed_grain_is_bad_or_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let medium = beside::medium(3_000_320, 5);
    if !convert(folder.path(), &medium, "-o subformat=streamOptimized") {
        return;
    }
    let whole = fs::read(folder.path().join("image.vmdk")).unwrap();
    let clean = beside::sweep(&*beside::open_bytes("image.vmdk", whole.clone()).unwrap().medium);
    let mut numbers = Seeded(5);
    let mut bad = 0;
    for _ in 0..100 {
        let mut damaged = whole.clone();
        let at = 65_536 + numbers.below(whole.len() as u64 - 65_536 - 8192) as usize;
        damaged[at] ^= 1 << numbers.below(8);
        let sweep = beside::sweep(&*beside::open_bytes("image.vmdk", damaged).unwrap().medium);
        assert!(!sweep.bad.is_empty() || sweep.md5 == clean.md5, "byte {at}: silently wrong");
        bad += usize::from(!sweep.bad.is_empty());
    }
    assert!(bad > 80, "{bad}");
}

#[test]
fn grain_tables_that_contradict_their_copies_are_said() {
    let folder = tempfile::tempdir().unwrap();
    if !convert(folder.path(), &beside::medium(3_000_320, 5), "-o subformat=monolithicSparse") {
        return;
    }
    let mut whole = fs::read(folder.path().join("image.vmdk")).unwrap();
    let word = |at: usize| u32::from_le_bytes(whole[at..at + 4].try_into().unwrap()) as usize;
    let table = word(word(56) * 512) * 512;
    whole[table] ^= 0x80;
    let image = beside::open_bytes("image.vmdk", whole).unwrap();
    // qemu-img leaves what its memory held behind the descriptor's text, which is noted.
    let damage = image.problems.iter().filter(|problem| problem.severity == Severity::Damage);
    assert_eq!(damage.count(), 1, "{:?}", image.problems);
}

#[test]
fn mutants_of_the_structure_are_refused_or_read() {
    for options in ["-o subformat=monolithicSparse", "-o subformat=streamOptimized"] {
        let folder = tempfile::tempdir().unwrap();
        if !convert(folder.path(), &beside::medium(700_416, 3), options) {
            return;
        }
        let whole = fs::read(folder.path().join("image.vmdk")).unwrap();
        let mut numbers = Seeded(8);
        let mut opened = 0;
        for _ in 0..300 {
            let mut mutant = whole.clone();
            for _ in 0..=numbers.below(10) {
                let at = match numbers.below(3) {
                    0 => numbers.below(80),
                    1 => numbers.below(16_384),
                    _ => whole.len() as u64 - 1 - numbers.below(4096),
                };
                mutant[at as usize] = numbers.next() as u8;
            }
            if numbers.below(8) == 0 {
                mutant.truncate(numbers.below(whole.len() as u64) as usize + 1);
            }
            if let Ok(image) = beside::open_bytes("image.vmdk", mutant) {
                beside::visit_head(&image.medium);
                opened += 1;
            }
        }
        assert!(opened > 40, "{opened}");
    }
}
