//! Private keys in their armour, of PEM, OpenSSH and PGP; redacted line by line.

use sdk::window::{Cut, Follow, Hit};

use crate::look::places;

pub const LABEL: &str = "PRIVATE_KEY";

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END";
const DASHES: &str = "-----";
/// Bytes that the first line has at most between its dashes.
const TITLE: usize = 64;
/// Bytes of a line that are looked at together.
const LINE: usize = 512;

/// Where the segment ends whose first white space is at `end`: behind the first line of an
/// armour and as much behind it as tells a key from talk of one, if it holds such a line.
pub fn armour(rest: &str, end: usize) -> Cut {
    let word = &rest.as_bytes()[..end];
    if !word.contains(&b'-') {
        return Cut::At(end);
    }
    let begins = |part: &[u8]| part == BEGIN.trim_end().as_bytes();
    let Some(begin) = word.windows(BEGIN.len() - 1).rposition(begins) else {
        return Cut::At(end);
    };
    // What is behind a title of its greatest length decides nothing.
    let title = &rest.as_bytes()[begin + BEGIN.len() - 1..];
    let title = &title[..title.len().min(TITLE + DASHES.len())];
    let line = title.iter().position(|byte| *byte == b'\n');
    let title = &title[..line.unwrap_or(title.len())];
    let dashes = |part: &[u8]| part == DASHES.as_bytes();
    match title.windows(DASHES.len()).position(dashes) {
        Some(at) if at <= TITLE => {
            let body = begin + BEGIN.len() - 1 + at + DASHES.len();
            match body_of(&rest[body..]) {
                Body::Key(len) | Body::Talk(len) => Cut::At((body + len).max(end)),
                Body::More => Cut::More,
            }
        }
        None if line.is_none() && title.len() < TITLE + DASHES.len() => Cut::More,
        _ => Cut::At(end),
    }
}

/// What follows the first line of an armour, and how much of it was looked at.
enum Body {
    Key(usize),
    Talk(usize),
    More,
}

fn body_of(text: &str) -> Body {
    const RUN: usize = 20;
    const LOOK: usize = 320;
    let bytes = text.as_bytes();
    let (mut run, mut short, mut header) = (0, 0, false);
    for (at, byte) in bytes.iter().enumerate().take(LOOK) {
        let next = bytes.get(at + 1);
        match byte {
            b'\n' => (run, header) = (0, false),
            _ if header => {}
            b':' => header = true,
            b'-' if next == Some(&b'-') => return Body::Talk(at),
            b'\\' | b'-' | b'"' | b'\'' | b',' | b'>' => run = 0,
            b' ' | b'\t' | b'\r' => {
                short += usize::from(run > 0);
                run = 0;
                if short > 3 {
                    return Body::Talk(at);
                }
            }
            _ if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=') => {
                run += 1;
                if run == RUN {
                    return Body::Key(at + 1);
                }
            }
            _ => return Body::Talk(at),
        }
    }
    if bytes.len() >= LOOK {
        Body::Talk(0)
    } else {
        Body::More
    }
}

/// Where PuTTY's files begin to be secret.
const PUTTY: &str = "Private-Lines:";

pub fn find(text: &str, from: usize, hits: &mut Vec<Hit>) {
    let mut take = |span| {
        hits.push(Hit {
            span,
            label: LABEL,
            score: 1.0,
            tail: Some(rest_of_block),
        });
    };
    let bytes = text.as_bytes();
    let dashes = |part: &[u8]| part == DASHES.as_bytes();
    for start in places(bytes, from..bytes.len(), BEGIN) {
        let title = &bytes[start + BEGIN.len()..];
        let title = &title[..title.len().min(TITLE + DASHES.len())];
        let Some(len) = title.windows(DASHES.len()).position(dashes) else {
            continue;
        };
        let title = &title[..len];
        let private = title.ends_with(b"PRIVATE KEY") || title.ends_with(b"PRIVATE KEY BLOCK");
        let body = start + BEGIN.len() + len + DASHES.len();
        if private && matches!(body_of(&text[body..]), Body::Key(_)) {
            take(start..body);
        }
    }
    if text.ends_with(PUTTY) && text.len() - from >= PUTTY.len() {
        take(text.len() - PUTTY.len()..text.len());
    }
}

/// Takes lines as long as they look like those of a key, up to and with its end.
fn rest_of_block(rest: &str, done: bool) -> Follow {
    let mut limit = rest.len().min(LINE);
    while !rest.is_char_boundary(limit) {
        limit -= 1;
    }
    let newline = rest[..limit].find('\n');
    let line = &rest[..newline.unwrap_or(limit)];
    let whole = newline.is_some() || done || rest.len() >= LINE;
    if let Some(at) = line.find(END) {
        let title = &line[at + END.len()..];
        return match title.find(DASHES) {
            Some(len) if !key_line(&line[..at]) || len > TITLE => Follow::End(0),
            Some(len) => Follow::End(at + END.len() + len + DASHES.len()),
            None if whole || title.len() > TITLE => Follow::End(0),
            None => Follow::More,
        };
    }
    match newline {
        _ if !whole => Follow::More,
        _ if !key_line(line) => Follow::End(0),
        Some(at) => Follow::Past(at + 1),
        None if rest.len() < LINE => Follow::End(line.len()),
        // The end of the armour may begin here.
        None => Follow::Past(line.len() - END.len()),
    }
}

/// Base64 in one piece or in long pieces, or a header such as `DEK-Info: AES-256-CBC,…`. Quotes,
/// commas and escaped line ends are those of source code.
fn key_line(line: &str) -> bool {
    let line = line.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '+' | '>' | ';')
    });
    let header = line.split_once(": ").is_some_and(|(name, _)| {
        matches!(
            name,
            "Proc-Type" | "DEK-Info" | "Version" | "Comment" | "Hash" | "Charset"
        )
    });
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '\\' | '-');
    let mut words = line.split_ascii_whitespace();
    let pieces = line.split_ascii_whitespace().count();
    let long = pieces < 2 || line.len() / pieces >= 16;
    header || (long && words.all(|word| word.chars().all(part)))
}
