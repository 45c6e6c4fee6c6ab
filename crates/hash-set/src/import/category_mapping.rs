//! What the category codes of a scheme mean to this lab.

use std::collections::BTreeMap;

use case_model::HitDisposition;
use serde::Deserialize;
use thiserror::Error;

/// Code that stands for all codes of a scheme that are not listed.
const ANY_CODE: &str = "*";

/// Dispositions of category codes, by scheme. Category numbers are not portable: the same number means different things in
/// different schemes, so a code that is not mapped *needs review*, and nothing is mapped unless the lab says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategoryMapping {
    schemes: Vec<(String, BTreeMap<String, HitDisposition>)>,
}

/// Why a mapping cannot be used.
#[derive(Debug, Error)]
pub enum MappingError {
    /// It is no TOML, or has other fields.
    #[error("category mapping: {0}")]
    Toml(#[from] toml::de::Error),
    /// A code is mapped to a word that is no disposition.
    #[error(
        "category mapping, scheme {scheme:?}, code {code:?}: {word:?} is no disposition; use alert, notable, needs-review, no-change or known"
    )]
    Disposition {
        /// The scheme.
        scheme: String,
        /// The code.
        code: String,
        /// The word.
        word: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingFile {
    #[serde(default)]
    scheme: Vec<SchemeTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemeTable {
    uri: String,
    codes: BTreeMap<String, String>,
}

impl CategoryMapping {
    /// A file to begin with: every line that maps something is a comment.
    pub const TEMPLATE: &'static str = include_str!("category_mapping.toml");

    /// Reads a mapping file.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let file: MappingFile = toml::from_str(text)?;
        let schemes = file.scheme.into_iter().map(read_scheme).collect::<Result<_, _>>()?;
        Ok(Self { schemes })
    }

    /// What `code` of `scheme` means; `None` when nobody has said. A scheme in the file may end with `*`: the first that fits counts.
    #[must_use]
    pub fn disposition(&self, scheme: &str, code: &str) -> Option<HitDisposition> {
        let fits = |uri: &str| match uri.strip_suffix('*') {
            Some(beginning) => scheme.starts_with(beginning),
            None => scheme == uri,
        };
        let (_, codes) = self.schemes.iter().find(|(uri, _)| fits(uri))?;
        codes.get(code).or_else(|| codes.get(ANY_CODE)).copied()
    }
}

fn read_scheme(table: SchemeTable) -> Result<(String, BTreeMap<String, HitDisposition>), MappingError> {
    let mut codes = BTreeMap::new();
    for (code, word) in table.codes {
        let Some(disposition) = HitDisposition::from_key(&word) else {
            return Err(MappingError::Disposition { scheme: table.uri, code, word });
        };
        codes.insert(code, disposition);
    }
    Ok((table.uri, codes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_means_something_only_in_its_scheme() {
        let text = "[[scheme]]\nuri = \"urn:a\"\ncodes = { 1 = \"alert\", 0 = \"no-change\" }\n\
                    [[scheme]]\nuri = \"urn:b/*\"\ncodes = { \"*\" = \"notable\" }\n";
        let mapping = CategoryMapping::parse(text).unwrap();
        assert_eq!(mapping.disposition("urn:a", "1"), Some(HitDisposition::Alert));
        assert_eq!(mapping.disposition("urn:a", "2"), None);
        assert_eq!(mapping.disposition("urn:b/UK", "A"), Some(HitDisposition::Notable));
        assert_eq!(mapping.disposition("urn:c", "1"), None);
        let error = CategoryMapping::parse("[[scheme]]\nuri = \"a\"\ncodes = { 1 = \"bad\" }").unwrap_err();
        assert!(error.to_string().starts_with("category mapping, scheme \"a\", code \"1\": \"bad\" is no"));
        assert!(CategoryMapping::parse("[[schema]]").is_err());
    }

    #[test]
    fn the_template_maps_nothing_until_it_is_edited() {
        assert_eq!(CategoryMapping::parse(CategoryMapping::TEMPLATE).unwrap(), CategoryMapping::default());
        let edited: String = CategoryMapping::TEMPLATE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n")
            .collect();
        assert!(!CategoryMapping::parse(&edited).unwrap().schemes.is_empty());
    }
}
