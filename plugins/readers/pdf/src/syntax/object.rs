//! What a file is made of. Cheap to clone: the big ones are shared.

use std::ops::Range;
use std::rc::Rc;

/// One object; `Null` stands for everything that is missing or damaged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Object {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    Text(Rc<[u8]>),
    Name(Rc<[u8]>),
    Array(Rc<[Object]>),
    Dict(Rc<Dict>),
    Stream(Rc<Stream>),
    /// The number of another object. Generations are not told apart: only the newest is ever read.
    Ref(u32),
}

impl Object {
    /// How many objects it consists of, those that it refers to not counted.
    pub(crate) fn size(&self) -> usize {
        let of_dict = |dict: &Dict| {
            dict.0
                .iter()
                .map(|(_, value)| 1 + value.size())
                .sum::<usize>()
        };
        match self {
            Object::Array(items) => 1 + items.iter().map(Object::size).sum::<usize>(),
            Object::Dict(dict) => 1 + of_dict(dict),
            Object::Stream(stream) => 2 + of_dict(&stream.dict),
            Object::Text(bytes) | Object::Name(bytes) => 1 + bytes.len() / 32,
            _ => 1,
        }
    }

    pub(crate) fn int(&self) -> Option<i64> {
        match self {
            Object::Int(value) => Some(*value),
            Object::Real(value) if value.is_finite() => Some(*value as i64),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Object::Int(value) => Some(*value as f64),
            Object::Real(value) if value.is_finite() => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn name(&self) -> Option<&[u8]> {
        match self {
            Object::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&[u8]> {
        match self {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn array(&self) -> Option<&[Object]> {
        match self {
            Object::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The dictionary, also that of a stream.
    pub(crate) fn dict(&self) -> Option<&Dict> {
        match self {
            Object::Dict(dict) => Some(dict),
            Object::Stream(stream) => Some(&stream.dict),
            _ => None,
        }
    }

    pub(crate) fn stream(&self) -> Option<&Rc<Stream>> {
        match self {
            Object::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    pub(crate) fn reference(&self) -> Option<u32> {
        match self {
            Object::Ref(number) => Some(*number),
            _ => None,
        }
    }
}

/// Names and their values, in the order of the names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Dict(Vec<(Rc<[u8]>, Object)>);

impl Dict {
    pub(crate) fn new(mut entries: Vec<(Rc<[u8]>, Object)>) -> Dict {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries.dedup_by(|later, first| later.0 == first.0);
        Dict(entries)
    }

    /// The value as it stands there: it may be a reference.
    pub(crate) fn get(&self, name: &str) -> &Object {
        self.get_bytes(name.as_bytes())
    }

    pub(crate) fn get_bytes(&self, name: &[u8]) -> &Object {
        match self.0.binary_search_by(|(key, _)| (**key).cmp(name)) {
            Ok(at) => self.0.get(at).map_or(&Object::Null, |(_, value)| value),
            Err(_) => &Object::Null,
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        *self.get(name) != Object::Null
    }

    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.get(name).name() == Some(value.as_bytes())
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&[u8], &Object)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

/// A dictionary with bytes. The bytes stay in the file until somebody needs them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stream {
    pub(crate) dict: Dict,
    /// In the file.
    pub(crate) bytes: Range<usize>,
    /// Of the object: the key of an encrypted stream depends on both.
    pub(crate) number: u32,
    pub(crate) generation: u16,
}
