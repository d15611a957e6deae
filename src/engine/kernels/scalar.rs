//! The portable kernels: what every other table is tested against.

use half::f16;

use super::pack::{Q4_1_BYTES, Q8_0_BYTES};
use super::{Kernels, LANES, QuantRow, QuantRowMut};

pub(super) static KERNELS: Kernels = Kernels {
    name: "portable",
    quantize,
    q8_0,
    q4_1,
    f32: dense_f32,
    f16: dense_f16,
    rms_norm,
    swiglu,
    gelu,
    exponents,
    dots_f32: dots,
    dots_f16: dots,
    blend_f32: blend,
    blend_f16: blend,
    widen,
    narrow,
};

/// A float as caches keep it.
trait Stored: Copy {
    fn wide(self) -> f32;
}

impl Stored for f32 {
    fn wide(self) -> f32 {
        self
    }
}

impl Stored for f16 {
    fn wide(self) -> f32 {
        self.to_f32()
    }
}

/// The largest magnitude becomes 127. Sums are of what was rounded, so that the minima of Q4_1
/// count exactly what the codes say.
fn quantize(x: &[f32], row: QuantRowMut<'_>) {
    let blocks = x
        .as_chunks::<32>()
        .0
        .iter()
        .zip(row.codes)
        .zip(row.scales.iter_mut().zip(row.sums));
    for ((x, words), (scale, sum)) in blocks {
        let most = x.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        let inverse = if most > 0.0 { 127.0 / most } else { 0.0 };
        let mut total = 0_i32;
        for (word, four) in words.iter_mut().zip(x.as_chunks::<4>().0) {
            #[allow(clippy::cast_possible_truncation, reason = "at most 127 by its scale")]
            let codes = four.map(|x| (x * inverse).round_ties_even() as i8);
            total += codes.iter().map(|code| i32::from(*code)).sum::<i32>();
            *word = i32::from_le_bytes(codes.map(i8::cast_unsigned));
        }
        *scale = most / 127.0;
        #[allow(clippy::cast_precision_loss, reason = "at most 32 * 127")]
        let total = total as f32;
        *sum = *scale * total;
    }
}

/// The half in lane `lane` of eight.
fn lane(halves: &[u8], lane: usize) -> f32 {
    f16::from_le_bytes([halves[2 * lane], halves[2 * lane + 1]]).to_f32()
}

/// Calls `panel` for each panel and token with its place in `out`.
fn each<T: Copy>(
    panels: &[u8],
    panel_bytes: usize,
    tokens: &[T],
    out: &mut [[f32; LANES]],
    work: impl Fn(&[u8], T, &mut [f32; LANES]),
) {
    for (panel, out) in panels
        .chunks_exact(panel_bytes)
        .zip(out.chunks_exact_mut(tokens.len()))
    {
        for (token, out) in tokens.iter().zip(out) {
            work(panel, *token, out);
        }
    }
}

fn q8_0(panels: &[u8], tokens: &[QuantRow<'_>], out: &mut [[f32; LANES]]) {
    let panel_bytes = tokens[0].codes.len() * Q8_0_BYTES;
    each(panels, panel_bytes, tokens, out, |panel, token, out| {
        *out = [0.0; LANES];
        for (block, bytes) in panel.as_chunks::<Q8_0_BYTES>().0.iter().enumerate() {
            let (scales, codes) = bytes.split_at(2 * LANES);
            let dots = q8_0_block(codes, &token.codes[block]);
            for (i, out) in out.iter_mut().enumerate() {
                *out += to_f32(dots[i]) * (lane(scales, i) * token.scales[block]);
            }
        }
    });
}

fn q4_1(panels: &[u8], tokens: &[QuantRow<'_>], out: &mut [[f32; LANES]]) {
    let panel_bytes = tokens[0].codes.len() * Q4_1_BYTES;
    each(panels, panel_bytes, tokens, out, |panel, token, out| {
        *out = [0.0; LANES];
        for (block, bytes) in panel.as_chunks::<Q4_1_BYTES>().0.iter().enumerate() {
            let (scales, rest) = bytes.split_at(2 * LANES);
            let (minima, codes) = rest.split_at(2 * LANES);
            let dots = q4_1_block(codes, &token.codes[block]);
            for (i, out) in out.iter_mut().enumerate() {
                *out += to_f32(dots[i]) * (lane(scales, i) * token.scales[block]);
                *out += lane(minima, i) * token.sums[block];
            }
        }
    });
}

/// Integer products of eight rows with one block of activations.
pub(super) fn q8_0_block(codes: &[u8], activations: &[i32; 8]) -> [i32; LANES] {
    let mut dots = [0; LANES];
    for (turn, word) in codes.chunks_exact(4 * LANES).zip(activations) {
        let word = word.to_le_bytes().map(|byte| i32::from(byte.cast_signed()));
        for (dot, four) in dots.iter_mut().zip(turn.as_chunks::<4>().0) {
            let four = four.map(|byte| i32::from(byte.cast_signed()));
            *dot += (0..4).map(|i| four[i] * word[i]).sum::<i32>();
        }
    }
    dots
}

/// The same for codes of four bits: the low halves belong to the first 16 columns.
pub(super) fn q4_1_block(codes: &[u8], activations: &[i32; 8]) -> [i32; LANES] {
    let mut dots = [0; LANES];
    let words = activations.map(|word| word.to_le_bytes().map(|b| i32::from(b.cast_signed())));
    for (step, turn) in codes.chunks_exact(4 * LANES).enumerate() {
        let (low, high) = (words[step], words[step + 4]);
        for (dot, four) in dots.iter_mut().zip(turn.as_chunks::<4>().0) {
            let products = (0..4)
                .map(|i| i32::from(four[i] & 15) * low[i] + i32::from(four[i] >> 4) * high[i]);
            *dot += products.sum::<i32>();
        }
    }
    dots
}

#[allow(clippy::cast_precision_loss, reason = "block sums stay below 2^24")]
fn to_f32(sum: i32) -> f32 {
    sum as f32
}

fn dense_f32(panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]) {
    let panel_bytes = tokens[0].len() * 4 * LANES;
    each(panels, panel_bytes, tokens, out, |panel, token, out| {
        *out = [0.0; LANES];
        for (weights, x) in panel.chunks_exact(4 * LANES).zip(token) {
            for (out, weight) in out.iter_mut().zip(weights.as_chunks::<4>().0) {
                *out += f32::from_le_bytes(*weight) * x;
            }
        }
    });
}

fn dense_f16(panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]) {
    let panel_bytes = tokens[0].len() * 2 * LANES;
    each(panels, panel_bytes, tokens, out, |panel, token, out| {
        *out = [0.0; LANES];
        for (weights, x) in panel.chunks_exact(2 * LANES).zip(token) {
            for (out, weight) in out.iter_mut().zip(weights.as_chunks::<2>().0) {
                *out += f16::from_le_bytes(*weight).to_f32() * x;
            }
        }
    });
}

fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    #[allow(clippy::cast_precision_loss, reason = "widths are far below 2^24")]
    let count = x.len() as f32;
    let scale = (x.iter().map(|x| x * x).sum::<f32>() / count + eps)
        .sqrt()
        .recip();
    for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
        *out = x * scale * weight;
    }
}

fn swiglu(gate: &[f32], up: &[f32], out: &mut [f32]) {
    for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
        *out = gate / (1.0 + (-gate).exp()) * up;
    }
}

/// The error function by Abramowitz and Stegun 7.1.26, to 1.5e-7.
pub(super) const ERF: [f32; 5] = [
    1.061_405_4,
    -1.453_152,
    1.421_413_7,
    -0.284_496_74,
    0.254_829_6,
];
/// Its other constant.
pub(super) const ERF_P: f32 = 0.327_591_1;

fn gelu(x: &mut [f32]) {
    for x in x {
        let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
        let t = (1.0 + ERF_P * z).recip();
        let tail = ERF.iter().fold(0.0, |sum, c| (sum + c) * t) * (-z * z).exp();
        // Φ(x) is 1 - tail / 2 right of zero and tail / 2 left of it.
        *x *= if *x > 0.0 {
            1.0 - 0.5 * tail
        } else {
            0.5 * tail
        };
    }
}

fn exponents(scores: &mut [f32], floor: f32) -> (f32, f32) {
    let most = scores.iter().copied().fold(floor, f32::max);
    let mut sum = 0.0;
    for score in scores {
        *score = (*score - most).exp();
        sum += *score;
    }
    (most, sum)
}

fn dots<T: Stored>(query: &[f32], keys: &[T], stride: usize, out: &mut [f32]) {
    for (i, out) in out.iter_mut().enumerate() {
        let key = &keys[i * stride..][..query.len()];
        *out = query.iter().zip(key).map(|(q, k)| q * k.wide()).sum();
    }
}

fn blend<T: Stored>(weights: &[f32], values: &[T], stride: usize, out: &mut [f32]) {
    for (i, weight) in weights.iter().enumerate() {
        for (out, value) in out.iter_mut().zip(&values[i * stride..]) {
            *out += weight * value.wide();
        }
    }
}

fn widen(from: &[f16], to: &mut [f32]) {
    for (from, to) in from.iter().zip(to) {
        *to = from.to_f32();
    }
}

fn narrow(from: &[f32], to: &mut [f16]) {
    for (from, to) in from.iter().zip(to) {
        *to = f16::from_f32(*from);
    }
}
