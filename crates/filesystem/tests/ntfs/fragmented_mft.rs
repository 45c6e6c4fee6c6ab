//! An MFT so fragmented that its own runs need an attribute list and further records.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use filesystem::{Layout, NameSpace, Place, StreamKind};

use crate::listing::{Volume, image};
use crate::mount::{Mount, format, output};

const FILES: usize = 5000;

/// Marks four of every eight clusters as used, so that what grows later grows in small pieces.
fn fragment_free_space(path: &Path) {
    let volume = Volume::scan(image(path, 0));
    let bitmap = &volume.record(6).streams[0];
    assert_eq!(bitmap.kind, StreamKind::Data);
    let Layout::Runs(runs) = &bitmap.layout else { panic!("$Bitmap lies in runs") };
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    for run in runs {
        let Place::At(at) = run.place else { panic!("$Bitmap has no holes") };
        let mut bytes = vec![0; run.length as usize];
        file.read_exact_at(&mut bytes, at).unwrap();
        bytes.iter_mut().for_each(|byte| *byte |= 0xf0);
        file.write_all_at(&bytes, at).unwrap();
    }
}

#[test]
fn every_file_of_a_fragmented_mft_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = format(folder.path(), 24 << 20, &["-c", "512"]) else { return };
    fragment_free_space(&path);
    let Some(mount) = Mount::new(&path, folder.path()) else { return };
    // ntfs-3g itself gives up at some point of this fragmentation.
    let create = |number: &usize| {
        fs::write(mount.path.join(format!("file {number:04}")), format!("content {number}")).is_ok()
    };
    let files = (0..FILES).take_while(create).count();
    assert!(files > 2000, "{files} files");
    drop(mount);

    let volume = Volume::scan(image(&path, 0));
    let of_mft = volume.extensions.iter().filter(|extension| extension.base.number == 0).count();
    let of_root = volume.extensions.iter().filter(|extension| extension.base.number == 5).count();
    assert!(
        of_mft > 3 && of_root > 1,
        "{of_mft} records extend $MFT, {of_root} the root directory"
    );
    assert_eq!(volume.damage(), [""; 0]);
    volume.assert_reconciled();
    let rows = volume.rows();
    for number in 0..files {
        let row = &rows[&format!("/file {number:04}")];
        let content = format!("content {number}");
        assert_eq!(
            (row.size, &row.md5),
            (content.len() as u64, &crate::generated::digest(content.as_bytes()))
        );
    }
    // The MFT itself, byte for byte.
    let Some(mft) = output("icat", &[path.to_str().unwrap(), "0"]) else {
        return println!("skipped: icat is not there");
    };
    assert_eq!(
        (rows["/$MFT"].size, &rows["/$MFT"].md5),
        (mft.len() as u64, &crate::generated::digest(&mft))
    );
    let names = volume.links.iter().filter(|link| link.space == NameSpace::Primary).count();
    println!("{names} names, {of_mft} records extend $MFT");
}
