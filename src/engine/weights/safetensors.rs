//! Safetensors: a JSON header, then the tensors. The crate checks that header, shapes and file
//! length agree; here tensors get their GGUF names.

use std::collections::HashMap;
use std::path::Path;

use ::safetensors::{Dtype, SafeTensorError, SafeTensors};
use bytes::Bytes;

use super::map::FileMap;
use super::names::gguf_name;
use super::{RawTensor, Weights, WeightsError, brief, census};
use crate::engine::quant::Format;

/// Largest header: one of a thousand tensors has some 100 KiB.
const MOST_HEADER: u64 = 2 << 20;

/// An open safetensors file.
#[derive(Debug)]
pub(crate) struct Safetensors {
    map: FileMap,
    tensors: HashMap<String, Entry>,
}

/// Where a tensor lies, and what it is.
#[derive(Debug)]
struct Entry {
    shape: Vec<usize>,
    kind: Dtype,
    start: usize,
    end: usize,
}

impl Entry {
    fn unsupported(&self, name: &str) -> WeightsError {
        WeightsError::Unsupported {
            name: name.to_owned(),
            kind: format!("{:?}", self.kind),
        }
    }
}

/// What this build calls a type of number, if it can run it.
fn format(kind: Dtype) -> Option<Format> {
    match kind {
        Dtype::F32 => Some(Format::F32),
        Dtype::F16 => Some(Format::F16),
        Dtype::BF16 => Some(Format::BF16),
        _ => None,
    }
}

impl Safetensors {
    /// Maps the file and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self, WeightsError> {
        Self::read(FileMap::open(path)?)
    }

    /// Reads the header of a file.
    pub(crate) fn read(map: FileMap) -> Result<Self, WeightsError> {
        let bad = |error: SafeTensorError| WeightsError::Header(brief(&error.to_string()));
        // The crate reads up to 100 MB of JSON, into values 25 times that size.
        if let Some(length) = map.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
            && length > MOST_HEADER
        {
            let long = format!("{length} bytes are too many");
            return Err(WeightsError::Header(long));
        }
        let (header, _) = SafeTensors::read_metadata(&map).map_err(bad)?;
        let data = header + size_of::<u64>();
        let file = SafeTensors::deserialize(&map).map_err(bad)?;
        let origin = map.as_ptr().addr();
        let mut tensors = HashMap::new();
        for (theirs, view) in file.iter() {
            let Some(name) = gguf_name(theirs) else {
                continue;
            };
            let start = view.data().as_ptr().addr() - origin;
            debug_assert!(start >= data, "tensors lie behind the header");
            let (shape, kind) = (view.shape().to_vec(), view.dtype());
            let entry = Entry {
                shape,
                kind,
                start,
                end: start + view.data().len(),
            };
            if tensors.insert(name, entry).is_some() {
                let twice = format!("tensor {:?} occurs twice", brief(theirs));
                return Err(WeightsError::Header(twice));
            }
        }
        Ok(Self { map, tensors })
    }

    /// What the file's known tensors are called.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// A matrix as it lies in the file, not copied: its bytes, format, rows and columns.
    pub(crate) fn table(&self, name: &str) -> Result<(Bytes, Format, [usize; 2]), WeightsError> {
        let tensor = self.get(name)?;
        let entry = &self.tensors[name];
        let [rows, columns] = *tensor.shape else {
            let (name, found) = (name.to_owned(), tensor.shape.to_vec());
            return Err(WeightsError::Shape {
                name,
                found,
                expected: vec![0, 0],
            });
        };
        Ok((
            self.map.part(entry.start..entry.end),
            tensor.format,
            [rows, columns],
        ))
    }

    /// How many weights the file's known tensors hold, and the format of most of them.
    pub(crate) fn census(&self) -> (u64, &'static str) {
        census(self.tensors.values().map(|entry| {
            let name = format(entry.kind).map_or("none", Format::name);
            (name, entry.shape.as_slice())
        }))
    }

    /// The shape of a tensor, outermost first.
    pub(crate) fn get_shape(&self, name: &str) -> Result<&[usize], WeightsError> {
        let entry = self.tensors.get(name);
        let entry = entry.ok_or_else(|| WeightsError::Missing(name.to_owned()))?;
        Ok(&entry.shape)
    }

    /// The first tensor, by name, of a type that this build cannot run.
    pub(crate) fn unsupported(&self) -> Option<WeightsError> {
        let foreign = |(_, entry): &(&String, &Entry)| format(entry.kind).is_none();
        let foreign = self.tensors.iter().filter(foreign);
        let (name, entry) = foreign.min_by_key(|(name, _)| *name)?;
        Some(entry.unsupported(name))
    }
}

impl Weights for Safetensors {
    fn release(&self) {
        self.map.release();
    }

    fn find(&self, name: &str) -> Option<Result<RawTensor<'_>, WeightsError>> {
        let entry = self.tensors.get(name)?;
        let Some(format) = format(entry.kind) else {
            return Some(Err(entry.unsupported(name)));
        };
        let bytes = &self.map[entry.start..entry.end];
        Some(Ok(RawTensor {
            shape: &entry.shape,
            format,
            packs_as: format,
            bytes,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(bytes: &[u8]) -> Result<Safetensors, WeightsError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        Safetensors::open(file.path())
    }

    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + data, 1);
        bytes
    }

    #[test]
    fn a_tensor_is_found_by_its_gguf_name() {
        let header = r#"{"lm_head.weight":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}}"#;
        let weights = open(&file(header, 12)).unwrap();
        let tensor = weights.get("output.weight").unwrap();
        assert_eq!((tensor.shape, tensor.bytes), (&[2, 3][..], &[1; 12][..]));
        assert!(matches!(
            weights.get("token_embd.weight"),
            Err(WeightsError::Missing(_))
        ));
    }

    #[test]
    fn lying_headers_are_errors() {
        let shape = r#"{"lm_head.weight":{"dtype":"F32","shape":[9,9],"data_offsets":[0,12]}}"#;
        let outside = r#"{"lm_head.weight":{"dtype":"F32","shape":[3],"data_offsets":[90,102]}}"#;
        let whole = r#"{"lm_head.weight":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#;
        assert!(open(&file(whole, 12)).is_ok());
        for bytes in [
            file(shape, 12),
            file(outside, 12),
            file(whole, 11),
            file(whole, 13),
            file("{", 0),
            u64::MAX.to_le_bytes().to_vec(),
            vec![1, 2, 3],
            Vec::new(),
        ] {
            assert!(open(&bytes).is_err(), "{bytes:?}");
        }
    }
}
