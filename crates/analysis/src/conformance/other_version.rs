//! The same analyser in another version.

use crate::{Analyser, FindingsOfAnalyser, Head, NamedStream, StreamAnalysis, StreamFacts, Wants};

pub(super) struct OtherVersion(pub(super) Box<dyn Analyser>);

impl Analyser for OtherVersion {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn version(&self) -> &str {
        "another version"
    }

    fn keys(&self) -> &'static [&'static str] {
        self.0.keys()
    }

    fn wants(&self, facts: &StreamFacts) -> Wants {
        self.0.wants(facts)
    }

    fn tells_records_apart(&self) -> bool {
        self.0.tells_records_apart()
    }

    fn head(&self, facts: &StreamFacts, head: Head<'_>, findings: &mut FindingsOfAnalyser<'_>) {
        self.0.head(facts, head, findings);
    }

    fn start(&self, facts: &StreamFacts) -> Option<Box<dyn StreamAnalysis>> {
        self.0.start(facts)
    }

    fn restore(&self, facts: &StreamFacts, state: &[u8]) -> Option<Box<dyn StreamAnalysis>> {
        self.0.restore(facts, state)
    }

    fn conclude(&self, stream: &NamedStream<'_>, findings: &mut FindingsOfAnalyser<'_>) {
        self.0.conclude(stream, findings);
    }
}
