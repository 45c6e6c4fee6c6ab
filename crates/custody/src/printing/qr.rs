//! QR symbols (ISO/IEC 18004) as text.

use qrcode::{Color, EcLevel, QrCode};
use thiserror::Error;

/// Light modules around the symbol; ISO/IEC 18004 asks for four.
const QUIET_MODULES: usize = 4;

/// More than a symbol holds.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{} not fit a QR symbol", words::counted(*.0, "byte does", "bytes do"))]
pub struct QrError(pub usize);

/// A symbol, module by module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrSymbol {
    /// Rows of modules; true is dark. The quiet zone is part of it.
    rows: Vec<Vec<bool>>,
}

impl QrSymbol {
    /// The symbol of these bytes, at the level that survives 15 % damage, or 7 % if it would not fit otherwise.
    ///
    /// # Errors
    /// [`QrError`] beyond about 2,900 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, QrError> {
        let code = QrCode::with_error_correction_level(bytes, EcLevel::M)
            .or_else(|_| QrCode::with_error_correction_level(bytes, EcLevel::L))
            .map_err(|_| QrError(bytes.len()))?;
        let width = code.width();
        let full = width.saturating_add(QUIET_MODULES.saturating_mul(2));
        let light = vec![false; full];
        let quiet = || std::iter::repeat_n(light.clone(), QUIET_MODULES);
        let colors = code.to_colors();
        let rows = colors.chunks(width).map(|row| {
            let side = || std::iter::repeat_n(false, QUIET_MODULES);
            side().chain(row.iter().map(|color| *color == Color::Dark)).chain(side()).collect()
        });
        Ok(Self { rows: quiet().chain(rows).chain(quiet()).collect() })
    }

    /// Rows of modules with the quiet zone; true is dark.
    #[must_use]
    pub fn rows(&self) -> &[Vec<bool>] {
        &self.rows
    }

    /// Lines of half blocks, two modules a character. `dark_on_light` for paper; the opposite for a terminal with light text on
    /// a dark ground.
    #[must_use]
    pub fn to_half_blocks(&self, dark_on_light: bool) -> String {
        let mut text = String::new();
        for pair in self.rows.chunks(2) {
            let upper = pair.first();
            let lower = pair.get(1);
            for column in 0..upper.map_or(0, Vec::len) {
                let ink = |row: Option<&Vec<bool>>| {
                    // Below an odd number of rows lies more of the quiet zone.
                    row.and_then(|row| row.get(column)).copied().unwrap_or(false) == dark_on_light
                };
                text.push(match (ink(upper), ink(lower)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_blocks_hold_the_same_modules() {
        let symbol = QrSymbol::new("محضر".as_bytes()).unwrap();
        let text = symbol.to_half_blocks(true);
        for (at, line) in text.lines().enumerate() {
            for (column, c) in line.chars().enumerate() {
                let upper = matches!(c, '█' | '▀');
                let lower = matches!(c, '█' | '▄');
                assert_eq!(symbol.rows()[2 * at][column], upper);
                assert_eq!(symbol.rows().get(2 * at + 1).is_some_and(|row| row[column]), lower);
            }
        }
        assert_ne!(text, symbol.to_half_blocks(false));
        assert_eq!(QrSymbol::new(&[0xff; 3_000]), Err(QrError(3_000)));
    }
}
