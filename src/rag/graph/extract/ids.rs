//! Ids: invoice and ticket numbers, parts, standards.

use super::fold::{bare, fold};
use super::text::{Shape, Token};

/// What stands before the number of a standard, apart or not.
const STANDARDS: &[&str] = &[
    "ANSI", "ASTM", "BS", "DIN", "EN", "IEC", "IEEE", "ISO", "ITU", "NF", "NIST", "RFC", "SAE",
    "UL", "VDE",
];

/// What looks like an id and is none.
const NONE: &[&str] = &[
    "COVID-19",
    "SARS-COV-2",
    "MP3",
    "MP4",
    "H1N1",
    "CO2",
    "UTF-8",
    "UTF-16",
];

/// The id that begins with the first of these tokens: how many they are, and its folded name.
pub(super) fn id(tokens: &[Token<'_>]) -> Option<(usize, String)> {
    standard(tokens).or_else(|| number(tokens))
}

/// `ISO 9001`, `ISO-9001:2015`, `DIN EN ISO 9001`, `ISO/IEC 27001`, `RFC 9457`.
fn standard(tokens: &[Token<'_>]) -> Option<(usize, String)> {
    let is_one = |text: &str| STANDARDS.contains(&text);
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        let token = tokens.get(at)?;
        if is_one(token.text) {
            words.push(token.text);
            at += 1;
            if tokens.get(at)?.is("/") {
                at += 1;
            }
            continue;
        }
        let (head, rest) = token.text.split_once('-').unwrap_or(("", token.text));
        let whole = if is_one(head) {
            words.push(head);
            rest
        } else {
            token.text
        };
        let plain = whole.len() <= 12
            && whole
                .bytes()
                .next()
                .is_some_and(|byte| byte.is_ascii_digit())
            && whole
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'.');
        let digits = whole.bytes().filter(u8::is_ascii_digit).count();
        if words.is_empty() || !plain || digits < 3 {
            return None;
        }
        words.push(whole);
        break;
    }
    at += 1;
    // The year of an edition is not what a standard is called.
    if let [colon, year, ..] = &tokens[at.min(tokens.len())..]
        && colon.is(":")
        && !colon.spaced
        && !year.spaced
        && year.text.len() == 4
        && year.shape == Shape::Number
    {
        at += 2;
    }
    Some((at, fold(&words.join("-"))))
}

/// `Q-19`, `INV-2024-113`, `SKU12345`: capitals and digits in one word.
fn number(tokens: &[Token<'_>]) -> Option<(usize, String)> {
    let token = tokens.first()?;
    let word = bare(token.text);
    if !matches!(token.shape, Shape::Upper | Shape::Title | Shape::Number) || word.len() > 40 {
        return None;
    }
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if !word
        .bytes()
        .all(|byte| capital(byte) || byte == b'-' || byte == b'_')
        || NONE.contains(&word)
    {
        return None;
    }
    let letters = word.bytes().filter(u8::is_ascii_uppercase).count();
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let parts: Vec<&str> = word.split(['-', '_']).collect();
    let is_id = match parts.as_slice() {
        [one] => {
            let head = one.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            head >= 2 && head == letters && head <= 6 && digits >= 3
        }
        [first, .., last] if token.shape != Shape::Number => {
            let led = first.bytes().any(|byte| byte.is_ascii_uppercase()) && first.len() <= 8;
            let ended = last.bytes().any(|byte| byte.is_ascii_digit());
            led && digits >= 1
                && (ended || parts.len() > 2)
                && parts.iter().all(|part| !part.is_empty())
        }
        [first, .., last] => first.len() >= 2 && letters >= 2 && last.len() >= 3 && parts.len() > 2,
        [] => false,
    };
    is_id.then(|| (1, fold(word)))
}

#[cfg(test)]
mod tests {
    use super::super::text::{blocks, tokens};
    use super::*;

    #[test]
    fn an_id_has_one_name() {
        for (text, name) in [
            ("Q-19", "q-19"),
            ("INV-2024-113", "inv-2024-113"),
            ("CVE-2024-3094", "cve-2024-3094"),
            ("PO_7781", "po 7781"),
            ("SKU12345", "sku12345"),
            ("2024-INV-0113", "2024-inv-0113"),
            ("ISO-9001", "iso-9001"),
            ("ISO 9001", "iso-9001"),
            ("ISO 9001:2015", "iso-9001"),
            ("ISO/IEC 27001", "iso-iec-27001"),
            ("DIN EN 60204-1", "din-en-60204-1"),
            ("RFC 9457", "rfc-9457"),
            ("T-800's", "t-800"),
        ] {
            let tokens = tokens(text, blocks(text)[0]);
            assert_eq!(
                id(&tokens).map(|(_, name)| name).as_deref(),
                Some(name),
                "{text}"
            );
        }
        for text in [
            "COVID-19",
            "X-ray",
            "mid-1990",
            "2024-03-12",
            "NASA",
            "A4",
            "Q3",
            "EN 10",
            "ISO",
            "12-34-567",
            "AS-IS",
            "Type-2",
            "ISO standard",
            "IV",
        ] {
            let tokens = tokens(text, blocks(text)[0]);
            assert_eq!(id(&tokens), None, "{text}");
        }
    }
}
