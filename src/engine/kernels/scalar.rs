//! The portable kernels: what every other table is tested against.

pub(super) mod encoder;

use half::f16;

use super::attention::PAGE;
use super::panel::{self, COLUMNS, Lane, Unit};
use super::tile::inverse;
use super::{Kernels, LANES, QuantRow, QuantTile, SoFar};
use crate::engine::quant::Format;

pub(super) static KERNELS: Kernels = Kernels {
    name: "portable",
    quantize,
    quantised,
    dense,
    rms_norm,
    swiglu,
    gelu,
    exponents,
    soften,
    scores_half: scores,
    scores_single: scores,
    scores_bytes: scores,
    gather_half: gather,
    gather_single: gather,
    gather_bytes: gather,
    narrow,
    encoder: encoder::KERNELS,
};

/// The largest magnitude becomes 127.
fn quantize(x: &[f32], row: QuantRow<'_>) {
    let blocks = x
        .as_chunks::<COLUMNS>()
        .0
        .iter()
        .zip(row.codes)
        .zip(row.scales.iter_mut().zip(row.halves));
    for ((x, words), (scale, halves)) in blocks {
        let most = x.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        let inverse = inverse(most);
        *halves = [0; 2];
        for (i, (word, four)) in words.iter_mut().zip(x.as_chunks::<4>().0).enumerate() {
            #[allow(clippy::cast_possible_truncation, reason = "at most 127 by its scale")]
            let codes = four.map(|x| (x * inverse).round_ties_even() as i8);
            halves[i / 4] += codes.iter().map(|code| i32::from(*code)).sum::<i32>();
            *word = i32::from_le_bytes(codes.map(i8::cast_unsigned));
        }
        *scale = most / 127.0;
    }
}

fn quantised(format: Format, panels: &[u8], tile: QuantTile<'_>, out: &mut [[f32; LANES]]) {
    let layout = Unit::of(format);
    let units = tile.blocks() / layout.blocks;
    let panels = panels.chunks_exact(units * layout.bytes());
    for (panel, out) in panels.zip(out.chunks_exact_mut(tile.tokens)) {
        out.fill([0.0; LANES]);
        for (unit, bytes) in panel.chunks_exact(layout.bytes()).enumerate() {
            for lane in 0..LANES {
                let read = Lane::read(format, bytes, lane);
                for (token, out) in out.iter_mut().enumerate() {
                    for block in 0..layout.blocks {
                        let at = (unit * layout.blocks + block, token);
                        add_block(format, &read, block, &tile, at, &mut out[lane]);
                    }
                }
            }
        }
    }
}

/// Adds the product of 32 columns of one row with a block of one token.
fn add_block(
    format: Format,
    read: &Lane,
    block: usize,
    tile: &QuantTile<'_>,
    (at, token): (usize, usize),
    out: &mut f32,
) {
    let factor = |which: usize| tile.factors[(at * 2 + which) * tile.tokens + token];
    let codes = &read.codes[block * COLUMNS..][..COLUMNS];
    let dots = half_dots(panel::zero(format), codes, tile, (at, token));
    let scales = &read.scales[2 * block..][..2];
    if format == Format::Q6_K {
        *out += to_f32(dots[0]) * (scales[0] * factor(0));
        *out += to_f32(dots[1]) * (scales[1] * factor(0));
    } else {
        *out += to_f32(dots[0] + dots[1]) * (scales[0] * factor(0));
        *out += read.minima[block] * factor(1);
    }
}

/// Integer products of the first and the last 16 columns.
fn half_dots(
    zero: u8,
    codes: &[u8],
    tile: &QuantTile<'_>,
    (block, token): (usize, usize),
) -> [i32; 2] {
    let mut dots = [0; 2];
    for (i, four) in codes.as_chunks::<4>().0.iter().enumerate() {
        let word = tile.codes[(block * 8 + i) * tile.tokens + token].to_le_bytes();
        dots[i / 4] += (0..4)
            .map(|j| (i32::from(four[j]) - i32::from(zero)) * i32::from(word[j].cast_signed()))
            .sum::<i32>();
    }
    dots
}

#[allow(clippy::cast_precision_loss, reason = "block sums stay below 2^24")]
fn to_f32(sum: i32) -> f32 {
    sum as f32
}

fn dense(format: Format, panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]) {
    let weight_bytes = format.block_bytes();
    let panel_bytes = tokens[0].len() * weight_bytes * LANES;
    let panels = panels.chunks_exact(panel_bytes);
    for (panel, out) in panels.zip(out.chunks_exact_mut(tokens.len())) {
        out.fill([0.0; LANES]);
        let mut weights = [0.0; LANES];
        for (column, bytes) in panel.chunks_exact(weight_bytes * LANES).enumerate() {
            format.dequantize(bytes, &mut weights);
            for (token, out) in tokens.iter().zip(out.iter_mut()) {
                for (out, weight) in out.iter_mut().zip(weights) {
                    *out += weight * token[column];
                }
            }
        }
    }
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

/// The polynomial of `exp` in the tables of vectors (Cephes' `expf`).
pub(super) const EXP: [f32; 6] = [
    1.987_569_1e-4,
    1.398_199_9e-3,
    8.333_452e-3,
    4.166_579_6e-2,
    0.166_666_65,
    0.5,
];
/// ln 2 in two parts, so that its product with a whole number stays exact.
pub(super) const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

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

fn soften(scores: &mut [[f32; PAGE]], seen: &[usize], so_far: SoFar<'_>) {
    soften_by(exponents, scores, seen, so_far);
}

/// Softens row by row, with the exponentials of a table.
pub(super) fn soften_by(
    exponents: impl Fn(&mut [f32], f32) -> (f32, f32),
    scores: &mut [[f32; PAGE]],
    seen: &[usize],
    so_far: SoFar<'_>,
) {
    for (row, (scores, seen)) in scores.iter_mut().zip(seen).enumerate() {
        let (scores, unseen) = scores.split_at_mut(*seen);
        let (most, sum) = exponents(scores, so_far.most[row]);
        unseen.fill(0.0);
        let fade = (so_far.most[row] - most).exp();
        (so_far.most[row], so_far.fade[row]) = (most, fade);
        so_far.sum[row] = so_far.sum[row] * fade + sum;
    }
}

/// A number as pages keep it.
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

impl Stored for i8 {
    fn wide(self) -> f32 {
        f32::from(self)
    }
}

fn scores<T: Stored>(queries: &[f32], keys: &[T], out: &mut [[f32; PAGE]]) {
    let size = queries.len() / out.len();
    for (query, out) in queries.chunks_exact(size).zip(out) {
        out.fill(0.0);
        for (query, keys) in query.iter().zip(keys.chunks_exact(PAGE)) {
            for (out, key) in out.iter_mut().zip(keys) {
                *out += query * key.wide();
            }
        }
    }
}

fn gather<T: Stored>(
    weights: &[[f32; PAGE]],
    values: &[T],
    (count, stride): (usize, usize),
    out: &mut [f32],
) {
    let size = out.len() / weights.len();
    for (weights, out) in weights.iter().zip(out.chunks_exact_mut(size)) {
        for (weight, value) in weights[..count].iter().zip(values.chunks(stride)) {
            for (out, value) in out.iter_mut().zip(value) {
                *out += weight * value.wide();
            }
        }
    }
}

fn narrow(from: &[f32], to: &mut [f16]) {
    for (from, to) in from.iter().zip(to) {
        *to = f16::from_f32(*from);
    }
}
