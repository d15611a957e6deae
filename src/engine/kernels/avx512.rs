//! Kernels for x86-64 with AVX-512 and its VNNI instructions: servers since 2019 (Intel) and 2022
//! (AMD). Only what gains by the wider vectors is here; the rest is the AVX2 table's.

mod attend;
mod encoder;
mod matrix;
mod rows;

use std::arch::x86_64::{
    __m512, __m512i, _mm_loadu_si128, _mm256_loadu_si256, _mm512_cvtepi8_epi32, _mm512_cvtepi32_ps,
    _mm512_cvtph_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_storeu_ps,
};

use half::f16;

use super::attention::PAGE;
use super::avx2;
use super::{Kernels, LANES, QuantTile, SoFar};
use crate::engine::quant::Format;

/// Makes a safe function of a `#[target_feature]` body.
macro_rules! entry {
    ($body:path as $name:ident($($arg:ident: $kind:ty),*) $(-> $out:ty)?) => {
        fn $name($($arg: $kind),*) $(-> $out)? {
            // SAFETY: the table that names this function is handed out by `kernels` alone, after
            // it has seen that the CPU has what the body needs.
            #[allow(unsafe_code, reason = "the CPU was asked")]
            unsafe { $body($($arg),*) }
        }
    };
}
use entry;

entry!(matrix::quantised as quantised(
    format: Format, panels: &[u8], tile: QuantTile<'_>, out: &mut [[f32; LANES]]
));
entry!(matrix::dense as dense(
    format: Format, panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]
));

entry!(rows::gelu as gelu(x: &mut [f32]));
entry!(rows::exponents as exponents(scores: &mut [f32], floor: f32) -> (f32, f32));
entry!(rows::soften as soften(
    scores: &mut [[f32; PAGE]], seen: &[usize], so_far: SoFar<'_>
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

static KERNELS: Kernels = Kernels {
    name: "avx512-vnni",
    quantised,
    dense,
    gelu,
    exponents,
    soften,
    scores_half,
    scores_single,
    scores_bytes,
    gather_half,
    gather_single,
    gather_bytes,
    encoder: encoder::KERNELS,
    ..avx2::TABLE
};

/// The table, if this CPU can run it.
pub(super) fn kernels() -> Option<&'static Kernels> {
    let able = avx2::kernels().is_some()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni");
    able.then_some(&KERNELS)
}

#[target_feature(enable = "avx512f")]
fn load_bytes(from: &[u8; 64]) -> __m512i {
    // SAFETY: 64 bytes are read from where 64 are; the load need not be aligned.
    #[allow(unsafe_code, reason = "SIMD load")]
    unsafe {
        _mm512_loadu_si512(from.as_ptr().cast())
    }
}

#[target_feature(enable = "avx512f")]
fn load(from: &[f32; 16]) -> __m512 {
    // SAFETY: sixteen floats are read from where sixteen are; the load need not be aligned.
    #[allow(unsafe_code, reason = "SIMD load")]
    unsafe {
        _mm512_loadu_ps(from.as_ptr())
    }
}

#[target_feature(enable = "avx512f,avx")]
fn load_halves(from: &[f16; 16]) -> __m512 {
    // SAFETY: 32 bytes are read from where 32 are; the load need not be aligned.
    #[allow(unsafe_code, reason = "SIMD load")]
    let halves = unsafe { _mm256_loadu_si256(from.as_ptr().cast()) };
    _mm512_cvtph_ps(halves)
}

/// Sixteen bytes with their signs as floats.
#[target_feature(enable = "avx512f,avx")]
fn load_codes(from: &[i8; 16]) -> __m512 {
    // SAFETY: 16 bytes are read from where 16 are; the load need not be aligned.
    #[allow(unsafe_code, reason = "SIMD load")]
    let codes = unsafe { _mm_loadu_si128(from.as_ptr().cast()) };
    _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(codes))
}

#[target_feature(enable = "avx512f")]
fn store(value: __m512, to: &mut [f32; 16]) {
    // SAFETY: sixteen floats are written to where sixteen are; the store need not be aligned.
    #[allow(unsafe_code, reason = "SIMD store")]
    unsafe {
        _mm512_storeu_ps(to.as_mut_ptr(), value);
    }
}
