//! A locator at any depth: from the exhibit through every image on the way, `@1048576:ntfs:35-2/image:@0:fat12:12-0`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::limits::MOST_DEPTH;
use crate::Locator;

/// What stands between the stream that holds an image and what lies in the image.
const STEP: &str = "/image";

/// Where an image is: the streams that hold it, from the exhibit inwards. Empty for the exhibit itself. Written
/// `LOCATOR/image:LOCATOR/image`, each locator in the image that the one before it names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ImagePlace {
    steps: Vec<Locator>,
}

/// A record or stream at any depth. One that lies in the exhibit itself is written as its [`Locator`] alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChainedLocator {
    /// The image that it lies in.
    pub image: ImagePlace,
    /// Its place there.
    pub locator: Locator,
}

/// Why a text is no chain of locators.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "{text:?}, character {at}: {wrong}; write @OFFSET:KIND:NUMBER-GENERATION, and /image:@… for what lies in the image there"
)]
pub struct NoChain {
    /// The text.
    pub text: String,
    /// The position of the first character that does not fit, from 1.
    pub at: usize,
    /// What is wrong there.
    pub wrong: &'static str,
}

impl ImagePlace {
    /// The exhibit itself.
    #[must_use]
    pub const fn exhibit() -> Self {
        Self { steps: Vec::new() }
    }

    /// The image in the stream that `locator` names, in this image.
    #[must_use]
    pub fn inside(&self, locator: Locator) -> Self {
        let mut steps = self.steps.clone();
        steps.push(locator);
        Self { steps }
    }

    /// The streams that hold it, from the exhibit inwards.
    #[must_use]
    pub fn steps(&self) -> &[Locator] {
        &self.steps
    }

    /// How many images lie around it.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.steps.len()
    }

    /// True for the exhibit itself.
    #[must_use]
    pub fn is_exhibit(&self) -> bool {
        self.steps.is_empty()
    }
}

impl fmt::Display for ImagePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.steps.iter().enumerate() {
            let colon = if number == 0 { "" } else { ":" };
            write!(f, "{colon}{step}{STEP}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ChainedLocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.image.is_exhibit() { "" } else { ":" };
        write!(f, "{}{colon}{}", self.image, self.locator)
    }
}

impl FromStr for ImagePlace {
    type Err = NoChain;

    fn from_str(text: &str) -> Result<Self, NoChain> {
        let (steps, last) = steps(text)?;
        match last {
            None => Ok(Self { steps }),
            Some(at) => Err(no_chain(text, at, "a place of an image ends with /image")),
        }
    }
}

impl FromStr for ChainedLocator {
    type Err = NoChain;

    fn from_str(text: &str) -> Result<Self, NoChain> {
        let (mut steps, last) = steps(text)?;
        let locator = match last {
            Some(_) => steps.pop(),
            None => None,
        };
        let locator = locator.ok_or_else(|| {
            no_chain(
                text,
                text.len(),
                "a record of the image is missing here, or nothing is there at all",
            )
        })?;
        Ok(Self { image: ImagePlace { steps }, locator })
    }
}

/// The locators of a chain, and the byte at which the last one begins when no `/image` follows it.
fn steps(text: &str) -> Result<(Vec<Locator>, Option<usize>), NoChain> {
    let mut steps = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let (one, is_image) = match end_of_step(rest) {
            Some(end) => (rest.get(..end).unwrap_or_default(), true),
            None => (rest, false),
        };
        if steps.len() > MOST_DEPTH {
            return Err(no_chain(text, at, "more images lie one in the other than are read"));
        }
        let locator = one.parse().map_err(|_| no_chain(text, at, "no locator begins here"))?;
        steps.push(locator);
        if !is_image {
            return Ok((steps, Some(at)));
        }
        at = at.saturating_add(one.len()).saturating_add(STEP.len());
        if at == text.len() {
            return Ok((steps, None));
        }
        // The colon before the next locator.
        at = at.saturating_add(1);
    }
}

/// Where the first `/image:@` of a text is, or `/image` at its end. A stream whose name holds this cannot be named so, but by its ordinal.
fn end_of_step(text: &str) -> Option<usize> {
    let between = text.find("/image:@");
    between.or_else(|| text.ends_with(STEP).then(|| text.len().saturating_sub(STEP.len())))
}

fn no_chain(text: &str, at: usize, wrong: &'static str) -> NoChain {
    let at = text.get(..at).map_or(0, |before| before.chars().count()).saturating_add(1);
    NoChain { text: text.to_owned(), at, wrong }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_read_as_it_is_written_and_a_locator_is_a_chain_of_one() {
        for text in [
            "@0:ext4:12-0",
            "@1048576:ntfs:35-2:Zone.Identifier",
            "@1048576:ntfs:35-2/image:@0:fat12:12-0",
            "@1048576:ntfs:35-2#1/image:@32768:ext4:12-77/image:@0:fat12:5-0:a:b",
        ] {
            let chain: ChainedLocator = text.parse().unwrap();
            assert_eq!(chain.to_string(), text);
            assert_eq!(chain.image.depth(), text.matches("/image").count());
        }
        for text in ["@0:ext4:12-0/image", "@1:ntfs:35-2:s/image:@0:fat12:1-0/image"] {
            assert_eq!(text.parse::<ImagePlace>().unwrap().to_string(), text);
        }
        let inner = ImagePlace::exhibit().inside("@7:ext4:12-0".parse().unwrap());
        assert_eq!(inner.to_string(), "@7:ext4:12-0/image");
        assert_eq!(inner.inside("@0:fat12:9-0".parse().unwrap()).depth(), 2);
    }

    #[test]
    fn what_is_no_chain_is_refused_with_its_place() {
        let refused = |text: &str, at: usize| {
            assert_eq!(text.parse::<ChainedLocator>().unwrap_err().at, at, "{text}");
        };
        refused("", 1);
        refused("/image", 1);
        refused("/image:@0:ext4:1-0", 1);
        refused("35-2/image:@0:ext4:1-0", 1);
        refused("@0:ext4:12-0/image", 19);
        refused("@0:ext4:12-0/image:@0:ext4:x-0", 20);
        refused("@0:ext4:12-0/image:@0:ext4:1-0/image", 37);
        refused("@0:ext4:12-0/image:@0:ext4:1-0/image:@", 38);
        refused("@0:ext4:12-0/image:@0:ext4:1-0/zip:7", 20);
        assert_eq!("@0:ext4:12-0".parse::<ImagePlace>().unwrap_err().at, 1);
        let deep = "@0:ext4:1-0/image:".repeat(MOST_DEPTH + 1) + "@0:ext4:1-0";
        let error = deep.parse::<ChainedLocator>().unwrap_err();
        assert!(error.to_string().contains("more images"), "{error}");
    }
}
