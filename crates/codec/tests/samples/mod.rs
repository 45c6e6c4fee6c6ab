//! One sample a coding.

use codec::Codec;

const TEXT: &[u8] = b"abcabcabcabc the same, the same, the same, the same";

/// [`TEXT`] by Python 3 with zlib 1.2.13: `zlib.compress(text, 9)`.
const ZLIB: &str = "78da4b4c4a4e842185928c5485e2c4dc541dbc2c00d3c211b9";

/// [`TEXT`] by `bzip2 -9`, version 1.0.8.
const BZIP2: &str = "425a6839314159265359dcbb8ecc000007118040043a420c0020003100300aa4d1a32515b89898d59474f1661c307c5dc9\
                     14e1424372ee3b30";

/// [`TEXT`] by `xz -9 --check=crc64`, version 5.4.1.
const XZ: &str = "fd377a585a000004e6d6b446020021011c00000010cf58cce0003200165d00309888a7ea4bb8d110a0cd31edd5dd64e9a092\
                  6e00000000007e875d507f833e89000132334c8026721fb6f37d010000000004595a";

/// [`TEXT`] by `zstd -19 --check`, version 1.5.4.
const ZSTD: &str = "28b52ffd0468ad000068616263207468652073616d652c02002d17a9b9215ee90964";

/// A coded unit and what it holds.
pub(crate) struct Sample {
    pub(crate) codec: Codec,
    pub(crate) coded: Vec<u8>,
    pub(crate) plain: Vec<u8>,
    /// The stream says itself where it ends.
    pub(crate) has_end_mark: bool,
    pub(crate) has_checksum: bool,
}

pub(crate) fn samples() -> [Sample; 10] {
    let zlib = bytes(ZLIB);
    let deflate = zlib[2..zlib.len() - 4].to_vec();
    [
        checked(Codec::Zlib, zlib),
        checked(Codec::Bzip2, bytes(BZIP2)),
        checked(Codec::Xz, bytes(XZ)),
        checked(Codec::Zstd, bytes(ZSTD)),
        unchecked(Codec::Deflate, deflate, TEXT.to_vec(), true),
        unchecked(Codec::Lzfse, lzfse(), TEXT.to_vec(), true),
        unchecked(Codec::Lzx, lzx(), TEXT.to_vec(), false),
        // "abcd"; 5 bytes from 4 back; 4 bytes from 1 back.
        unchecked(
            Codec::Adc,
            b"\x83abcd\x08\x03\x40\0\0".to_vec(),
            b"abcdabcdaaaaa".to_vec(),
            false,
        ),
        // A literal, and a reference to it as long as a chunk allows.
        unchecked(Codec::Lznt1, b"\x03\xb0\x02a\xfc\x0f".to_vec(), vec![b'a'; 4096], false),
        unchecked(Codec::XpressHuffman, xpress_huffman(), b"abc".repeat(100), false),
    ]
}

fn checked(codec: Codec, coded: Vec<u8>) -> Sample {
    Sample { codec, coded, plain: TEXT.to_vec(), has_end_mark: true, has_checksum: true }
}

fn unchecked(codec: Codec, coded: Vec<u8>, plain: Vec<u8>, has_end_mark: bool) -> Sample {
    Sample { codec, coded, plain, has_end_mark, has_checksum: false }
}

/// A block of plain bytes and the end mark.
fn lzfse() -> Vec<u8> {
    let size = (TEXT.len() as u32).to_le_bytes();
    [b"bvx-", size.as_slice(), TEXT, b"bvx$"].concat()
}

/// An uncompressed block: type 3, default size bit 0, 16 bits of size; three distances; the bytes.
fn lzx() -> Vec<u8> {
    let header = 3_u32 << 29 | (TEXT.len() as u32) << 12;
    let words = [(header >> 16) as u16, header as u16].map(u16::to_le_bytes).concat();
    let distances = [1_u32, 2, 3].map(u32::to_le_bytes).concat();
    [words, distances, TEXT.to_vec()].concat()
}

/// The example of [MS-XCA] section 3.2: "abc" a hundred times.
fn xpress_huffman() -> Vec<u8> {
    let mut coded = vec![0; 263];
    (coded[48], coded[49], coded[128], coded[143]) = (0x30, 0x23, 0x02, 0x20);
    coded[256..].copy_from_slice(&[0xa8, 0xdc, 0, 0, 0xff, 0x26, 1]);
    coded
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}
