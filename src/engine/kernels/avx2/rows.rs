//! One row at a time: quantising, norms, gates, exponentials, half precision.

use std::arch::x86_64::{
    __m256, __m256i, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _mm_add_epi32,
    _mm_cvtsi128_si32, _mm_shuffle_epi32, _mm256_add_epi32, _mm256_add_ps, _mm256_andnot_ps,
    _mm256_blendv_ps, _mm256_castsi256_ps, _mm256_castsi256_si128, _mm256_cvtps_epi32,
    _mm256_cvtps_ph, _mm256_div_ps, _mm256_extracti128_si256, _mm256_fmadd_ps, _mm256_fnmadd_ps,
    _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_packs_epi16, _mm256_packs_epi32,
    _mm256_permutevar8x32_epi32, _mm256_round_ps, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setr_epi32, _mm256_setzero_ps, _mm256_slli_epi32, _mm256_storeu_si256, _mm256_sub_ps,
    _mm256_xor_ps,
};

use half::f16;

use super::super::QuantRow;
use super::super::scalar::{self, ERF, ERF_P, EXP, LN_2};
use super::super::tile::inverse;
use super::{load, most, store, store_halves, sum};

const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn quantize(x: &[f32], row: QuantRow<'_>) {
    let blocks = x
        .as_chunks::<32>()
        .0
        .iter()
        .zip(row.codes)
        .zip(row.scales.iter_mut().zip(row.halves));
    for ((x, words), (scale, halves)) in blocks {
        let eights = x.as_chunks::<8>().0;
        let parts = [
            load(&eights[0]),
            load(&eights[1]),
            load(&eights[2]),
            load(&eights[3]),
        ];
        let largest = largest_magnitude(parts);
        let inverse = inverse(largest);
        let codes;
        (codes, *halves) = self::codes(parts, _mm256_set1_ps(inverse));
        // SAFETY: eight words are written to where eight are; the store need not be aligned.
        #[allow(unsafe_code, reason = "SIMD store")]
        unsafe {
            _mm256_storeu_si256(words.as_mut_ptr().cast(), codes);
        }
        *scale = largest / 127.0;
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn largest_magnitude(parts: [__m256; 4]) -> f32 {
    let sign = _mm256_set1_ps(-0.0);
    let [a, b, c, d] = parts.map(|part| _mm256_andnot_ps(sign, part));
    most(_mm256_max_ps(_mm256_max_ps(a, b), _mm256_max_ps(c, d)))
}

/// 32 floats times `inverse`, rounded to bytes in their order, and the sums of each 16.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn codes(parts: [__m256; 4], inverse: __m256) -> (__m256i, [i32; 2]) {
    let [a, b, c, d] = parts.map(|part| _mm256_cvtps_epi32(_mm256_mul_ps(part, inverse)));
    let sums = [total(_mm256_add_epi32(a, b)), total(_mm256_add_epi32(c, d))];
    // Packing works on halves of the vector; the permutation undoes that.
    let packed = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    (_mm256_permutevar8x32_epi32(packed, order), sums)
}

/// Sum of the eight lanes.
#[target_feature(enable = "avx2")]
fn total(all: __m256i) -> i32 {
    let four = _mm_add_epi32(
        _mm256_castsi256_si128(all),
        _mm256_extracti128_si256(all, 1),
    );
    let two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)))
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    let (eights, rest) = x.as_chunks::<8>();
    let mut squares = _mm256_setzero_ps();
    for part in eights {
        let part = load(part);
        squares = _mm256_fmadd_ps(part, part, squares);
    }
    let total = sum(squares) + rest.iter().map(|x| x * x).sum::<f32>();
    #[allow(clippy::cast_precision_loss, reason = "widths are far below 2^24")]
    let scale = (total / x.len() as f32 + eps).sqrt().recip();
    let by = _mm256_set1_ps(scale);
    let (out, out_rest) = out.as_chunks_mut::<8>();
    let (weights, weight_rest) = weight.as_chunks::<8>();
    for ((out, x), weight) in out.iter_mut().zip(eights).zip(weights) {
        store(_mm256_mul_ps(_mm256_mul_ps(load(x), by), load(weight)), out);
    }
    for ((out, x), weight) in out_rest.iter_mut().zip(rest).zip(weight_rest) {
        *out = x * scale * weight;
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn swiglu(gate: &[f32], up: &[f32], out: &mut [f32]) {
    let (gates, gate_rest) = gate.as_chunks::<8>();
    let (ups, up_rest) = up.as_chunks::<8>();
    let (outs, out_rest) = out.as_chunks_mut::<8>();
    let (zero, one) = (_mm256_setzero_ps(), _mm256_set1_ps(1.0));
    for ((out, gate), up) in outs.iter_mut().zip(gates).zip(ups) {
        let gate = load(gate);
        let sigmoid = _mm256_div_ps(gate, _mm256_add_ps(one, exp(_mm256_sub_ps(zero, gate))));
        store(_mm256_mul_ps(sigmoid, load(up)), out);
    }
    for ((out, gate), up) in out_rest.iter_mut().zip(gate_rest).zip(up_rest) {
        *out = gate / (1.0 + (-gate).exp()) * up;
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn gelu(x: &mut [f32]) {
    let (eights, rest) = x.as_chunks_mut::<8>();
    let (sign, one, half) = (
        _mm256_set1_ps(-0.0),
        _mm256_set1_ps(1.0),
        _mm256_set1_ps(0.5),
    );
    for part in eights {
        let x = load(part);
        let root = _mm256_set1_ps(std::f32::consts::FRAC_1_SQRT_2);
        let z = _mm256_mul_ps(_mm256_andnot_ps(sign, x), root);
        let t = _mm256_div_ps(one, _mm256_fmadd_ps(_mm256_set1_ps(ERF_P), z, one));
        let mut tail = _mm256_setzero_ps();
        for coefficient in ERF {
            tail = _mm256_mul_ps(_mm256_add_ps(tail, _mm256_set1_ps(coefficient)), t);
        }
        let fall = exp(_mm256_xor_ps(_mm256_mul_ps(z, z), sign));
        let tail = _mm256_mul_ps(_mm256_mul_ps(tail, fall), half);
        // The sign bit of x picks the left side's value.
        let share = _mm256_blendv_ps(_mm256_sub_ps(one, tail), tail, x);
        store(_mm256_mul_ps(x, share), part);
    }
    (scalar::KERNELS.gelu)(rest);
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn exponents(scores: &mut [f32], floor: f32) -> (f32, f32) {
    let (eights, rest) = scores.as_chunks_mut::<8>();
    let mut largest = _mm256_set1_ps(floor);
    for part in eights.iter() {
        largest = _mm256_max_ps(largest, load(part));
    }
    let largest = rest.iter().copied().fold(most(largest), f32::max);
    let (by, mut total) = (_mm256_set1_ps(largest), _mm256_setzero_ps());
    for part in eights {
        let value = exp(_mm256_sub_ps(load(part), by));
        total = _mm256_add_ps(total, value);
        store(value, part);
    }
    let mut total = sum(total);
    for score in rest {
        *score = (*score - largest).exp();
        total += *score;
    }
    (largest, total)
}

/// e to the power of each lane, to about one unit in the last place: the whole part of the binary
/// exponent goes to the exponent field, the rest through a polynomial.
#[target_feature(enable = "avx2,fma,f16c")]
fn exp(x: __m256) -> __m256 {
    let x = _mm256_min_ps(
        _mm256_max_ps(x, _mm256_set1_ps(-87.0)),
        _mm256_set1_ps(88.0),
    );
    let whole = _mm256_mul_ps(x, _mm256_set1_ps(std::f32::consts::LOG2_E));
    let whole = _mm256_round_ps(whole, NEAREST);
    let rest = _mm256_fnmadd_ps(whole, _mm256_set1_ps(LN_2[0]), x);
    let rest = _mm256_fnmadd_ps(whole, _mm256_set1_ps(LN_2[1]), rest);
    let mut value = _mm256_setzero_ps();
    for coefficient in EXP {
        value = _mm256_fmadd_ps(value, rest, _mm256_set1_ps(coefficient));
    }
    let value = _mm256_fmadd_ps(value, _mm256_mul_ps(rest, rest), rest);
    let value = _mm256_add_ps(value, _mm256_set1_ps(1.0));
    let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(whole), _mm256_set1_epi32(127));
    _mm256_mul_ps(value, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)))
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn narrow(from: &[f32], to: &mut [f16]) {
    let (from, from_rest) = from.as_chunks::<8>();
    let (to, to_rest) = to.as_chunks_mut::<8>();
    for (from, to) in from.iter().zip(to) {
        store_halves(_mm256_cvtps_ph(load(from), _MM_FROUND_TO_NEAREST_INT), to);
    }
    for (from, to) in from_rest.iter().zip(to_rest) {
        *to = f16::from_f32(*from);
    }
}
