//! Hits as rows of their own.

use serde_json::{Map, Value};

/// Returns a row once for each of its hits, with `hit_severity`, `hit_set`, … in the place of `hits`. A row without hits stays one.
#[must_use]
pub fn each_hit(mut row: Map<String, Value>) -> Vec<Map<String, Value>> {
    let Some(Value::Array(hits)) = row.remove("hits") else { return vec![row] };
    let flat = |hit: Value| {
        let mut row = row.clone();
        if let Value::Object(fields) = hit {
            row.extend(fields.into_iter().map(|(name, value)| (format!("hit_{name}"), value)));
        }
        row
    };
    hits.into_iter().map(flat).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::CsvTable;

    #[test]
    fn a_row_comes_once_for_each_hit_with_all_of_its_fields() {
        let row = json!({ "id": 7, "hits": [
            { "severity": "alert", "set": "a", "version": "", "algorithm": "md5", "class": "full", "label": "x",
              "digest": "00", "withdrawn_by": [] },
            { "severity": "known", "set": "b" }] });
        let Value::Object(row) = row else { panic!() };
        let rows = each_hit(row);
        assert_eq!(
            (rows.len(), &rows[0]["hit_severity"], &rows[1]["hit_set"]),
            (2, &json!("alert"), &json!("b"))
        );
        let fields = CsvTable::fields(false, true);
        assert!(rows[0].keys().all(|name| fields.contains(&name.as_str())), "{:?}", rows[0]);
        let without = each_hit(Map::from_iter([("id".to_owned(), json!(1))]));
        assert_eq!(without.len(), 1);
    }
}
