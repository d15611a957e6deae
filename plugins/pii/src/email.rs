//! E-mail addresses: RFC 5321's form and lengths, with letters of other scripts (RFC 6531).

use sdk::window::Hit;

use crate::context::{after, alphanumeric, solid};
use crate::hit;

pub const LABEL: &str = "EMAIL";

/// What follows an @ and a dot in the names of files.
const FILES: [&str; 12] = [
    "png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "html", "md",
];

pub fn find(text: &str, from: usize, hits: &mut Vec<Hit>) {
    let mut free = from;
    for (at, _) in text[from..].match_indices('@') {
        let at = at + from;
        // No domain begins here.
        if !text[at + 1..].starts_with(alphanumeric) {
            continue;
        }
        let start = local_start(&text[free..at]) + free;
        let Some(domain) = domain(&text[at + 1..]) else {
            continue;
        };
        let end = at + 1 + domain.len();
        // "git@host:path" names a repository.
        let remote = &text[start..at] == "git" && after(text, end) == Some(':');
        if start < at && !remote && !retina(domain) {
            hits.push(hit(start..end, LABEL, 1.0));
            free = end;
        }
    }
}

/// Where the local part begins that ends with `before`. Signs that are legal but stand between a
/// word such as `mailto:` or `to=` and the address rather than in it end it.
fn local_start(before: &str) -> usize {
    let legal = |c: char| alphanumeric(c) || matches!(c, '.' | '_' | '%' | '+' | '-' | '&');
    let mut start = before.len();
    for (at, c) in before.char_indices().rev() {
        if !legal(c) || before.len() - at > 64 {
            break;
        }
        start = at;
    }
    let local = before[start..].trim_start_matches(['.', '-', '+', '%', '&']);
    before.len() - local.len()
}

/// The domain at the beginning of `rest`: labels of at most 63 bytes, a last one of letters.
fn domain(rest: &str) -> Option<&str> {
    let end = rest
        .char_indices()
        .find(|(at, c)| !(alphanumeric(*c) && solid(*c) || matches!(c, '-' | '.')) || *at > 250)
        .map_or(rest.len(), |(at, _)| at);
    let mut domain = rest[..end].trim_end_matches(['.', '-']);
    // A sentence may go on behind a dot without a space: cut labels that no domain ends in.
    let mut pairs = domain.as_bytes().windows(2);
    if let Some(len) = pairs.position(|pair| pair == b"..") {
        domain = &domain[..len];
    }
    let labels = domain.split('.');
    let fine = |label: &str| {
        (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    let top = (2..=24).contains(&last.len()) && last.chars().all(char::is_alphabetic)
        || last.starts_with("xn--");
    (domain.contains('.') && top && labels.into_iter().all(fine)).then_some(domain)
}

/// `icon@2x.png`: a picture for fine screens.
fn retina(domain: &str) -> bool {
    let top = domain.rsplit('.').next().unwrap_or_default();
    FILES.contains(&top) && domain.starts_with(|c: char| c.is_ascii_digit())
}
