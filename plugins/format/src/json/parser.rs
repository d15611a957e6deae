//! A pushdown parser: one state, one stack of open arrays and objects, each byte looked at once.
//! It may stop and go on behind any byte, so a stream is read as the whole text is.

use super::keys::Keys;
use super::tape::{Kind, Node};
use super::{DEPTH, VALUES};

/// Why a text is not JSON, and the byte where that shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    pub at: usize,
    pub what: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// A value must come.
    Value,
    /// A value or the end of the array.
    Item,
    /// A key or the end of the object.
    Member,
    Key,
    Colon,
    /// A comma or the end of what is open.
    Comma,
    Text(Text),
    Number(Number),
    /// One of `true`, `false`, `null`, read so far.
    Word(&'static [u8], usize),
    Done,
}

#[derive(Clone, Copy, PartialEq)]
enum Text {
    Plain,
    Escape,
    /// Digits to come of `\u`, what they say so far, and whether it is the second of a pair.
    Hex(u8, u32, bool),
    /// The first of a pair was read: a `\` must come, then a `u`.
    Pair,
    PairU,
}

#[derive(Clone, Copy, PartialEq)]
enum Number {
    Minus,
    Zero,
    Whole,
    Point,
    Fraction,
    Exponent,
    Sign,
    Power,
}

/// What has been read.
pub struct Parser {
    nodes: Vec<Node>,
    open: Vec<u32>,
    state: State,
    at: usize,
    keys: Keys,
}

impl Parser {
    /// Begins at a byte of the text that will be pushed.
    pub fn new(at: usize) -> Parser {
        Parser {
            nodes: Vec::new(),
            open: Vec::new(),
            state: State::Value,
            at,
            keys: Keys::default(),
        }
    }

    /// Reads on in `text`, which is what was pushed before and more; how far it got. That is less
    /// than all only if something stands behind the value.
    pub fn push(&mut self, text: &str) -> Result<usize, Fault> {
        let bytes = text.as_bytes();
        while let Some(byte) = bytes.get(self.at).copied() {
            match self.state {
                State::Text(Text::Plain) => self.plain(bytes)?,
                State::Text(state) => self.escape(state, byte)?,
                State::Number(state) => self.digit(state, byte)?,
                State::Word(word, read) => self.word(word, read, byte)?,
                _ if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                State::Done => break,
                _ => self.sign(text, byte)?,
            }
        }
        Ok(self.at)
    }

    /// The text is over.
    pub fn finish(&mut self, text: &str) -> Result<(), Fault> {
        if let (State::Number(state), true) = (self.state, self.open.is_empty()) {
            self.number_ends(state)?;
        }
        match self.state {
            State::Done => Ok(()),
            _ => Err(Fault {
                at: text.len(),
                what: "it ends too early",
            }),
        }
    }

    /// The values, each before those within it.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    fn fault<T>(&self, what: &'static str) -> Result<T, Fault> {
        Err(Fault { at: self.at, what })
    }

    /// A byte where a value, a key or punctuation stands.
    fn sign(&mut self, text: &str, byte: u8) -> Result<(), Fault> {
        match (self.state, byte) {
            (State::Item, b']') | (State::Member, b'}') => self.close(text, byte)?,
            (State::Value | State::Item, _) => self.value(byte)?,
            (State::Key | State::Member, b'"') => {
                self.begin()?;
                self.state = State::Text(Text::Plain);
            }
            (State::Key | State::Member, _) => return self.fault("a key was expected"),
            (State::Colon, b':') => self.state = State::Value,
            (State::Colon, _) => return self.fault("a colon was expected"),
            (_, b',') if self.within() == Some(Kind::Object) => self.state = State::Key,
            (_, b',') => self.state = State::Value,
            (_, b']' | b'}') => self.close(text, byte)?,
            _ => return self.fault("a comma or an end was expected"),
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, byte: u8) -> Result<(), Fault> {
        let state = match byte {
            b'{' => State::Member,
            b'[' => State::Item,
            b'"' => State::Text(Text::Plain),
            b'-' => State::Number(Number::Minus),
            b'0' => State::Number(Number::Zero),
            b'1'..=b'9' => State::Number(Number::Whole),
            b't' => State::Word(b"true", 1),
            b'f' => State::Word(b"false", 1),
            b'n' => State::Word(b"null", 1),
            _ => return self.fault("a value was expected"),
        };
        let opens = matches!(byte, b'{' | b'[');
        if opens && self.open.len() == DEPTH {
            return self.fault("it is nested too deep");
        }
        let node = self.begin()?;
        self.nodes[node as usize].kind = Kind::of(byte);
        if opens {
            self.open.push(node);
        }
        self.state = state;
        Ok(())
    }

    /// A new value or key begins here.
    fn begin(&mut self) -> Result<u32, Fault> {
        let (index, at) = (self.nodes.len(), u32::try_from(self.at));
        match at {
            Ok(start) if index < VALUES => self.nodes.push(Node::new(start)),
            _ => return self.fault("there are too many values"),
        }
        Ok(index as u32)
    }

    /// The kind of what is open around here.
    fn within(&self) -> Option<Kind> {
        let open = self.open.last()?;
        Some(self.nodes[*open as usize].kind)
    }

    fn close(&mut self, text: &str, byte: u8) -> Result<(), Fault> {
        let kind = self.within();
        let Some(index) = self.open.pop().filter(|_| match byte {
            b']' => kind == Some(Kind::Array),
            _ => kind == Some(Kind::Object),
        }) else {
            return self.fault("another end was expected");
        };
        let (end, next) = (self.at + 1, self.nodes.len());
        self.nodes[index as usize].ends(end, next);
        if kind == Some(Kind::Object)
            && let Some(at) = self.keys.twice(text, &self.nodes, index)
        {
            return Err(Fault {
                at,
                what: "a key comes twice in an object",
            });
        }
        self.after();
        Ok(())
    }

    /// A value has ended.
    fn after(&mut self) {
        self.state = match self.within() {
            None => State::Done,
            Some(_) => State::Comma,
        };
    }

    /// The text, number or word that began last ends before `end`.
    fn ends(&mut self, end: usize) {
        let next = self.nodes.len();
        if let Some(node) = self.nodes.last_mut() {
            node.ends(end, next);
        }
        self.after();
    }

    /// Whether the text that began last is a key.
    fn is_key(&self) -> bool {
        self.nodes.last().is_some_and(|node| node.kind == Kind::Key)
    }

    fn plain(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let stops = |byte: &u8| matches!(byte, b'"' | b'\\') || *byte < b' ';
        let Some(length) = bytes[self.at..].iter().position(stops) else {
            self.at = bytes.len();
            return Ok(());
        };
        self.at += length;
        match bytes[self.at] {
            b'"' => {
                let key = self.is_key();
                self.ends(self.at + 1);
                if key {
                    self.state = State::Colon;
                }
            }
            b'\\' => self.state = State::Text(Text::Escape),
            _ => return self.fault("a string holds a control character"),
        }
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self, state: Text, byte: u8) -> Result<(), Fault> {
        let next = match (state, byte) {
            (Text::Escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Text::Plain,
            (Text::Escape, b'u') => Text::Hex(4, 0, false),
            (Text::PairU, b'u') => Text::Hex(4, 0, true),
            (Text::Pair, b'\\') => Text::PairU,
            (Text::Hex(left, code, second), _) => {
                let Some(digit) = char::from(byte).to_digit(16) else {
                    return self.fault("an escape is not well-formed");
                };
                match (left - 1, code << 4 | digit, second) {
                    (0, 0xdc00..=0xdfff, true) => Text::Plain,
                    (0, 0xd800..=0xdbff, false) => Text::Pair,
                    (0, 0xdc00..=0xdfff, false) | (0, _, true) => {
                        return self.fault("half a surrogate pair stands alone");
                    }
                    (0, _, false) => Text::Plain,
                    (left, code, second) => Text::Hex(left, code, second),
                }
            }
            (Text::Pair | Text::PairU, _) => {
                return self.fault("half a surrogate pair stands alone");
            }
            _ => return self.fault("an escape is not well-formed"),
        };
        self.state = State::Text(next);
        self.at += 1;
        Ok(())
    }

    fn digit(&mut self, state: Number, byte: u8) -> Result<(), Fault> {
        let next = match (state, byte) {
            (Number::Minus, b'0') => Number::Zero,
            (Number::Minus, b'1'..=b'9') | (Number::Whole, b'0'..=b'9') => Number::Whole,
            (Number::Zero | Number::Whole, b'.') => Number::Point,
            (Number::Point | Number::Fraction, b'0'..=b'9') => Number::Fraction,
            (Number::Zero | Number::Whole | Number::Fraction, b'e' | b'E') => Number::Exponent,
            (Number::Exponent, b'+' | b'-') => Number::Sign,
            (Number::Exponent | Number::Sign | Number::Power, b'0'..=b'9') => Number::Power,
            _ => return self.number_ends(state),
        };
        self.state = State::Number(next);
        self.at += 1;
        Ok(())
    }

    fn number_ends(&mut self, state: Number) -> Result<(), Fault> {
        match state {
            Number::Zero | Number::Whole | Number::Fraction | Number::Power => {
                self.ends(self.at);
                Ok(())
            }
            _ => self.fault("a number is not well-formed"),
        }
    }

    fn word(&mut self, word: &'static [u8], read: usize, byte: u8) -> Result<(), Fault> {
        if word[read] != byte {
            return self.fault("a value was expected");
        }
        self.at += 1;
        if read + 1 == word.len() {
            self.ends(self.at);
        } else {
            self.state = State::Word(word, read + 1);
        }
        Ok(())
    }
}
