//! Extents of one inode that are out of order or overlap: the content is what The Sleuth Kit gives and the
//! fault is named, or the bytes in doubt are missing. They never become zeros.

use std::fs;
use std::os::unix::fs::FileExt;

use filesystem::{Layout, Place, Run};

use crate::population::pattern;
use crate::reading::{Reading, read_bytes, read_file, sha256};
use crate::truth::{data, fault_image};
use crate::workshop::{Workshop, run};

/// Bytes of a block of the images that are made here.
const BLOCK: u64 = 1024;
/// Bytes of an extent header, and of an extent.
const ENTRY: usize = 12;
/// Offset of the extent tree in an inode.
const TREE_AT: usize = 0x28;

/// An ext4 image with one file of four extents, holes between them.
fn four_extents() -> Option<Vec<u8>> {
    let workshop = Workshop::new(8 << 20, &["-t", "ext4", "-b", "1024", "-O", "^metadata_csum"])?;
    let mount = workshop.mount("rw")?;
    let file = fs::File::create(mount.at.join("file")).unwrap();
    for part in 0..4_u64 {
        file.write_all_at(&pattern(part + 1, 8 * 1024), part * 40 * BLOCK).unwrap();
    }
    drop((file, mount));
    Some(fs::read(workshop.image()).unwrap())
}

/// Byte offset of the file's extent tree.
fn tree_at(image: &[u8]) -> usize {
    let reading = read_bytes(image.to_vec());
    let at = usize::try_from(reading.paths()[b"/file".as_slice()].at).unwrap() + TREE_AT;
    assert_eq!(image[at + 2], 4, "the file has four extents in its inode");
    at
}

/// Byte offset of an extent in the tree.
fn extent_at(tree: usize, slot: usize) -> usize {
    tree + ENTRY + slot * ENTRY
}

fn swap_extents(image: &mut [u8], tree: usize, one: usize, other: usize) {
    for byte in 0..ENTRY {
        image.swap(extent_at(tree, one) + byte, extent_at(tree, other) + byte);
    }
}

fn set_logical(image: &mut [u8], tree: usize, slot: usize, block: u32) {
    image[extent_at(tree, slot)..][..4].copy_from_slice(&block.to_le_bytes());
}

fn file_runs(reading: &Reading) -> Vec<Run> {
    match &reading.paths()[b"/file".as_slice()].streams[0].layout {
        Layout::Runs(runs) => runs.clone(),
        other => panic!("{other:?}"),
    }
}

/// What `icat` gives of the file.
fn icat(image: &[u8]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    fs::write(&path, image).unwrap();
    let number = read_bytes(image.to_vec()).paths()[b"/file".as_slice()].id.number;
    Some(run("icat", &[path.to_str().unwrap(), &number.to_string()])?.stdout)
}

#[track_caller]
fn assert_damage(reading: &Reading, wanted: &str) {
    let damage = reading.damage();
    assert!(damage.iter().any(|problem| problem.contains(wanted)), "{wanted} in {damage:#?}");
}

#[test]
fn extents_in_any_order_give_what_the_sleuth_kit_gives_and_are_damage() {
    let Some(image) = four_extents() else { return };
    let whole = read_bytes(image.clone()).files()[b"/file".as_slice()].clone();
    let tree = tree_at(&image);
    for order in [[0, 1, 3, 2], [3, 2, 1, 0], [1, 0, 2, 3], [2, 3, 0, 1]] {
        let mut image = image.clone();
        let source = image.clone();
        for (slot, from) in order.into_iter().enumerate() {
            let extent = source[extent_at(tree, from)..][..ENTRY].to_vec();
            image[extent_at(tree, slot)..][..ENTRY].copy_from_slice(&extent);
        }
        let reading = read_bytes(image.clone());
        assert_eq!(reading.files()[b"/file".as_slice()], whole, "{order:?}");
        assert_damage(&reading, "out of order");
        assert_damage(&reading, "ee_block is ");
        if let Some(bytes) = icat(&image) {
            let file = sha256(&bytes);
            assert_eq!(file, whole.sha256, "icat, {order:?}");
        }
    }
}

#[test]
fn blocks_that_two_extents_claim_for_one_place_of_the_file_are_missing_not_guessed() {
    let Some(mut image) = four_extents() else { return };
    let tree = tree_at(&image);
    // The second extent covers the last four blocks of the first one.
    set_logical(&mut image, tree, 1, 4);
    let reading = read_bytes(image);
    let content = reading.content(&reading.paths()[b"/file".as_slice()].streams[0]);
    assert_eq!(content.bad, 4 * BLOCK);
    let runs = file_runs(&reading);
    assert_eq!(
        (runs[0].length, runs[1]),
        (4 * BLOCK, Run { length: 4 * BLOCK, place: Place::Unknown })
    );
    assert_eq!(runs[2].length, 4 * BLOCK, "the rest of the second extent");
    assert_damage(&reading, "that another extent maps too");
}

#[test]
fn an_extent_inside_another_one_takes_only_its_own_blocks_in_doubt() {
    let Some(mut image) = four_extents() else { return };
    let tree = tree_at(&image);
    set_logical(&mut image, tree, 3, 2);
    image[extent_at(tree, 3) + 4] = 3;
    swap_extents(&mut image, tree, 0, 2);
    let reading = read_bytes(image);
    let places: Vec<(u64, bool)> = file_runs(&reading)
        .iter()
        .take(3)
        .map(|run| (run.length / BLOCK, matches!(run.place, Place::At(_))))
        .collect();
    assert_eq!(places, [(2, true), (3, false), (3, true)]);
}

#[test]
fn an_extent_told_twice_is_damage_and_loses_nothing() {
    let Some(mut image) = four_extents() else { return };
    let whole = read_bytes(image.clone()).files()[b"/file".as_slice()].clone();
    let tree = tree_at(&image);
    let mut copied = image[extent_at(tree, 0)..][..ENTRY].to_vec();
    // A fifth entry has no room in the inode: the copy takes the place of an extent that is put first, in part.
    copied[4] = 4;
    let first = image[extent_at(tree, 0)..][..ENTRY].to_vec();
    let third = image[extent_at(tree, 2)..][..ENTRY].to_vec();
    let second = image[extent_at(tree, 1)..][..ENTRY].to_vec();
    for (slot, extent) in [copied, first, second, third].iter().enumerate() {
        image[extent_at(tree, slot)..][..ENTRY].copy_from_slice(extent);
    }
    let reading = read_bytes(image);
    let content = reading.content(&reading.paths()[b"/file".as_slice()].streams[0]);
    assert_eq!(content.bad, 0);
    assert_ne!(content.sha256, whole.sha256, "the fourth extent is gone from the tree");
    assert_damage(&reading, "ee_block is 0");
}

#[test]
fn an_extent_that_cannot_be_taken_leaves_no_zeros_in_any_order() {
    let Some(image) = four_extents() else { return };
    let tree = tree_at(&image);
    for order in [[0, 1], [3, 2]] {
        let mut image = image.clone();
        // The extent has no length.
        image[extent_at(tree, 1) + 4] = 0;
        swap_extents(&mut image, tree, order[0], order[1]);
        let reading = read_bytes(image);
        let content = reading.content(&reading.paths()[b"/file".as_slice()].streams[0]);
        assert!(content.bad >= 8 * BLOCK, "{order:?}: {}", content.bad);
    }
}

/// Two leaves of a tree with two levels change their places.
#[test]
fn leaves_in_any_order_give_the_whole_file() {
    let Some(workshop) =
        Workshop::new(32 << 20, &["-t", "ext4", "-b", "1024", "-O", "^metadata_csum"])
    else {
        return;
    };
    let Some(mount) = workshop.mount("rw") else { return };
    let file = fs::File::create(mount.at.join("file")).unwrap();
    for block in 0..200_u64 {
        file.write_all_at(&pattern(block, 1024), block * 2048).unwrap();
    }
    drop((file, mount));
    let mut image = fs::read(workshop.image()).unwrap();
    let reading = read_bytes(image.clone());
    let whole = reading.files()[b"/file".as_slice()].clone();
    let tree = usize::try_from(reading.paths()[b"/file".as_slice()].at).unwrap() + TREE_AT;
    assert_eq!(image[tree + 6], 1, "a tree with a level of leaves");
    assert!(image[tree + 2] >= 2, "two leaves or more");
    swap_extents(&mut image, tree, 0, 1);
    let reading = read_bytes(image.clone());
    assert_eq!(reading.files()[b"/file".as_slice()], whole);
    assert_damage(&reading, "out of order");
    // The Sleuth Kit 4.11 reads nothing of such a file: its content is what was written.
    // A leaf that cannot be read: what it would map is missing, wherever its index entry stands.
    let leaf = u32::from_le_bytes(image[extent_at(tree, 0) + 4..][..4].try_into().unwrap());
    image[leaf as usize * 1024..][..2].fill(0);
    let reading = read_bytes(image);
    let content = reading.content(&reading.paths()[b"/file".as_slice()].streams[0]);
    assert!(content.bad > 0);
    assert_ne!(content, whole);
}

#[test]
fn shared_images_of_trees_out_of_order() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().unwrap();
    let truth =
        fs::read_to_string(data.join("faults/ext4-extents-out-of-order/truth.txt")).unwrap();
    for name in ["swaplast", "reverse", "leafswap"] {
        let image = format!("ext4-extents-out-of-order/{name}.raw.gz");
        let Some(image) = fault_image(&data, &image, folder.path()) else { return };
        let reading = read_file(&image);
        for line in truth.lines() {
            let (digest, path) = line.split_once("  ").unwrap();
            let content = &reading.files()[format!("/{path}").as_bytes()];
            assert_eq!((content.bad, content.sha256.as_str()), (0, digest), "{name}: {path}");
        }
        assert_damage(&reading, "out of order");
    }
    let Some(image) =
        fault_image(&data, "ext4-extents-out-of-order/out-of-order.raw.gz", folder.path())
    else {
        return;
    };
    let content = read_file(&image).files()[b"/two".as_slice()].clone();
    let icat = run("icat", &[image.to_str().unwrap(), "12"]);
    assert_eq!(content.bad, 0);
    if let Some(icat) = icat {
        assert_eq!(content.sha256, sha256(&icat.stdout));
    }
}
