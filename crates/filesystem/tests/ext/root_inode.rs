//! The root directory is where all names begin: its loss must be reported.

use std::fs;

use crate::reading::read_bytes;
use crate::workshop::Workshop;

#[test]
fn a_root_inode_that_is_no_directory_is_damage() {
    let Some(workshop) = Workshop::new(1 << 20, &["-t", "ext2", "-b", "1024"]) else { return };
    assert_eq!(read_bytes(fs::read(workshop.image()).unwrap()).damage(), Vec::<String>::new());
    for mode in ["0", "0100644"] {
        workshop.debugfs(&format!("set_inode_field <2> mode {mode}\n"));
        let damage = read_bytes(fs::read(workshop.image()).unwrap()).damage();
        assert!(
            damage.iter().any(|problem| problem.contains("root directory's inode")),
            "{mode}: {damage:?}"
        );
    }
}
