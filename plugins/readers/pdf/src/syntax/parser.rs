//! Tokens to objects, and page descriptions to operators.

use super::lexer::{Lexer, Token};
use super::{Dict, Object, is_space};

/// Arrays and dictionaries inside each other.
const NESTED: usize = 48;
/// Values of one array, dictionary or operator.
const VALUES: usize = 400_000;

/// What a page description is made of.
#[derive(Debug)]
pub(crate) enum Item<'a> {
    Operand(Object),
    Operator(&'a [u8]),
}

/// Reads objects one after the other.
pub(crate) struct Parser<'a> {
    bytes: &'a [u8],
    lexer: Lexer<'a>,
    /// Whether `7 0 R` is a reference: in page descriptions it is not.
    references: bool,
    held: usize,
    limit: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Parser<'a> {
        Parser {
            bytes,
            lexer: Lexer::new(bytes, at),
            references: true,
            held: 0,
            limit: VALUES,
        }
    }

    pub(crate) fn of_content(bytes: &'a [u8]) -> Parser<'a> {
        Parser {
            references: false,
            ..Parser::new(bytes, 0)
        }
    }

    pub(crate) fn at(&self) -> usize {
        self.lexer.at
    }

    /// Values read so far.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// The next object, or `None` at a word that is none.
    pub(crate) fn object(&mut self) -> Option<Object> {
        let token = self.lexer.next();
        self.complete(token, 0)
    }

    /// The next keyword, if there is one next.
    pub(crate) fn word(&mut self) -> Option<&'a [u8]> {
        let before = self.lexer.at;
        match self.lexer.next() {
            Token::Word(word) => Some(word),
            _ => {
                self.lexer.at = before;
                None
            }
        }
    }

    /// The next operand or operator of a page description.
    pub(crate) fn item(&mut self) -> Option<Item<'a>> {
        loop {
            match self.lexer.next() {
                Token::End => return None,
                Token::Word(b"") | Token::ArrayClose | Token::DictClose => {}
                Token::Word(word) => {
                    self.held = 0;
                    return Some(match constant(word) {
                        Some(object) => Item::Operand(object),
                        None => Item::Operator(word),
                    });
                }
                token => return self.complete(token, 0).map(Item::Operand),
            }
        }
    }

    /// Over the data of an inline image, behind its `EI`.
    pub(crate) fn skip_inline_image(&mut self) {
        let mut at = self.lexer.at.saturating_add(1);
        while let Some(window) = self.bytes.get(at..at + 3) {
            let after = self.bytes.get(at + 3).copied().unwrap_or(b' ');
            let text_follows = self.bytes.get(at + 3..).is_none_or(|rest| {
                let sign = |b: &u8| is_space(*b) || (32..127).contains(b);
                rest.iter().take(12).all(sign)
            });
            let [before, b'E', b'I'] = window else {
                at += 1;
                continue;
            };
            if is_space(*before) && is_space(after) && text_follows {
                break;
            }
            at += 1;
        }
        self.lexer.at = (at + 3).min(self.bytes.len());
    }

    fn complete(&mut self, token: Token<'a>, depth: usize) -> Option<Object> {
        self.held += 1;
        if depth > NESTED || self.held > self.limit {
            return None;
        }
        match token {
            Token::Scalar(Object::Int(number)) if self.references => Some(self.reference(number)),
            Token::Scalar(object) => Some(object),
            Token::ArrayOpen => Some(self.array(depth)),
            Token::DictOpen => Some(Object::Dict(self.dict(depth).into())),
            Token::Word(word) => constant(word),
            Token::ArrayClose | Token::DictClose | Token::End => None,
        }
    }

    fn reference(&mut self, number: i64) -> Object {
        let before = self.lexer.at;
        let next_is_digit = {
            self.lexer.skip_space();
            self.lexer.peek().is_some_and(|b| b.is_ascii_digit())
        };
        if next_is_digit
            && let Token::Scalar(Object::Int(_)) = self.lexer.next()
            && let Token::Word(b"R") = self.lexer.next()
            && let Ok(number) = u32::try_from(number)
        {
            return Object::Ref(number);
        }
        self.lexer.at = before;
        Object::Int(number)
    }

    /// Ends at `]`, and where something stands that belongs to no array.
    fn array(&mut self, depth: usize) -> Object {
        let mut items = Vec::new();
        loop {
            let before = self.lexer.at;
            let token = self.lexer.next();
            if let Token::ArrayClose | Token::End = token {
                break;
            }
            match self.complete(token, depth + 1) {
                Some(item) => items.push(item),
                None => {
                    self.lexer.at = self.lexer.at.max(before + 1);
                    break;
                }
            }
        }
        Object::Array(items.into())
    }

    fn dict(&mut self, depth: usize) -> Dict {
        let mut entries = Vec::new();
        loop {
            match self.lexer.next() {
                Token::DictClose | Token::End => break,
                Token::Scalar(Object::Name(name)) => {
                    let before = self.lexer.at;
                    let token = self.lexer.next();
                    if let Token::DictClose = token {
                        break;
                    }
                    match self.complete(token, depth + 1) {
                        Some(value) => entries.push((name, value)),
                        None => {
                            self.lexer.at = before;
                            break;
                        }
                    }
                }
                Token::Word(b"endobj" | b"stream" | b"obj") => break,
                _ => {}
            }
        }
        Dict::new(entries)
    }
}

fn constant(word: &[u8]) -> Option<Object> {
    match word {
        b"true" => Some(Object::Bool(true)),
        b"false" => Some(Object::Bool(false)),
        b"null" => Some(Object::Null),
        _ => None,
    }
}
