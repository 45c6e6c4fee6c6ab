//! Container files: opened, and the medium inside visited.

use std::io;
use std::sync::Arc;

use byte_source::{MemorySource, Scratch, Source};
use disk_image::Neighbours;

use crate::checksums;
use crate::look;
use crate::packed::Packed;

/// Bytes of a container file at most.
const MOST_FILE_BYTES: u64 = 8 << 20;

/// Files beside the image: whatever is asked for is the image itself, so that parents and extents lead in a circle.
struct Itself(Arc<dyn Source>);

impl Neighbours for Itself {
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn Source>>> {
        // Segments that are counted up end somewhere: a circle of them would be a long one, not a hostile one.
        let counted = name.bytes().rev().take(2).all(|byte| byte.is_ascii_digit());
        Ok((!counted || name.ends_with("02")).then(|| Arc::clone(&self.0)))
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
    if input.len() % 2 == 0 {
        checksums::repair(&mut bytes);
    }
    open(name, Arc::new(MemorySource::new(bytes)));
}

/// Opens a container file and looks at its medium.
pub(crate) fn open(name: &str, file: Arc<dyn Source>) {
    let mut scratch = Scratch::new();
    let neighbours = Itself(Arc::clone(&file));
    match disk_image::open(name, file, &neighbours, &mut scratch) {
        Ok(image) => {
            look::problems(&image.problems);
            assert!(image.sector_bytes > 0);
            look::medium(&image.medium, &mut scratch);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
