//! Character references of HTML: `&amp;`, `&auml`, `&#228;`, `&#xe4;`.

use std::sync::OnceLock;

/// The named references of the HTML standard, one a line, in the order of their bytes: the name, `?`
/// if it is known without its semicolon too, and its characters in hexadecimal.
const NAMED: &str = include_str!("../entities.txt");

/// The longest name of the table.
const LONGEST: usize = 31;

/// What Windows has where ISO 8859-1 has controls: pages write these numbers and mean those signs.
const WINDOWS: [u16; 32] = [
    0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039,
    0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc,
    0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
];

/// Adds `raw` to `out` with its references replaced. `attribute`: in a value, a name without its
/// semicolon is left alone before `=` and letters, as in addresses with `&copy=1`.
pub fn decode(raw: &str, attribute: bool, out: &mut String) {
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match reference(from, attribute, out) {
            Some(used) => rest = from.get(used..).unwrap_or_default(),
            None => {
                out.push('&');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
}

/// The reference at the start of `from`, put to `out`: how many bytes it is long.
fn reference(from: &str, attribute: bool, out: &mut String) -> Option<usize> {
    let bytes = from.as_bytes();
    if bytes.get(1) == Some(&b'#') {
        return number(bytes, out);
    }
    let name = from.get(1..)?;
    let most = name.len().min(LONGEST);
    let length = name.as_bytes()[..most]
        .iter()
        .position(|b| !b.is_ascii_alphanumeric())
        .unwrap_or(most);
    if name.as_bytes().get(length) == Some(&b';')
        && let Some(characters) = lookup(&name[..length])
    {
        put(characters, out);
        return Some(length + 2);
    }
    let (known, characters) = bare(&name[..length])?;
    let next = name.as_bytes().get(known.len());
    if attribute && next.is_some_and(|b| *b == b'=' || b.is_ascii_alphanumeric()) {
        return None;
    }
    put(characters, out);
    Some(known.len() + 1)
}

/// The longest name that `name` begins with and that stands without its semicolon.
fn bare(name: &str) -> Option<(&'static str, &'static str)> {
    static BARE: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    let all = BARE.get_or_init(|| {
        NAMED
            .lines()
            .filter_map(|line| line.split_once("? "))
            .collect()
    });
    let first = *name.as_bytes().first()?;
    let from = all.partition_point(|(known, _)| known.as_bytes()[0] < first);
    let same = all[from..]
        .iter()
        .take_while(|(known, _)| known.as_bytes()[0] == first);
    same.filter(|(known, _)| name.starts_with(known))
        .max_by_key(|(known, _)| known.len())
        .copied()
}

fn put(characters: &str, out: &mut String) {
    out.extend(
        characters
            .split(' ')
            .filter_map(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?)),
    );
}

/// The characters of a name.
fn lookup(name: &str) -> Option<&'static str> {
    let table = NAMED.as_bytes();
    let (mut low, mut high) = (0, table.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = table[..middle]
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        let end = start + table[start..].iter().position(|b| *b == b'\n')?;
        let (key, characters) = NAMED.get(start..end)?.split_once(' ')?;
        match key.trim_end_matches('?').cmp(name) {
            std::cmp::Ordering::Equal => return Some(characters),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

fn number(bytes: &[u8], out: &mut String) -> Option<usize> {
    let hexadecimal = matches!(bytes.get(2), Some(b'x' | b'X'));
    let (start, radix) = if hexadecimal { (3, 16) } else { (2, 10) };
    let digits = bytes.get(start..)?;
    let length = digits
        .iter()
        .take_while(|b| char::from(**b).is_digit(radix))
        .count();
    if length == 0 {
        return None;
    }
    let value = digits[..length].iter().fold(0u32, |value, b| {
        let digit = char::from(*b).to_digit(radix).unwrap_or_default();
        value.saturating_mul(radix).saturating_add(digit)
    });
    out.push(character(value));
    let closed = digits.get(length) == Some(&b';');
    Some(start + length + usize::from(closed))
}

fn character(value: u32) -> char {
    let value = match value {
        0x80..=0x9f => u32::from(WINDOWS[value as usize - 0x80]),
        0 => 0xfffd,
        other => other,
    };
    char::from_u32(value).unwrap_or('\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn references_become_their_characters() {
        for (raw, attribute, decoded) in [
            ("a &amp; b", false, "a & b"),
            ("&lt;p&gt;", false, "<p>"),
            ("K&ouml;ln, K&oumlln", false, "Köln, Köln"),
            ("&#8364; &#x20AC; &#128;", false, "€ € €"),
            ("&notit; &notin; &nosuch; & &", false, "¬it; ∉ &nosuch; & &"),
            ("?a=1&copy=2&amp;b", true, "?a=1&copy=2&b"),
            (
                "&#xD800;&#0;&#99999999999;&#;&#x;",
                false,
                "\u{fffd}\u{fffd}\u{fffd}&#;&#x;",
            ),
            ("&NotEqualTilde;", false, "≂̸"),
            ("&CounterClockwiseContourIntegral;", false, "∳"),
            ("&é;&", false, "&é;&"),
        ] {
            let mut out = String::new();
            decode(raw, attribute, &mut out);
            assert_eq!(out, decoded, "{raw}");
        }
    }
}
