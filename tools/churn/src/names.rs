//! Names that a person or a program could give.

use crate::file_systems::Family;
use crate::random::Random;

/// Draws a name that is legal on the file system; `number` keeps names of different operations apart.
pub(crate) fn draw(random: &mut Random, family: Family, number: u32) -> Vec<u8> {
    let tag = format!("{number:x}{:x}", random.below(4096));
    let kinds = match family {
        Family::Fat => 14,
        Family::Ntfs | Family::Exfat => 16,
        Family::Ext => 20,
    };
    match random.below(kinds) {
        0..=5 => format!("file{tag}.{}", random.pick(["txt", "jpg", "bin", "docx"])).into_bytes(),
        6 => format!("تقرير {tag} عن الشاطئ.pdf").into_bytes(),
        7 => format!("R\u{e9}sum\u{e9} {tag} d\u{2019}\u{e9}t\u{e9}.txt").into_bytes(),
        8 => format!("Re\u{301}sume\u{301} {tag} e\u{301}te\u{301}.txt").into_bytes(),
        9 => format!("a  b {tag} (copy) [1] & 'x'").into_bytes(),
        10 if family == Family::Fat => format!("x.{tag}..y").into_bytes(),
        10 => format!(".{tag}.tar.gz").into_bytes(),
        11 => format!("{tag}-{}z.txt", "long name ".repeat(12)).into_bytes(),
        12 => format!("MiXeD{}.TxT", tag.to_uppercase()).into_bytes(),
        13 => {
            format!("{}.TXT", tag.to_uppercase().chars().take(8).collect::<String>()).into_bytes()
        }
        14 => longest(&tag, family),
        15 => format!("📷 {tag} 👩‍👩‍👧.heic").into_bytes(),
        16 => [b"bad\xff\xc3\x28".as_slice(), tag.as_bytes()].concat(),
        17 => format!("ctl\u{1}\t\n{tag}").into_bytes(),
        18 => format!("back\\slash\\x41{tag}").into_bytes(),
        _ => format!("{tag}{}", "x".repeat(255)).into_bytes().into_iter().take(255).collect(),
    }
}

/// The longest name: 255 UTF-16 units, or 255 bytes on ext.
fn longest(tag: &str, family: Family) -> Vec<u8> {
    let letters = if family == Family::Ext { 120 } else { 255 - tag.len() };
    format!("{tag}{}", "م".repeat(letters)).into_bytes()
}
