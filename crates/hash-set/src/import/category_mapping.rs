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

    /// All that is mapped, in the order that counts: scheme, code, meaning.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str, HitDisposition)> {
        self.schemes.iter().flat_map(|(uri, codes)| {
            codes.iter().map(|(code, meaning)| (uri.as_str(), code.as_str(), *meaning))
        })
    }

    /// Says what `code` of `scheme` means from now on; a new scheme is put behind those that are there. What it meant before.
    pub fn set(
        &mut self,
        scheme: &str,
        code: &str,
        meaning: HitDisposition,
    ) -> Option<HitDisposition> {
        let at = self.schemes.iter().position(|(uri, _)| uri == scheme).unwrap_or_else(|| {
            self.schemes.push((scheme.to_owned(), BTreeMap::new()));
            self.schemes.len().saturating_sub(1)
        });
        self.schemes.get_mut(at).and_then(|(_, codes)| codes.insert(code.to_owned(), meaning))
    }

    /// Forgets what `code` of `scheme` means: it needs review again. What it meant before.
    pub fn unset(&mut self, scheme: &str, code: &str) -> Option<HitDisposition> {
        let (_, codes) = self.schemes.iter_mut().find(|(uri, _)| uri == scheme)?;
        let before = codes.remove(code);
        self.schemes.retain(|(_, codes)| !codes.is_empty());
        before
    }

    /// The mapping as a file that [`CategoryMapping::parse`] reads: the template's explanation, then what is mapped.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let tables = self.schemes.iter().map(|(uri, codes)| {
            let codes: String = codes
                .iter()
                .map(|(code, meaning)| format!("{} = \"{}\"\n", text(code), meaning.key()))
                .collect();
            format!("\n[[scheme]]\nuri = {}\n[scheme.codes]\n{codes}", text(uri))
        });
        format!("{}{}", Self::TEMPLATE, tables.collect::<String>())
    }

    /// Does the scheme `uri` of the mapping speak of `scheme`?
    #[must_use]
    pub fn covers(&self, uri: &str, scheme: &str) -> bool {
        match uri.strip_suffix('*') {
            Some(beginning) => scheme.starts_with(beginning),
            None => scheme == uri,
        }
    }

    /// What `code` of `scheme` means; `None` when nobody has said. A scheme in the file may end with `*`: the first that fits counts.
    #[must_use]
    pub fn disposition(&self, scheme: &str, code: &str) -> Option<HitDisposition> {
        let (_, codes) = self.schemes.iter().find(|(uri, _)| self.covers(uri, scheme))?;
        codes.get(code).or_else(|| codes.get(ANY_CODE)).copied()
    }
}

/// A basic string of TOML: as JSON writes it, with the one control character escaped that JSON leaves.
fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string().replace('\u{7f}', "\\u007f")
}

fn read_scheme(
    table: SchemeTable,
) -> Result<(String, BTreeMap<String, HitDisposition>), MappingError> {
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
        let error =
            CategoryMapping::parse("[[scheme]]\nuri = \"a\"\ncodes = { 1 = \"bad\" }").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("category mapping, scheme \"a\", code \"1\": \"bad\" is no")
        );
        assert!(CategoryMapping::parse("[[schema]]").is_err());
    }

    #[test]
    fn what_is_set_is_written_and_read_again_whatever_the_codes_look_like() {
        let mut mapping = CategoryMapping::default();
        assert_eq!(mapping.set("http://x/\"q\"*", "1", HitDisposition::Alert), None);
        mapping.set("lab", "a b = \"c\"\n[x]\u{7f}", HitDisposition::NoChange);
        assert_eq!(mapping.set("lab", "*", HitDisposition::Known), None);
        assert_eq!(mapping.set("lab", "*", HitDisposition::Notable), Some(HitDisposition::Known));
        assert_eq!(CategoryMapping::parse(&mapping.to_toml()).unwrap(), mapping);
        assert_eq!(mapping.unset("lab", "*"), Some(HitDisposition::Notable));
        assert_eq!(mapping.unset("lab", "*"), None);
        mapping.unset("lab", "a b = \"c\"\n[x]\u{7f}");
        assert_eq!(
            mapping.all().collect::<Vec<_>>(),
            [("http://x/\"q\"*", "1", HitDisposition::Alert)]
        );
    }

    #[test]
    fn the_template_maps_nothing_until_it_is_edited() {
        assert_eq!(
            CategoryMapping::parse(CategoryMapping::TEMPLATE).unwrap(),
            CategoryMapping::default()
        );
        let edited: String = CategoryMapping::TEMPLATE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n")
            .collect();
        assert!(!CategoryMapping::parse(&edited).unwrap().schemes.is_empty());
    }
}
