//! Wallets: Bitcoin and its kin (base58check, bech32), Ethereum's forty hexadecimal digits.

use sdk::window::Hit;

use crate::context::glued;
use crate::hit;
use crate::sha256::sha256;

pub const LABEL: &str = "CRYPTO";

/// First bytes of addresses: Bitcoin, Litecoin, Dogecoin, Tron, Dash.
const VERSIONS: [u8; 8] = [0x00, 0x05, 0x30, 0x32, 0x1e, 0x16, 0x41, 0x4c];

/// Signs of a wallet at least.
pub const SHORTEST: usize = 26;

/// Adds the wallets in `text[from..]`.
pub fn find(text: &str, from: usize, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_alphanumeric() {
            at += 1;
        }
        let word = &text[start..at];
        if (SHORTEST..=90).contains(&word.len())
            && wallet(word)
            && !text[..start].chars().next_back().is_some_and(glued)
            && !text[at..].chars().next().is_some_and(glued)
        {
            hits.push(hit(start..at, LABEL, 0.99));
        }
    }
}

fn wallet(word: &str) -> bool {
    match word.as_bytes() {
        [b'0', b'x', digits @ ..] => digits.len() == 40 && digits.iter().all(u8::is_ascii_hexdigit),
        [b'b' | b'B', b'c' | b'C', b'1', ..] => bech32(word, 2),
        [b'l' | b'L', b't' | b'T', b'c' | b'C', b'1', ..] => bech32(word, 3),
        bytes => bytes.len() <= 35 && base58check(bytes),
    }
}

/// What no sign of an alphabet stands for.
const NONE: u8 = u8::MAX;

/// What each byte stands for in an alphabet.
const fn values(signs: &[u8]) -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut at = 0;
    while at < signs.len() {
        values[signs[at] as usize] = at as u8;
        at += 1;
    }
    values
}

/// Twenty-five bytes in base 58, the last four the beginning of a double SHA-256 of the others.
fn base58check(word: &[u8]) -> bool {
    const VALUES: [u8; 256] = values(b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz");
    let mut limbs = [0u32; 7];
    for byte in word {
        let value = VALUES[usize::from(*byte)];
        if value == NONE {
            return false;
        }
        let mut carry = u64::from(value);
        for limb in &mut limbs {
            let sum = u64::from(*limb) * 58 + carry;
            *limb = sum as u32;
            carry = sum >> 32;
        }
    }
    let mut bytes = [0; 28];
    for (four, limb) in bytes.chunks_mut(4).zip(limbs.iter().rev()) {
        four.copy_from_slice(&limb.to_be_bytes());
    }
    let (over, address) = bytes.split_at(3);
    over == [0; 3]
        && VERSIONS.contains(&address[0])
        && sha256(&sha256(&address[..21]))[..4] == address[21..]
}

/// BIP 173 and 350: the polymod over the prefix of `head` letters and the rest is 1 or Taproot's.
fn bech32(word: &str, head: usize) -> bool {
    const VALUES: [u8; 256] = values(b"qpzry9x8gf2tvdw0s3jn54khce6mua7l");
    let lower = word.to_ascii_lowercase();
    if lower != word && word.to_ascii_uppercase() != word {
        return false;
    }
    let (prefix, rest) = lower.as_bytes().split_at(head);
    let mut state = prefix.iter().fold(1, |state, c| polymod(state, c >> 5));
    state = polymod(state, 0);
    state = prefix.iter().fold(state, |state, c| polymod(state, c & 31));
    for byte in &rest[1..] {
        let value = VALUES[usize::from(*byte)];
        if value == NONE {
            return false;
        }
        state = polymod(state, value);
    }
    matches!(state, 1 | 0x2bc8_30a3)
}

fn polymod(state: u32, value: u8) -> u32 {
    const TERMS: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let high = state >> 25;
    let mut next = (state & 0x1ff_ffff) << 5 ^ u32::from(value);
    for (bit, term) in TERMS.iter().enumerate() {
        if high >> bit & 1 == 1 {
            next ^= term;
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::wallet;

    #[test]
    fn wallets_check_themselves() {
        for (word, is) in [
            // The first block's, BIP 173's and BIP 350's examples.
            ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", true),
            ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", false),
            ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", true),
            ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", true),
            ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", false),
            (
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
                true,
            ),
            ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", true),
            ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", false),
        ] {
            assert_eq!(wallet(word), is, "{word}");
        }
    }
}
