//! Functions are short because they do one thing: tokens are counted, since lines can be packed.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::Visit;
use syn::{Block, ImplItemFn, ItemFn, Signature, TraitItemFn};

use super::Findings;
use super::bounds::Bounds;
use super::sources::SourceFile;

/// Tokens that a function may have.
const MOST_TOKENS: u32 = 600;

/// Functions that are tables: crate and name.
const TABLES: [(&str, &str); 1] = [("custody", "requirements")];

pub(super) fn check(sources: &[SourceFile], bounds: &Bounds, findings: &mut Findings) {
    let mut sizes = Vec::new();
    for source in sources {
        let mut visitor = FunctionVisitor::default();
        source.items.iter().for_each(|item| visitor.visit_item(item));
        let sized = visitor.functions.into_iter().map(|(name, tokens)| (tokens, name, source));
        sizes.extend(sized);
    }
    sizes.sort_by_key(|size| std::cmp::Reverse(size.0));
    let all: Vec<u32> = sizes.iter().map(|(tokens, ..)| *tokens).collect();
    bounds.compare("functions", "p90", f64::from(upper_tenth(&all)), findings);
    let is_table =
        |name: &str, source: &SourceFile| TABLES.contains(&(source.crate_name.as_str(), name));
    let long = sizes
        .iter()
        .filter(|(tokens, name, source)| *tokens > MOST_TOKENS && !is_table(name, source));
    let long: Vec<String> = long
        .map(|(tokens, name, source)| format!("{}: {name}: {tokens} tokens", source.path.display()))
        .collect();
    let before = findings.faults.len();
    let count = u32::try_from(long.len()).unwrap_or(u32::MAX);
    bounds.compare("functions", "over_600_tokens", count.into(), findings);
    if findings.faults.len() > before {
        findings.faults.extend(long);
    }
}

/// Returns the size that nine of ten functions do not exceed, of sizes that fall.
fn upper_tenth(falling: &[u32]) -> u32 {
    falling.get(falling.len() / 10).copied().unwrap_or(0)
}

#[derive(Default)]
struct FunctionVisitor {
    /// Name and tokens.
    functions: Vec<(String, u32)>,
}

impl FunctionVisitor {
    fn take(&mut self, signature: &Signature, block: &Block) {
        let tokens =
            count(signature.to_token_stream()).saturating_add(count(block.to_token_stream()));
        self.functions.push((signature.ident.to_string(), tokens));
    }
}

impl<'ast> Visit<'ast> for FunctionVisitor {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.take(&item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.take(&item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.take(&item.sig, block);
        }
    }
}

/// Counts tokens: a pair of brackets is two.
fn count(tokens: TokenStream) -> u32 {
    let sizes = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => count(group.stream()).saturating_add(2),
        _ => 1,
    });
    sizes.fold(0, u32::saturating_add)
}

#[cfg(test)]
mod tests {
    use syn::visit::Visit;

    use super::super::sources::source;
    use super::{FunctionVisitor, upper_tenth};

    #[test]
    fn tokens_are_counted_however_the_lines_lie() {
        let file = source(
            "crates/a/src/b.rs",
            "impl A { fn f(&self) -> u32 {\n self.x\n + 1 } }\nfn g() {}",
        );
        let mut visitor = FunctionVisitor::default();
        file.items.iter().for_each(|item| visitor.visit_item(item));
        // fn f ( & self ) - > u32 { self . x + 1 }
        assert_eq!(visitor.functions, [("f".to_owned(), 16), ("g".to_owned(), 6)]);
    }

    #[test]
    fn the_upper_tenth_is_the_tenth_part_from_above() {
        let sizes: Vec<u32> = (0..100).rev().collect();
        assert_eq!(upper_tenth(&sizes), 89);
        assert_eq!(upper_tenth(&[]), 0);
    }
}
