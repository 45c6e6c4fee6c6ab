//! Decoding an E01 through `disk-image`, beside the inflate library alone on the same chunks. To reach: within 10 %.
//!
//! `cargo bench -p benches --bench ewf_decode`. With two threads every thread decodes all chunks: the throughput of each should stay the same.
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on fails")]

use std::hint::black_box;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock};

use byte_source::{MemorySource, Piece, Scratch, Source};
use divan::counter::BytesCount;
use flate2::{Compression, Decompress, FlushDecompress, Status};

const CHUNK_BYTES: usize = 32 << 10;
const MEDIUM_BYTES: usize = 32 << 20;

fn main() {
    assert!(decoded_bytes() == MEDIUM_BYTES, "the image is not read as it was written");
    divan::main();
}

/// Half text, half bytes that hardly compress, in turns of half a chunk.
static MEDIUM: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut medium = Vec::with_capacity(MEDIUM_BYTES + CHUNK_BYTES);
    let mut state = 1_u64;
    let mut line = 0_u64;
    while medium.len() < MEDIUM_BYTES {
        let text_until = medium.len() + CHUNK_BYTES / 2;
        while medium.len() < text_until {
            line += 1;
            let text = format!(
                "{line}: opened /home/user/documents/{} at {}\n",
                line % 977,
                line * 7919 % 86_400
            );
            medium.extend_from_slice(text.as_bytes());
        }
        for _ in 0..CHUNK_BYTES / 16 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            medium.extend_from_slice(&(state >> 8).to_le_bytes());
        }
    }
    medium.truncate(MEDIUM_BYTES);
    medium
});

/// The chunks as zlib streams of level 1.
static CHUNKS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let pack = |chunk: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::new(1));
        encoder.write_all(chunk).and_then(|()| encoder.finish()).unwrap_or_default()
    };
    MEDIUM.chunks(CHUNK_BYTES).map(pack).collect()
});

/// The medium of an E01 with these chunks.
static IMAGE: LazyLock<Arc<dyn Source>> = LazyLock::new(|| {
    let source = Arc::new(MemorySource::new(e01(&CHUNKS)));
    let image = disk_image::open("image.E01", source, &NoNeighbours, &mut Scratch::new());
    image.expect("an image that was just made").medium
});

struct NoNeighbours;

impl disk_image::Neighbours for NoNeighbours {
    fn open(&self, _: &str) -> std::io::Result<Option<Arc<dyn Source>>> {
        Ok(None)
    }
}

fn adler32(bytes: &[u8]) -> [u8; 4] {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    (high << 16 | low).to_le_bytes()
}

/// A section descriptor at byte `at` for `data`, and the data.
fn section(image: &mut Vec<u8>, kind: &[u8], data: &[u8]) {
    let mut descriptor = kind.to_vec();
    descriptor.resize(16, 0);
    let last = kind == b"done";
    let next = if last { image.len() } else { image.len() + 76 + data.len() };
    descriptor.extend_from_slice(&(next as u64).to_le_bytes());
    descriptor.extend_from_slice(&(76 + data.len() as u64).to_le_bytes());
    descriptor.resize(72, 0);
    descriptor.extend_from_slice(&adler32(&descriptor));
    image.extend_from_slice(&descriptor);
    image.extend_from_slice(data);
}

/// An E01 of one segment file: volume, sectors, table, done.
fn e01(chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut image = b"EVF\x09\x0d\x0a\xff\x00\x01\x01\x00\x00\x00".to_vec();
    let mut volume = vec![0; 1048];
    volume[0] = 1;
    for (at, number) in
        [(4, chunks.len()), (8, CHUNK_BYTES / 512), (12, 512), (16, MEDIUM_BYTES / 512)]
    {
        volume[at..at + 4].copy_from_slice(&(number as u32).to_le_bytes());
    }
    volume.extend_from_slice(&adler32(&volume));
    section(&mut image, b"volume", &volume);
    let mut at = image.len() + 76;
    let mut entries = Vec::new();
    for chunk in chunks {
        entries.extend_from_slice(&(at as u32 | 1 << 31).to_le_bytes());
        at += chunk.len();
    }
    section(&mut image, b"sectors", &chunks.concat());
    let mut table = vec![0; 20];
    table[..4].copy_from_slice(&(chunks.len() as u32).to_le_bytes());
    table.extend_from_slice(&adler32(&table));
    table.extend_from_slice(&entries);
    table.extend_from_slice(&adler32(&entries));
    section(&mut image, b"table", &table);
    section(&mut image, b"done", &[]);
    image
}

/// Decodes all of the image; how many bytes.
fn decoded_bytes() -> usize {
    let mut bytes = 0;
    let _ = IMAGE.visit(0..IMAGE.len(), &mut Scratch::new(), &mut |piece| {
        if let Piece::Data { bytes: here, .. } = black_box(piece) {
            bytes += here.len();
        }
        ControlFlow::Continue(())
    });
    bytes
}

#[divan::bench(threads = [1, 2], sample_count = 12, sample_size = 1)]
fn through_disk_image(bencher: divan::Bencher) {
    LazyLock::force(&IMAGE);
    bencher
        .counter(BytesCount::new(MEDIUM_BYTES))
        .bench(|| assert!(decoded_bytes() == MEDIUM_BYTES));
}

#[divan::bench(threads = [1, 2], sample_count = 12, sample_size = 1)]
fn inflate_alone(bencher: divan::Bencher) {
    LazyLock::force(&CHUNKS);
    bencher.counter(BytesCount::new(MEDIUM_BYTES)).bench(|| {
        let mut decompress = Decompress::new(true);
        let mut out = vec![0; CHUNK_BYTES];
        for chunk in CHUNKS.iter() {
            decompress.reset(true);
            let status = decompress.decompress(chunk, &mut out, FlushDecompress::Finish);
            assert!(matches!(status, Ok(Status::StreamEnd)));
            black_box(&out);
        }
    });
}
