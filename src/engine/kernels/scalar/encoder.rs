//! The portable kernels of encoders.

use super::super::LANES;
use super::super::attention::PAGE;
use super::super::bytes::{BLOCK, Out, Rounded, TOKENS, TURNS, Tile, UNIT, code, scale};
use super::super::encoder::{EncoderKernels, Norm, QUERIES, Seen};
use super::super::tile::inverse;

pub(in super::super) const KERNELS: EncoderKernels = EncoderKernels {
    round,
    bytes,
    norm,
    scores,
    mix,
};

/// The largest magnitude of a block becomes 127.
fn round(x: &[f32], to: Rounded<'_>) {
    let scales = to.scales.iter_mut().zip(to.starts);
    let codes = to.codes.as_chunks_mut::<TURNS>().0.iter_mut();
    for ((x, words), (scale, start)) in x.as_chunks::<BLOCK>().0.iter().zip(codes).zip(scales) {
        let most = x.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        let inverse = inverse(most);
        let mut sum = 0;
        for (word, four) in words.iter_mut().zip(x.as_chunks::<4>().0) {
            #[allow(clippy::cast_possible_truncation, reason = "at most 127 by its scale")]
            let codes = four.map(|x| (x * inverse).round_ties_even() as i8);
            sum += codes.iter().map(|code| i32::from(*code)).sum::<i32>();
            *word = i32::from_le_bytes(codes.map(i8::cast_unsigned));
        }
        (*scale, *start) = (most / 127.0, -128 * sum);
    }
}

fn bytes(panels: &[u8], tile: Tile<'_>, bias: &[f32], mut out: Out<'_>) {
    let panel_bytes = tile.scales.len() * UNIT;
    let panels = panels.chunks_exact(panel_bytes);
    for (number, (panel, bias)) in panels.zip(bias.as_chunks::<LANES>().0).enumerate() {
        for (token, out) in out.rows(number).take(TOKENS).enumerate() {
            for (lane, (out, bias)) in out.iter_mut().zip(bias).enumerate() {
                let mut total = 0.0;
                for (block, unit) in panel.chunks_exact(UNIT).enumerate() {
                    let codes = &tile.codes[block * TURNS..][..TURNS];
                    let mut sum = tile.starts[block][token];
                    for (turn, codes) in codes.iter().enumerate() {
                        for (j, x) in codes[token].to_le_bytes().into_iter().enumerate() {
                            let weight = i32::from(code(unit, lane, 4 * turn + j));
                            sum += weight * i32::from(x.cast_signed());
                        }
                    }
                    #[allow(clippy::cast_precision_loss, reason = "block sums stay below 2^24")]
                    let sum = sum as f32;
                    total += sum * (scale(unit, lane) * tile.scales[block][token]);
                }
                *out = total + bias;
            }
        }
    }
}

fn norm(x: &mut [f32], y: &[f32], norm: Norm<'_>) {
    #[allow(clippy::cast_precision_loss, reason = "widths are far below 2^24")]
    let count = x.len() as f32;
    let mut sum = 0.0;
    for (x, y) in x.iter_mut().zip(y) {
        *x += y;
        sum += *x;
    }
    let mean = sum / count;
    let square = |x: &f32| (x - mean) * (x - mean);
    let variance = x.iter().map(square).sum::<f32>() / count;
    let scale = (variance + norm.eps).sqrt().recip();
    for ((x, weight), bias) in x.iter_mut().zip(norm.weight).zip(norm.bias) {
        *x = (*x - mean) * scale * weight + bias;
    }
}

fn scores(queries: &[f32], page: &[f32], out: &mut [f32], stride: usize) {
    let size = queries.len() / QUERIES;
    for (query, out) in queries.chunks_exact(size).zip(out.chunks_mut(stride)) {
        let out = &mut out[..PAGE];
        out.fill(0.0);
        for (query, keys) in query.iter().zip(page.chunks_exact(PAGE)) {
            for (out, key) in out.iter_mut().zip(keys) {
                *out += query * key;
            }
        }
    }
}

fn mix(weights: &[f32], values: &[f32], seen: Seen, out: &mut [f32]) {
    let size = out.len() / QUERIES;
    let rows = weights.chunks_exact(seen.width);
    for (weights, out) in rows.zip(out.chunks_exact_mut(size)) {
        out.fill(0.0);
        let values = values.chunks(seen.stride);
        for (weight, value) in weights[..seen.count].iter().zip(values) {
            for (out, value) in out.iter_mut().zip(value) {
                *out += weight * value;
            }
        }
    }
}
