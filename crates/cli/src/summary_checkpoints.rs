//! What the checkpoints of an item's scan did without, for people and for programs.

use serde_json::Value;
use words::{Language, Statement};

use crate::display::safe;
use crate::exit::Failure;
use crate::output::Output;

/// Prints what checkpoints did without.
pub(crate) fn print_checkpoint_notes(
    notes: &[Statement],
    output: &mut Output,
) -> Result<(), Failure> {
    for note in notes {
        output.line(&format!("  checkpoints   {}", safe(&note.text(Language::English))))?;
    }
    Ok(())
}

/// Adds what checkpoints did without to an image as JSON, when there is something.
pub(crate) fn with_checkpoint_notes(mut object: Value, notes: &[Statement]) -> Value {
    if let Some(members) = object.as_object_mut()
        && !notes.is_empty()
    {
        let texts = notes.iter().map(|note| Value::from(note.text(Language::English)));
        members.insert("checkpoints".to_owned(), texts.collect());
    }
    object
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use words::term;

    use super::*;

    #[test]
    fn an_image_has_the_member_only_when_a_checkpoint_did_without_something() {
        assert_eq!(with_checkpoint_notes(json!({}), &[]), json!({}));
        let note = term!("checkpoint.state-not-saved").with(2_u64).with("every-byte");
        let image = with_checkpoint_notes(json!({}), &[note]);
        let text = image.get("checkpoints").and_then(|notes| notes.get(0)).and_then(Value::as_str);
        assert!(
            text.is_some_and(|text| text.starts_with("checkpoints did without 2 streams: ")),
            "{image}"
        );
    }
}
