//! English words of what a scan reports while it runs.

#[rustfmt::skip]
pub(super) const TABLE: &[(&str, &str)] = &[
    ("event.goes-on",
     "an earlier scan of it was broken off and goes on: {0} are hashed, {1} {1|part|parts} of the index {1|is|are} written"),
    ("event.goes-on-files", "{0} {0|byte|bytes} of files on their way"),
    ("event.goes-on-medium", "{0} {0|byte|bytes} of the medium and {1} of streams on their way"),
    ("event.other-evidence",
     "an earlier scan of it was broken off, but the evidence is not the same as then: scanning from the \
     start"),
    ("event.slow", "slow: {0} s on {1}"),
    ("event.slow-so-far", "slow: {0} s so far on {1}"),
    ("memory.over-limit",
     "names and plans needed more memory than the limit leaves for them, but {0}"),
    ("memory.spilled", "{0} {0|byte|bytes} of names and plans {0|was|were} kept in a temporary file in {1}"),
    ("reading.decoded-again",
     "the pass, but {0} {0|byte|bytes} of fragments that lay far apart {0|was|were} decoded again"),
    ("reading.device", "pread: a device"),
    ("reading.empty", "empty"),
    ("reading.given-up", "the pass, which found no way to {0} {0|stream|streams} (a fault of this program)"),
    ("reading.let-go",
     "the pass, which went on {0} {0|time|times} without streams that lay too far behind it"),
    ("reading.mapped", "mapped: a regular file"),
    ("reading.nested", "in place, in the image around it"),
    ("reading.not-mapped", "pread: the file cannot be mapped"),
    ("reading.pass", "{0}; {1}"),
    ("reading.pass-coded",
     "one pass; units of {0} bytes are read and decoded once by {1} {1|worker|workers}, into windows that all \
     digests share"),
    ("reading.pass-plain",
     "one pass from the first byte to the last, streams right behind it on the pages that it brought \
     into memory"),
    ("reading.read-again",
     "the pass, but {0} {0|byte|bytes} of fragments that lay far apart {0|was|were} perhaps read again from the \
     device"),
    ("stage.certify", "finishing its index and verdict"),
    ("stage.gather", "reading its record tables or listing its files"),
    ("stage.hash", "reading and hashing its content"),
    ("stage.open", "opening it"),
    ("work.file", "{0}"),
    ("work.item",
     "the whole item, while {0}: no record, piece of content or row of it was finished"),
    ("work.records", "{0}: a record of slots {1} to {2}"),
    ("work.records-after", "{0}: a record behind {1}, before slot {2}"),
    ("work.stream",
     "a damaged or compressed stream of {0} {0|byte|bytes}, whose first byte is byte {1} of the medium"),
    ("work.stream-named", "{0} ({1} record {2}-{3}): {4}"),
];
