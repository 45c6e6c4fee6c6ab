//! What tests compute of every stream: digests, the content type, and a finding that changes with every byte.

use std::sync::LazyLock;

use analysis::conformance::EveryByte;
use analysis::{Analysers, ContentType, StreamFacts};
use byte_source::{Scratch, Source};
use filesystem::Stream;
use hash_engine::Selection;

use super::reader::{Reading, StreamResult, read_stream};

static ANALYSERS: LazyLock<Analysers> = LazyLock::new(|| {
    Analysers::new(vec![Box::new(ContentType::PLAIN), Box::new(EveryByte)]).unwrap()
});

pub(crate) fn analysers() -> &'static Analysers {
    &ANALYSERS
}

pub(crate) fn reading(selection: Selection) -> Reading<'static> {
    Reading { selection, analysers: analysers() }
}

/// Reads a stream by itself: what every other way of reading it has to give.
pub(crate) fn read_by_itself(
    volume: &dyn Source,
    stream: &Stream,
    selection: Selection,
) -> StreamResult {
    let facts = StreamFacts::of_size(stream.size);
    read_stream(volume, stream, reading(selection), facts, &mut Scratch::new())
}
