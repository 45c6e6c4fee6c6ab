//! The examples that the standards publish, by every path, by the stream, and by the slow reference.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use case_model::{Digests, to_hex};
use hash_engine::{Engine, Lanes, MessageState, Selection, reference};

/// RFC 1321 section A.5.
const MD5: [(&str, &str); 7] = [
    ("", "d41d8cd98f00b204e9800998ecf8427e"),
    ("a", "0cc175b9c0f1b6a831c399e269772661"),
    ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
    (
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "d174ab98d277d9f5a5611c2c9f419d9f",
    ),
    (
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "57edf4a22be3c955ac49da2e2107b67a",
    ),
];

/// NIST's examples for SHA-1 and SHA-256: of 0, 24, 448 and 896 bits.
const SHA: [(&str, &str, &str); 4] = [
    (
        "",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ),
    (
        "abc",
        "a9993e364706816aba3e25717850c26c9cd0d89d",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ),
    (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ),
    (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "a49b2446a02c645bf419f995b67091253a04a259",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    ),
];

/// Of a million times the letter a (FIPS 180-4 examples; MD5 by `openssl dgst -md5`).
const MILLION: (&str, &str, &str) = (
    "7707d6ae4e027c70eea2a935c2296f21",
    "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
);

/// The digests of one message in every way there is. Lanes are given it twenty times, so that they all are full.
fn in_every_way(message: &[u8]) -> Vec<(String, Digests)> {
    let mut state = MessageState::new(Selection::FILES);
    state.update(message);
    let mut found = vec![("stream".to_owned(), state.finish())];
    for path in Engine::available() {
        let segments: &[&[u8]] = &[message];
        let mut lanes = Lanes::with_engine(Selection::FILES, path).unwrap();
        lanes.digest_many(&[segments; 20], |place, digests| {
            found.push((format!("{path} {place}"), digests))
        });
    }
    found
}

fn assert_hex<const N: usize>(found: Option<[u8; N]>, expected: &str, way: &str) {
    assert_eq!(to_hex(&found.unwrap()), expected, "{way}");
}

#[test]
fn examples_of_rfc_1321() {
    for (message, expected) in MD5 {
        assert_eq!(to_hex(&reference::md5(message.as_bytes())), expected);
        for (way, digests) in in_every_way(message.as_bytes()) {
            assert_hex(digests.md5, expected, &way);
        }
    }
}

#[test]
fn examples_of_fips_180() {
    for (message, sha1, sha256) in SHA {
        assert_eq!(to_hex(&reference::sha1(message.as_bytes())), sha1);
        assert_eq!(to_hex(&reference::sha256(message.as_bytes())), sha256);
        for (way, digests) in in_every_way(message.as_bytes()) {
            assert_hex(digests.sha1, sha1, &way);
            assert_hex(digests.sha256, sha256, &way);
        }
    }
}

#[test]
fn a_million_times_the_letter_a() {
    let (md5, sha1, sha256) = MILLION;
    for (way, digests) in in_every_way(&vec![b'a'; 1_000_000]) {
        assert_hex(digests.md5, md5, &way);
        assert_hex(digests.sha1, sha1, &way);
        assert_hex(digests.sha256, sha256, &way);
    }
}
