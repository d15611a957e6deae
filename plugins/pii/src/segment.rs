//! Where a segment ends: at white space, unless what follows may belong to the same number, date
//! or account ("4111 1111 …", "12 March 1980", "DE89 3704 …").

use sdk::window::Cut;

/// Characters that have to be seen of a word to know whether it is a month or a link.
const WORD: usize = 12;

/// See [`sdk::window::Rules::segment`].
pub fn end(rest: &str) -> Cut {
    let mut chars = rest.char_indices();
    let (_, first) = chars.next().expect("the rest is not empty");
    if !solid(first) {
        return Cut::At(
            chars
                .find(|(_, c)| solid(*c))
                .map_or(rest.len(), |(at, _)| at),
        );
    }
    let mut word = 0;
    let mut account = false;
    loop {
        let Some(len) = rest[word..].find(|c| !solid(c)) else {
            return Cut::More;
        };
        let gap = word + len;
        if !rest[gap..].starts_with(' ') {
            return Cut::At(gap);
        }
        account = account || begins_account(&rest[word..gap]);
        match joins(&rest[word..gap], &rest[gap + 1..], account) {
            None => return Cut::More,
            Some(false) => return Cut::At(gap),
            Some(true) => word = gap + 1,
        }
    }
}

/// Neither white space nor a letter of a script that is written without it, which no pattern
/// here contains. Latin, Greek and Cyrillic letters are part of words.
fn solid(c: char) -> bool {
    if c.is_ascii() {
        c > ' '
    } else {
        matches!(c, '\u{a1}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}')
    }
}

/// Whether a space between `left` and `right` may lie inside one pattern; `None` if more of
/// `right` must be seen.
fn joins(left: &str, right: &str, account: bool) -> Option<bool> {
    let next = right.chars().next()?;
    let left = left.trim_end_matches(',');
    let last = left.chars().next_back().unwrap_or(',');
    if next.is_ascii_digit() || matches!(next, '(' | '+') {
        let numeric = last.is_ascii_digit() || matches!(last, ')' | ']' | '/' | '-' | '.' | ':');
        if numeric || month(left) || link(left) {
            return Some(true);
        }
    }
    if matches!(next, '/' | '-') && last.is_ascii_digit() {
        return Some(true);
    }
    if account && next.is_ascii_alphanumeric() && group(left) {
        return Some(true);
    }
    // Behind a month only a link can follow: "marzo de 1980".
    let behind_month = matches!(next, 'd' | 'D' | 'o' | 'O') && month(left);
    if !next.is_alphabetic() || !(behind_month || day(left) || link(left)) {
        return Some(false);
    }
    let len = right.find(|c: char| !c.is_alphabetic());
    if len.is_none() && right.chars().count() < WORD {
        return None;
    }
    let right = &right[..len.unwrap_or(right.len())];
    Some(month(right) && !behind_month || link(right) && !link(left))
}

/// The first group of an IBAN: two letters, two digits.
fn begins_account(word: &str) -> bool {
    let start = word
        .rfind(|c: char| !c.is_ascii_alphanumeric())
        .map_or(0, |at| at + 1);
    let bytes = &word.as_bytes()[start.min(word.len())..];
    bytes.len() >= 4
        && bytes.len() <= 8
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
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
    const STEMS: [&str; 36] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mär",
        "mai", "okt", "dez", "ene", "abr", "ago", "dic", "fév", "avr", "juin", "juil", "aoû",
        "déc", "gen", "mag", "giu", "lug", "set", "ott", "fev", "out", "jän", "sept",
    ];
    let word = word.trim_end_matches(['.', ',']);
    if word.len() > 2 * WORD || word.chars().count() < 3 {
        return false;
    }
    let lower = word.to_lowercase();
    lower.chars().all(char::is_alphabetic) && STEMS.iter().any(|stem| lower.starts_with(stem))
}
