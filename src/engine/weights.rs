//! Model files: tensors by name, read through a memory map, every length checked.
//!
//! Both kinds of file answer to the names of GGUF; [`names`] translates those of Hugging Face.

pub(crate) mod checkpoint;
pub(crate) mod gguf;
pub(crate) mod map;
pub(crate) mod names;
pub(crate) mod safetensors;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::quant::Format;

/// What of a text from a file an error repeats, in characters.
const MOST_SHOWN: usize = 160;

/// What can be wrong with a model file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WeightsError {
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("this is not a {expected} file")]
    NotOne { expected: &'static str },
    #[error("GGUF version {0} is not one that this build reads (2 and 3)")]
    Version(u32),
    #[error(
        "the file is cut off or lies about its size: {what} at byte {at} needs {needed} bytes \
             and {left} are left"
    )]
    Truncated {
        what: &'static str,
        at: usize,
        needed: u64,
        left: usize,
    },
    #[error("the header is not sound: {0}")]
    Header(String),
    #[error("tensor {0} is missing")]
    Missing(String),
    #[error("tensor {name} is of type {kind}, which this build cannot run")]
    Unsupported { name: String, kind: String },
    #[error("tensor {name} has shape {found:?} where {expected:?} is needed")]
    Shape {
        name: String,
        found: Vec<usize>,
        expected: Vec<usize>,
    },
    #[error("the metadata has no {0}")]
    NoKey(String),
    #[error("the metadata's {key} is not {expected}")]
    BadKey { key: String, expected: &'static str },
}

/// One tensor as it lies in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawTensor<'a> {
    /// Outermost first: `[rows, columns]` of a matrix.
    pub(crate) shape: &'a [usize],
    pub(crate) format: Format,
    /// The format that a matrix is kept in: its own, or Q8_0 for one of floats that is to be
    /// quantised as it is loaded.
    pub(crate) packs_as: Format,
    /// Exactly the bytes that shape and format call for.
    pub(crate) bytes: &'a [u8],
}

impl RawTensor<'_> {
    /// All weights as 32-bit floats.
    pub(crate) fn to_f32(self) -> Vec<f32> {
        let mut out = vec![0.0; self.shape.iter().product()];
        self.format.dequantize(self.bytes, &mut out);
        out
    }
}

/// How many weights tensors of these formats and shapes hold, and the format of most of them. What
/// nothing was allocated for may claim any size: sums stop at the largest number.
fn census<'a>(tensors: impl Iterator<Item = (&'static str, &'a [usize])>) -> (u64, &'static str) {
    let mut formats: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (format, shape) in tensors {
        let weights = shape
            .iter()
            .fold(1_u64, |all, side| all.saturating_mul(*side as u64));
        let sum = formats.entry(format).or_default();
        *sum = sum.saturating_add(weights);
    }
    let most = formats.iter().max_by_key(|(_, weights)| **weights);
    let all = formats
        .values()
        .fold(0, |all: u64, n| all.saturating_add(*n));
    (all, most.map_or("none", |(name, _)| name))
}

/// Tensors by their GGUF name.
pub(crate) trait Weights {
    /// The tensor of this name, if the file has one.
    fn find(&self, name: &str) -> Option<Result<RawTensor<'_>, WeightsError>>;

    /// Gives back the memory of what was read so far.
    fn release(&self) {}

    /// The tensor of this name.
    fn get(&self, name: &str) -> Result<RawTensor<'_>, WeightsError> {
        self.find(name)
            .unwrap_or_else(|| Err(WeightsError::Missing(name.to_owned())))
    }

    /// The tensor of this name, if it has this shape.
    fn shaped(&self, name: &str, shape: &[usize]) -> Result<RawTensor<'_>, WeightsError> {
        let tensor = self.get(name)?;
        if tensor.shape == shape {
            return Ok(tensor);
        }
        Err(WeightsError::Shape {
            name: name.to_owned(),
            found: tensor.shape.to_vec(),
            expected: shape.to_vec(),
        })
    }
}

/// The beginning of a text from a file, for an error.
pub(crate) fn brief(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
