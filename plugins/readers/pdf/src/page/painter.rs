//! Walks a page description and notes where which letters are drawn (9.4).

use std::collections::BTreeMap;
use std::rc::Rc;

use super::form;
use super::matrix::Matrix;
use super::state::{Cursor, State};
use super::tree::Page;
use crate::file::Document;
use crate::font::{Font, Letters};
use crate::syntax::{Dict, Item, Object, Parser};

/// Forms inside each other.
const DEPTH: usize = 12;
/// States that were saved and not restored.
const SAVED: usize = 4096;
/// Letters of one page.
const LETTERS: usize = 400_000;
/// Codes of all fonts that are kept.
const CODES: usize = 400_000;
/// Operands of one operator.
const OPERANDS: usize = 64;

/// One sign on the page, seen along its own line of writing.
#[derive(Clone, Debug)]
pub(crate) struct Glyph {
    pub(crate) letters: Letters,
    /// Whole degrees, counted against the clock.
    pub(crate) angle: i16,
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) baseline: f32,
    pub(crate) size: f32,
    pub(crate) bold: bool,
}

/// What a page shows.
#[derive(Default)]
pub(crate) struct Painted {
    pub(crate) glyphs: Vec<Glyph>,
    /// Signs that no font explains.
    pub(crate) unknown: usize,
    pub(crate) pictures: usize,
}

/// Draws page after page; fonts and forms are read once.
pub(crate) struct Painter<'d> {
    document: &'d Document<'d>,
    fonts: BTreeMap<u32, Rc<Font>>,
    /// Codes of these fonts.
    codes: usize,
    forms: BTreeMap<u32, Option<Rc<Vec<u8>>>>,
    /// The forms that are being drawn: one that draws itself has no end.
    open: Vec<u32>,
    out: Painted,
}

impl<'d> Painter<'d> {
    pub(crate) fn new(document: &'d Document<'d>) -> Painter<'d> {
        Painter {
            document,
            fonts: BTreeMap::new(),
            codes: 0,
            forms: BTreeMap::new(),
            open: Vec::new(),
            out: Painted::default(),
        }
    }

    pub(crate) fn paint(&mut self, page: &Page) -> Painted {
        let Some(dict) = page.dict.dict() else {
            return Painted::default();
        };
        self.document.trim();
        let content = self.content(dict);
        self.walk(&content, &page.resources, State::new(Matrix::IDENTITY), 0);
        for (object, place) in form::appearances(self.document, dict) {
            self.form(&object, None, &Object::Null, State::new(place), 0);
        }
        std::mem::take(&mut self.out)
    }

    fn content(&self, page: &Dict) -> Vec<u8> {
        let contents = self.document.get(page, "Contents");
        let parts = match contents.array() {
            Some(parts) => parts,
            None => std::slice::from_ref(&contents),
        };
        let mut content = Vec::new();
        for part in parts {
            let part = self.document.resolve(part);
            let bytes = part
                .stream()
                .and_then(|stream| self.document.unpack(stream));
            content.extend(bytes.unwrap_or_default());
            content.push(b'\n');
        }
        content
    }

    fn walk(&mut self, content: &[u8], resources: &Object, start: State, depth: usize) {
        if !self.document.budget().walk(content.len() + 64) {
            return;
        }
        let (mut state, mut cursor, mut saved) = (start, Cursor::START, Vec::new());
        let mut parser = Parser::of_content(content);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(item) = parser.item() {
            let word = match item {
                Item::Operand(operand) => {
                    if operands.len() < OPERANDS {
                        operands.push(operand);
                    }
                    continue;
                }
                Item::Operator(word) => word,
            };
            match word {
                b"q" if saved.len() < SAVED => saved.push(state.clone()),
                b"Q" => state = saved.pop().unwrap_or(state),
                b"BT" => cursor = Cursor::START,
                b"ID" => {
                    parser.skip_inline_image();
                    self.out.pictures += 1;
                }
                b"Do" => self.draw(&operands, resources, &state, depth),
                b"Tf" => self.set_font(&operands, resources, &mut state),
                _ => self.text(word, &operands, &mut state, &mut cursor),
            }
            operands.clear();
            if self.document.budget().spent().is_some() {
                return;
            }
        }
    }

    fn draw(&mut self, operands: &[Object], resources: &Object, state: &State, depth: usize) {
        let named = self.named(operands, resources, "XObject");
        let object = self.document.resolve(&named);
        match object.dict() {
            Some(dict) if dict.is("Subtype", "Image") => self.out.pictures += 1,
            Some(_) => self.form(&object, named.reference(), resources, state.clone(), depth),
            None => {}
        }
    }

    fn form(
        &mut self,
        form: &Object,
        key: Option<u32>,
        above: &Object,
        mut state: State,
        depth: usize,
    ) {
        let Some(stream) = form.stream().filter(|_| depth < DEPTH) else {
            return;
        };
        let known = key.and_then(|key| self.forms.get(&key).cloned());
        let content = known.unwrap_or_else(|| {
            let content = self.document.unpack(stream).map(Rc::new);
            if let Some(key) = key {
                self.forms.insert(key, content.clone());
            }
            content
        });
        let Some(content) = content else { return };
        if key.is_some_and(|key| self.open.contains(&key)) {
            return;
        }
        self.open.extend(key);
        let own = self.document.get(&stream.dict, "Resources");
        let resources = if own.dict().is_some() { &own } else { above };
        state.to_page = form::matrix(self.document, &stream.dict).then(state.to_page);
        self.walk(&content, resources, state, depth + 1);
        if key.is_some() {
            self.open.pop();
        }
    }

    /// What a name stands for among the resources; it may be a reference.
    fn named(&self, operands: &[Object], resources: &Object, family: &str) -> Object {
        let family = resources.dict().map(|all| self.document.get(all, family));
        let name = operands.first().and_then(Object::name);
        match (family.as_ref().and_then(Object::dict), name) {
            (Some(family), Some(name)) => family.get_bytes(name).clone(),
            _ => Object::Null,
        }
    }

    fn set_font(&mut self, operands: &[Object], resources: &Object, state: &mut State) {
        state.size = operands
            .get(1)
            .and_then(Object::number)
            .unwrap_or(state.size);
        let named = self.named(operands, resources, "Font");
        let key = named.reference();
        if let Some(font) = key.and_then(|key| self.fonts.get(&key)) {
            state.font = Some(font.clone());
            return;
        }
        // Fonts without a number are read each time: that must not be free.
        if !self.document.budget().walk(2000) {
            return;
        }
        let object = self.document.resolve(&named);
        let empty = Dict::default();
        let font = Rc::new(Font::read(self.document, object.dict().unwrap_or(&empty)));
        if self.codes > CODES {
            self.fonts.clear();
            self.codes = 0;
        }
        self.codes += font.codes();
        if let Some(key) = key {
            self.fonts.insert(key, font.clone());
        }
        state.font = Some(font);
    }

    fn text(&mut self, word: &[u8], operands: &[Object], state: &mut State, cursor: &mut Cursor) {
        let number = |at: usize| operands.get(at).and_then(Object::number).unwrap_or(0.0);
        match word {
            b"cm" => {
                if let Some(matrix) = Matrix::read(operands) {
                    state.to_page = matrix.then(state.to_page);
                }
            }
            b"Tc" => state.letter_spacing = number(0),
            b"Tw" => state.word_spacing = number(0),
            b"Tz" => state.stretch = number(0) / 100.0,
            b"TL" => state.leading = number(0),
            b"Ts" => state.rise = number(0),
            b"Td" => cursor.next_line(number(0), number(1)),
            b"TD" => {
                state.leading = -number(1);
                cursor.next_line(number(0), number(1));
            }
            b"Tm" => {
                if let Some(matrix) = Matrix::read(operands) {
                    cursor.set(matrix);
                }
            }
            b"T*" => cursor.next_line(0.0, -state.leading),
            b"Tj" => self.show(operands.first(), state, cursor),
            b"TJ" => self.show_all(operands.first(), state, cursor),
            b"'" => {
                cursor.next_line(0.0, -state.leading);
                self.show(operands.first(), state, cursor);
            }
            b"\"" => {
                (state.word_spacing, state.letter_spacing) = (number(0), number(1));
                cursor.next_line(0.0, -state.leading);
                self.show(operands.get(2), state, cursor);
            }
            _ => {}
        }
    }

    fn show_all(&mut self, list: Option<&Object>, state: &State, cursor: &mut Cursor) {
        for item in list.and_then(Object::array).unwrap_or_default() {
            match item.number() {
                Some(back) => cursor.advance(-back / 1000.0 * state.size * state.stretch),
                None => self.show(Some(item), state, cursor),
            }
        }
    }

    fn show(&mut self, string: Option<&Object>, state: &State, cursor: &mut Cursor) {
        let (Some(font), Some(string)) = (&state.font, string.and_then(Object::text)) else {
            return;
        };
        font.signs(string, &mut |sign| {
            let width = f64::from(sign.width) * state.size;
            match sign.letters {
                Some(letters) => {
                    let spread = width + state.letter_spacing.max(0.0);
                    self.put(letters, spread * state.stretch, state, cursor);
                }
                None => self.out.unknown += 1,
            }
            let word = if sign.is_space {
                state.word_spacing
            } else {
                0.0
            };
            cursor.advance((width + state.letter_spacing + word) * state.stretch);
        });
    }

    fn put(&mut self, letters: Letters, width: f64, state: &State, cursor: &Cursor) {
        if self.out.glyphs.len() >= LETTERS {
            self.document
                .budget()
                .refuse("One of its pages has more than 400 000 letters.");
            return;
        }
        let matrix = cursor.here.then(state.to_page);
        let [a, b, c, d, ..] = matrix.0;
        let (x, y) = matrix.apply(0.0, state.rise);
        let upright = if state.size < 0.0 { -1.0 } else { 1.0 };
        let angle = (b * upright).atan2(a * upright).to_degrees().round();
        let (sin, cos) = angle.to_radians().sin_cos();
        let height = state
            .font
            .as_ref()
            .map_or(1.0, |font| f64::from(font.height()));
        let size = c.hypot(d) * state.size.abs() * height;
        let (left, baseline) = (x * cos + y * sin, y * cos - x * sin);
        let right = left + width.abs() * a.hypot(b);
        let sound = |value: f64| value.is_finite() && value.abs() < 1e6;
        // What lies beyond all paper is not seen, but it is kept: it is text of this page.
        let within = |value: f64| if sound(value) { value as f32 } else { 0.0 };
        self.out.glyphs.push(Glyph {
            letters,
            angle: if angle.is_finite() { angle as i16 } else { 0 },
            left: within(left),
            right: within(right),
            baseline: within(baseline),
            size: within(size).max(0.5),
            bold: state.font.as_ref().is_some_and(|font| font.is_bold()),
        });
    }
}
