//! Fonts: which letters the codes of a string stand for, and how wide they are.

mod cmap;
mod composite;
mod encoding;
mod names;
mod simple;
mod standard;
mod type1;

use std::rc::Rc;

use crate::file::Document;
use crate::syntax::Dict;
use composite::Composite;
use simple::Simple;

/// What a sign stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Letters {
    One(char),
    /// A ligature, or a letter with its marks, in the order of reading.
    Many(Rc<str>),
}

impl Letters {
    /// `None` for nothing and for what no text has: controls, and signs that mean nothing elsewhere.
    pub(crate) fn of(text: &str) -> Option<Letters> {
        let mut out = String::new();
        text.chars().take(24).for_each(|sign| plain(sign, &mut out));
        let mut signs = out.chars();
        match (signs.next(), signs.next()) {
            (None, _) => None,
            (Some(sign), None) => Some(Letters::One(sign)),
            _ => Some(Letters::Many(out.as_str().into())),
        }
    }

    pub(crate) fn push_to(&self, text: &mut String) {
        match self {
            Letters::One(sign) => text.push(*sign),
            Letters::Many(signs) => text.push_str(signs),
        }
    }

    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Letters::One(sign) => sign.is_whitespace(),
            Letters::Many(signs) => signs.chars().all(char::is_whitespace),
        }
    }
}

/// Ligatures in their letters, as people type them when they search.
fn plain(sign: char, out: &mut String) {
    match sign {
        '\u{fb00}' => out.push_str("ff"),
        '\u{fb01}' => out.push_str("fi"),
        '\u{fb02}' => out.push_str("fl"),
        '\u{fb03}' => out.push_str("ffi"),
        '\u{fb04}' => out.push_str("ffl"),
        '\u{fb05}' | '\u{fb06}' => out.push_str("st"),
        '\t' | '\n' | '\r' | '\u{a0}' => out.push(' '),
        // Where office programs put the bullets of symbol fonts.
        '\u{f0b7}' | '\u{f0a7}' | '\u{f0d8}' => out.push('•'),
        '\u{e000}'..='\u{f8ff}' | '\u{fffd}' | '\u{feff}' => {}
        _ if sign.is_control() => {}
        _ => out.push(sign),
    }
}

/// One sign of a string.
pub(crate) struct Sign {
    pub(crate) letters: Option<Letters>,
    /// How far it leads, in parts of the size of the font.
    pub(crate) width: f32,
    /// Whether word spacing counts (9.3.3): the code 32 of one byte.
    pub(crate) is_space: bool,
}

/// A font of either kind.
pub(crate) enum Font {
    Simple(Box<Simple>),
    Composite(Box<Composite>),
}

impl Font {
    pub(crate) fn read(document: &Document, dict: &Dict) -> Font {
        if dict.is("Subtype", "Type0") {
            Font::Composite(Composite::read(document, dict).into())
        } else {
            Font::Simple(Simple::read(document, dict).into())
        }
    }

    /// Hands over each sign of a string.
    pub(crate) fn signs(&self, string: &[u8], each: &mut dyn FnMut(Sign)) {
        match self {
            Font::Simple(font) => string.iter().for_each(|code| each(font.sign(*code))),
            Font::Composite(font) => font.signs(string, each),
        }
    }

    /// How high a letter is, in parts of the size that is set: Type 3 fonts have units of their own.
    pub(crate) fn height(&self) -> f32 {
        match self {
            Font::Simple(font) => font.height,
            Font::Composite(_) => 1.0,
        }
    }

    /// How many codes it explains: what it costs to keep it.
    pub(crate) fn codes(&self) -> usize {
        match self {
            Font::Simple(_) => 256,
            Font::Composite(font) => font.codes(),
        }
    }

    pub(crate) fn is_bold(&self) -> bool {
        match self {
            Font::Simple(font) => font.bold,
            Font::Composite(font) => font.bold,
        }
    }
}

/// Whether a font says of itself that it is bold.
fn is_bold(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_lowercase();
    ["bold", "black", "heavy", "cmbx"]
        .iter()
        .any(|word| name.contains(word))
}
