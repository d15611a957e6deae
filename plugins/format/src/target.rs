//! Where a link leads, and whether it carries something there.

use crate::decoded;

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
/// Bytes and labels of a host's name.
const NAME: usize = 90;
const LABELS: usize = 7;
/// Bytes of a run that may be decoded.
const CODED: usize = 24;

/// Whether a target is somewhere else, so that a picture from there would be fetched. Browsers
/// drop blanks, Markdown reads `&#47;` as `/`: where such stand, it may be anywhere.
pub fn remote(target: &str) -> bool {
    let slash = |byte: Option<&u8>| matches!(byte, Some(b'/' | b'\\'));
    let bytes = target.as_bytes();
    let front = target.split(['/', '?', '#']).next().unwrap_or_default();
    let before = target.split('?').next().unwrap_or_default();
    slash(bytes.first()) && slash(bytes.get(1))
        || front.contains([':', '\\', '%'])
        || before.contains('&')
        || bytes.iter().any(|byte| *byte <= b' ')
}

/// The host of a target, as it is shown; empty if there is none. It must not lead there again.
pub fn host(target: &str) -> String {
    let target = target.trim_start_matches(|c: char| c <= ' ');
    let rest = match target.split_once(':') {
        Some((_, rest)) => rest,
        None if target.starts_with(['/', '\\']) => target,
        None => return String::new(),
    };
    let rest = rest.trim_start_matches(['/', '\\']);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let part = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':');
    let end = host.find(|c| !part(&c)).unwrap_or(host.len());
    let labels: Vec<_> = host[..end]
        .split('.')
        .filter(|label| !label.is_empty())
        .collect();
    let shown = labels.iter().skip(labels.len().saturating_sub(SHOWN));
    let shown: Vec<String> = shown
        .skip_while(|label| label.eq_ignore_ascii_case("www"))
        .map(|label| label.chars().take(24).collect())
        .collect();
    let mut shown = shown.join(".");
    shown.truncate(shown.floor_char_boundary(72));
    shown
}

/// Labels of a host that are shown.
const SHOWN: usize = 3;

/// Judges the target of a link.
pub fn judge(target: &str) -> Target {
    if !remote(target) {
        // What stands behind `#` goes nowhere.
        return if heavy(target.split('#').next().unwrap_or_default()) {
            Target::Carries(String::new())
        } else {
            Target::Plain
        };
    }
    let (scheme, rest) = target.split_once(':').unwrap_or((target, ""));
    let is = |names: [&str; 2]| names.iter().any(|name| scheme.eq_ignore_ascii_case(name));
    let carries = match () {
        () if is(["http", "https"]) => {
            let rest = rest.trim_start_matches(['/', '\\']);
            let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
            let name = &rest[..end];
            carries_name(name) || heavy(&rest[end..])
        }
        () => !is(["mailto", "tel"]) || heavy(target),
    };
    if carries {
        Target::Carries(host(target))
    } else {
        Target::Plain
    }
}

/// Whether the name of a host holds more than it needs to.
fn carries_name(name: &str) -> bool {
    if name.len() <= CODED
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
    {
        return name.bytes().filter(|b| *b == b'.').count() >= LABELS;
    }
    let labels = name.split(['.', '。', '．', '｡']);
    let odd = |label: &str| label.len() > LABEL || encoded(label) || dense(label);
    name.contains(['@', '&', '%'])
        || name.len() > NAME
        || labels.clone().count() > LABELS
        || labels.into_iter().any(odd)
}

/// Whether letters and digits take turns for long, as nobody's name does: in hosts capitals do not
/// count, so what is hidden there is base32 or hexadecimal.
fn dense(label: &str) -> bool {
    label.split('-').any(|run| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        run.len() > 24 && digits > 2 && run.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

/// Whether a path, a query and a fragment hold more than they need to lead somewhere.
fn heavy(rest: &str) -> bool {
    if rest.len() <= CODED && !rest.bytes().any(|b| matches!(b, b'%' | b'&')) {
        return false;
    }
    let at = rest.find(['?', '#']).unwrap_or(rest.len());
    let (path, query) = rest.split_at(at);
    // Entities hide what they say; nobody needs more than one of them.
    let entity = |text: &str| text.starts_with('#') || text.len() > 1 && !text.starts_with("amp;");
    let hides = |text: &str| {
        let mut parts = text.split('&').skip(1);
        parts.any(|part| {
            part.find(';')
                .is_some_and(|end| end < 34 && entity(&part[..=end]))
        })
    };
    let piece = |piece: &str| {
        piece.len() > PIECE && length(piece) > PIECE || encoded(piece) || escapes(piece)
    };
    let value = |value: &str| {
        value.len() > VALUE && length(value) > VALUE || encoded(value) || escapes(value)
    };
    length(query) > QUERY
        || hides(rest)
        || path.split(['/', '\\', ';']).any(piece)
        || query.split(['?', '#', '&', '=', '/', ';']).any(value)
}

/// Whether a run of letters and digits says something once it is decoded, or is long and as mixed
/// as base64 is. Names that services give, such as digests, say nothing and are short.
fn encoded(text: &str) -> bool {
    let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '_');
    if text.len() <= CODED {
        return false;
    }
    text.split(|c| !sign(c))
        .filter(|run| run.len() > CODED)
        .any(|run| {
            let has = |what: fn(&u8) -> bool| run.as_bytes().iter().any(what);
            let mixed = has(u8::is_ascii_uppercase)
                && has(u8::is_ascii_lowercase)
                && has(u8::is_ascii_digit);
            let hex = run.bytes().all(|b| b.is_ascii_hexdigit()) && has(u8::is_ascii_digit);
            run.len() > VALUE && (mixed || hex) || decoded::speaks(run)
        })
}

/// Bytes of a piece, letters that are no ASCII and had to be escaped counted as half of their own.
fn length(piece: &str) -> usize {
    let bytes = piece.as_bytes();
    let high = |three: &&[u8]| {
        three[0] == b'%' && matches!(three[1], b'8' | b'9' | b'A'..=b'F' | b'a'..=b'f')
    };
    piece.len() - 2 * bytes.windows(3).filter(high).count()
}

/// Whether it spells letters and digits out as `%41`, which nothing needs to.
fn escapes(text: &str) -> bool {
    let plain = text.as_bytes().windows(3).filter(|w| {
        let digit = |at: usize| char::from(w[at]).to_digit(16);
        let byte = digit(1)
            .zip(digit(2))
            .map(|(high, low)| (high << 4 | low) as u8);
        w[0] == b'%' && byte.is_some_and(|byte| byte.is_ascii_alphanumeric())
    });
    plain.take(3).count() == 3
}
