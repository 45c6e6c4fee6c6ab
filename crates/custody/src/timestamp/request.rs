//! The request: RFC 3161, section 2.4.1.

use sha2::{Digest, Sha256};

use super::der::{BOOLEAN, INTEGER, OCTET_STRING, SEQUENCE, element};

/// AlgorithmIdentifier of SHA-256: 2.16.840.1.101.3.4.2.1, without parameters but NULL, as `openssl ts -query` writes it.
const SHA_256: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00];

/// A `TimeStampReq` in DER for the SHA-256 of `text`, which asks for the authority's certificate. `nonce` is random, so that an old answer
/// is not taken for a new one.
#[must_use]
pub fn timestamp_request(text: &[u8], nonce: [u8; 8]) -> Vec<u8> {
    let digest = element(OCTET_STRING, &Sha256::digest(text));
    let imprint = element(SEQUENCE, &[SHA_256.as_slice(), &digest].concat());
    // An INTEGER is signed and has no needless zeros: a first byte of 0x01 to 0x7f is neither.
    let [first, rest @ ..] = nonce;
    let nonce = [&[first & 0x3f | 0x40], rest.as_slice()].concat();
    let members =
        [element(INTEGER, &[1]), imprint, element(INTEGER, &nonce), element(BOOLEAN, &[0xff])];
    element(SEQUENCE, &members.concat())
}
