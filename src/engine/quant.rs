//! Block formats of weights, and the reference that says what their bytes mean.
//!
//! A row of a matrix is a run of blocks; a block holds [`Format::block`] neighbouring weights in
//! [`Format::block_bytes`] bytes, as ggml lays them out. Of every quantised format a weight is
//! `scale * (code - zero) + minimum`, with a code of four to eight bits without a sign. The
//! functions here are plain and slow: the kernels are tested against them.

pub(crate) mod q4_0;
pub(crate) mod q4_1;
pub(crate) mod q4_k;
pub(crate) mod q5_0;
pub(crate) mod q5_1;
pub(crate) mod q5_k;
pub(crate) mod q6_k;
pub(crate) mod q8_0;

use half::{bf16, f16};

/// A format that this build can run.
#[allow(
    non_camel_case_types,
    reason = "the formats' own names have underscores that tell them apart"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    F32,
    F16,
    BF16,
    Q8_0,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q4_K,
    Q5_K,
    Q6_K,
}

impl Format {
    /// Every format, with its number in a GGUF tensor table.
    pub(crate) const ALL: [(u32, Self); 11] = [
        (0, Self::F32),
        (1, Self::F16),
        (2, Self::Q4_0),
        (3, Self::Q4_1),
        (6, Self::Q5_0),
        (7, Self::Q5_1),
        (8, Self::Q8_0),
        (12, Self::Q4_K),
        (13, Self::Q5_K),
        (14, Self::Q6_K),
        (30, Self::BF16),
    ];

    /// The format with this number in a GGUF tensor table.
    pub(crate) fn from_ggml(kind: u32) -> Option<Self> {
        let found = Self::ALL.iter().find(|(number, _)| *number == kind);
        found.map(|(_, format)| *format)
    }

    /// Its number in a GGUF tensor table.
    #[cfg(test)]
    pub(crate) fn ggml(self) -> u32 {
        let found = Self::ALL.iter().find(|(_, format)| *format == self);
        found.expect("all formats are listed").0
    }

    /// How GGUF names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::BF16 => "BF16",
            Self::Q8_0 => "Q8_0",
            Self::Q4_0 => "Q4_0",
            Self::Q4_1 => "Q4_1",
            Self::Q5_0 => "Q5_0",
            Self::Q5_1 => "Q5_1",
            Self::Q4_K => "Q4_K",
            Self::Q5_K => "Q5_K",
            Self::Q6_K => "Q6_K",
        }
    }

    /// Weights in a block.
    pub(crate) const fn block(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::BF16 => 1,
            Self::Q8_0 => q8_0::BLOCK,
            Self::Q4_0 => q4_0::BLOCK,
            Self::Q4_1 => q4_1::BLOCK,
            Self::Q5_0 => q5_0::BLOCK,
            Self::Q5_1 => q5_1::BLOCK,
            Self::Q4_K => q4_k::BLOCK,
            Self::Q5_K => q5_k::BLOCK,
            Self::Q6_K => q6_k::BLOCK,
        }
    }

    /// Bytes of a block.
    pub(crate) const fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::BF16 => 2,
            Self::Q8_0 => q8_0::BYTES,
            Self::Q4_0 => q4_0::BYTES,
            Self::Q4_1 => q4_1::BYTES,
            Self::Q5_0 => q5_0::BYTES,
            Self::Q5_1 => q5_1::BYTES,
            Self::Q4_K => q4_k::BYTES,
            Self::Q5_K => q5_k::BYTES,
            Self::Q6_K => q6_k::BYTES,
        }
    }

    /// Whether its weights are floats, each for itself.
    pub(crate) const fn is_dense(self) -> bool {
        self.block() == 1
    }

    /// Bytes of `weights` weights; none if they do not fill whole blocks or do not fit a `usize`.
    pub(crate) fn bytes_of(self, weights: usize) -> Option<usize> {
        if !weights.is_multiple_of(self.block()) {
            return None;
        }
        (weights / self.block()).checked_mul(self.block_bytes())
    }

    /// Writes the weights of `row` to `out`. Panics if the lengths do not belong together.
    pub(crate) fn dequantize(self, row: &[u8], out: &mut [f32]) {
        assert_eq!(
            Some(row.len()),
            self.bytes_of(out.len()),
            "a row of {}",
            self.name()
        );
        if self == Self::F32 {
            let floats = row.as_chunks::<4>().0.iter().zip(out);
            return floats.for_each(|(bytes, out)| *out = f32::from_le_bytes(*bytes));
        }
        let blocks = row
            .chunks_exact(self.block_bytes())
            .zip(out.chunks_exact_mut(self.block()));
        for (block, out) in blocks {
            match self {
                Self::F32 => unreachable!("done above"),
                Self::F16 => out[0] = half_at(block, 0),
                Self::BF16 => out[0] = bf16::from_le_bytes([block[0], block[1]]).to_f32(),
                Self::Q8_0 => q8_0::dequantize(block, out),
                Self::Q4_0 => q4_0::dequantize(block, out),
                Self::Q4_1 => q4_1::dequantize(block, out),
                Self::Q5_0 => q5_0::dequantize(block, out),
                Self::Q5_1 => q5_1::dequantize(block, out),
                Self::Q4_K => q4_k::dequantize(block, out),
                Self::Q5_K => q5_k::dequantize(block, out),
                Self::Q6_K => q6_k::dequantize(block, out),
            }
        }
    }

    /// Writes a row of this format to `out` as Q8_0; `floats` has a place for each weight of the
    /// row. Panics if the lengths do not belong together.
    pub(crate) fn requantize(self, row: &[u8], floats: &mut [f32], out: &mut [u8]) {
        match self {
            Self::BF16 => {
                let halves = row.as_chunks::<2>().0.iter().zip(&mut *floats);
                halves.for_each(|(half, out)| *out = bf16::from_le_bytes(*half).to_f32());
            }
            other => other.dequantize(row, floats),
        }
        let blocks = floats.as_chunks::<{ q8_0::BLOCK }>();
        assert!(blocks.1.is_empty(), "a row of whole blocks");
        assert_eq!(out.len(), blocks.0.len() * q8_0::BYTES, "a row of Q8_0");
        for (weights, block) in blocks.0.iter().zip(out.chunks_exact_mut(q8_0::BYTES)) {
            q8_0::quantize(weights, block);
        }
    }

    /// Writes the codes of one block of a quantised format to `codes`, in the weights' order.
    pub(crate) fn codes(self, block: &[u8], codes: &mut [u8]) {
        match self {
            Self::F32 | Self::F16 | Self::BF16 => unreachable!("floats have no codes"),
            Self::Q8_0 => q8_0::codes(block, codes),
            Self::Q4_0 => q4_0::codes(block, codes),
            Self::Q4_1 => q4_1::codes(block, codes),
            Self::Q5_0 => q5_0::codes(block, codes),
            Self::Q5_1 => q5_1::codes(block, codes),
            Self::Q4_K => q4_k::codes(block, codes),
            Self::Q5_K => q5_k::codes(block, codes),
            Self::Q6_K => q6_k::codes(block, codes),
        }
    }
}

/// What ggml calls the type with this number, for messages about files we cannot run.
pub(crate) fn ggml_name(kind: u32) -> &'static str {
    const OTHERS: [(u32, &str); 13] = [
        (9, "Q8_1"),
        (10, "Q2_K"),
        (11, "Q3_K"),
        (15, "Q8_K"),
        (16, "IQ2_XXS"),
        (17, "IQ2_XS"),
        (18, "IQ3_XXS"),
        (20, "IQ4_NL"),
        (23, "IQ4_XS"),
        (24, "I8"),
        (26, "I32"),
        (28, "F64"),
        (39, "MXFP4"),
    ];
    if let Some(format) = Format::from_ggml(kind) {
        return format.name();
    }
    OTHERS
        .iter()
        .find(|(number, _)| *number == kind)
        .map_or("an unknown type", |(_, name)| name)
}

/// The little-endian half at byte `at`.
fn half_at(bytes: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// Four bits of each of 32 weights: byte `j` holds weight `j` low and weight `j + 16` high.
fn nibbles(bytes: &[u8], codes: &mut [u8]) {
    let (low, high) = codes.split_at_mut(16);
    for ((low, high), byte) in low.iter_mut().zip(high).zip(bytes) {
        (*low, *high) = (byte & 15, byte >> 4);
    }
}

/// Adds the fifth bits: bit `j` of the word belongs to weight `j`.
fn fifth_bits(word: &[u8], codes: &mut [u8]) {
    for (j, code) in codes.iter_mut().enumerate() {
        *code |= (word[j / 8] >> (j % 8) & 1) << 4;
    }
}

/// The weight of the largest magnitude, with its sign.
#[cfg(test)]
fn largest(weights: &[f32]) -> f32 {
    let larger = |most: f32, w: &f32| if w.abs() > most.abs() { *w } else { most };
    weights.iter().fold(0.0, larger)
}

/// Writes 32 codes of five bits: a word of fifth bits, then the others.
#[cfg(test)]
fn put_five_bits(codes: &[u8], to: &mut [u8]) {
    let word = (0..32).fold(0_u32, |word, j| word | u32::from(codes[j] >> 4) << j);
    to[..4].copy_from_slice(&word.to_le_bytes());
    for j in 0..16 {
        to[4 + j] = codes[j] & 15 | codes[j + 16] << 4;
    }
}
