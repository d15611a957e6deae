//! Q5_1: 32 weights share a half-precision scale and minimum; each is five bits.
//!
//! The bits lie as in Q5_0.

use super::half_at;

/// Weights in a block.
pub(crate) const BLOCK: usize = 32;
/// Bytes of a block: the scale, the minimum, the fifth bits, the codes.
pub(crate) const BYTES: usize = 24;

/// The codes of one block, 0 to 31.
pub(super) fn codes(block: &[u8], codes: &mut [u8]) {
    super::nibbles(&block[8..], codes);
    super::fifth_bits(&block[4..8], codes);
}

/// Writes the 32 weights of one block.
pub(super) fn dequantize(block: &[u8], out: &mut [f32]) {
    let (scale, least) = (half_at(block, 0), half_at(block, 2));
    let mut codes = [0; BLOCK];
    self::codes(block, &mut codes);
    for (out, code) in out.iter_mut().zip(codes) {
        *out = scale * f32::from(code) + least;
    }
}

/// Packs 32 weights into one block, as ggml does.
#[cfg(test)]
pub(crate) fn quantize(weights: &[f32], block: &mut [u8]) {
    let least = weights.iter().copied().fold(f32::INFINITY, f32::min);
    let most = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let scale = (most - least) / 31.0;
    let inverse = if scale > 0.0 { scale.recip() } else { 0.0 };
    block[..2].copy_from_slice(&half::f16::from_f32(scale).to_le_bytes());
    block[2..4].copy_from_slice(&half::f16::from_f32(least).to_le_bytes());
    let codes = weights
        .iter()
        .map(|w| ((w - least) * inverse + 0.5).min(31.0) as u8)
        .collect::<Vec<_>>();
    super::put_five_bits(&codes, &mut block[4..]);
}
