//! Panels of sixteen rows times one to eight tokens.

use std::arch::x86_64::{
    __m128i, __m256i, __m512, __m512i, _MM_HINT_T0, _mm_loadu_si128, _mm_prefetch,
    _mm256_loadu_si256, _mm512_add_ps, _mm512_and_si512, _mm512_castsi512_ps, _mm512_cvtepi8_epi32,
    _mm512_cvtepi32_ps, _mm512_cvtepu8_epi32, _mm512_cvtepu16_epi32, _mm512_cvtph_ps,
    _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_mask_add_epi8, _mm512_mul_ps, _mm512_or_si512,
    _mm512_set1_epi8, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512,
    _mm512_slli_epi16, _mm512_slli_epi32, _mm512_srli_epi16, _mm512_sub_ps,
};

use super::super::panel::{LINE, Unit, zero};
use super::super::tile::{ZEROS, zero_at};
use super::super::{LANES, QuantTile};
use super::{load_bytes, store};
use crate::engine::quant::Format;

/// How far ahead of use weights are asked for: they are read once and in order.
const AHEAD: usize = 2048;

/// Calls the body with the number of tokens as a constant.
macro_rules! by_count {
    ($tokens:expr, $body:ident($($arg:expr),*)) => {
        match $tokens {
            1 => $body::<1>($($arg),*),
            2 => $body::<2>($($arg),*),
            4 => $body::<4>($($arg),*),
            8 => $body::<8>($($arg),*),
            other => panic!("a tile of {other} tokens"),
        }
    };
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn quantised(
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

#[target_feature(enable = "avx512f")]
pub(super) fn dense(format: Format, panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]) {
    match format {
        Format::F32 => by_count!(tokens.len(), dense_f32(panels, tokens, out)),
        Format::F16 => by_count!(tokens.len(), dense_f16(panels, tokens, out)),
        Format::BF16 => by_count!(tokens.len(), dense_bf16(panels, tokens, out)),
        _ => panic!("quantised weights"),
    }
}

/// Asks for `bytes` that lie [`AHEAD`] of these.
#[target_feature(enable = "sse")]
fn prefetch(from: &[u8], bytes: usize) {
    for line in (0..bytes).step_by(64) {
        // A hint: it cannot fault, wherever it points.
        _mm_prefetch::<_MM_HINT_T0>(from.as_ptr().wrapping_add(AHEAD + line).cast());
    }
}

/// Line `number` of the planes.
#[target_feature(enable = "avx512f")]
fn line(planes: &[u8], number: usize) -> __m512i {
    load_bytes(
        planes[number * LINE..]
            .first_chunk()
            .expect("a plane is longer"),
    )
}

/// Sixteen halves from byte `at` on, as floats.
#[target_feature(enable = "avx512f,avx")]
fn halves(header: &[u8], at: usize) -> __m512 {
    let bytes: &[u8; 32] = header[at..].first_chunk().expect("a header is longer");
    // SAFETY: 32 bytes are read from where 32 are; the load need not be aligned.
    #[allow(unsafe_code, reason = "SIMD load")]
    let halves: __m256i = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
    _mm512_cvtph_ps(halves)
}

/// Sixteen bytes from byte `at` on.
#[target_feature(enable = "sse2")]
fn sixteen(header: &[u8], at: usize) -> __m128i {
    let bytes: &[u8; 16] = header[at..].first_chunk().expect("a header is longer");
    // SAFETY: 16 bytes are read from where 16 are; the load need not be aligned.
    #[allow(unsafe_code, reason = "SIMD load")]
    unsafe {
        _mm_loadu_si128(bytes.as_ptr().cast())
    }
}

/// Codes of four bits: turns 0 to 3 lie in the low halves, 4 to 7 in the high ones.
#[target_feature(enable = "avx512f,avx512bw")]
fn four(planes: &[u8], turn: usize) -> __m512i {
    let both = line(planes, turn % 4);
    let turned = if turn < 4 {
        both
    } else {
        _mm512_srli_epi16::<4>(both)
    };
    _mm512_and_si512(turned, _mm512_set1_epi8(15))
}

/// Codes of five bits.
#[target_feature(enable = "avx512f,avx512bw")]
fn five(planes: &[u8], turn: usize) -> __m512i {
    let bytes = planes[4 * LINE + 8 * turn..].first_chunk();
    let fifth = u64::from_le_bytes(*bytes.expect("a plane is longer"));
    let four = four(planes, turn);
    _mm512_mask_add_epi8(four, fifth, four, _mm512_set1_epi8(16))
}

/// Codes of six bits.
#[target_feature(enable = "avx512f,avx512bw")]
fn six(planes: &[u8], turn: usize) -> __m512i {
    let all = line(planes, 4 + turn / 4);
    let turned = match turn % 4 {
        0 => _mm512_slli_epi16::<4>(all),
        1 => _mm512_slli_epi16::<2>(all),
        2 => all,
        _ => _mm512_srli_epi16::<2>(all),
    };
    let two = _mm512_and_si512(turned, _mm512_set1_epi8(0x30));
    _mm512_or_si512(four(planes, turn), two)
}

/// Codes of eight bits.
#[target_feature(enable = "avx512f")]
fn eight(planes: &[u8], turn: usize) -> __m512i {
    line(planes, turn)
}

/// A scale for each row, for both halves of 32 columns.
#[target_feature(enable = "avx512f,avx")]
fn scale(header: &[u8], _: usize) -> ([__m512; 1], __m512) {
    ([halves(header, 0)], _mm512_setzero_ps())
}

/// A scale and a minimum.
#[target_feature(enable = "avx512f,avx")]
fn scale_and_minimum(header: &[u8], _: usize) -> ([__m512; 1], __m512) {
    ([halves(header, 0)], halves(header, 2 * LANES))
}

/// Scale and minimum of group `block` of eight, in units of the whole.
#[target_feature(enable = "avx512f,avx")]
fn group_of_eight(header: &[u8], block: usize) -> ([__m512; 1], __m512) {
    let byte = |row: usize| {
        let at = 4 * LANES + (row + block) * LANES;
        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(sixteen(header, at)))
    };
    let scale = _mm512_mul_ps(halves(header, 0), byte(0));
    let least = _mm512_mul_ps(halves(header, 2 * LANES), byte(8));
    ([scale], _mm512_sub_ps(_mm512_setzero_ps(), least))
}

/// The scales of two groups of sixteen.
#[target_feature(enable = "avx512f,avx")]
fn groups_of_sixteen(header: &[u8], block: usize) -> ([__m512; 2], __m512) {
    let unit = halves(header, 0);
    let of = |half: usize| {
        let at = 2 * LANES + (2 * block + half) * LANES;
        let bytes = _mm512_cvtepi8_epi32(sixteen(header, at));
        _mm512_mul_ps(unit, _mm512_cvtepi32_ps(bytes))
    };
    ([of(0), of(1)], _mm512_setzero_ps())
}

/// The body for each turn of four columns, written out: those that share a line come together.
macro_rules! each_turn {
    ($turn:ident, $body:block) => {
        each_turn!($turn, $body, 0 4 1 5 2 6 3 7)
    };
    ($turn:ident, $body:block, $($number:literal)*) => {
        $( { let $turn: usize = $number; $body } )*
    };
}

/// A kernel for one quantised format. `$header` gives the scales of each half of 32 columns (or
/// one for both) and the minimum; `$codes` the codes of a turn of four columns, without a sign.
macro_rules! quantised {
    ($name:ident, $format:ident, scales: $scales:literal, minima: $minima:literal,
     $header:ident, $codes:ident) => {
        #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
        fn $name<const N: usize>(panels: &[u8], tile: QuantTile<'_>, out: &mut [[f32; LANES]]) {
            const UNIT: Unit = Unit::of(Format::$format);
            const ZERO: u8 = zero(Format::$format);
            const AT: (usize, u32) = if ZERO == 0 { (0, 0) } else { zero_at(ZERO) };
            const SHIFT: u32 = AT.1;
            let codes = tile.codes.as_chunks::<N>().0.as_chunks::<8>().0;
            let codes = codes.as_chunks::<{ UNIT.blocks }>().0;
            let factors = tile.factors.as_chunks::<N>().0.as_chunks::<2>().0;
            let factors = factors.as_chunks::<{ UNIT.blocks }>().0;
            let zeros = tile.zeros.as_chunks::<N>().0.as_chunks::<ZEROS>().0;
            let zeros = zeros.as_chunks::<{ UNIT.blocks }>().0;
            let panels = panels.chunks_exact(codes.len() * UNIT.bytes());
            for (panel, out) in panels.zip(out.as_chunks_mut::<N>().0) {
                let mut totals = [_mm512_setzero_ps(); N];
                let units = panel.as_chunks::<{ UNIT.bytes() }>().0.iter();
                for (((unit, codes), factors), zeros) in units.zip(codes).zip(factors).zip(zeros) {
                    let (header, planes) = unit.split_at(UNIT.header);
                    let planes = planes.as_chunks::<{ UNIT.block }>().0;
                    for block in 0..UNIT.blocks {
                        let (planes, codes) = (&planes[block], &codes[block]);
                        let share = UNIT.bytes() / UNIT.blocks;
                        prefetch(&unit[block * share..], share);
                        let mut dots = [[_mm512_setzero_si512(); $scales]; N];
                        if ZERO != 0 {
                            for t in 0..N {
                                for h in 0..$scales {
                                    let sum = zeros[block][AT.0 + h][t];
                                    dots[t][h] = _mm512_slli_epi32::<SHIFT>(_mm512_set1_epi32(sum));
                                }
                            }
                        }
                        each_turn!(turn, {
                            let weights = $codes(planes, turn);
                            for t in 0..N {
                                let four = _mm512_set1_epi32(codes[turn][t]);
                                let dot = &mut dots[t][turn / 4 * ($scales - 1)];
                                *dot = _mm512_dpbusd_epi32(*dot, weights, four);
                            }
                        });
                        let (scales, least) = $header(header, block);
                        let [by, sums] = &factors[block];
                        for t in 0..N {
                            for h in 0..$scales {
                                let scale = _mm512_mul_ps(scales[h], _mm512_set1_ps(by[t]));
                                let dot = _mm512_cvtepi32_ps(dots[t][h]);
                                totals[t] = _mm512_fmadd_ps(dot, scale, totals[t]);
                            }
                            if $minima {
                                let sum = _mm512_set1_ps(sums[t]);
                                totals[t] = _mm512_fmadd_ps(least, sum, totals[t]);
                            }
                        }
                    }
                }
                for (total, out) in totals.into_iter().zip(out) {
                    store(total, out);
                }
            }
        }
    };
}

quantised!(q8_0, Q8_0, scales: 1, minima: false, scale, eight);
quantised!(q4_0, Q4_0, scales: 1, minima: false, scale, four);
quantised!(q5_0, Q5_0, scales: 1, minima: false, scale, five);
quantised!(q4_1, Q4_1, scales: 1, minima: true, scale_and_minimum, four);
quantised!(q5_1, Q5_1, scales: 1, minima: true, scale_and_minimum, five);
quantised!(q4_k, Q4_K, scales: 1, minima: true, group_of_eight, four);
quantised!(q5_k, Q5_K, scales: 1, minima: true, group_of_eight, five);
quantised!(q6_k, Q6_K, scales: 2, minima: false, groups_of_sixteen, six);

/// A dense kernel: `$load` makes sixteen floats of the `$bytes` of a column. Two columns go to
/// sums of their own, so that no addition waits for the one before.
macro_rules! dense {
    ($name:ident, $bytes:literal, $load:expr) => {
        #[target_feature(enable = "avx512f,avx")]
        fn $name<const N: usize>(panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]) {
            let columns = tokens[0].len();
            let tokens: [&[f32]; N] = std::array::from_fn(|t| &tokens[t][..columns]);
            let panels = panels.chunks_exact(columns * $bytes);
            for (panel, out) in panels.zip(out.as_chunks_mut::<N>().0) {
                let mut totals = [[_mm512_setzero_ps(); 2]; N];
                for (column, bytes) in panel.as_chunks::<$bytes>().0.iter().enumerate() {
                    prefetch(bytes, $bytes);
                    let weights = $load(bytes);
                    for t in 0..N {
                        let x = _mm512_set1_ps(tokens[t][column]);
                        let total = &mut totals[t][column % 2];
                        *total = _mm512_fmadd_ps(weights, x, *total);
                    }
                }
                for ([even, odd], out) in totals.into_iter().zip(out) {
                    store(_mm512_add_ps(even, odd), out);
                }
            }
        }
    };
}

dense!(dense_f32, 64, |column| _mm512_castsi512_ps(load_bytes(
    column
)));
dense!(dense_f16, 32, |column: &[u8; 32]| halves(column, 0));
dense!(dense_bf16, 32, |column: &[u8; 32]| {
    // SAFETY: 32 bytes are read from where 32 are; the load need not be aligned.
    #[allow(unsafe_code, reason = "SIMD load")]
    let upper = unsafe { _mm256_loadu_si256(column.as_ptr().cast()) };
    _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(upper)))
});
