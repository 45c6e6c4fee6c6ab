//! Opens the image of an item: a file of the host, or an image inside another item.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use byte_source::{Scratch, Source};
use evidence::{
    EvidenceError, EvidenceImage, ImageAddress, Locator, OuterImage, look_inside, open_container,
};
use filesystem::OpenOptions;

use crate::run::batch::Batch;
use crate::run::nested::{Outer, ScanItem};
use crate::sweep::WindowedMedium;

impl Batch<'_> {
    /// Opens an image; what must be decoded of its medium is decoded once, for all who read it.
    pub(crate) fn open(
        &self,
        path: &Path,
        item: &ScanItem,
        options: &OpenOptions,
    ) -> Result<(EvidenceImage, Option<Arc<WindowedMedium>>), EvidenceError> {
        let mut scratch = Scratch::new();
        let outer = item.inside.as_ref().and_then(|inside| inside.outer.as_ref());
        let Some(Outer { address, places, step }) = outer else {
            let mut container = open_container(path, &mut scratch)?;
            let windows = windowed(&mut container.image.medium);
            return Ok((look_inside(container, options, &mut scratch), windows));
        };
        let outer = self.outer(address, places, options, &mut scratch)?;
        let at = |error| EvidenceError::Nested { path: path.to_owned(), error: Box::new(error) };
        let mut nested = outer.open_inside(step, &mut scratch).map_err(at)?;
        let windows = windowed(&mut nested.container.image.medium);
        Ok((nested.look_inside(&outer.image, step, options, &mut scratch), windows))
    }

    /// The image around those that are read: opened once for all that follow one another.
    fn outer(
        &self,
        address: &ImageAddress,
        places: &[Locator],
        options: &OpenOptions,
        scratch: &mut Scratch,
    ) -> Result<Arc<OuterImage>, EvidenceError> {
        let mut outer = self.outer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, image)) = outer.as_ref()
            && of == address
        {
            return Ok(Arc::clone(image));
        }
        let image = Arc::new(OuterImage::open(address, places, options, scratch)?);
        *outer = Some((address.clone(), Arc::clone(&image)));
        Ok(image)
    }
}

/// Lets a medium that must be decoded be decoded once for all.
fn windowed(medium: &mut Arc<dyn Source>) -> Option<Arc<WindowedMedium>> {
    let windows =
        (medium.grain() > 1).then(|| Arc::new(WindowedMedium::new(Arc::clone(medium))))?;
    let shared: Arc<dyn Source> = windows.clone();
    *medium = shared;
    Some(windows)
}
