//! Q5_0: 32 weights share one half-precision scale; each is five bits, 16 standing for zero.
//!
//! Four bits lie as in Q4_0; bit `j` of a 32-bit word before them is the fifth of weight `j`.

use super::half_at;

/// Weights in a block.
pub(crate) const BLOCK: usize = 32;
/// Bytes of a block: the scale, the fifth bits, the codes.
pub(crate) const BYTES: usize = 22;

/// The codes of one block, 0 to 31.
pub(super) fn codes(block: &[u8], codes: &mut [u8]) {
    super::nibbles(&block[6..], codes);
    super::fifth_bits(&block[2..6], codes);
}

/// Writes the 32 weights of one block.
pub(super) fn dequantize(block: &[u8], out: &mut [f32]) {
    let scale = half_at(block, 0);
    let mut codes = [0; BLOCK];
    self::codes(block, &mut codes);
    for (out, code) in out.iter_mut().zip(codes) {
        *out = scale * (f32::from(code) - 16.0);
    }
}

/// Packs 32 weights into one block, as ggml does: the largest magnitude becomes -16.
#[cfg(test)]
pub(crate) fn quantize(weights: &[f32], block: &mut [u8]) {
    let scale = super::largest(weights) / -16.0;
    let inverse = if scale == 0.0 { 0.0 } else { scale.recip() };
    block[..2].copy_from_slice(&half::f16::from_f32(scale).to_le_bytes());
    let codes = weights
        .iter()
        .map(|w| (w * inverse + 16.5).min(31.0) as u8)
        .collect::<Vec<_>>();
    super::put_five_bits(&codes, &mut block[2..]);
}
