//! STIX 2.1 indicators: `pattern_type` "stix", comparisons of file hashes joined by OR.
//!
//! ```text
//! [file:hashes.'SHA-256' = '…' OR file:hashes.MD5 = '…'] OR [file:hashes."SHA-1" = '…']
//! ```
//!
//! Everything else in a pattern makes it one that is not understood; it is reported with its id.

use case_model::Algorithm;

use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::{excerpt, put, read_digest};
use crate::import::reading::{Json, SourceFile};
use crate::{ImportError, Position, RejectReason};

#[derive(Default)]
struct Indicator {
    is_indicator: bool,
    id: String,
    name: Option<String>,
    pattern: String,
    pattern_type: String,
    revoked: bool,
    valid_until: Option<String>,
}

/// Reads all records.
pub(super) fn read(source: &SourceFile, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let mut json = Json::new(source)?;
    if json.is_array()? {
        json.array(&mut |json, _| read_stix_object(json, collector))?;
    } else {
        json.object(&mut |json, name| match name {
            "objects" => json.array(&mut |json, _| read_stix_object(json, collector)).map(drop),
            _ => json.skip(),
        })?;
    }
    json.end()
}

fn read_stix_object(json: &mut Json, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let position = json.position();
    let mut indicator = Indicator::default();
    json.object(&mut |json, name| indicator.read_member(json, name))?;
    match indicator {
        Indicator { is_indicator: false, .. } => {
            collector.leave_out("objects that are no indicators")
        }
        Indicator { revoked: true, .. } => collector.leave_out("revoked indicators"),
        indicator => indicator.keep(&position, collector)?,
    }
    Ok(())
}

impl Indicator {
    fn keep(self, position: &Position, collector: &mut Collector<'_>) -> Result<(), ImportError> {
        // STIX 2.0 has no `pattern_type`.
        let ours = matches!(self.pattern_type.as_str(), "stix" | "");
        let Some(comparisons) = comparisons(&self.pattern).filter(|_| ours) else {
            let id = excerpt(&self.id);
            let pattern = excerpt(&self.pattern);
            collector.reject(position, RejectReason::PatternNotUnderstood { id, pattern });
            return Ok(());
        };
        for (name, value) in comparisons {
            match self.candidate(name, value) {
                Ok(candidate) => collector.accept(position, candidate)?,
                Err(reason) => collector.reject(position, reason),
            }
        }
        Ok(())
    }

    fn read_member(&mut self, json: &mut Json, name: &str) -> Result<(), ImportError> {
        match name {
            "type" => self.is_indicator = json.text()?.is_some_and(|kind| kind == "indicator"),
            "id" => self.id = json.text()?.unwrap_or_default(),
            "name" => self.name = json.text()?.filter(|name| !name.is_empty()),
            "pattern" => self.pattern = json.text()?.unwrap_or_default(),
            "pattern_type" => self.pattern_type = json.text()?.unwrap_or_default(),
            "revoked" => self.revoked = json.flag()?,
            "valid_until" => self.valid_until = json.text()?,
            _ => json.skip()?,
        }
        Ok(())
    }

    /// Returns the entry of a digest in the pattern.
    fn candidate(&self, name: &str, value: &str) -> Result<Candidate, RejectReason> {
        // "MD-5" is in the wild.
        let unsupported = || RejectReason::UnsupportedAlgorithm { name: excerpt(name) };
        let algorithm = Algorithm::from_key(name).ok_or_else(unsupported)?;
        let until = self.valid_until.as_ref();
        let comment = until
            .map_or_else(|| self.id.clone(), |until| format!("{}; valid until {until}", self.id));
        let name = self.name.clone();
        let mut candidate = Candidate { name, comment: Some(comment), ..Candidate::default() };
        let digest = read_digest(value, algorithm)?;
        digest.iter().for_each(|digest| put(&mut candidate.digests, algorithm, digest));
        Ok(candidate)
    }
}

/// The comparisons of a pattern (name of the algorithm, digest); `None` when it holds anything else.
fn comparisons(pattern: &str) -> Option<Vec<(&str, &str)>> {
    let mut found = Vec::new();
    let mut rest = pattern.trim();
    loop {
        rest = rest.strip_prefix('[')?.trim_start();
        loop {
            let (comparison, after) = comparison(rest)?;
            found.push(comparison);
            rest = after.trim_start();
            match rest.strip_prefix("OR") {
                Some(after) => rest = after.trim_start(),
                None => break,
            }
        }
        rest = rest.strip_prefix(']')?.trim_start();
        if rest.is_empty() {
            return Some(found);
        }
        rest = rest.strip_prefix("OR")?.trim_start();
    }
}

/// One comparison at the beginning of `text`, and what follows it.
fn comparison(text: &str) -> Option<((&str, &str), &str)> {
    let rest = text.strip_prefix("file:hashes.")?;
    let (name, rest) = match rest.strip_prefix(['\'', '"']) {
        Some(quoted) => quoted.split_once(['\'', '"'])?,
        None => rest.split_at_checked(rest.find(|c: char| c.is_whitespace() || c == '=')?)?,
    };
    let rest = rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('\'')?;
    let (value, rest) = rest.split_once('\'')?;
    Some(((name, value), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_comparisons_of_file_hashes_joined_by_or_are_understood() {
        assert_eq!(
            comparisons(
                "[ file:hashes.'SHA-256' = 'aa' OR file:hashes.MD5='bb' ] OR [file:hashes.\"SHA-1\" = 'cc']"
            ),
            Some(vec![("SHA-256", "aa"), ("MD5", "bb"), ("SHA-1", "cc")])
        );
        for other in [
            "[file:hashes.MD5 = 'a' AND file:size = 3]",
            "[file:hashes.MD5 = 'a'] FOLLOWEDBY [file:hashes.MD5 = 'b']",
            "[file:hashes.MD5 IN ('a')]",
            "[file:hashes.MD5 != 'a']",
            "[NOT file:hashes.MD5 = 'a']",
            "[domain-name:value = 'x']",
            "[file:hashes.MD5 = 'a'",
            "",
        ] {
            assert_eq!(comparisons(other), None, "{other}");
        }
    }
}
