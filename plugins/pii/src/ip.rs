//! Internet addresses (versions 4 and 6, with zone and prefix) and addresses of network cards.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sdk::window::Hit;

use crate::context::{Around, Topics, glued};
use crate::hit;
use crate::lexicon;

pub const LABEL: &str = "IP_ADDRESS";
pub const CARD_LABEL: &str = "MAC_ADDRESS";

/// Adds the addresses in `text[from..]`.
pub fn find(topics: &Topics<'_>, begin: std::ops::Range<usize>, hits: &mut Vec<Hit>) {
    let text = topics.text;
    let bytes = text.as_bytes();
    let sign = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let mut at = begin.start;
    while at < begin.end {
        if !sign(bytes[at]) {
            // A word that is no number is skipped whole, so that "added::1" begins nothing.
            let word = bytes[at].is_ascii_alphanumeric();
            at += 1;
            while word && at < bytes.len() && bytes[at].is_ascii_alphanumeric() {
                at += 1;
            }
            continue;
        }
        let start = at;
        while at < bytes.len() && sign(bytes[at]) {
            at += 1;
        }
        let word = text[..start].chars().next_back().is_some_and(glued);
        run(topics, start..at, word, hits);
    }
}

/// One run of hexadecimal digits, colons and dots; `word`: glued to something before it.
fn run(topics: &Topics<'_>, run: std::ops::Range<usize>, word: bool, hits: &mut Vec<Hit>) {
    let signs = &topics.text[run.clone()];
    let (colons, dots) = (count(signs, b':'), count(signs, b'.'));
    if colons < 2 && dots < 2 {
        return;
    }
    if colons >= 2 && !word && version_6(topics, run.start, signs, hits) {
        return;
    }
    if dots < 3 {
        return;
    }
    let mut start = run.start;
    for piece in signs.split(':') {
        let inside = start > run.start;
        version_4(topics, start, piece, word && !inside, hits);
        start += piece.len() + 1;
    }
}

fn count(text: &str, sign: u8) -> usize {
    text.bytes().filter(|byte| *byte == sign).count()
}

fn version_6(topics: &Topics<'_>, start: usize, signs: &str, hits: &mut Vec<Hit>) -> bool {
    let text = topics.text;
    let signs = signs.trim_end_matches('.');
    let short = signs
        .strip_suffix(':')
        .filter(|short| !short.ends_with(':'));
    for signs in [Some(signs), short].into_iter().flatten() {
        // No longer text is an address, and the parser need not see it.
        let Some(address) = (signs.len() <= 45)
            .then(|| signs.parse::<Ipv6Addr>().ok())
            .flatten()
        else {
            continue;
        };
        let mut end = start + signs.len();
        if text[end..].starts_with('%') {
            let zone = |c: char| !c.is_ascii_alphanumeric();
            end += 1 + text[end + 1..].find(zone).unwrap_or(text.len() - end - 1);
        } else if text[end..].chars().next().is_some_and(glued) {
            continue;
        }
        // "a::b" is a path in a program.
        let numeric = signs.bytes().any(|byte| byte.is_ascii_digit());
        let prefix = prefix(&text[end..]);
        let about = || topics.around(start).near & lexicon::IP != 0;
        if (numeric || prefix > 0 || about()) && !in_program(text, start, end, IpAddr::V6(address))
        {
            hits.push(hit(start..end + prefix, LABEL, 0.93));
            return true;
        }
    }
    false
}

fn version_4(topics: &Topics<'_>, start: usize, piece: &str, word: bool, hits: &mut Vec<Hit>) {
    let text = topics.text;
    let signs = piece.trim_end_matches('.');
    let Some(address) = (signs.len() <= 15)
        .then(|| signs.parse::<Ipv4Addr>().ok())
        .flatten()
    else {
        return;
    };
    let end = start + signs.len();
    if word || text[end..].chars().next().is_some_and(glued) {
        return;
    }
    let joint = text[..start].ends_with(['.', '-', ','])
        && text[..start - 1].ends_with(|c: char| c.is_ascii_digit());
    let Around { near, .. } = topics.around(start);
    let version = near & lexicon::VERSION != 0 && near & lexicon::IP == 0;
    if joint || version || in_program(text, start, end, IpAddr::V4(address)) {
        return;
    }
    hits.push(hit(start..end + prefix(&text[end..]), LABEL, 0.9));
}

/// The length of a network prefix such as "/24".
fn prefix(rest: &str) -> usize {
    let Some(digits) = rest.strip_prefix('/') else {
        return 0;
    };
    let len = digits.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=3).contains(&len) { len + 1 } else { 0 }
}

/// The machine itself, as programs and their instructions write it: in a link or with a port.
fn in_program(text: &str, start: usize, end: usize, address: IpAddr) -> bool {
    let port = text[end..].trim_start_matches(']').strip_prefix(':');
    let port = port.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let link = text[..start].trim_end_matches('[').ends_with("//");
    (address.is_loopback() || address.is_unspecified()) && (port || link)
}

/// Adds the addresses of network cards in `text[from..]`.
pub fn find_cards(text: &str, begin: std::ops::Range<usize>, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    for at in begin {
        if !bytes[at].is_ascii_hexdigit() || at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
            continue;
        }
        let Some(len) = card(&bytes[at..]) else {
            continue;
        };
        let joint = at > 0 && matches!(bytes[at - 1], b':' | b'-' | b'.') && {
            at > 1 && bytes[at - 2].is_ascii_hexdigit()
        };
        let mut rest = text[at + len..].chars();
        let ends = match rest.next() {
            Some(':' | '-') => !rest.next().is_some_and(|c| c.is_ascii_hexdigit()),
            next => !next.is_some_and(glued),
        };
        if ends && !joint && !text[..at].chars().next_back().is_some_and(glued) {
            hits.push(hit(at..at + len, CARD_LABEL, 0.95));
        }
    }
}

/// The length of a card's address: six pairs, or three fours with dots.
fn card(bytes: &[u8]) -> Option<usize> {
    let sign = *bytes.get(2)?;
    let (group, len, sign) = match sign {
        b':' | b'-' => (2, 17, sign),
        _ if bytes.get(4) == Some(&b'.') => (4, 14, b'.'),
        _ => return None,
    };
    let bytes = bytes.get(..len)?;
    let fits = bytes
        .iter()
        .enumerate()
        .all(|(at, byte)| match at % (group + 1) == group {
            true => *byte == sign,
            false => byte.is_ascii_hexdigit(),
        });
    let first = bytes[0].to_ascii_lowercase();
    let mut digits = bytes.iter().filter(|byte| **byte != sign);
    // All zeros and all ones are no one's.
    let one = digits.all(|byte| byte.to_ascii_lowercase() == first) && matches!(first, b'0' | b'f');
    (fits && !one).then_some(len)
}
