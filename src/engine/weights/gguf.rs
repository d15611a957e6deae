//! GGUF, versions 2 and 3: metadata, tensor table, tensors (the format is specified in ggml's
//! docs/gguf.md).
//!
//! Nothing in the file is believed: counts and lengths are checked against what is left of the
//! file before anything is reserved, and sums are checked for overflow. What opens is sound; a
//! type that this build cannot run is an error only when its tensor is asked for. However large
//! the header, reading it takes less than 64 MiB: its arrays stay where they lie.

use std::collections::HashMap;
use std::path::Path;

use super::map::FileMap;
use super::{RawTensor, Weights, WeightsError, brief, census};
use crate::engine::quant::{self, Format};

mod array;
mod reader;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod writer;

pub(crate) use array::{Array, Strings};
use reader::Reader;

/// Most entries that metadata and tensor table may have, and most tensor dimensions.
const MOST_ENTRIES: u64 = 1 << 16;
const MOST_DIMENSIONS: u32 = 4;
/// Longest key and longest name of a tensor, as the specification has them.
const MOST_KEY: u64 = (1 << 16) - 1;
const MOST_NAME: u64 = 64;

/// An open GGUF file.
#[derive(Debug)]
pub(crate) struct Gguf {
    map: FileMap,
    metadata: HashMap<String, Value>,
    tensors: HashMap<String, Entry>,
}

/// A value of the metadata.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Int(i128),
    Float(f64),
    Bool(bool),
    Str(String),
    Array(Array),
}

/// A line of the tensor table: shape outermost first, type, and the bytes' place in the file
/// (empty for a type of unknown size).
#[derive(Debug)]
struct Entry {
    shape: Vec<usize>,
    kind: u32,
    start: usize,
    bytes: usize,
}

impl Gguf {
    /// Maps the file and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self, WeightsError> {
        Self::read(FileMap::open(path)?)
    }

    /// Reads the header of a file.
    pub(crate) fn read(map: FileMap) -> Result<Self, WeightsError> {
        let mut reader = Reader::new(&map);
        let (tensors, pairs) = preamble(&mut reader)?;
        let metadata = read_metadata(&mut reader, pairs)?;
        let mut table = read_table(&mut reader, tensors)?;
        let alignment = alignment(&metadata)?;
        let start = reader.at().next_multiple_of(alignment);
        for (name, entry) in &mut table {
            place(name, entry, (start, alignment), map.len())?;
        }
        apart(&table)?;
        Ok(Self {
            map,
            metadata,
            tensors: table,
        })
    }

    /// A value of the metadata.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.metadata.get(key)
    }

    /// A text of the metadata.
    pub(crate) fn get_str(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key) {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// A whole number of the metadata, if it is there and fits.
    pub(crate) fn get_u32(&self, key: &str) -> Option<u32> {
        match self.metadata.get(key) {
            Some(Value::Int(number)) => u32::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A fraction of the metadata.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the nearest single is meant"
    )]
    pub(crate) fn get_f32(&self, key: &str) -> Option<f32> {
        match self.metadata.get(key) {
            Some(Value::Float(number)) => Some(*number as f32),
            _ => None,
        }
    }

    /// A yes or no of the metadata.
    pub(crate) fn get_bool(&self, key: &str) -> Option<bool> {
        match self.metadata.get(key) {
            Some(Value::Bool(yes)) => Some(*yes),
            _ => None,
        }
    }

    /// An array of the metadata.
    pub(crate) fn get_array(&self, key: &str) -> Option<&Array> {
        match self.metadata.get(key) {
            Some(Value::Array(array)) => Some(array),
            _ => None,
        }
    }

    /// A text that the model cannot do without.
    pub(crate) fn need_str(&self, key: &str) -> Result<&str, WeightsError> {
        let text = self.need(key, "a text")?;
        self.get_str(key).ok_or(text)
    }

    /// A whole number that the model cannot do without.
    pub(crate) fn need_u32(&self, key: &str) -> Result<u32, WeightsError> {
        let number = self.need(key, "a whole number below 2^32")?;
        self.get_u32(key).ok_or(number)
    }

    /// A fraction that the model cannot do without.
    pub(crate) fn need_f32(&self, key: &str) -> Result<f32, WeightsError> {
        let number = self.need(key, "a fraction")?;
        self.get_f32(key).ok_or(number)
    }

    /// The error of a value that is there in the wrong kind; fails if it is not there at all.
    fn need(&self, key: &str, expected: &'static str) -> Result<WeightsError, WeightsError> {
        match self.metadata.get(key) {
            Some(_) => Ok(WeightsError::BadKey {
                key: key.to_owned(),
                expected,
            }),
            None => Err(WeightsError::NoKey(key.to_owned())),
        }
    }

    /// Every tensor: its name, its shape outermost first, and what ggml calls its type.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = (&str, &[usize], &'static str)> {
        self.tensors.iter().map(|(name, entry)| {
            (
                name.as_str(),
                entry.shape.as_slice(),
                quant::ggml_name(entry.kind),
            )
        })
    }

    /// The shape of a tensor, outermost first.
    pub(crate) fn get_shape(&self, name: &str) -> Result<&[usize], WeightsError> {
        let entry = self.tensors.get(name);
        let entry = entry.ok_or_else(|| WeightsError::Missing(name.to_owned()))?;
        Ok(&entry.shape)
    }

    /// How many weights the file holds, and the format that most of them are in.
    pub(crate) fn census(&self) -> (u64, &'static str) {
        census(self.tensors().map(|(_, shape, format)| (format, shape)))
    }

    /// The first tensor, by name, of a type that this build cannot run.
    pub(crate) fn unsupported(&self) -> Option<WeightsError> {
        let foreign = |(_, entry): &(&String, &Entry)| Format::from_ggml(entry.kind).is_none();
        let (name, entry) = self
            .tensors
            .iter()
            .filter(foreign)
            .min_by_key(|(name, _)| *name)?;
        Some(entry.unsupported(name))
    }
}

impl Weights for Gguf {
    fn release(&self) {
        self.map.release();
    }

    fn find(&self, name: &str) -> Option<Result<RawTensor<'_>, WeightsError>> {
        let entry = self.tensors.get(name)?;
        let Some(format) = Format::from_ggml(entry.kind) else {
            return Some(Err(entry.unsupported(name)));
        };
        let bytes = &self.map[entry.start..entry.start + entry.bytes];
        Some(Ok(RawTensor {
            shape: &entry.shape,
            format,
            packs_as: format,
            bytes,
        }))
    }
}

impl Entry {
    fn unsupported(&self, name: &str) -> WeightsError {
        let kind = format!("{} ({})", quant::ggml_name(self.kind), self.kind);
        WeightsError::Unsupported {
            name: name.to_owned(),
            kind,
        }
    }
}

/// Magic and version; how many tensors and how many pairs of metadata follow.
fn preamble(reader: &mut Reader<'_>) -> Result<(u64, u64), WeightsError> {
    if reader.take("magic", 4)? != b"GGUF" {
        return Err(WeightsError::NotOne { expected: "GGUF" });
    }
    let version = reader.u32("version")?;
    if !matches!(version, 2 | 3) {
        return Err(WeightsError::Version(version));
    }
    let (tensors, pairs) = (reader.u64("tensor count")?, reader.u64("metadata count")?);
    for (what, count) in [("tensors", tensors), ("pairs of metadata", pairs)] {
        if count > MOST_ENTRIES {
            return Err(WeightsError::Header(format!("{count} {what}")));
        }
    }
    Ok((tensors, pairs))
}

fn read_metadata(
    reader: &mut Reader<'_>,
    pairs: u64,
) -> Result<HashMap<String, Value>, WeightsError> {
    let mut metadata = HashMap::new();
    for _ in 0..pairs {
        let key = reader.text("metadata key", MOST_KEY)?;
        let value = reader.value()?;
        if metadata.contains_key(&key) {
            let twice = format!("metadata key {:?} occurs twice", brief(&key));
            return Err(WeightsError::Header(twice));
        }
        metadata.insert(key, value);
    }
    Ok(metadata)
}

/// The tensor table; `start` of an entry is still counted from the beginning of the data.
fn read_table(
    reader: &mut Reader<'_>,
    tensors: u64,
) -> Result<HashMap<String, Entry>, WeightsError> {
    let mut table = HashMap::new();
    for _ in 0..tensors {
        let name = reader.text("tensor name", MOST_NAME)?;
        let dimensions = reader.u32("tensor dimensions")?;
        if dimensions == 0 || dimensions > MOST_DIMENSIONS {
            return Err(WeightsError::Header(format!(
                "{name:?} has {dimensions} dimensions"
            )));
        }
        let mut shape = Vec::new();
        for _ in 0..dimensions {
            shape.push(reader.size("tensor dimension")?);
        }
        shape.reverse();
        let kind = reader.u32("tensor type")?;
        let start = reader.size("tensor offset")?;
        if table
            .insert(
                name.clone(),
                Entry {
                    shape,
                    kind,
                    start,
                    bytes: 0,
                },
            )
            .is_some()
        {
            return Err(WeightsError::Header(format!(
                "tensor {name:?} occurs twice"
            )));
        }
    }
    Ok(table)
}

/// Where tensors may begin: at multiples of this many bytes.
fn alignment(metadata: &HashMap<String, Value>) -> Result<usize, WeightsError> {
    let alignment = match metadata.get("general.alignment") {
        None => 32,
        Some(Value::Int(number)) => usize::try_from(*number).unwrap_or(0),
        Some(_) => 0,
    };
    if !alignment.is_power_of_two() || !(8..=65536).contains(&alignment) {
        return Err(WeightsError::Header(
            "its alignment is no power of two from 8 to 65536".to_owned(),
        ));
    }
    Ok(alignment)
}

/// Fixes where a tensor lies, once it is known to lie within the file; `data` and `alignment` say
/// where the first one may and by how much each.
fn place(
    name: &str,
    entry: &mut Entry,
    (data, alignment): (usize, usize),
    file: usize,
) -> Result<(), WeightsError> {
    let bad = |why: &str| WeightsError::Header(format!("tensor {name:?} {why}"));
    let count = |shape: &[usize]| shape.iter().try_fold(1_usize, |all, n| all.checked_mul(*n));
    let weights = count(&entry.shape)
        .filter(|n| *n > 0)
        .ok_or_else(|| bad("has no sound size"))?;
    let start = data
        .checked_add(entry.start)
        .filter(|_| entry.start.is_multiple_of(alignment))
        .ok_or_else(|| bad("has no sound offset"))?;
    let bytes = match Format::from_ggml(entry.kind) {
        None => 0,
        Some(format) => {
            let columns = entry.shape.last().copied().unwrap_or(0);
            if !columns.is_multiple_of(format.block()) {
                return Err(bad("has rows that do not fill whole blocks"));
            }
            format
                .bytes_of(weights)
                .ok_or_else(|| bad("has no sound size"))?
        }
    };
    let left = file.saturating_sub(start);
    if start > file || bytes > left {
        let (needed, what) = (bytes as u64, "a tensor's data");
        return Err(WeightsError::Truncated {
            what,
            at: start,
            needed,
            left,
        });
    }
    (entry.start, entry.bytes) = (start, bytes);
    Ok(())
}

/// Fails if two tensors share bytes.
fn apart(table: &HashMap<String, Entry>) -> Result<(), WeightsError> {
    let mut places: Vec<(usize, usize, &str)> = table
        .iter()
        .map(|(name, entry)| (entry.start, entry.bytes, name.as_str()))
        .collect();
    places.sort_unstable();
    for pair in places.windows(2) {
        let ((start, bytes, first), (next, _, second)) = (pair[0], pair[1]);
        if start + bytes > next {
            let overlap = format!("tensors {first:?} and {second:?} overlap");
            return Err(WeightsError::Header(overlap));
        }
    }
    Ok(())
}
