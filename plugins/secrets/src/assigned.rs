//! Values that a name calls secret: `password = …`, `"api_key": "…"`, `Bearer …`.

use sdk::window::{Follow, Hit};

use crate::hit;
use crate::look::{entropy, mixed, placeholder};

pub const PASSWORD: &str = "PASSWORD";
pub const SECRET: &str = "SECRET";
pub const AWS_SECRET_KEY: &str = "AWS_SECRET_KEY";

/// Bytes before a value in which its name stands.
const LEAD: usize = 72;

/// Names of what people choose: any value will do.
const PASSWORDS: [&str; 11] = [
    "password",
    "passwd",
    "passwort",
    "kennwort",
    "passphrase",
    "pwd",
    "contraseña",
    "motdepasse",
    "wachtwoord",
    "parola",
    "senha",
];
/// Names of what machines make: the value must look random.
const SECRETS: [&str; 18] = [
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "authkey",
    "accountkey",
    "sharedaccesskey",
    "clientsecret",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "credential",
    "credentials",
    "bearer",
    "authorization",
    "schlüssel",
];

pub fn find(text: &str, from: usize, hits: &mut Vec<Hit>) {
    offer(text, from, hits);
    for (at, _) in text[from..].match_indices(['=', ':']) {
        offer(text, from + at + 1, hits);
    }
}

/// How a value is tied to its name.
#[derive(Clone, Copy, PartialEq)]
enum Tie {
    /// `name=value`, `"name": "value"`, `name: value`.
    Sign,
    /// `the name is value`, `Bearer value`.
    Word,
}

/// Takes the value that begins at `at`, behind quotes, if it has a name that says so.
fn offer(text: &str, at: usize, hits: &mut Vec<Hit>) {
    let quote = |c: char| matches!(c, '"' | '\'' | '`' | '*' | '\\');
    let start = at + (text[at..].len() - text[at..].trim_start_matches(quote).len());
    let end_of =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ';' | '<' | '>' | ',');
    let len = text[start..].find(end_of).unwrap_or(text.len() - start);
    let mut value = text[start..start + len].trim_end_matches(['.', ')', '*', '\\', '}', ']']);
    if value.len() < 4 {
        return;
    }
    let Some((tie, name)) = name_before(text, at) else {
        return;
    };
    let quoted = start > at || text[..at].ends_with(quote);
    let label = if PASSWORDS
        .iter()
        .any(|known| name.ends_with(known) || last_word_has(&name, known))
    {
        password(value, tie, quoted).then_some(PASSWORD)
    } else if SECRETS
        .iter()
        .any(|known| name.ends_with(known) || last_word_has(&name, known))
    {
        // A query string goes on behind the value.
        value = value.split('&').next().unwrap_or_default();
        secret(value).then_some(if value.len() == 40 && name.contains("secret") {
            AWS_SECRET_KEY
        } else {
            SECRET
        })
    } else {
        None
    };
    let Some(label) = label else { return };
    let mut found = hit(text, start..start + value.len(), label, 0.85);
    // A passphrase in quotes goes on to the quote that closes it.
    let blank_behind = text[start + value.len()..].starts_with([' ', '\t']);
    if label == PASSWORD && (blank_behind || found.span.end == text.len()) {
        match text[..start].chars().next_back() {
            Some('"') => found.tail = Some(rest_of_double_quotes),
            Some('\'') => found.tail = Some(rest_of_single_quotes),
            _ => {}
        }
    }
    hits.push(found);
}

/// Bytes of a passphrase that are looked at for the quote that closes it.
const PHRASE: usize = 128;

fn rest_of_double_quotes(rest: &str, done: bool) -> Follow {
    rest_of_phrase(rest, done, '"')
}

fn rest_of_single_quotes(rest: &str, done: bool) -> Follow {
    rest_of_phrase(rest, done, '\'')
}

fn rest_of_phrase(rest: &str, done: bool, quote: char) -> Follow {
    match rest
        .char_indices()
        .find(|(at, c)| *c == quote || *c == '\n' || *at >= PHRASE)
    {
        Some((at, c)) if c == quote => Follow::End(at),
        Some(_) => Follow::End(0),
        None if done => Follow::End(0),
        None => Follow::More,
    }
}

/// The name that a value at `at` is tied to, in lower case without separators, words kept apart by
/// one space; `None` if there is no tie.
fn name_before(text: &str, at: usize) -> Option<(Tie, String)> {
    let mut from = at.saturating_sub(LEAD);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let quote = |c: char| matches!(c, '"' | '\'' | '`' | '*' | '\\');
    let lead = text[from..at].trim_end_matches(|c: char| c == ' ' || c == '\t' || quote(c));
    let signless = lead.trim_end_matches(['=', ':', '>']);
    let (tie, lead) = if signless.len() < lead.len() {
        (Tie::Sign, signless)
    } else {
        let (before, word) = lead.rsplit_once(' ').unwrap_or(("", lead));
        match word {
            "is" | "ist" | "lautet" | "es" | "est" | "è" => (Tie::Word, before),
            // The name itself ties: "Bearer abc".
            _ if word.eq_ignore_ascii_case("bearer") => (Tie::Word, lead),
            _ => return None,
        }
    };
    let lead = lead.trim_end_matches(|c: char| c == ' ' || quote(c) || matches!(c, '(' | ')'));
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    let start = lead
        .char_indices()
        .rev()
        .find(|(_, c)| !part(*c))
        .map_or(0, |(at, c)| at + c.len_utf8());
    let name: String = lead[start..]
        .to_lowercase()
        .chars()
        .filter(|c| !matches!(c, '_' | '-' | '.'))
        .collect();
    let tail: Vec<&str> = name.split(' ').filter(|word| !word.is_empty()).collect();
    let words = &tail[tail.len().saturating_sub(3)..];
    // "api key" and "mot de passe" are one name; "the token for it" is not.
    Some((
        tie,
        words.concat() + " " + words.last().copied().unwrap_or_default(),
    ))
}

/// Whether the last word holds the name with something short behind it, as `password1` or
/// `tokenvalue` do.
fn last_word_has(name: &str, known: &str) -> bool {
    let (joined, last) = name.split_once(' ').unwrap_or(("", name));
    let behind = |word: &str| {
        word.rfind(known)
            .is_some_and(|at| word.len() - at <= known.len() + 5)
    };
    behind(last) && !last.starts_with("max") || joined.ends_with(known)
}

/// Whether a value can be a password that a person or a machine chose, and is no word of a
/// sentence, reference or type.
fn password(value: &str, tie: Tie, quoted: bool) -> bool {
    const KINDS: [&str; 12] = [
        "string",
        "none",
        "null",
        "true",
        "false",
        "undefined",
        "required",
        "optional",
        "nil",
        "bool",
        "str",
        "text",
    ];
    let lower = value.to_ascii_lowercase();
    if placeholder(value) || KINDS.contains(&lower.as_str()) || value.len() > 200 {
        return false;
    }
    let call = value.contains('(') || value.contains("::") || lower.contains("environ");
    let symbol = value.chars().any(|c| c.is_ascii_punctuation());
    let inner_upper = value.chars().skip(1).any(char::is_uppercase);
    let digit = value.chars().any(|c| c.is_ascii_digit());
    let strong = (digit || inner_upper || symbol) && value.len() >= 6;
    match tie {
        _ if call => false,
        Tie::Word => strong && digit,
        Tie::Sign => strong || quoted,
    }
}

/// Whether a value looks made by a machine.
fn secret(value: &str) -> bool {
    let part = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'/' | b'=' | b'.' | b'~')
    };
    value.len() >= 16
        && value.bytes().all(part)
        && mixed(value)
        && !placeholder(value)
        && entropy(value) >= 3.2
}
