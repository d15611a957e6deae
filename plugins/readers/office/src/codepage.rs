//! Single bytes as characters: what old files hold beside Unicode.

/// The characters of the bytes 0x80 to 0x9f in Windows code page 1252.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

pub(crate) fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Windows code page 1251, Cyrillic, for its letters; its other signs as in 1252.
pub(crate) fn windows_1251(byte: u8) -> char {
    match byte {
        0xa8 => 'Ё',
        0xb8 => 'ё',
        0xc0..=0xff => char::from_u32(u32::from(byte) - 0xc0 + 0x410).unwrap_or(' '),
        _ => windows_1252(byte),
    }
}
