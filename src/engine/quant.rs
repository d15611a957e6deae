//! Block formats of weights, and the reference that says what their bytes mean.
//!
//! A row of a matrix is a run of blocks; a block holds [`Format::block`] neighbouring weights in
//! [`Format::block_bytes`] bytes, as ggml lays them out. The functions here are plain and slow:
//! the kernels are tested against them.

pub(crate) mod q4_1;
pub(crate) mod q8_0;

use half::f16;

/// A format that this build can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    F32,
    F16,
    Q8_0,
    Q4_1,
}

impl Format {
    /// The format with this number in a GGUF tensor table.
    pub(crate) fn from_ggml(kind: u32) -> Option<Self> {
        match kind {
            0 => Some(Self::F32),
            1 => Some(Self::F16),
            3 => Some(Self::Q4_1),
            8 => Some(Self::Q8_0),
            _ => None,
        }
    }

    /// How GGUF names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Q8_0 => "Q8_0",
            Self::Q4_1 => "Q4_1",
        }
    }

    /// Weights in a block.
    pub(crate) const fn block(self) -> usize {
        match self {
            Self::F32 | Self::F16 => 1,
            Self::Q8_0 => q8_0::BLOCK,
            Self::Q4_1 => q4_1::BLOCK,
        }
    }

    /// Bytes of a block.
    pub(crate) const fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
            Self::Q8_0 => q8_0::BYTES,
            Self::Q4_1 => q4_1::BYTES,
        }
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
        let blocks = row
            .chunks_exact(self.block_bytes())
            .zip(out.chunks_exact_mut(self.block()));
        for (block, out) in blocks {
            match self {
                Self::F32 => out[0] = f32::from_le_bytes([block[0], block[1], block[2], block[3]]),
                Self::F16 => out[0] = half_at(block, 0),
                Self::Q8_0 => q8_0::dequantize(block, out),
                Self::Q4_1 => q4_1::dequantize(block, out),
            }
        }
    }
}

/// What ggml calls the type with this number, for messages about files we cannot run.
pub(crate) fn ggml_name(kind: u32) -> &'static str {
    const NAMES: [(u32, &str); 24] = [
        (0, "F32"),
        (1, "F16"),
        (2, "Q4_0"),
        (3, "Q4_1"),
        (6, "Q5_0"),
        (7, "Q5_1"),
        (8, "Q8_0"),
        (9, "Q8_1"),
        (10, "Q2_K"),
        (11, "Q3_K"),
        (12, "Q4_K"),
        (13, "Q5_K"),
        (14, "Q6_K"),
        (15, "Q8_K"),
        (16, "IQ2_XXS"),
        (17, "IQ2_XS"),
        (18, "IQ3_XXS"),
        (20, "IQ4_NL"),
        (23, "IQ4_XS"),
        (24, "I8"),
        (26, "I32"),
        (28, "F64"),
        (30, "BF16"),
        (39, "MXFP4"),
    ];
    NAMES
        .iter()
        .find(|(number, _)| *number == kind)
        .map_or("an unknown type", |(_, name)| name)
}

/// The little-endian half at byte `at`.
fn half_at(bytes: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}
