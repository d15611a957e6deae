//! Simple fonts (9.6): one byte, one sign.

use super::cmap::CMap;
use super::encoding::Base;
use super::{Letters, Sign, is_bold, names, standard, type1};
use crate::file::Document;
use crate::syntax::{Dict, Object};

/// A font of one byte a sign, with all that its codes mean.
pub(crate) struct Simple {
    letters: Vec<Option<Letters>>,
    widths: Vec<f32>,
    /// See [`super::Font::height`].
    pub(super) height: f32,
    pub(super) bold: bool,
}

impl Simple {
    pub(super) fn read(document: &Document, dict: &Dict) -> Simple {
        let name = document.get(dict, "BaseFont");
        let name = name.name().unwrap_or_default();
        let letters = letters(document, dict, name);
        let is_type3 = dict.is("Subtype", "Type3");
        let scale = if is_type3 {
            unit(document, dict)
        } else {
            0.001
        };
        let bold = is_bold(name);
        let widths = widths(document, dict, scale, |code| {
            standard::width(name, bold, letters.get(code).and_then(first))
        });
        let used: Vec<f32> = widths
            .iter()
            .copied()
            .filter(|width| *width > 0.0)
            .collect();
        let mean = used.iter().sum::<f32>() / used.len().max(1) as f32;
        Simple {
            // Letters are about twice as high as wide.
            height: if is_type3 && mean > 0.0 {
                mean * 2.0
            } else {
                1.0
            },
            letters,
            widths,
            bold,
        }
    }

    pub(super) fn sign(&self, code: u8) -> Sign {
        Sign {
            letters: self.letters.get(usize::from(code)).cloned().flatten(),
            width: self.widths.get(usize::from(code)).copied().unwrap_or(0.5),
            is_space: code == 32,
        }
    }
}

fn first(letters: &Option<Letters>) -> Option<char> {
    match letters {
        Some(Letters::One(sign)) => Some(*sign),
        Some(Letters::Many(signs)) => signs.chars().next(),
        None => None,
    }
}

/// How long one unit of a Type 3 font is.
fn unit(document: &Document, dict: &Dict) -> f32 {
    let matrix = document.get(dict, "FontMatrix");
    let first = matrix.array().and_then(|matrix| matrix.first());
    first.and_then(Object::number).unwrap_or(0.001).abs() as f32
}

fn widths(
    document: &Document,
    dict: &Dict,
    scale: f32,
    otherwise: impl Fn(usize) -> f32,
) -> Vec<f32> {
    let list = document.get(dict, "Widths");
    let first = document.get(dict, "FirstChar").int().unwrap_or(0);
    let descriptor = document.get(dict, "FontDescriptor");
    let missing = descriptor.dict().map(|d| document.get(d, "MissingWidth"));
    let missing = missing.and_then(|width| width.number()).unwrap_or(0.0) as f32 * scale;
    let width = |code: usize| {
        let list = list.array()?;
        let at = usize::try_from((code as i64).checked_sub(first)?).ok();
        let width = at.and_then(|at| list.get(at));
        let width = width.and_then(|width| document.resolve(width).number());
        Some(width.map_or(missing, |width| width as f32 * scale))
    };
    (0..256)
        .map(|code| width(code).unwrap_or_else(|| otherwise(code)))
        .collect()
}

/// What each code means: as the map to Unicode says, else the encoding, else the font itself.
fn letters(document: &Document, dict: &Dict, name: &[u8]) -> Vec<Option<Letters>> {
    let mut letters = encoded(document, dict, name);
    let map = document.get(dict, "ToUnicode");
    let map = map.stream().and_then(|stream| document.unpack(stream));
    if let Some(map) = map.map(|bytes| CMap::read(&bytes)) {
        for (code, slot) in (0u32..).zip(&mut letters) {
            if let Some(mapped) = map.letters(code) {
                *slot = Some(mapped);
            }
        }
    }
    letters
}

fn encoded(document: &Document, dict: &Dict, name: &[u8]) -> Vec<Option<Letters>> {
    let encoding = document.get(dict, "Encoding");
    let base_name = match encoding.dict() {
        Some(encoding) => document.get(encoding, "BaseEncoding"),
        None => encoding.clone(),
    };
    let named = base_name.name().and_then(Base::named);
    let base = named.unwrap_or_else(|| base_of(name, dict));
    let one = |code: u8| base.letter(code).map(Letters::One);
    let mut letters: Vec<Option<Letters>> = (0..=255).map(one).collect();
    for slot in &mut letters {
        // Ligatures that stand in an encoding as one sign.
        if let Some(Letters::One(sign)) = slot {
            *slot = Letters::of(sign.encode_utf8(&mut [0; 4]));
        }
    }
    if named.is_none() {
        for (code, name) in own_encoding(document, dict) {
            if let Some(slot) = letters.get_mut(usize::from(code)) {
                *slot = names::letters(&name);
            }
        }
    }
    if let Some(encoding) = encoding.dict() {
        differences(document, encoding, &mut letters);
    }
    letters
}

fn base_of(name: &[u8], dict: &Dict) -> Base {
    let has = |part: &[u8]| name.windows(part.len()).any(|window| window == part);
    if has(b"Symbol") {
        Base::Symbol
    } else if has(b"Dingbats") {
        Base::Dingbats
    } else if dict.is("Subtype", "TrueType") {
        Base::WinAnsi
    } else {
        Base::Standard
    }
}

fn own_encoding(document: &Document, dict: &Dict) -> Vec<(u8, String)> {
    let descriptor = document.get(dict, "FontDescriptor");
    let program = descriptor
        .dict()
        .map(|descriptor| document.get(descriptor, "FontFile"));
    let program = program.as_ref().and_then(Object::stream);
    let program = program.and_then(|stream| document.unpack(stream));
    program
        .map(|program| type1::encoding(&program))
        .unwrap_or_default()
}

fn differences(document: &Document, encoding: &Dict, letters: &mut [Option<Letters>]) {
    let list = document.get(encoding, "Differences");
    let mut code = 0usize;
    for item in list.array().unwrap_or_default() {
        match document.resolve(item) {
            Object::Name(name) => {
                if let Some(slot) = letters.get_mut(code) {
                    *slot = names::letters(&String::from_utf8_lossy(&name));
                }
                code = code.saturating_add(1);
            }
            other => {
                code = other
                    .int()
                    .and_then(|c| usize::try_from(c).ok())
                    .unwrap_or(code)
            }
        }
    }
}
