//! Files of the Windows Overlay Filter. A resource of a WIM file has the very form of `WofCompressedData`: wimlib compresses, we
//! decode, first from memory, then from a volume.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use byte_source::MemorySource;
use filesystem::{Codec, Coded, Confidence, Layout, Place, Run, Stream, StreamKind};

use crate::generated::noise;
use crate::listing::{Volume, assert_begun_anywhere_gives_the_same, bytes_from, image};
use crate::mount::{Mount, format, run};

/// Compression, chunk size, and the number of the algorithm in the reparse point.
const WAYS: [(&str, u32, Codec, u32); 4] = [
    ("XPRESS", 4096, Codec::WofXpress4k, 0),
    ("XPRESS", 8192, Codec::WofXpress8k, 2),
    ("XPRESS", 16384, Codec::WofXpress16k, 3),
    ("LZX", 32768, Codec::WofLzx, 1),
];

/// Files of every kind, of different sizes: the size tells their resources apart.
fn samples() -> Vec<Vec<u8>> {
    let program = fs::read(std::env::current_exe().unwrap()).unwrap();
    let words = |count: usize| {
        let numbers = noise(4, count);
        numbers
            .iter()
            .flat_map(|number| format!("word{} ", number % 40).into_bytes())
            .collect::<Vec<u8>>()
    };
    vec![
        program[..3_000_001.min(program.len())].to_vec(),
        words(120_000),
        words(500),
        [words(6000), noise(5, 70_000), words(6000)].concat(),
        vec![0; 100_000],
        b"abc".repeat(32768)[..32768].to_vec(),
        b"tiny but longer than its code ".repeat(40),
    ]
}

/// The compressed resources of a WIM file that wimlib makes of the samples, by original size. `None` (told) without wimlib.
fn resources(
    samples: &[Vec<u8>],
    compression: &str,
    chunk_bytes: u32,
) -> Option<BTreeMap<u64, Vec<u8>>> {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::create_dir(&source).unwrap();
    for (number, sample) in samples.iter().enumerate() {
        fs::write(source.join(number.to_string()), sample).unwrap();
    }
    let wim = folder.path().join("image.wim");
    let compress = format!("--compress={compression}");
    let chunk = format!("--chunk-size={chunk_bytes}");
    let arguments = ["capture", source.to_str().unwrap(), wim.to_str().unwrap(), &compress, &chunk];
    if !run("wimlib-imagex", &arguments) {
        println!("skipped: wimlib-imagex is not there");
        return None;
    }
    Some(compressed_resources(&fs::read(wim).unwrap()))
}

/// The resources of a WIM file that its lookup table says are compressed.
fn compressed_resources(wim: &[u8]) -> BTreeMap<u64, Vec<u8>> {
    const LOOKUP_TABLE: usize = 48;
    const ENTRY_BYTES: usize = 50;
    const COMPRESSED: u8 = 4;
    let number = |at: usize| u64::from_le_bytes(wim[at..at + 8].try_into().unwrap());
    // Seven bytes of length, one of flags, eight of offset, eight of original size.
    let header = |at: usize| {
        (number(at) & 0xff_ffff_ffff_ffff, wim[at + 7], number(at + 8), number(at + 16))
    };
    let (bytes, _, start, _) = header(LOOKUP_TABLE);
    let entries = (start as usize..(start + bytes) as usize).step_by(ENTRY_BYTES);
    entries
        .map(header)
        .filter(|(_, flags, ..)| flags & COMPRESSED != 0)
        .map(|(bytes, _, at, original)| {
            (original, wim[at as usize..(at + bytes) as usize].to_vec())
        })
        .collect()
}

/// Decodes `resource`, which lies in two runs with a gap; the bytes, and how many were bad.
fn decode(resource: &[u8], size: u64, codec: Codec, unit_bytes: u32) -> (Vec<u8>, u64) {
    let half = resource.len() / 2;
    let volume = MemorySource::new([&resource[half..], &[9; 100], &resource[..half]].concat());
    let run = |length: usize, at: usize| Run { length: length as u64, place: Place::At(at as u64) };
    let runs = vec![run(half, resource.len() - half + 100), run(resource.len() - half, 0)];
    let layout =
        Layout::Coded(Coded { codec, unit_bytes, coded_bytes: resource.len() as u64, runs });
    let confidence = Confidence::Recorded;
    let stream =
        Stream { kind: StreamKind::Data, name: Vec::new(), size, valid: size, layout, confidence };
    let all = bytes_from(&volume, &stream, 0);
    assert_eq!(all.len() as u64, size);
    assert_begun_anywhere_gives_the_same(&volume, &stream, &all);
    let bad = all.iter().filter(|byte| byte.is_none()).count() as u64;
    (all.into_iter().map(Option::unwrap_or_default).collect(), bad)
}

#[test]
fn what_wimlib_compresses_is_decoded() {
    let samples = samples();
    for (compression, chunk_bytes, codec, _) in WAYS {
        let Some(resources) = resources(&samples, compression, chunk_bytes) else { return };
        let mut compared = 0;
        for sample in &samples {
            let Some(resource) = resources.get(&(sample.len() as u64)) else { continue };
            let (bytes, bad) = decode(resource, sample.len() as u64, codec, chunk_bytes);
            assert_eq!(bad, 0, "{compression} {chunk_bytes}: {} bytes", sample.len());
            assert!(bytes == *sample, "{compression} {chunk_bytes}: {} bytes", sample.len());
            compared += 1;
        }
        assert!(compared >= 6, "{compression} {chunk_bytes}: {compared} compressed");
        println!("{compression} {chunk_bytes}: {compared} files agree");
    }
}

#[test]
fn a_damaged_table_of_chunks_costs_the_chunks_that_it_touches_only() {
    let sample = samples().swap_remove(1);
    for (compression, chunk_bytes, codec, _) in WAYS {
        let Some(resources) = resources(std::slice::from_ref(&sample), compression, chunk_bytes)
        else {
            return;
        };
        let size = sample.len() as u64;
        let resource = &resources[&size];
        // Offsets that leave the data: two chunks are lost, the one that ends and the one that begins there.
        let mut damaged = resource.clone();
        damaged[8..12].fill(0xff);
        let (bytes, bad) = decode(&damaged, size, codec, chunk_bytes);
        let unit = chunk_bytes as usize;
        assert_eq!(bad, 2 * u64::from(chunk_bytes));
        assert!(bytes[..2 * unit] == sample[..2 * unit] && bytes[4 * unit..] == sample[4 * unit..]);
        // Cut off, and a table that does not fit.
        let (_, bad) = decode(&resource[..resource.len() - 5], size, codec, chunk_bytes);
        assert!(bad > 0 && bad <= u64::from(chunk_bytes), "{compression} {chunk_bytes}: {bad}");
        assert_eq!(decode(&resource[..20], size, codec, chunk_bytes).1, size);
    }
}

/// The value of `$REPARSE_POINT` for this algorithm, in hexadecimal digits.
fn reparse_point(algorithm: u32) -> String {
    let fields = [0x8000_0017, 16, 1, 2, 1, algorithm];
    fields
        .iter()
        .flat_map(|field: &u32| field.to_le_bytes())
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn set_reparse_point(path: &Path, algorithm: u32) -> bool {
    const SET: &str = "import os, sys; os.setxattr(sys.argv[1], 'system.ntfs_reparse_data', bytes.fromhex(sys.argv[2]))";
    run("python3", &["-c", SET, path.to_str().unwrap(), &reparse_point(algorithm)])
}

/// A volume of WOF files; `None` (told) when it cannot be made. Their content by name.
fn wof_volume(folder: &Path) -> Option<(PathBuf, BTreeMap<String, Vec<u8>>)> {
    let samples = samples();
    let path = format(folder, 64 << 20, &["-c", "4096"])?;
    let mount = Mount::new(&path, folder)?;
    let mut contents = BTreeMap::new();
    for (compression, chunk_bytes, _, algorithm) in WAYS {
        let resources = resources(&samples, compression, chunk_bytes)?;
        for sample in &samples {
            let Some(resource) = resources.get(&(sample.len() as u64)) else { continue };
            let name = format!("{compression} {chunk_bytes} {}", sample.len());
            let file = mount.path.join(&name);
            File::create(&file).unwrap().set_len(sample.len() as u64).unwrap();
            fs::write(mount.path.join(format!("{name}:WofCompressedData")), resource).unwrap();
            if !set_reparse_point(&file, algorithm) {
                println!("skipped: ntfs-3g does not set reparse points here");
                return None;
            }
            contents.insert(name, sample.clone());
        }
    }
    Some((path, contents))
}

#[test]
fn files_on_a_volume_show_their_content_and_their_stored_form() {
    let folder = tempfile::tempdir().unwrap();
    let Some((path, contents)) = wof_volume(folder.path()) else { return };
    let volume = Volume::scan(image(&path, 0));
    assert_eq!(volume.damage(), [""; 0]);
    let paths = volume.paths();
    let mut resident = 0;
    for (name, content) in &contents {
        let is_named =
            |found: &&u64| paths[found].iter().any(|(path, _)| path == &format!("/{name}"));
        let record = volume.record(*paths.keys().find(is_named).unwrap());
        let [data, stored] = &record.streams[..] else { panic!("{name}: {:?}", record.streams) };
        assert_eq!((data.kind, data.size), (StreamKind::Data, content.len() as u64));
        assert_eq!((stored.kind, stored.name.len()), (StreamKind::Stored, 34), "{name}");
        let (md5, lost) = volume.digest(data);
        assert_eq!((md5, lost), (crate::generated::digest(content), 0), "{name}");
        resident += usize::from(matches!(stored.layout, Layout::Inline { .. }));
        assert!(
            record
                .details
                .iter()
                .any(|detail| detail.name == "reparse_tag" && detail.value == "0x80000017")
        );
    }
    assert!(resident > 0, "a compressed form within a record");
    println!("{} WOF files agree, {resident} of them within their records", contents.len());
}
