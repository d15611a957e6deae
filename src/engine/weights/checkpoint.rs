//! The weights of a decoder as Hugging Face ships them: the names of GGUF, the output matrix tied
//! to the embedding where the settings say so, and matrices to be quantised as they are loaded.

use super::safetensors::Safetensors;
use super::{RawTensor, Weights, WeightsError};
use crate::engine::quant::Format;

const EMBEDDING: &str = "token_embd.weight";
const OUTPUT: &str = "output.weight";

/// A decoder's safetensors file, read as its settings mean it.
#[derive(Debug)]
pub(crate) struct Checkpoint<'f> {
    file: &'f Safetensors,
    /// One matrix is both embedding and output; it goes by either name.
    tied: bool,
    /// Matrices of floats become Q8_0.
    quantise: bool,
}

impl<'f> Checkpoint<'f> {
    pub(crate) fn new(file: &'f Safetensors, tied: bool, quantise: bool) -> Self {
        Self {
            file,
            tied,
            quantise,
        }
    }

    /// What the file calls a tensor; none if it is not to be used.
    fn source<'n>(&self, name: &'n str) -> Option<&'n str> {
        match name {
            OUTPUT if self.tied => None,
            EMBEDDING if self.tied && self.file.find(EMBEDDING).is_none() => Some(OUTPUT),
            other => Some(other),
        }
    }

    /// The shape of a tensor, outermost first.
    pub(crate) fn get_shape(&self, name: &str) -> Result<&[usize], WeightsError> {
        let source = self.source(name);
        let source = source.ok_or_else(|| WeightsError::Missing(name.to_owned()))?;
        self.file.get_shape(source)
    }

    /// The format that a tensor is kept in: rows of floats that fill blocks are quantised. A
    /// vector stays what it is, and so does a matrix whose rows do not fill blocks.
    fn packs_as(&self, tensor: &RawTensor<'_>) -> Format {
        let whole = |columns: &usize| columns.is_multiple_of(Format::Q8_0.block());
        let matrix = tensor.shape.len() == 2 && tensor.shape.last().is_some_and(whole);
        match self.quantise && matrix && tensor.format.is_dense() {
            true => Format::Q8_0,
            false => tensor.format,
        }
    }
}

impl Weights for Checkpoint<'_> {
    fn find(&self, name: &str) -> Option<Result<RawTensor<'_>, WeightsError>> {
        let found = self.file.find(self.source(name)?)?;
        Some(found.map(|tensor| RawTensor {
            packs_as: self.packs_as(&tensor),
            ..tensor
        }))
    }

    fn release(&self) {
        self.file.release();
    }
}
