//! The Rust files of the crates, parsed, without their tests.

use std::path::{Path, PathBuf};

use syn::{File, Item};

use crate::failure::{Attempt, Outcome};
use crate::workspace::files;

/// A file of a crate's `src`.
pub(super) struct SourceFile {
    pub(super) crate_name: String,
    /// Relative to the root.
    pub(super) path: PathBuf,
    /// The module of the file, from the crate's root: `["sweep", "run"]`.
    pub(super) module: Vec<String>,
    pub(super) text: String,
    /// The items outside tests.
    pub(super) items: Vec<Item>,
}

/// Reads the files below `crates/*/src`. Files that only tests use are left out.
///
/// # Errors
/// When a file cannot be read or is no Rust.
pub(super) fn read(root: &Path) -> Outcome<Vec<SourceFile>> {
    let mut sources = Vec::new();
    for path in files(root)? {
        let Some((crate_name, module)) = place(&path) else { continue };
        let text = std::fs::read_to_string(root.join(&path)).when(path.display())?;
        let syntax = syn::parse_file(&text).when(path.display())?;
        sources.push(SourceFile { crate_name, path, module, text, items: without_tests(syntax) });
    }
    let tests = test_modules(root, &sources)?;
    sources.retain(|source| {
        !tests
            .iter()
            .any(|(name, module)| *name == source.crate_name && source.module.starts_with(module))
    });
    Ok(sources)
}

/// Returns the crate and the module of a path, for files of crates.
fn place(path: &Path) -> Option<(String, Vec<String>)> {
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    let ["crates", name, "src", rest @ ..] = parts.as_slice() else { return None };
    let mut module: Vec<String> = rest.iter().map(|part| (*part).to_owned()).collect();
    let file = module.pop()?;
    match file.strip_suffix(".rs")? {
        "mod" | "lib" | "main" => {}
        name => module.push(name.to_owned()),
    }
    Some(((*name).to_owned(), module))
}

fn without_tests(syntax: File) -> Vec<Item> {
    syntax.items.into_iter().filter(|item| !is_test(item)).collect()
}

/// Whether an item is compiled for tests only.
fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

/// Returns the modules that files declare for tests: crate and module.
fn test_modules(root: &Path, sources: &[SourceFile]) -> Outcome<Vec<(String, Vec<String>)>> {
    let mut modules = Vec::new();
    for source in sources {
        let syntax = syn::parse_file(&source.text).when(root.join(&source.path).display())?;
        for item in syntax.items.iter().filter(|item| is_test(item)) {
            if let Item::Mod(item) = item
                && item.content.is_none()
            {
                let mut module = source.module.clone();
                module.push(item.ident.to_string());
                modules.push((source.crate_name.clone(), module));
            }
        }
    }
    Ok(modules)
}

#[cfg(test)]
pub(super) fn source(path: &str, text: &str) -> SourceFile {
    let (crate_name, module) = place(Path::new(path)).unwrap();
    let items = without_tests(syn::parse_file(text).unwrap());
    SourceFile { crate_name, path: path.into(), module, text: text.to_owned(), items }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{place, source};

    #[test]
    fn a_file_has_the_module_of_its_path() {
        let of = |path| place(Path::new(path)).map(|(_, module)| module.join("::"));
        assert_eq!(of("crates/a/src/lib.rs").as_deref(), Some(""));
        assert_eq!(of("crates/a/src/b/mod.rs").as_deref(), Some("b"));
        assert_eq!(of("crates/a/src/b/c.rs").as_deref(), Some("b::c"));
        assert_eq!(of("crates/a/tests/c.rs"), None);
    }

    #[test]
    fn tests_are_left_out() {
        let file =
            source("crates/a/src/b.rs", "fn f() {}\n#[cfg(test)]\nmod tests { fn g() {} }\n");
        assert_eq!(file.items.len(), 1);
    }
}
