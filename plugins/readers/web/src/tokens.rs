//! Cuts HTML and XML into tags and texts, as tolerantly as browsers do. Every byte is looked at a
//! bounded number of times, whatever is left open.

use crate::entities;

/// One piece of a page.
#[derive(Debug)]
pub enum Token<'a> {
    /// A tag that opens an element. `closed`: it ends with `/>`.
    Start { tag: Tag<'a>, closed: bool },
    /// A tag that closes one.
    End(&'a str),
    /// Characters. `raw`: references in them stand for themselves.
    Text { text: &'a str, raw: bool },
}

/// The inside of a tag that opens.
#[derive(Clone, Copy, Debug)]
pub struct Tag<'a> {
    /// As it is written.
    pub name: &'a str,
    attributes: &'a str,
}

/// The tokens of a page.
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// XML has no elements whose text is not looked into.
    xml: bool,
    /// The element whose text comes next, up to its end.
    within: Option<&'a str>,
    /// Quotes of tags are not trusted any more: one was never closed.
    unquoted: bool,
    /// Names of [`RAW`] that are known not to be closed further on.
    open_ended: u8,
}

/// Elements whose text holds no tags, and whether references in it are replaced.
const RAW: [(&str, bool); 8] = [
    ("script", false),
    ("style", false),
    ("title", true),
    ("textarea", true),
    ("iframe", false),
    ("noembed", false),
    ("noframes", false),
    ("xmp", false),
];

impl<'a> Tokens<'a> {
    /// Those of an HTML page.
    pub fn html(text: &'a str) -> Self {
        Tokens {
            text,
            at: 0,
            xml: false,
            within: None,
            unquoted: false,
            open_ended: 0,
        }
    }

    /// Those of an XML document.
    pub fn xml(text: &'a str) -> Self {
        Tokens {
            xml: true,
            ..Tokens::html(text)
        }
    }

    /// How many bytes are read.
    pub fn consumed(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, length: usize) -> &'a str {
        let taken = self.rest().get(..length).unwrap_or(self.rest());
        self.at += taken.len();
        taken
    }

    /// What stands up to `end`, which is passed over; all that is left if it does not come.
    fn through(&mut self, end: &str) -> &'a str {
        let found = self.rest().find(end);
        let inside = self.take(found.unwrap_or(usize::MAX));
        self.take(if found.is_some() { end.len() } else { 0 });
        inside
    }

    /// The text of an element that holds no tags.
    fn raw(&mut self, name: &'a str) -> Option<Token<'a>> {
        let index = RAW.iter().position(|(raw, _)| same(raw, name))?;
        let (_, references) = RAW[index];
        if self.open_ended & 1 << index != 0 {
            return None;
        }
        match closing(self.rest(), name) {
            Some(length) => Some(Token::Text {
                text: self.take(length),
                raw: !references,
            }),
            // A title without an end would swallow the page.
            None if references => {
                self.open_ended |= 1 << index;
                None
            }
            None => Some(Token::Text {
                text: self.take(usize::MAX),
                raw: true,
            }),
        }
    }

    /// What `<` begins; `None` if it is a comment or the like.
    fn markup(&mut self) -> Option<Token<'a>> {
        let rest = self.rest();
        let second = rest.as_bytes().get(1).copied().unwrap_or_default();
        if let Some(comment) = rest.strip_prefix("<!--") {
            // `<!-->` is a whole comment.
            let short = ["->", ">"].iter().find(|end| comment.starts_with(**end));
            self.take(4);
            match short {
                Some(end) => self.take(end.len()),
                None => self.through("-->"),
            };
            return None;
        }
        if rest.starts_with("<![CDATA[") {
            self.take(9);
            let text = self.through("]]>");
            return Some(Token::Text { text, raw: true });
        }
        if rest.starts_with("<!DOCTYPE") || rest.starts_with("<!doctype") {
            self.doctype();
            return None;
        }
        match second {
            b'!' | b'?' => {
                self.through(">");
                None
            }
            b'/' if rest.as_bytes().get(2).is_some_and(|b| named(*b)) => {
                self.take(2);
                let inside = self.inside();
                Some(Token::End(name_of(inside)))
            }
            b'/' => {
                self.through(">");
                None
            }
            b if named(b) => {
                self.take(1);
                Some(self.start())
            }
            _ => Some(Token::Text {
                text: self.take(1),
                raw: true,
            }),
        }
    }

    fn start(&mut self) -> Token<'a> {
        let inside = self.inside();
        let name = name_of(inside);
        // Only XML can end these at once.
        let open = !self.xml && RAW.iter().any(|(raw, _)| same(raw, name));
        let closed = inside.ends_with('/') && !open;
        let attributes = inside.get(name.len()..).unwrap_or_default();
        if !self.xml {
            self.within = Some(name);
        }
        Token::Start {
            tag: Tag { name, attributes },
            closed,
        }
    }

    /// The inside of a tag, up to the `>` that is in no quotes.
    fn inside(&mut self) -> &'a str {
        let rest = self.rest();
        if !self.unquoted {
            if let Some(length) = tag_length(rest.as_bytes()) {
                let inside = self.take(length);
                self.take(1);
                return inside;
            }
            self.unquoted = true;
        }
        self.through(">")
    }

    /// A document type with its internal part: nothing in it is used, no entity is defined by it.
    fn doctype(&mut self) {
        let head = self.rest();
        let end = head.find(['>', '[']).unwrap_or(head.len());
        let internal = head.as_bytes().get(end) == Some(&b'[');
        self.take(end + 1);
        if internal {
            self.through("]");
            self.through(">");
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(name) = self.within.take()
            && let Some(token) = self.raw(name)
        {
            return Some(token);
        }
        while self.at < self.text.len() {
            let text = self.take(self.rest().find('<').unwrap_or(usize::MAX));
            if !text.is_empty() {
                return Some(Token::Text { text, raw: false });
            }
            if let Some(token) = self.markup() {
                return Some(token);
            }
        }
        None
    }
}

impl<'a> Tag<'a> {
    /// The value of an attribute, its references replaced.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            // A name may begin with `=`, as browsers read it.
            let end = rest
                .char_indices()
                .skip(1)
                .find(|(_, c)| c.is_ascii_whitespace() || matches!(c, '=' | '/'))
                .map_or(rest.len(), |(at, _)| at);
            let (key, after) = rest.split_at(end);
            let (value, after) = value(after);
            if same(key, name) {
                let mut decoded = String::new();
                entities::decode(value, true, &mut decoded);
                return Some(decoded);
            }
            rest = after;
        }
    }
}

/// The value after the name of an attribute, and what follows.
fn value(after: &str) -> (&str, &str) {
    let Some(rest) = after.trim_ascii_start().strip_prefix('=') else {
        return ("", after);
    };
    let rest = rest.trim_ascii_start();
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inside = &rest[1..];
            inside.split_once(quote).unwrap_or((inside, ""))
        }
        _ => {
            let end = rest
                .find(|c: char| c.is_ascii_whitespace())
                .unwrap_or(rest.len());
            rest.split_at(end)
        }
    }
}

/// Whether two names are the same in HTML.
pub fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn named(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn name_of(inside: &str) -> &str {
    let end = inside.find(|c: char| c.is_ascii_whitespace() || c == '/');
    &inside[..end.unwrap_or(inside.len())]
}

/// Up to the tag that closes `name`.
fn closing(text: &str, name: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find("</")?;
        let after = at + 2 + name.len();
        let next = bytes.get(after);
        let ends = next.is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'));
        if ends
            && bytes
                .get(at + 2..after)
                .is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
        {
            return Some(at);
        }
        from = at + 2;
    }
}

/// Up to the `>` that ends a tag; `None` if a quote or the tag stays open.
fn tag_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    // Quotes count only where a value begins.
    let mut value = false;
    loop {
        match *bytes.get(at)? {
            b'>' => return Some(at),
            b'=' => value = true,
            quote @ (b'"' | b'\'') if value => {
                at += 1 + bytes.get(at + 1..)?.iter().position(|b| *b == quote)?;
                value = false;
            }
            b if b.is_ascii_whitespace() => {}
            _ => value = false,
        }
        at += 1;
    }
}
