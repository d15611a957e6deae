//! Kernels for x86-64 with AVX2, FMA and F16C: every such CPU since 2013 (Intel) and 2015 (AMD).
//!
//! [`kernels`] hands out the table only where the CPU has all three. Each entry is a safe
//! function that calls its `#[target_feature]` body; nothing else calls those bodies.

mod attend;
mod encoder;
mod matrix;
mod rows;

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_add_ps, _mm_add_ss, _mm_cvtsi64_si128, _mm_cvtss_f32,
    _mm_loadu_si128, _mm_max_ps, _mm_max_ss, _mm_movehdup_ps, _mm_movehl_ps, _mm_storeu_si128,
    _mm256_castps256_ps128, _mm256_cvtepi8_epi32, _mm256_cvtepi32_ps, _mm256_extractf128_ps,
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_storeu_ps,
};

use half::f16;

use super::attention::PAGE;
use super::{Kernels, LANES, SoFar, scalar};
use crate::engine::quant::Format;

/// Makes a safe function of a `#[target_feature]` body.
macro_rules! entry {
    ($body:path as $name:ident($($arg:ident: $kind:ty),*) $(-> $out:ty)?) => {
        fn $name($($arg: $kind),*) $(-> $out)? {
            // SAFETY: the table that names this function is handed out by `kernels` alone, after
            // it has seen that the CPU has AVX2, FMA and F16C.
            #[allow(unsafe_code, reason = "the CPU was asked")]
            unsafe { $body($($arg),*) }
        }
    };
}
use entry;

entry!(rows::quantize as quantize(x: &[f32], row: super::QuantRow<'_>));
entry!(rows::rms_norm as rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]));
entry!(rows::swiglu as swiglu(gate: &[f32], up: &[f32], out: &mut [f32]));
entry!(rows::gelu as gelu(x: &mut [f32]));
entry!(rows::exponents as exponents(scores: &mut [f32], floor: f32) -> (f32, f32));
entry!(rows::narrow as narrow(from: &[f32], to: &mut [f16]));
entry!(matrix::quantised as quantised(
    format: Format, panels: &[u8], tile: super::QuantTile<'_>, out: &mut [[f32; LANES]]
));
entry!(matrix::dense as dense(
    format: Format, panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]
));
entry!(attend::half::scores as scores_half(
    queries: &[f32], keys: &[f16], out: &mut [[f32; PAGE]]
));
entry!(attend::single::scores as scores_single(
    queries: &[f32], keys: &[f32], out: &mut [[f32; PAGE]]
));
entry!(attend::bytes::scores as scores_bytes(
    queries: &[f32], keys: &[i8], out: &mut [[f32; PAGE]]
));
entry!(attend::half::gather as gather_half(
    weights: &[[f32; PAGE]], values: &[f16], rows: (usize, usize), out: &mut [f32]
));
entry!(attend::single::gather as gather_single(
    weights: &[[f32; PAGE]], values: &[f32], rows: (usize, usize), out: &mut [f32]
));
entry!(attend::bytes::gather as gather_bytes(
    weights: &[[f32; PAGE]], values: &[i8], rows: (usize, usize), out: &mut [f32]
));

fn soften(scores: &mut [[f32; PAGE]], seen: &[usize], so_far: SoFar<'_>) {
    scalar::soften_by(exponents, scores, seen, so_far);
}

static KERNELS: Kernels = TABLE;

/// The table, for others to start from.
pub(super) const TABLE: Kernels = Kernels {
    name: "avx2",
    quantize,
    quantised,
    dense,
    rms_norm,
    swiglu,
    gelu,
    exponents,
    soften,
    scores_half,
    scores_single,
    scores_bytes,
    gather_half,
    gather_single,
    gather_bytes,
    narrow,
    encoder: encoder::KERNELS,
};

/// The table, if this CPU can run it.
pub(super) fn kernels() -> Option<&'static Kernels> {
    let able = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c");
    able.then_some(&KERNELS)
}

// Loads and stores by reference: the length is in the type, so there is nothing to check.

#[target_feature(enable = "avx")]
fn load(from: &[f32; 8]) -> __m256 {
    // SAFETY: eight floats are read from where eight are; the load need not be aligned.
    #[allow(unsafe_code, reason = "SIMD load")]
    unsafe {
        _mm256_loadu_ps(from.as_ptr())
    }
}

#[target_feature(enable = "avx")]
fn store(value: __m256, to: &mut [f32; 8]) {
    // SAFETY: eight floats are written to where eight are; the store need not be aligned.
    #[allow(unsafe_code, reason = "SIMD store")]
    unsafe {
        _mm256_storeu_ps(to.as_mut_ptr(), value);
    }
}

#[target_feature(enable = "avx")]
fn load_bytes(from: &[u8; 32]) -> __m256i {
    // SAFETY: 32 bytes are read from where 32 are; the load need not be aligned.
    #[allow(unsafe_code, reason = "SIMD load")]
    unsafe {
        _mm256_loadu_si256(from.as_ptr().cast())
    }
}

#[target_feature(enable = "sse2")]
fn load_halves(from: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes are read from where 16 are; the load need not be aligned.
    #[allow(unsafe_code, reason = "SIMD load")]
    unsafe {
        _mm_loadu_si128(from.as_ptr().cast())
    }
}

#[target_feature(enable = "sse2")]
fn store_halves(value: __m128i, to: &mut [f16; 8]) {
    // SAFETY: 16 bytes are written to where eight halves are; the store need not be aligned.
    #[allow(unsafe_code, reason = "SIMD store")]
    unsafe {
        _mm_storeu_si128(to.as_mut_ptr().cast(), value);
    }
}

/// Eight bytes with their signs as floats.
#[target_feature(enable = "avx2")]
fn load_codes(from: &[i8; 8]) -> __m256 {
    let bytes = _mm_cvtsi64_si128(i64::from_le_bytes(from.map(i8::cast_unsigned)));
    _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes))
}

/// Sum of the eight lanes.
#[target_feature(enable = "avx")]
fn sum(v: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}

/// Largest of the eight lanes.
#[target_feature(enable = "avx")]
fn most(v: __m256) -> f32 {
    let four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
}
