//! Rows of parts, made by workers once the file systems have their rows.

use std::sync::OnceLock;

use byte_source::Problem;

use crate::ScanError;
use crate::item::indexed_file_system::IndexedFileSystem;
use crate::item::part_rows::{PartRows, Parts};
use crate::item::rows::problem_row;
use crate::stream::reader::StreamResult;
use crate::sweep::WorkerTools;
use crate::workers::isolation::guarded;
use crate::workers::parts::FinishedPart;

/// Makes the rows of an image's parts. Rows name directories by id: [`Self::start`] gives those ids before the sweep opens the rows.
pub(crate) struct RowMaker<'r, 'o> {
    rows: PartRows<'r>,
    parts: &'r Parts,
    file_systems: OnceLock<Vec<IndexedFileSystem<'o>>>,
}

impl<'r, 'o> RowMaker<'r, 'o> {
    pub(crate) fn new(rows: PartRows<'r>, parts: &'r Parts) -> Self {
        Self { rows, parts, file_systems: OnceLock::new() }
    }

    pub(crate) fn parts(&self) -> &'r Parts {
        self.parts
    }

    /// Takes the file systems with their rows. Returns them.
    pub(crate) fn start(
        &self,
        file_systems: Vec<IndexedFileSystem<'o>>,
    ) -> &[IndexedFileSystem<'o>] {
        self.file_systems.get_or_init(|| file_systems)
    }

    /// Makes the rows of a part. A panic becomes a problem of the part.
    ///
    /// # Errors
    /// When a hash set cannot be read.
    pub(crate) fn rows_of(
        &self,
        part: usize,
        results: Vec<Option<StreamResult>>,
        tools: &mut WorkerTools,
    ) -> Result<FinishedPart, ScanError> {
        let Some((number, range)) = self.parts.get(part) else {
            return Ok(FinishedPart::default());
        };
        let file_systems = self.file_systems.get();
        let Some(file_system) = file_systems.and_then(|all| all.get(*number)) else {
            return Ok(FinishedPart::default());
        };
        guarded(|| self.rows.of_part(file_system, range.clone(), results, tools))
            .unwrap_or_else(|problem| Ok(rows_not_made(file_system, &problem)))
    }
}

/// Returns a part without rows: the problem names the panic, and the item is not complete.
fn rows_not_made(file_system: &IndexedFileSystem<'_>, problem: &Problem) -> FinishedPart {
    let medium = file_system.on_medium();
    let problems = vec![problem_row(problem, None, |at| medium.at(at))];
    FinishedPart { problems, ..FinishedPart::default() }
}
