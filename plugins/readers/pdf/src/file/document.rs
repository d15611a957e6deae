//! Objects by their numbers.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::crypt::Crypt;
use super::filters::{self, Step};
use super::xref::{Place, Xref};
use crate::budget::Budget;
use crate::syntax::{Dict, Object, Parser, Stream, is_space};

/// References that lead to references.
const HOPS: usize = 16;
/// Objects that are read because reading another needs them.
const NESTED: u32 = 12;

/// Why a file cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Broken {
    /// It does not say what it is.
    NotPdf,
    /// It has no list of pages.
    NoPages,
    /// It asks for a password.
    Encrypted,
}

/// Objects packed into a stream.
struct Pack {
    bytes: Vec<u8>,
    /// Numbers, and where each begins.
    heads: Vec<(u32, usize)>,
}

/// An opened file.
pub(crate) struct Document<'a> {
    data: &'a [u8],
    budget: &'a Budget,
    xref: OnceCell<Xref>,
    rebuilt: OnceCell<Xref>,
    crypt: OnceCell<Crypt>,
    objects: RefCell<BTreeMap<u32, Object>>,
    packs: RefCell<BTreeMap<u32, Option<Rc<Pack>>>>,
    nested: Cell<u32>,
    rebuilding: Cell<bool>,
}

impl<'a> Document<'a> {
    /// Opens a file, with its table rebuilt if that leads to no pages.
    pub(crate) fn open(bytes: &'a [u8], budget: &'a Budget) -> Result<Document<'a>, Broken> {
        let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
        let start = head.windows(5).position(|w| w == b"%PDF-");
        let start = start.ok_or(Broken::NotPdf)?;
        let document = Document {
            data: bytes.get(start..).unwrap_or_default(),
            budget,
            xref: OnceCell::new(),
            rebuilt: OnceCell::new(),
            crypt: OnceCell::new(),
            objects: RefCell::default(),
            packs: RefCell::default(),
            nested: Cell::new(0),
            rebuilding: Cell::new(false),
        };
        let xref = Xref::read(&document).unwrap_or_default();
        document.forget();
        let _ = document.xref.set(xref);
        document.decrypt(&document.xref().trailer)?;
        if document.catalog().is_none() {
            document.forget();
            document.decrypt(&document.rebuilt().trailer)?;
        }
        match document.catalog() {
            Some(_) => Ok(document),
            None => Err(Broken::NoPages),
        }
    }

    fn xref(&self) -> &Xref {
        self.xref.get_or_init(Xref::default)
    }

    fn rebuilt(&self) -> &Xref {
        self.rebuilt.get_or_init(|| {
            self.rebuilding.set(true);
            let xref = Xref::rebuild(self);
            self.rebuilding.set(false);
            // What was looked for meanwhile was not found.
            self.objects.borrow_mut().clear();
            xref
        })
    }

    fn forget(&self) {
        self.objects.borrow_mut().clear();
        self.packs.borrow_mut().clear();
    }

    fn decrypt(&self, trailer: &Dict) -> Result<(), Broken> {
        let encrypt = self.get(trailer, "Encrypt");
        let Some(encrypt) = encrypt.dict() else {
            return Ok(());
        };
        let ids = self.get(trailer, "ID");
        let id = ids.array().and_then(|ids| ids.first());
        let id = id.map(|id| self.resolve(id)).unwrap_or(Object::Null);
        let mut entries = Vec::new();
        for (name, value) in encrypt.entries() {
            entries.push((Rc::from(name), self.resolve(value)));
        }
        let encrypt = Dict::new(entries);
        let crypt = Crypt::open(&encrypt, id.text().unwrap_or_default());
        let _ = self.crypt.set(crypt.ok_or(Broken::Encrypted)?);
        // What was read until here was read without its key.
        self.forget();
        Ok(())
    }

    /// The catalog with the pages.
    pub(crate) fn catalog(&self) -> Option<Object> {
        let first = self.get(&self.xref().trailer, "Root");
        if first.dict().is_some_and(|dict| dict.has("Pages")) {
            return Some(first);
        }
        let second = self.get(&self.rebuilt.get()?.trailer, "Root");
        second
            .dict()
            .is_some_and(|dict| dict.has("Pages"))
            .then_some(second)
    }

    /// Every number that the file has: for files whose tree of pages is lost.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.xref().places.keys().copied().collect();
        numbers.extend(self.rebuilt().places.keys());
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    pub(crate) fn data(&self) -> &'a [u8] {
        self.data
    }

    pub(crate) fn budget(&self) -> &'a Budget {
        self.budget
    }

    /// Forgets what was read, if that is much: between two pages little of it is needed again.
    pub(crate) fn trim(&self) {
        if self.objects.borrow().len() > 40_000 {
            self.objects.borrow_mut().clear();
            self.budget.let_go();
        }
    }

    /// The value of a name, behind all references.
    pub(crate) fn get(&self, dict: &Dict, name: &str) -> Object {
        self.resolve(dict.get(name))
    }

    /// What stands behind all references.
    pub(crate) fn resolve(&self, object: &Object) -> Object {
        let mut object = object.clone();
        for _ in 0..HOPS {
            match object {
                Object::Ref(number) => object = self.load(number),
                other => return other,
            }
        }
        Object::Null
    }

    fn load(&self, number: u32) -> Object {
        if let Some(object) = self.objects.borrow().get(&number) {
            return object.clone();
        }
        if self.nested.get() >= NESTED || self.budget.spent().is_some() {
            return Object::Null;
        }
        self.nested.set(self.nested.get() + 1);
        let object = self.find(number).unwrap_or(Object::Null);
        self.nested.set(self.nested.get() - 1);
        self.objects.borrow_mut().insert(number, object.clone());
        object
    }

    fn find(&self, number: u32) -> Option<Object> {
        let xref = self.xref.get()?;
        let place = xref.places.get(&number);
        let found = place.and_then(|place| self.at(number, *place));
        let known = place.is_some() || self.rebuilt.get().is_some();
        if found.is_some() || !known || self.rebuilding.get() {
            return found;
        }
        // The table lied about this one: look for it in the whole file, once for all.
        let place = self.rebuilt().places.get(&number);
        place.and_then(|place| self.at(number, *place))
    }

    fn at(&self, number: u32, place: Place) -> Option<Object> {
        match place {
            Place::At(at) => {
                let (there, object) = object_at(self, at)?;
                let held = object.size();
                (there == number && self.budget.hold(held)).then_some(object)
            }
            Place::In(holder, index) => {
                let pack = self.pack(holder)?;
                let head = pack.heads.get(index).filter(|head| head.0 == number)?;
                let mut parser = Parser::new(&pack.bytes, head.1);
                let object = parser.object()?;
                self.budget.hold(parser.held()).then_some(object)
            }
        }
    }

    /// The numbers that are packed into an object.
    pub(super) fn numbers_in(
        &self,
        number: u32,
        object: &Object,
        count: i64,
    ) -> impl Iterator<Item = u32> {
        let pack = object.stream().and_then(|stream| self.unpack_pack(stream));
        let pack = pack.map(Rc::new);
        self.packs.borrow_mut().insert(number, pack.clone());
        let heads = pack.map(|pack| pack.heads.clone()).unwrap_or_default();
        heads
            .into_iter()
            .take(usize::try_from(count).unwrap_or(0))
            .map(|head| head.0)
    }

    fn pack(&self, number: u32) -> Option<Rc<Pack>> {
        if let Some(pack) = self.packs.borrow().get(&number) {
            return pack.clone();
        }
        // Not while it is being read: a pack that lies in itself has no beginning.
        self.packs.borrow_mut().insert(number, None);
        let object = self.load(number);
        let pack = object
            .stream()
            .and_then(|stream| self.unpack_pack(stream))
            .map(Rc::new);
        self.packs.borrow_mut().insert(number, pack.clone());
        pack
    }

    fn unpack_pack(&self, stream: &Stream) -> Option<Pack> {
        let bytes = self.unpack(stream)?;
        let first = usize::try_from(self.get(&stream.dict, "First").int()?).ok()?;
        let count = self.get(&stream.dict, "N").int()?;
        let mut heads = Vec::new();
        let mut parser = Parser::new(&bytes, 0);
        for _ in 0..count.max(0) {
            let number = parser.object().and_then(|object| object.int());
            let offset = parser.object().and_then(|object| object.int());
            let (Some(number), Some(offset)) = (number, offset) else {
                break;
            };
            let start = usize::try_from(offset)
                .ok()
                .and_then(|at| at.checked_add(first));
            if let (Ok(number), Some(start)) = (u32::try_from(number), start) {
                heads.push((number, start));
            }
        }
        self.budget
            .hold(heads.len())
            .then_some(Pack { bytes, heads })
    }

    /// The bytes of a stream; `None` if it is a picture, or the file wants too much.
    pub(crate) fn unpack(&self, stream: &Stream) -> Option<Vec<u8>> {
        let raw = self.data.get(stream.bytes.clone())?;
        let steps = self.steps(&stream.dict);
        match self.crypt.get() {
            Some(crypt) if !stream.dict.is("Type", "XRef") => {
                let plain = crypt.decrypt(raw, stream.number, stream.generation);
                filters::unpack(&plain, &steps, self.budget)
            }
            _ => filters::unpack(raw, &steps, self.budget),
        }
    }

    fn steps(&self, dict: &Dict) -> Vec<Step> {
        let filters = self.get(dict, "Filter");
        let parameters = self.get(dict, "DecodeParms");
        let all = |object: Object| match &object {
            Object::Array(items) => items
                .iter()
                .take(16)
                .map(|item| self.resolve(item))
                .collect(),
            Object::Null => Vec::new(),
            _ => vec![object],
        };
        let parameters: Vec<Object> = all(parameters);
        let steps = all(filters).into_iter().enumerate();
        let step = |(at, filter): (usize, Object)| Step {
            filter: filter.name().unwrap_or_default().to_vec(),
            parameters: parameters.get(at).cloned().unwrap_or(Object::Null),
        };
        steps.map(step).collect()
    }
}

/// The object that begins at this byte, with its number.
pub(super) fn object_at(document: &Document, at: usize) -> Option<(u32, Object)> {
    let mut parser = Parser::new(document.data, at);
    let object = headed(document, &mut parser);
    let budget = document.budget;
    let paid = budget.parse(parser.at().saturating_sub(at));
    object.filter(|_| paid)
}

fn headed(document: &Document, parser: &mut Parser) -> Option<(u32, Object)> {
    let data = document.data;
    let number = u32::try_from(parser.object()?.int()?).ok()?;
    let generation = parser.object()?.int()?;
    if parser.word()? != b"obj" {
        return None;
    }
    let object = parser.object().unwrap_or(Object::Null);
    let Object::Dict(dict) = &object else {
        return Some((number, object));
    };
    if !follows(data, parser.at(), b"stream") {
        return Some((number, object));
    }
    parser.word();
    let mut start = parser.at();
    start += usize::from(data.get(start) == Some(&b'\r'));
    start += usize::from(data.get(start) == Some(&b'\n'));
    let end = end_of_stream(document, dict, start)?;
    let stream = Stream {
        dict: (**dict).clone(),
        bytes: start..end,
        number,
        generation: u16::try_from(generation).unwrap_or(0),
    };
    Some((number, Object::Stream(stream.into())))
}

/// Whether a word is next, behind white space.
fn follows(data: &[u8], at: usize, word: &[u8]) -> bool {
    let rest = data.get(at..).unwrap_or_default();
    let space = rest.iter().take(64).take_while(|b| is_space(**b)).count();
    rest.get(space..).is_some_and(|rest| rest.starts_with(word))
}

/// The stream that begins at this byte.
pub(super) fn stream_at(document: &Document, at: usize) -> Option<Object> {
    object_at(document, at).map(|(_, object)| object)
}

/// Where the length says, if `endstream` follows there; else where `endstream` is.
fn end_of_stream(document: &Document, dict: &Dict, start: usize) -> Option<usize> {
    let data = document.data;
    let length = document.get(dict, "Length").int();
    let end = length.and_then(|length| start.checked_add(usize::try_from(length).ok()?));
    if let Some(end) = end
        && end <= data.len()
        && follows(data, end, b"end")
    {
        return Some(end);
    }
    let rest = data.get(start..)?;
    let found = find(rest, b"endstream").or_else(|| find(rest, b"endobj"));
    let length = found.unwrap_or(rest.len());
    document.budget.parse(length).then_some(start + length)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
