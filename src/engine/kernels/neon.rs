//! Kernels for 64-bit ARM: NEON, which every such CPU has, and its dot products of bytes (an option
//! of ARMv8.2, required since ARMv8.4: Cortex-A76, Neoverse, Apple's M1 and later ones).
//!
//! [`kernels`] and [`dotprod_kernels`] hand out their tables only where the CPU has what they need.
//! Each entry is a safe function that calls its `#[target_feature]` body; nothing else calls
//! those bodies.
//!
//! Nothing here asks for weights ahead of use, as the tables for x86-64 do: the house has no ARM
//! machine to see whether that gains anything.

mod attend;
mod matrix;
mod rows;

use std::arch::aarch64::{
    float32x4_t, uint8x16_t, uint16x4_t, vcreate_s8, vcvt_f16_f32, vcvt_f32_f16, vcvtq_f32_s32,
    vget_low_s16, vld1_u16, vld1q_f32, vld1q_u8, vmovl_s8, vmovl_s16, vreinterpret_f16_u16,
    vreinterpret_u16_f16, vst1_u16, vst1q_f32,
};
use std::arch::is_aarch64_feature_detected;

use half::f16;

use super::attention::PAGE;
use super::scalar;
use super::{Kernels, LANES, QuantRow, QuantTile, SoFar};
use crate::engine::quant::Format;

/// Makes a safe function of a `#[target_feature]` body.
macro_rules! entry {
    ($body:path as $name:ident($($arg:ident: $kind:ty),*) $(-> $out:ty)?) => {
        fn $name($($arg: $kind),*) $(-> $out)? {
            // SAFETY: the table that names this function is handed out by `kernels` or by
            // `dotprod_kernels`, after it has seen that the CPU has what the body needs.
            #[allow(unsafe_code, reason = "the CPU was asked")]
            unsafe { $body($($arg),*) }
        }
    };
}

entry!(rows::quantize as quantize(x: &[f32], row: QuantRow<'_>));
entry!(rows::rms_norm as rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]));
entry!(rows::swiglu as swiglu(gate: &[f32], up: &[f32], out: &mut [f32]));
entry!(rows::gelu as gelu(x: &mut [f32]));
entry!(rows::exponents as exponents(scores: &mut [f32], floor: f32) -> (f32, f32));
entry!(rows::narrow as narrow(from: &[f32], to: &mut [f16]));
entry!(matrix::plain::quantised as quantised(
    format: Format, panels: &[u8], tile: QuantTile<'_>, out: &mut [[f32; LANES]]
));
entry!(matrix::dotprod::quantised as quantised_dotprod(
    format: Format, panels: &[u8], tile: QuantTile<'_>, out: &mut [[f32; LANES]]
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
static DOTPROD: Kernels = Kernels {
    name: "neon-dotprod",
    quantised: quantised_dotprod,
    ..TABLE
};

const TABLE: Kernels = Kernels {
    name: "neon",
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
    // The portable loops: every 64-bit ARM has the vectors that the compiler makes of them.
    encoder: scalar::encoder::KERNELS,
};

/// The table, if this CPU can run it.
pub(super) fn kernels() -> Option<&'static Kernels> {
    is_aarch64_feature_detected!("neon").then_some(&KERNELS)
}

/// The table with dot products, if this CPU can run it.
pub(super) fn dotprod_kernels() -> Option<&'static Kernels> {
    let able = kernels().is_some() && is_aarch64_feature_detected!("dotprod");
    able.then_some(&DOTPROD)
}

// Loads and stores by reference: the length is in the type, so there is nothing to check.

#[target_feature(enable = "neon")]
fn load(from: &[f32; 4]) -> float32x4_t {
    // SAFETY: four floats are read from where four are.
    #[allow(unsafe_code, reason = "SIMD load")]
    unsafe {
        vld1q_f32(from.as_ptr())
    }
}

#[target_feature(enable = "neon")]
fn store(value: float32x4_t, to: &mut [f32; 4]) {
    // SAFETY: four floats are written to where four are.
    #[allow(unsafe_code, reason = "SIMD store")]
    unsafe {
        vst1q_f32(to.as_mut_ptr(), value);
    }
}

#[target_feature(enable = "neon")]
fn load_bytes(from: &[u8; 16]) -> uint8x16_t {
    // SAFETY: 16 bytes are read from where 16 are.
    #[allow(unsafe_code, reason = "SIMD load")]
    unsafe {
        vld1q_u8(from.as_ptr())
    }
}

/// The bits of four halves.
#[target_feature(enable = "neon")]
fn load_bits(from: &[u8; 8]) -> uint16x4_t {
    // SAFETY: eight bytes are read from where eight are; the load need not be aligned.
    #[allow(unsafe_code, reason = "SIMD load")]
    unsafe {
        vld1_u16(from.as_ptr().cast())
    }
}

/// Four halves as floats, by their bits.
#[target_feature(enable = "neon")]
fn widen(bits: uint16x4_t) -> float32x4_t {
    vcvt_f32_f16(vreinterpret_f16_u16(bits))
}

#[target_feature(enable = "neon")]
fn load_halves(from: &[f16; 4]) -> float32x4_t {
    widen(load_bits(bytemuck::cast_ref(from)))
}

/// Four bytes with their signs as floats.
#[target_feature(enable = "neon")]
fn load_codes(from: &[i8; 4]) -> float32x4_t {
    let bytes = u32::from_le_bytes(from.map(i8::cast_unsigned));
    let wide = vmovl_s8(vcreate_s8(u64::from(bytes)));
    vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide)))
}

#[target_feature(enable = "neon")]
fn store_halves(value: float32x4_t, to: &mut [f16; 4]) {
    let bits = vreinterpret_u16_f16(vcvt_f16_f32(value));
    // SAFETY: four halves are written to where four are.
    #[allow(unsafe_code, reason = "SIMD store")]
    unsafe {
        vst1_u16(to.as_mut_ptr().cast(), bits);
    }
}
