//! The encoders' kernels.

use std::arch::x86_64::{
    __m256, _mm256_add_epi32, _mm256_add_ps, _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_mul_ps,
    _mm256_set1_epi8, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_si256,
    _mm256_sub_ps, _mm256_xor_si256,
};

use super::super::LANES;
use super::super::attention::PAGE;
use super::super::bytes::{BLOCK, Out, Rounded, TOKENS, TURNS, Tile, UNIT};
use super::super::encoder::{EncoderKernels, Norm, QUERIES, Seen};
use super::super::tile::inverse;
use super::matrix::times_signed;
use super::rows;
use super::{entry, load, load_bytes, store, sum};

pub(super) const KERNELS: EncoderKernels = EncoderKernels {
    round,
    bytes,
    norm,
    scores,
    mix,
};

entry!(round_body as round(x: &[f32], to: Rounded<'_>));
entry!(bytes_body as bytes(panels: &[u8], tile: Tile<'_>, bias: &[f32], out: Out<'_>));
entry!(norm_body as norm(x: &mut [f32], y: &[f32], norm: Norm<'_>));
entry!(scores_body as scores(queries: &[f32], page: &[f32], out: &mut [f32], stride: usize));
entry!(mix_body as mix(weights: &[f32], values: &[f32], seen: Seen, out: &mut [f32]));

/// Eights in a block of columns.
const EIGHTS: usize = BLOCK / 8;
/// Rows in a vector.
const WIDE: usize = 8;
/// Tokens that a side of a panel meets at once: their sums fit the registers.
const SOME: usize = 4;

#[target_feature(enable = "avx2,fma,f16c")]
fn round_body(x: &[f32], to: Rounded<'_>) {
    let scales = to.scales.iter_mut().zip(to.starts);
    let codes = to.codes.as_chunks_mut::<TURNS>().0.iter_mut();
    for ((x, words), (scale, start)) in x.as_chunks::<BLOCK>().0.iter().zip(codes).zip(scales) {
        let eights: &[[f32; 8]; EIGHTS] = x.as_chunks().0.first_chunk().expect("a whole block");
        let [first, last]: [[__m256; 4]; 2] =
            [0, 4].map(|at| std::array::from_fn(|i| load(&eights[at + i])));
        let most = rows::largest_magnitude(first).max(rows::largest_magnitude(last));
        let inverse = inverse(most);
        // Of what is no number it may be any.
        let mut total = 0_i32;
        for (part, words) in [first, last].into_iter().zip(words.as_chunks_mut::<8>().0) {
            let (codes, sums) = rows::codes(part, _mm256_set1_ps(inverse));
            total = total.wrapping_add(sums[0]).wrapping_add(sums[1]);
            // SAFETY: eight words are written to where eight are; the store need not be aligned.
            #[allow(unsafe_code, reason = "SIMD store")]
            unsafe {
                _mm256_storeu_si256(words.as_mut_ptr().cast(), codes);
            }
        }
        (*scale, *start) = (most / 127.0, total.wrapping_mul(-128));
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn bytes_body(panels: &[u8], tile: Tile<'_>, bias: &[f32], mut out: Out<'_>) {
    let panels = panels.chunks_exact(tile.scales.len() * UNIT);
    for (number, (panel, bias)) in panels.zip(bias.as_chunks::<LANES>().0).enumerate() {
        let mut sums = [[0.0; LANES]; TOKENS];
        for side in 0..LANES / WIDE {
            for first in (0..TOKENS).step_by(SOME) {
                let totals = side_of_panel(panel, &tile, side, first);
                for (total, sums) in totals.into_iter().zip(&mut sums[first..]) {
                    store(total, &mut sums.as_chunks_mut::<WIDE>().0[side]);
                }
            }
        }
        for (out, sums) in out.rows(number).zip(&sums) {
            for ((out, sum), bias) in out.iter_mut().zip(sums).zip(bias) {
                *out = sum + bias;
            }
        }
    }
}

/// Eight rows of a panel times some tokens.
#[target_feature(enable = "avx2,fma,f16c")]
fn side_of_panel(panel: &[u8], tile: &Tile<'_>, side: usize, first: usize) -> [__m256; SOME] {
    let mut totals = [_mm256_setzero_ps(); SOME];
    let codes = tile.codes.as_chunks::<TURNS>().0.iter();
    for ((unit, codes), scales) in panel
        .as_chunks::<UNIT>()
        .0
        .iter()
        .zip(codes)
        .zip(tile.scales)
    {
        let (header, lines) = unit.split_at(4 * LANES);
        let lines = lines.as_chunks::<32>().0.as_chunks::<2>().0;
        let mut dots = [_mm256_set1_epi32(0); SOME];
        for (line, codes) in lines.iter().zip(codes) {
            let weights = _mm256_xor_si256(load_bytes(&line[side]), _mm256_set1_epi8(i8::MIN));
            for t in 0..SOME {
                let products = times_signed(weights, _mm256_set1_epi32(codes[first + t]));
                dots[t] = _mm256_add_epi32(dots[t], products);
            }
        }
        let own = header.as_chunks::<32>().0[side];
        let own = std::arch::x86_64::_mm256_castsi256_ps(load_bytes(&own));
        for t in 0..SOME {
            let scale = _mm256_mul_ps(own, _mm256_set1_ps(scales[first + t]));
            // Rounded after the product as well, so that every table gives the same.
            let product = _mm256_mul_ps(_mm256_cvtepi32_ps(dots[t]), scale);
            totals[t] = _mm256_add_ps(totals[t], product);
        }
    }
    totals
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(in super::super) fn norm_body(x: &mut [f32], y: &[f32], norm: Norm<'_>) {
    #[allow(clippy::cast_precision_loss, reason = "widths are far below 2^24")]
    let count = x.len() as f32;
    let (eights, rest) = x.as_chunks_mut::<8>();
    let (ys, y_rest) = y.as_chunks::<8>();
    let mut total = _mm256_setzero_ps();
    for (x, y) in eights.iter_mut().zip(ys) {
        let both = _mm256_add_ps(load(x), load(y));
        total = _mm256_add_ps(total, both);
        store(both, x);
    }
    rest.iter_mut().zip(y_rest).for_each(|(x, y)| *x += y);
    let mean = (sum(total) + rest.iter().sum::<f32>()) / count;
    let (middle, mut squares) = (_mm256_set1_ps(mean), _mm256_setzero_ps());
    for x in eights.iter() {
        let apart = _mm256_sub_ps(load(x), middle);
        squares = _mm256_fmadd_ps(apart, apart, squares);
    }
    let rest_squares = rest.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>();
    let variance = (sum(squares) + rest_squares) / count;
    let scale = (variance + norm.eps).sqrt().recip();
    let by = _mm256_set1_ps(scale);
    let (weights, weight_rest) = norm.weight.as_chunks::<8>();
    let (biases, bias_rest) = norm.bias.as_chunks::<8>();
    for ((x, weight), bias) in eights.iter_mut().zip(weights).zip(biases) {
        let unit = _mm256_mul_ps(_mm256_sub_ps(load(x), middle), by);
        store(_mm256_fmadd_ps(unit, load(weight), load(bias)), x);
    }
    for ((x, weight), bias) in rest.iter_mut().zip(weight_rest).zip(bias_rest) {
        *x = (*x - mean) * scale * weight + bias;
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn scores_body(queries: &[f32], page: &[f32], out: &mut [f32], stride: usize) {
    let size = queries.len() / QUERIES;
    let lanes = page.as_chunks::<8>().0.as_chunks::<4>().0;
    for first in (0..QUERIES).step_by(2) {
        let pair = [0, 1].map(|r| &queries[(first + r) * size..][..size]);
        let mut totals = [[_mm256_setzero_ps(); 4]; 2];
        for (lane, keys) in lanes[..size].iter().enumerate() {
            for part in 0..PAGE / 8 {
                let keys = load(&keys[part]);
                for r in 0..2 {
                    let query = _mm256_set1_ps(pair[r][lane]);
                    totals[r][part] = _mm256_fmadd_ps(query, keys, totals[r][part]);
                }
            }
        }
        for (r, totals) in totals.into_iter().enumerate() {
            let out = out[(first + r) * stride..].as_chunks_mut::<8>().0;
            totals
                .into_iter()
                .zip(out)
                .for_each(|(t, out)| store(t, out));
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn mix_body(weights: &[f32], values: &[f32], seen: Seen, out: &mut [f32]) {
    let size = out.len() / QUERIES;
    let mut at = 0;
    while at + 16 <= size {
        for first in (0..QUERIES).step_by(SOME) {
            strip(weights, &values[at..], seen, (first, size), &mut out[at..]);
        }
        at += 16;
    }
    for row in 0..QUERIES {
        for lane in at..size {
            let weights = &weights[row * seen.width..][..seen.count];
            let values = values[lane..].iter().step_by(seen.stride);
            let products = weights.iter().zip(values).map(|(w, v)| w * v);
            out[row * size + lane] = products.sum();
        }
    }
}

/// Sixteen lanes of four rows, kept in registers from the first value to the last.
#[target_feature(enable = "avx2,fma,f16c")]
fn strip(
    weights: &[f32],
    values: &[f32],
    seen: Seen,
    (first, size): (usize, usize),
    out: &mut [f32],
) {
    let weights: [&[f32]; SOME] =
        std::array::from_fn(|r| &weights[(first + r) * seen.width..][..seen.count]);
    let mut totals = [[_mm256_setzero_ps(); 2]; SOME];
    for (i, value) in values.chunks(seen.stride).take(seen.count).enumerate() {
        let value = &value.as_chunks::<8>().0[..2];
        let value = [load(&value[0]), load(&value[1])];
        for r in 0..SOME {
            let weight = _mm256_set1_ps(weights[r][i]);
            for half in 0..2 {
                totals[r][half] = _mm256_fmadd_ps(weight, value[half], totals[r][half]);
            }
        }
    }
    for (r, totals) in totals.into_iter().enumerate() {
        let to = out[(first + r) * size..].as_chunks_mut::<8>().0;
        totals
            .into_iter()
            .zip(to)
            .for_each(|(total, to)| store(total, to));
    }
}
