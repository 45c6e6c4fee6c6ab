//! One binding a `let`, and lines of at most 100 columns.

use syn::visit::Visit;
use syn::{Expr, Local, Pat};

use super::Findings;
use super::bounds::Bounds;
use super::sources::SourceFile;

/// Columns that a line may have.
const COLUMNS: usize = 100;

pub(super) fn check(sources: &[SourceFile], bounds: &Bounds, findings: &mut Findings) {
    let mut visitor = LetVisitor::default();
    let mut lines = 0_u32;
    let mut long = 0_u32;
    for source in sources {
        source.items.iter().for_each(|item| visitor.visit_item(item));
        for line in code_lines(&source.text) {
            lines = lines.saturating_add(1);
            long = long.saturating_add(u32::from(line.chars().count() > COLUMNS));
        }
    }
    let lines = f64::from(lines.max(1));
    let per_thousand = f64::from(visitor.tuple_lets) * 1000.0 / lines;
    bounds.compare("lines", "tuple_lets_per_1000", rounded(per_thousand), findings);
    bounds.compare(
        "lines",
        "over_100_columns_percent",
        rounded(f64::from(long) * 100.0 / lines),
        findings,
    );
}

/// Two digits after the point, as in the file of bounds.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// Lines that are neither blank nor comment, up to the unit tests, which stand last.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| *line != "#[cfg(test)]").filter(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("//")
    })
}

#[derive(Default)]
struct LetVisitor {
    tuple_lets: u32,
}

impl<'ast> Visit<'ast> for LetVisitor {
    fn visit_local(&mut self, local: &'ast Local) {
        let binds_tuple = matches!(local.pat, Pat::Tuple(_));
        let from_tuple =
            local.init.as_ref().is_some_and(|init| matches!(*init.expr, Expr::Tuple(_)));
        self.tuple_lets = self.tuple_lets.saturating_add(u32::from(binds_tuple && from_tuple));
        syn::visit::visit_local(self, local);
    }
}

#[cfg(test)]
mod tests {
    use syn::visit::Visit;

    use super::super::sources::source;
    use super::{LetVisitor, code_lines};

    #[test]
    fn two_bindings_of_one_let_are_counted_and_a_pair_that_a_call_returns_is_not() {
        let file = source(
            "crates/a/src/b.rs",
            "fn f() { let (a, b) = (1, 2); let (c, d) = g(); let e = (a, b); }",
        );
        let mut visitor = LetVisitor::default();
        file.items.iter().for_each(|item| visitor.visit_item(item));
        assert_eq!(visitor.tuple_lets, 1);
    }

    #[test]
    fn comments_and_tests_are_no_code() {
        assert_eq!(code_lines("// why\n\nfn f() {}\n#[cfg(test)]\nmod tests {}").count(), 1);
    }
}
