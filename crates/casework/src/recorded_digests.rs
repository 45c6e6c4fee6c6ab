//! What the entries of a ledger say of the index: its digests, and how images were registered.

use custody::{Act, EntryView, StoredEntry};

/// The first layout whose rows have the same digest in every later one: each image keeps the version of its digest.
const KEEPS_DIGESTS: u64 = 2;

/// A digest, and the entry that recorded it.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// The number of the entry.
    pub(crate) seq: u64,
    /// The digest in hexadecimal digits.
    pub(crate) digest: String,
}

/// What an image was registered as.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    pub(crate) path: String,
    /// The number of the entry.
    pub(crate) seq: u64,
    pub(crate) name: String,
    /// By what its format was recognised.
    pub(crate) reason: String,
}

/// What the entries say of the index.
#[derive(Default)]
pub(crate) struct RecordedDigests {
    /// The last manifest of the whole case.
    pub(crate) case: Option<Recorded>,
    /// The last manifest of each image, by its path.
    pub(crate) images: Vec<(String, Recorded)>,
    /// The last entry that changed the index and names no manifest of the whole.
    pub(crate) unnamed: Option<u64>,
    /// The last entry that changed the rows of all images: hits, or the layout.
    pub(crate) matched: Option<u64>,
    /// The last entry that brought the file to another layout: row numbers of before may be others.
    pub(crate) migrated: Option<u64>,
    /// The last frame of the case.
    pub(crate) case_frame: Option<Recorded>,
    /// The last frame of each image, by its path.
    pub(crate) image_frames: Vec<(String, Recorded)>,
    /// What each image was registered as.
    pub(crate) registered: Vec<Registered>,
}

impl RecordedDigests {
    /// Reads the entries in their order.
    pub(crate) fn read(entries: &[StoredEntry]) -> Self {
        let mut recorded = Self::default();
        for entry in entries {
            let Some(view) = EntryView::read(entry) else { continue };
            let Some(act) = view.act() else { continue };
            recorded.note_registered(act, &view, entry.seq);
            recorded.note_frames(act, &view, entry.seq);
            recorded.note_image(act, &view, entry.seq);
            recorded.note_case(act, &view, entry.seq);
        }
        recorded
    }

    /// Returns the last frame of each image that can still be compared.
    pub(crate) fn current_frames(&self) -> impl Iterator<Item = &(String, Recorded)> {
        self.image_frames
            .iter()
            .filter(|(_, frame)| self.migrated.is_none_or(|migrated| migrated < frame.seq))
    }

    /// Returns the images whose last frame was recorded before the layout changed.
    pub(crate) fn frames_of_before(&self) -> impl Iterator<Item = &(String, Recorded)> {
        self.image_frames
            .iter()
            .filter(|(_, frame)| self.migrated.is_some_and(|migrated| migrated >= frame.seq))
    }

    /// Returns true when nothing changed the index after this entry without naming a digest of the whole.
    pub(crate) fn is_settled(&self, seq: u64) -> bool {
        self.unnamed.is_none_or(|unnamed| unnamed < seq)
    }

    fn note_registered(&mut self, act: Act, view: &EntryView, seq: u64) {
        if act != Act::Register {
            return;
        }
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let registered = Registered {
            path: text(view.image()),
            seq,
            name: text(view.exhibit()),
            reason: text(view.recognised_by()),
        };
        self.registered.retain(|known| known.path != registered.path);
        self.registered.push(registered);
    }

    fn note_frames(&mut self, act: Act, view: &EntryView, seq: u64) {
        let path = view.image().unwrap_or_default();
        match (act, view.frame(), view.case_frame()) {
            (Act::Register, _, _) => {}
            (Act::Index, Some(frame), _) => put(&mut self.image_frames, path, seq, frame),
            (Act::ScanInterrupted, _, _) => self.image_frames.retain(|(known, _)| *known != path),
            (Act::SchemaMigrate, _, _) => self.migrated = Some(seq),
            (_, _, Some(frame)) => {
                self.case_frame = Some(Recorded { seq, digest: frame.to_owned() })
            }
            _ => {}
        }
    }

    fn note_image(&mut self, act: Act, view: &EntryView, seq: u64) {
        match (act, view.manifest(), view.image()) {
            (Act::Index, Some(manifest), Some(path)) => {
                put(&mut self.images, path, seq, manifest);
                // Until its scan ends, only the image's own manifest is known.
                self.unnamed = Some(seq);
            }
            (Act::ScanInterrupted, _, Some(path)) => {
                self.images.retain(|(known, _)| known != path);
                self.unnamed = Some(seq);
            }
            _ => {}
        }
    }

    fn note_case(&mut self, act: Act, view: &EntryView, seq: u64) {
        let whole = view.manifest().map(|manifest| Recorded { seq, digest: manifest.to_owned() });
        match act {
            // A scan writes rows before its entries; one that was broken off leaves them.
            Act::ScanStart => self.unnamed = Some(seq),
            Act::ScanFinish if whole.is_some() => self.case = whole,
            Act::Verify if !view.is_about_contents() => {}
            // Hits, and marks of contents, are part of the index.
            Act::Match | Act::Verify => {
                self.matched = Some(seq);
                match whole {
                    Some(whole) => self.case = Some(whole),
                    None => self.unnamed = Some(seq),
                }
            }
            // Since then old rows keep the digest that they had, by its version.
            Act::SchemaMigrate
                if view.layout_before().is_some_and(|from| from >= KEEPS_DIGESTS) => {}
            // A newer layout may hold more of each row: digests of before are not comparable.
            Act::SchemaMigrate => (self.matched, self.unnamed) = (Some(seq), Some(seq)),
            _ => {}
        }
    }
}

/// Puts the digest of a path in the place of an earlier one.
fn put(list: &mut Vec<(String, Recorded)>, path: &str, seq: u64, digest: &str) {
    list.retain(|(known, _)| known != path);
    list.push((path.to_owned(), Recorded { seq, digest: digest.to_owned() }));
}
