//! Which file of a crate uses which other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use syn::visit::Visit;
use syn::{ItemUse, Path, UseTree};

use super::sources::SourceFile;

/// The name of a module, or of an item in it, from the crate's root.
type Name = Vec<String>;

/// For each module, the modules that it uses; a parent and what is below it do not count.
pub(super) type Graph = BTreeMap<Name, BTreeSet<Name>>;

/// Re-exports followed for one name: a circle of re-exports ends here.
const MOST_REEXPORTS: usize = 8;

/// Makes the graph of one crate's files.
pub(super) fn graph<'s>(files: impl Iterator<Item = &'s SourceFile> + Clone) -> Graph {
    let modules: BTreeSet<Name> = files.clone().map(|file| file.module.clone()).collect();
    let mut uses = Vec::new();
    let mut reexports: HashMap<Name, HashMap<String, Name>> = HashMap::new();
    for file in files {
        let mut visitor = UseVisitor {
            file,
            modules: &modules,
            names: BTreeSet::new(),
            reexports: HashMap::new(),
        };
        file.items.iter().for_each(|item| visitor.visit_item(item));
        reexports.insert(file.module.clone(), visitor.reexports);
        uses.push((file.module.clone(), visitor.names));
    }
    let mut graph = Graph::new();
    for (module, names) in uses {
        let used = names.iter().filter_map(|name| resolve(name, &modules, &reexports, 0));
        let strangers =
            used.filter(|other| !other.starts_with(&module) && !module.starts_with(other));
        graph.insert(module.clone(), strangers.collect());
    }
    graph
}

/// Returns the module in which a name is defined.
fn resolve(
    name: &[String],
    modules: &BTreeSet<Name>,
    reexports: &HashMap<Name, HashMap<String, Name>>,
    depth: usize,
) -> Option<Name> {
    let length = (0..=name.len()).rev().find(|length| modules.contains(&name[..*length]))?;
    let module = name[..length].to_vec();
    let Some(next) = name.get(length) else { return Some(module) };
    let target = reexports.get(&module).and_then(|names| names.get(next));
    match target {
        Some(target) if depth < MOST_REEXPORTS && target != &name[..=length] => {
            let mut further = target.clone();
            further.extend_from_slice(&name[length + 1..]);
            resolve(&further, modules, reexports, depth + 1).or(Some(module))
        }
        _ => Some(module),
    }
}

struct UseVisitor<'v> {
    file: &'v SourceFile,
    modules: &'v BTreeSet<Name>,
    names: BTreeSet<Name>,
    reexports: HashMap<String, Name>,
}

impl UseVisitor<'_> {
    /// Returns a path from the crate's root; `None` for other crates and local names.
    fn full_name(&self, path: &[String]) -> Option<Name> {
        let module = &self.file.module;
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([module, &path[1..]].concat()),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                let above = module.get(..module.len().checked_sub(ups)?)?;
                Some([above, &path[ups..]].concat())
            }
            first => {
                let child = [module.as_slice(), &[first.to_owned()]].concat();
                self.modules.contains(&child).then(|| [module.as_slice(), path].concat())
            }
        }
    }

    fn take_tree(&mut self, tree: &UseTree, before: &mut Name, is_public: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.take_tree(&path.tree, before, is_public);
                before.pop();
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.take_tree(tree, before, is_public));
            }
            UseTree::Name(name) => self.take_name(&name.ident.to_string(), None, before, is_public),
            UseTree::Rename(name) => {
                self.take_name(
                    &name.ident.to_string(),
                    Some(name.rename.to_string()),
                    before,
                    is_public,
                );
            }
            UseTree::Glob(_) => {
                if let Some(name) = self.full_name(before) {
                    self.names.insert(name);
                }
            }
        }
    }

    fn take_name(
        &mut self,
        name: &str,
        renamed: Option<String>,
        before: &[String],
        is_public: bool,
    ) {
        let mut path = before.to_vec();
        if name != "self" {
            path.push(name.to_owned());
        }
        let Some(full) = self.full_name(&path) else { return };
        if is_public {
            self.reexports.insert(renamed.unwrap_or_else(|| name.to_owned()), full.clone());
        }
        self.names.insert(full);
    }
}

impl<'ast> Visit<'ast> for UseVisitor<'_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_public = !matches!(item.vis, syn::Visibility::Inherited);
        self.take_tree(&item.tree, &mut Vec::new(), is_public);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let parts: Name = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if parts.len() > 1
            && let Some(name) = self.full_name(&parts)
        {
            self.names.insert(name);
        }
        syn::visit::visit_path(self, path);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sources::source;
    use super::graph;

    #[test]
    fn a_re_export_leads_to_the_file_that_defines() {
        let files = [
            source("crates/a/src/lib.rs", "mod b; mod c; pub use b::One;"),
            source("crates/a/src/b/mod.rs", "mod deep; pub(crate) use deep::One;"),
            source("crates/a/src/b/deep.rs", "pub(crate) struct One; fn f() { crate::c::g() }"),
            source("crates/a/src/c.rs", "use crate::{One}; use std::fmt;"),
        ];
        let graph = graph(files.iter());
        let of = |name: &str| {
            let module: Vec<String> = name.split("::").map(str::to_owned).collect();
            graph[&module].iter().map(|module| module.join("::")).collect::<Vec<_>>()
        };
        assert_eq!(of("c"), ["b::deep"]);
        assert_eq!(of("b::deep"), ["c"]);
    }
}
