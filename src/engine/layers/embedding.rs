//! A table of rows that are only looked up: it stays in its file's memory map, and only pages
//! that were needed take memory.

use burn::tensor::Tensor;
use bytes::Bytes;

use crate::engine::backend;
use crate::engine::quant::Format;
use crate::engine::weights::WeightsError;
use crate::engine::weights::safetensors::Safetensors;

/// Rows by number.
#[derive(Debug)]
pub(crate) struct Embedding {
    table: Bytes,
    format: Format,
    rows: usize,
    columns: usize,
}

impl Embedding {
    /// Tensor `NAME.weight`.
    pub(crate) fn load(weights: &Safetensors, name: &str) -> Result<Self, WeightsError> {
        let (table, format, [rows, columns]) = weights.table(&format!("{name}.weight"))?;
        Ok(Self {
            table,
            format,
            rows,
            columns,
        })
    }

    /// Rows and columns.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// `[numbers, columns]`. Panics on a number that is none of a row.
    pub(crate) fn rows(&self, numbers: impl ExactSizeIterator<Item = usize>) -> Tensor<2> {
        let row_bytes = self.table.len() / self.rows;
        let count = numbers.len();
        let mut out = vec![0.0; count * self.columns];
        for (number, out) in numbers.zip(out.chunks_exact_mut(self.columns)) {
            self.format
                .dequantize(&self.table[number * row_bytes..][..row_bytes], out);
        }
        backend::matrix(out, count, self.columns)
    }
}
