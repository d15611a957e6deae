//! Reads a GGUF header front to back; never past its end, never more than is there.

use super::array::{Array, Kind};
use super::{Value, WeightsError};
use crate::engine::weights::brief;
use crate::engine::weights::map::FileMap;

/// Largest header: real ones reach some 20 MiB (256 k tokens with their merges).
const MOST_HEADER: usize = 128 << 20;
/// Most elements of all arrays together: real files have less than a million and a half.
const MOST_ELEMENTS: u64 = 1 << 22;
/// Most bytes of keys, names and texts together, those in arrays left out: the longest of them,
/// chat templates and licences, have some 50 KiB.
const MOST_TEXT: u64 = 8 << 20;

/// A place in the header.
pub(super) struct Reader<'a> {
    map: &'a FileMap,
    bytes: &'a [u8],
    at: usize,
    elements_left: u64,
    text_left: u64,
}

impl<'a> Reader<'a> {
    /// Starts at the front of the file.
    pub(super) fn new(map: &'a FileMap) -> Self {
        Self {
            map,
            bytes: &map[..map.len().min(MOST_HEADER)],
            at: 0,
            elements_left: MOST_ELEMENTS,
            text_left: MOST_TEXT,
        }
    }

    /// How many bytes were read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next `count` bytes.
    pub(super) fn take(
        &mut self,
        what: &'static str,
        count: u64,
    ) -> Result<&'a [u8], WeightsError> {
        let left = self.bytes.len() - self.at;
        let short = WeightsError::Truncated {
            what,
            at: self.at,
            needed: count,
            left,
        };
        let count = usize::try_from(count)
            .ok()
            .filter(|n| *n <= left)
            .ok_or(short)?;
        let taken = &self.bytes[self.at..self.at + count];
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], WeightsError> {
        let taken = self.take(what, N as u64)?;
        Ok(taken
            .try_into()
            .expect("take returns as many bytes as were asked for"))
    }

    pub(super) fn u32(&mut self, what: &'static str) -> Result<u32, WeightsError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    pub(super) fn u64(&mut self, what: &'static str) -> Result<u64, WeightsError> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// A 64-bit size that fits this machine.
    pub(super) fn size(&mut self, what: &'static str) -> Result<usize, WeightsError> {
        let number = self.u64(what)?;
        let large = || WeightsError::Header(format!("{what} {number} is too large"));
        usize::try_from(number).map_err(|_| large())
    }

    /// A string of at most `most` bytes: its length, then its bytes; what is not UTF-8 is
    /// replaced.
    pub(super) fn text(&mut self, what: &'static str, most: u64) -> Result<String, WeightsError> {
        let length = self.u64(what)?;
        let text = self.take(what, length)?;
        if length > most.min(self.text_left) {
            let start = brief(&String::from_utf8_lossy(&text[..text.len().min(256)]));
            let long = format!("a {what} of {length} bytes is too long: {start:?}");
            return Err(WeightsError::Header(long));
        }
        self.text_left -= length;
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// A value with its type before it.
    pub(super) fn value(&mut self) -> Result<Value, WeightsError> {
        let what = "metadata value";
        Ok(match self.u32("metadata type")? {
            0 => Value::Int(u8::from_le_bytes(self.array(what)?).into()),
            1 => Value::Int(i8::from_le_bytes(self.array(what)?).into()),
            2 => Value::Int(u16::from_le_bytes(self.array(what)?).into()),
            3 => Value::Int(i16::from_le_bytes(self.array(what)?).into()),
            4 => Value::Int(u32::from_le_bytes(self.array(what)?).into()),
            5 => Value::Int(i32::from_le_bytes(self.array(what)?).into()),
            6 => Value::Float(f32::from_le_bytes(self.array(what)?).into()),
            7 => Value::Bool(self.array::<1>(what)?[0] != 0),
            8 => Value::Str(self.text(what, MOST_TEXT)?),
            9 => Value::Array(self.elements()?),
            10 => Value::Int(u64::from_le_bytes(self.array(what)?).into()),
            11 => Value::Int(i64::from_le_bytes(self.array(what)?).into()),
            12 => Value::Float(f64::from_le_bytes(self.array(what)?)),
            other => return Err(WeightsError::Header(format!("metadata type {other}"))),
        })
    }

    /// An array: the type of its elements, their number, the elements.
    fn elements(&mut self) -> Result<Array, WeightsError> {
        let kind = Kind::of(self.u32("array type")?)?;
        let count = self.u64("array length")?;
        let (left, at) = (self.bytes.len() - self.at, self.at);
        let needed = count.saturating_mul(kind.bytes() as u64);
        if needed > left as u64 {
            return Err(WeightsError::Truncated {
                what: "an array",
                at,
                needed,
                left,
            });
        }
        let many = || WeightsError::Header(format!("an array of {count} elements is too long"));
        self.elements_left = self.elements_left.checked_sub(count).ok_or_else(many)?;
        let places = match kind {
            Kind::Str => self.places(at, count)?,
            _ => self.take("an array", needed).map(|_| Vec::new())?,
        };
        let fits = |b: &[u8]| b[7] < 0x80;
        if kind == Kind::U64 && !self.bytes[at..self.at].chunks_exact(8).all(fits) {
            let what = "an array element does not fit 63 bits".to_owned();
            return Err(WeightsError::Header(what));
        }
        Ok(Array::new(kind, self.map.part(at..self.at), places))
    }

    /// Where each of the next `count` texts begins, counted from `start`.
    fn places(&mut self, start: usize, count: u64) -> Result<Vec<u32>, WeightsError> {
        let place = |_| {
            let length = self.u64("array element")?;
            let place = self.at - start;
            self.take("array element", length)?;
            Ok(u32::try_from(place).expect("a header is much shorter"))
        };
        (0..count).map(place).collect()
    }
}
