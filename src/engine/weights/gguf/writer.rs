//! Writes GGUF files for tests of the rooms that read them, in every format that they may have.

use crate::engine::quant::{Format, q4_0, q4_1, q5_0, q5_1, q8_0};

/// A file in the making.
#[derive(Default)]
pub(crate) struct Writer {
    metadata: Vec<u8>,
    pairs: u64,
    table: Vec<u8>,
    tensors: u64,
    data: Vec<u8>,
}

impl Writer {
    pub(crate) fn text(mut self, key: &str, value: &str) -> Self {
        put(&mut self.metadata, key);
        self.metadata.extend(8_u32.to_le_bytes());
        put(&mut self.metadata, value);
        self.pairs += 1;
        self
    }

    pub(crate) fn number(self, key: &str, value: u32) -> Self {
        self.raw(key, 4, &value.to_le_bytes())
    }

    pub(crate) fn fraction(self, key: &str, value: f32) -> Self {
        self.raw(key, 6, &value.to_le_bytes())
    }

    /// A value of any type, as its bytes.
    pub(crate) fn raw(mut self, key: &str, kind: u32, bytes: &[u8]) -> Self {
        put(&mut self.metadata, key);
        self.metadata.extend(kind.to_le_bytes());
        self.metadata.extend(bytes);
        self.pairs += 1;
        self
    }

    /// A tensor in `format`; `shape` is outermost first.
    pub(crate) fn tensor(
        self,
        name: &str,
        shape: &[usize],
        format: Format,
        weights: &[f32],
    ) -> Self {
        assert_eq!(weights.len(), shape.iter().product::<usize>(), "{name}");
        self.tensor_bytes(name, shape, format, &encode(format, weights))
    }

    /// A tensor as its bytes.
    pub(crate) fn tensor_bytes(
        self,
        name: &str,
        shape: &[usize],
        format: Format,
        bytes: &[u8],
    ) -> Self {
        let offset = self.data.len() as u64;
        let mut with = self.entry(name, shape, format.ggml(), offset);
        with.data.extend(bytes);
        with.data.resize(with.data.len().next_multiple_of(32), 0);
        with
    }

    /// A line of the tensor table alone.
    pub(crate) fn entry(mut self, name: &str, shape: &[usize], kind: u32, offset: u64) -> Self {
        put(&mut self.table, name);
        self.table
            .extend(u32::try_from(shape.len()).unwrap().to_le_bytes());
        for side in shape.iter().rev() {
            self.table.extend((*side as u64).to_le_bytes());
        }
        self.table.extend(kind.to_le_bytes());
        self.table.extend(offset.to_le_bytes());
        self.tensors += 1;
        self
    }

    /// The file's bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend(self.tensors.to_le_bytes());
        bytes.extend(self.pairs.to_le_bytes());
        bytes.extend(self.metadata);
        bytes.extend(self.table);
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes.extend(self.data);
        bytes
    }
}

fn put(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

/// Weights as they lie in a file.
pub(crate) fn encode(format: Format, weights: &[f32]) -> Vec<u8> {
    let mut bytes = vec![0; format.bytes_of(weights.len()).expect("whole blocks")];
    let blocks = weights
        .chunks(format.block())
        .zip(bytes.chunks_mut(format.block_bytes()));
    for (weights, block) in blocks {
        match format {
            Format::F32 => block.copy_from_slice(&weights[0].to_le_bytes()),
            Format::F16 => {
                block.copy_from_slice(&half::f16::from_f32(weights[0]).to_le_bytes());
            }
            Format::BF16 => {
                block.copy_from_slice(&half::bf16::from_f32(weights[0]).to_le_bytes());
            }
            Format::Q8_0 => q8_0::quantize(weights, block),
            Format::Q4_0 => q4_0::quantize(weights, block),
            Format::Q4_1 => q4_1::quantize(weights, block),
            Format::Q5_0 => q5_0::quantize(weights, block),
            Format::Q5_1 => q5_1::quantize(weights, block),
            Format::Q4_K | Format::Q5_K | Format::Q6_K => any_block(format, weights, block),
        }
    }
    bytes
}

/// Fills a block of a K format with bits of `weights`: it says something, though not the same.
/// (Packing these formats well is an art of its own that only makers of files need.)
fn any_block(format: Format, weights: &[f32], block: &mut [u8]) {
    let mut state = 0x9e37_79b9_u32;
    for (i, byte) in block.iter_mut().enumerate() {
        state = (state ^ weights[i].to_bits())
            .wrapping_mul(0x0100_0193)
            .rotate_left(13);
        *byte = (state >> 11) as u8;
    }
    let unit = half::f16::from_f32(0.002 + weights[0].abs() / 1024.0).to_le_bytes();
    match format {
        Format::Q6_K => block[208..].copy_from_slice(&unit),
        _ => {
            block[..2].copy_from_slice(&unit);
            block[2..4].copy_from_slice(&unit);
        }
    }
}
