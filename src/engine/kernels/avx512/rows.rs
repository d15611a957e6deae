//! One row at a time: gates and exponentials.

use std::arch::x86_64::{
    __m512, _CMP_GT_OQ, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _mm512_abs_ps, _mm512_add_ps,
    _mm512_cmp_ps_mask, _mm512_div_ps, _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_mask_mov_ps,
    _mm512_mask_sub_ps, _mm512_maskz_mov_ps, _mm512_max_ps, _mm512_mul_ps, _mm512_reduce_add_ps,
    _mm512_reduce_max_ps, _mm512_roundscale_ps, _mm512_scalef_ps, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_sub_ps,
};

use super::super::SoFar;
use super::super::attention::{PAGE, ROWS};
use super::super::scalar::{self, ERF, ERF_P, EXP, LN_2};
use super::{load, store};

const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

#[target_feature(enable = "avx512f")]
pub(super) fn gelu(x: &mut [f32]) {
    let (sixteens, rest) = x.as_chunks_mut::<16>();
    let (zero, one) = (_mm512_setzero_ps(), _mm512_set1_ps(1.0));
    for part in sixteens {
        let x = load(part);
        let root = _mm512_set1_ps(std::f32::consts::FRAC_1_SQRT_2);
        let z = _mm512_mul_ps(_mm512_abs_ps(x), root);
        let t = _mm512_div_ps(one, _mm512_fmadd_ps(_mm512_set1_ps(ERF_P), z, one));
        let mut tail = zero;
        for coefficient in ERF {
            tail = _mm512_mul_ps(_mm512_add_ps(tail, _mm512_set1_ps(coefficient)), t);
        }
        let fall = exp(_mm512_sub_ps(zero, _mm512_mul_ps(z, z)));
        let tail = _mm512_mul_ps(_mm512_mul_ps(tail, fall), _mm512_set1_ps(0.5));
        // Right of zero it is what the tail leaves.
        let right = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(x, zero);
        let share = _mm512_mask_sub_ps(tail, right, one, tail);
        store(_mm512_mul_ps(x, share), part);
    }
    (scalar::KERNELS.gelu)(rest);
}

#[target_feature(enable = "avx512f")]
pub(super) fn exponents(scores: &mut [f32], floor: f32) -> (f32, f32) {
    let (sixteens, rest) = scores.as_chunks_mut::<16>();
    let mut most = _mm512_set1_ps(floor);
    for part in sixteens.iter() {
        most = _mm512_max_ps(most, load(part));
    }
    let most = _mm512_reduce_max_ps(most);
    let most = rest.iter().copied().fold(most, f32::max);
    let (by, mut total) = (_mm512_set1_ps(most), _mm512_setzero_ps());
    for part in sixteens {
        let value = exp(_mm512_sub_ps(load(part), by));
        total = _mm512_add_ps(total, value);
        store(value, part);
    }
    if rest.is_empty() {
        return (most, _mm512_reduce_add_ps(total));
    }
    // The rest at once: what is beyond the end counts as nothing.
    let mut last = [f32::NEG_INFINITY; 16];
    last[..rest.len()].copy_from_slice(rest);
    let value = exp(_mm512_sub_ps(load(&last), by));
    store(value, &mut last);
    rest.copy_from_slice(&last[..rest.len()]);
    (most, _mm512_reduce_add_ps(_mm512_add_ps(total, value)))
}

/// All of a row's page at once: what is not seen counts as minus infinity, and becomes zero.
#[target_feature(enable = "avx512f")]
pub(super) fn soften(scores: &mut [[f32; PAGE]], seen: &[usize], so_far: SoFar<'_>) {
    let mut falls = [f32::NEG_INFINITY; 16];
    let mut sums = [0.0; ROWS];
    for (row, (scores, seen)) in scores.iter_mut().zip(seen).enumerate() {
        let halves = scores.as_chunks_mut::<16>().0;
        let seen = [0, 16].map(|start| first_lanes(seen.saturating_sub(start)));
        let hide = _mm512_set1_ps(f32::NEG_INFINITY);
        let mut parts = [hide; 2];
        for half in 0..2 {
            parts[half] = _mm512_mask_mov_ps(hide, seen[half], load(&halves[half]));
        }
        let floor = so_far.most[row];
        let most = _mm512_reduce_max_ps(_mm512_max_ps(parts[0], parts[1])).max(floor);
        for half in 0..2 {
            let value = exp(_mm512_sub_ps(parts[half], _mm512_set1_ps(most)));
            parts[half] = _mm512_maskz_mov_ps(seen[half], value);
            store(parts[half], &mut halves[half]);
        }
        sums[row] = _mm512_reduce_add_ps(_mm512_add_ps(parts[0], parts[1]));
        falls[row] = floor - most;
        so_far.most[row] = most;
    }
    store(exp(load(&falls)), &mut falls);
    for (row, fade) in so_far.fade.iter_mut().enumerate() {
        *fade = falls[row];
        so_far.sum[row] = so_far.sum[row] * falls[row] + sums[row];
    }
}

/// The mask of the first `count` of sixteen lanes.
fn first_lanes(count: usize) -> u16 {
    match count {
        0..16 => (1 << count) - 1,
        _ => u16::MAX,
    }
}

/// e to the power of each lane, to about one unit in the last place: as `avx2::rows::exp`, but next
/// to nothing from -104 down.
#[target_feature(enable = "avx512f")]
fn exp(x: __m512) -> __m512 {
    let x = _mm512_max_ps(x, _mm512_set1_ps(-104.0));
    let whole = _mm512_mul_ps(x, _mm512_set1_ps(std::f32::consts::LOG2_E));
    let whole = _mm512_roundscale_ps::<NEAREST>(whole);
    let rest = _mm512_fnmadd_ps(whole, _mm512_set1_ps(LN_2[0]), x);
    let rest = _mm512_fnmadd_ps(whole, _mm512_set1_ps(LN_2[1]), rest);
    let mut value = _mm512_setzero_ps();
    for coefficient in EXP {
        value = _mm512_fmadd_ps(value, rest, _mm512_set1_ps(coefficient));
    }
    let value = _mm512_fmadd_ps(value, _mm512_mul_ps(rest, rest), rest);
    let value = _mm512_add_ps(value, _mm512_set1_ps(1.0));
    _mm512_scalef_ps(value, whole)
}
