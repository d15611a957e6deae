//! Weighted sums of rows: what attention makes scores of queries and keys with, and outputs of
//! scores and values.

use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps, _mm256_setzero_ps};

use super::{load, store};

#[target_feature(enable = "avx2,fma")]
pub(super) fn blend(weights: &[f32], rows: &[f32], stride: usize, out: &mut [f32]) {
    let mut at = 0;
    let (wide, rest) = out.as_chunks_mut::<64>();
    for out in wide {
        strip::<8>(weights, &rows[at..], stride, out.as_chunks_mut().0);
        at += 64;
    }
    let (narrow, rest) = rest.as_chunks_mut::<8>();
    for out in narrow {
        strip::<1>(weights, &rows[at..], stride, std::slice::from_mut(out));
        at += 8;
    }
    for (lane, out) in rest.iter_mut().enumerate() {
        for (i, weight) in weights.iter().enumerate() {
            *out = weight.mul_add(rows[i * stride + at + lane], *out);
        }
    }
}

/// `N` times eight lanes of [`blend`], kept in registers from the first row to the last.
#[target_feature(enable = "avx2,fma")]
fn strip<const N: usize>(weights: &[f32], rows: &[f32], stride: usize, out: &mut [[f32; 8]]) {
    let mut totals = [_mm256_setzero_ps(); N];
    for (total, out) in totals.iter_mut().zip(out.iter()) {
        *total = load(out);
    }
    for (i, weight) in weights.iter().enumerate() {
        let weight = _mm256_set1_ps(*weight);
        let (row, _) = rows[i * stride..][..N * 8].as_chunks::<8>();
        for (total, value) in totals.iter_mut().zip(row) {
            *total = _mm256_fmadd_ps(weight, load(value), *total);
        }
    }
    for (total, out) in totals.into_iter().zip(out) {
        store(total, out);
    }
}
