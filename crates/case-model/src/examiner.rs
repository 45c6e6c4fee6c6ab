//! Who acts.

use std::fmt;

/// Who ran the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Examiner {
    /// Name as given, or the operating system's user name.
    pub name: String,
    /// True when a person named themselves; false when only the operating system's user is known.
    pub declared: bool,
}

impl fmt::Display for Examiner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.declared {
            true => f.write_str(&self.name),
            false => write!(f, "{} (unauthenticated)", self.name),
        }
    }
}
