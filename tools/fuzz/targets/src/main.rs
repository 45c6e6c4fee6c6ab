//! Lists the targets, replays inputs, and packs images into inputs.
#![forbid(unsafe_code)]
#![allow(clippy::expect_used, clippy::panic, reason = "a tool for developers: a panic says where")]

use std::fs::{self, File};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use byte_source::{MappedFile, Scratch, Section, Source, length};
use filesystem::OpenOptions;
use fuzz_targets::{TARGETS, Touched, container_mutants, mutants, pack, target};

const USAGE: &str = "usage: fuzz-targets list
       fuzz-targets run TARGET FILE…
       fuzz-targets (mutants|container-mutants) IMAGE FIRST COUNT SEED
       fuzz-targets pack (fs|all) MOST-SECTORS IMAGE OUT [START-BYTE]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list"] => TARGETS.iter().for_each(|target| println!("{}", target.name)),
        ["run", name, files @ ..] => {
            let target = target(name).expect("the name of a target");
            for file in files {
                let input = fs::read(file).expect("the input");
                let start = Instant::now();
                (target.run)(&input);
                println!("{file}: {} bytes, {:?}", input.len(), start.elapsed());
            }
        }
        [what @ ("mutants" | "container-mutants"), image, first, count, seed] => {
            let number = |text: &str| text.parse().expect("a number");
            let mutate = if *what == "mutants" { mutants } else { container_mutants };
            if let Err(why) = mutate(image.as_ref(), number(first), number(count), number(seed)) {
                eprintln!("{why}");
                return ExitCode::from(2);
            }
        }
        ["pack", what, most, image, out, start @ ..] => {
            let start = start.first().map_or(0, |text| text.parse().expect("a number of bytes"));
            let packed = packed(what, most.parse().expect("a number of sectors"), image, start);
            println!("{out}: {} bytes", packed.len());
            fs::write(out, packed).expect("the packed image");
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// The sectors of an image that readers look at (`fs`), or all.
fn packed(what: &str, most: usize, image: &str, start: u64) -> Vec<u8> {
    let file = MappedFile::new(&File::open(image).expect("the image")).expect("the image's bytes");
    let end = file.len();
    let image: Arc<dyn Source> = Arc::new(Section::new(Arc::new(file), start..end));
    if what != "fs" {
        return pack(&*image, 0..image.len().div_ceil(512), most);
    }
    let touched = Arc::new(Touched::new(Arc::clone(&image)));
    let volume: Arc<dyn Source> = Arc::clone(&touched) as _;
    let mut scratch = Scratch::new();
    if let Some((_, format)) = filesystem::recognise(&*volume, &mut scratch).into_iter().next() {
        let opened = format.open(volume, &OpenOptions::default(), &mut scratch);
        let file_system = opened.unwrap_or_else(|problem| panic!("{problem}"));
        let slots = file_system.record_space().slots;
        file_system.scan(0..slots, &mut scratch, &mut |_| {});
        let _ = file_system.census(&mut scratch);
    }
    let sectors = touched.take();
    println!("{} sectors of {} read", sectors.len(), length(sectors.len()).max(image.len() / 512));
    pack(&*image, sectors, most)
}
