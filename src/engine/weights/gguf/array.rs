//! Arrays of the metadata. They are read where they lie in the file: a vocabulary takes no memory
//! but for the places of its texts.

use std::borrow::Cow;

use bytes::Bytes;

use super::WeightsError;

/// What the elements of an array are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    Str,
    U64,
    I64,
    F64,
}

impl Kind {
    /// The kind of this number in a file. Arrays of arrays (9) do not occur in model files.
    pub(super) fn of(number: u32) -> Result<Self, WeightsError> {
        Ok(match number {
            0 => Self::U8,
            1 => Self::I8,
            2 => Self::U16,
            3 => Self::I16,
            4 => Self::U32,
            5 => Self::I32,
            6 => Self::F32,
            7 => Self::Bool,
            8 => Self::Str,
            10 => Self::U64,
            11 => Self::I64,
            12 => Self::F64,
            other => return Err(WeightsError::Header(format!("an array of type {other}"))),
        })
    }

    /// Bytes of an element, of a text at least.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::Str | Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

/// An array of the metadata.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array {
    kind: Kind,
    /// All elements, one behind the other.
    bytes: Bytes,
    /// Where in `bytes` each text begins, behind its length.
    places: Vec<u32>,
}

impl Array {
    pub(super) fn new(kind: Kind, bytes: Bytes, places: Vec<u32>) -> Self {
        Self {
            kind,
            bytes,
            places,
        }
    }

    /// The elements, if they are strings.
    pub(crate) fn strings(&self) -> Option<Strings<'_>> {
        (self.kind == Kind::Str).then_some(Strings {
            bytes: &self.bytes,
            places: &self.places,
        })
    }

    /// The elements, if they are whole numbers.
    pub(crate) fn ints(&self) -> Option<impl ExactSizeIterator<Item = i64> + '_> {
        let read: fn(&[u8]) -> i64 = match self.kind {
            Kind::U8 => |b| u8::from_le_bytes(exactly(b)).into(),
            Kind::I8 => |b| i8::from_le_bytes(exactly(b)).into(),
            Kind::U16 => |b| u16::from_le_bytes(exactly(b)).into(),
            Kind::I16 => |b| i16::from_le_bytes(exactly(b)).into(),
            Kind::U32 => |b| u32::from_le_bytes(exactly(b)).into(),
            Kind::I32 => |b| i32::from_le_bytes(exactly(b)).into(),
            // The reader has refused what does not fit.
            Kind::U64 => |b| i64::try_from(u64::from_le_bytes(exactly(b))).unwrap_or(i64::MAX),
            Kind::I64 => |b| i64::from_le_bytes(exactly(b)),
            _ => return None,
        };
        Some(self.bytes.chunks_exact(self.kind.bytes()).map(read))
    }

    /// The elements, if they are fractions.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the nearest single is meant"
    )]
    pub(crate) fn floats(&self) -> Option<impl ExactSizeIterator<Item = f32> + '_> {
        let read: fn(&[u8]) -> f32 = match self.kind {
            Kind::F32 => |b| f32::from_le_bytes(exactly(b)),
            Kind::F64 => |b| f64::from_le_bytes(exactly(b)) as f32,
            _ => return None,
        };
        Some(self.bytes.chunks_exact(self.kind.bytes()).map(read))
    }
}

fn exactly<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let whole = bytes.try_into();
    whole.expect("the chunks are as long as the kind says")
}

/// The texts of an array. Token texts of some models are not quite UTF-8; what is not is replaced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strings<'a> {
    bytes: &'a [u8],
    places: &'a [u32],
}

impl<'a> Strings<'a> {
    /// How many there are.
    pub(crate) fn len(self) -> usize {
        self.places.len()
    }

    /// The text of this number.
    pub(crate) fn get(self, at: usize) -> Option<Cow<'a, str>> {
        self.raw(at).map(String::from_utf8_lossy)
    }

    /// Bytes of the text of this number, as they lie in the file.
    pub(crate) fn length(self, at: usize) -> Option<usize> {
        self.raw(at).map(<[u8]>::len)
    }

    fn raw(self, at: usize) -> Option<&'a [u8]> {
        let start = *self.places.get(at)? as usize;
        let next = self.places.get(at + 1);
        let end = next.map_or(self.bytes.len(), |next| *next as usize - size_of::<u64>());
        Some(&self.bytes[start..end])
    }

    /// All of them, in their order.
    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = Cow<'a, str>> {
        (0..self.places.len()).map(move |at| self.get(at).unwrap_or_default())
    }
}
