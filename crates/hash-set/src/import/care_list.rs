//! Known products that deserve a look all the same: wipers, steganography, remote access, file sharing, anonymisers, …
//!
//! A list of known software says *known*, not *good*. When a file of such a set belongs to nothing but products of this list, it is
//! notable; when it belongs to other products as well (an installer's library, say), it is listed without a judgement.

use serde::Deserialize;
use thiserror::Error;

/// Products that turn "known" into "notable".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CareList {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    class: String,
    /// Lower case.
    product: Option<Vec<String>>,
    kind: Option<String>,
}

/// Why a list cannot be used.
#[derive(Debug, Error)]
pub enum CareListError {
    /// It is no TOML, or has other fields.
    #[error("list of products: {0}")]
    Toml(#[from] toml::de::Error),
    /// A word of a product's name is empty: it would fit all products.
    #[error("list of products, class {class:?}: an empty name")]
    EmptyName {
        /// The class.
        class: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CareFile {
    #[serde(default)]
    class: Vec<ClassTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassTable {
    name: String,
    #[serde(default)]
    products: Vec<String>,
    #[serde(default)]
    application_types: Vec<String>,
}

impl CareList {
    /// The list that comes with the program, to be copied and edited.
    pub const BUNDLED: &'static str = include_str!("care_list.toml");

    /// The list that comes with the program.
    #[must_use]
    pub fn bundled() -> Self {
        // OK to fall back: a test reads the bundled list.
        Self::parse(Self::BUNDLED).unwrap_or_else(|_| Self::none())
    }

    /// No products at all.
    #[must_use]
    pub fn none() -> Self {
        Self { rules: Vec::new() }
    }

    /// Reads a list.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, CareListError> {
        let file: CareFile = toml::from_str(text)?;
        let mut rules = Vec::new();
        for class in file.class {
            for product in &class.products {
                let words = words(product);
                if words.is_empty() {
                    return Err(CareListError::EmptyName { class: class.name });
                }
                rules.push(Rule { class: class.name.clone(), product: Some(words), kind: None });
            }
            for kind in &class.application_types {
                rules.push(Rule {
                    class: class.name.clone(),
                    product: None,
                    kind: Some(kind.to_lowercase()),
                });
            }
        }
        Ok(Self { rules })
    }

    /// The class of a product, by the words of its name (whole words, in order, in any case) or by its application type.
    #[must_use]
    pub fn class(&self, product: &str, application_type: &str) -> Option<&str> {
        let product = words(product);
        let kind = application_type.trim().to_lowercase();
        let fits = |rule: &&Rule| match (&rule.product, &rule.kind) {
            (Some(wanted), _) => {
                product.windows(wanted.len()).any(|part| part == wanted.as_slice())
            }
            (None, Some(wanted)) => *wanted == kind,
            (None, None) => false,
        };
        self.rules.iter().find(fits).map(|rule| rule.class.as_str())
    }
}

impl Default for CareList {
    fn default() -> Self {
        Self::bundled()
    }
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_list_knows_its_classes_by_whole_words_only() {
        let list = CareList::parse(CareList::BUNDLED).unwrap();
        assert_eq!(list, CareList::bundled());
        assert_eq!(list.class("Heidi ERASER v5.3", ""), Some("wiper"));
        assert_eq!(list.class("TeamViewer 15", "Networking"), Some("remote access"));
        assert_eq!(list.class("Tor Browser Bundle", ""), Some("anonymiser"));
        assert_eq!(list.class("Anything", "Steganography"), Some("steganography"));
        for ordinary in ["Windows XP", "Pencil and Erasers", "Torino Guide", "Photoshop", ""] {
            assert_eq!(list.class(ordinary, "Operating System"), None, "{ordinary}");
        }
    }

    #[test]
    fn a_name_without_words_is_refused() {
        let error = CareList::parse("[[class]]\nname = \"x\"\nproducts = [\" - \"]").unwrap_err();
        assert_eq!(error.to_string(), "list of products, class \"x\": an empty name");
    }
}
