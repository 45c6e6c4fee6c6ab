//! The words in French: those of a scan's summary. What lacks is said in English.

#[rustfmt::skip]
const SUMMARY: &[(&str, &str)] = &[
    ("bad.beyond-end", "au-delà de la fin de la source"),
    ("bad.checksum", "{0} {1} : la somme de contrôle ne correspond pas"),
    ("bad.io", "erreur de lecture : {0:os}"),
    ("bad.layout-ends", "la disposition du flux se termine avant sa taille"),
    ("bad.missing-segment", "le fichier de segment {0} manque"),
    ("bad.undecodable", "{0} {1} : décodage impossible"),
    ("name.deleted-alone",
     "nom supprimé seul : son enregistrement a disparu ou sert à un autre fichier"),
    ("name.deleted-unknown-record",
     "nom supprimé seul : son entrée d'index ne dit plus quel enregistrement il désignait"),
    ("name.in-use-alone", "nom utilisé seul : l'enregistrement qu'il désigne n'existe pas"),
    ("problem.no-place", "{0} : {1}"),
    ("problem.place", "{0}, octet {1} ({1:x}) : {2}"),
    ("problem.unreadable", "lecture impossible : {0}"),
    ("skip.claimed",
     "ses octets du support sont revendiqués 32 fois par d'autres flux qui n'en ont pas plus : non haché"),
    ("skip.crowded", "trop de flux occupent cet endroit du support : non haché"),
    ("skip.directory", "dossier : son contenu est une liste de noms"),
    ("skip.link", "lien symbolique : sa cible est dans l'index"),
    ("skip.link-of-folder", "lien symbolique : non suivi, sa cible est dans l'index"),
    ("skip.no-data", "aucun flux de données"),
    ("skip.only-zeros",
     "uniquement des zéros, jamais écrits sur le support, et trop nombreux pour être hachés"),
    ("skip.own-lab",
     "le dossier du laboratoire qui reçoit l'élément : aucune preuve, rien n'y est listé"),
    ("skip.reserved", "réservé par le système de fichiers : aucun contenu"),
    ("skip.special", "fichier spécial : aucun contenu"),
    ("skip.unstored",
     "ses trous, ou ce que le décodage ajoute, dépassent les {0} octets hachés par élément sans y être \
     stockés : non haché"),
    ("stream.part-unreadable", "{0} octets illisibles sur {1}, le premier à {2} : {3}"),
    ("stream.record-damaged", "l'enregistrement est endommagé"),
];

/// All tables.
pub(crate) const TABLES: [&[(&str, &str)]; 1] = [SUMMARY];
