//! A table of rows that are only looked up: it stays in its file's memory map, and only pages
//! that were needed take memory.

use bytes::Bytes;

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

    /// The rows of these numbers, one after the other. Panics on a number that is none of a row.
    pub(crate) fn rows(&self, numbers: impl ExactSizeIterator<Item = usize>) -> Vec<f32> {
        let row_bytes = self.table.len() / self.rows;
        let mut out = vec![0.0; numbers.len() * self.columns];
        for (number, out) in numbers.zip(out.chunks_exact_mut(self.columns)) {
            self.format
                .dequantize(&self.table[number * row_bytes..][..row_bytes], out);
        }
        out
    }
}
