//! What was parsed: one short record for each value and key, in the order of the text.

use std::borrow::Cow;

/// What a value is; a key is a string before its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Key,
    Null,
    True,
    False,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    /// What begins with a byte.
    pub fn of(byte: u8) -> Kind {
        match byte {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            b't' => Kind::True,
            b'f' => Kind::False,
            b'n' => Kind::Null,
            _ => Kind::Number,
        }
    }
}

/// A value or a key: where it lies in the text, and which record comes behind all it holds.
#[derive(Clone, Copy)]
pub struct Node {
    pub start: u32,
    pub end: u32,
    pub next: u32,
    pub kind: Kind,
}

impl Node {
    pub fn new(start: u32) -> Node {
        Node {
            start,
            end: start,
            next: 0,
            kind: Kind::Key,
        }
    }

    /// Texts are shorter than 4 GiB, or the node would not have begun.
    pub fn ends(&mut self, end: usize, next: usize) {
        (self.end, self.next) = (end as u32, next as u32);
    }
}

/// A parsed text.
#[derive(Clone, Copy)]
pub struct Tape<'a> {
    pub text: &'a str,
    pub nodes: &'a [Node],
}

impl<'a> Tape<'a> {
    pub fn node(&self, index: u32) -> &'a Node {
        &self.nodes[index as usize]
    }

    pub fn kind(&self, index: u32) -> Kind {
        self.node(index).kind
    }

    /// As it stands in the text.
    pub fn raw(&self, index: u32) -> &'a str {
        let node = self.node(index);
        &self.text[node.start as usize..node.end as usize]
    }

    /// What a string or a key says.
    pub fn string(&self, index: u32) -> Cow<'a, str> {
        let raw = self.raw(index);
        decode(&raw[1..raw.len() - 1])
    }

    /// The children of an array.
    pub fn items(&self, index: u32) -> impl Iterator<Item = u32> + use<'a> {
        let (nodes, end) = (self.nodes, self.node(index).next);
        let mut at = index + 1;
        std::iter::from_fn(move || {
            let child = (at < end).then_some(at)?;
            at = nodes[child as usize].next;
            Some(child)
        })
    }

    /// The keys and values of an object.
    pub fn members(&self, index: u32) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        let mut children = self.items(index);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }
}

/// A string without its quotes, which the parser has found to be well-formed.
fn decode(raw: &str) -> Cow<'_, str> {
    let Some(first) = raw.find('\\') else {
        return Cow::Borrowed(raw);
    };
    let mut out = String::with_capacity(raw.len());
    let (mut rest, mut at) = (raw, first);
    loop {
        out.push_str(&rest[..at]);
        let (said, length) = escaped(&rest[at..]);
        out.push(said);
        rest = &rest[at + length..];
        match rest.find('\\') {
            Some(next) => at = next,
            None => break,
        }
    }
    Cow::Owned(out + rest)
}

/// What an escape at the beginning says, and its length.
fn escaped(text: &str) -> (char, usize) {
    let unit = |from: usize| {
        let digits = text.get(from..from + 4).unwrap_or_default();
        u32::from_str_radix(digits, 16).unwrap_or(0)
    };
    match text.as_bytes().get(1) {
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'n') => ('\n', 2),
        Some(b'r') => ('\r', 2),
        Some(b't') => ('\t', 2),
        Some(b'u') => match unit(2) {
            high @ 0xd800..=0xdbff => {
                let code = 0x10000 + ((high - 0xd800) << 10) + (unit(8).saturating_sub(0xdc00));
                (char::from_u32(code).unwrap_or('\u{fffd}'), 12)
            }
            code => (char::from_u32(code).unwrap_or('\u{fffd}'), 6),
        },
        Some(other) => (char::from(*other), 2),
        None => ('\\', 1),
    }
}
