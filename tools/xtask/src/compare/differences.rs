//! Two listings side by side.

use std::collections::BTreeMap;

use super::peer::Listed;

/// Where two listings differ.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Differences {
    /// Files that both list with equal size and digest.
    pub(super) equal: usize,
    /// Files that only the peer lists.
    pub(super) missing: usize,
    /// Files with another size or digest.
    pub(super) different: usize,
    /// Files that only athar lists.
    pub(super) beyond: usize,
    /// A line a difference.
    pub(super) said: Vec<String>,
}

/// Compares athar's files with a peer's. Where a path stands several times, any equal pair will do.
pub(super) fn compare(own: &[Listed], others: &[Listed]) -> Differences {
    let own = by_path(own);
    let others = by_path(others);
    let mut differences = Differences::default();
    for (path, listed) in &others {
        for other in listed {
            against(path, other, own.get(path).map_or(&[], Vec::as_slice), &mut differences);
        }
    }
    for (path, listed) in own.iter().filter(|(path, _)| !others.contains_key(*path)) {
        for file in listed.iter().filter(|file| !file.optional) {
            differences.beyond = differences.beyond.saturating_add(1);
            differences.said.push(format!("only athar  {path:?} {}", described(file)));
        }
    }
    differences
}

fn against(path: &str, other: &Listed, own: &[&Listed], differences: &mut Differences) {
    let Some(first) = own.first() else {
        if !other.optional {
            differences.missing = differences.missing.saturating_add(1);
            differences.said.push(format!("only peer   {path:?} {}", described(other)));
        }
        return;
    };
    if own.iter().any(|file| file.size == other.size && file.md5 == other.md5) {
        differences.equal = differences.equal.saturating_add(1);
    } else {
        differences.different = differences.different.saturating_add(1);
        differences.said.push(format!(
            "different   {path:?} athar {}, peer {}",
            described(first),
            described(other)
        ));
    }
}

fn by_path(files: &[Listed]) -> BTreeMap<&str, Vec<&Listed>> {
    let mut paths: BTreeMap<&str, Vec<&Listed>> = BTreeMap::new();
    for file in files {
        paths.entry(&file.path).or_default().push(file);
    }
    paths
}

fn described(file: &Listed) -> String {
    format!("{} bytes, md5 {}", file.size, file.md5.as_deref().unwrap_or("none"))
}

#[cfg(test)]
mod tests {
    use super::super::peer::Listed;
    use super::compare;

    fn file(path: &str, size: u64, md5: &str) -> Listed {
        Listed { path: path.to_owned(), size, md5: Some(md5.to_owned()), optional: false }
    }

    #[test]
    fn every_kind_of_difference_is_counted_and_named() {
        let own = [file("/a", 1, "aa"), file("/b", 2, "bb"), file("/d", 4, "dd")];
        let others = [file("/a", 1, "aa"), file("/b", 2, "xx"), file("/c", 3, "cc")];
        let found = compare(&own, &others);
        assert_eq!((found.equal, found.different, found.missing, found.beyond), (1, 1, 1, 1));
        let expected = [
            "different   \"/b\" athar 2 bytes, md5 bb, peer 2 bytes, md5 xx",
            "only peer   \"/c\" 3 bytes, md5 cc",
            "only athar  \"/d\" 4 bytes, md5 dd",
        ];
        assert_eq!(found.said, expected);
    }

    #[test]
    fn what_is_optional_need_not_be_listed_but_must_agree_if_it_is() {
        let hidden = Listed { optional: true, ..file("/$MFT", 9, "99") };
        assert_eq!(compare(std::slice::from_ref(&hidden), &[]).said.len(), 0);
        assert_eq!(compare(&[hidden], &[file("/$MFT", 8, "99")]).different, 1);
    }

    #[test]
    fn two_files_of_one_path_are_each_found() {
        let own = [file("/a", 1, "aa"), file("/a", 2, "bb")];
        assert_eq!(compare(&own, &[file("/a", 2, "bb"), file("/a", 1, "aa")]).equal, 2);
    }
}
