//! Where a link leads, and whether it carries something there.

/// What is to be said of a link's target.
#[derive(Debug, PartialEq)]
pub enum Target {
    /// Within the box, or a place like any other.
    Plain,
    /// It carries data or runs something; the host, if it has one.
    Carries(String),
}

/// Bytes of a query, of one of its values, of a piece of a path, of a label of a host.
const QUERY: usize = 160;
const VALUE: usize = 64;
const PIECE: usize = 120;
const LABEL: usize = 40;

/// Whether a target is somewhere else, so that a picture from there would be fetched.
pub fn remote(target: &str) -> bool {
    let slash = |byte: Option<&u8>| matches!(byte, Some(b'/' | b'\\'));
    let bytes = target.as_bytes();
    let front = target.split(['/', '?', '#']).next().unwrap_or_default();
    slash(bytes.first()) && slash(bytes.get(1)) || front.contains([':', '&', '\\', '%'])
}

/// The host of a target, as it is shown; empty if there is none.
pub fn host(target: &str) -> String {
    let rest = target.split_once(':').map_or(target, |(_, rest)| rest);
    let rest = rest.trim_start_matches(['/', '\\']);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let part = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':');
    host.chars().take_while(part).take(60).collect()
}

/// Judges the target of a link.
pub fn judge(target: &str) -> Target {
    if !remote(target) {
        return if heavy(target) {
            Target::Carries(String::new())
        } else {
            Target::Plain
        };
    }
    let scheme = target
        .split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let carries = match scheme.as_str() {
        "http" | "https" => {
            let rest = &target[scheme.len() + 1..];
            let rest = rest.trim_start_matches(['/', '\\']);
            let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
            let name = &rest[..end];
            name.contains('@')
                || name.split('.').any(|label| label.len() > LABEL)
                || heavy(&rest[end..])
        }
        "mailto" | "tel" => heavy(target),
        _ => true,
    };
    if carries {
        Target::Carries(host(target))
    } else {
        Target::Plain
    }
}

/// Whether a path, a query and a fragment hold more than they need to lead somewhere.
fn heavy(rest: &str) -> bool {
    let at = rest.find(['?', '#']).unwrap_or(rest.len());
    let (path, query) = rest.split_at(at);
    let piece = |piece: &str| piece.len() > PIECE || encoded(piece, VALUE) || escapes(piece);
    let value = |value: &str| value.len() > VALUE || encoded(value, 24) || escapes(value);
    query.len() > QUERY
        || path.split(['/', '\\', ';']).any(piece)
        || query.split(['?', '#', '&', '=', '/', ';']).any(value)
}

/// Whether it is as base64 is: long, with capitals, small letters and digits and nothing that
/// parts words, or hexadecimal. Digests of commits in paths are short enough to stay.
fn encoded(text: &str, least: usize) -> bool {
    let sign = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'_' | b'%');
    text.split(['-', '.', '~']).any(|run| {
        let has = |what: fn(&u8) -> bool| run.as_bytes().iter().any(what);
        let mixed =
            has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
        let hex = run.bytes().all(|b| b.is_ascii_hexdigit()) && has(u8::is_ascii_digit);
        let long = run.len() > if hex { least.max(64) } else { least };
        long && run.bytes().all(sign) && (mixed || hex)
    })
}

/// Whether it spells plain characters out as `%41`: what must be escaped is never that much.
fn escapes(text: &str) -> bool {
    let plain = text
        .as_bytes()
        .windows(3)
        .filter(|w| w[0] == b'%' && matches!(w[1], b'2'..=b'7'));
    plain.take(6).count() == 6
}
