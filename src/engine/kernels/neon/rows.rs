//! One row at a time: quantising, norms, gates, exponentials, half precision.

use std::arch::aarch64::{
    float32x4_t, int8x16_t, vabsq_f32, vaddlvq_s8, vaddq_f32, vaddq_s32, vaddvq_f32, vbslq_f32,
    vcltzq_f32, vcombine_s8, vcombine_s16, vcvtnq_s32_f32, vdivq_f32, vdupq_n_f32, vdupq_n_s32,
    vfmaq_f32, vfmsq_f32, vmaxnmq_f32, vmaxnmvq_f32, vmaxq_f32, vminq_f32, vmulq_f32, vmulq_n_f32,
    vnegq_f32, vqmovn_s16, vqmovn_s32, vreinterpretq_f32_s32, vrndnq_f32, vshlq_n_s32, vst1q_s8,
    vsubq_f32,
};

use half::f16;

use super::super::QuantRow;
use super::super::scalar::{self, ERF, ERF_P, EXP, LN_2};
use super::super::tile::inverse;
use super::{load, store, store_halves};

#[target_feature(enable = "neon")]
pub(super) fn quantize(x: &[f32], row: QuantRow<'_>) {
    let blocks = x
        .as_chunks::<32>()
        .0
        .iter()
        .zip(row.codes)
        .zip(row.scales.iter_mut().zip(row.halves));
    for ((x, words), (scale, halves)) in blocks {
        let mut largest = vdupq_n_f32(0.0);
        for four in x.as_chunks::<4>().0 {
            largest = vmaxnmq_f32(largest, vabsq_f32(load(four)));
        }
        let largest = vmaxnmvq_f32(largest);
        let inverse = inverse(largest);
        let parts = x.as_chunks::<16>().0.iter();
        let parts = parts.zip(words.as_chunks_mut::<4>().0).zip(halves);
        for ((x, words), half) in parts {
            let codes = round(x, inverse);
            store_codes(codes, words);
            *half = i32::from(vaddlvq_s8(codes));
        }
        *scale = largest / 127.0;
    }
}

/// Sixteen floats times `inverse` as the nearest whole numbers, the even ones of two as near.
#[target_feature(enable = "neon")]
fn round(x: &[f32; 16], inverse: f32) -> int8x16_t {
    let fours = x.as_chunks::<4>().0;
    let word = |at: usize| vqmovn_s32(vcvtnq_s32_f32(vmulq_n_f32(load(&fours[at]), inverse)));
    let eight = |at: usize| vqmovn_s16(vcombine_s16(word(at), word(at + 1)));
    vcombine_s8(eight(0), eight(2))
}

#[target_feature(enable = "neon")]
fn store_codes(codes: int8x16_t, words: &mut [i32; 4]) {
    // SAFETY: 16 bytes are written to where four words are.
    #[allow(unsafe_code, reason = "SIMD store")]
    unsafe {
        vst1q_s8(words.as_mut_ptr().cast(), codes);
    }
}

#[target_feature(enable = "neon")]
pub(super) fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    let (fours, rest) = x.as_chunks::<4>();
    let mut squares = vdupq_n_f32(0.0);
    for part in fours {
        let part = load(part);
        squares = vfmaq_f32(squares, part, part);
    }
    let total = vaddvq_f32(squares) + rest.iter().map(|x| x * x).sum::<f32>();
    #[allow(clippy::cast_precision_loss, reason = "widths are far below 2^24")]
    let scale = (total / x.len() as f32 + eps).sqrt().recip();
    let (out, out_rest) = out.as_chunks_mut::<4>();
    let (weights, weight_rest) = weight.as_chunks::<4>();
    for ((out, x), weight) in out.iter_mut().zip(fours).zip(weights) {
        store(vmulq_f32(vmulq_n_f32(load(x), scale), load(weight)), out);
    }
    for ((out, x), weight) in out_rest.iter_mut().zip(rest).zip(weight_rest) {
        *out = x * scale * weight;
    }
}

#[target_feature(enable = "neon")]
pub(super) fn swiglu(gate: &[f32], up: &[f32], out: &mut [f32]) {
    let (gates, gate_rest) = gate.as_chunks::<4>();
    let (ups, up_rest) = up.as_chunks::<4>();
    let (outs, out_rest) = out.as_chunks_mut::<4>();
    for ((out, gate), up) in outs.iter_mut().zip(gates).zip(ups) {
        let gate = load(gate);
        let sigmoid = vdivq_f32(gate, vaddq_f32(vdupq_n_f32(1.0), exp(vnegq_f32(gate))));
        store(vmulq_f32(sigmoid, load(up)), out);
    }
    (scalar::KERNELS.swiglu)(gate_rest, up_rest, out_rest);
}

#[target_feature(enable = "neon")]
pub(super) fn gelu(x: &mut [f32]) {
    let (fours, rest) = x.as_chunks_mut::<4>();
    let one = vdupq_n_f32(1.0);
    for part in fours {
        let x = load(part);
        let z = vmulq_n_f32(vabsq_f32(x), std::f32::consts::FRAC_1_SQRT_2);
        let t = vdivq_f32(one, vfmaq_f32(one, vdupq_n_f32(ERF_P), z));
        let mut tail = vdupq_n_f32(0.0);
        for coefficient in ERF {
            tail = vmulq_f32(vaddq_f32(tail, vdupq_n_f32(coefficient)), t);
        }
        let fall = exp(vnegq_f32(vmulq_f32(z, z)));
        let tail = vmulq_n_f32(vmulq_f32(tail, fall), 0.5);
        let share = vbslq_f32(vcltzq_f32(x), tail, vsubq_f32(one, tail));
        store(vmulq_f32(x, share), part);
    }
    (scalar::KERNELS.gelu)(rest);
}

#[target_feature(enable = "neon")]
pub(super) fn exponents(scores: &mut [f32], floor: f32) -> (f32, f32) {
    let (fours, rest) = scores.as_chunks_mut::<4>();
    let mut largest = vdupq_n_f32(floor);
    for part in fours.iter() {
        largest = vmaxnmq_f32(largest, load(part));
    }
    let largest = rest.iter().copied().fold(vmaxnmvq_f32(largest), f32::max);
    let (by, mut total) = (vdupq_n_f32(largest), vdupq_n_f32(0.0));
    for part in fours {
        let value = exp(vsubq_f32(load(part), by));
        total = vaddq_f32(total, value);
        store(value, part);
    }
    let mut total = vaddvq_f32(total);
    for score in rest {
        *score = (*score - largest).exp();
        total += *score;
    }
    (largest, total)
}

/// e to the power of each lane, to about one unit in the last place: the whole part of the binary
/// exponent goes to the exponent field, the rest through a polynomial.
#[target_feature(enable = "neon")]
fn exp(x: float32x4_t) -> float32x4_t {
    let x = vminq_f32(vmaxq_f32(x, vdupq_n_f32(-87.0)), vdupq_n_f32(88.0));
    let whole = vrndnq_f32(vmulq_n_f32(x, std::f32::consts::LOG2_E));
    let rest = vfmsq_f32(x, whole, vdupq_n_f32(LN_2[0]));
    let rest = vfmsq_f32(rest, whole, vdupq_n_f32(LN_2[1]));
    let mut value = vdupq_n_f32(0.0);
    for coefficient in EXP {
        value = vfmaq_f32(vdupq_n_f32(coefficient), value, rest);
    }
    let value = vfmaq_f32(rest, value, vmulq_f32(rest, rest));
    let value = vaddq_f32(value, vdupq_n_f32(1.0));
    let exponent = vaddq_s32(vcvtnq_s32_f32(whole), vdupq_n_s32(127));
    vmulq_f32(value, vreinterpretq_f32_s32(vshlq_n_s32::<23>(exponent)))
}

#[target_feature(enable = "neon")]
pub(super) fn narrow(from: &[f32], to: &mut [f16]) {
    let (from, from_rest) = from.as_chunks::<4>();
    let (to, to_rest) = to.as_chunks_mut::<4>();
    for (from, to) in from.iter().zip(to) {
        store_halves(load(from), to);
    }
    for (from, to) in from_rest.iter().zip(to_rest) {
        *to = f16::from_f32(*from);
    }
}
