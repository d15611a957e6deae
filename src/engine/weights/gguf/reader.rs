//! Reads a GGUF header front to back; never past its end, never more than is there.

use super::{Array, Value, WeightsError};

/// A place in the header.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the front; what lies behind `most` bytes is no header any more.
    pub(super) fn new(bytes: &'a [u8], most: usize) -> Self {
        Self {
            bytes: &bytes[..bytes.len().min(most)],
            at: 0,
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

    /// A string: its length, then its bytes. Token texts of some models are not quite UTF-8; what
    /// is not is replaced.
    pub(super) fn text(&mut self, what: &'static str) -> Result<String, WeightsError> {
        let length = self.u64(what)?;
        Ok(String::from_utf8_lossy(self.take(what, length)?).into_owned())
    }

    /// A value with its type before it.
    pub(super) fn value(&mut self) -> Result<Value, WeightsError> {
        match self.u32("metadata type")? {
            9 => Ok(Value::Array(self.elements()?)),
            kind => self.scalar(kind),
        }
    }

    fn scalar(&mut self, kind: u32) -> Result<Value, WeightsError> {
        let what = "metadata value";
        Ok(match kind {
            0 => Value::Int(u8::from_le_bytes(self.array(what)?).into()),
            1 => Value::Int(i8::from_le_bytes(self.array(what)?).into()),
            2 => Value::Int(u16::from_le_bytes(self.array(what)?).into()),
            3 => Value::Int(i16::from_le_bytes(self.array(what)?).into()),
            4 => Value::Int(u32::from_le_bytes(self.array(what)?).into()),
            5 => Value::Int(i32::from_le_bytes(self.array(what)?).into()),
            6 => Value::Float(f32::from_le_bytes(self.array(what)?).into()),
            7 => Value::Bool(self.array::<1>(what)?[0] != 0),
            8 => Value::Str(self.text(what)?),
            10 => Value::Int(u64::from_le_bytes(self.array(what)?).into()),
            11 => Value::Int(i64::from_le_bytes(self.array(what)?).into()),
            12 => Value::Float(f64::from_le_bytes(self.array(what)?)),
            other => return Err(WeightsError::Header(format!("metadata type {other}"))),
        })
    }

    /// An array: the type of its elements, their number, the elements.
    fn elements(&mut self) -> Result<Array, WeightsError> {
        let kind = self.u32("array type")?;
        let count = self.u64("array length")?;
        let least: u64 = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            8 | 10..=12 => 8,
            other => return Err(WeightsError::Header(format!("an array of type {other}"))),
        };
        let left = self.bytes.len() - self.at;
        let needed = count.saturating_mul(least);
        if needed > left as u64 {
            return Err(WeightsError::Truncated {
                what: "an array",
                at: self.at,
                needed,
                left,
            });
        }
        match kind {
            8 => (0..count)
                .map(|_| self.text("array element"))
                .collect::<Result<_, _>>()
                .map(Array::Str),
            6 | 12 => self.collect(kind, count, float).map(Array::Float),
            7 => self.collect(kind, count, boolean).map(Array::Bool),
            _ => self.collect(kind, count, int).map(Array::Int),
        }
    }

    fn collect<T>(
        &mut self,
        kind: u32,
        count: u64,
        pick: fn(Value) -> Option<T>,
    ) -> Result<Vec<T>, WeightsError> {
        let large = || WeightsError::Header("an array element does not fit 64 bits".to_owned());
        (0..count)
            .map(|_| pick(self.scalar(kind)?).ok_or_else(large))
            .collect()
    }
}

fn int(value: Value) -> Option<i64> {
    match value {
        Value::Int(number) => i64::try_from(number).ok(),
        _ => None,
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the nearest single is meant"
)]
fn float(value: Value) -> Option<f32> {
    match value {
        Value::Float(number) => Some(number as f32),
        _ => None,
    }
}

fn boolean(value: Value) -> Option<bool> {
    match value {
        Value::Bool(yes) => Some(yes),
        _ => None,
    }
}
