//! Q4_0: 32 weights share one half-precision scale; each is four bits, 8 standing for zero.
//!
//! Byte `j` of the codes holds weight `j` in its low and weight `j + 16` in its high half.

use super::half_at;

/// Weights in a block.
pub(crate) const BLOCK: usize = 32;
/// Bytes of a block: the scale, then the codes.
pub(crate) const BYTES: usize = 18;

/// The codes of one block, 0 to 15.
pub(super) fn codes(block: &[u8], codes: &mut [u8]) {
    super::nibbles(&block[2..], codes);
}

/// Writes the 32 weights of one block.
pub(super) fn dequantize(block: &[u8], out: &mut [f32]) {
    let scale = half_at(block, 0);
    let mut codes = [0; BLOCK];
    self::codes(block, &mut codes);
    for (out, code) in out.iter_mut().zip(codes) {
        *out = scale * (f32::from(code) - 8.0);
    }
}

/// Packs 32 weights into one block, as ggml does: the largest magnitude becomes -8.
#[cfg(test)]
pub(crate) fn quantize(weights: &[f32], block: &mut [u8]) {
    let most = super::largest(weights);
    let scale = most / -8.0;
    let inverse = if scale == 0.0 { 0.0 } else { scale.recip() };
    block[..2].copy_from_slice(&half::f16::from_f32(scale).to_le_bytes());
    let code = |weight: f32| (weight * inverse + 8.5).min(15.0) as u8;
    for (j, pair) in block[2..].iter_mut().enumerate() {
        *pair = code(weights[j]) | code(weights[j + BLOCK / 2]) << 4;
    }
}
