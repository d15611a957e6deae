//! Panels of sixteen rows times one to eight tokens. A line of a panel is two vectors.

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _MM_HINT_T0, _mm_loadl_epi64, _mm_prefetch, _mm256_abs_epi8,
    _mm256_add_epi32, _mm256_add_ps, _mm256_and_si256, _mm256_andnot_si256, _mm256_castsi256_ps,
    _mm256_cmpeq_epi8, _mm256_cvtepi8_epi32, _mm256_cvtepi32_ps, _mm256_cvtepu8_epi32,
    _mm256_cvtepu16_epi32, _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_or_si256, _mm256_set1_epi8, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_set1_ps, _mm256_setr_epi8, _mm256_setzero_ps,
    _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_sign_epi8, _mm256_slli_epi16,
    _mm256_slli_epi32, _mm256_srli_epi16, _mm256_sub_ps, _mm256_xor_si256,
};

use super::super::panel::{LINE, Unit, zero};
use super::super::tile::{ZEROS, zero_at};
use super::super::{LANES, QuantTile};
use super::{load_bytes, load_halves, store};
use crate::engine::quant::Format;

/// How far ahead of use weights are asked for: they are read once and in order.
const AHEAD: usize = 2048;
/// Vectors that a row's results are spread over.
const SIDES: usize = LANES / 8;
/// Bytes of a vector.
const WIDE: usize = LINE / SIDES;

/// Calls the body with the number of tokens as a constant; eight go as two times four, for there
/// are sixteen registers.
macro_rules! by_count {
    ($tokens:expr, $body:ident($($arg:expr),*)) => {
        match $tokens {
            1 => $body::<1, 1>($($arg),*),
            2 => $body::<2, 2>($($arg),*),
            4 => $body::<4, 4>($($arg),*),
            8 => $body::<8, 4>($($arg),*),
            other => panic!("a tile of {other} tokens"),
        }
    };
}

#[target_feature(enable = "avx2,fma,f16c")]
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

#[target_feature(enable = "avx2,fma,f16c")]
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

/// One side of line `number` of the planes.
#[target_feature(enable = "avx2")]
fn line(planes: &[u8], number: usize, side: usize) -> __m256i {
    let bytes = planes[number * LINE + side * WIDE..].first_chunk();
    load_bytes(bytes.expect("a plane is longer"))
}

/// Eight halves of row `row` of sixteen, as floats.
#[target_feature(enable = "avx2,f16c")]
fn halves(header: &[u8], row: usize, side: usize) -> __m256 {
    let bytes = header[2 * (row * LANES + side * 8)..].first_chunk();
    _mm256_cvtph_ps(load_halves(bytes.expect("a header is longer")))
}

/// Eight bytes from byte `at` on, in the lower half of a vector.
#[target_feature(enable = "sse2")]
fn eight_bytes(header: &[u8], at: usize) -> __m128i {
    let bytes: &[u8; 8] = header[at..].first_chunk().expect("a header is longer");
    // SAFETY: eight bytes are read from where eight are; the load need not be aligned.
    #[allow(unsafe_code, reason = "SIMD load")]
    unsafe {
        _mm_loadl_epi64(bytes.as_ptr().cast())
    }
}

/// Codes of four bits: turns 0 to 3 lie in the low halves, 4 to 7 in the high ones.
#[target_feature(enable = "avx2")]
fn four(planes: &[u8], turn: usize, side: usize) -> __m256i {
    let both = line(planes, turn % 4, side);
    let turned = if turn < 4 {
        both
    } else {
        _mm256_srli_epi16::<4>(both)
    };
    _mm256_and_si256(turned, _mm256_set1_epi8(15))
}

/// Codes of five bits.
#[target_feature(enable = "avx2")]
fn five(planes: &[u8], turn: usize, side: usize) -> __m256i {
    let bytes: &[u8; 4] = planes[4 * LINE + 8 * turn + 4 * side..]
        .first_chunk()
        .expect("a plane is longer");
    // Byte `i` of the vector gets the byte that holds bit `i`, then all others are masked out.
    let word = _mm256_set1_epi32(i32::from_le_bytes(*bytes));
    let spread = _mm256_setr_epi8(
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3,
        3, 3,
    );
    #[allow(clippy::cast_possible_wrap, reason = "a bit pattern")]
    let bit = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64 as i64);
    let missing = _mm256_andnot_si256(_mm256_shuffle_epi8(word, spread), bit);
    let set = _mm256_cmpeq_epi8(missing, _mm256_setzero_si256());
    let fifth = _mm256_and_si256(set, _mm256_set1_epi8(16));
    _mm256_or_si256(four(planes, turn, side), fifth)
}

/// Codes of six bits.
#[target_feature(enable = "avx2")]
fn six(planes: &[u8], turn: usize, side: usize) -> __m256i {
    let all = line(planes, 4 + turn / 4, side);
    let turned = match turn % 4 {
        0 => _mm256_slli_epi16::<4>(all),
        1 => _mm256_slli_epi16::<2>(all),
        2 => all,
        _ => _mm256_srli_epi16::<2>(all),
    };
    let two = _mm256_and_si256(turned, _mm256_set1_epi8(0x30));
    _mm256_or_si256(four(planes, turn, side), two)
}

/// Codes of eight bits, made signed.
#[target_feature(enable = "avx2")]
fn eight(planes: &[u8], turn: usize, side: usize) -> __m256i {
    _mm256_xor_si256(line(planes, turn, side), _mm256_set1_epi8(i8::MIN))
}

/// Products of codes of at most six bits, without a sign: two of them fit 16 bits.
#[target_feature(enable = "avx2")]
fn times_unsigned(codes: __m256i, four: __m256i) -> __m256i {
    let pairs = _mm256_maddubs_epi16(codes, four);
    _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
}

/// Products of signed codes. The instruction multiplies unsigned by signed bytes: the weight's
/// sign goes over to the activation. Pairs of products stay within 16 bits as activations are
/// never -128: 2 * 128 * 127 is below 2^15.
#[target_feature(enable = "avx2")]
pub(super) fn times_signed(codes: __m256i, four: __m256i) -> __m256i {
    let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(four, codes));
    _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
}

/// A scale for each row, for both halves of 32 columns.
#[target_feature(enable = "avx2,f16c")]
fn scale(header: &[u8], _: usize, side: usize) -> ([__m256; 1], __m256) {
    ([halves(header, 0, side)], _mm256_setzero_ps())
}

/// A scale and a minimum.
#[target_feature(enable = "avx2,f16c")]
fn scale_and_minimum(header: &[u8], _: usize, side: usize) -> ([__m256; 1], __m256) {
    ([halves(header, 0, side)], halves(header, 1, side))
}

/// Scale and minimum of group `block` of eight, in units of the whole.
#[target_feature(enable = "avx2,f16c")]
fn group_of_eight(header: &[u8], block: usize, side: usize) -> ([__m256; 1], __m256) {
    let byte = |row: usize| {
        let at = 4 * LANES + (row + block) * LANES + 8 * side;
        _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(eight_bytes(header, at)))
    };
    let scale = _mm256_mul_ps(halves(header, 0, side), byte(0));
    let least = _mm256_mul_ps(halves(header, 1, side), byte(8));
    ([scale], _mm256_sub_ps(_mm256_setzero_ps(), least))
}

/// The scales of two groups of sixteen.
#[target_feature(enable = "avx2,f16c")]
fn groups_of_sixteen(header: &[u8], block: usize, side: usize) -> ([__m256; 2], __m256) {
    let unit = halves(header, 0, side);
    let of = |half: usize| {
        let at = 2 * LANES + (2 * block + half) * LANES + 8 * side;
        let bytes = _mm256_cvtepi8_epi32(eight_bytes(header, at));
        _mm256_mul_ps(unit, _mm256_cvtepi32_ps(bytes))
    };
    ([of(0), of(1)], _mm256_setzero_ps())
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

/// A kernel for one quantised format; `N` tokens, `M` of them at a time. `$header` gives the
/// scales of each half of 32 columns (or one for both) and the minimum; `$codes` the codes of a
/// turn of four columns, from which `zero` is still to be taken, `$times` their products.
macro_rules! quantised {
    ($name:ident, $format:ident, zero: $zero:expr, scales: $scales:literal, minima: $minima:literal,
     $header:ident, $codes:ident, $times:ident) => {
        #[target_feature(enable = "avx2,fma,f16c")]
        fn $name<const N: usize, const M: usize>(
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
                for (first, side) in (0..N)
                    .step_by(M)
                    .flat_map(|t| (0..SIDES).map(move |s| (t, s)))
                {
                    let mut totals = [_mm256_setzero_ps(); M];
                    let units = panel.as_chunks::<{ UNIT.bytes() }>().0.iter();
                    for (((unit, codes), factors), zeros) in
                        units.zip(codes).zip(factors).zip(zeros)
                    {
                        let (header, planes) = unit.split_at(UNIT.header);
                        let planes = planes.as_chunks::<{ UNIT.block }>().0;
                        for block in 0..UNIT.blocks {
                            let (planes, codes) = (&planes[block], &codes[block]);
                            if side == 0 {
                                let share = UNIT.bytes() / UNIT.blocks;
                                prefetch(&unit[block * share..], share);
                            }
                            let mut dots = [[_mm256_setzero_si256(); $scales]; M];
                            if ZERO != 0 {
                                for t in 0..M {
                                    for h in 0..$scales {
                                        let sum = zeros[block][AT.0 + h][first + t];
                                        dots[t][h] =
                                            _mm256_slli_epi32::<SHIFT>(_mm256_set1_epi32(sum));
                                    }
                                }
                            }
                            each_turn!(turn, {
                                let weights = $codes(planes, turn, side);
                                for t in 0..M {
                                    let four = _mm256_set1_epi32(codes[turn][first + t]);
                                    let dot = &mut dots[t][turn / 4 * ($scales - 1)];
                                    *dot = _mm256_add_epi32(*dot, $times(weights, four));
                                }
                            });
                            let (scales, least) = $header(header, block, side);
                            let [by, sums] = &factors[block];
                            for t in 0..M {
                                for h in 0..$scales {
                                    let by = _mm256_set1_ps(by[first + t]);
                                    let dot = _mm256_cvtepi32_ps(dots[t][h]);
                                    let scale = _mm256_mul_ps(scales[h], by);
                                    totals[t] = _mm256_fmadd_ps(dot, scale, totals[t]);
                                }
                                if $minima {
                                    let sum = _mm256_set1_ps(sums[first + t]);
                                    totals[t] = _mm256_fmadd_ps(least, sum, totals[t]);
                                }
                            }
                        }
                    }
                    for (total, out) in totals.into_iter().zip(&mut out[first..]) {
                        store(total, &mut out.as_chunks_mut::<8>().0[side]);
                    }
                }
            }
        }
    };
}

quantised!(q8_0, Q8_0, zero: 0, scales: 1, minima: false, scale, eight, times_signed);
quantised!(q4_0, Q4_0, zero: zero(Format::Q4_0), scales: 1, minima: false, scale, four, times_unsigned);
quantised!(q5_0, Q5_0, zero: zero(Format::Q5_0), scales: 1, minima: false, scale, five, times_unsigned);
quantised!(q4_1, Q4_1, zero: 0, scales: 1, minima: true, scale_and_minimum, four, times_unsigned);
quantised!(q5_1, Q5_1, zero: 0, scales: 1, minima: true, scale_and_minimum, five, times_unsigned);
quantised!(q4_k, Q4_K, zero: 0, scales: 1, minima: true, group_of_eight, four, times_unsigned);
quantised!(q5_k, Q5_K, zero: 0, scales: 1, minima: true, group_of_eight, five, times_unsigned);
quantised!(q6_k, Q6_K, zero: zero(Format::Q6_K), scales: 2, minima: false, groups_of_sixteen, six, times_unsigned);

/// A dense kernel: `$load` makes eight floats of a side of a column. Two columns go to sums of
/// their own, so that no addition waits for the one before.
macro_rules! dense {
    ($name:ident, $bytes:literal, $load:expr) => {
        #[target_feature(enable = "avx2,fma,f16c")]
        fn $name<const N: usize, const M: usize>(
            panels: &[u8],
            tokens: &[&[f32]],
            out: &mut [[f32; LANES]],
        ) {
            let columns = tokens[0].len();
            let tokens: [&[f32]; N] = std::array::from_fn(|t| &tokens[t][..columns]);
            let panels = panels.chunks_exact(columns * $bytes * SIDES);
            for (panel, out) in panels.zip(out.as_chunks_mut::<N>().0) {
                for (first, side) in (0..N)
                    .step_by(M)
                    .flat_map(|t| (0..SIDES).map(move |s| (t, s)))
                {
                    let mut totals = [[_mm256_setzero_ps(); 2]; M];
                    let sides = panel.as_chunks::<$bytes>().0.as_chunks::<SIDES>().0;
                    for (column, sides) in sides.iter().enumerate() {
                        prefetch(&sides[side], $bytes);
                        let weights = $load(&sides[side]);
                        for t in 0..M {
                            let x = _mm256_set1_ps(tokens[first + t][column]);
                            let total = &mut totals[t][column % 2];
                            *total = _mm256_fmadd_ps(weights, x, *total);
                        }
                    }
                    for ([even, odd], out) in totals.into_iter().zip(&mut out[first..]) {
                        store(
                            _mm256_add_ps(even, odd),
                            &mut out.as_chunks_mut::<8>().0[side],
                        );
                    }
                }
            }
        }
    };
}

dense!(dense_f32, 32, |side| _mm256_castsi256_ps(load_bytes(side)));
dense!(dense_f16, 16, |side| _mm256_cvtph_ps(load_halves(side)));
dense!(dense_bf16, 16, |side| {
    let upper = _mm256_cvtepu16_epi32(load_halves(side));
    _mm256_castsi256_ps(_mm256_slli_epi32::<16>(upper))
});
