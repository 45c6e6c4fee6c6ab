//! What takes part in the canonical digest of an image: a query for each section.

/// What of an image takes part. `?1` is the image's row; its entries and links have row numbers over `?2` and `?3`. `{entry}` and `{link}`
/// are the columns of these tables; `{reason}` is one of version 2 alone, `{statement}` what a problem says.
pub(super) const SECTIONS: &[(&str, &str)] = &[
    (
        "image",
        "SELECT container, bytes, sector_bytes, state, medium_complete, md5, sha1, sha256, blake3 FROM image WHERE id = ?1",
    ),
    ("claim", "SELECT ordinal, field, value FROM claim WHERE image = ?1"),
    (
        "stored digest",
        "SELECT algorithm, digest, place, agrees FROM stored_digest WHERE image = ?1",
    ),
    ("unreadable range", "SELECT start, length, why FROM unreadable_range WHERE image = ?1"),
    (
        "volume",
        "SELECT ordinal, scheme, number, role, start, length, extents, type_code, name, encryption FROM volume WHERE image = ?1",
    ),
    (
        "file system",
        "SELECT v.ordinal, f.kind, {reason}f.state, f.label, f.serial, f.block_bytes, f.blocks, f.unallocated_bytes FROM file_system f \
         JOIN volume v ON v.id = f.volume WHERE v.image = ?1",
    ),
    (
        "tally",
        "SELECT v.ordinal, f.kind, t.what, t.expected, t.found FROM tally t JOIN file_system f ON f.id = t.file_system \
         JOIN volume v ON v.id = f.volume WHERE v.image = ?1",
    ),
    (
        "entry",
        "SELECT {entry} FROM entry e CROSS JOIN directory d ON d.id = e.directory CROSS JOIN file_system f ON f.id = e.file_system \
         CROSS JOIN volume v ON v.id = f.volume WHERE e.id > ?2 AND e.file_system IN \
         (SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1)",
    ),
    (
        "unreadable part",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, u.start, u.length, u.why FROM unreadable_part u \
         CROSS JOIN entry e ON e.id = u.entry CROSS JOIN file_system f ON f.id = e.file_system CROSS JOIN volume v ON v.id = f.volume \
         WHERE u.entry > ?2 AND v.image = ?1",
    ),
    (
        "link",
        "SELECT {link} FROM link l \
         CROSS JOIN directory d ON d.id = l.directory CROSS JOIN file_system f ON f.id = l.file_system CROSS JOIN volume v ON v.id = f.volume \
         WHERE l.id > ?3 AND l.file_system IN (SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1)",
    ),
    (
        "hit",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, s.digest, h.algorithm, h.digest, h.disposition, h.class, h.label FROM hit h \
         CROSS JOIN hash_set s ON s.id = h.hash_set CROSS JOIN entry e ON e.id = h.entry CROSS JOIN file_system f ON f.id = e.file_system \
         CROSS JOIN volume v ON v.id = f.volume WHERE h.entry > ?2 AND v.image = ?1",
    ),
    (
        "problem",
        "SELECT v.ordinal, f.kind, p.number, p.severity, p.structure, p.at, {statement} FROM problem p \
         LEFT JOIN file_system f ON f.id = p.file_system LEFT JOIN volume v ON v.id = f.volume WHERE p.image = ?1",
    ),
    (
        "withdrawal",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, s.digest, b.digest FROM withdrawal w \
         CROSS JOIN hash_set s ON s.id = w.hash_set CROSS JOIN hash_set b ON b.id = w.by CROSS JOIN entry e ON e.id = w.entry \
         CROSS JOIN file_system f ON f.id = e.file_system CROSS JOIN volume v ON v.id = f.volume WHERE w.entry > ?2 AND v.image = ?1",
    ),
    (
        "content check",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, c.agrees, c.sha1_collision, c.repeated_byte FROM content_check c \
         CROSS JOIN entry e ON e.id = c.entry CROSS JOIN file_system f ON f.id = e.file_system CROSS JOIN volume v ON v.id = f.volume \
         WHERE c.entry > ?2 AND v.image = ?1",
    ),
];

/// What takes part where there is any of it: images without it keep the digest that earlier layouts gave them.
pub(super) const SECTIONS_IF_ANY: &[(&str, &str)] = &[
    (
        "parent",
        "SELECT i.place, p.sha256, v.ordinal, f.kind, e.number, e.generation, e.stream FROM image i CROSS JOIN entry e ON e.id = i.parent \
         CROSS JOIN file_system f ON f.id = e.file_system CROSS JOIN volume v ON v.id = f.volume CROSS JOIN image p ON p.id = v.image \
         WHERE i.id = ?1",
    ),
    (
        "nested",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.stream, n.name, n.locator, n.container, n.reason, n.readable, n.bytes, \
         n.stored_bytes, n.files FROM nested n CROSS JOIN entry e ON e.id = n.entry CROSS JOIN file_system f ON f.id = e.file_system \
         CROSS JOIN volume v ON v.id = f.volume WHERE n.image = ?1",
    ),
];

/// The same for findings: they have a later layout.
pub(super) const FINDINGS_IF_ANY: &[(&str, &str)] = &[(
    "finding",
    "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, a.name, a.version, s.key, s.value FROM stored_finding s \
     CROSS JOIN analyser a ON a.id = s.analyser CROSS JOIN entry e ON e.id = s.entry CROSS JOIN file_system f ON f.id = e.file_system \
     CROSS JOIN volume v ON v.id = f.volume WHERE s.entry > ?2 AND v.image = ?1",
)];
