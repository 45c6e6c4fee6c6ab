//! VHDX images written by `qemu-img`, whole, layered and damaged.

use crate::beside;

use std::fs;
use std::path::Path;

use beside::Seeded;
use byte_source::Severity;
use disk_image::{Container, ImageError};

const MIB: usize = 1 << 20;

fn convert(folder: &Path, bytes: usize, options: &str) -> Option<Vec<u8>> {
    if !beside::have("qemu-img") {
        return None;
    }
    let mut medium = beside::medium(bytes, 17);
    if bytes > 5 * MIB {
        medium[2 * MIB + 512..5 * MIB].fill(0);
    }
    fs::write(folder.join("medium.raw"), &medium).unwrap();
    beside::run(
        folder,
        &format!("qemu-img convert -f raw -O vhdx {options} medium.raw image.vhdx"),
    );
    Some(medium)
}

#[test]
fn fixed_and_dynamic_images_give_the_medium_back() {
    for options in [
        "-o subformat=fixed,block_size=1M",
        "-o subformat=dynamic,block_size=1M",
        "-o block_size=32M",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let Some(medium) = convert(folder.path(), 9_000_448, options) else { return };
        for positioned in [false, true] {
            let image = beside::open_by(&folder.path().join("image.vhdx"), positioned).unwrap();
            assert_eq!((image.container, image.sector_bytes), (Container::Vhdx, 512));
            assert!(beside::all_bytes(&*image.medium) == medium, "{options}");
            assert_eq!(image.problems, []);
        }
    }
}

/// With blocks of 1 MiB and sectors of 512 bytes a sector bitmap entry stands behind every 4096 blocks.
#[test]
fn blocks_behind_a_sector_bitmap_entry_are_found() {
    if !beside::have("qemu-io") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = "qemu-img create -q -f vhdx -o block_size=1M image.vhdx 9G && \
        qemu-io -f vhdx -c 'write -P 5 4294966784 1024' -c 'write -P 6 8589934080 1024' image.vhdx >&2";
    beside::run(folder.path(), script);
    let image = beside::open(&folder.path().join("image.vhdx")).unwrap();
    for (at, byte) in [(4_294_966_784, 5), (8_589_934_080, 6), (4_300_000_000, 0)] {
        let read =
            byte_source::read_vec(&*image.medium, at, 1024, &mut byte_source::Scratch::new());
        assert_eq!(read.unwrap(), [byte; 1024], "{at}");
    }
}

/// A differencing image made of a dynamic one: some sectors here, the others from the parent.
#[test]
fn a_differencing_image_reads_sector_by_sector() {
    let folder = tempfile::tempdir().unwrap();
    let Some(below) = convert(folder.path(), 3 * MIB, "-o block_size=1M") else { return };
    fs::rename(folder.path().join("image.vhdx"), folder.path().join("base.vhdx")).unwrap();
    let mut child = fs::read(folder.path().join("base.vhdx")).unwrap();
    let place = |bytes: &[u8], what: &[u8; 16]| {
        bytes.windows(16).position(|window| window == what).unwrap()
    };
    let number = |bytes: &[u8], at: usize| {
        u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize
    };

    // File parameters: has a parent. The parent locator takes an unused entry of the metadata table.
    let parameters =
        place(&child, b"\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b");
    let metadata = child.windows(8).position(|window| window == b"metadata").unwrap();
    let item =
        metadata + u32::from_le_bytes(child[parameters + 16..][..4].try_into().unwrap()) as usize;
    child[item + 4] |= 2;
    let linkage = {
        let header = 128 << 10;
        let g = &child[header + 32..header + 48];
        let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
        let digits: Vec<String> = order.iter().map(|place| format!("{:02x}", g[*place])).collect();
        let part = |from: usize, to: usize| digits[from..to].concat();
        format!("{{{}-{}-{}-{}-{}}}", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 16))
    };
    let locator = locator(&[("parent_linkage", &linkage), ("relative_path", ".\\base.vhdx")]);
    let count = u16::from_le_bytes([child[metadata + 10], child[metadata + 11]]);
    child[metadata + 10..metadata + 12].copy_from_slice(&(count + 1).to_le_bytes());
    let entry = metadata + 32 + 32 * usize::from(count);
    child[entry..entry + 16]
        .copy_from_slice(b"\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c");
    child[entry + 16..entry + 20].copy_from_slice(&0x2_8000_u32.to_le_bytes());
    child[entry + 20..entry + 24].copy_from_slice(&(locator.len() as u32).to_le_bytes());
    child[metadata + 0x2_8000..][..locator.len()].copy_from_slice(&locator);

    // The first two blocks: partially present, their sectors by a new bitmap block at the end.
    let region = place(&child, b"\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08");
    let bat = number(&child, region + 16);
    let bitmap_at = child.len();
    let mut bitmap = vec![0; MIB];
    let mut expected = below.clone();
    let mut numbers = Seeded(12);
    for block in 0..2 {
        let entry = number(&child, bat + 8 * block);
        assert_eq!(entry & 7, 6);
        child[bat + 8 * block] = child[bat + 8 * block] & !7 | 7;
        for sector in 0..2048 {
            if numbers.below(3) == 0 {
                bitmap[(block * 2048 + sector) / 8] |= 1 << (sector % 8);
                let at = entry / MIB * MIB + sector * 512;
                child[at..at + 512].fill(0xa5);
                expected[block * MIB + sector * 512..][..512].fill(0xa5);
            }
        }
    }
    child[bat + 8 * 4096..][..8].copy_from_slice(&((bitmap_at | 6) as u64).to_le_bytes());
    child.extend_from_slice(&bitmap);
    // The third block: not present here at all.
    child[bat + 16..bat + 24].fill(0);
    fs::write(folder.path().join("child.vhdx"), &child).unwrap();

    let image = beside::open(&folder.path().join("child.vhdx")).unwrap();
    assert_eq!(image.problems, []);
    assert!(beside::all_bytes(&*image.medium) == expected);
    fs::remove_file(folder.path().join("base.vhdx")).unwrap();
    match beside::open(&folder.path().join("child.vhdx")).map(|_| ()) {
        Err(ImageError::MissingFile { name, .. }) => assert_eq!(name, "base.vhdx"),
        other => panic!("{other:?}"),
    }
}

fn locator(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut out = vec![0; 20 + 12 * pairs.len()];
    out[18..20].copy_from_slice(&(pairs.len() as u16).to_le_bytes());
    for (number, (key, value)) in pairs.iter().enumerate() {
        for (text, offset, length) in [(key, 0, 8), (value, 4, 10)] {
            let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let entry = 20 + 12 * number;
            let at = out.len() as u32;
            out[entry + offset..][..4].copy_from_slice(&at.to_le_bytes());
            out[entry + length..][..2].copy_from_slice(&(units.len() as u16).to_le_bytes());
            out.extend_from_slice(&units);
        }
    }
    out
}

#[test]
fn one_broken_header_or_region_table_is_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let Some(medium) = convert(folder.path(), 3 * MIB, "-o block_size=1M") else { return };
    let whole = fs::read(folder.path().join("image.vhdx")).unwrap();
    for at in [(64 << 10) + 8, (128 << 10) + 8, (192 << 10) + 40, (256 << 10) + 40] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        let image = beside::open_bytes("image.vhdx", damaged).unwrap();
        assert!(beside::all_bytes(&*image.medium) == medium);
        assert!(
            matches!(image.problems[..], [ref one] if one.severity == Severity::Note),
            "{at}: {:?}",
            image.problems
        );
    }
    let mut both = whole.clone();
    both[(64 << 10) + 8] ^= 1;
    both[(128 << 10) + 8] ^= 1;
    assert!(matches!(beside::open_bytes("image.vhdx", both), Err(ImageError::Problem(_))));
}

#[test]
fn mutants_of_the_structure_are_refused_or_read() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_) = convert(folder.path(), 6 * MIB, "-o block_size=1M") else { return };
    let whole = fs::read(folder.path().join("image.vhdx")).unwrap();
    let metadata = whole.windows(8).position(|window| window == b"metadata").unwrap();
    let bat = 3 * MIB;
    let mut numbers = Seeded(8);
    let mut opened = 0;
    for _ in 0..300 {
        let mut mutant = whole.clone();
        for _ in 0..=numbers.below(6) {
            let at = match numbers.below(3) {
                0 => metadata + numbers.below(300) as usize,
                1 => metadata + (64 << 10) + numbers.below(64) as usize,
                _ => bat + numbers.below(64) as usize,
            };
            mutant[at] = numbers.next() as u8;
        }
        if let Ok(image) = beside::open_bytes("image.vhdx", mutant) {
            beside::visit_head(&image.medium);
            opened += 1;
        }
    }
    assert!(opened > 30, "{opened}");
}
