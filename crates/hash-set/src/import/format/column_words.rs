//! What a column's name says about what it holds, in the languages of the laboratories: English, German, French, Spanish, Arabic.

use case_model::Algorithm;

use crate::ColumnRole;

/// Words beside the name of an algorithm that say nothing more, and parts of them in English, which are written together, too.
const BESIDE: &[&str] = &[
    // German
    "prufsumme",
    "pruefsumme",
    "hashwert",
    "wert",
    "datei",
    "der",
    "dieser",
    // French
    "empreinte",
    "hachage",
    "condensat",
    "condense",
    "somme",
    "controle",
    "valeur",
    "fichier",
    "du",
    "de",
    "d",
    "le",
    "la",
    // Spanish
    "huella",
    "resumen",
    "suma",
    "verificacion",
    "comprobacion",
    "valor",
    "archivo",
    "fichero",
    "del",
    // Arabic
    "بصمه",
    "هاش",
    "تجزئه",
    "قيمه",
    "ملف",
    "اختزال",
];
/// The same in English.
const BESIDE_ENGLISH: &[&str] = &["hash", "digest", "checksum", "sum", "file", "value", "hex"];

/// Names without the algorithm of a digest.
const ANY_DIGEST: &[&str] = &[
    "hash",
    "digest",
    "checksum",
    "hashvalue",
    "filehash", // English
    "hashwert",
    "prufsumme",
    "pruefsumme",
    "dateihash", // German
    "empreinte",
    "empreintedufichier",
    "hachage",
    "condensat",
    "condense",
    "sommedecontrole",
    "valeurdehachage", // French
    "huella",
    "huelladigital",
    "resumen",
    "suma",
    "sumadeverificacion",
    "sumadecomprobacion",
    "valorhash", // Spanish
    "بصمه",
    "بصمهملف",
    "هاش",
    "تجزئه",
    "قيمهتجزئه",
    "قيمههاش", // Arabic
];
const NAME: &[&str] = &[
    "name",
    "filename",
    "filenames",
    "file",
    "path",
    "filepath",
    "fullpath", // English
    "dateiname",
    "datei",
    "pfad",
    "dateipfad",
    "vollerpfad", // German
    "nom",
    "nomdufichier",
    "nomdefichier",
    "nomfichier",
    "fichier",
    "chemin",
    "chemincomplet",
    "chemindufichier", // French
    "nombre",
    "nombredearchivo",
    "nombredelarchivo",
    "nombredefichero",
    "archivo",
    "fichero",
    "ruta", // Spanish
    "اسم",
    "اسمملف",
    "ملف",
    "مسار",
    "مسارملف", // Arabic
];
const SIZE: &[&str] = &[
    "size",
    "filesize",
    "bytes",
    "sizebytes",
    "sizeinbytes",
    "logicalsize", // English
    "große",
    "grosse",
    "groesse",
    "dateigroße",
    "dateigrosse",
    "dateigroesse", // German
    "taille",
    "tailledufichier",
    "octets",
    "tailleoctets", // French
    "tamano",
    "tamanodearchivo",
    "tamanodelarchivo", // Spanish
    "حجم",
    "حجمملف", // Arabic
];
const CATEGORY: &[&str] = &[
    "category",
    "categorycode",
    "categoryid",
    "kategorie",
    "categorie",
    "categoria",
    "فئه",
    "تصنيف",
];
const COMMENT: &[&str] = &[
    "comment",
    "comments",
    "description",
    "note",
    "notes", // English
    "kommentar",
    "bemerkung",
    "beschreibung",
    "anmerkung", // German
    "commentaire",
    "commentaires",
    "remarque",
    "remarques", // French
    "comentario",
    "comentarios",
    "descripcion",
    "observaciones",
    "notas", // Spanish
    "ملاحظه",
    "ملاحظات",
    "تعليق",
    "وصف", // Arabic
];

/// Returns what a column of this name holds: case, accents, hyphens and the words around the name of an algorithm do not matter.
pub(crate) fn role_of_column(name: &str) -> Option<ColumnRole> {
    let words = words(name);
    let plain = words.concat();
    if let Some(algorithm) = algorithm(&words) {
        return Some(ColumnRole::Digest(algorithm));
    }
    let is_one_of = |names: &[&str]| names.contains(&plain.as_str());
    match plain.as_str() {
        "sha2256" => Some(ColumnRole::Digest(Algorithm::Sha256)),
        "disposition" => Some(ColumnRole::Disposition),
        _ if is_one_of(ANY_DIGEST) => Some(ColumnRole::AnyDigest),
        _ if is_one_of(NAME) => Some(ColumnRole::Name),
        _ if is_one_of(SIZE) => Some(ColumnRole::Size),
        _ if is_one_of(CATEGORY) => Some(ColumnRole::Category),
        _ if is_one_of(COMMENT) => Some(ColumnRole::Comment),
        _ => None,
    }
}

fn algorithm(words: &[String]) -> Option<Algorithm> {
    let telling: String =
        words.iter().filter(|word| !BESIDE.contains(&word.as_str())).cloned().collect();
    let english = BESIDE_ENGLISH.iter().fold(telling, |plain, word| plain.replace(word, ""));
    Algorithm::from_key(&english)
}

/// The words of a name in small letters, without accents; Arabic words without the article and the marks of vowels.
fn words(name: &str) -> Vec<String> {
    let letters: String = name.to_lowercase().chars().filter_map(plain_letter).collect();
    let words = letters.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    words
        .map(|word| {
            word.strip_prefix("ال").filter(|rest| !rest.is_empty()).unwrap_or(word).to_owned()
        })
        .collect()
}

/// A letter without its accent; `None` for marks that are written over or between letters.
fn plain_letter(letter: char) -> Option<char> {
    Some(match letter {
        'à' | 'á' | 'â' | 'ä' | 'ã' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'ö' | 'õ' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'أ' | 'إ' | 'آ' => 'ا',
        'ة' => 'ه',
        'ى' => 'ي',
        // The accents that stand by themselves, the vowels, and the stroke that makes words longer.
        '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{652}' | '\u{640}' => return None,
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_by_many_spellings_and_other_digests_are_not_taken_for_ours() {
        for name in [
            "sha256",
            "SHA-256",
            "sha_256",
            "SHA256 Hash",
            "hash_sha256",
            "File SHA-256",
            "sha2_256",
        ] {
            assert_eq!(role_of_column(name), Some(ColumnRole::Digest(Algorithm::Sha256)), "{name}");
        }
        for name in [
            "MD5",
            "md5sum",
            "Prüfsumme MD5",
            "MD5-Prüfsumme",
            "Empreinte MD5 du fichier",
            "Huella MD5",
            "بصمة MD5",
            "قيمة الهاش MD5",
        ] {
            assert_eq!(role_of_column(name), Some(ColumnRole::Digest(Algorithm::Md5)), "{name}");
        }
        for name in [
            "sha512",
            "sha3-256",
            "ssdeep",
            "crc32",
            "tiger",
            "md5deep",
            "",
            "Empreinte SHA-512",
            "prüfsumme crc",
        ] {
            assert_eq!(role_of_column(name), None, "{name}");
        }
    }

    #[test]
    fn columns_are_known_in_the_languages_of_the_laboratories() {
        for (names, role) in [
            (["Hash", "Prüfsumme", "Empreinte", "Huella digital", "البصمة"], ColumnRole::AnyDigest),
            (
                ["File name", "Dateiname", "Nom du fichier", "Nombre de archivo", "الاسم"],
                ColumnRole::Name,
            ),
            (["Size (bytes)", "Größe", "Taille", "Tamaño", "الحجم"], ColumnRole::Size),
            (["Category", "Kategorie", "Catégorie", "Categoría", "الفئة"], ColumnRole::Category),
            (["Notes", "Bemerkung", "Commentaire", "Descripción", "ملاحظات"], ColumnRole::Comment),
        ] {
            for name in names {
                assert_eq!(role_of_column(name), Some(role), "{name}");
            }
        }
    }
}
