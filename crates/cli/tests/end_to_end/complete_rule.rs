//! What *complete* means is one rule for every file system.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::Lab;

/// Runs a program that makes an image; `None` when it is not installed.
fn made(program: &str, arguments: &[&str], image: &Path) -> Option<()> {
    match Command::new(program).args(arguments).arg(image).output() {
        Ok(output) => {
            assert!(output.status.success(), "{program}: {output:?}");
            Some(())
        }
        Err(_) => {
            eprintln!("skipped: {program} is not installed");
            None
        }
    }
}

fn blank(lab: &Lab, name: &str, mebibytes: u64) -> PathBuf {
    let image = lab.write(name, &[]);
    std::fs::File::options().write(true).open(&image).unwrap().set_len(mebibytes << 20).unwrap();
    image
}

fn zero(image: &Path, bytes: usize) {
    use std::os::unix::fs::FileExt;
    let file = std::fs::File::options().write(true).open(image).unwrap();
    file.write_all_at(&vec![0; bytes], 0).unwrap();
}

#[test]
fn a_destroyed_boot_sector_leaves_every_family_incomplete() {
    let makers: [(&str, &[&str], u64, usize); 4] = [
        ("mkfs.fat", &["-F", "32"], 64, 512),
        ("mkfs.exfat", &[], 64, 512),
        ("mkntfs", &["-F", "-Q", "-q"], 64, 512),
        ("mke2fs", &["-q", "-F", "-t", "ext4", "-b", "1024"], 64, 2048),
    ];
    for (program, arguments, mebibytes, destroyed) in makers {
        let lab = Lab::new();
        let image = blank(&lab, "disk.raw", mebibytes);
        if made(program, arguments, &image).is_none() {
            continue;
        }
        let whole = lab.scan(&image);
        assert_eq!(whole.code(), 0, "{program}: {}", whole.all());
        zero(&image, destroyed);
        let lab = Lab::new();
        let run = lab.scan(&image);
        assert_eq!(run.code(), 3, "{program}: {}", run.all());
        assert!(run.out().contains("FINISHED BUT INCOMPLETE"), "{program}: {}", run.all());
        assert_eq!(lab.run(&["case", "show", "c"]).code(), 3, "{program}");
    }
}

#[test]
fn an_encrypted_file_is_counted_in_the_first_line_and_leaves_the_item_incomplete() {
    let lab = Lab::new();
    let root = lab.beside("files");
    std::fs::create_dir(&root).unwrap();
    for name in ["open", "closed"] {
        std::fs::write(root.join(name), vec![b'x'; 5000]).unwrap();
    }
    let image = blank(&lab, "disk.raw", 16);
    let files = root.to_str().unwrap();
    let ext4 = ["-q", "-F", "-t", "ext4", "-O", "encrypt", "-d", files];
    if made("mke2fs", &ext4, &image).is_none() {
        return;
    }
    // The flags of a file with extents that is encrypted: EXT4_EXTENTS_FL and EXT4_ENCRYPT_FL.
    let flags = ["-w", "-R", "set_inode_field /closed flags 0x80800"];
    if made("debugfs", &flags, &image).is_none() {
        return;
    }
    let run = lab.scan(&image);
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(
        run.out().contains("disk.raw  FINISHED BUT INCOMPLETE: 1 encrypted file\n"),
        "{}",
        run.all()
    );
    let found = lab.run(&["find", "c", "--disposition", "encrypted", "--format", "paths0"]);
    assert_eq!((found.code(), found.bytes()), (3, &b"disk.raw:/closed\0"[..]), "{}", found.all());
    let shown = lab.run(&["case", "show", "c"]);
    assert!(shown.err().contains("1 file encrypted"), "{}", shown.all());
}

/// Sets the flag that says that the unnamed `$DATA` of a file is encrypted, as EFS does, in the MFT record that holds its name. The file
/// attribute word of `$STANDARD_INFORMATION` gets the same bit.
fn mark_as_efs(image: &Path, name: &str) {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bytes = std::fs::read(image).unwrap();
    let is_record = |record: &&mut [u8]| {
        record.starts_with(b"FILE") && record.windows(name.len()).any(|window| window == name)
    };
    let record = bytes.chunks_exact_mut(1024).find(is_record).unwrap();
    let number = |record: &[u8], at: usize| {
        usize::try_from(u32::from_le_bytes(record[at..at + 4].try_into().unwrap())).unwrap()
    };
    let mut at = usize::from(u16::from_le_bytes([record[0x14], record[0x15]]));
    let mut marked = 0;
    while number(record, at) != 0xffff_ffff {
        match number(record, at) {
            0x10 => record[at + 0x18 + 0x21] |= 0x40,
            0x80 => {
                record[at + 0x0d] |= 0x40;
                marked += 1;
            }
            _ => {}
        }
        at += number(record, at + 4);
    }
    assert_eq!(marked, 1);
    std::fs::write(image, bytes).unwrap();
}

#[test]
fn a_file_that_efs_encrypts_leaves_ntfs_incomplete_and_is_listed() {
    let lab = Lab::new();
    let image = blank(&lab, "disk.raw", 16);
    if made("mkntfs", &["-F", "-Q", "-q"], &image).is_none() {
        return;
    }
    for (name, content) in [("secret.doc", vec![7; 100_000]), ("plain.txt", b"plain".to_vec())] {
        let file = lab.write(name, &content);
        let copied =
            Command::new("ntfscp").args(["-q", "-f"]).arg(&image).arg(&file).arg(name).output();
        if !copied.is_ok_and(|copied| copied.status.success()) {
            return eprintln!("skipped: ntfscp is not installed");
        }
    }
    let clear = lab.scan(&image);
    assert_eq!(clear.code(), 0, "{}", clear.all());
    mark_as_efs(&image, "secret.doc");
    // ntfs-3g reads the mark as we do.
    let told = Command::new("ntfsinfo")
        .args(["-f", "-v", "-F", "/secret.doc"])
        .arg(&image)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&told.stdout).contains("ENCRYPTED"), "{told:?}");

    let lab = Lab::new();
    let run = lab.scan(&image);
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(
        run.out().contains("disk.raw  FINISHED BUT INCOMPLETE: 1 encrypted file\n"),
        "{}",
        run.all()
    );
    let found = lab.run(&["find", "c", "--disposition", "encrypted", "--format", "paths0"]);
    assert_eq!(
        (found.code(), found.out().as_str()),
        (3, "disk.raw:/secret.doc\0"),
        "{}",
        found.all()
    );
    let row = &lab.export("c").into_iter().find(|row| row["path"] == "/secret.doc").unwrap();
    assert!(row["sha256"].is_null() && row["rule"].as_str().unwrap().contains("EFS"), "{row}");
    let shown = lab.run(&["case", "show", "c"]);
    assert!(shown.code() == 3 && shown.err().contains("1 file encrypted"), "{}", shown.all());
    // Its ciphertext is not handed out as if it were the file.
    let out = lab.beside("out");
    let extracted =
        lab.run(&["extract", "c", "--to", out.to_str().unwrap(), "--name", "secret.doc"]);
    assert!(extracted.code() == 3 && extracted.out().contains("NOT-READ"), "{}", extracted.all());
}
