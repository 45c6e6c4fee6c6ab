//! The text of a tree: UTF-16, not always well-formed, in lines of values separated by tabs.

/// Line delimiter.
const LINE_FEED: u16 = 0x0a;
/// Value delimiter.
const TAB: u16 = 0x09;
/// May stand before a line feed.
const CARRIAGE_RETURN: u16 = 0x0d;
/// Tags of a category: the format has 33.
const MOST_TAGS: usize = 256;

/// UTF-16 units of a line or value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Units<'t>(pub(super) &'t [u16]);

impl<'t> Units<'t> {
    /// In readable form.
    pub(super) fn text(self) -> String {
        String::from_utf16_lossy(self.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// True when it is `text`.
    pub(super) fn is(self, text: &str) -> bool {
        self.0.iter().copied().eq(text.encode_utf16())
    }

    /// The decimal number it is.
    pub(super) fn parse<N: std::str::FromStr>(self) -> Option<N> {
        self.text().parse().ok()
    }

    /// The values of a line.
    pub(super) fn values(self) -> impl Iterator<Item = Units<'t>> {
        self.0.split(|unit| *unit == TAB).map(Units)
    }
}

/// The lines of a text, one after the other.
pub(super) struct Lines<'t> {
    rest: Option<&'t [u16]>,
}

impl<'t> Lines<'t> {
    /// The lines of `units`, a byte order mark at the beginning left out.
    pub(super) fn of(units: &'t [u16]) -> Self {
        let rest = units.strip_prefix(&[0xfeff]).unwrap_or(units);
        Self { rest: Some(rest) }
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = Units<'t>;

    fn next(&mut self) -> Option<Units<'t>> {
        let rest = self.rest?;
        let (line, after) = match rest.iter().position(|unit| *unit == LINE_FEED) {
            Some(end) => (rest.get(..end)?, rest.get(end.checked_add(1)?..)),
            None => (rest, None),
        };
        self.rest = after;
        Some(Units(line.strip_suffix(&[CARRIAGE_RETURN]).unwrap_or(line)))
    }
}

/// The tags of a category.
pub(super) struct Tags(Vec<String>);

impl Tags {
    pub(super) fn of(line: Units<'_>) -> Self {
        Self(line.values().take(MOST_TAGS).map(Units::text).collect())
    }
}

/// A line of values under their tags.
pub(super) struct Row<'t> {
    tags: &'t Tags,
    line: Units<'t>,
}

impl<'t> Row<'t> {
    pub(super) fn of(tags: &'t Tags, line: Units<'t>) -> Self {
        Self { tags, line }
    }

    /// The value under `tag`; `None` when there is none or it is empty.
    pub(super) fn get(&self, tag: &str) -> Option<Units<'t>> {
        let column = self.tags.0.iter().position(|known| known == tag)?;
        self.line.values().nth(column).filter(|value| !value.is_empty())
    }
}
