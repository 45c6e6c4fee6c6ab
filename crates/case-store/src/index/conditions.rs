//! A filter as the WHERE clause of a query over names.

use rusqlite::types::Value;

use super::filter::{Filter, PathFilter, TimeBound, TimeEdge};
use super::local_time::{Reading, utc_sql};
use crate::file::ids::ImageId;
use crate::file::integers::integer;

/// The table of the names that are looked at, and what its row is called in the query.
#[derive(Clone, Copy)]
pub(super) struct Names {
    pub(super) table: &'static str,
    pub(super) row: &'static str,
}

/// Names of the entries themselves.
pub(super) const OF_ENTRIES: Names = Names { table: "entry", row: "e" };
/// Further names of records.
pub(super) const FURTHER: Names = Names { table: "link", row: "l" };

/// Content that lies on more than one image. Digests of a part of a content are no digests of it.
const DUPLICATES: &str = "e.size > 0 AND e.disposition = 'hashed' AND e.sha256 IN (SELECT s.sha256 FROM entry s \
     CROSS JOIN file_system sf ON sf.id = s.file_system CROSS JOIN volume sv ON sv.id = sf.volume \
     WHERE s.sha256 IS NOT NULL AND s.size > 0 AND s.disposition = 'hashed' GROUP BY s.sha256 \
     HAVING min(sv.image) < max(sv.image))";

/// A WHERE clause that grows, with its values: `?N` stands for value N.
pub(super) struct Conditions {
    names: Names,
    clauses: Vec<String>,
    values: Vec<Value>,
    /// Values of the query before these.
    from: usize,
}

impl Conditions {
    /// Makes the conditions of a filter, their values numbered behind `from` others.
    pub(super) fn new(filter: &Filter, names: Names, from: usize) -> Self {
        let mut conditions =
            Self { names, clauses: vec!["1".to_owned()], values: Vec::new(), from };
        conditions.names(filter);
        conditions.paths(filter);
        conditions.types(filter);
        conditions.content(filter);
        conditions.hits(filter);
        conditions.numbers(filter);
        conditions
    }

    /// Returns the clause and its values.
    pub(super) fn finish(self) -> (String, Vec<Value>) {
        (self.clauses.join(" AND "), self.values)
    }

    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.from.saturating_add(self.values.len()))
    }

    fn text(&mut self, text: &str) -> String {
        self.bind(Value::Text(text.to_owned()))
    }

    /// Adds a clause of which one part is enough. No part, no clause.
    fn any(&mut self, parts: &[String]) {
        if !parts.is_empty() {
            self.clauses.push(format!("({})", parts.join(" OR ")));
        }
    }

    fn names(&mut self, filter: &Filter) {
        let row = self.names.row;
        let wanted: Vec<String> = filter.names.iter().map(|pattern| self.text(pattern)).collect();
        if !wanted.is_empty() {
            let candidates = self.named(&wanted);
            self.clauses.push(candidates);
            let exact =
                |pattern: &String| format!("name_matches({pattern}, {row}.name, e.stream_name)");
            self.any(&wanted.iter().map(exact).collect::<Vec<String>>());
        }
        for pattern in &filter.not_names {
            let pattern = self.text(pattern);
            self.clauses.push(format!("NOT name_matches({pattern}, {row}.name, e.stream_name)"));
        }
    }

    /// Rows that may have one of the names. The names alone are read for this, from their indexes.
    fn named(&self, patterns: &[String]) -> String {
        let Names { table, row } = self.names;
        let any = |name: &str, stream: &str| {
            let matches = |pattern: &String| format!("name_matches({pattern}, {name}, {stream})");
            patterns.iter().map(matches).collect::<Vec<String>>().join(" OR ")
        };
        let by_stream = self.with_streams(&any("n.name", "s.stream_name"));
        format!(
            "{row}.id IN (SELECT id FROM {table} WHERE {} UNION ALL {by_stream})",
            any("name", "''")
        )
    }

    /// Rows of names whose record has alternate streams: `n` is the name, `s` the stream.
    fn with_streams(&self, condition: &str) -> String {
        let Names { table, .. } = self.names;
        // An alternate stream is an entry of its own, with the name of its file.
        match table {
            "entry" => format!(
                "SELECT n.id FROM entry n CROSS JOIN entry s ON s.id = n.id WHERE n.stream_name <> '' AND ({condition})"
            ),
            _ => format!(
                "SELECT n.id FROM entry s CROSS JOIN link n ON n.file_system = s.file_system AND n.number = s.number \
                 WHERE s.stream_name <> '' AND ({condition})"
            ),
        }
    }

    fn paths(&mut self, filter: &Filter) {
        let row = self.names.row;
        let wanted: Vec<String> = filter.paths.iter().map(|path| self.below(path)).collect();
        self.any(&wanted);
        for path in &filter.not_paths {
            let pattern = self.text(&path.pattern);
            let images = images_clause(path.images.as_deref());
            self.clauses.push(format!(
                "NOT ({images} AND path_matches({pattern}, d.path, {row}.name, e.stream_name))"
            ));
        }
    }

    /// What lies at a path or below it: first the rows that may, by their directories and names, then exactly.
    fn below(&mut self, path: &PathFilter) -> String {
        let Names { table, row } = self.names;
        let pattern = self.text(&path.pattern);
        let whole = format!(
            "SELECT id FROM {table} WHERE directory IN (SELECT id FROM directory WHERE path_directory({pattern}, path) = 2)"
        );
        let partly = match name_pattern::PathPattern::parse(&path.pattern)
            .is_ok_and(|path| path.is_anchored())
        {
            true => format!(
                "SELECT id FROM {table} WHERE directory IN (SELECT id FROM directory WHERE path_directory({pattern}, path) = 1)"
            ),
            // Any directory may hold it: its name is rarer.
            false => format!(
                "SELECT id FROM {table} WHERE path_ends({pattern}, name) UNION ALL {}",
                self.with_streams("1")
            ),
        };
        format!(
            "({} AND {row}.id IN ({whole} UNION ALL {partly}) AND path_matches({pattern}, d.path, {row}.name, e.stream_name))",
            images_clause(path.images.as_deref())
        )
    }

    fn types(&mut self, filter: &Filter) {
        let wanted: Vec<String> = filter.types.iter().map(|kind| self.of_type(kind)).collect();
        self.any(&wanted);
        for kind in &filter.not_types {
            let clause = self.of_type(kind);
            // Most rows have no content type: NULL is not "no".
            self.clauses.push(format!("NOT coalesce({clause}, 0)"));
        }
    }

    fn of_type(&mut self, kind: &str) -> String {
        let kind = kind.to_lowercase();
        let part = kind.trim_end_matches("/*");
        let exact = self.text(&kind);
        let mut clauses = vec![format!("e.kind = {exact} OR e.content_type = {exact}")];
        // The first part, the second, or what stands behind the last sign of the second.
        let part = like_literal(part);
        for pattern in [
            format!("{part}/%"),
            format!("%/{part}"),
            format!("%-{part}"),
            format!("%.{part}"),
            format!("%+{part}"),
        ] {
            let pattern = self.text(&pattern);
            clauses.push(format!("e.content_type LIKE {pattern} ESCAPE '\\'"));
        }
        format!("({})", clauses.join(" OR "))
    }

    fn content(&mut self, filter: &Filter) {
        if let Some((column, digest)) = &filter.digest {
            let digest = self.bind(Value::Blob(digest.clone()));
            self.clauses.push(format!("e.{column} = {digest}"));
        }
        if filter.duplicates {
            self.clauses.push(DUPLICATES.to_owned());
        }
        if filter.deleted {
            self.clauses.push(format!("{}.state <> 'allocated'", self.names.row));
        }
        let dispositions: Vec<String> =
            filter.dispositions.iter().map(|disposition| self.text(disposition.key())).collect();
        if !dispositions.is_empty() {
            self.clauses.push(format!("e.disposition IN ({})", dispositions.join(", ")));
        }
    }

    fn hits(&mut self, filter: &Filter) {
        if !filter.hit && filter.sets.is_empty() && filter.severities.is_empty() {
            return;
        }
        let mut of_hit = vec!["1".to_owned()];
        let sets: Vec<String> = filter.sets.iter().map(|set| self.text(set)).collect();
        if !sets.is_empty() {
            let fits = |set: &String| format!("name_matches({set}, name, '')");
            let fits = sets.iter().map(fits).collect::<Vec<String>>().join(" OR ");
            of_hit.push(format!("hash_set IN (SELECT id FROM hash_set WHERE {fits})"));
        }
        let severities: Vec<String> =
            filter.severities.iter().map(|severity| self.text(severity.key())).collect();
        if !severities.is_empty() {
            of_hit.push(format!("disposition IN ({})", severities.join(", ")));
        }
        self.clauses
            .push(format!("e.id IN (SELECT entry FROM hit WHERE {})", of_hit.join(" AND ")));
    }

    fn numbers(&mut self, filter: &Filter) {
        if let Some(bytes) = filter.larger_than {
            let bytes = self.bind(Value::Integer(integer(bytes)));
            self.clauses.push(format!("e.size > {bytes}"));
        }
        if let Some(bytes) = filter.smaller_than {
            let bytes = self.bind(Value::Integer(integer(bytes)));
            self.clauses.push(format!("e.size < {bytes}"));
        }
        for bound in &filter.times {
            self.time(filter, *bound);
        }
        self.owners(filter);
        if let Some(id) = filter.id {
            let id = self.bind(Value::Integer(id.number()));
            self.clauses.push(format!("e.id = {id}"));
        }
        if filter.images.is_some() {
            self.clauses.push(images_clause(filter.images.as_deref()));
        }
    }
}

impl Conditions {
    fn owners(&mut self, filter: &Filter) {
        let mut parts = Vec::new();
        if !filter.uids.is_empty() {
            let uids: Vec<String> = filter.uids.iter().map(ToString::to_string).collect();
            parts.push(format!("f.kind <> 'NTFS' AND e.uid IN ({})", uids.join(", ")));
        }
        let sids: Vec<String> = filter.sids.iter().map(|sid| self.text(sid)).collect();
        if !sids.is_empty() {
            parts.push(format!(
                "f.kind = 'NTFS' AND (e.file_system, e.uid) IN \
                 (SELECT o.file_system, o.security_id FROM security_owner o WHERE o.sid IN ({}))",
                sids.join(", ")
            ));
        }
        self.any(&parts);
    }

    /// Adds a bound of a time. Where images have zones, the column, which has an index, is compared with a bound that is wider by more than
    /// any zone is away from UTC, and then the UTC of the time with the bound itself.
    fn time(&mut self, filter: &Filter, bound: TimeBound) {
        const WIDEST_OFFSET_NS: i64 = 26 * 3_600 * 1_000_000_000;
        let column = bound.field.key();
        let (than, wider, reading) = match bound.edge {
            TimeEdge::From => (">=", bound.ns.saturating_sub(WIDEST_OFFSET_NS), Reading::Latest),
            TimeEdge::Before => ("<", bound.ns.saturating_add(WIDEST_OFFSET_NS), Reading::Earliest),
        };
        let ns = self.bind(Value::Integer(bound.ns));
        if filter.zones.is_empty() {
            self.clauses.push(format!("e.{column} {than} {ns}"));
            return;
        }
        let wider = self.bind(Value::Integer(wider));
        let utc = utc_sql(&filter.zones, bound.field, reading);
        self.clauses.push(format!("e.{column} {than} {wider} AND {utc} {than} {ns}"));
    }
}

fn images_clause(images: Option<&[ImageId]>) -> String {
    match images {
        None => "1".to_owned(),
        Some(images) => {
            let images: Vec<String> = images.iter().map(ToString::to_string).collect();
            format!("i.id IN ({})", images.join(", "))
        }
    }
}

/// Escapes what LIKE would take for a wildcard.
fn like_literal(text: &str) -> String {
    text.chars().fold(String::new(), |mut pattern, c| {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
        pattern
    })
}
