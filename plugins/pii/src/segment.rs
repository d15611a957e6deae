//! Where a segment ends: at white space, unless what follows may belong to the same number, date,
//! account, name or street ("4111 1111 …", "12 March 1980", "Anna van der Berg", "Main Street 5").
//!
//! Text without a capital, a digit or a sign such as @ cannot hold anything this guard finds; all
//! of it up to the next word that can is one segment.

use sdk::window::Cut;

use crate::context::solid;
use crate::person::acts;
use crate::words::{inside_name, inside_street, set_of_digits, without_dots};

/// Characters that have to be seen of a word to know whether it is a month or a link.
const WORD: usize = 12;

/// Bytes after which a chain of capitalised words is cut.
const HEADING: usize = 120;

/// The end of a segment, and whether nothing can be found in it.
pub struct End {
    /// See [`sdk::window::Rules::segment`].
    pub cut: Cut,
    /// Nothing in it is worth a look.
    pub dull: bool,
}

/// What was seen of the words behind a place, so that a segment that begins among them, or is
/// asked for again when more has come, need not look at them again.
#[derive(Clone, Copy, Default)]
pub struct Seen {
    /// The first of the words begins here, in the whole text.
    from: usize,
    /// Up to the word that begins here each is joined to the next, and none begins an account.
    word: usize,
}

impl Seen {
    /// How far the words of `rest`, at `place`, are known to be joined.
    fn behind(&self, rest: &str, place: usize) -> Option<usize> {
        let known = (self.from..self.word).contains(&place);
        known
            .then(|| self.word - place)
            .filter(|word| rest.is_char_boundary(*word))
    }

    /// Remembers that from `place` on all is joined up to the word at `word`.
    fn add(&mut self, place: usize, word: usize) {
        if !(self.from..=self.word).contains(&place) {
            (self.from, self.word) = (place, place);
        }
        self.word = self.word.max(place + word);
    }
}

/// Where the segment at the beginning of `rest` ends, which is at `place` of the whole text.
pub fn end(rest: &str, place: usize, seen: &mut Seen) -> End {
    let (word, told) = dull(rest);
    if word > 0 {
        return End {
            cut: Cut::At(word),
            dull: true,
        };
    }
    let cut = if told {
        telling(rest, place, seen)
    } else {
        Cut::More
    };
    End { cut, dull: false }
}

/// What a byte is on the way to the first word that something may be found in.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
#[repr(u8)]
enum Kind {
    Plain,
    /// White space; the next byte begins a word.
    Gap,
    /// A colon or a dot: addresses of machines may be letters alone.
    Mark,
    /// Part of a character that is not ASCII.
    High,
    /// A capital, a digit or an @.
    Tells,
}

static KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Plain; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            0..=b' ' => Kind::Gap,
            b'A'..=b'Z' | b'0'..=b'9' | b'@' => Kind::Tells,
            b':' | b'.' => Kind::Mark,
            0x80.. => Kind::High,
            _ => Kind::Plain,
        };
        byte += 1;
    }
    kinds
};

/// Where the first word begins that something may be found in, and whether it was seen; else
/// where the last word begins.
fn dull(rest: &str) -> (usize, bool) {
    let bytes = rest.as_bytes();
    let (mut word, mut at) = (0, 0);
    while at < bytes.len() {
        if let Some(eight) = bytes[at..].first_chunk()
            && let Some(last) = plain(u64::from_le_bytes(*eight))
        {
            word = last.map_or(word, |last| at + last + 1);
            at += 8;
            continue;
        }
        let kind = KINDS[usize::from(bytes[at])];
        if kind <= Kind::Gap {
            at += 1;
            word = if kind == Kind::Gap { at } else { word };
            continue;
        }
        match kind {
            Kind::High => {
                let c = rest[at..].chars().next().expect("a character begins here");
                if c.is_uppercase() {
                    return (word, true);
                }
                at += c.len_utf8();
                if !solid(c) {
                    word = at;
                }
            }
            Kind::Mark if !between_hex(bytes, at) => at += 1,
            _ => return (word, true),
        }
    }
    (word, false)
}

/// Whether eight bytes are small letters and spaces alone, as most of a text is; where the last
/// space is.
fn plain(eight: u64) -> Option<Option<usize>> {
    const ONES: u64 = u64::MAX / 0xff;
    // Small letters have the bits 0x60, spaces 0x20 and nothing else.
    let others = !eight & (0x40 * ONES);
    let low = (eight & (0x1f * ONES)) + 0x1f * ONES;
    let fine = eight & (0xa0 * ONES) == 0x20 * ONES && others >> 1 & low == 0;
    let last = (others != 0).then(|| 7 - others.leading_zeros() as usize / 8);
    fine.then_some(last)
}

/// Whether a colon or dot stands between letters of hexadecimal digits, or doubled.
fn between_hex(bytes: &[u8], at: usize) -> bool {
    let hex = |c: Option<&u8>| c.is_some_and(|c| matches!(c, b'a'..=b'f'));
    let left = at.checked_sub(1).and_then(|at| bytes.get(at));
    let right = bytes.get(at + 1);
    hex(left) && hex(right) || bytes[at] == b':' && left == Some(&b':')
}

/// The end of a segment whose first word may hold something. The character behind its last word
/// is part of it, so that a rule can tell a text that ends from one that goes on.
fn telling(rest: &str, place: usize, seen: &mut Seen) -> Cut {
    let mut known = seen.behind(rest, place);
    let mut word = 0;
    let mut account = false;
    loop {
        // The first word may be the end of one that was seen; behind it all is as it was.
        if !account && (word > 0 || seen.from == place) {
            word = known.take().map_or(word, |known| known.max(word));
            seen.add(place, word);
        }
        let Some(len) = word_end(&rest[word..]) else {
            return Cut::More;
        };
        let gap = word + len;
        let behind = rest[gap..].chars().next().map_or(0, char::len_utf8);
        if !rest[gap..].starts_with(' ') {
            return Cut::At(gap + behind);
        }
        // In columns of numbers each is joined to the next.
        let letters = rest[word..gap]
            .bytes()
            .any(|byte| byte.is_ascii_alphabetic());
        let digit = |at: usize| rest.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
        if digit(gap - usize::from(gap > 0)) && digit(gap + 1) && (account || !letters) {
            word = gap + 1;
            continue;
        }
        account = account || begins_account(&rest[word..gap]);
        match joins(&rest[word..gap], &rest[gap + 1..], account) {
            None => return Cut::More,
            Some(false) => return Cut::At(gap + behind),
            // A heading in capitals must not be held back whole.
            Some(true) if gap >= HEADING && !rest.as_bytes()[gap - 1].is_ascii_digit() => {
                return Cut::At(gap + behind);
            }
            Some(true) => word = gap + 1,
        }
    }
}

/// Where the first character is that is not solid.
fn word_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let ascii = bytes.iter().position(|byte| !matches!(byte, b'!'..=0x7f))?;
    match bytes[ascii] {
        0..=b' ' => Some(ascii),
        _ => text[ascii..].find(|c| !solid(c)).map(|len| ascii + len),
    }
}

/// Whether a space between `left` and `right` may lie inside one pattern; `None` if more of
/// `right` must be seen.
fn joins(left: &str, right: &str, account: bool) -> Option<bool> {
    let next = right.chars().next()?;
    let mut left = left;
    let comma = left.ends_with(',');
    while let Some(bare) = left.strip_suffix(',') {
        left = bare;
    }
    let last = left.chars().next_back().unwrap_or(',');
    let capital = left
        .trim_start_matches(['(', '"', '\''])
        .starts_with(char::is_uppercase);
    let ends =
        matches!(last, ';' | '!' | '?') || last == '.' && left.len() > 5 && !left.ends_with("str.");
    if next.is_ascii_digit() || matches!(next, '(' | '+') {
        let numeric = last.is_ascii_digit() || matches!(last, ')' | ']' | '/' | '-' | '.' | ':');
        if numeric || capital && !ends || inside_street(left) || link(left) || month(left) {
            return Some(true);
        }
    }
    if matches!(next, '/' | '-') && last.is_ascii_digit() {
        return Some(true);
    }
    if account && next.is_ascii_alphanumeric() && group(left) {
        return Some(true);
    }
    let digits = left.starts_with(|c: char| c.is_ascii_digit()) || last.is_ascii_digit();
    let bound = || inside_name(left) || inside_street(left);
    if next.is_uppercase() {
        return Some(!ends && (capital || digits || bound()));
    }
    if !next.is_alphabetic() || ends {
        return Some(false);
    }
    let len = word_of_letters(right);
    if len == right.len() && right.chars().count() < WORD {
        return None;
    }
    let right = &right[..len];
    // Behind a month only a link can follow: "marzo de 1980".
    let date = link(left) && month(right)
        || day(left) && (link(right) || month(right))
        || link(right) && month(left);
    Some(
        date || digits && set_of_digits(right) || capital && acts(right) || {
            let named = !comma && inside_name(right);
            let street = inside_street(right);
            (named || street) && (capital || bound()) || street && digits
        },
    )
}

/// The length of the letters that a text begins with.
fn word_of_letters(text: &str) -> usize {
    let ascii = text.bytes().position(|byte| !byte.is_ascii_alphabetic());
    match ascii {
        Some(len) if text.as_bytes()[len] < 0x80 => len,
        None => text.len(),
        Some(_) => text
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(text.len()),
    }
}

/// The first group of an IBAN: two letters, two digits.
fn begins_account(word: &str) -> bool {
    let bytes = word.as_bytes();
    let len = bytes
        .iter()
        .rev()
        .take(9)
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    let (before, bytes) = bytes.split_at(bytes.len() - len);
    bytes.len() >= 4
        && bytes.len() <= 8
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && before.last().is_none_or(u8::is_ascii)
}

/// A later group of an IBAN, or its first with something before it.
fn group(word: &str) -> bool {
    let start = word
        .rfind(|c: char| !c.is_ascii_alphanumeric())
        .map_or(0, |at| at + 1);
    (1..=8).contains(&(word.len() - start.min(word.len())))
}

/// Ends in one or two digits, as in "born 12" or "the 3rd".
fn day(word: &str) -> bool {
    if !word.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let word = word.trim_end_matches(['.', 'º', '°']);
    let word = ["st", "nd", "rd", "th", "er", "TH", "ST", "ND", "RD"]
        .iter()
        .find_map(|suffix| word.strip_suffix(suffix))
        .unwrap_or(word);
    let digits = word.bytes().rev().take_while(u8::is_ascii_digit).count();
    (1..=2).contains(&digits)
}

/// Stands between a day and a month.
fn link(word: &str) -> bool {
    ["of", "de", "del", "di"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// A month in English, German, Spanish, French or Italian, whole or by its first letters.
pub fn month(word: &str) -> bool {
    let word = without_dots(word);
    if word.len() > 2 * WORD || word.len() < 3 || !begins_month(word.as_bytes()) {
        return false;
    }
    let stems: &[&str] = match word.as_bytes()[0] | 0x20 {
        b'j' => &["jan", "jun", "jul", "juin", "juil", "jän"],
        b'f' => &["feb", "fév", "fev"],
        b'm' => &["mar", "may", "mär", "mai", "mag"],
        b'a' => &["apr", "aug", "abr", "ago", "avr", "aoû"],
        b's' => &["sep", "set", "sept"],
        b'o' => &["oct", "okt", "ott", "out"],
        b'n' => &["nov"],
        b'd' => &["dec", "dez", "dic", "déc"],
        b'e' => &["ene"],
        b'g' => &["gen", "giu"],
        b'l' => &["lug"],
        _ => &[],
    };
    let begins = |stem: &&str| {
        let head = word.get(..stem.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(stem))
    };
    stems.iter().any(begins) && word.chars().all(char::is_alphabetic)
}

/// Whether any month begins with the first two bytes.
fn begins_month(word: &[u8]) -> bool {
    match word[0] | 0x20 {
        b'j' => matches!(word[1] | 0x20, b'a' | b'u' | 0xe3),
        b'f' => matches!(word[1] | 0x20, b'e' | 0xe3),
        b'm' => matches!(word[1] | 0x20, b'a' | 0xe3),
        b'a' => matches!(word[1] | 0x20, b'p' | b'u' | b'b' | b'g' | b'v' | b'o'),
        b's' | b'g' => matches!(word[1] | 0x20, b'e' | b'i'),
        b'o' => matches!(word[1] | 0x20, b'c' | b'k' | b't' | b'u'),
        b'n' => word[1] | 0x20 == b'o',
        b'd' => matches!(word[1] | 0x20, b'e' | b'i' | 0xe3),
        b'e' => word[1] | 0x20 == b'n',
        b'l' => word[1] | 0x20 == b'u',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{month, plain};

    #[test]
    fn eight_plain_bytes_are_small_letters_and_spaces() {
        for byte in 0..=255 {
            for place in 0..8 {
                let mut eight = *b"ab cdefg";
                eight[place] = byte;
                let letter = matches!(byte, 0x60..=0x7f);
                let space = eight.iter().rposition(|byte| *byte == b' ');
                let want = (letter || byte == b' ').then_some(space);
                assert_eq!(plain(u64::from_le_bytes(eight)), want, "{byte} {place}");
            }
        }
    }

    #[test]
    fn months_are_known_by_their_first_letters() {
        for word in [
            "January",
            "FEB",
            "März",
            "mai",
            "juin",
            "Août",
            "septiembre",
            "Okt.",
            "novembre",
            "Dezember",
            "déc",
            "enero",
            "gennaio",
            "giugno",
            "luglio",
            "settembre",
            "ottobre",
            "outubro",
            "Jänner",
            "février",
            "abril",
            "agosto",
            "avril",
            "Dicembre",
        ] {
            assert!(month(word), "{word}");
        }
        for word in ["Street", "and", "Anna", "", "Ma", "m2a"] {
            assert!(!month(word), "{word}");
        }
    }
}
