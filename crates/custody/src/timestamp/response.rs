//! The answer: RFC 3161, section 2.4.2.

use case_model::to_hex;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::der::{
    CONTEXT_0, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, take,
};

/// The longest answer that is read: with a chain of certificates some kilobytes.
const MAX_BYTES: usize = 1 << 20;

/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
/// 2.16.840.1.101.3.4.2.1: what our requests ask for.
const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// What an authority says. **That it was the authority is not verified here**: the signature and its certificate are checked by
/// `openssl ts -verify`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// When, as the authority writes it: `20261122020000Z`, in UTC.
    pub time: String,
    /// Its serial number, in hexadecimal digits.
    pub serial: String,
    imprint: Vec<u8>,
}

/// Why an answer stamps nothing.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TimestampError {
    /// Not an answer in DER.
    #[error("not an RFC 3161 time stamp: {0}")]
    Form(&'static str),
    /// The authority said no.
    #[error("the authority refused: status {0} instead of 0 (granted)")]
    Refused(String),
    /// It stamps something else.
    #[error("the time stamp is of other bytes: it names the digest {0}")]
    OtherText(String),
}

impl Timestamp {
    /// Reads a `TimeStampResp`, or the bare token in it.
    ///
    /// # Errors
    /// [`TimestampError::Form`] and [`TimestampError::Refused`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TimestampError> {
        let form = TimestampError::Form;
        if bytes.len() > MAX_BYTES {
            return Err(form("too long"));
        }
        let mut whole = bytes;
        let mut inner = take(&mut whole, SEQUENCE).ok_or(form("no sequence"))?;
        if !whole.is_empty() {
            return Err(form("bytes behind its end"));
        }
        // A bare token begins with an object identifier, an answer with its status.
        if inner.first() == Some(&OBJECT_IDENTIFIER) {
            return token(inner);
        }
        let mut status = take(&mut inner, SEQUENCE).ok_or(form("no status"))?;
        let status = take(&mut status, INTEGER).ok_or(form("no status"))?;
        // 0: granted; 1: granted with modifications.
        if !matches!(status, [0 | 1]) {
            return Err(TimestampError::Refused(to_hex(status)));
        }
        token(take(&mut inner, SEQUENCE).ok_or(form("no token"))?)
    }

    /// Compares the digest in it with that of `text`.
    ///
    /// # Errors
    /// [`TimestampError::OtherText`].
    pub fn check(&self, text: &[u8]) -> Result<(), TimestampError> {
        let same = Sha256::digest(text).as_slice() == self.imprint;
        if same { Ok(()) } else { Err(TimestampError::OtherText(to_hex(&self.imprint))) }
    }
}

/// The members of a `ContentInfo` (RFC 5652, sections 3 and 5).
fn token(mut content_info: &[u8]) -> Result<Timestamp, TimestampError> {
    let form = TimestampError::Form;
    if take(&mut content_info, OBJECT_IDENTIFIER) != Some(SIGNED_DATA) {
        return Err(form("the token is no signed data"));
    }
    let mut explicit = take(&mut content_info, CONTEXT_0).ok_or(form("no signed data"))?;
    let mut signed = take(&mut explicit, SEQUENCE).ok_or(form("no signed data"))?;
    take(&mut signed, INTEGER).ok_or(form("no version"))?;
    take(&mut signed, SET).ok_or(form("no digest algorithms"))?;
    let mut content = take(&mut signed, SEQUENCE).ok_or(form("no content"))?;
    if take(&mut content, OBJECT_IDENTIFIER) != Some(TST_INFO) {
        return Err(form("the content is no time stamp"));
    }
    let mut explicit = take(&mut content, CONTEXT_0).ok_or(form("no content"))?;
    let mut octets = take(&mut explicit, OCTET_STRING).ok_or(form("no content"))?;
    tst_info(take(&mut octets, SEQUENCE).ok_or(form("no time stamp"))?)
}

fn tst_info(mut info: &[u8]) -> Result<Timestamp, TimestampError> {
    let form = TimestampError::Form;
    if take(&mut info, INTEGER) != Some(&[1]) {
        return Err(form("another version than 1"));
    }
    take(&mut info, OBJECT_IDENTIFIER).ok_or(form("no policy"))?;
    let mut imprint = take(&mut info, SEQUENCE).ok_or(form("no imprint"))?;
    let mut algorithm = take(&mut imprint, SEQUENCE).ok_or(form("no algorithm"))?;
    if take(&mut algorithm, OBJECT_IDENTIFIER) != Some(SHA_256) {
        return Err(form("another digest than SHA-256"));
    }
    let imprint = take(&mut imprint, OCTET_STRING).ok_or(form("no digest"))?.to_vec();
    let serial = to_hex(take(&mut info, INTEGER).ok_or(form("no serial number"))?);
    let time = take(&mut info, GENERALIZED_TIME).ok_or(form("no time"))?;
    let written = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'Z');
    match time.iter().all(written) && time.len() <= 40 {
        true => Ok(Timestamp { time: String::from_utf8_lossy(time).into_owned(), serial, imprint }),
        false => Err(form("a time of another form")),
    }
}
