//! Q8_0: 32 weights share one half-precision scale; each is a signed byte.

use super::half_at;

/// Weights in a block.
pub(crate) const BLOCK: usize = 32;
/// Bytes of a block: the scale, then the weights.
pub(crate) const BYTES: usize = 34;

/// The codes of one block, 0 to 255: 128 stands for zero.
pub(super) fn codes(block: &[u8], codes: &mut [u8]) {
    for (code, byte) in codes.iter_mut().zip(&block[2..]) {
        *code = byte ^ 0x80;
    }
}

/// Writes the 32 weights of one block.
pub(super) fn dequantize(block: &[u8], out: &mut [f32]) {
    let scale = half_at(block, 0);
    for (out, &code) in out.iter_mut().zip(&block[2..]) {
        *out = scale * f32::from(code.cast_signed());
    }
}

/// Packs 32 weights into one block, as ggml does.
pub(crate) fn quantize(weights: &[f32], block: &mut [u8]) {
    let largest = weights.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
    let scale = largest / 127.0;
    let inverse = if scale > 0.0 { scale.recip() } else { 0.0 };
    block[..2].copy_from_slice(&half::f16::from_f32(scale).to_le_bytes());
    for (code, &weight) in block[2..].iter_mut().zip(weights) {
        #[allow(clippy::cast_possible_truncation, reason = "at most 127 by its scale")]
        let rounded = (weight * inverse).round() as i8;
        *code = rounded.cast_unsigned();
    }
}
