//! The nodes of evidence: each is something with bytes inside something else.

use std::sync::Arc;

use byte_source::Source;
use disk_image::Container;
use filesystem::FileSystemKind;
use volume::Scheme;

use crate::{ImagePlace, Locator};

/// Something with bytes, and what it lies in: image → volume → file system → file → image inside it → …
#[derive(Clone)]
pub struct Node {
    /// Its bytes: the medium of an image, the bytes of a volume or of a file.
    pub source: Arc<dyn Source>,
    /// What it is.
    pub what: NodeKind,
    /// What it lies in; `None` for the exhibit.
    pub parent: Option<Arc<Node>>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// The medium in a container.
    Image(Container),
    /// A part of a medium, whose bytes are read as they stand.
    Volume {
        /// The scheme that names it.
        scheme: Scheme,
        /// Its first byte on the medium.
        start: u64,
    },
    /// A volume that is encrypted: what lies in it needs a key.
    Encrypted {
        /// The encryption, as in "BitLocker".
        encryption: &'static str,
        /// Its first byte on the medium.
        start: u64,
    },
    /// A file system on a volume.
    FileSystem(FileSystemKind),
    /// A stream of a file.
    File(Locator),
}

impl NodeKind {
    /// Returns the word in answers for programs.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Image(_) => "image",
            Self::Volume { .. } => "volume",
            Self::Encrypted { .. } => "encrypted",
            Self::FileSystem(_) => "file-system",
            Self::File(_) => "file",
        }
    }
}

impl Node {
    /// The exhibit: the medium that nothing lies around.
    #[must_use]
    pub fn exhibit(container: Container, medium: Arc<dyn Source>) -> Arc<Self> {
        Arc::new(Self { source: medium, what: NodeKind::Image(container), parent: None })
    }

    /// A node inside this one.
    #[must_use]
    pub fn inside(self: &Arc<Self>, what: NodeKind, source: Arc<dyn Source>) -> Arc<Self> {
        Arc::new(Self { source, what, parent: Some(Arc::clone(self)) })
    }

    /// This node and all around it, from the inside outwards.
    pub fn outwards(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |node| node.parent.as_deref())
    }

    /// How many images lie around it and in each other, the exhibit not counted.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.outwards().filter(|node| matches!(node.what, NodeKind::File(_))).count()
    }

    /// The place of the innermost image that it lies in (or is).
    #[must_use]
    pub fn place(&self) -> ImagePlace {
        let mut files: Vec<&Locator> = Vec::new();
        // A file that is no image itself lies in the image around it.
        let mut is_image = false;
        for node in self.outwards() {
            match &node.what {
                NodeKind::Image(_) => is_image = true,
                NodeKind::File(locator) if is_image => files.push(locator),
                _ => {}
            }
        }
        files
            .into_iter()
            .rev()
            .fold(ImagePlace::exhibit(), |place, file| place.inside(file.clone()))
    }
}

#[cfg(test)]
mod tests {
    use byte_source::MemorySource;

    use super::*;

    #[test]
    fn a_node_knows_its_depth_and_the_place_of_its_image() {
        let bytes = || -> Arc<dyn Source> { Arc::new(MemorySource::new(vec![0])) };
        let exhibit = Node::exhibit(Container::Raw, bytes());
        let volume = exhibit.inside(NodeKind::Volume { scheme: Scheme::Mbr, start: 512 }, bytes());
        let system = volume.inside(NodeKind::FileSystem(FileSystemKind::Ntfs), bytes());
        let file = system.inside(NodeKind::File("@512:ntfs:35-2".parse().unwrap()), bytes());
        assert_eq!((system.depth(), system.place().to_string()), (0, String::new()));
        assert_eq!(file.place().to_string(), "", "the file lies in the exhibit");
        let image = file.inside(NodeKind::Image(Container::Qcow2), bytes());
        let encrypted =
            image.inside(NodeKind::Encrypted { encryption: "LUKS 2", start: 0 }, bytes());
        assert_eq!((encrypted.depth(), encrypted.what.key()), (1, "encrypted"));
        assert_eq!(encrypted.place().to_string(), "@512:ntfs:35-2/image");
        assert_eq!(
            encrypted.outwards().map(|node| node.what.key()).collect::<Vec<_>>().join(" < "),
            "encrypted < image < file < file-system < volume < image"
        );
    }
}
