//! Container files: opened, and the medium inside visited.

use std::cell::Cell;
use std::io;
use std::sync::Arc;

use byte_source::{MemorySource, Scratch, Source};
use disk_image::Neighbours;

use crate::checksums;
use crate::look;
use crate::packed::Packed;

/// Bytes of a container file at most.
const MOST_FILE_BYTES: u64 = 8 << 20;

/// Files that are there beside an image: a set of ten thousand segments is long, not hostile.
const MOST_OPENED: u32 = 5;

/// Files beside the image: whatever is asked for is the image itself, so that parents and extents lead in a circle.
struct Itself {
    file: Arc<dyn Source>,
    opened: Cell<u32>,
}

impl Neighbours for Itself {
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn Source>>> {
        self.opened.set(self.opened.get() + 1);
        let more = self.opened.get() < MOST_OPENED && !name.is_empty();
        Ok(more.then(|| Arc::clone(&self.file)))
    }
}

/// Opens a packed container file called `name`.
pub(crate) fn run(name: &str, input: &[u8]) {
    let packed = Packed::new(input);
    if packed.len() > MOST_FILE_BYTES {
        return;
    }
    let mut bytes = packed.unpacked();
    // Half of the inputs keep their broken checksums.
    if input.len().is_multiple_of(2) {
        checksums::repair(&mut bytes);
    }
    open(name, Arc::new(MemorySource::new(bytes)));
}

/// Opens a container file and looks at its medium.
pub(crate) fn open(name: &str, file: Arc<dyn Source>) {
    let mut scratch = Scratch::new();
    let neighbours = Itself { file: Arc::clone(&file), opened: Cell::new(0) };
    match disk_image::open(name, file, &neighbours, &mut scratch) {
        Ok(image) => {
            look::problems(&image.problems);
            assert!(image.sector_bytes > 0);
            look::medium(&image.medium, &mut scratch);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
