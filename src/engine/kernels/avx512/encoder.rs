//! The encoders' kernels.

use std::arch::x86_64::{
    __m512, __m512i, _mm_storeu_si128, _mm512_abs_ps, _mm512_add_epi32, _mm512_add_ps,
    _mm512_cvtepi32_ps, _mm512_cvtps_epi32, _mm512_cvtsepi32_epi8, _mm512_dpbusd_epi32,
    _mm512_fmadd_ps, _mm512_max_ps, _mm512_mul_ps, _mm512_reduce_add_epi32, _mm512_reduce_add_ps,
    _mm512_reduce_max_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_sub_ps,
};

use super::super::LANES;
use super::super::attention::PAGE;
use super::super::avx2;
use super::super::bytes::{BLOCK, Out, PANELS, Rounded, TOKENS, TURNS, Tile, UNIT};
use super::super::encoder::{EncoderKernels, Norm, QUERIES, Seen};
use super::super::tile::inverse;
use super::{entry, load, load_bytes, store};

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

/// Sixteens in a block of columns.
const SIXTEENS: usize = BLOCK / 16;

#[target_feature(enable = "avx512f")]
fn round_body(x: &[f32], to: Rounded<'_>) {
    let scales = to.scales.iter_mut().zip(to.starts);
    let codes = to.codes.as_chunks_mut::<TURNS>().0.iter_mut();
    for ((x, words), (scale, start)) in x.as_chunks::<BLOCK>().0.iter().zip(codes).zip(scales) {
        let sixteens: &[[f32; 16]; SIXTEENS] =
            x.as_chunks().0.first_chunk().expect("a whole block");
        let parts: [__m512; SIXTEENS] = std::array::from_fn(|i| load(&sixteens[i]));
        let most = parts.into_iter().fold(_mm512_setzero_ps(), |most, part| {
            _mm512_max_ps(most, _mm512_abs_ps(part))
        });
        let most = _mm512_reduce_max_ps(most);
        let inverse = inverse(most);
        let mut total = _mm512_set1_epi32(0);
        for (part, words) in parts.into_iter().zip(words.as_chunks_mut::<4>().0) {
            let codes = _mm512_cvtps_epi32(_mm512_mul_ps(part, _mm512_set1_ps(inverse)));
            total = _mm512_add_epi32(total, codes);
            // SAFETY: four words are written to where four are; the store need not be aligned.
            #[allow(unsafe_code, reason = "SIMD store")]
            unsafe {
                _mm_storeu_si128(words.as_mut_ptr().cast(), _mm512_cvtsepi32_epi8(codes));
            }
        }
        // Of what is no number the sum may be any.
        let total = _mm512_reduce_add_epi32(total);
        (*scale, *start) = (most / 127.0, total.wrapping_mul(-128));
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn bytes_body(panels: &[u8], tile: Tile<'_>, bias: &[f32], mut out: Out<'_>) {
    let panel = tile.scales.len() * UNIT;
    let all = panels.len() / panel;
    if all == PANELS {
        return some_panels::<PANELS>(panels, tile, bias, (0, &mut out));
    }
    for first in 0..all {
        let (panels, bias) = (&panels[first * panel..], &bias[first * LANES..]);
        some_panels::<1>(panels, tile, bias, (first, &mut out));
    }
}

/// `P` panels times all tokens of the tile. Their integer sums take most of the registers; what
/// they come to lies in the nearest cache.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn some_panels<const P: usize>(
    panels: &[u8],
    tile: Tile<'_>,
    bias: &[f32],
    (first, out): (usize, &mut Out<'_>),
) {
    let blocks = tile.scales.len();
    let units: [&[[u8; UNIT]]; P] =
        std::array::from_fn(|p| &panels.as_chunks::<UNIT>().0[p * blocks..][..blocks]);
    let codes = &tile.codes.as_chunks::<TURNS>().0[..blocks];
    let starts = &tile.starts[..blocks];
    let mut totals = [[[0.0_f32; LANES]; P]; TOKENS];
    for block in 0..blocks {
        let units: [&[u8; UNIT]; P] = std::array::from_fn(|p| &units[p][block]);
        let lines: [&[[u8; 64]]; P] = units.map(|unit| &unit.as_chunks::<64>().0[1..]);
        let mut dots: [[__m512i; P]; TOKENS] =
            starts[block].map(|start| [_mm512_set1_epi32(start); P]);
        for turn in 0..TURNS {
            let weights: [__m512i; P] = std::array::from_fn(|p| load_bytes(&lines[p][turn]));
            for t in 0..TOKENS {
                let four = _mm512_set1_epi32(codes[block][turn][t]);
                for p in 0..P {
                    dots[t][p] = _mm512_dpbusd_epi32(dots[t][p], weights[p], four);
                }
            }
        }
        for p in 0..P {
            let own: &[f32; LANES] = &floats(units[p].first_chunk().expect("scales"));
            let own = load(own);
            for t in 0..TOKENS {
                let scale = _mm512_mul_ps(own, _mm512_set1_ps(tile.scales[block][t]));
                // Rounded after the product as well, so that every table gives the same.
                let product = _mm512_mul_ps(_mm512_cvtepi32_ps(dots[t][p]), scale);
                let total = &mut totals[t][p];
                store(_mm512_add_ps(load(total), product), total);
            }
        }
    }
    for p in 0..P {
        let bias = load(
            bias[p * LANES..]
                .first_chunk()
                .expect("a bias for each row"),
        );
        for (out, totals) in out.rows(first + p).zip(&totals) {
            store(_mm512_add_ps(load(&totals[p]), bias), out);
        }
    }
}

/// Sixteen floats as they lie in bytes.
fn floats(bytes: &[u8; 64]) -> [f32; LANES] {
    let words = bytes.as_chunks::<4>().0;
    std::array::from_fn(|i| f32::from_le_bytes(words[i]))
}

#[target_feature(enable = "avx512f,avx2,fma,f16c")]
fn norm_body(x: &mut [f32], y: &[f32], norm: Norm<'_>) {
    if !x.len().is_multiple_of(16) {
        return (avx2::TABLE.encoder.norm)(x, y, norm);
    }
    #[allow(clippy::cast_precision_loss, reason = "widths are far below 2^24")]
    let count = x.len() as f32;
    let x = x.as_chunks_mut::<16>().0;
    let mut total = _mm512_setzero_ps();
    for (x, y) in x.iter_mut().zip(y.as_chunks::<16>().0) {
        let both = _mm512_add_ps(load(x), load(y));
        total = _mm512_add_ps(total, both);
        store(both, x);
    }
    let mean = _mm512_set1_ps(_mm512_reduce_add_ps(total) / count);
    let mut squares = _mm512_setzero_ps();
    for x in x.iter() {
        let apart = _mm512_sub_ps(load(x), mean);
        squares = _mm512_fmadd_ps(apart, apart, squares);
    }
    let variance = _mm512_reduce_add_ps(squares) / count;
    let by = _mm512_set1_ps((variance + norm.eps).sqrt().recip());
    let scales = norm.weight.as_chunks::<16>().0;
    let shifts = norm.bias.as_chunks::<16>().0;
    for ((x, weight), bias) in x.iter_mut().zip(scales).zip(shifts) {
        let unit = _mm512_mul_ps(_mm512_sub_ps(load(x), mean), by);
        store(_mm512_fmadd_ps(unit, load(weight), load(bias)), x);
    }
}

#[target_feature(enable = "avx512f")]
fn scores_body(queries: &[f32], page: &[f32], out: &mut [f32], stride: usize) {
    let size = queries.len() / QUERIES;
    let queries: [&[f32]; QUERIES] = std::array::from_fn(|r| &queries[r * size..][..size]);
    let lanes = page.as_chunks::<16>().0.as_chunks::<2>().0;
    let mut totals = [[_mm512_setzero_ps(); PAGE / 16]; QUERIES];
    for (lane, keys) in lanes[..size].iter().enumerate() {
        let keys = [load(&keys[0]), load(&keys[1])];
        for r in 0..QUERIES {
            let query = _mm512_set1_ps(queries[r][lane]);
            for half in 0..2 {
                totals[r][half] = _mm512_fmadd_ps(query, keys[half], totals[r][half]);
            }
        }
    }
    for (totals, out) in totals.into_iter().zip(out.chunks_mut(stride)) {
        let halves = out.as_chunks_mut::<16>().0;
        totals
            .into_iter()
            .zip(halves)
            .for_each(|(total, out)| store(total, out));
    }
}

#[target_feature(enable = "avx512f,avx2,fma,f16c")]
fn mix_body(weights: &[f32], values: &[f32], seen: Seen, out: &mut [f32]) {
    let size = out.len() / QUERIES;
    if !size.is_multiple_of(16) {
        return (avx2::TABLE.encoder.mix)(weights, values, seen, out);
    }
    let mut at = 0;
    while at + 32 <= size {
        strip::<2>(weights, &values[at..], seen, size, &mut out[at..]);
        at += 32;
    }
    if at < size {
        strip::<1>(weights, &values[at..], seen, size, &mut out[at..]);
    }
}

/// `N` times sixteen lanes of each row, kept in registers from the first value to the last.
#[target_feature(enable = "avx512f")]
fn strip<const N: usize>(
    weights: &[f32],
    values: &[f32],
    seen: Seen,
    size: usize,
    out: &mut [f32],
) {
    let weights: [&[f32]; QUERIES] =
        std::array::from_fn(|r| &weights[r * seen.width..][..seen.count]);
    let mut totals = [[_mm512_setzero_ps(); N]; QUERIES];
    for (i, value) in values.chunks(seen.stride).take(seen.count).enumerate() {
        let value = value.as_chunks::<16>().0;
        let value: [__m512; N] = std::array::from_fn(|n| load(&value[n]));
        for r in 0..QUERIES {
            let weight = _mm512_set1_ps(weights[r][i]);
            for n in 0..N {
                totals[r][n] = _mm512_fmadd_ps(weight, value[n], totals[r][n]);
            }
        }
    }
    for (totals, out) in totals.into_iter().zip(out.chunks_mut(size)) {
        let to = out.as_chunks_mut::<16>().0;
        totals
            .into_iter()
            .zip(to)
            .for_each(|(total, to)| store(total, to));
    }
}
