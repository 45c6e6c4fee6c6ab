//! Evidence that nests without end, claims too much, or holds too many images.

use std::path::Path;

use super::disks::{done, ext4_of, ntfs_of, text};
use crate::program::Lab;

fn write_files(folder: &Path, files: &[(&str, &[u8])]) {
    std::fs::create_dir_all(folder).unwrap();
    files.iter().for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).unwrap());
}

/// The head of a qcow2 image of version 3 that claims `size` bytes and has an empty table.
fn qcow2(size: u64, backing: &str) -> Vec<u8> {
    let mut image = vec![0; 3 * 65536];
    image[..4].copy_from_slice(b"QFI\xfb");
    image[4..8].copy_from_slice(&3_u32.to_be_bytes());
    if !backing.is_empty() {
        image[8..16].copy_from_slice(&512_u64.to_be_bytes());
        image[16..20].copy_from_slice(&u32::try_from(backing.len()).unwrap().to_be_bytes());
        image[512..512 + backing.len()].copy_from_slice(backing.as_bytes());
    }
    image[20..24].copy_from_slice(&16_u32.to_be_bytes());
    image[24..32].copy_from_slice(&size.to_be_bytes());
    let entries = u32::try_from(size.div_ceil(512 << 20)).unwrap().max(1);
    image[36..40].copy_from_slice(&entries.to_be_bytes());
    image[40..48].copy_from_slice(&65536_u64.to_be_bytes());
    image[48..56].copy_from_slice(&131_072_u64.to_be_bytes());
    image[56..60].copy_from_slice(&1_u32.to_be_bytes());
    image[96..100].copy_from_slice(&4_u32.to_be_bytes());
    image[100..104].copy_from_slice(&104_u32.to_be_bytes());
    image
}

#[test]
fn a_medium_that_claims_far_more_than_stores_it_is_listed_and_not_read() {
    let lab = Lab::new();
    let source = lab.beside("source");
    let whole = lab.beside("whole.raw");
    std::fs::create_dir(&source).unwrap();
    if !done("qemu-img", &["create", "-q", "-f", "qcow2", text(&source.join("bomb.qcow2")), "8T"])
        || !ext4_of(&source, &whole, "32M")
    {
        return;
    }
    let run = lab.run(&["scan", text(&whole), "--case", "c", "--nested"]);
    assert_eq!(run.code(), 0, "the exhibit itself is read: {}", run.all());
    for word in
        ["/bomb.qcow2", "8796093022208 bytes is more than 1000 times", "listed and not read inside"]
    {
        assert!(run.out().contains(word), "{word}: {}", run.all());
    }
    let answer = lab.run(&["find", "c", "--hit"]);
    assert_eq!(answer.code(), 3, "{}", answer.all());
    assert!(
        answer.err().contains("1 image in its files that cannot be opened (/bomb.qcow2)"),
        "{}",
        answer.all()
    );
}

#[test]
fn images_that_back_each_other_end() {
    let lab = Lab::new();
    let source = lab.beside("source");
    let whole = lab.beside("whole.raw");
    write_files(
        &source,
        &[("a.qcow2", &qcow2(1 << 20, "b.qcow2")), ("b.qcow2", &qcow2(1 << 20, "a.qcow2"))],
    );
    write_files(&source, &[("self.qcow2", &qcow2(1 << 20, "self.qcow2"))]);
    if !ext4_of(&source, &whole, "32M") {
        return;
    }
    let run = lab.run(&["scan", text(&whole), "--case", "c", "--nested"]);
    assert!(matches!(run.code(), 0 | 3), "{}", run.all());
    let listed = lab.run(&["image", "list", text(&whole), "--json"]).objects();
    assert_eq!(listed.len(), 3, "{listed:?}");
    assert!(listed.iter().all(|image| image["readable"] == false), "{listed:?}");
}

/// Volumes of 8 KiB more each, one in the other.
#[test]
fn images_one_in_the_other_end_at_the_limit_which_is_said() {
    let lab = Lab::new();
    let work = lab.beside("work");
    std::fs::create_dir(&work).unwrap();
    let mut inner = work.join("0.img");
    std::fs::write(&inner, b"the innermost").unwrap();
    // FAT12 volumes: each holds the one before it.
    for depth in 1..=11_u64 {
        let outer = work.join(format!("{depth}.img"));
        let kibibytes = (64 + depth * 16).to_string();
        let made =
            done("mkfs.fat", &["-C", "-F", "12", "-s", "1", "-r", "16", text(&outer), &kibibytes])
                && done("mcopy", &["-i", text(&outer), text(&inner), "::/IN.IMG"]);
        if !made {
            return;
        }
        inner = outer;
    }
    let run = lab.run(&["scan", text(&inner), "--case", "c", "--nested"]);
    assert!(matches!(run.code(), 0 | 3), "{}", run.all());
    assert!(run.out().contains("more than 8 images lie one in the other"), "{}", run.all());
    let shown = lab.run(&["case", "show", "c", "--json"]).objects();
    assert_eq!(shown.len(), 9, "the exhibit and 8 images inside");
    let answer = lab.run(&["find", "c", "--hit"]);
    assert_eq!(answer.code(), 3, "{}", answer.all());
}

/// An NTFS file whose one run is the whole volume: the volume holds itself, and itself again.
#[test]
fn a_volume_that_holds_itself_is_read_once() {
    let lab = Lab::new();
    let file = lab.write("self.img", &[7; 64 << 10]);
    let whole = lab.beside("whole.raw");
    if !ntfs_of(&[&file], &whole, 8 << 20) {
        return;
    }
    let mut bytes = std::fs::read(&whole).unwrap();
    let clusters = u16::try_from(bytes.len() / 4096 - 1).unwrap();
    let name: Vec<u8> = "self.img".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let is_record = |at: &usize| {
        let record = &bytes[*at..*at + 1024];
        record.starts_with(b"FILE") && record.windows(name.len()).any(|window| window == name)
    };
    // The root's index holds the name, too, but its record has no content of its own.
    let records: Vec<usize> = (0..bytes.len()).step_by(1024).filter(is_record).collect();
    let data = records.into_iter().find_map(|record| content_attribute(&bytes, record)).unwrap();
    let size = u64::from(clusters) * 4096;
    bytes[data + 0x18..data + 0x20].copy_from_slice(&u64::from(clusters - 1).to_le_bytes());
    for field in [0x28, 0x30, 0x38] {
        bytes[data + field..data + field + 8].copy_from_slice(&size.to_le_bytes());
    }
    // One run: a length of two bytes, at cluster 0.
    let runs = data + usize::from(bytes[data + 0x20]);
    let [low, high] = clusters.to_le_bytes();
    bytes[runs..runs + 5].copy_from_slice(&[0x12, low, high, 0, 0]);
    std::fs::write(&whole, bytes).unwrap();
    let run = lab.run(&["scan", text(&whole), "--case", "c", "--nested"]);
    assert!(matches!(run.code(), 0 | 3), "{}", run.all());
    assert!(run.all().contains("its bytes are the medium of the image around it"), "{}", run.all());
    let shown = lab.run(&["case", "show", "c", "--json"]).objects();
    assert!(shown.len() <= 2, "{} images: {}", shown.len(), run.all());
}

/// Where the non-resident `$DATA` of a record is.
fn content_attribute(bytes: &[u8], record: usize) -> Option<usize> {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut at = record + usize::from(bytes[record + 0x14]);
    while word(at) != u32::MAX && at < record + 1000 {
        if word(at) == 0x80 && bytes[at + 8] == 1 {
            return Some(at);
        }
        at += usize::try_from(word(at + 4)).unwrap().max(8);
    }
    None
}

#[test]
fn more_images_than_are_looked_at_are_counted() {
    let lab = Lab::new();
    let source = lab.beside("source");
    let whole = lab.beside("whole.raw");
    std::fs::create_dir(&source).unwrap();
    let mut tiny = b"QFI\xfb\0\0\0\x09".to_vec();
    tiny.resize(512, 0);
    // mke2fs takes long over folders of many names.
    for folder in 0..20 {
        let folder = source.join(folder.to_string());
        std::fs::create_dir(&folder).unwrap();
        (0..501).for_each(|number| std::fs::write(folder.join(number.to_string()), &tiny).unwrap());
    }
    let made = done(
        "mke2fs",
        &[
            "-q",
            "-F",
            "-t",
            "ext4",
            "-b",
            "1024",
            "-N",
            "12000",
            "-d",
            text(&source),
            text(&whole),
            "48M",
        ],
    );
    if !made {
        return;
    }
    let run = lab.run(&["scan", text(&whole), "--case", "c"]);
    assert_eq!(run.code(), 3, "a limit costs evidence: {}", run.all());
    assert!(run.out().contains("files that may be images"), "{}", run.all());
    let shown = lab.run(&["case", "show", "c", "--json"]).objects();
    assert_eq!(shown[0]["nested"].as_array().unwrap().len(), 10_000);
}
