//! Panels of eight rows times one to four tokens.

use std::arch::x86_64::{
    _MM_HINT_T0, _mm_prefetch, _mm256_abs_epi8, _mm256_add_epi16, _mm256_add_epi32, _mm256_add_ps,
    _mm256_and_si256, _mm256_cvtepi32_ps, _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256, _mm256_sign_epi8, _mm256_srli_epi16,
};

use super::super::pack::{Q4_1_BYTES, Q8_0_BYTES};
use super::super::{LANES, QuantRow};
use super::{load_bytes, load_halves, store};

/// How far ahead of use weights are asked for: they are read once and in order.
const AHEAD: usize = 2048;

/// Calls the body with the number of tokens as a constant.
macro_rules! by_count {
    ($tokens:expr, $body:ident($($arg:expr),*)) => {
        match $tokens.len() {
            1 => $body::<1>($($arg),*),
            2 => $body::<2>($($arg),*),
            3 => $body::<3>($($arg),*),
            4 => $body::<4>($($arg),*),
            other => panic!("a tile of {other} tokens"),
        }
    };
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn q8_0(panels: &[u8], tokens: &[QuantRow<'_>], out: &mut [[f32; LANES]]) {
    by_count!(tokens, q8_0_tile(panels, tokens, out));
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn q4_1(panels: &[u8], tokens: &[QuantRow<'_>], out: &mut [[f32; LANES]]) {
    by_count!(tokens, q4_1_tile(panels, tokens, out));
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn dense_f32(panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]) {
    by_count!(tokens, dense_f32_tile(panels, tokens, out));
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn dense_f16(panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]) {
    by_count!(tokens, dense_f16_tile(panels, tokens, out));
}

/// Asks for the cache lines of a block that lies [`AHEAD`] of this one.
#[target_feature(enable = "sse")]
fn prefetch<const BYTES: usize>(block: &[u8; BYTES]) {
    for line in (0..BYTES).step_by(64) {
        // A hint: it cannot fault, wherever it points.
        _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD + line).cast());
    }
}

/// The 32 bytes at `at`.
#[inline]
fn part<const AT: usize, const BYTES: usize>(block: &[u8; BYTES]) -> &[u8; 32] {
    block[AT..].first_chunk().expect("a block is longer")
}

/// Each of the `N` tokens cut to `blocks` blocks, which is checked here once.
fn cut<'a, const N: usize>(tokens: &[QuantRow<'a>], blocks: usize) -> [QuantRow<'a>; N] {
    std::array::from_fn(|t| QuantRow {
        codes: &tokens[t].codes[..blocks],
        scales: &tokens[t].scales[..blocks],
        sums: &tokens[t].sums[..blocks],
    })
}

#[target_feature(enable = "avx2,fma,f16c")]
fn q8_0_tile<const N: usize>(panels: &[u8], tokens: &[QuantRow<'_>], out: &mut [[f32; LANES]]) {
    let blocks = tokens[0].codes.len();
    let tokens = cut::<N>(tokens, blocks);
    let ones = _mm256_set1_epi16(1);
    let panels = panels
        .chunks_exact(blocks * Q8_0_BYTES)
        .zip(out.as_chunks_mut::<N>().0);
    for (panel, out) in panels {
        let mut totals = [_mm256_setzero_ps(); N];
        for (b, block) in panel.as_chunks::<Q8_0_BYTES>().0.iter().enumerate() {
            prefetch(block);
            let mut dots = [_mm256_setzero_si256(); N];
            let (turns, _) = block[2 * LANES..].as_chunks::<32>();
            for (step, turn) in turns.iter().enumerate() {
                // The instruction multiplies unsigned by signed bytes: the weight's sign goes
                // over to the activation. Pairs of products stay below 2^15 as activations are
                // never -128.
                let weights = load_bytes(turn);
                let magnitudes = _mm256_abs_epi8(weights);
                for t in 0..N {
                    let four = _mm256_set1_epi32(tokens[t].codes[b][step]);
                    let signed = _mm256_sign_epi8(four, weights);
                    let pairs = _mm256_maddubs_epi16(magnitudes, signed);
                    dots[t] = _mm256_add_epi32(dots[t], _mm256_madd_epi16(pairs, ones));
                }
            }
            let scales = _mm256_cvtph_ps(load_halves(block.first_chunk().expect("longer")));
            for t in 0..N {
                let scale = _mm256_mul_ps(scales, _mm256_set1_ps(tokens[t].scales[b]));
                totals[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots[t]), scale, totals[t]);
            }
        }
        for (total, out) in totals.into_iter().zip(out) {
            store(total, out);
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn q4_1_tile<const N: usize>(panels: &[u8], tokens: &[QuantRow<'_>], out: &mut [[f32; LANES]]) {
    let blocks = tokens[0].codes.len();
    let tokens = cut::<N>(tokens, blocks);
    let (ones, nibble) = (_mm256_set1_epi16(1), _mm256_set1_epi8(15));
    let panels = panels
        .chunks_exact(blocks * Q4_1_BYTES)
        .zip(out.as_chunks_mut::<N>().0);
    for (panel, out) in panels {
        let mut totals = [_mm256_setzero_ps(); N];
        for (b, block) in panel.as_chunks::<Q4_1_BYTES>().0.iter().enumerate() {
            prefetch(block);
            // A whole block fits 16 bits: 16 products of at most 15 * 127.
            let mut pairs = [_mm256_setzero_si256(); N];
            let (turns, _) = block[4 * LANES..].as_chunks::<32>();
            for (step, turn) in turns.iter().enumerate() {
                let both = load_bytes(turn);
                let low = _mm256_and_si256(both, nibble);
                let high = _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble);
                for t in 0..N {
                    let words = &tokens[t].codes[b];
                    let first = _mm256_maddubs_epi16(low, _mm256_set1_epi32(words[step]));
                    let second = _mm256_maddubs_epi16(high, _mm256_set1_epi32(words[step + 4]));
                    pairs[t] = _mm256_add_epi16(pairs[t], _mm256_add_epi16(first, second));
                }
            }
            let headers = part::<0, _>(block).as_chunks::<16>().0;
            let scales = _mm256_cvtph_ps(load_halves(&headers[0]));
            let minima = _mm256_cvtph_ps(load_halves(&headers[1]));
            for t in 0..N {
                let dots = _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs[t], ones));
                let scale = _mm256_mul_ps(scales, _mm256_set1_ps(tokens[t].scales[b]));
                totals[t] = _mm256_fmadd_ps(dots, scale, totals[t]);
                let sum = _mm256_set1_ps(tokens[t].sums[b]);
                totals[t] = _mm256_fmadd_ps(minima, sum, totals[t]);
            }
        }
        for (total, out) in totals.into_iter().zip(out) {
            store(total, out);
        }
    }
}

/// A dense kernel: `$bytes` a row of eight weights, `$load` makes eight floats of them. Two
/// columns go to sums of their own, so that no addition waits for the one before.
macro_rules! dense {
    ($name:ident, $bytes:literal, $load:expr) => {
        #[target_feature(enable = "avx2,fma,f16c")]
        fn $name<const N: usize>(panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]) {
            let columns = tokens[0].len();
            let tokens: [&[f32]; N] = std::array::from_fn(|t| &tokens[t][..columns]);
            let panels = panels
                .chunks_exact(columns * $bytes)
                .zip(out.as_chunks_mut::<N>().0);
            for (panel, out) in panels {
                let mut totals = [[_mm256_setzero_ps(); 2]; N];
                let (twos, last) = panel.as_chunks::<{ 2 * $bytes }>();
                for (pair, two) in twos.iter().enumerate() {
                    prefetch(two);
                    let (rows, _) = two.as_chunks::<$bytes>();
                    for i in 0..2 {
                        let weights = $load(&rows[i]);
                        for t in 0..N {
                            let x = _mm256_set1_ps(tokens[t][2 * pair + i]);
                            totals[t][i] = _mm256_fmadd_ps(weights, x, totals[t][i]);
                        }
                    }
                }
                for row in last.as_chunks::<$bytes>().0 {
                    for t in 0..N {
                        let x = _mm256_set1_ps(tokens[t][columns - 1]);
                        totals[t][0] = _mm256_fmadd_ps($load(row), x, totals[t][0]);
                    }
                }
                for ([even, odd], out) in totals.into_iter().zip(out) {
                    store(_mm256_add_ps(even, odd), out);
                }
            }
        }
    };
}

dense!(dense_f32_tile, 32, |row| {
    std::arch::x86_64::_mm256_castsi256_ps(load_bytes(row))
});
dense!(dense_f16_tile, 16, |row| _mm256_cvtph_ps(load_halves(row)));
