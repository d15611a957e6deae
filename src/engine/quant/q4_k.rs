//! Q4_K: 256 weights in eight groups of 32. Each group has a scale and a minimum of six bits,
//! in units of two half-precision numbers for the whole block; each weight is four bits.
//!
//! 32 bytes of codes hold two neighbouring groups, the first in the low halves.

use super::half_at;

/// Weights in a block.
pub(crate) const BLOCK: usize = 256;
/// Bytes of a block: the two units, twelve bytes of scales and minima, the codes.
pub(crate) const BYTES: usize = 144;

/// Scale and minimum, 0 to 63, of group `group` of 8, out of the twelve bytes that hold all.
pub(crate) fn scale_and_minimum(packed: &[u8], group: usize) -> (u8, u8) {
    if group < 4 {
        return (packed[group] & 63, packed[group + 4] & 63);
    }
    let low = packed[group + 4];
    (
        low & 15 | packed[group - 4] >> 6 << 4,
        low >> 4 | packed[group] >> 6 << 4,
    )
}

/// The codes of one block, 0 to 15.
pub(super) fn codes(block: &[u8], codes: &mut [u8]) {
    groups(&block[16..], codes);
}

/// Four bits of each weight: 32 bytes for every 64.
pub(super) fn groups(bytes: &[u8], codes: &mut [u8]) {
    for (bytes, codes) in bytes.chunks_exact(32).zip(codes.chunks_exact_mut(64)) {
        let (low, high) = codes.split_at_mut(32);
        for ((low, high), byte) in low.iter_mut().zip(high).zip(bytes) {
            (*low, *high) = (byte & 15, byte >> 4);
        }
    }
}

/// Writes the 256 weights of one block.
pub(super) fn dequantize(block: &[u8], out: &mut [f32]) {
    let mut codes = [0; BLOCK];
    self::codes(block, &mut codes);
    spread(block, &codes, out);
}

/// Weights out of their codes and the scales of a block (of Q4_K or Q5_K).
pub(super) fn spread(block: &[u8], codes: &[u8], out: &mut [f32]) {
    let (unit, least_unit) = (half_at(block, 0), half_at(block, 2));
    let groups = codes.chunks_exact(32).zip(out.chunks_exact_mut(32));
    for (group, (codes, out)) in groups.enumerate() {
        let (scale, least) = scale_and_minimum(&block[4..16], group);
        let (scale, least) = (unit * f32::from(scale), least_unit * f32::from(least));
        for (out, code) in out.iter_mut().zip(codes) {
            *out = scale * f32::from(*code) - least;
        }
    }
}
