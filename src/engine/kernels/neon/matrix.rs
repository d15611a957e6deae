//! Panels of sixteen rows times one to eight tokens. A line of a panel is four vectors of four
//! rows, and the 32 registers hold the sums of eight vectors: four for each of at most two tokens,
//! two for each of four, one for each of eight.

use std::arch::aarch64::{
    float32x4_t, int8x16_t, int32x4_t, uint8x16_t, vaddq_f32, vandq_u8, vcombine_s32, vcombine_u8,
    vcvtq_f32_s32, vcvtq_f32_u32, vdup_n_u8, vdup_n_u32, vdupq_laneq_s32, vdupq_n_f32, vdupq_n_s32,
    vdupq_n_u8, veorq_u8, vfmaq_f32, vfmaq_n_f32, vget_low_s8, vget_low_s16, vget_low_u16,
    vld1_s32, vld1q_s32, vmovl_s8, vmovl_s16, vmovl_u8, vmovl_u16, vmull_high_s8, vmull_s8,
    vmulq_f32, vmulq_n_f32, vnegq_f32, vorrq_u8, vpadalq_s16, vpaddq_s16, vreinterpret_s8_u32,
    vreinterpret_u8_u32, vreinterpretq_f32_u8, vreinterpretq_f32_u32, vreinterpretq_s8_s32,
    vreinterpretq_s8_u8, vshll_n_u16, vshlq_n_s32, vshlq_n_u8, vshrq_n_u8, vtstq_u8,
};
use std::arch::asm;

use super::super::panel::{LINE, Unit, zero};
use super::super::tile::{ZEROS, zero_at};
use super::super::{LANES, QuantTile};
use super::{load_bits, load_bytes, store, widen};
use crate::engine::quant::Format;

/// Vectors that a line is.
const VECTORS: usize = LANES / 4;
/// Bytes of a vector.
const WIDE: usize = LINE / VECTORS;

/// Calls the body with the number of tokens as a constant, and of the vectors it takes at a time.
macro_rules! by_count {
    ($tokens:expr, $body:ident($($arg:expr),*)) => {
        match $tokens {
            1 => $body::<1, 4>($($arg),*),
            2 => $body::<2, 4>($($arg),*),
            4 => $body::<4, 2>($($arg),*),
            8 => $body::<8, 1>($($arg),*),
            other => panic!("a tile of {other} tokens"),
        }
    };
}

#[target_feature(enable = "neon")]
pub(super) fn dense(format: Format, panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]) {
    match format {
        Format::F32 => by_count!(tokens.len(), dense_f32(panels, tokens, out)),
        Format::F16 => by_count!(tokens.len(), dense_f16(panels, tokens, out)),
        Format::BF16 => by_count!(tokens.len(), dense_bf16(panels, tokens, out)),
        _ => panic!("quantised weights"),
    }
}

/// Adds to each lane the product of its four weights with the four codes of word `TOKEN`.
///
/// Pairs of products stay within 16 bits: codes of activations are never -128, and 2 * 128 * 127
/// is below 2^15.
#[target_feature(enable = "neon")]
fn products<const TOKEN: i32>(sums: int32x4_t, weights: int8x16_t, words: int32x4_t) -> int32x4_t {
    let codes = vreinterpretq_s8_s32(vdupq_laneq_s32::<TOKEN>(words));
    let low = vmull_s8(vget_low_s8(weights), vget_low_s8(codes));
    vpadalq_s16(sums, vpaddq_s16(low, vmull_high_s8(weights, codes)))
}

/// The same in one instruction, whose intrinsic (`vdotq_laneq_s32`) is not stable yet.
#[target_feature(enable = "neon,dotprod")]
fn dot_products<const TOKEN: i32>(
    mut sums: int32x4_t,
    weights: int8x16_t,
    words: int32x4_t,
) -> int32x4_t {
    // SAFETY: it touches nothing but its registers, and the CPU has it, as the attribute demands.
    #[allow(unsafe_code, reason = "an instruction without a stable intrinsic")]
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {weights:v}.16b, {words:v}.4b[{token}]",
            sums = inout(vreg) sums,
            weights = in(vreg) weights,
            words = in(vreg) words,
            token = const TOKEN,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    sums
}

/// The words of up to four tokens from `first` on.
#[target_feature(enable = "neon")]
fn words(tokens: &[i32], first: usize) -> int32x4_t {
    match tokens {
        [one] => vdupq_n_s32(*one),
        [_, _] => {
            // SAFETY: two words are read from where two are.
            #[allow(unsafe_code, reason = "SIMD load")]
            let two = unsafe { vld1_s32(tokens.as_ptr()) };
            vcombine_s32(two, two)
        }
        _ => {
            let four: &[i32; 4] = tokens[first..].first_chunk().expect("four tokens");
            // SAFETY: four words are read from where four are.
            #[allow(unsafe_code, reason = "SIMD load")]
            unsafe {
                vld1q_s32(four.as_ptr())
            }
        }
    }
}

/// Vector `at` of line `number` of the planes.
#[target_feature(enable = "neon")]
fn line(planes: &[u8], number: usize, at: usize) -> uint8x16_t {
    let bytes = planes[number * LINE + at * WIDE..].first_chunk();
    load_bytes(bytes.expect("a plane is longer"))
}

/// Codes of four bits: turns 0 to 3 lie in the low halves, 4 to 7 in the high ones.
#[target_feature(enable = "neon")]
fn four(planes: &[u8], turn: usize, at: usize) -> uint8x16_t {
    let both = line(planes, turn % 4, at);
    if turn < 4 {
        vandq_u8(both, vdupq_n_u8(15))
    } else {
        vshrq_n_u8::<4>(both)
    }
}

/// Codes of five bits.
#[target_feature(enable = "neon")]
fn five(planes: &[u8], turn: usize, at: usize) -> uint8x16_t {
    let bits = &planes[4 * LINE + 8 * turn + 2 * at..][..2];
    // Each byte of the vector gets the byte that holds its bit, of which the others are masked out.
    let spread = vcombine_u8(vdup_n_u8(bits[0]), vdup_n_u8(bits[1]));
    let set = vtstq_u8(spread, load_bytes(&BITS));
    let fifth = vandq_u8(set, vdupq_n_u8(16));
    vorrq_u8(four(planes, turn, at), fifth)
}

static BITS: [u8; WIDE] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

/// Codes of six bits.
#[target_feature(enable = "neon")]
fn six(planes: &[u8], turn: usize, at: usize) -> uint8x16_t {
    let all = line(planes, 4 + turn / 4, at);
    let turned = match turn % 4 {
        0 => vshlq_n_u8::<4>(all),
        1 => vshlq_n_u8::<2>(all),
        2 => all,
        _ => vshrq_n_u8::<2>(all),
    };
    let two = vandq_u8(turned, vdupq_n_u8(0x30));
    vorrq_u8(four(planes, turn, at), two)
}

/// Codes of eight bits, made signed.
#[target_feature(enable = "neon")]
fn eight(planes: &[u8], turn: usize, at: usize) -> uint8x16_t {
    veorq_u8(line(planes, turn, at), vdupq_n_u8(0x80))
}

/// The four halves of vector `at` of row `row` of sixteen, as floats.
#[target_feature(enable = "neon")]
fn halves(header: &[u8], row: usize, at: usize) -> float32x4_t {
    let bytes = header[2 * (row * LANES + at * 4)..].first_chunk();
    widen(load_bits(bytes.expect("a header is longer")))
}

/// Four bytes from byte `at` on, the first the lowest.
fn four_bytes(header: &[u8], at: usize) -> u32 {
    let bytes = header[at..].first_chunk();
    u32::from_le_bytes(*bytes.expect("a header is longer"))
}

/// A scale for each row, for both halves of 32 columns.
#[target_feature(enable = "neon")]
fn scale(header: &[u8], _: usize, at: usize) -> ([float32x4_t; 1], float32x4_t) {
    ([halves(header, 0, at)], vdupq_n_f32(0.0))
}

/// A scale and a minimum.
#[target_feature(enable = "neon")]
fn scale_and_minimum(header: &[u8], _: usize, at: usize) -> ([float32x4_t; 1], float32x4_t) {
    ([halves(header, 0, at)], halves(header, 1, at))
}

/// Scale and minimum of group `block` of eight, in units of the whole.
#[target_feature(enable = "neon")]
fn group_of_eight(header: &[u8], block: usize, at: usize) -> ([float32x4_t; 1], float32x4_t) {
    let byte = |row: usize| {
        let four = four_bytes(header, 4 * LANES + (row + block) * LANES + 4 * at);
        let wide = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(four)));
        vcvtq_f32_u32(vmovl_u16(vget_low_u16(wide)))
    };
    let scale = vmulq_f32(halves(header, 0, at), byte(0));
    let least = vmulq_f32(halves(header, 1, at), byte(8));
    ([scale], vnegq_f32(least))
}

/// The scales of two groups of sixteen.
#[target_feature(enable = "neon")]
fn groups_of_sixteen(header: &[u8], block: usize, at: usize) -> ([float32x4_t; 2], float32x4_t) {
    let unit = halves(header, 0, at);
    let of = |half: usize| {
        let four = four_bytes(header, 2 * LANES + (2 * block + half) * LANES + 4 * at);
        let wide = vmovl_s8(vreinterpret_s8_u32(vdup_n_u32(four)));
        vmulq_f32(unit, vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide))))
    };
    ([of(0), of(1)], vdupq_n_f32(0.0))
}

/// The body for each of some numbers, written out.
macro_rules! each {
    ($name:ident: $kind:ty, $($number:literal)*, $body:block) => {
        $( { const $name: $kind = $number; $body } )*
    };
}

/// A kernel for one quantised format; `N` tokens and `W` vectors of rows at a time. `$header`
/// gives the scales of each half of 32 columns (or one for both) and the minimum; `$codes` the
/// codes of a turn of four columns, from which `zero` is still to be taken, `$times` adds their
/// products.
macro_rules! quantised {
    ($name:ident, $features:literal, $times:ident, $format:ident, zero: $zero:expr,
     scales: $scales:literal, minima: $minima:literal, $header:ident, $codes:ident) => {
        #[target_feature(enable = $features)]
        fn $name<const N: usize, const W: usize>(
            panels: &[u8],
            tile: QuantTile<'_>,
            out: &mut [[f32; LANES]],
        ) {
            const UNIT: Unit = Unit::of(Format::$format);
            const ZERO: u8 = $zero;
            const AT: (usize, u32) = if ZERO == 0 { (0, 0) } else { zero_at(ZERO) };
            const SHIFT: i32 = AT.1.cast_signed();
            let codes = tile.codes.as_chunks::<N>().0.as_chunks::<8>().0;
            let codes = codes.as_chunks::<{ UNIT.blocks }>().0;
            let factors = tile.factors.as_chunks::<N>().0.as_chunks::<2>().0;
            let factors = factors.as_chunks::<{ UNIT.blocks }>().0;
            let zeros = tile.zeros.as_chunks::<N>().0.as_chunks::<ZEROS>().0;
            let zeros = zeros.as_chunks::<{ UNIT.blocks }>().0;
            let panels = panels.chunks_exact(codes.len() * UNIT.bytes());
            for (panel, out) in panels.zip(out.as_chunks_mut::<N>().0) {
                for at in (0..VECTORS).step_by(W) {
                    let mut totals = [[vdupq_n_f32(0.0); W]; N];
                    let units = panel.as_chunks::<{ UNIT.bytes() }>().0.iter();
                    for (((unit, codes), factors), zeros) in
                        units.zip(codes).zip(factors).zip(zeros)
                    {
                        let (header, planes) = unit.split_at(UNIT.header);
                        let planes = planes.as_chunks::<{ UNIT.block }>().0;
                        for block in 0..UNIT.blocks {
                            let (planes, codes) = (&planes[block], &codes[block]);
                            let mut dots = [[[vdupq_n_s32(0); $scales]; W]; N];
                            if ZERO != 0 {
                                for t in 0..N {
                                    for h in 0..$scales {
                                        let sum = vdupq_n_s32(zeros[block][AT.0 + h][t]);
                                        let sum = vshlq_n_s32::<SHIFT>(sum);
                                        dots[t].iter_mut().for_each(|dot| dot[h] = sum);
                                    }
                                }
                            }
                            // Turns that share a line come together.
                            each!(TURN: usize, 0 4 1 5 2 6 3 7, {
                                let weights: [int8x16_t; W] = std::array::from_fn(|w| {
                                    vreinterpretq_s8_u8($codes(planes, TURN, at + w))
                                });
                                for first in (0..N).step_by(4) {
                                    let words = words(&codes[TURN], first);
                                    each!(TOKEN: usize, 0 1 2 3, {
                                        if TOKEN < N {
                                            let dots = &mut dots[first + TOKEN];
                                            for w in 0..W {
                                                let dot = &mut dots[w][TURN / 4 * ($scales - 1)];
                                                *dot = $times::<{ TOKEN as i32 }>(*dot, weights[w], words);
                                            }
                                        }
                                    });
                                }
                            });
                            let [by, sums] = &factors[block];
                            for w in 0..W {
                                let (scales, least) = $header(header, block, at + w);
                                for t in 0..N {
                                    let total = &mut totals[t][w];
                                    for h in 0..$scales {
                                        let scale = vmulq_n_f32(scales[h], by[t]);
                                        let dot = vcvtq_f32_s32(dots[t][w][h]);
                                        *total = vfmaq_f32(*total, dot, scale);
                                    }
                                    if $minima {
                                        *total = vfmaq_n_f32(*total, least, sums[t]);
                                    }
                                }
                            }
                        }
                    }
                    for (totals, out) in totals.into_iter().zip(out.iter_mut()) {
                        let parts = out.as_chunks_mut::<4>().0[at..].iter_mut();
                        totals.into_iter().zip(parts).for_each(|(t, out)| store(t, out));
                    }
                }
            }
        }
    };
}

/// The kernels of all quantised formats whose products `$times` adds.
macro_rules! formats {
    ($name:ident, $features:literal, $times:ident) => {
        pub(super) mod $name {
            use super::*;

            #[target_feature(enable = $features)]
            pub(in super::super) fn quantised(
                format: Format,
                panels: &[u8],
                tile: QuantTile<'_>,
                out: &mut [[f32; LANES]],
            ) {
                match format {
                    Format::Q8_0 => by_count!(tile.tokens, q8_0(panels, tile, out)),
                    Format::Q4_0 => by_count!(tile.tokens, q4_0(panels, tile, out)),
                    Format::Q4_1 => by_count!(tile.tokens, q4_1(panels, tile, out)),
                    Format::Q5_0 => by_count!(tile.tokens, q5_0(panels, tile, out)),
                    Format::Q5_1 => by_count!(tile.tokens, q5_1(panels, tile, out)),
                    Format::Q4_K => by_count!(tile.tokens, q4_k(panels, tile, out)),
                    Format::Q5_K => by_count!(tile.tokens, q5_k(panels, tile, out)),
                    Format::Q6_K => by_count!(tile.tokens, q6_k(panels, tile, out)),
                    Format::F32 | Format::F16 | Format::BF16 => panic!("dense weights"),
                }
            }

            quantised!(q8_0, $features, $times, Q8_0, zero: 0, scales: 1, minima: false, scale, eight);
            quantised!(q4_0, $features, $times, Q4_0, zero: zero(Format::Q4_0), scales: 1, minima: false, scale, four);
            quantised!(q5_0, $features, $times, Q5_0, zero: zero(Format::Q5_0), scales: 1, minima: false, scale, five);
            quantised!(q4_1, $features, $times, Q4_1, zero: 0, scales: 1, minima: true, scale_and_minimum, four);
            quantised!(q5_1, $features, $times, Q5_1, zero: 0, scales: 1, minima: true, scale_and_minimum, five);
            quantised!(q4_k, $features, $times, Q4_K, zero: 0, scales: 1, minima: true, group_of_eight, four);
            quantised!(q5_k, $features, $times, Q5_K, zero: 0, scales: 1, minima: true, group_of_eight, five);
            quantised!(q6_k, $features, $times, Q6_K, zero: zero(Format::Q6_K), scales: 2, minima: false, groups_of_sixteen, six);
        }
    };
}

formats!(plain, "neon", products);
formats!(dotprod, "neon,dotprod", dot_products);

/// A dense kernel: `$load` makes four floats of the `$bytes` of a vector. Two columns go to sums of
/// their own, so that no addition waits for the one before.
macro_rules! dense {
    ($name:ident, $bytes:literal, $load:expr) => {
        #[target_feature(enable = "neon")]
        fn $name<const N: usize, const W: usize>(
            panels: &[u8],
            tokens: &[&[f32]],
            out: &mut [[f32; LANES]],
        ) {
            let columns = tokens[0].len();
            let tokens: [&[f32]; N] = std::array::from_fn(|t| &tokens[t][..columns]);
            let panels = panels.chunks_exact(columns * $bytes * VECTORS);
            for (panel, out) in panels.zip(out.as_chunks_mut::<N>().0) {
                for at in (0..VECTORS).step_by(W) {
                    let mut totals = [[[vdupq_n_f32(0.0); 2]; W]; N];
                    let lines = panel.as_chunks::<$bytes>().0.as_chunks::<VECTORS>().0;
                    for (column, line) in lines.iter().enumerate() {
                        let weights: [float32x4_t; W] =
                            std::array::from_fn(|w| $load(&line[at + w]));
                        for t in 0..N {
                            for w in 0..W {
                                let total = &mut totals[t][w][column % 2];
                                *total = vfmaq_n_f32(*total, weights[w], tokens[t][column]);
                            }
                        }
                    }
                    for (totals, out) in totals.into_iter().zip(out.iter_mut()) {
                        let parts = out.as_chunks_mut::<4>().0[at..].iter_mut();
                        for ([even, odd], out) in totals.into_iter().zip(parts) {
                            store(vaddq_f32(even, odd), out);
                        }
                    }
                }
            }
        }
    };
}

dense!(dense_f32, 16, |four| vreinterpretq_f32_u8(load_bytes(four)));
dense!(dense_f16, 8, |four| widen(load_bits(four)));
dense!(dense_bf16, 8, |four| vreinterpretq_f32_u32(
    vshll_n_u16::<16>(load_bits(four))
));
