//! JSON formats: Project VIC and its categories, MISP, STIX; documents that are cut off or hostile.
use crate::support;

use case_model::{Algorithm, HitDisposition};
use hash_set::{CategoryMapping, Format, ImportNote, ImportOptions};
use support::*;

const SCHEME_1_3: &str = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media";
const SCHEME_2_0: &str =
    "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Cases";

fn hash_set(scheme: &str) -> String {
    format!(
        r#"{{"odata.metadata": "{scheme}", "value": [
  {{"MediaID": 1, "Category": 1, "MD5": "{}", "SHA1": "{}", "MediaSize": "3", "VictimIdentified": "true", "Series": "S",
    "PhotoDNA": "AAAA", "MediaFiles": [{{"FileName": "a.jpg", "FilePath": "x\\y", "MD5": "zz"}}], "Exifs": [{{"PropertyName": "p"}}],
    "AlternativeHashes": [{{"HashName": "SHA256", "HashValue": "{ABC_SHA256}"}}, {{"HashName": "PhotoDNA", "HashValue": "BBBB"}}]}},
  {{"MediaID": 2, "Category": null, "MD5": "{}", "SHA1": "", "MediaSize": 3, "IsPrecategorized": true}},
  {{"MediaID": 3, "Category": 2, "MD5": "nonsense"}},
  {{"MediaID": 4, "Category": 2, "MD5": "{EMPTY_MD5}"}}
]}}"#,
        ABC_MD5.to_uppercase(),
        ABC_SHA1.to_uppercase(),
        "11".repeat(16)
    )
}

#[test]
fn a_hash_set_keeps_scheme_and_code_and_needs_review_until_the_lab_has_said_what_codes_mean() {
    let lab = Lab::new();
    let report = lab
        .import("vic.json", format!("\u{feff}{}", hash_set(SCHEME_1_3)), &ImportOptions::default())
        .unwrap();
    assert_eq!(
        (report.set.format, report.set.category_scheme.as_str()),
        (Format::ProjectVic, SCHEME_1_3)
    );
    let tally = report.tally;
    assert_eq!((tally.entries, tally.rejected, tally.empty_files), (2, 1, 1));
    assert_eq!(
        report.rejections[0].to_string(),
        "value[2] (line 6): not a hexadecimal digest: \"nonsense\""
    );
    assert_eq!(report.notes, [ImportNote::UnknownCodes { first: "1".to_owned(), count: 2 }]);
    let library = lab.library();
    let hits = library.lookup(&abc(), 3).unwrap();
    assert_eq!(told(&hits), [(Algorithm::Sha256, "needs-review", "full", "a.jpg")]);
    let hits = library.lookup(&digests(&[&"11".repeat(16)]), 3).unwrap();
    assert_eq!(told(&hits), [(Algorithm::Md5, "needs-review", "full", "")]);
}

#[test]
fn the_same_number_means_different_things_in_different_schemes() {
    let mapping = format!(
        "[[scheme]]\nuri = \"{SCHEME_1_3}\"\ncodes = {{ 1 = \"alert\" }}\n[[scheme]]\nuri = \"*\"\ncodes = {{ 1 = \"no-change\" }}\n"
    );
    let options = ImportOptions {
        categories: CategoryMapping::parse(&mapping).unwrap(),
        ..ImportOptions::default()
    };
    for (scheme, expected) in [(SCHEME_1_3, "alert"), ("http://other#Media", "no-change")] {
        let lab = Lab::new();
        lab.import("vic.json", hash_set(scheme), &options).unwrap();
        assert_eq!(lab.library().lookup(&abc(), 3).unwrap()[0].disposition.key(), expected);
    }
}

#[test]
fn a_case_of_version_2_holds_the_media_of_several_cases() {
    let lab = Lab::new();
    let text = format!(
        r#"{{"@odata.context": "{SCHEME_2_0}", "value": [
 {{"CaseID": "1", "CaseNumber": "A", "TotalMediaFiles": 1, "Media": [{{"MediaID": 1, "Category": 0, "MD5": "{ABC_MD5}", "RelativeFilePath": "a\\b.jpg"}}]}},
 {{"CaseID": "2", "CaseNumber": "B", "Media": [{{"MediaID": 1, "SHA1": "{ABC_SHA1}"}}, {{"MediaID": 2, "Category": 1}}]}}]}}"#
    );
    let report = lab.import("case.json", text, &ImportOptions::default()).unwrap();
    assert_eq!((report.tally.entries, report.tally.rejected), (2, 1));
    assert_eq!(report.rejections[0].to_string(), "value[1].Media[1] (line 3): no digest");
    let labels: Vec<_> =
        lab.library().lookup(&abc(), 3).unwrap().into_iter().map(|hit| hit.label).collect();
    assert_eq!(labels, ["a\\b.jpg", ""]);
}

#[test]
fn json_that_is_cut_off_nested_or_endless_registers_nothing_and_names_the_place() {
    let lab = Lab::new();
    let whole = hash_set(SCHEME_1_3);
    let error =
        |text: &str| lab.import("x.json", text, &ImportOptions::default()).unwrap_err().to_string();
    let cut = error(&whole[..whole.len() - 60]);
    assert!(cut.contains("x.json: ") && cut.contains("line 6"), "{cut}");
    for at in (SCHEME_1_3.len() + 30..whole.len() - 1)
        .step_by(17)
        .filter(|&at| whole.is_char_boundary(at))
    {
        error(&whole[..at]);
    }
    let deep = format!("{{\"odata.metadata\": \"x\", \"value\": {}", "[".repeat(100_000));
    assert!(error(&deep).contains("nesting"), "{}", error(&deep));
    let endless =
        format!("{{\"odata.metadata\": \"x\", \"value\": [{{\"MD5\": \"{}", "a".repeat(70 << 20));
    assert!(error(&endless).contains("a string or number of more than 67108864 bytes"));
    assert!(error(&format!("{whole} x")).contains("x.json"));
    assert!(lab.library().sets().is_empty() && lab.leftovers().is_empty());
}

#[test]
fn misp_events_give_digests_for_detection_and_join_those_of_a_file() {
    let sha1_other = "22".repeat(20);
    let text = format!(
        r#"{{"response": [{{"Event": {{"uuid": "u", "info": "Campaign", "date": "2026-01-02", "Orgc": {{"name": "CERT"}},
 "Tag": [{{"name": "tlp:amber"}}, {{"name": "type:OSINT"}}],
 "Attribute": [
  {{"type": "sha1", "value": "{sha1_other}", "to_ids": true, "deleted": false, "comment": "c"}},
  {{"type": "filename|md5", "value": "a|b.exe|{}", "to_ids": true}},
  {{"type": "md5", "value": "{}", "to_ids": false}},
  {{"type": "sha512", "value": "{}", "to_ids": true}},
  {{"type": "ip-dst", "value": "192.0.2.1", "to_ids": true}}],
 "Object": [{{"name": "file", "Attribute": [
  {{"type": "filename", "value": "abc.bin", "to_ids": false}}, {{"type": "size-in-bytes", "value": "3", "to_ids": false}},
  {{"type": "md5", "value": "{ABC_MD5}", "to_ids": true}}, {{"type": "sha256", "value": "{ABC_SHA256}", "to_ids": true}}]}}]
 }}}}]}}"#,
        "33".repeat(16),
        "44".repeat(16),
        "55".repeat(64)
    );
    let lab = Lab::new();
    let report = lab.import("misp.json", text, &ImportOptions::default()).unwrap();
    let set = report.set;
    assert_eq!(
        (set.format, set.name.as_str(), set.released.as_str()),
        (Format::Misp, "Campaign", "2026-01-02")
    );
    assert_eq!((set.publisher.as_str(), set.handling.as_str()), ("CERT", "TLP:AMBER"));
    assert_eq!((report.tally.entries, report.tally.rejected), (3, 1));
    assert_eq!(
        report.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "attributes that are deleted or not for detection left out: 1",
            "attributes that are no digests of files left out: 1"
        ]
    );
    let library = lab.library();
    assert_eq!(
        told(&library.lookup(&abc(), 3).unwrap()),
        [(Algorithm::Sha256, "notable", "full", "abc.bin")]
    );
    assert_eq!(library.lookup(&abc(), 4).unwrap()[0].class.key(), "size-differs");
    assert_eq!(library.lookup(&digests(&[&"33".repeat(16)]), 1).unwrap()[0].label, "a|b.exe");
    assert!(library.lookup(&digests(&[&"44".repeat(16)]), 1).unwrap().is_empty());
}

#[test]
fn stix_indicators_and_those_that_are_not_understood() {
    let text = format!(
        r#"{{"type": "bundle", "id": "bundle--1", "objects": [
 {{"type": "indicator", "spec_version": "2.1", "id": "indicator--1", "name": "bad", "pattern_type": "stix", "valid_until": "2027-01-01",
   "pattern": "[file:hashes.'SHA-256' = '{ABC_SHA256}' OR file:hashes.'MD-5' = '{ABC_MD5}']"}},
 {{"type": "indicator", "id": "indicator--2", "pattern_type": "stix", "pattern": "[domain-name:value = 'x']"}},
 {{"type": "indicator", "id": "indicator--3", "pattern_type": "stix", "revoked": true, "pattern": "[file:hashes.MD5 = '{}']"}},
 {{"type": "indicator", "id": "indicator--4", "pattern_type": "sigma", "pattern": "x"}},
 {{"type": "malware", "id": "malware--1"}}]}}"#,
        "11".repeat(16)
    );
    let lab = Lab::new();
    let report = lab.import("stix.json", text, &ImportOptions::default()).unwrap();
    assert_eq!(
        (report.set.format, report.tally.entries, report.tally.rejected),
        (Format::Stix, 2, 2)
    );
    assert_eq!(
        report.rejections[0].to_string(),
        "objects[1] (line 4): indicator indicator--2: pattern not understood: \"[domain-name:value = 'x']\""
    );
    assert_eq!(report.notes.len(), 2);
    let hits = lab.library().lookup(&abc(), 3).unwrap();
    assert!(
        hits.iter().all(|hit| hit.label == "bad" && hit.disposition == HitDisposition::Notable)
    );
    assert_eq!(hits.len(), 2);
    assert!(lab.library().lookup(&digests(&[&"11".repeat(16)]), 1).unwrap().is_empty());
}
