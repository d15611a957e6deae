//! Kernels for x86-64 with AVX-512 and its VNNI instructions: servers since 2019 (Intel) and 2022
//! (AMD). Only what gains by the wider vectors is here; the rest is the AVX2 table's.

mod matrix;

use std::arch::x86_64::{__m512, __m512i, _mm512_loadu_si512, _mm512_storeu_ps};

use super::avx2;
use super::{Kernels, LANES, QuantTile};
use crate::engine::quant::Format;

/// Makes a safe function of a `#[target_feature]` body.
macro_rules! entry {
    ($body:path as $name:ident($($arg:ident: $kind:ty),*)) => {
        fn $name($($arg: $kind),*) {
            // SAFETY: the table that names this function is handed out by `kernels` alone, after
            // it has seen that the CPU has what the body needs.
            #[allow(unsafe_code, reason = "the CPU was asked")]
            unsafe { $body($($arg),*) }
        }
    };
}

entry!(matrix::quantised as quantised(
    format: Format, panels: &[u8], tile: QuantTile<'_>, out: &mut [[f32; LANES]]
));
entry!(matrix::dense as dense(
    format: Format, panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]
));

static KERNELS: Kernels = Kernels {
    name: "avx512-vnni",
    quantised,
    dense,
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
fn store(value: __m512, to: &mut [f32; 16]) {
    // SAFETY: sixteen floats are written to where sixteen are; the store need not be aligned.
    #[allow(unsafe_code, reason = "SIMD store")]
    unsafe {
        _mm512_storeu_ps(to.as_mut_ptr(), value);
    }
}
