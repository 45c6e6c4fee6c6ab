//! What the columns of a table hold, shown before it is imported.

use std::path::Path;

use hash_set::{ColumnRole, PreviewColumn, TablePreview};
use serde_json::json;

use crate::display::{copyable, safe};
use crate::exit::Failure;
use crate::output::Output;

/// Characters of a field that are shown.
const SHOWN_CHARACTERS: usize = 40;

/// Shows the columns; with `whole`, also the first records and what is not plain.
pub(super) fn print_preview(
    preview: &TablePreview,
    whole: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let word = |role: Option<ColumnRole>| role.map_or("not used", ColumnRole::key);
    if output.is_json() {
        let columns = preview.columns.iter().map(|column| {
            json!({ "name": column.name, "holds": column.role.map(ColumnRole::key), "said": column.said })
        });
        return output.object(&json!({
            "preview": { "delimiter": preview.delimiter.to_string(), "columns": columns.collect::<Vec<_>>(),
                         "rows": preview.rows, "doubts": preview.doubts }
        }));
    }
    let columns: Vec<String> = preview
        .columns
        .iter()
        .map(|column| format!("{} = {}", safe(&column.name), word(column.role)))
        .collect();
    if !whole {
        return output.remark(&format!("Columns: {}", columns.join(", ")));
    }
    output.line(&format!("The table would be read so (fields end at {:?}):", preview.delimiter))?;
    for (at, column) in preview.columns.iter().enumerate() {
        let how = if column.said { " (as you said)" } else { "" };
        output.line(&format!(
            "  column {}  \"{}\" holds {}{how}",
            at + 1,
            safe(&column.name),
            word(column.role)
        ))?;
        for row in &preview.rows {
            let field: String = row
                .get(at)
                .map_or(String::new(), |field| field.chars().take(SHOWN_CHARACTERS).collect());
            output.line(&format!("      {}", safe(&field)))?;
        }
    }
    for doubt in &preview.doubts {
        output.line(&format!("  ? {}", safe(doubt)))?;
    }
    Ok(())
}

/// Nothing is guessed: a person says what is meant.
pub(super) fn refuse_doubts(file: &Path, preview: &TablePreview) -> Failure {
    let digests = |column: &&PreviewColumn| {
        matches!(column.role, Some(ColumnRole::AnyDigest | ColumnRole::Digest(_)))
    };
    let example = preview.columns.iter().find(digests).or(preview.columns.first());
    let example = example.map_or_else(|| "NAME".to_owned(), |column| copyable(&column.name));
    Failure::Usage(format!(
        "{}: it is not plain what the columns hold: {}. Nothing was imported: say it with --columns NAME=WHAT,…, as in --columns '{example}=md5', or take it as shown with --yes",
        file.display(),
        preview.doubts.join("; ")
    ))
}
