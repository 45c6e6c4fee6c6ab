//! Same evidence, same sets, same configuration: the same index.

use crate::program::Lab;
use crate::shared_data::{folder, unpack};

#[test]
fn the_index_does_not_depend_on_threads_order_or_place() {
    let Some(shared) = folder() else { return };
    let ids = [
        "tsk-imageformat_mmls_1.E01",
        "ext4view-test_disk_ext3.bin",
        "dfirntfs-fat16.raw",
        "colinfinck-testfs1",
    ];
    let scan = |threads: &str, reverse: bool| {
        let lab = Lab::new();
        let mut images: Vec<_> = ids
            .iter()
            .map(|id| unpack(&shared, id, &lab.beside(&format!("{threads}-{id}"))))
            .collect();
        if reverse {
            images.reverse();
        }
        let mut arguments = vec!["scan", "--case", "c", "--threads", threads];
        arguments.extend(images.iter().map(|image| image.to_str().unwrap()));
        let run = lab.run(&arguments);
        assert_eq!(run.code(), 0, "{}", run.all());
        lab.digest("c")
    };
    let one = scan("1", false);
    assert_eq!(one, scan("2", true));
    assert_eq!(one, scan("7", false));
}

#[test]
fn one_changed_byte_changes_the_digest() {
    let scan = |byte: u8| {
        let lab = Lab::new();
        let folder = lab.beside("files");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("a"), [byte]).unwrap();
        let time = std::fs::File::options().write(true).open(folder.join("a")).unwrap();
        time.set_modified(std::time::UNIX_EPOCH).unwrap();
        std::fs::File::open(&folder).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(lab.scan(&folder).code(), 0);
        lab.digest("c")
    };
    assert_eq!(scan(1), scan(1));
    assert_ne!(scan(1), scan(2));
}
