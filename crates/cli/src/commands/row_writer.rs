//! Rows of the index in the form that was asked for.

use std::collections::BTreeMap;

use case_model::{CaseId, SharedZone, Zone};
use case_store::FoundRow;
use report::{CsvTable, body_lines, each_hit, json_row};
use serde_json::{Map, Value, json};

use crate::arguments::{RowFormat, ShapeArguments};
use crate::commands::find_table::print_row;
use crate::display::safe;
use crate::exit::Failure;
use crate::output::Output;

/// Writes rows in one form.
pub(crate) struct RowWriter {
    format: RowFormat,
    csv: CsvTable,
    /// Wanted fields; all when it is empty.
    columns: Vec<String>,
    each_hit: bool,
    bom: bool,
    first: bool,
    /// Zones that converted times of a table, by the name of their image.
    zones: BTreeMap<String, SharedZone>,
}

impl RowWriter {
    /// Makes a writer. Answers about several cases name the case in each row.
    pub(crate) fn new(
        format: RowFormat,
        shape: &ShapeArguments,
        several_cases: bool,
    ) -> Result<Self, Failure> {
        let all = CsvTable::fields(several_cases, shape.each_hit);
        for column in &shape.columns {
            if !CsvTable::fields(true, shape.each_hit).contains(&column.as_str()) {
                let alike = name_pattern::nearest(column, all.iter().copied(), 5).join(", ");
                let all = all.join(", ");
                return Err(Failure::Usage(format!(
                    "--columns {column}: no such field. Nearest: {alike}. All: {all}"
                )));
            }
        }
        let is_table = matches!(format, RowFormat::Jsonl | RowFormat::Csv);
        if !is_table && (!shape.columns.is_empty() || shape.each_hit) {
            return Err(Failure::Usage(
                "--columns and --each-hit go with --format jsonl or csv".to_owned(),
            ));
        }
        let columns = match shape.columns.is_empty() {
            true => all.into_iter().map(str::to_owned).collect(),
            false => shape.columns.clone(),
        };
        Ok(Self {
            format,
            csv: CsvTable::new(columns),
            columns: shape.columns.clone(),
            each_hit: shape.each_hit,
            bom: shape.bom,
            first: true,
            zones: BTreeMap::new(),
        })
    }

    /// Writes what stands before the first row, also where there is none.
    pub(crate) fn start(&mut self, output: &mut Output) -> Result<(), Failure> {
        match self.format {
            RowFormat::Csv if self.first => {
                self.first = false;
                let header = self.csv.header(self.bom).map_err(Failure::Output)?;
                output.bytes(&header)
            }
            _ => Ok(()),
        }
    }

    /// Writes a row.
    pub(crate) fn row(
        &mut self,
        case: &CaseId,
        row: &FoundRow,
        output: &mut Output,
    ) -> Result<(), Failure> {
        match self.format {
            RowFormat::Table => {
                if let Some(zone) = row.zone.as_ref().filter(|_| is_local(row)) {
                    self.zones.entry(row.image.clone()).or_insert_with(|| zone.clone());
                }
                print_row(row, std::mem::take(&mut self.first), output)
            }
            RowFormat::Paths0 => {
                // The name of an image inside another one ends where the path inside it begins.
                let colon = if row.image.ends_with('!') { "" } else { ":" };
                output.bytes(format!("{}{colon}{}\0", row.image, row.path).as_bytes())
            }
            RowFormat::Bodyfile => output.text(&body_lines(row)),
            RowFormat::Jsonl => {
                for object in self.objects(case, row) {
                    output.object(&Value::Object(self.chosen(object)))?;
                }
                Ok(())
            }
            RowFormat::Csv => {
                for object in self.objects(case, row) {
                    let record = self.csv.record(&object).map_err(Failure::Output)?;
                    output.bytes(&record)?;
                }
                Ok(())
            }
        }
    }

    /// Names the zones by which times of a table were converted.
    pub(crate) fn tell_zones(&mut self, output: &mut Output) -> Result<(), Failure> {
        for (image, known) in std::mem::take(&mut self.zones) {
            let image = safe(&image);
            let zone = known.zone.name();
            let source = safe(&known.source);
            output.remark(&format!(
                "z: local time of {image}, converted from {zone} to UTC (time zone database {}; source of the zone: {source})",
                Zone::database()
            ))?;
        }
        Ok(())
    }

    fn objects(&self, case: &CaseId, row: &FoundRow) -> Vec<Map<String, Value>> {
        let Value::Object(mut object) = json_row(row) else { return Vec::new() };
        if self.csv.has("case") {
            object.insert("case".to_owned(), json!(case.as_str()));
        }
        if self.each_hit { each_hit(object) } else { vec![object] }
    }

    fn chosen(&self, mut object: Map<String, Value>) -> Map<String, Value> {
        if !self.columns.is_empty() {
            object.retain(|name, _| self.columns.contains(name));
        }
        object
    }
}

/// Returns whether the time that a table shows is local time of a zone that the medium does not record.
fn is_local(row: &FoundRow) -> bool {
    row.times().modified.is_some_and(|time| time.is_unzoned())
}
