//! Names of glyphs to letters.

use std::sync::OnceLock;

use super::Letters;

/// Names and letters, in the order of the names.
static LIST: &str = include_str!("glyphs.txt");

/// The letters of a glyph: `eacute`, `fi`, `a.alt`, `f_i`, `uni00E9`, `u1F600`.
pub(super) fn letters(name: &str) -> Option<Letters> {
    let name = name.split_once('.').map_or(name, |(stem, _)| stem);
    if let Some(text) = known(name) {
        return Letters::of(text);
    }
    if name == "space" {
        return Some(Letters::One(' '));
    }
    if name.contains('_') {
        let mut text = String::new();
        for part in name.split('_') {
            letters_of_one(part)?.push_to(&mut text);
        }
        return Letters::of(&text);
    }
    letters_of_one(name)
}

fn letters_of_one(name: &str) -> Option<Letters> {
    let mut signs = name.chars();
    if let (Some(sign), None) = (signs.next(), signs.next()) {
        return Letters::of(sign.encode_utf8(&mut [0; 4]));
    }
    if let Some(text) = known(name) {
        return Letters::of(text);
    }
    let digits = name
        .strip_prefix("uni")
        .or_else(|| name.strip_prefix('u'))?;
    if digits.len() < 4 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    if digits.len() <= 6 {
        let sign = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
        return Letters::of(sign.encode_utf8(&mut [0; 4]));
    }
    let units = digits.as_bytes().chunks_exact(4).map(|unit| {
        let unit = std::str::from_utf8(unit).unwrap_or_default();
        u16::from_str_radix(unit, 16).unwrap_or(0xfffd)
    });
    let text: String = char::decode_utf16(units).filter_map(Result::ok).collect();
    Letters::of(&text)
}

fn known(name: &str) -> Option<&'static str> {
    static LINES: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    let lines = LINES.get_or_init(|| {
        LIST.lines()
            .filter_map(|line| line.split_once(' '))
            .collect()
    });
    let at = lines
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .ok()?;
    lines.get(at).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_letters() {
        assert!(
            LIST.lines().map(|line| line.split(' ').next()).is_sorted(),
            "for the search"
        );
        for (name, expected) in [
            ("A", "A"),
            ("eacute", "é"),
            ("scommaaccent", "ș"),
            ("ffi", "ffi"),
            ("f_i", "fi"),
            ("a.sc", "a"),
            ("space", " "),
            ("uni00E9", "é"),
            ("u1F600", "😀"),
            ("uni00660069", "fi"),
            ("alpha", "α"),
            ("afii10065", "а"),
            ("g117", ""),
            (".notdef", ""),
        ] {
            let mut text = String::new();
            if let Some(letters) = letters(name) {
                letters.push_to(&mut text);
            }
            assert_eq!(text, expected, "{name}");
        }
    }
}
