//! Bytes to tokens.

use super::Object;

/// One token.
#[derive(Debug)]
pub(super) enum Token<'a> {
    /// A number, string or name.
    Scalar(Object),
    ArrayOpen,
    ArrayClose,
    DictOpen,
    DictClose,
    /// A keyword or an operator.
    Word(&'a [u8]),
    End,
}

/// White space (7.2.2).
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

/// Neither white space nor a delimiter.
pub(crate) fn is_regular(byte: u8) -> bool {
    !is_space(byte)
        && !matches!(
            byte,
            b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
        )
}

pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Lexer<'a> {
        Lexer { bytes, at }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn while_true(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|b| !wanted(*b)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Over white space and comments.
    pub(super) fn skip_space(&mut self) {
        loop {
            self.while_true(is_space);
            if self.peek() != Some(b'%') {
                return;
            }
            self.while_true(|b| b != b'\n' && b != b'\r');
        }
    }

    pub(super) fn next(&mut self) -> Token<'a> {
        self.skip_space();
        let Some(byte) = self.peek() else {
            return Token::End;
        };
        if is_regular(byte) {
            return word_or_number(self.while_true(is_regular));
        }
        self.at += 1;
        match byte {
            b'/' => Token::Scalar(Object::Name(self.name().into())),
            b'(' => Token::Scalar(Object::Text(self.string().into())),
            b'<' if self.eat(b'<') => Token::DictOpen,
            b'<' => Token::Scalar(Object::Text(self.hex_string().into())),
            b'>' if self.eat(b'>') => Token::DictClose,
            b'[' => Token::ArrayOpen,
            b']' => Token::ArrayClose,
            _ => Token::Word(b""),
        }
    }

    fn name(&mut self) -> Vec<u8> {
        let raw = self.while_true(is_regular);
        let mut name = Vec::with_capacity(raw.len());
        let mut at = 0;
        while let Some(&byte) = raw.get(at) {
            let pair = raw.get(at + 1).zip(raw.get(at + 2));
            match pair.and_then(|(a, b)| Some(hex(*a)? << 4 | hex(*b)?)) {
                Some(value) if byte == b'#' => {
                    name.push(value);
                    at += 3;
                }
                _ => {
                    name.push(byte);
                    at += 1;
                }
            }
        }
        name
    }

    fn string(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        let mut open = 1u32;
        while let Some(byte) = self.bump() {
            match byte {
                b'\\' => self.escape(&mut text),
                b'(' => {
                    open += 1;
                    text.push(byte);
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                    text.push(byte);
                }
                _ => text.push(byte),
            }
        }
        text
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.bump() else { return };
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\r' => {
                self.eat(b'\n');
            }
            b'\n' => {}
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    match self.peek() {
                        Some(digit @ b'0'..=b'7') => {
                            value = value * 8 + u32::from(digit - b'0');
                            self.at += 1;
                        }
                        _ => break,
                    }
                }
                text.push((value & 0xff) as u8);
            }
            _ => text.push(byte),
        }
    }

    fn hex_string(&mut self) -> Vec<u8> {
        let digits = self.while_true(|b| b != b'>');
        self.eat(b'>');
        let mut text = Vec::with_capacity(digits.len() / 2);
        let mut high = None;
        for digit in digits.iter().filter_map(|b| hex(*b)) {
            match high.take() {
                None => high = Some(digit),
                Some(first) => text.push(first << 4 | digit),
            }
        }
        text.extend(high.map(|first: u8| first << 4));
        text
    }
}

/// The value of a hexadecimal digit.
pub(super) fn hex(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|value| value as u8)
}

/// Numbers as they are met in the wild: `--5`, `1.2.3` and `+.5` count too.
fn word_or_number(word: &[u8]) -> Token<'_> {
    let numeric = |b: &u8| matches!(b, b'0'..=b'9' | b'.' | b'-' | b'+');
    if !word.iter().all(numeric) || !word.iter().any(u8::is_ascii_digit) {
        return Token::Word(word);
    }
    let negative = word.first() == Some(&b'-');
    let (mut value, mut scale, mut real) = (0f64, 1f64, false);
    for byte in word {
        match byte {
            b'0'..=b'9' => {
                value = value * 10.0 + f64::from(byte - b'0');
                scale *= if real { 10.0 } else { 1.0 };
            }
            b'.' if real => break,
            b'.' => real = true,
            _ => {}
        }
    }
    let value = if negative { -value } else { value } / scale;
    Token::Scalar(if real || value.abs() > 9e15 {
        Object::Real(if value.is_finite() { value } else { 0.0 })
    } else {
        Object::Int(value as i64)
    })
}
