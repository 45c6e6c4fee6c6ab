//! Logical evidence through the program: its files as those of a disk.

use std::path::PathBuf;

use crate::program::Lab;

/// MD5 of each file as `ewfexport -f files` of libewf and `md5sum` give it, by the end of its path.
const FILES: [(&str, &str); 5] = [
    ("note.txt", "5d41402abc4b2a76b9719d911017c592"),
    ("empty", "d41d8cd98f00b204e9800998ecf8427e"),
    ("كتاب الصيف.bin", "858b7ca9ae18154416a6af704da6c997"),
    ("c", "56bb1b94ee9e9eea535fc173e91c6ee0"),
    ("x.dat", "70de2dba5c0d71ecaf2c38369102ca6a"),
];

#[test]
fn the_files_of_logical_evidence_are_indexed_listed_and_read() {
    for name in ["ewf-image.L01", "ewf-image.Lx01"] {
        let image = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/ewf").join(name);
        let lab = Lab::new();
        let run = lab.scan(&image);
        // The writer's stored MD5 is of the medium padded to whole sectors: a digest that does not agree keeps the scan from being complete.
        assert_eq!(run.code(), 3, "{}", run.all());
        assert!(run.all().contains("all accounted for"), "{}", run.all());
        let rows = lab.export("c");
        for (end, md5) in FILES {
            let found = rows
                .iter()
                .filter(|row| row["path"].as_str().is_some_and(|path| path.ends_with(end)));
            let digests: Vec<_> = found.map(|row| row["md5"].as_str()).collect();
            assert!(digests.contains(&Some(md5)), "{name}: {end}: {digests:?}");
        }
        let list = lab.run(&["ls", "-r", image.to_str().unwrap()]);
        assert_eq!(list.code(), 0, "{}", list.all());
        assert!(list.all().contains("/C/Documents/note.txt"), "{}", list.all());
        let cat = lab.run(&["image", "cat", image.to_str().unwrap(), "/C/Documents/note.txt"]);
        assert_eq!((cat.code(), cat.out().as_str()), (0, "hello"));
    }
}
