//! RDSv2 and v1.5: `NSRLFile.txt`, sorted by SHA-1.
//!
//! ```text
//! v2   "SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"
//!      "<40 hex>","<32 hex>","<8 hex>","name",503,1,"WIN",""
//! v1.5 "SHA-1","FileName","FileSize","ProductCode","OpSystemCode","MD4","MD5","CRC32","SpecialCode"
//!      "<40 hex>","name",503,1,"WIN","<32 hex>","<32 hex>","<8 hex>",""
//! ```
//!
//! Names hold commas and stray quotes: digests are taken at fixed places from the left, all behind the name from the right.

use std::collections::HashMap;
use std::fs;

use case_model::{Algorithm, NameEncoding, readable_name};

use super::grouping::{Grouping, Product};
use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::{excerpt, put, read_digest};
use crate::import::reading::{Lines, SourceFile, split_fields};
use crate::{ImportError, ImportOptions, Position, RejectReason};

/// Header of version 2.
pub(crate) const HEADER_V2: &[u8] = b"\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\"";
/// Header of version 1.5.
pub(crate) const HEADER_V1_5: &[u8] = b"\"SHA-1\",\"FileName\",\"FileSize\",\"ProductCode\"";
/// Products, beside the list of files.
const PRODUCTS_FILE: &str = "NSRLProd.txt";
/// Longest list of products in bytes; that of 2022 has some 40 MiB.
const LONGEST_PRODUCTS_BYTES: u64 = 1 << 30;
/// `SpecialCode` of malicious files.
const MALICIOUS: &str = "M";

/// Which version.
#[derive(Clone, Copy)]
pub(in crate::import::format) enum Layout {
    V1_5,
    V2,
}

/// Reads all records.
pub(in crate::import::format) fn read(
    source: &SourceFile,
    layout: Layout,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<(), ImportError> {
    collector.file_says(|facts| facts.publisher = "NIST NSRL".to_owned());
    let products = products_with_care(source, options, collector)?;
    let mut grouping = Grouping::default();
    let mut lines = Lines::new(source, b'\n')?;
    lines.next()?;
    let mut rows = Rows { lines, layout, waiting: None };
    while let Some((position, text)) = rows.next()? {
        let Some(row) = Row::take_apart(&text, layout) else {
            collector.reject(&position, RejectReason::Malformed { found: excerpt(&text) });
            continue;
        };
        match row.candidate() {
            Ok(candidate) => {
                let product = match products.get(row.product) {
                    _ if row.special == MALICIOUS => Product::Malicious,
                    Some(class) => Product::WithCare(class.clone()),
                    None => Product::Ordinary,
                };
                grouping.take(&position, candidate, product, collector)?;
            }
            Err(reason) => collector.reject(&position, reason),
        }
    }
    grouping.flush(collector)
}

/// Lines that a row may have: a name with a line end in it has been seen in the sets of NIST.
const MOST_LINES: usize = 16;

/// The rows of a file: a name may hold line ends.
struct Rows {
    lines: Lines,
    layout: Layout,
    /// The line behind a row that never ended.
    waiting: Option<(Position, String)>,
}

impl Rows {
    /// Returns the next row that is not blank, and where it begins; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<(Position, String)>, ImportError> {
        let Some((position, mut text)) = self.line()? else { return Ok(None) };
        let begins = |text: &str| quoted(text, 40).is_some();
        for _ in 1..MOST_LINES {
            let whole = Row::take_apart(&text, self.layout).is_some_and(|row| row.whole);
            if whole || !begins(&text) {
                break;
            }
            match self.line()? {
                // The row before was cut: this line is another one.
                Some((at, line)) if begins(&line) => {
                    self.waiting = Some((at, line));
                    break;
                }
                Some((_, line)) => text = format!("{text}\n{line}"),
                None => break,
            }
        }
        Ok(Some((position, text)))
    }

    fn line(&mut self) -> Result<Option<(Position, String)>, ImportError> {
        if let Some(waiting) = self.waiting.take() {
            return Ok(Some(waiting));
        }
        while let Some((position, line)) = self.lines.next()? {
            if !line.is_empty() {
                return Ok(Some((position, readable_name(line, NameEncoding::Bytes))));
            }
        }
        Ok(None)
    }
}

/// The fields of a row that are used.
struct Row<'a> {
    sha1: &'a str,
    md5: &'a str,
    name: &'a str,
    size: &'a str,
    product: &'a str,
    special: &'a str,
    /// Name and last field have both their quotes: nothing of the row is on the next line.
    whole: bool,
}

impl<'a> Row<'a> {
    fn take_apart(line: &'a str, layout: Layout) -> Option<Self> {
        let (sha1, rest) = quoted(line, 40)?;
        // Names may hold commas: the fields behind them are counted from the right.
        let (md5, special, mut right) = match layout {
            Layout::V2 => {
                let (md5, rest) = quoted(rest, 32)?;
                let (_, rest) = quoted(rest, 8)?;
                let mut right = rest.rsplitn(5, ',');
                (md5, right.next()?, right)
            }
            Layout::V1_5 => {
                let mut right = rest.rsplitn(8, ',');
                let special = right.next()?;
                let _crc32 = right.next()?;
                let md5 = right.next()?;
                let _md4 = right.next()?;
                (unquoted(md5), special, right)
            }
        };
        let _system = right.next()?;
        let product = right.next()?;
        let size = right.next()?;
        let name = right.next()?;
        let whole = is_quoted(name) && is_quoted(special);
        let name = unquoted(name);
        let special = unquoted(special);
        Some(Self { sha1, md5, name, size, product, special, whole })
    }

    fn candidate(&self) -> Result<Candidate, RejectReason> {
        let mut candidate =
            Candidate { name: Some(self.name.replace("\"\"", "\"")), ..Candidate::default() };
        for (algorithm, text) in [(Algorithm::Sha1, self.sha1), (Algorithm::Md5, self.md5)] {
            if let Some(digest) = read_digest(text, algorithm)? {
                put(&mut candidate.digests, algorithm, &digest);
            }
        }
        candidate.size = self.size.trim().parse().ok();
        Ok(candidate)
    }
}

/// A quoted field of `length` characters at the beginning, and what follows its comma.
fn quoted(text: &str, length: usize) -> Option<(&str, &str)> {
    let (field, rest) = text.strip_prefix('"')?.split_at_checked(length)?;
    Some((field, rest.strip_prefix("\",")?))
}

/// Tells whether a field has both its quotes.
fn is_quoted(field: &str) -> bool {
    let field = field.trim_end();
    field.len() > 1 && field.starts_with('"') && field.ends_with('"')
}

fn unquoted(field: &str) -> &str {
    let field = field.trim_end();
    let field = field.strip_prefix('"').unwrap_or(field);
    field.strip_suffix('"').unwrap_or(field)
}

/// Codes of the products that deserve a look, with their class.
fn products_with_care(
    source: &SourceFile,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<HashMap<String, String>, ImportError> {
    let path = source.path().with_file_name(PRODUCTS_FILE);
    let mut products = HashMap::new();
    if !path.is_file() {
        return Ok(products);
    }
    let bytes = read_products(&path).map_err(ImportError::read(&path))?;
    collector.companion(&path, &bytes);
    for line in bytes.split(|&byte| byte == b'\n').skip(1) {
        let fields = split_fields(line.trim_ascii_end(), b',').unwrap_or_default();
        let field = |at: usize| fields.get(at).map_or("", String::as_str);
        if let Some(class) = options.care.class(field(1), field(6)) {
            products.insert(field(0).trim().to_owned(), class.to_owned());
        }
    }
    Ok(products)
}

fn read_products(path: &std::path::Path) -> std::io::Result<Vec<u8>> {
    match fs::metadata(path)?.len() {
        0..=LONGEST_PRODUCTS_BYTES => fs::read(path),
        _ => Err(std::io::ErrorKind::FileTooLarge.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_commas_and_quotes_do_not_shift_the_fields() {
        let sha1 = "A".repeat(40);
        let md5 = "B".repeat(32);
        let v2 = format!(r#""{sha1}","{md5}","00000000","a","b",1,x"",503,7,"WIN","M""#);
        let row = Row::take_apart(&v2, Layout::V2).unwrap();
        assert_eq!(
            (row.name, row.size, row.product, row.special),
            (r#"a","b",1,x""#, "503", "7", "M")
        );
        let v1_5 = format!(r#""{sha1}","a","b",503,7,"WIN","{md5}","{md5}","00000000","""#);
        let row = Row::take_apart(&v1_5, Layout::V1_5).unwrap();
        assert_eq!(
            (row.name, row.md5, row.size, row.product),
            (r#"a","b"#, md5.as_str(), "503", "7")
        );
        assert!(Row::take_apart("\"zz\",", Layout::V2).is_none());
    }
}
