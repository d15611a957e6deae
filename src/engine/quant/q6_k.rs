//! Q6_K: 256 weights in sixteen groups of 16. Each group has a signed byte for its scale, in units
//! of one half-precision number for the whole block; each weight is six bits, 32 standing for zero.
//!
//! In each half of the block, byte `j` of 64 holds four bits of weight `j` (low) and `j + 64`
//! (high), and byte `j` of 32 the other two bits of weights `j`, `j + 32`, `j + 64` and `j + 96`.

use super::half_at;

/// Weights in a block.
pub(crate) const BLOCK: usize = 256;
/// Bytes of a block: four bits and two bits of the codes, the scales, the unit.
pub(crate) const BYTES: usize = 210;
/// Where the scales lie, and the unit.
pub(super) const SCALES: usize = 192;
pub(super) const UNIT: usize = 208;

/// The codes of one block, 0 to 63.
pub(super) fn codes(block: &[u8], codes: &mut [u8]) {
    for (half, codes) in codes.chunks_exact_mut(128).enumerate() {
        let (four, two) = (&block[64 * half..][..64], &block[128 + 32 * half..][..32]);
        for (j, code) in codes.iter_mut().enumerate() {
            let low = four[j % 64] >> (j / 64 * 4) & 15;
            let high = two[j % 32] >> (j / 32 * 2) & 3;
            *code = low | high << 4;
        }
    }
}

/// Writes the 256 weights of one block.
pub(super) fn dequantize(block: &[u8], out: &mut [f32]) {
    let unit = half_at(block, UNIT);
    let mut codes = [0; BLOCK];
    self::codes(block, &mut codes);
    let groups = codes.chunks_exact(16).zip(out.chunks_exact_mut(16));
    for ((codes, out), scale) in groups.zip(&block[SCALES..UNIT]) {
        let scale = unit * f32::from(scale.cast_signed());
        for (out, code) in out.iter_mut().zip(codes) {
            *out = scale * (f32::from(*code) - 32.0);
        }
    }
}
