//! Dates: days, months and quarters of a year, as seven languages write them.
//!
//! A date without its year says too little to be one thing, and `3/4/2024` is two different days;
//! both are left out.

use super::text::{Shape, Token};

/// The months, each as it is written in full or short, in small letters.
const MONTHS: [&[&str]; 12] = [
    &[
        "january", "jan", "januar", "jänner", "janvier", "janv", "enero", "ene", "gennaio",
        "janeiro", "januari",
    ],
    &[
        "february",
        "feb",
        "februar",
        "feber",
        "février",
        "févr",
        "febrero",
        "febbraio",
        "fevereiro",
        "februari",
    ],
    &[
        "march", "mar", "märz", "mrz", "mars", "marzo", "março", "maart",
    ],
    &["april", "apr", "avril", "avr", "abril", "abr", "aprile"],
    &["may", "mai", "mayo", "maggio", "maio", "mei"],
    &["june", "jun", "juni", "juin", "junio", "giugno", "junho"],
    &[
        "july", "jul", "juli", "juillet", "juil", "julio", "luglio", "julho",
    ],
    &["august", "aug", "août", "agosto", "ago", "augustus"],
    &[
        "september",
        "sep",
        "sept",
        "septembre",
        "septiembre",
        "settembre",
        "setembro",
    ],
    &[
        "october", "oct", "oktober", "okt", "octobre", "octubre", "ottobre", "outubro",
    ],
    &["november", "nov", "novembre", "noviembre", "novembro"],
    &[
        "december",
        "dec",
        "dezember",
        "dez",
        "décembre",
        "déc",
        "diciembre",
        "dic",
        "dicembre",
        "dezembro",
    ],
];

/// The number of a month, from 1.
pub(super) fn month(word: &str) -> Option<u32> {
    let word = word.to_lowercase();
    let at = MONTHS
        .iter()
        .position(|names| names.contains(&word.as_str()))?;
    u32::try_from(at + 1).ok()
}

/// The date that begins with the first of these tokens: how many they are, and its name, such as
/// `2024-03-12`, `2024-03` or `2024-q3`.
pub(super) fn date(tokens: &[Token<'_>]) -> Option<(usize, String)> {
    match tokens.first()?.shape {
        Shape::Number => numbers(tokens)
            .or_else(|| signed(tokens))
            .or_else(|| day_first(tokens))
            .or_else(|| ideographs(tokens)),
        Shape::Title | Shape::Upper | Shape::Lower => {
            month_first(tokens).or_else(|| quarter(tokens))
        }
        _ => None,
    }
}

/// A day that is one token: `2024-03-12`, `12.03.2024`.
fn numbers(tokens: &[Token<'_>]) -> Option<(usize, String)> {
    let text = tokens[0].text.split('T').next()?;
    let sign = if text.contains('.') { '.' } else { '-' };
    let parts: Vec<&str> = text.split(sign).collect();
    let [first, second, third] = parts.as_slice() else {
        return None;
    };
    let (year, day) = if first.len() == 4 {
        (first, third)
    } else {
        (third, first)
    };
    Some((1, day_name(number(year)?, number(second)?, number(day)?)?))
}

/// A day with signs between: `2024/03/12`, `25/03/2024`, `03/25/2024`.
fn signed(tokens: &[Token<'_>]) -> Option<(usize, String)> {
    let [first, slash, second, again, third, ..] = tokens else {
        return None;
    };
    if !slash.is("/")
        || !again.is("/")
        || [slash, second, again, third].iter().any(|one| one.spaced)
    {
        return None;
    }
    let (a, b, c) = (
        number(first.text)?,
        number(second.text)?,
        number(third.text)?,
    );
    let name = match (a, b, c) {
        (1000.., _, _) => day_name(a, b, c),
        (_, 13.., 1000..) => day_name(c, a, b),
        (13.., _, 1000..) => day_name(c, b, a),
        (_, _, 1000..) if a == b => day_name(c, a, b),
        _ => None,
    };
    Some((5, name?))
}

/// `12 March 2024`, `12. März 2024`, `12th of March, 2024`, `12 de marzo de 2024`.
fn day_first(tokens: &[Token<'_>]) -> Option<(usize, String)> {
    let first = tokens[0].text.to_lowercase();
    let digits = first.trim_end_matches(|c: char| c.is_alphabetic() || c == 'º' || c == 'ª');
    let ending = &first[digits.len()..];
    if !["", "st", "nd", "rd", "th", "er", "re", "º"].contains(&ending) {
        return None;
    }
    let mut at = 1;
    at += usize::from(tokens.get(at).is_some_and(|token| token.is(".")));
    at += usize::from(is_of(tokens.get(at)));
    let month = month(tokens.get(at)?.text)?;
    at += 1;
    at += usize::from(
        tokens
            .get(at)
            .is_some_and(|token| token.is(".") || token.is(",")),
    );
    at += usize::from(is_of(tokens.get(at)));
    Some((
        at + 1,
        day_name(year(tokens.get(at)?)?, month, number(digits)?)?,
    ))
}

fn is_of(token: Option<&Token<'_>>) -> bool {
    token.is_some_and(|token| matches!(token.text, "of" | "de" | "del" | "di" | "do"))
}

/// `March 12, 2024`, `March 2024`, `Sept. 2024`.
fn month_first(tokens: &[Token<'_>]) -> Option<(usize, String)> {
    if tokens[0].text.len() > 12 {
        return None;
    }
    let month = month(tokens[0].text)?;
    let mut at = 1;
    at += usize::from(tokens.get(at).is_some_and(|token| token.is(".")));
    if let Some(year) = tokens.get(at).and_then(year) {
        return Some((at + 1, format!("{year}-{month:02}")));
    }
    if is_of(tokens.get(at)) || tokens.get(at).is_some_and(|token| token.is(",")) {
        let year = year(tokens.get(at + 1)?)?;
        return Some((at + 2, format!("{year}-{month:02}")));
    }
    let day = tokens.get(at)?.text.trim_end_matches(char::is_alphabetic);
    at += 1;
    at += usize::from(tokens.get(at).is_some_and(|token| token.is(",")));
    Some((
        at + 1,
        day_name(year(tokens.get(at)?)?, month, number(day)?)?,
    ))
}

/// `Q3 2024`.
fn quarter(tokens: &[Token<'_>]) -> Option<(usize, String)> {
    let [first, rest, ..] = tokens else {
        return None;
    };
    let number = first.text.strip_prefix('Q').and_then(number)?;
    let slash = usize::from(rest.is("/"));
    let year = year(tokens.get(1 + slash)?)?;
    (1..=4)
        .contains(&number)
        .then(|| (2 + slash, format!("{year}-q{number}")))
}

/// `2024年3月12日`.
fn ideographs(tokens: &[Token<'_>]) -> Option<(usize, String)> {
    let [first, mark, second, moon, rest @ ..] = tokens else {
        return None;
    };
    if !mark.is("年") || !(moon.is("月") || moon.is("⽉")) {
        return None;
    }
    let (year, month) = (year(first)?, number(second.text)?);
    match rest {
        [day, sun, ..] if sun.is("日") => Some((6, day_name(year, month, number(day.text)?)?)),
        _ if (1..=12).contains(&month) => Some((4, format!("{year}-{month:02}"))),
        _ => None,
    }
}

fn number(text: &str) -> Option<u32> {
    let plain = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

fn year(token: &Token<'_>) -> Option<u32> {
    number(token.text).filter(|year| (1000..3000).contains(year))
}

fn day_name(year: u32, month: u32, day: u32) -> Option<String> {
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let real =
        (1000..3000).contains(&year) && (1..=12).contains(&month) && (1..=days).contains(&day);
    real.then(|| format!("{year}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::super::text::{blocks, tokens};
    use super::*;

    #[test]
    fn a_day_has_one_name() {
        for (text, name) in [
            ("2024-03-12", "2024-03-12"),
            ("2024-03-12T10:00", "2024-03-12"),
            ("12.03.2024", "2024-03-12"),
            ("25/03/2024", "2024-03-25"),
            ("03/25/2024", "2024-03-25"),
            ("2024/3/12", "2024-03-12"),
            ("12 March 2024", "2024-03-12"),
            ("12th of March, 2024", "2024-03-12"),
            ("March 12, 2024", "2024-03-12"),
            ("March 12th 2024", "2024-03-12"),
            ("12. März 2024", "2024-03-12"),
            ("1er janvier 2024", "2024-01-01"),
            ("12 août 2024", "2024-08-12"),
            ("12 de marzo de 2024", "2024-03-12"),
            ("Sept. 2024", "2024-09"),
            ("May 2024", "2024-05"),
            ("marzo de 2024", "2024-03"),
            ("Q3 2024", "2024-q3"),
            ("Q3/2024", "2024-q3"),
            ("2024年3月12日", "2024-03-12"),
            ("2024年3月", "2024-03"),
        ] {
            let tokens = tokens(text, blocks(text)[0]);
            assert_eq!(
                date(&tokens).map(|(_, name)| name).as_deref(),
                Some(name),
                "{text}"
            );
        }
        for text in [
            "3/4/2024",
            "31.02.2024",
            "2024",
            "12 March",
            "May I",
            "Q5 2024",
            "1.2.3",
            "2024-13-01",
            "12 marching 2024",
            "99999999-1-1",
        ] {
            let tokens = tokens(text, blocks(text)[0]);
            assert_eq!(date(&tokens), None, "{text}");
        }
    }
}
