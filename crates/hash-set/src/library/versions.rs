//! Readings of one list: a list that is imported again under its name, with other rules (a mapping of codes, columns, a meaning), takes the
//! place of its earlier reading. Both stay in the library; the later alone is looked up.

use super::open::{Library, OpenSet};
use crate::SetInfo;

impl Library {
    /// Returns the set that took the place of this one: the last import of the same bytes under the same name.
    #[must_use]
    pub fn replaced_by(&self, set: &SetInfo) -> Option<&SetInfo> {
        let age = |set: &SetInfo| (set.imported_at_ns, set.digest);
        let later = self.infos.iter().filter(|other| {
            other.name == set.name
                && other.source.sha256 == set.source.sha256
                && age(other) > age(set)
        });
        later.max_by_key(|other| age(other))
    }

    /// Returns the sets that are looked up: all but those that a later reading of the same list took the place of.
    pub fn active(&self) -> impl Iterator<Item = &SetInfo> {
        self.active_open().map(|(info, _)| info)
    }

    /// Returns the number of sets that are looked up.
    #[must_use]
    pub fn number_active(&self) -> usize {
        self.active().count()
    }

    pub(super) fn active_open(&self) -> impl Iterator<Item = (&SetInfo, &OpenSet)> {
        let both = self.infos.iter().zip(&self.sets).zip(&self.replaced);
        both.filter(|(_, replaced)| !**replaced).map(|(set, _)| set)
    }

    /// To be called when sets came or went.
    pub(super) fn renew_versions(&mut self) {
        self.replaced = self.infos.iter().map(|info| self.replaced_by(info).is_some()).collect();
    }
}

#[cfg(test)]
mod tests {
    use case_model::{Digests, HitDisposition};

    use crate::{ImportOptions, Library};

    fn options(name: &str, meaning: HitDisposition, time: i64) -> ImportOptions {
        ImportOptions {
            name: Some(name.to_owned()),
            disposition: Some(meaning),
            imported_at_ns: time,
            ..ImportOptions::default()
        }
    }

    #[test]
    fn a_list_that_is_read_again_under_its_name_is_looked_up_once_with_the_new_rules() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.md5");
        std::fs::write(&list, "900150983cd24fb0d6963f7d28e17f72\n").unwrap();
        let place = folder.path().join("sets");
        std::fs::create_dir(&place).unwrap();
        let mut library = Library::open(&place).unwrap();
        let mut import = |name: &str, meaning, time| {
            library.import(&list, &options(name, meaning, time), &mut |_| ()).unwrap().set
        };
        let first = import("list", HitDisposition::NeedsReview, 1);
        let second = import("list", HitDisposition::Alert, 2);
        let other = import("other", HitDisposition::Notable, 3);
        // Whoever opens it later sees the same.
        let mut library = Library::open(&place).unwrap();
        let md5 = case_model::from_hex("900150983cd24fb0d6963f7d28e17f72").unwrap();
        let digests = Digests { md5: Some(md5.try_into().unwrap()), ..Digests::default() };
        let sets = |library: &Library| {
            let mut sets: Vec<_> =
                library.lookup(&digests, 3).unwrap().iter().map(|hit| hit.set_digest).collect();
            sets.sort_unstable();
            sets
        };
        let mut expected = [second.digest, other.digest];
        expected.sort_unstable();
        assert_eq!(sets(&library), expected);
        assert_eq!(
            (library.sets().len(), library.number_active()),
            (3, 2),
            "both readings are kept"
        );
        assert_eq!(library.replaced_by(&first).map(|set| set.digest), Some(second.digest));
        assert_eq!(
            library.find("list").unwrap().digest,
            second.digest,
            "the name means the one that is looked up"
        );
        let batch = library.lookup_batch(&[(digests.clone(), 3)]).unwrap();
        assert_eq!(batch[0].len(), 2);
        // What is given up makes room for the earlier reading again.
        library.remove(&second.digest).unwrap();
        let mut expected = [first.digest, other.digest];
        expected.sort_unstable();
        assert_eq!(sets(&library), expected);
    }
}
