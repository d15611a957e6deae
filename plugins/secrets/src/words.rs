//! Whether a string reads like words: by which letters follow which.

/// Bit `b` of row `a`: letter `b` follows letter `a` often. The 239 commonest pairs of the words
/// of technical English, which are 93 of 100 there and 35 of 100 in random letters.
const PAIRS: [u32; 26] = [
    0x13e_bd4e, 0x16_4911, 0x1a_4d95, 0x16_4119, 0x1af_b97d, 0x1a_4131, 0x16_6991, 0xa_4111,
    0x22e_f87f, 0x4000, 0x4_0111, 0x11c_4919, 0x14_d113, 0x3c_657d, 0x7e_fd6f, 0x1e_c991,
    0x10_0000, 0x11e_fd5d, 0x11c_cd95, 0x11e_4995, 0xe_b95f, 0x111, 0x4191, 0x8_8000, 0x4_0000,
    0x10,
];

/// Whether more pairs of its letters are common ones than chance would make, by two and a half
/// standard deviations. Hexadecimal digits have too few letters to say.
pub fn like_words(text: &str) -> bool {
    if text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        return false;
    }
    let (mut pairs, mut common, mut borders) = (0u32, 0u32, 0);
    for pair in text.as_bytes().windows(2) {
        let camel = pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
        borders += usize::from(camel || pair[0].is_ascii_digit() != pair[1].is_ascii_digit());
        if camel || !pair[0].is_ascii_alphabetic() || !pair[1].is_ascii_alphabetic() {
            continue;
        }
        let letter = |byte: u8| usize::from(byte.to_ascii_lowercase() - b'a');
        pairs += 1;
        common += PAIRS[letter(pair[0])] >> letter(pair[1]) & 1;
    }
    let n = pairs as f32;
    // Words are longer than the stretches of one kind in random letters and digits.
    borders * 10 < text.len() * 3
        && pairs >= 5
        && common as f32 > 0.353 * n + 2.5 * (0.228 * n).sqrt()
}
