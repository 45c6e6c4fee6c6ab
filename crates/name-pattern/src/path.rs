//! Patterns of paths.

use crate::PatternError;
use crate::braces::expand;
use crate::fold::{Scalar, fold};
use crate::glob::Glob;
use crate::lexeme::{Lexeme, read, without_marks};

/// What a pattern says of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryMatch {
    /// All that it holds matches.
    Whole,
    /// Some names in it may match.
    Partly,
    /// Nothing directly in it matches.
    Nothing,
}

/// A pattern of paths: what lies at a path, or below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    alternatives: Vec<Vec<Part>>,
}

/// A part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Any number of directories.
    Directories,
    /// One name.
    Name(Glob),
}

/// How many parts of one alternative may be matched so far: element `n` is true when the first `n` are.
type Places = Vec<bool>;

impl PathPattern {
    /// Reads a pattern, without the name of an exhibit in front (see [`split_exhibit`]).
    ///
    /// # Errors
    /// Why the text means no path.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let readings = read(text)?;
        let mut alternatives = Vec::new();
        for alternative in expand(&readings.pattern)? {
            alternatives.push(parts(&alternative)?);
        }
        for literal in &readings.literals {
            let literal: Vec<Lexeme> = literal.chars().map(|c| Lexeme { c, sign: false }).collect();
            let literal = parts(&literal)?;
            if !alternatives.contains(&literal) {
                alternatives.push(literal);
            }
        }
        Ok(Self { alternatives })
    }

    /// Returns true when every alternative begins at the root and names each directory: few directories can hold what matches.
    #[must_use]
    pub fn is_anchored(&self) -> bool {
        self.alternatives.iter().all(|parts| !parts.contains(&Part::Directories))
    }

    /// Returns false when nothing of this name, without an alternate stream, can match in a directory that only partly matches.
    #[must_use]
    pub fn ends_with(&self, name: &str) -> bool {
        let name = fold(name);
        let mut last = self.alternatives.iter().map(|parts| parts.last());
        last.any(|part| match part {
            Some(Part::Name(glob)) => glob.matches(&name),
            Some(Part::Directories) | None => true,
        })
    }

    /// Returns what the pattern says of a directory, by its full path.
    #[must_use]
    pub fn directory(&self, path: &str) -> DirectoryMatch {
        let Some(places) = self.enter(path) else { return DirectoryMatch::Whole };
        let may_end = |(parts, places): (&Vec<Part>, &Places)| {
            let last = parts.len().saturating_sub(1);
            places.get(last).copied().unwrap_or_default()
        };
        match self.alternatives.iter().zip(&places).any(may_end) {
            true => DirectoryMatch::Partly,
            false => DirectoryMatch::Nothing,
        }
    }

    /// Returns true when a name in a directory matches, or its alternate stream (empty for the main one).
    #[must_use]
    pub fn matches(&self, directory: &str, name: &str, stream: &str) -> bool {
        let Some(places) = self.enter(directory) else { return true };
        // The root of a file system has no name.
        !name.is_empty() && {
            let ends = |name: &str| {
                let name = fold(name);
                let mut all = self.alternatives.iter().zip(&places);
                all.any(|(parts, places)| is_end(parts, &advance(parts, places, &name)))
            };
            ends(name) || (!stream.is_empty() && ends(&format!("{name}:{stream}")))
        }
    }

    /// Returns the places after a directory's path; `None` when the directory is at or below the path.
    fn enter(&self, path: &str) -> Option<Vec<Places>> {
        let mut all: Vec<Places> = self.alternatives.iter().map(|parts| start(parts)).collect();
        let at_end = |all: &[Places]| {
            self.alternatives.iter().zip(all).any(|(parts, places)| is_end(parts, places))
        };
        for name in path.split('/').filter(|name| !name.is_empty()) {
            if at_end(&all) {
                return None;
            }
            let name = fold(name);
            for (parts, places) in self.alternatives.iter().zip(&mut all) {
                *places = advance(parts, places, &name);
            }
        }
        (!at_end(&all)).then_some(all)
    }
}

fn start(parts: &[Part]) -> Places {
    let mut places = vec![false; parts.len().saturating_add(1)];
    places[0] = true;
    skip_directories(parts, &mut places);
    places
}

/// Returns the places behind one more name.
fn advance(parts: &[Part], places: &Places, name: &[Scalar]) -> Places {
    let mut next = vec![false; places.len()];
    for (at, part) in parts.iter().enumerate().filter(|(at, _)| places[*at]) {
        match part {
            Part::Directories => next[at] = true,
            Part::Name(glob) if glob.matches(name) => next[at + 1] = true,
            Part::Name(_) => {}
        }
    }
    skip_directories(parts, &mut next);
    next
}

/// `**` may stand for no directory at all.
fn skip_directories(parts: &[Part], places: &mut Places) {
    for (at, part) in parts.iter().enumerate() {
        if places[at] && *part == Part::Directories {
            places[at + 1] = true;
        }
    }
}

fn is_end(parts: &[Part], places: &Places) -> bool {
    places.get(parts.len()).copied().unwrap_or_default()
}

/// Reads the parts of a path without braces.
fn parts(path: &[Lexeme]) -> Result<Vec<Part>, PatternError> {
    let is_absolute = path.first().is_some_and(|lexeme| lexeme.c == '/');
    let mut parts = if is_absolute { Vec::new() } else { vec![Part::Directories] };
    for name in path.split(|lexeme| lexeme.c == '/').filter(|name| !name.is_empty()) {
        match name {
            [one, other] if one.is('*') && other.is('*') => parts.push(Part::Directories),
            name => parts.push(Part::Name(Glob::parse(name)?)),
        }
    }
    parts.dedup_by(|one, other| *one == Part::Directories && *other == Part::Directories);
    // `/Users/**` is what lies below; `**` alone is everything.
    if parts.last() == Some(&Part::Directories) && parts.len() > 1 {
        parts.push(Part::Name(Glob::parse(&[Lexeme { c: '*', sign: true }])?));
    }
    Ok(parts)
}

/// Splits `EXHIBIT:/path`, as the program prints it, into the exhibit's name and the path. A text that begins with `/` names no exhibit.
#[must_use]
pub fn split_exhibit(text: &str) -> Option<(String, String)> {
    let text = without_marks(text);
    let (exhibit, path) = text.split_once(":/")?;
    let named = !exhibit.is_empty() && !exhibit.contains('/');
    named.then(|| (exhibit.to_owned(), format!("/{path}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        let (directory, name) = path.rsplit_once('/').unwrap();
        let (name, stream) = name.split_once(':').unwrap_or((name, ""));
        let directory = if directory.is_empty() { "/" } else { directory };
        let pattern = PathPattern::parse(pattern).unwrap();
        let found = pattern.matches(directory, name, stream);
        match pattern.directory(directory) {
            DirectoryMatch::Whole => assert!(found),
            DirectoryMatch::Partly => {}
            DirectoryMatch::Nothing => assert!(!found),
        }
        found
    }

    #[test]
    fn a_path_is_found_as_a_person_writes_it() {
        let fits = [
            ("/users/USER1", "/Users/user1"),
            ("/Users/user1/", "/Users/user1/Desktop/a.txt"),
            ("Downloads", "/Users/user1/Downloads/a.zip"),
            ("Downloads", "/Users/user1/Downloads"),
            ("*/Downloads/*", "/Users/user1/Downloads/a.zip"),
            ("*/Downloads/*", "/Users/user1/Downloads/x/a.zip"),
            ("user1/Down*", "/Users/user1/Downloads/a.zip"),
            ("/Users/*/Downloads", "/Users/user1/Downloads/a.zip"),
            ("/Users/**/a.zip", "/Users/a.zip"),
            ("/Users/**/a.zip", "/Users/x/y/a.zip"),
            ("/Users/**", "/Users/x"),
            ("/{Users,home}/u*", "/home/user1/x"),
            ("/{a/b,c}/d", "/a/b/d"),
            ("**/*.jpg", "/a.jpg"),
            ("/", "/a/b"),
            ("/été", "/E\u{301}TE\u{301}/x"),
            ("/a.exe:Zone.Identifier", "/a.exe:Zone.Identifier"),
            ("/a.exe", "/a.exe:Zone.Identifier"),
            ("/[x] y/z", "/[x] y/z"),
            ("\u{2068}/صور/2024\u{2069}", "/صور/2024/a.jpg"),
            ("**", "/a"),
        ];
        for (pattern, path) in fits {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        let fails = [
            ("/Downloads", "/Users/Downloads"),
            ("/Users/*", "/Users"),
            ("/Users/**", "/Users"),
            ("/Users/*/a", "/Users/x/y/a"),
            ("*/Downloads/*", "/Users/user1/Downloads"),
            ("/Users/user", "/Users/user1"),
            ("/a.exe:other", "/a.exe:Zone.Identifier"),
            ("a/c", "/a/b/c"),
        ];
        for (pattern, path) in fails {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
        let root = PathPattern::parse("/").unwrap();
        assert!(root.matches("/", "", ""), "the root lies at the root");
        assert!(!PathPattern::parse("/x").unwrap().matches("/", "", ""));
        assert_eq!(PathPattern::parse(""), Err(PatternError::Empty));
    }

    #[test]
    fn the_exhibit_in_front_of_a_path_is_told_from_a_stream() {
        let split = |text| split_exhibit(text);
        let found = Some(("disk:1.E01".to_owned(), "/Users/user1".to_owned()));
        assert_eq!(split("disk:1.E01:/Users/user1"), found);
        assert_eq!(
            split("\u{2068}صورة.raw\u{2069}:\u{2068}/a\u{2069}"),
            Some(("صورة.raw".into(), "/a".into()))
        );
        assert_eq!(
            [split("/a:/b"), split("a/b:/c"), split("file:stream"), split(":/a")],
            [None, None, None, None]
        );
    }
}
