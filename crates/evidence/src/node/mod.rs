//! Evidence at any depth: image, volume, file system, file, and an image inside it.

mod address;
mod chain;
mod find;
mod folders;
mod heads;
pub mod limits;
mod neighbours;
mod nested_error;
mod open;
mod outer;
mod recognise;
mod stream_source;
mod tree;

pub use address::ImageAddress;
pub use chain::{ChainedLocator, ImagePlace, NoChain};
pub use find::{NestedEvidence, NestedPart, find_nested, is_part_name, is_raw};
pub use folders::Folders;
pub use heads::{Candidates, LEAST_BYTES, image_candidates};
pub use neighbours::NestedFile;
pub use nested_error::NestedError;
pub use open::{NestedContainer, open_address, open_container_at, open_inside, open_nested};
pub use outer::OuterImage;
pub use recognise::{
    SIGNED_AT_THE_END, image_type, image_types, is_plausible, may_be_image_by_name,
};
pub use stream_source::StreamSource;
pub use tree::{Node, NodeKind};
