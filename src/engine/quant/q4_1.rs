//! Q4_1: 32 weights share a half-precision scale and minimum; each is four bits.
//!
//! Byte `j` of the codes holds weight `j` in its low and weight `j + 16` in its high half.

use super::half_at;

/// Weights in a block.
pub(crate) const BLOCK: usize = 32;
/// Bytes of a block: the scale, the minimum, then the codes.
pub(crate) const BYTES: usize = 20;

/// The codes of one block, 0 to 15.
pub(super) fn codes(block: &[u8], codes: &mut [u8]) {
    super::nibbles(&block[4..], codes);
}

/// Writes the 32 weights of one block.
pub(super) fn dequantize(block: &[u8], out: &mut [f32]) {
    let (scale, least) = (half_at(block, 0), half_at(block, 2));
    let (low, high) = out.split_at_mut(BLOCK / 2);
    for ((low, high), &pair) in low.iter_mut().zip(high).zip(&block[4..]) {
        *low = scale * f32::from(pair & 0x0f) + least;
        *high = scale * f32::from(pair >> 4) + least;
    }
}

/// Packs 32 weights into one block, as ggml does.
#[cfg(test)]
pub(crate) fn quantize(weights: &[f32], block: &mut [u8]) {
    let least = weights.iter().copied().fold(f32::INFINITY, f32::min);
    let most = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let scale = (most - least) / 15.0;
    let inverse = if scale > 0.0 { scale.recip() } else { 0.0 };
    block[..2].copy_from_slice(&half::f16::from_f32(scale).to_le_bytes());
    block[2..4].copy_from_slice(&half::f16::from_f32(least).to_le_bytes());
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 15 by its scale"
    )]
    let code = |weight: f32| ((weight - least) * inverse + 0.5).min(15.0) as u8;
    for (j, pair) in block[4..].iter_mut().enumerate() {
        *pair = code(weights[j]) | code(weights[j + BLOCK / 2]) << 4;
    }
}
