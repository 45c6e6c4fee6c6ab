//! The same medium twice.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::program::Lab;

#[test]
fn a_second_image_of_the_same_medium_is_said() {
    let lab = Lab::new();
    let raw = lab.beside("disk.raw");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo/demo.raw");
    fs::copy(demo, &raw).unwrap();
    let qcow = lab.beside("disk.qcow2");
    let converted =
        Command::new("qemu-img").args(["convert", "-O", "qcow2"]).arg(&raw).arg(&qcow).status();
    if !converted.is_ok_and(|status| status.success()) {
        return eprintln!("skipped: qemu-img is not installed");
    }
    let alone = lab.run(&["scan", "--case", "c", raw.to_str().unwrap()]);
    assert!(!alone.out().contains("SAME MEDIUM"), "{}", alone.all());
    let second = lab.run(&["scan", "--case", "c", qcow.to_str().unwrap()]);
    let says = |text: &str| text.contains("SAME MEDIUM") && text.contains("disk.raw, disk.qcow2");
    assert!(says(&second.out()), "{}", second.all());
    assert!(says(&lab.run(&["case", "show", "c"]).out()));
    let listed = lab.run(&["case", "list"]).out();
    assert!(listed.contains("disk.raw of case c, disk.qcow2 of case c"), "{listed}");
    let shown = lab.run(&["case", "show", "c", "--json"]).objects();
    assert_eq!(shown[0]["same_medium"], json!(["disk.qcow2"]));
    // In another case, too.
    lab.run(&["scan", "--case", "d", raw.to_str().unwrap()]);
    let listed = lab.run(&["case", "list"]).out();
    assert!(listed.contains("disk.raw of case d"), "{listed}");
}
