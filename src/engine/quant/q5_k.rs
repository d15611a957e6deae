//! Q5_K: as Q4_K, with a fifth bit for each weight: bit `g` of byte `j` of 32 belongs to weight
//! `j` of group `g`.

use super::q4_k;

/// Weights in a block.
pub(crate) const BLOCK: usize = 256;
/// Bytes of a block: the two units, scales and minima, the fifth bits, the codes.
pub(crate) const BYTES: usize = 176;

/// The codes of one block, 0 to 31.
pub(super) fn codes(block: &[u8], codes: &mut [u8]) {
    q4_k::groups(&block[48..], codes);
    for (group, codes) in codes.chunks_exact_mut(32).enumerate() {
        for (code, bits) in codes.iter_mut().zip(&block[16..48]) {
            *code |= (bits >> group & 1) << 4;
        }
    }
}

/// Writes the 256 weights of one block.
pub(super) fn dequantize(block: &[u8], out: &mut [f32]) {
    let mut codes = [0; BLOCK];
    self::codes(block, &mut codes);
    q4_k::spread(block, &codes, out);
}
