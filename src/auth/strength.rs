//! Which passwords are taken: 12 to 128 characters that are not easy to guess.
//!
//! There are no rules about digits and capitals: they make people write `Password123!`. What is
//! refused is what attackers try first (NIST SP 800-63B, OWASP ASVS 6.2): well-known words with
//! decoration, rows of the keyboard, repetitions, and the names of the product and the person.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// Characters of a password, at least and at most.
pub(super) const SHORTEST: usize = 12;
pub(super) const LONGEST: usize = 128;
/// A password must keep this many characters when everything well known is taken out of it.
const OWN_CHARS: usize = 6;

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    #[error("a password has at least {SHORTEST} characters")]
    TooShort,
    #[error("a password has at most {LONGEST} characters")]
    TooLong,
    #[error("this password is among those that are tried first")]
    Common,
    #[error("this password repeats itself or follows the keyboard")]
    Pattern,
    #[error("this password is mostly your own name, address or the name of the product")]
    Personal,
}

impl Weakness {
    /// What to do instead.
    pub(super) fn hint(self) -> &'static str {
        "Four or five unrelated words make a good password; a password manager makes a better one."
    }
}

/// One word a line, lower case; what stands behind `#` is for the reader.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let text = include_str!("../../assets/common-passwords.txt");
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).collect()
});

/// Rows that fingers follow; each is read in both directions.
const ROWS: [&str; 8] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
];

/// Looks at a new password of the person with this address and name.
pub(super) fn judge(password: &str, email: &str, name: &str) -> Result<(), Weakness> {
    let composed: String = password.nfkc().collect();
    let length = composed.chars().count();
    if length < SHORTEST {
        return Err(Weakness::TooShort);
    }
    if length > LONGEST {
        return Err(Weakness::TooLong);
    }
    let plain: Vec<char> = composed.to_lowercase().chars().collect();
    if repeats(&plain) || follows_rows(&plain) {
        return Err(Weakness::Pattern);
    }
    let text: String = plain.iter().collect();
    if is_common(&text) {
        return Err(Weakness::Common);
    }
    if own_chars(&text, email, name) < OWN_CHARS {
        return Err(Weakness::Personal);
    }
    Ok(())
}

/// Is it one short piece over and over, as `abcabcabcabc`, or made of one or two characters?
fn repeats(text: &[char]) -> bool {
    let kinds: HashSet<_> = text.iter().collect();
    let piece = |size: usize| text.iter().enumerate().all(|(at, c)| *c == text[at % size]);
    kinds.len() <= 3 || (1..SHORTEST.min(text.len() / 2 + 1)).any(piece)
}

/// Is nearly all of it runs along a row, as `qwertyuiop12`?
fn follows_rows(text: &[char]) -> bool {
    let rows: Vec<Vec<char>> = ROWS
        .iter()
        .flat_map(|row| [row.chars().collect(), row.chars().rev().collect()])
        .collect();
    let (mut at, mut along) = (0, 0);
    while at < text.len() {
        let run = rows
            .iter()
            .map(|row| run(&text[at..], row))
            .max()
            .unwrap_or(1);
        if run >= 3 {
            along += run;
        }
        at += run;
    }
    text.len() - along < OWN_CHARS / 2
}

/// How many characters from the start of `text` stand side by side in `row`; at least 1.
fn run(text: &[char], row: &[char]) -> usize {
    let from = |at: usize| {
        text.iter()
            .zip(&row[at..])
            .take_while(|(a, b)| a == b)
            .count()
    };
    (0..row.len()).map(from).max().unwrap_or(0).max(1)
}

/// Is it a well-known word, or two, with digits and signs around or in place of letters?
fn is_common(text: &str) -> bool {
    let letters = |text: &str| -> String { text.chars().filter(|c| c.is_alphabetic()).collect() };
    let undone = |text: &str| letters(&text.chars().map(undecorate).collect::<String>());
    let bare = text.trim_matches(|c: char| !c.is_alphabetic());
    let forms = [text.to_owned(), letters(text), undone(text), undone(bare)];
    forms.iter().any(|form| {
        let known = |word: &str| COMMON.contains(word);
        let borders = form.char_indices().map(|(at, _)| form.split_at(at));
        known(form)
            || borders
                .into_iter()
                .any(|(head, tail)| known(head) && known(tail))
    })
}

/// The letter that a digit or sign often stands for.
fn undecorate(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Characters that are left without the product's words and the person's.
fn own_chars(text: &str, email: &str, name: &str) -> usize {
    let words = format!("{email} {name}").to_lowercase();
    let mut personal: Vec<&str> = words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= 3)
        .chain(["privatestack", "private", "stack"])
        .collect();
    personal.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut rest = text.to_owned();
    for word in personal {
        rest = rest.replace(word, "");
    }
    rest.chars().filter(|c| c.is_alphabetic()).count()
        + rest.chars().filter(|c| c.is_numeric()).count() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: &str = "ada.lovelace@engine.example";
    const NAME: &str = "Ada Lovelace";

    #[test]
    fn passwords_that_are_tried_first_are_refused() {
        for (password, weakness) in [
            ("short pass!", Weakness::TooShort),
            ("", Weakness::TooShort),
            (
                &"correct horse battery staple ".repeat(5),
                Weakness::TooLong,
            ),
            ("aaaaaaaaaaaa", Weakness::Pattern),
            ("abcabcabcabc", Weakness::Pattern),
            ("121212121212", Weakness::Pattern),
            ("123456789012", Weakness::Pattern),
            ("qwertyuiop12", Weakness::Pattern),
            ("QWERTZuiop123", Weakness::Pattern),
            ("1qaz2wsx3edc", Weakness::Pattern),
            ("zyxwvutsrqponm", Weakness::Pattern),
            ("password1234", Weakness::Common),
            ("P@ssw0rd!!!!!", Weakness::Common),
            ("Password!2026", Weakness::Common),
            ("123iloveyou456", Weakness::Common),
            ("welcomeadmin1", Weakness::Common),
            ("Changeme!!2026", Weakness::Common),
            ("privatestack1", Weakness::Personal),
            ("PrivateStack-2026!", Weakness::Personal),
            ("AdaLovelace1815", Weakness::Personal),
            ("ada.lovelace@engine", Weakness::Personal),
        ] {
            assert_eq!(judge(password, EMAIL, NAME), Err(weakness), "{password}");
        }
    }

    #[test]
    fn a_phrase_is_enough_without_digits_or_signs() {
        for password in [
            "correct horse battery",
            "violet harbor",
            "wxkq tpnz fbrl",
            "Übermut tut selten gut",
            "8f3k2m9x7q1z",
            "привет из далёкого города",
            &"a long and winding road ".repeat(5),
        ] {
            assert_eq!(judge(password, EMAIL, NAME), Ok(()), "{password}");
        }
    }
}
