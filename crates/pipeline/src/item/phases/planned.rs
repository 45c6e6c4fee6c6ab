//! An image whose sweep is planned.

use std::sync::Arc;

use case_model::Algorithm;
use evidence::{EvidenceImage, ReadableFileSystem, Spill};
use hash_engine::Selection;

use crate::item::first_look::FirstLook;
use crate::item::part_rows::Parts;
use crate::item::phases::gathered::GatheredImage;
use crate::item::phases::opened::OpenedImage;
use crate::item::plan_digest::plan_of_image;
use crate::sweep::{RestoredSweep, SweepPlan, SweepVolume};

/// An image of which every stream has its place in the sweep.
pub(crate) struct PlannedImage<'o> {
    pub(crate) opened: OpenedImage<'o>,
    pub(crate) spill: Arc<Spill>,
    pub(crate) file_systems: Vec<(ReadableFileSystem<'o>, FirstLook)>,
    pub(crate) parts: Parts,
    pub(crate) plan: SweepPlan<'o>,
    /// The earlier scan had the same plan.
    pub(crate) resumes: bool,
}

impl<'o> GatheredImage<'o> {
    /// Plans the sweep. It resumes after the earlier scan when that one had the same plan.
    pub(crate) fn plan(mut self) -> PlannedImage<'o> {
        let checkpoints = &mut self.opened.checkpoints;
        checkpoints.plan = plan_of_image(self.opened.path, self.opened.image, &self.file_systems);
        let earlier =
            self.opened.earlier.as_mut().filter(|earlier| earlier.fits(&checkpoints.plan));
        let resumes = earlier.is_some();
        let mut restored = RestoredSweep::default();
        if let Some(earlier) = earlier {
            restored = earlier.restored();
            checkpoints.written = earlier.written();
        }
        let parts = self.parts();
        let Self { opened, spill, streams, file_systems } = self;
        let volumes = file_systems.iter().map(|(readable, _)| SweepVolume {
            source: readable.file_system.volume().as_ref(),
            medium: readable.on_medium(),
        });
        let config = opened.scan.config;
        let plan = SweepPlan {
            volumes: volumes.collect(),
            streams,
            medium_digests: medium_selection(opened.image),
            stream_digests: config.digests,
            analysers: &config.analysers,
            most_unstored_bytes: config.max_unstored_bytes,
            memory_bytes: config.memory_bytes,
            restored,
        };
        PlannedImage { opened, spill, file_systems, parts, plan, resumes }
    }

    fn parts(&self) -> Parts {
        let parts = self.file_systems.iter().enumerate().flat_map(|(number, (_, first_look))| {
            first_look.parts.iter().map(move |part| (number, part.clone()))
        });
        parts.collect()
    }
}

/// Returns SHA-256 and BLAKE3, and what the container stores.
fn medium_selection(opened: &EvidenceImage) -> Selection {
    let stores =
        |algorithm| opened.image.stored_digests.iter().any(|stored| stored.algorithm == algorithm);
    Selection { md5: stores(Algorithm::Md5), sha1: stores(Algorithm::Sha1), ..Selection::MEDIUM }
}
