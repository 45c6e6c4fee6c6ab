//! What other programs say about our files: case_validate, xmllint, zbarimg.

use std::path::{Path, PathBuf};

use case_model::{Digests, Times, Timestamp};
use custody::{
    Act, CaseHeader, CaseImage, CheckpointSlip, DfxmlFile, DfxmlHeader, DfxmlRun, DfxmlVolume,
    DfxmlWriter, NameType, QrSymbol, UtcTime, write_case_jsonld,
};

use crate::lab::{Lab, ORIGIN};
use crate::record::body;
use crate::signatures::run;

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn digests() -> Digests {
    Digests {
        md5: Some([1; 16]),
        sha1: Some([2; 20]),
        sha256: Some([3; 32]),
        blake3: Some([4; 32]),
    }
}

fn case_document(change: impl Fn(String) -> String) -> Vec<u8> {
    let mut lab = Lab::new();
    let register = body(Act::Register, 20).case("2026-0142").place("Casablanca — الدار البيضاء");
    let register = register
        .reason("réquisition")
        .field("exhibit", "S-0142-01")
        .field("image", "S-0142-01.E01");
    lab.append(&register.field("format", "ewf").field("size_bytes", 500_107_862_016_u64));
    let header = CaseHeader {
        origin: ORIGIN.into(),
        name: "قضية 2026/0142 — Dossier 2026/0142".into(),
        authorization: Some(("réquisition".into(), "PG/2026/77".into())),
    };
    let image = CaseImage {
        exhibit: "S-0142-01".into(),
        description: "Scellé 01, disque dur".into(),
        file_name: "S-0142-01.E01".into(),
        size_bytes: 500_107_862_016,
        digests: digests(),
    };
    let mut out = Vec::new();
    write_case_jsonld(&mut out, &header, &[image], lab.entries.into_iter().map(Ok)).unwrap();
    change(String::from_utf8(out).unwrap()).into_bytes()
}

#[test]
fn the_case_document_conforms_to_case_and_uco() {
    let folder = tempfile::tempdir().unwrap();
    let validate = |name: &str, document: Vec<u8>| {
        std::fs::write(folder.path().join(name), document).unwrap();
        run(folder.path(), "case_validate", &[name], b"")
    };
    // The exit code decides: a misspelt class prints "Conforms: True".
    let Some(output) = validate("good.jsonld", case_document(|text| text)) else { return };
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(printed.contains("Conforms: True"), "{printed}");
    let bad = case_document(|text| {
        text.replace("uco-types:hashMethod\":\"MD5", "uco-types:hashMethod\":\"MD-5")
    });
    assert_ne!(
        validate("bad.jsonld", bad).unwrap().status.code(),
        Some(0),
        "the validator sees nothing"
    );
}

#[test]
fn the_case_document_holds_every_entry_in_order_and_is_the_same_twice() {
    let document = case_document(|text| text);
    assert_eq!(document, case_document(|text| text));
    let json: serde_json::Value = serde_json::from_slice(&document).unwrap();
    let graph = json["@graph"].as_array().unwrap();
    let actions: Vec<_> = graph
        .iter()
        .filter(|node| node["@type"] == "case-investigation:InvestigativeAction")
        .collect();
    assert_eq!(actions.len(), 11);
    for pair in actions.windows(2) {
        assert_eq!(pair[1]["case-investigation:wasInformedBy"][0]["@id"], pair[0]["@id"]);
    }
    let people = graph.iter().filter(|node| node["@type"] == "uco-identity:Person").count();
    assert_eq!(people, 1, "one person, however many entries");
}

fn dfxml_document() -> Vec<u8> {
    let header = DfxmlHeader {
        program: "athar".into(),
        version: "0.1.0".into(),
        command_line: Some("athar scan \"S-0142-01.E01\" <&>".into()),
        start: Some(UtcTime::from_unix_ns(1_795_251_600_000_000_000)),
        images: vec!["S-0142-01.E01".into()],
    };
    let mut writer = DfxmlWriter::begin(Vec::new(), &header).unwrap();
    for offset_bytes in [1 << 20, 5 << 30] {
        let volume =
            DfxmlVolume { offset_bytes, block_size_bytes: Some(4096), file_system: "NTFS".into() };
        writer.volume(&volume).unwrap();
        files(&mut writer);
    }
    writer.end_volume().unwrap();
    files(&mut writer);
    assert!(
        writer
            .volume(&DfxmlVolume {
                offset_bytes: 0,
                block_size_bytes: None,
                file_system: "x".into()
            })
            .is_err()
    );
    writer.finish().unwrap()
}

fn files(writer: &mut DfxmlWriter<Vec<u8>>) {
    let times = Times {
        modified: Timestamp::filetime(116_444_736_000_000_000 + 17_803_170_580_000_001),
        accessed: Timestamp::fat(0x21, None, None),
        changed: Timestamp::filetime(u64::MAX),
        created: Timestamp::fat(0x5cc1, Some(0x1234), None),
        deleted: Some(Timestamp::unix_seconds(7)),
    };
    let runs = [
        DfxmlRun { file_offset: 0, image_offset: Some(123_456_789_012), length: 4096 },
        DfxmlRun { file_offset: 4096, image_offset: None, length: 8192 },
    ];
    let digests = digests();
    let full = DfxmlFile {
        path: "مجلد/\u{202e}gpj.exe\u{202c} <&> \"é\"".as_bytes(),
        error: Some("cluster 7 cannot be read"),
        id: Some(7),
        name_type: NameType::Regular,
        size_bytes: 12_288,
        inode_allocated: Some(true),
        name_allocated: Some(false),
        orphan: true,
        compressed: true,
        inode: Some(u64::MAX),
        parent_inode: Some(5),
        times,
        runs: &runs,
        digests: &digests,
        disposition: Some("partial"),
    };
    writer.file(&full).unwrap();
    let none = Digests::default();
    let bare = DfxmlFile {
        path: b"a\x01\xff\r\n]]>",
        error: None,
        id: None,
        name_type: NameType::Unknown,
        inode_allocated: None,
        name_allocated: None,
        orphan: false,
        compressed: false,
        inode: None,
        parent_inode: None,
        times: Times::default(),
        runs: &[],
        digests: &none,
        disposition: None,
        ..full
    };
    writer.file(&bare).unwrap();
}

#[test]
fn the_file_list_is_valid_dfxml() {
    let Some(schema) = shared("dfxml/dfxml.xsd") else { return };
    let folder = tempfile::tempdir().unwrap();
    let validate = |document: &[u8]| {
        std::fs::write(folder.path().join("files.dfxml"), document).unwrap();
        let arguments = ["--nonet", "--noout", "--schema", schema.to_str().unwrap(), "files.dfxml"];
        run(folder.path(), "xmllint", &arguments, b"")
    };
    let document = dfxml_document();
    let Some(output) = validate(&document) else { return };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.contains("files.dfxml validates"), "{errors}");
    let wrong =
        String::from_utf8(document).unwrap().replace("<name_type>r<", "<name_type>regular<");
    assert!(!validate(wrong.as_bytes()).unwrap().status.success(), "the schema sees nothing");
}

#[test]
fn names_that_xml_cannot_carry_are_kept_as_bytes_and_times_that_are_no_dates_as_numbers() {
    let text = String::from_utf8(dfxml_document()).unwrap();
    assert!(
        text.contains(
            "<filename athar:bytes=\"6101ff0d0a5d5d3e\">a\u{fffd}\u{fffd}&#13;&#10;]]&gt;</filename>"
        ),
        "{text}"
    );
    assert!(
        text.contains(
            "<athar:time field=\"ctime\" clock=\"filetime\" raw=\"18446744073709551615\"/>"
        )
    );
    assert!(text.contains("<mtime>2026-06-01T12:30:58.000000100Z</mtime>"));
    assert!(
        text.contains("<crtime prec=\"2\">2026-06-01T02:17:40.000000000</crtime>"),
        "no zone is known, none is said"
    );
    assert!(text.contains("<atime prec=\"86400\">1980-01-01T00:00:00.000000000</atime>"));
}

/// Modules as a picture that a camera program reads, four pixels each.
fn picture(symbol: &QrSymbol) -> Vec<u8> {
    const PIXELS: usize = 4;
    let side = symbol.rows().len() * PIXELS;
    let mut picture = format!("P5 {side} {side} 255\n").into_bytes();
    for row in symbol.rows() {
        let line: Vec<u8> =
            row.iter().flat_map(|dark| [if *dark { 0 } else { 255 }; PIXELS]).collect();
        picture.extend(line.repeat(PIXELS));
    }
    picture
}

#[test]
fn a_camera_reads_the_signed_checkpoint_from_the_slip() {
    let folder = tempfile::tempdir().unwrap();
    let signed = &Lab::new().checkpoints[1];
    let slip = CheckpointSlip::new(signed).unwrap();
    std::fs::write(folder.path().join("slip.pgm"), picture(&slip.qr)).unwrap();
    let arguments = ["--quiet", "--raw", "--oneshot", "-Sbinary", "slip.pgm"];
    let Some(output) = run(folder.path(), "zbarimg", &arguments, b"") else { return };
    assert_eq!(String::from_utf8_lossy(&output.stdout), signed.to_string(), "{output:?}");
}
