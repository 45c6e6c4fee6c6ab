//! Containers that something is odd about: what a person reads of them.

use std::path::PathBuf;
use std::process::Command;

use crate::program::Lab;

/// The files of the shared folder `name`, unpacked beside the lab; says when they are not there.
fn faults(lab: &Lab, name: &str) -> Option<PathBuf> {
    let from =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/faults").join(name);
    let have_zstd = Command::new("zstd").arg("--version").output().is_ok();
    if !from.is_dir() || !have_zstd {
        eprintln!("skipped: no {}, or no zstd", from.display());
        return None;
    }
    let to = lab.beside(name);
    let script = "mkdir -p \"$1\" && cp \"$0\"/* \"$1\" && cd \"$1\" && chmod u+w * && \
        for f in *.zst; do [ ! -e \"$f\" ] || zstd -dqf --rm \"$f\"; done";
    let done = Command::new("sh").args(["-c", script]).arg(&from).arg(&to).status().unwrap();
    assert!(done.success());
    Some(to)
}

#[test]
fn only_a_medium_whose_length_is_stated_is_called_read() {
    let lab = Lab::new();
    let raw = lab.write("disk.dd", &[7; 4096]);
    let run = lab.run(&["image", "verify", raw.to_str().unwrap()]);
    assert_eq!(run.code(), 0, "{}", run.all());
    assert!(run.out().contains("BYTES READ: ") && !run.out().contains("  READ: "), "{}", run.all());
    let json = lab.run(&["image", "verify", raw.to_str().unwrap(), "--json"]).objects();
    assert!(json[0]["stated_bytes"].is_null(), "{json:?}");

    let Some(folder) = faults(&lab, "vmdk-extent-lines") else { return };
    let image = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let run = lab.run(&["image", "verify", &image("tab1.vmdk")]);
    assert_eq!(run.code(), 0, "{}", run.all());
    assert!(
        run.out().contains("16.0 MiB") && run.out().contains(" READ: every byte"),
        "{}",
        run.all()
    );
    for name in ["badnum.vmdk", "lower1.vmdk"] {
        for command in [["image", "verify"], ["image", "info"]] {
            let run = lab.run(&[command[0], command[1], &image(name)]);
            assert_eq!(run.code(), 1, "{name}: {}", run.all());
            assert!(
                run.err().contains("line 9 ") && run.err().contains("d-f002.vmdk"),
                "{}",
                run.all()
            );
        }
    }
}

#[test]
fn what_is_behind_a_container_is_shown_and_what_is_not_read_is_named() {
    let lab = Lab::new();
    let Some(dmg) = faults(&lab, "dmg-trailing") else { return };
    let run = lab.run(&["image", "verify", dmg.join("tail1.dmg").to_str().unwrap()]);
    assert_eq!(run.code(), 0, "{}", run.all());
    assert!(
        run.out().contains("container     dmg") && run.out().contains("1 byte is behind the end"),
        "{}",
        run.all()
    );

    let Some(qcow) = faults(&lab, "qcow2-json-backing") else { return };
    let run = lab.run(&["image", "info", qcow.join("js.qcow2").to_str().unwrap()]);
    assert_eq!(run.code(), 1, "{}", run.all());
    assert!(run.err().contains("\"base.raw\"") && !run.err().contains("json:"), "{}", run.all());

    let Some(aff4) = faults(&lab, "aff4-member-order") else { return };
    let run = lab.run(&["image", "info", aff4.join("dream.aff4").to_str().unwrap()]);
    assert_eq!(run.code(), 1, "{}", run.all());
    assert!(run.err().contains("AFF4"), "{}", run.all());
}
