//! An image whose names are known.

use std::sync::Arc;

use evidence::{EvidenceImage, ReadableFileSystem, Spill};
use words::{Statement, term};

use crate::item::first_look::{FirstLook, Plans, gather};
use crate::item::phases::opened::OpenedImage;
use crate::sweep::PlannedStreams;
use crate::{Event, ScanError, Stage};

/// An image of which every file system had its first look.
pub(crate) struct GatheredImage<'o> {
    pub(crate) opened: OpenedImage<'o>,
    pub(crate) spill: Arc<Spill>,
    pub(crate) streams: PlannedStreams,
    pub(crate) file_systems: Vec<(ReadableFileSystem<'o>, FirstLook)>,
}

impl<'o> OpenedImage<'o> {
    /// Takes a first look at every file system, in the order of the volumes.
    ///
    /// # Errors
    /// [`ScanError::Stopped`] after a stop.
    pub(crate) fn gather(mut self) -> Result<GatheredImage<'o>, ScanError> {
        let scan = self.scan;
        scan.observer.event(&Event::Reading(&reading(self.image, scan.pool.current_num_threads())));
        scan.observer.event(&Event::Stage(Stage::Gather));
        let spill = scan.spill(&mut self.checkpoints);
        let streams = PlannedStreams::new(self.image.image.medium.len(), Arc::clone(&spill));
        let file_systems = self.first_looks(&streams)?;
        Ok(GatheredImage { opened: self, spill, streams, file_systems })
    }

    /// Takes the first looks; the streams that the sweep must read go into `streams`.
    fn first_looks(
        &self,
        streams: &PlannedStreams,
    ) -> Result<Vec<(ReadableFileSystem<'o>, FirstLook)>, ScanError> {
        let medium = self.image.image.medium.as_ref();
        let lent = (medium.grain() <= 1).then_some(medium);
        let mut looks = Vec::new();
        let mut parts_before = 0;
        for (volume, readable) in self.image.readable().enumerate() {
            let plans = Plans {
                streams,
                volume,
                parts_before,
                lent,
                selection: self.scan.config.digests,
                analysers: &self.scan.config.analysers,
                stop: self.scan.stop,
            };
            let look = || gather(readable.file_system, &readable.on_medium(), &plans);
            let first_look = self.scan.pool.install(look)?;
            parts_before = parts_before.saturating_add(first_look.parts.len());
            looks.push((readable, first_look));
        }
        Ok(looks)
    }
}

/// Describes how the evidence is read, and why.
fn reading(opened: &EvidenceImage, workers: usize) -> Statement {
    let pass = match opened.image.medium.grain() {
        0 | 1 => term!("reading.pass-plain").into(),
        grain => {
            term!("reading.pass-coded").with(u64::from(grain)).with(byte_source::length(workers))
        }
    };
    term!("reading.pass").with(opened.reading).with(pass)
}
