#!/usr/bin/env bash
# Makes the EWF version 2 and logical evidence images of this folder with two independent programs. usage: acquire.sh [FOLDER]
# Needs python3, cargo and the `ewfacquire` of libewf 20260924 or later, named by EWFACQUIRE (that of Debian 12 writes no version 2; the
# sources of the Python package `libewf-python` hold it: ./configure --disable-shared && make). The images hold the time and a random
# identifier, so they differ each time; SHA256SUMS says which are committed.
set -euo pipefail
ewfacquire=${EWFACQUIRE:-ewfacquire}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
to=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The medium: five chunks of 32 KiB; noise, text, zeros, one byte again and again, and a last one that ends within a sector.
python3 - "$work/medium.raw" <<'PYTHON'
import sys
state = 1
def noise(count):
    global state
    out = bytearray()
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append(state >> 56)
    return bytes(out)
text = b"".join(b"record %d of the medium\n" % number for number in range(2000))
chunk = 32768
medium = noise(chunk) + text[:chunk] + bytes(chunk) + b"\xa5" * chunk + text[:20480] + noise(11778)
open(sys.argv[1], "wb").write(medium)
PYTHON
md5sum "$work/medium.raw"
cd "$work"
for compression in none best; do
  "$ewfacquire" -u -q -f encase7-v2 -c $compression -d sha1 -C 'K-7/26' -E 'disk 1' -e 'Zoë' -D 'grey box' -N 'seized' -m removable -M logical \
    -t "$to/libewf-$compression" medium.raw | grep MD5
done

# The others, by the Rust crate ewf-image.
mkdir -p writer/src
cat > writer/Cargo.toml <<'TOML'
[package]
name = "writer"
version = "0.1.0"
edition = "2021"
[dependencies]
ewf-image = "=0.6.1"
[workspace]
TOML
cat > writer/src/main.rs <<'RUST'
use std::io::{Cursor, Write as _};
use std::path::Path;

use ewf_image::{EwfWriter, LogicalEntryMetadata, LogicalWriter, WriteCompression, WriteFormat, WriteOptions};

fn entry(name: &str, time: Option<i64>) -> LogicalEntryMetadata {
    LogicalEntryMetadata {
        name: name.into(),
        creation_time: time,
        modification_time: time.map(|time| time + 1),
        access_time: time.map(|time| time + 2),
        entry_modification_time: time.map(|time| time + 3),
        deletion_time: None,
    }
}

fn logical(path: &Path, format: WriteFormat, medium: &[u8]) {
    let options = WriteOptions { format, compression: WriteCompression::Zlib, ..Default::default() };
    let mut writer = LogicalWriter::create(path, options).unwrap();
    let file = |writer: &mut LogicalWriter, folder, name, time, bytes: &[u8]| {
        writer.add_file(folder, entry(name, time), bytes.len() as u64, &mut Cursor::new(bytes)).unwrap();
    };
    let c = writer.add_directory(1, entry("C", None)).unwrap();
    let documents = writer.add_directory(c, entry("Documents", Some(1_700_000_000))).unwrap();
    file(&mut writer, documents, "note.txt", Some(1_700_000_100), b"hello");
    file(&mut writer, documents, "empty", None, b"");
    file(&mut writer, documents, "كتاب الصيف.bin", Some(1_700_000_200), &medium[..50_001]);
    file(&mut writer, c, "a/b\\c", None, b"slashes");
    let été = writer.add_directory(c, entry("été", None)).unwrap();
    file(&mut writer, été, "x.dat", None, &medium[131_000..]);
    writer.finish().unwrap();
}

fn physical(path: &Path, compression: WriteCompression, segment: Option<u64>, medium: &[u8]) {
    let options = WriteOptions {
        format: WriteFormat::Ewf2Physical,
        compression,
        maximum_segment_size: segment,
        set_identifier: Some([7; 16]),
        media_size: Some(medium.len() as u64),
        ..Default::default()
    };
    let mut writer = EwfWriter::create(path, options).unwrap();
    writer.write_all(medium).unwrap();
    writer.finish().unwrap();
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (medium, to) = (std::fs::read(&arguments[1]).unwrap(), Path::new(&arguments[2]));
    physical(&to.join("ewf-image-bzip2.Ex01"), WriteCompression::Bzip2, None, &medium[..163_328]);
    physical(&to.join("ewf-image-split.Ex01"), WriteCompression::None, Some(48 << 10), &medium[..163_328]);
    logical(&to.join("ewf-image.L01"), WriteFormat::Ewf1Logical, &medium);
    logical(&to.join("ewf-image.Lx01"), WriteFormat::Ewf2Logical, &medium);
}
RUST
cd "$to" && rm -f ewf-image*.Ex* ewf-image.L*
cargo run --quiet --ignore-rust-version --manifest-path "$work/writer/Cargo.toml" -- "$work/medium.raw" "$to"
head -c 163328 "$work/medium.raw" | md5sum
rm -f .*.lock
sha256sum ./*.Ex* ./*.L* | sed 's# \./# #' > SHA256SUMS
