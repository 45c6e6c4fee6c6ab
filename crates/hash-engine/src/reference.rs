//! MD5, SHA-1 and SHA-256 as their standards describe them: slow and obvious, to hold the fast ones against.
//!
//! Nothing is shared with the fast ones; even the constants are computed from their definitions.

/// MD5 (RFC 1321 section 3).
#[must_use]
pub fn md5(message: &[u8]) -> [u8; 16] {
    const S: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded(message, u64::to_le_bytes).chunks_exact(64) {
        let x: Vec<u32> = words(block, u32::from_le_bytes);
        let [mut a, mut b, mut c, mut d] = state;
        for i in 0..64 {
            let (function, k) = match i / 16 {
                0 => ((b & c) | (!b & d), i),
                1 => ((b & d) | (c & !d), 5 * i + 1),
                2 => (b ^ c ^ d, 3 * i + 5),
                _ => (c ^ (b | !d), 7 * i),
            };
            // T[i] of section 3.4: the integer part of 4294967296 times abs(sin(i)), i in radians from 1
            let t = (((i + 1) as f64).sin().abs() * 4_294_967_296.0) as u32;
            let sum = a.wrapping_add(function).wrapping_add(x[k % 16]).wrapping_add(t);
            (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(S[i / 16][i % 4])));
        }
        add(&mut state, &[a, b, c, d]);
    }
    digest(&state, u32::to_le_bytes)
}

/// SHA-1 (FIPS 180-4 section 6.1).
#[must_use]
pub fn sha1(message: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded(message, u64::to_be_bytes).chunks_exact(64) {
        let mut w = words(block, u32::from_be_bytes);
        for t in 16..80 {
            w.push((w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (t, w) in w.into_iter().enumerate() {
            let (f, k) = match t / 20 {
                0 => ((b & c) ^ (!b & d), 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) ^ (b & d) ^ (c & d), 0x8f1b_bcdc_u32),
                _ => (b ^ c ^ d, 0xca62_c1d6),
            };
            let sum =
                a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(w);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, sum);
        }
        add(&mut state, &[a, b, c, d, e]);
    }
    digest(&state, u32::to_be_bytes)
}

/// SHA-256 (FIPS 180-4 section 6.2).
#[must_use]
pub fn sha256(message: &[u8]) -> [u8; 32] {
    let primes: Vec<u128> =
        (2..).filter(|n| (2..*n).all(|divisor| n % divisor != 0)).take(64).collect();
    // Sections 5.3.3 and 4.2.2: the first 32 bits of the fractional parts of the square roots of the first eight primes, and of the
    // cube roots of the first 64.
    let mut state: [u32; 8] = std::array::from_fn(|at| root(2, primes[at] << 64));
    let k: Vec<u32> = primes.iter().map(|prime| root(3, prime << 96)).collect();
    for block in padded(message, u64::to_be_bytes).chunks_exact(64) {
        let mut w = words(block, u32::from_be_bytes);
        for t in 16..64 {
            let sigma0 = w[t - 15].rotate_right(7) ^ w[t - 15].rotate_right(18) ^ (w[t - 15] >> 3);
            let sigma1 = w[t - 2].rotate_right(17) ^ w[t - 2].rotate_right(19) ^ (w[t - 2] >> 10);
            w.push(sigma1.wrapping_add(w[t - 7]).wrapping_add(sigma0).wrapping_add(w[t - 16]));
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for t in 0..64 {
            let sum1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let ch = (e & f) ^ (!e & g);
            let t1 = h.wrapping_add(sum1).wrapping_add(ch).wrapping_add(k[t]).wrapping_add(w[t]);
            let sum0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let maj = (a & b) ^ (a & c) ^ (b & c);
            let t2 = sum0.wrapping_add(maj);
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
        }
        add(&mut state, &[a, b, c, d, e, f, g, h]);
    }
    digest(&state, u32::to_be_bytes)
}

/// The message, the bit 1, zeros up to eight bytes before the end of a block, and the message's length in bits.
fn padded(message: &[u8], bytes_of: impl Fn(u64) -> [u8; 8]) -> Vec<u8> {
    let mut bytes = message.to_vec();
    bytes.push(0x80);
    while bytes.len() % 64 != 56 {
        bytes.push(0);
    }
    bytes.extend(bytes_of(message.len() as u64 * 8));
    bytes
}

fn words(block: &[u8], word_of: impl Fn([u8; 4]) -> u32) -> Vec<u32> {
    block.as_chunks().0.iter().map(|bytes| word_of(*bytes)).collect()
}

fn add(state: &mut [u32], values: &[u32]) {
    for (word, value) in state.iter_mut().zip(values) {
        *word = word.wrapping_add(*value);
    }
}

fn digest<const N: usize>(state: &[u32], bytes_of: impl Fn(u32) -> [u8; 4]) -> [u8; N] {
    let mut digest = [0; N];
    for (to, word) in digest.chunks_exact_mut(4).zip(state) {
        to.copy_from_slice(&bytes_of(*word));
    }
    digest
}

/// The low 32 bits of the integer part of the root of `of`: the largest number whose power is not larger.
fn root(power: u32, of: u128) -> u32 {
    let mut low = 0_u128;
    let mut high = 1_u128 << 40;
    while high - low > 1 {
        let middle = (low + high) / 2;
        *(if middle.pow(power) <= of { &mut low } else { &mut high }) = middle;
    }
    low as u32
}
