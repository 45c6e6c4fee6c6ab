//! One stream through several analysers: none disturbs another, and what failed is said.

use std::ops::ControlFlow;

use analysis::conformance::EveryByte;
use analysis::{
    Analyser, AnalyserSetError, Analysers, ContentType, FindingsOfAnalyser, Head, NamedStream,
    RecordFacts, SavedTaps, StateNotSaved, StreamAnalysis, StreamFacts, Taps, Wants,
};
use byte_source::Piece;
use case_model::NameEncoding;
use filesystem::{Allocation, StreamKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PanicsIn {
    Wants,
    Head,
    Start,
    Take,
    Finish,
    Drop,
    Conclude,
}

struct Panicking(PanicsIn);

struct PanickingAnalysis(PanicsIn);

impl Analyser for Panicking {
    fn name(&self) -> &'static str {
        "panicking"
    }

    fn version(&self) -> &str {
        "1"
    }

    fn keys(&self) -> &'static [&'static str] {
        &["found"]
    }

    fn wants(&self, _: &StreamFacts) -> Wants {
        assert!(self.0 != PanicsIn::Wants, "on purpose");
        if self.0 == PanicsIn::Head { Wants::Head(3) } else { Wants::All }
    }

    fn head(&self, _: &StreamFacts, _: Head<'_>, findings: &mut FindingsOfAnalyser<'_>) {
        findings.add("found", "before the panic");
        assert_ne!(self.0, PanicsIn::Head, "on purpose");
    }

    fn start(&self, _: &StreamFacts) -> Option<Box<dyn StreamAnalysis>> {
        assert!(self.0 != PanicsIn::Start, "on purpose");
        Some(Box::new(PanickingAnalysis(self.0)))
    }

    fn conclude(&self, _: &NamedStream<'_>, _: &mut FindingsOfAnalyser<'_>) {
        assert!(self.0 != PanicsIn::Conclude, "on purpose");
    }
}

impl StreamAnalysis for PanickingAnalysis {
    fn take(&mut self, _: u64, _: Piece<'_>) -> ControlFlow<()> {
        assert!(!matches!(self.0, PanicsIn::Take | PanicsIn::Drop), "on purpose");
        ControlFlow::Continue(())
    }

    fn save(&self) -> Option<Vec<u8>> {
        None
    }

    fn finish(self: Box<Self>, findings: &mut FindingsOfAnalyser<'_>) {
        findings.add("found", "something");
        assert!(self.0 != PanicsIn::Finish, "on purpose");
    }
}

impl Drop for PanickingAnalysis {
    fn drop(&mut self) {
        assert!(self.0 != PanicsIn::Drop || std::thread::panicking(), "on purpose");
    }
}

fn data(bytes: &[u8]) -> Piece<'_> {
    Piece::Data { bytes, at: 0 }
}

const NAMED: NamedStream<'_> = NamedStream {
    size: 8,
    record: RecordFacts { kind: StreamKind::Data, state: Allocation::Deleted, is_assumed: true },
    name: b"report.doc",
    encoding: NameEncoding::Bytes,
    readable: "report.doc",
    stream_name: b"",
};

#[test]
fn a_panic_costs_the_findings_of_that_analyser_and_is_reported() {
    for place in [
        PanicsIn::Wants,
        PanicsIn::Head,
        PanicsIn::Start,
        PanicsIn::Take,
        PanicsIn::Finish,
        PanicsIn::Drop,
        PanicsIn::Conclude,
    ] {
        let list: Vec<Box<dyn Analyser>> =
            vec![Box::new(Panicking(place)), Box::new(ContentType::PLAIN), Box::new(EveryByte)];
        let analysers = Analysers::new(list).unwrap();
        let mut taps = Taps::begin(&analysers, StreamFacts::of_size(8));
        taps.take(&analysers, data(b"GIF"));
        taps.take(&analysers, data(b"89a.."));
        let mut findings = taps.finish(&analysers);
        analysers.conclude(&NAMED, &mut findings);
        let failures = findings.iter().filter(|finding| finding.is_failure()).count();
        let (content_type, others) = analysers.named(findings);
        assert_eq!(content_type.as_deref(), Some("image/gif"), "{place:?}");
        let said = |analyser, key| {
            let mut found =
                others.iter().filter(|found| found.analyser == analyser && found.key == key);
            (found.next().map(|found| found.value.to_string()), found.count())
        };
        assert_eq!(said(2, "sum"), (Some(EveryByte::of_bytes(b"GIF89a..")), 0), "{place:?}");
        assert_eq!(said(0, "failed"), (Some("panic".to_owned()), 0), "{place:?}");
        assert_eq!(failures, 1, "{place:?}");
        assert_eq!(said(0, "found").0.is_some(), place == PanicsIn::Conclude, "{place:?}");
    }
}

/// Compares the name with the content type that it found: what needs a name is concluded at the end.
struct NameLength;

impl Analyser for NameLength {
    fn name(&self) -> &'static str {
        "name-length"
    }

    fn version(&self) -> &str {
        "1"
    }

    fn keys(&self) -> &'static [&'static str] {
        &["head", "longer-than-head"]
    }

    fn wants(&self, _: &StreamFacts) -> Wants {
        Wants::Head(4)
    }

    fn head(&self, _: &StreamFacts, head: Head<'_>, findings: &mut FindingsOfAnalyser<'_>) {
        findings.add("head", head.bytes.len().to_string());
    }

    fn conclude(&self, stream: &NamedStream<'_>, findings: &mut FindingsOfAnalyser<'_>) {
        let head =
            findings.so_far().find_map(|(key, value)| (key == "head").then(|| value.to_owned()));
        let longer =
            stream.name.len() > head.and_then(|head| head.parse().ok()).unwrap_or(usize::MAX);
        findings.add("longer-than-head", if longer { "yes" } else { "no" });
    }
}

#[test]
fn what_needs_a_name_is_concluded_from_it_and_the_findings_so_far() {
    let analysers =
        Analysers::new(vec![Box::new(ContentType::PLAIN), Box::new(NameLength)]).unwrap();
    let mut taps = Taps::begin(&analysers, StreamFacts::of_size(8));
    taps.take(&analysers, data(b"GIF89a.."));
    let mut findings = taps.finish(&analysers);
    analysers.conclude(&NAMED, &mut findings);
    let (_, others) = analysers.named(findings);
    let others: Vec<_> = others.iter().map(|found| (found.key, found.value.as_ref())).collect();
    assert_eq!(others, [("head", "4"), ("longer-than-head", "yes")]);
}

#[test]
fn a_state_comes_back_from_its_bytes_and_one_that_cannot_be_saved_is_named() {
    let analysers =
        Analysers::new(vec![Box::new(ContentType::PLAIN), Box::new(EveryByte)]).unwrap();
    let facts = StreamFacts::of_size(9_000);
    let bytes = [b"GIF89a".as_slice(), &[5; 8_994]].concat();
    let mut whole = Taps::begin(&analysers, facts);
    whole.take(&analysers, data(&bytes));
    let mut taps = Taps::begin(&analysers, facts);
    taps.take(&analysers, data(&bytes[..1000]));
    let stored = postcard::to_stdvec(&taps.save(&analysers).unwrap()).unwrap();
    let saved: SavedTaps = postcard::from_bytes(&stored).unwrap();
    let mut taps = Taps::restore(&analysers, facts, &saved).unwrap();
    taps.take(&analysers, data(&bytes[1000..]));
    assert_eq!(taps.finish(&analysers), whole.finish(&analysers));
    let others = Analysers::new(vec![Box::new(EveryByte), Box::new(ContentType::PLAIN)]).unwrap();
    assert!(Taps::restore(&others, facts, &saved).is_none());

    let unsaved = Analysers::new(vec![Box::new(Panicking(PanicsIn::Finish))]).unwrap();
    let mut taps = Taps::begin(&unsaved, facts);
    // At the start nothing is to be saved.
    let start = taps.save(&unsaved).unwrap();
    assert_eq!(Taps::restore(&unsaved, facts, &start).map(|taps| taps.position()), Some(0));
    taps.take(&unsaved, data(b"x"));
    assert_eq!(taps.save(&unsaved), Err(StateNotSaved::Never("panicking")));
}

#[test]
fn analysers_that_could_be_taken_for_each_other_are_refused() {
    struct Reserved;
    impl Analyser for Reserved {
        fn name(&self) -> &'static str {
            "reserved"
        }
        fn version(&self) -> &str {
            "1"
        }
        fn keys(&self) -> &'static [&'static str] {
            &["failed"]
        }
        fn wants(&self, _: &StreamFacts) -> Wants {
            Wants::Nothing
        }
    }
    let same = Analysers::new(vec![Box::new(EveryByte), Box::new(EveryByte)]);
    assert_eq!(same, Err(AnalyserSetError::SameName("every-byte")));
    let key = AnalyserSetError::Key { analyser: "reserved", key: "failed" };
    assert_eq!(Analysers::new(vec![Box::new(Reserved)]), Err(key));
}
