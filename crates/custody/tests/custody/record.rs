//! Builds the record of the test vectors; its bytes are frozen with the format.

use case_model::Examiner;
use custody::{Act, EntryBody, EntryTime, Head, Json, Object, StoredEntry, Tool, UtcTime};

/// A body with everything but fields, at `second` seconds after 2026-11-21T09:00:00 UTC.
pub(crate) fn body(act: Act, second: i64) -> EntryBody {
    let start = UtcTime::from_unix_ns((1_795_251_600 + second) * 1_000_000_000 + 123_456_789);
    let time = EntryTime {
        start,
        end: None,
        zone: "Africa/Casablanca".into(),
        offset: "+01:00".into(),
        clock: "system clock".into(),
    };
    let tool = Tool {
        name: "athar".into(),
        version: "0.1.0".into(),
        commit: "0000000000000000000000000000000000000000".into(),
        build: "release x86_64-unknown-linux-gnu".into(),
    };
    EntryBody::new(act, Examiner { name: "فاطمة الزهراء".into(), declared: true }, time, tool)
}

/// Seals bodies one after the other.
pub(crate) fn chain(bodies: &[EntryBody]) -> Vec<StoredEntry> {
    let mut head = Head::EMPTY;
    bodies
        .iter()
        .map(|body| {
            let entry = head.seal_next(body).unwrap();
            head = Head::from(&entry);
            entry
        })
        .collect()
}

/// Seven entries with everything that is hard to write the same way twice.
pub(crate) fn vectors() -> Vec<StoredEntry> {
    let controls: String =
        (0..0x20_u8).map(char::from).chain("\u{7f}\u{80}\"\\/".chars()).collect();
    let names =
        ["\u{20ac}", "\r", "\u{fb33}", "1", "\u{1f600}", "\u{80}", "\u{f6}", "", "\u{ffff}"];
    let sorted: Object =
        names.iter().map(|name| ((*name).to_owned(), Json::from(name.to_owned()))).collect();
    chain(&[
        body(Act::LabCreate, 0)
            .field("lab", "Laboratoire régional d'analyse des traces numériques"),
        body(Act::CaseCreate, 1)
            .case("2026-0142")
            .reason("réquisition PG/2026/77 — قضية 2026/0142"),
        body(Act::Register, 2)
            .case("2026-0142")
            .place("Casablanca")
            .field("exhibit", "S-0142-01")
            .field("image", "S-0142-01.E01")
            .field("format", "ewf")
            .field("size_bytes", 500_107_862_016_u64)
            .field("sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        body(Act::Note, 3).case("2026-0142").field(
            "text",
            "ملف باسم \u{202e}gpj.exe\u{202c} و\u{2067}معكوس\u{2069}، « dossier »\u{2028}ligne",
        ),
        body(Act::Note, 4).case("2026-0142").field("text", controls),
        body(Act::Note, 5)
            .case("2026-0142")
            .field("text", "names and numbers")
            .field("names", sorted)
            .field(
                "numbers",
                vec![
                    Json::Int(0),
                    Json::Int(-1),
                    Json::Int(9_007_199_254_740_991),
                    Json::Int(-9_007_199_254_740_991),
                    Json::Int(9_007_199_254_740_992),
                    Json::from(u64::MAX),
                    Json::Null,
                    Json::Bool(false),
                ],
            ),
        body(Act::Note, 6)
            .case("2026-0142")
            .field("text", "مذكرة طويلة، note longue. ".repeat(1_600)),
    ])
}
