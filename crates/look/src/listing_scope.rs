//! Which entries of a file system are wanted.

/// Which entries are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListingScope {
    /// All.
    All,
    /// What a directory holds; `true`: and what is below.
    In(String, bool),
    /// The entries and streams of exactly this path.
    At(String),
}

impl ListingScope {
    /// May a directory of this path hold what is wanted? (The root's own entry lies in the root.)
    pub(crate) fn may_hold(&self, directory: &str) -> bool {
        match self {
            Self::All => true,
            Self::In(wanted, false) => directory == wanted,
            Self::In(wanted, true) => directory == wanted || is_below(directory, wanted),
            // A name may hold any character but the separator; a path too long stands elsewhere.
            Self::At(path) => path.starts_with(directory),
        }
    }

    /// Is a path one that is wanted?
    pub(crate) fn is_met(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::In(wanted, _) => path != wanted,
            Self::At(wanted) => path == wanted,
        }
    }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| above == "/" || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_wanted_with_what_is_below_it_and_not_with_what_begins_alike() {
        let below = ListingScope::In("/a".to_owned(), true);
        assert!(below.may_hold("/a") && below.may_hold("/a/b"));
        assert!(!below.may_hold("/ab") && !below.may_hold("/"));
        let all = ListingScope::In("/".to_owned(), true);
        assert!(all.may_hold("/") && all.may_hold("/a/b"));
        let flat = ListingScope::In("/a".to_owned(), false);
        assert!(flat.may_hold("/a") && !flat.may_hold("/a/b"));
        assert!(flat.is_met("/a/x") && !flat.is_met("/a"));
    }
}
