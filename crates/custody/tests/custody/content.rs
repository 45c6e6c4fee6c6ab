//! The names and forms of fields, as records that are kept somewhere already hold them.

use case_model::Examiner;
use custody::content::*;
use custody::{Act, EntryBody, EntryContent, EntryTime, Json, Tool, UtcTime};

fn fields(content: impl EntryContent) -> String {
    let text = || "t".to_owned();
    let time = EntryTime {
        start: UtcTime::from_unix_ns(0),
        end: None,
        zone: "UTC".into(),
        offset: "+00:00".into(),
        clock: "none".into(),
    };
    let tool = Tool { name: text(), version: text(), commit: text(), build: text() };
    let act = content.act();
    let frame = EntryBody::new(act, Examiner { name: text(), declared: true }, time, tool);
    let object = Json::Object(content.write_into(frame).fields().clone());
    let bytes = custody::canonical_bytes(&object).unwrap();
    format!("{act} {}", String::from_utf8(bytes).unwrap())
}

const D: [u8; 32] = [0xab; 32];

fn text() -> String {
    "t".to_owned()
}

fn number() -> DecimalText {
    DecimalText(7)
}

#[test]
fn entries_of_scans_have_the_names_that_records_hold() {
    let hex = "ab".repeat(32);
    let sets = vec![NamedSet { name: text(), version: text(), digest: D }];
    let analysers = vec![NamedAnalyser { name: text(), version: text() }];
    let start = ScanStartContent {
        configuration: text(),
        items: 1,
        image: vec![text()],
        sets: 1,
        set_digests: sets,
        analysers,
    };
    assert_eq!(
        fields(start),
        format!(
            r#"scan_start {{"analysers":[{{"name":"t","version":"t"}}],"configuration":"t","image":["t"],"items":1,"set_digests":[{{"digest":"{hex}","name":"t","version":"t"}}],"sets":1}}"#
        )
    );
    let finish = ScanFinishContent {
        image: text(),
        result: "complete",
        manifest: D,
        case_frame: Some(D),
        failed: vec![FailedItem { path: text(), error: text() }],
    };
    assert_eq!(
        fields(finish),
        format!(
            r#"scan_finish {{"case_frame":"{hex}","failed":[{{"error":"t","path":"t"}}],"image":"t","manifest":"{hex}","result":"complete"}}"#
        )
    );
    let interrupted = ScanInterruptedContent { closes_seq: 3, image: text(), cause: text() };
    assert_eq!(fields(interrupted), r#"scan_interrupted {"cause":"t","closes_seq":3,"image":"t"}"#);
    let withdrawn = ItemWithdrawContent { image: text(), unread: text() };
    assert_eq!(fields(withdrawn), r#"item_withdraw {"image":"t","unread":"t"}"#);
    let zone = ZoneSetContent { image: text(), zone: text(), source: text(), database: text() };
    assert_eq!(fields(zone), r#"zone_set {"database":"t","image":"t","source":"t","zone":"t"}"#);
    let discarded = ItemDiscardedContent { image: text(), cause: text(), outcome: "o" };
    assert_eq!(fields(discarded), r#"scan_interrupted {"cause":"t","image":"t","outcome":"o"}"#);
    let resumed = ItemResumedContent {
        image: text(),
        cause: "c",
        outcome: "o",
        medium_bytes_done: number(),
        stream_bytes_done: number(),
        parts_done: number(),
    };
    assert_eq!(
        fields(resumed),
        r#"scan_interrupted {"cause":"c","image":"t","medium_bytes_done":"7","outcome":"o","parts_done":"7","stream_bytes_done":"7"}"#
    );
}

#[test]
fn entries_of_images_have_the_names_that_records_hold() {
    let register = RegisterContent {
        exhibit: text(),
        image: text(),
        format: "raw",
        recognised_by: text(),
        size_bytes: text(),
        segments: 1,
        claimed_by_container: vec![Claim { field: text(), value: text() }],
        stored_digests: vec![StoredDigest { algorithm: "md5", digest: text(), place: "p" }],
    };
    assert_eq!(
        fields(register),
        r#"register {"claimed_by_container":[{"field":"t","value":"t"}],"exhibit":"t","format":"raw","image":"t","recognised_by":"t","segments":1,"size_bytes":"t","stored_digests":[{"algorithm":"md5","digest":"t","place":"p"}]}"#
    );
    let index = |slow, medium_md5| IndexContent {
        exhibit: text(),
        image: text(),
        result: "complete",
        files: number(),
        lost_streams: number(),
        damages: number(),
        unreconciled_counts: number(),
        unreadable_bytes: number(),
        wrong_stored_digests: number(),
        medium_md5,
        medium_sha1: None,
        medium_sha256: None,
        medium_blake3: None,
        slow,
        manifest: D,
        frame: None,
    };
    let least = fields(index(None, None));
    assert!(
        !least.contains("slow") && !least.contains("medium_"),
        "what is not there is left out: {least}"
    );
    let slow = vec![SlowWork { what: text(), seconds: text() }];
    let most = fields(index(Some(slow), Some(text())));
    for part in [
        r#""damages":"7""#,
        r#""files":"7""#,
        r#""lost_streams":"7""#,
        r#""medium_md5":"t""#,
        r#""slow":[{"seconds":"t","what":"t"}]"#,
        r#""unreadable_bytes":"7""#,
        r#""unreconciled_counts":"7""#,
        r#""wrong_stored_digests":"7""#,
    ] {
        assert!(most.contains(part), "{part}: {most}");
    }
}

#[test]
fn entries_of_copies_and_keys_have_the_names_that_records_hold() {
    let hex = "ab".repeat(32);
    let backup = BackupContent { to: text(), head: D, entries: 5, sha256: D, bytes: number() };
    assert_eq!(
        fields(backup),
        format!(r#"backup {{"bytes":"7","entries":5,"head":"{hex}","sha256":"{hex}","to":"t"}}"#)
    );
    let restore = RestoreContent {
        from: text(),
        head: D,
        entries: 5,
        given_up_entries: Some(6),
        given_up_root: Some(D),
    };
    assert_eq!(
        fields(restore),
        format!(
            r#"restore {{"entries":5,"from":"t","given_up_entries":6,"given_up_root":"{hex}","head":"{hex}"}}"#
        )
    );
    let export =
        ExportLogContent { to: text(), size: 5, root: D, content_files: Some(2), content: Some(D) };
    assert_eq!(
        fields(export),
        format!(
            r#"export_log {{"content":"{hex}","content_files":2,"root":"{hex}","size":5,"to":"t"}}"#
        )
    );
    let migrate =
        SchemaMigrateContent { from: text(), to: text(), copy_of_before: None, copy_sha256: None };
    assert_eq!(fields(migrate), r#"schema_migrate {"from":"t","to":"t"}"#);
    let revoke = KeyRevokeContent { key: text(), since_seq: None };
    assert_eq!(fields(revoke), r#"key_revoke {"key":"t"}"#);
    let created = CaseCreateContent { lab: text(), first_entry: Some(D) };
    assert_eq!(fields(created), format!(r#"case_create {{"first_entry":"{hex}","lab":"t"}}"#));
    let renamed = CaseRenameContent { from: text(), to: text() };
    assert_eq!(fields(renamed), r#"case_rename {"from":"t","to":"t"}"#);
    let closed = CaseCloseContent { head: D, entries: 5 };
    assert_eq!(fields(closed), format!(r#"case_close {{"entries":5,"head":"{hex}"}}"#));
    assert_eq!(fields(CaseReopenContent { closed_by: Some(5) }), r#"case_reopen {"closed_by":5}"#);
    let removed = CaseRemoveContent {
        exhibits: number(),
        manifest: D,
        head: D,
        entries: 5,
        first_entry: Some(D),
    };
    assert_eq!(
        fields(removed),
        format!(
            r#"case_remove {{"entries":5,"exhibits":"7","first_entry":"{hex}","head":"{hex}","manifest":"{hex}"}}"#
        )
    );
    let lab = LabCreateContent { lab: text(), origin: text() };
    assert_eq!(fields(lab), r#"lab_create {"lab":"t","origin":"t"}"#);
}

#[test]
fn entries_of_questions_and_sets_have_the_names_that_records_hold() {
    let hex = "ab".repeat(32);
    let query = QueryContent { query: text(), rows: number() };
    assert_eq!(fields(query), r#"query {"query":"t","rows":"7"}"#);
    let cut = CatInterruptedContent { entry: number(), file: text(), broken_off: text() };
    assert_eq!(fields(cut), r#"cat {"broken_off":"t","entry":"7","file":"t"}"#);
    let import = SetImportContent {
        set: text(),
        version: text(),
        digest: D,
        format: "f",
        disposition: "alert",
        category_scheme: text(),
        source: text(),
        source_sha256: D,
        companions: vec![Companion { name: text(), sha256: D }],
        entries: number(),
        duplicates: number(),
        rejected: number(),
        empty_files_dropped: number(),
        remark: None,
    };
    assert_eq!(
        fields(import),
        format!(
            r#"set_import {{"category_scheme":"t","companions":[{{"name":"t","sha256":"{hex}"}}],"digest":"{hex}","disposition":"alert","duplicates":"7","empty_files_dropped":"7","entries":"7","format":"f","rejected":"7","set":"t","source":"t","source_sha256":"{hex}","version":"t"}}"#
        )
    );
    let remove = SetRemoveContent {
        set: text(),
        version: text(),
        digest: D,
        entries: number(),
        cases_with_hits: number(),
        first_cases: vec![text()],
        cases_not_asked: number(),
    };
    assert_eq!(
        fields(remove),
        format!(
            r#"set_remove {{"cases_not_asked":"7","cases_with_hits":"7","digest":"{hex}","entries":"7","first_cases":["t"],"set":"t","version":"t"}}"#
        )
    );
}

#[test]
fn what_people_say_stands_under_the_names_that_they_chose() {
    let content = PeopleContent {
        act: Act::Acquire,
        said: vec![
            ("exhibit", Said::Text(text())),
            (
                said_field::DIGESTS,
                Said::Digests(vec![SaidDigest { algorithm: "md5", digest: text() }]),
            ),
        ],
        container: Some(ContainerClaims {
            format: "raw",
            size_bytes: 9,
            claims: Vec::new(),
            stored_digests: Vec::new(),
        }),
        documents: vec![Document { name: text(), bytes: 1, sha256: text() }],
    };
    assert_eq!(
        fields(content),
        r#"acquire {"claimed_by_container":[],"digests":[{"algorithm":"md5","digest":"t"}],"documents":[{"bytes":1,"name":"t","sha256":"t"}],"exhibit":"t","format":"raw","size_bytes":9,"stored_digests":[]}"#
    );
}

#[test]
fn entries_of_extractions_have_the_names_that_records_hold() {
    let start = ExtractStartContent { what: text(), to: text(), outcome: "begun" };
    assert_eq!(fields(start), r#"export {"outcome":"begun","to":"t","what":"t"}"#);
    let extract = ExtractContent {
        what: text(),
        to: text(),
        outcome: text(),
        rows: number(),
        files: number(),
        already_there: number(),
        bytes: number(),
        further_names: number(),
        partial: number(),
        different: number(),
        not_read: number(),
        name_taken: number(),
        without_content: number(),
        left_out: number(),
        manifests: vec![NamedDigest { name: text(), sha256: D }],
    };
    let hex = "ab".repeat(32);
    assert_eq!(
        fields(extract),
        format!(
            r#"export {{"already_there":"7","bytes":"7","different":"7","files":"7","further_names":"7","left_out":"7","manifests":[{{"name":"t","sha256":"{hex}"}}],"name_taken":"7","not_read":"7","outcome":"t","partial":"7","rows":"7","to":"t","what":"t","without_content":"7"}}"#
        )
    );
}
