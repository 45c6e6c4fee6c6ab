//! Who catches what: each attack on a lab, by somebody who can write its folder, against what was kept outside of it. The table in custody's
//! README is what this test finds.

use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

use crate::forgery;
use crate::program::Lab;

/// Where the table stands, and between which lines.
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../custody/README.md");
const BEGINS: &str =
    "<!-- attack table: checked by `cargo test -p cli --test end_to_end attack_table` -->\n";
const ENDS: &str = "<!-- end of attack table -->";

/// A lab with a finished case, and what people keep outside of it.
struct Scene {
    lab: Lab,
}

impl Scene {
    fn new() -> Self {
        let lab = Lab::new();
        let folder = lab.beside("usb-3");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("a.txt"), "hello").unwrap();
        let first = lab.write("a.img", &[0; 4096]);
        let second = lab.write("b.img", &[0; 8192]);
        let set = lab.write("bad.md5", b"5d41402abc4b2a76b9719d911017c592  hello.txt\n");
        let scan = [
            "scan",
            text(&first),
            text(&second),
            text(&folder),
            "--case",
            "c",
            "--hash-set",
            text(&set),
        ];
        assert_eq!(lab.run(&scan).code(), 0);
        let scene = Self { lab };
        scene.lab.done(&["custody", "add", "note", "c", "--text", "premier constat"]);
        copy(&scene.lab.path(), &scene.path("earlier"));
        scene.lab.done(&["custody", "add", "note", "c", "--text", "dernier constat"]);
        scene.lab.done(&["key", "export", "--out", &scene.shown("lab.vkey")]);
        scene.keep_a_witness();
        scene.lab.done(&["custody", "checkpoint", "c", "--out", &scene.shown("paper.note")]);
        scene
    }

    /// A witness signs the last checkpoint and keeps what it signed.
    fn keep_a_witness(&self) {
        let lab = &self.lab;
        let key = self.shown("court.key");
        let elsewhere = Lab::new();
        elsewhere.done(&[
            "key",
            "new",
            "--role",
            "witness",
            "--holder",
            "court.example/w",
            "--out",
            &key,
        ]);
        lab.done(&[
            "key",
            "add",
            &self.shown("court.vkey"),
            "--role",
            "witness",
            "--holder",
            "court",
        ]);
        lab.done(&["custody", "add", "note", "c", "--text", "for the witness"]);
        let request = self.shown("request");
        let reply = self.shown("witness.note");
        lab.done(&["custody", "witness", "request", "c", "--out", &request]);
        let seen = self.shown("seen");
        let log_key = self.shown("lab.vkey");
        elsewhere.done(&[
            "custody",
            "witness",
            "sign",
            &request,
            "--key",
            &key,
            "--seen",
            &seen,
            "--out",
            &reply,
            "--log-key",
            &log_key,
        ]);
        lab.done(&["custody", "witness", "import", &reply, "c"]);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.lab.beside(name)
    }

    fn shown(&self, name: &str) -> String {
        text(&self.path(name)).to_owned()
    }

    fn case(&self) -> PathBuf {
        self.lab.case_file("c")
    }

    fn own(&self) -> PathBuf {
        self.lab.path().join("ledger.db")
    }

    /// Takes away what the lab keeps next to its databases.
    fn forget(&self) {
        let _ = std::fs::remove_file(self.lab.path().join("checkpoints/cases/c.note"));
    }

    fn forget_own(&self) {
        let _ = std::fs::remove_file(self.lab.path().join("checkpoints/lab.note"));
    }

    /// An export with its manifests fitted again after `change`, and without the signature of the whole.
    fn forged_export(&self, change: impl FnOnce(&Path)) -> PathBuf {
        let export = self.path("export");
        self.lab.done(&["custody", "export", "c", text(&export)]);
        self.lab.done(&["custody", "checkpoint", "c", "--out", &self.shown("after.note")]);
        change(&export);
        forgery::fit_manifests(&export);
        std::fs::remove_file(export.join("tagmanifest-sha256.txt.note")).unwrap();
        export
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

/// What `custody verify` is asked about after the attack.
enum Target {
    Case,
    Lab,
    Export(PathBuf),
}

type Attack = (&'static str, fn(&Scene) -> Target);

const ATTACKS: &[Attack] = &[
    (
        "a past entry rewritten with new hashes, the checkpoints and the lab's copy of the last one taken away",
        |scene| {
            forgery::rewrite(&scene.case(), "premier", "second");
            forgery::drop_checkpoints(&scene.case());
            scene.forget();
            Target::Case
        },
    ),
    ("the same, and the lab's own ledger rewritten to fit", |scene| {
        forgery::rewrite(&scene.case(), "premier", "second");
        forgery::drop_checkpoints(&scene.case());
        forgery::keep_acts(&scene.own(), &["lab_create", "key_add", "case_create"]);
        forgery::drop_checkpoints(&scene.own());
        scene.forget();
        scene.forget_own();
        Target::Case
    }),
    ("entries cut off at the end, with their checkpoints and the lab's copy", |scene| {
        forgery::cut_off(&scene.case(), 2);
        scene.forget();
        Target::Case
    }),
    (
        "the case file put back from an earlier day, with the lab's copy of its checkpoint",
        |scene| {
            std::fs::copy(scene.path("earlier/cases/c.db"), scene.case()).unwrap();
            for log in ["c.db-wal", "c.db-shm"] {
                let _ = std::fs::remove_file(scene.lab.path().join("cases").join(log));
            }
            let note = "checkpoints/cases/c.note";
            std::fs::copy(scene.path("earlier").join(note), scene.lab.path().join(note)).unwrap();
            Target::Case
        },
    ),
    ("the lab's whole folder put back from an earlier day", |scene| {
        std::fs::remove_dir_all(scene.lab.path()).unwrap();
        copy(&scene.path("earlier"), &scene.lab.path());
        Target::Case
    }),
    ("a case deleted, with the lab's copy of its checkpoint", |scene| {
        std::fs::remove_file(scene.case()).unwrap();
        scene.forget();
        Target::Lab
    }),
    ("the lab's own ledger deleted, with its checkpoint", |scene| {
        std::fs::remove_file(scene.own()).unwrap();
        scene.forget_own();
        Target::Case
    }),
    ("an imported hash set deleted", |scene| {
        std::fs::remove_dir_all(scene.lab.path().join("hash-sets")).unwrap();
        Target::Lab
    }),
    ("the names and paths of two exhibits exchanged in the index", |scene| {
        let swap = "UPDATE image SET name = CASE id WHEN 1 THEN 'b.img' WHEN 2 THEN 'a.img' ELSE name END, \
            path = CASE id WHEN 1 THEN (SELECT path FROM image WHERE id = 2) WHEN 2 THEN (SELECT path FROM image WHERE id = 1) ELSE path END";
        Connection::open(scene.case()).unwrap().execute(swap, []).unwrap();
        Target::Case
    }),
    ("a hash set renamed in the index", |scene| {
        Connection::open(scene.case())
            .unwrap()
            .execute("UPDATE hash_set SET name = 'known good'", [])
            .unwrap();
        Target::Case
    }),
    ("a digest of a file changed in the index", |scene| {
        Connection::open(scene.case())
            .unwrap()
            .execute("UPDATE entry SET sha256 = zeroblob(32) WHERE sha256 IS NOT NULL", [])
            .unwrap();
        Target::Case
    }),
    ("an export: the list of files changed, manifests fitted", |scene| {
        Target::Export(scene.forged_export(|export| {
            let list = export.join("data/files/003.dfxml");
            let changed = std::fs::read_to_string(&list).unwrap().replace("a.txt", "z.txt");
            std::fs::write(list, changed).unwrap();
        }))
    }),
    ("an export: the list of files taken away, manifests fitted", |scene| {
        Target::Export(scene.forged_export(|export| {
            std::fs::remove_file(export.join("data/files/003.dfxml")).unwrap();
        }))
    }),
    ("an export: cut off before the last entries, without proofs and checkpoints", |scene| {
        Target::Export(scene.forged_export(|export| {
            for folder in ["data/proofs", "data/checkpoints"] {
                std::fs::remove_dir_all(export.join(folder)).unwrap();
            }
            let log = std::fs::read_to_string(export.join("data/log.jsonl")).unwrap();
            let left: String = log.lines().take(6).map(|line| format!("{line}\n")).collect();
            std::fs::write(export.join("data/log.jsonl"), left).unwrap();
        }))
    }),
    ("with the lab's key: a past entry rewritten, case and lab signed anew", |scene| {
        forgery::rewrite(&scene.case(), "premier", "second");
        forgery::sign_anew(&scene.lab, &scene.case(), "checkpoints/cases/c.note");
        forgery::keep_acts(&scene.own(), &["lab_create", "key_add", "case_create", "set_import"]);
        forgery::sign_anew(&scene.lab, &scene.own(), "checkpoints/lab.note");
        Target::Case
    }),
    ("with the lab's key: an export's list of files changed, the whole signed anew", |scene| {
        let export = scene.forged_export(|export| {
            let list = export.join("data/files/003.dfxml");
            let changed = std::fs::read_to_string(&list).unwrap().replace("a.txt", "z.txt");
            std::fs::write(list, changed).unwrap();
        });
        forgery::seal_anew(&scene.lab, &export);
        Target::Export(export)
    }),
];

/// Runs `custody verify` and returns the word for the table.
fn seen(scene: &Scene, target: &Target, more: &[&str]) -> &'static str {
    let what = match target {
        Target::Case => Some("c"),
        Target::Lab => None,
        Target::Export(export) => Some(text(export)),
    };
    let mut arguments = vec!["custody", "verify"];
    arguments.extend(what);
    arguments.extend(more);
    let run = scene.lab.run(&arguments);
    match run.code() {
        0 => "PROVED",
        1 => "caught",
        3 => "not proved",
        code => panic!("exit {code}: {}", run.all()),
    }
}

/// Outside nothing, a checkpoint on paper, a witness, the fingerprint of the lab's key.
fn row(name: &str, attack: fn(&Scene) -> Target) -> String {
    let scene = Scene::new();
    let target = attack(&scene);
    let paper = scene.shown("paper.note");
    let court = scene.shown("court.vkey");
    let key = scene.shown("lab.vkey");
    let witness = scene.shown("witness.note");
    let cells = match target {
        // The lab's own ledger was not shown to anybody in these.
        Target::Lab => ["caught", "caught", "caught", "caught"].map(|_| seen(&scene, &target, &[])),
        _ => [
            seen(&scene, &target, &[]),
            seen(&scene, &target, &["--against", &paper]),
            seen(&scene, &target, &["--against", &witness, "--key", &court]),
            seen(&scene, &target, &["--key", &key]),
        ],
    };
    format!("| {name} | {} |\n", cells.join(" | "))
}

#[test]
fn the_table_of_who_catches_what_is_that_of_the_readme() {
    let mut table = "| attack | kept outside: nothing | a checkpoint on paper | a witness | the key on paper |\n| --- | --- | --- | --- | --- |\n"
        .to_owned();
    table.push_str(&row("none", |_| Target::Case));
    for (name, attack) in ATTACKS {
        table.push_str(&row(name, *attack));
    }
    let readme = std::fs::read_to_string(README).unwrap();
    let stands = readme
        .split_once(BEGINS)
        .and_then(|(_, rest)| rest.split_once(ENDS))
        .map_or("", |(table, _)| table);
    assert_eq!(
        stands, table,
        "the table in crates/custody/README.md is not what happens:\n{table}"
    );
}

#[test]
fn no_honest_command_signs_a_forgery() {
    for (name, attack) in ATTACKS.iter().take(4) {
        let scene = Scene::new();
        attack(&scene);
        let checkpoints = forgery::checkpoints(&scene.case());
        let run = scene.lab.run(&["find", "c", "--name", "x"]);
        assert_ne!(run.code(), 0, "{name}: {}", run.all());
        assert!(!run.err().contains("Checkpoint of case c"), "{name}: {}", run.all());
        assert_eq!(forgery::checkpoints(&scene.case()), checkpoints, "{name}: {}", run.all());
    }
}

#[test]
fn what_the_labs_ledger_names_and_is_not_there_is_said_by_every_command() {
    let scene = Scene::new();
    scene.lab.done(&["scan", &scene.shown("a.img"), "--case", "d"]);
    std::fs::remove_file(scene.case()).unwrap();
    scene.forget();
    std::fs::remove_dir_all(scene.lab.path().join("hash-sets")).unwrap();
    for arguments in [
        &["find", "d", "--name", "x"][..],
        &["case", "list"],
        &["custody", "show", "d"],
        &["key", "list"],
    ] {
        let run = scene.lab.run(arguments);
        assert_eq!(run.code(), 3, "{arguments:?} {}", run.all());
        for words in ["case c: the lab's ledger names it", "hash set bad: entry "] {
            assert!(run.err().contains(words), "{arguments:?} {}", run.all());
        }
    }
    let again = scene.lab.run(&["scan", &scene.shown("a.img"), "--case", "c"]);
    assert_eq!(again.code(), 1, "{}", again.all());
    assert!(again.err().contains("its file is gone"), "{}", again.all());
}

#[test]
fn a_lab_whose_ledger_is_gone_begins_no_new_one_until_somebody_says_why() {
    let scene = Scene::new();
    std::fs::remove_file(scene.own()).unwrap();
    scene.forget_own();
    for arguments in [
        &["scan", &scene.shown("a.img"), "--case", "d"][..],
        &["find", "c", "--name", "x"],
        &["case", "list"],
    ] {
        let run = scene.lab.run(arguments);
        assert_eq!(run.code(), 1, "{arguments:?} {}", run.all());
        assert!(run.err().contains("the lab's own ledger is gone"), "{}", run.all());
        assert!(!scene.own().exists());
    }
    scene.lab.done(&["custody", "restore", "--from", "nothing", "--reason", "the disk failed"]);
    let acts: Vec<String> = scene
        .lab
        .done(&["custody", "show", "--json"])
        .objects()
        .iter()
        .map(|entry| entry["body"]["act"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(acts, ["lab_create", "restore", "case_create", "key_add"]);
    scene.lab.done(&["find", "c", "--name", "x"]);
    scene.lab.consistent(&["custody", "verify", "c"]);
}

#[test]
fn entries_that_nobody_signed_are_signed_only_after_somebody_looked_at_them() {
    let scene = Scene::new();
    let key = scene.lab.path().join("keys/lab.key");
    std::fs::rename(&key, scene.path("away.key")).unwrap();
    let unsigned = scene.lab.run(&["custody", "add", "note", "c", "--text", "without the key"]);
    assert_eq!(unsigned.code(), 0, "{}", unsigned.all());
    std::fs::rename(scene.path("away.key"), &key).unwrap();
    let before = forgery::checkpoints(&scene.case());
    let run = scene.lab.run(&["find", "c", "--name", "x"]);
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(run.err().contains("athar custody adopt c"), "{}", run.all());
    assert_eq!(forgery::checkpoints(&scene.case()), before);
    assert_eq!(scene.lab.run(&["custody", "adopt", "c"]).code(), 2, "a reason is required");
    scene.lab.done(&[
        "custody",
        "adopt",
        "c",
        "--reason",
        "the key was in the safe; entries compared with the diary",
    ]);
    let verdict = scene.lab.consistent(&["custody", "verify", "c", "--json"]).objects().remove(0);
    assert_eq!(verdict["signed_up_to"], verdict["entries"]);
    scene.lab.done(&["find", "c", "--name", "x"]);
    assert_eq!(
        scene.lab.run(&["custody", "adopt", "c", "--reason", "again"]).code(),
        2,
        "there is nothing to adopt"
    );
}
