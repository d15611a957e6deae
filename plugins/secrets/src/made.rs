//! Values that machines make: how they differ from words, names and versions.

use std::ops::Range;

use crate::look::{entropy, mixed, placeholder, starts_with, variable};
use crate::named::{Kind, Name, Tie};
use crate::shape::{Runs, Set, uuid};
use crate::words::like_words;
use crate::{base64, key_block, token};

/// Where in a value behind a name that promises a secret one is.
pub fn secret(
    text: &str,
    span: Range<usize>,
    (name, kind): (&Name<'_>, Kind),
    quoted: bool,
    runs: &Runs<'_>,
) -> Option<Range<usize>> {
    let start = span.start;
    let list = name.tie == Tie::List;
    if list && !quoted && (span.len() < 20 || text[span.clone()].contains('_')) {
        return None;
    }
    // A query string goes on behind the value.
    let value = text[span].split('&').next().unwrap_or_default();
    if whole(value) && (random(value, kind, runs, start) || pair(value)) {
        return Some(start..start + value.len());
    }
    if let Some(encoded) = value.strip_prefix("base64:") {
        let start = start + value.len() - encoded.len();
        return (whole(encoded) && random(encoded, kind, runs, start))
            .then_some(start..start + encoded.len());
    }
    let phrase = (quoted && kind == Kind::Secret).then(|| quotation(text, start));
    phrase
        .flatten()
        .filter(|phrase| scrambled(&text[phrase.clone()]))
}

/// What one of a pair says of the other: the secret of an AWS key, the private part of a JSON key.
pub fn beside(
    text: &str,
    span: Range<usize>,
    name: &Name<'_>,
    runs: &Runs<'_>,
) -> Option<&'static str> {
    let value = &text[span.clone()];
    let shape = |set: Set| {
        runs.end(set, span.start) == span.end && entropy(value) >= 4.0 && !placeholder(value)
    };
    let lead = name.lead().as_bytes();
    if value.len() == 40 && matches!(name.tie, Tie::List | Tie::Sign) {
        let id = &lead[lead.len().saturating_sub(20)..];
        let key = id.starts_with(b"AKIA") || id.starts_with(b"ASIA");
        let id = key && id.len() == 20 && id.iter().all(|byte| Set::Up.has(*byte));
        return (id && shape(Set::Base64)).then_some("AWS_SECRET_KEY");
    }
    let private = matches!(lead, [.., quote, b'd'] if matches!(quote, b'"' | b'\''));
    let curve = matches!(value.len(), 43 | 64 | 88) && name.tie == Tie::Sign;
    (private && curve && shape(Set::Word)).then_some(key_block::LABEL)
}

/// What a quote at `start` holds up to the quote that closes it.
fn quotation(text: &str, start: usize) -> Option<Range<usize>> {
    const LONGEST: usize = 150;
    let bytes = text.as_bytes();
    let open = *bytes.get(start.checked_sub(1)?)?;
    if !matches!(open, b'"' | b'\'') {
        return None;
    }
    let rest = &bytes[start..bytes.len().min(start + LONGEST)];
    let stop = |byte: &u8| *byte == open || !byte.is_ascii_graphic();
    let length = rest.iter().position(stop)?;
    (rest[length] == open).then_some(start..start + length)
}

/// Whether a value in quotes is letters, digits and signs without order, as frameworks make keys.
fn scrambled(value: &str) -> bool {
    let value = value.strip_prefix("django-insecure-").unwrap_or(value);
    let pattern = ["[0-9", "[a-z", "[A-Z", "(?", "\\", "://"];
    let count = |fits: fn(&u8) -> bool| value.bytes().filter(fits).count();
    let sign = |byte: &u8| byte.is_ascii_punctuation() && !b"/._-".contains(byte);
    let mut signs: Vec<u8> = value.bytes().filter(sign).collect();
    signs.sort_unstable();
    signs.dedup();
    value.len() >= 20
        && signs.len() >= 4
        && count(u8::is_ascii_digit) >= 2
        && count(u8::is_ascii_alphabetic) >= 8
        && entropy(value) >= 4.0
        && !placeholder(value)
        && !like_words(value)
        && !pattern.iter().any(|part| value.contains(part))
}

/// Whether a sign of equality stands in a value only at its end, as in base64.
fn whole(value: &str) -> bool {
    let sign = value.find('=').unwrap_or(value.len());
    value.as_bytes()[sign..].iter().all(|byte| *byte == b'=')
}

/// `name:password` in base64, as Docker keeps it.
fn pair(value: &str) -> bool {
    let said = (value.len() >= 12).then(|| base64::typed(value)).flatten();
    said.is_some_and(|said| {
        said.split_once(':')
            .is_some_and(|(name, rest)| name.len() > 1 && rest.len() > 2)
    })
}

/// How the public keys of RSA and of curves begin in base64.
const PUBLIC_KEYS: [&str; 6] = [
    "MFkwEwYHKoZIzj0C",
    "MHYwEAYHKoZIzj0C",
    "MIIBIjANBgkqhkiG9w0BAQEF",
    "MIICIjANBgkqhkiG9w0BAQEF",
    "MIGfMA0GCSqGSIb3DQEBAQUA",
    "MCowBQYDK2Vw",
];

/// Whether a value is one run of the characters of tokens, and random.
fn random(value: &str, kind: Kind, runs: &Runs<'_>, start: usize) -> bool {
    let weak = kind == Kind::Key;
    let least = if weak { 16 } else { 10 };
    if value.len() < least || value.len() > 150 || runs.end(Set::Token, start) < start + value.len()
    {
        return false;
    }
    if PUBLIC_KEYS.iter().any(|start| value.starts_with(start)) {
        return false;
    }
    if !mixed(value) || placeholder(value) || token::strict(value) || variable(value) {
        return false;
    }
    let hex = value.bytes().all(|b| b.is_ascii_hexdigit());
    let wanted = match (value.len(), hex) {
        (32.., true) => 3.0,
        (_, true) if weak => return false,
        (_, true) => 2.8,
        (..16, false) => 3.1,
        _ => 3.3,
    };
    if uuid(value.as_bytes()) && value.len() == 36 {
        return !weak;
    }
    entropy(value) >= wanted && !written(value) && !constant(value)
}

/// Whether a value is a constant of a program, `WIN32_ERROR`, or a long number, `0x46ce_0225`.
pub fn constant(value: &str) -> bool {
    let parts = || value.split('_');
    let capital = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    if !value.bytes().all(capital) || !value.bytes().any(|b| b.is_ascii_uppercase()) {
        return value.starts_with("0x") && value.contains('_');
    }
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match parts().count() {
        1 => !value.bytes().any(|b| b.is_ascii_digit()) && value.len() < 12,
        2 => !parts().any(number) && value.len() < 40,
        _ => value.len() < 60,
    }
}

/// Whether people wrote it: words, a version, a host, a file or a path.
fn written(value: &str) -> bool {
    let body = value.trim_end_matches('=');
    const DIGESTS: [&str; 6] = ["sha1-", "sha256-", "sha384-", "sha512-", "sha256:", "md5:"];
    let digest = |sign: &&str| starts_with(value.as_bytes(), sign.as_bytes());
    let snapshot = |part: &[u8]| part.eq_ignore_ascii_case(b"snapshot");
    if body.starts_with(['/', '.', '-', '~', '%'])
        || body.contains('=')
        || DIGESTS.iter().any(digest)
        || like_words(body)
        || value.as_bytes().windows(8).any(snapshot)
    {
        return true;
    }
    // A name of parts: each short, or one that reads.
    let parts = || body.split(['.', '-', '_', '/', '+']);
    let longest = parts().map(str::len).max().unwrap_or(0);
    (parts().count() > 1 && longest < 8) || (body.contains('.') && longest < 16)
}
