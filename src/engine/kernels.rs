//! The kernel table, chosen once by what the CPU can do, and the threads that run it.
//!
//! All unsafe SIMD of the house lies below this file, and none of it knows burn. [`matmul`] and
//! [`attention`] are the two drivers that share work out among threads; the table holds what one
//! thread does with one piece. Every table computes the same: integer sums are equal bit by bit,
//! floats differ by the order of summation only.

pub(crate) mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod bytes;
pub(crate) mod dot;
pub(crate) mod encoder;
pub(crate) mod input;
pub(crate) mod kept;
pub(crate) mod matmul;
#[cfg(target_arch = "aarch64")]
mod neon;
pub(crate) mod pack;
mod panel;
mod parts;
mod plain;
pub(crate) mod probe;
pub(crate) mod remember;
mod scalar;
mod scratch;
pub(crate) mod team;
mod tile;

use std::sync::Arc;

use half::f16;

use super::device::Place;
use super::quant::Format;
use attention::PAGE;
use encoder::EncoderKernels;
use scratch::{Lent, Scratch};
use team::Team;
use tile::{QuantRow, QuantTile};

/// Rows of a packed matrix that lie side by side, one in each lane of a vector (or of several).
pub(crate) const LANES: usize = 16;
/// Tokens that a matrix kernel takes at once, at most; it takes 1, 2, 4 or 8.
pub(crate) const TILE: usize = 8;

/// Panels of a quantised format times the tokens of a tile: `out[panel * tokens + token]` gets the
/// products of the panel's rows.
type QuantKernel = fn(Format, panels: &[u8], tile: QuantTile<'_>, out: &mut [[f32; LANES]]);
/// The same for a dense format, and tokens as they are.
type DenseKernel = fn(Format, panels: &[u8], tokens: &[&[f32]], out: &mut [[f32; LANES]]);
/// The products of up to [`attention::ROWS`] queries, one after the other, with the keys of a page, whose
/// numbers lie lane by lane. Each sum runs from the first lane to the last. Bytes are taken for what
/// they are: who asks multiplies by their scales.
type Scores<T> = fn(queries: &[f32], keys: &[T], out: &mut [[f32; PAGE]]);
/// `out += Σ weights[i] * values[i * stride..]` for the first `count` values of a page, in their
/// order, for up to [`attention::ROWS`] rows of weights, whose outputs follow one another.
type Gather<T> =
    fn(weights: &[[f32; PAGE]], values: &[T], count_and_stride: (usize, usize), out: &mut [f32]);

/// Lets the scores of a page join a softmax that runs along, for up to [`attention::ROWS`] rows:
/// the first `seen[row]` of each row become `exp(score - most)`, the others zero.
type Soften = fn(scores: &mut [[f32; PAGE]], seen: &[usize], so_far: SoFar<'_>);

/// A softmax over the pages so far, row by row (Milakov and Gimelshein 2018, arXiv:1805.02867).
pub(crate) struct SoFar<'a> {
    /// The largest score.
    pub(crate) most: &'a mut [f32],
    /// The sum of all `exp(score - most)`.
    pub(crate) sum: &'a mut [f32],
    /// Out: what was gathered before is to be multiplied by this.
    pub(crate) fade: &'a mut [f32],
}

/// What one thread does with one piece of work.
pub(crate) struct Kernels {
    /// What the table is made for.
    pub(crate) name: &'static str,
    /// A token's activations to int8 with a scale for each block of 32.
    quantize: fn(&[f32], QuantRow<'_>),
    quantised: QuantKernel,
    dense: DenseKernel,
    /// `out = x / rms(x) * weight`, with `eps` under the root.
    pub(crate) rms_norm: fn(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]),
    /// `out = gate * sigmoid(gate) * up`.
    pub(crate) swiglu: fn(gate: &[f32], up: &[f32], out: &mut [f32]),
    /// `x = x * Φ(x)`, Φ the normal distribution's (Hendrycks and Gimpel 2016, arXiv:1606.08415).
    gelu: fn(x: &mut [f32]),
    /// `scores = exp(scores - most)`, where `most` is the largest score or `floor` if that is
    /// larger; returns `most` and the sum.
    pub(crate) exponents: fn(scores: &mut [f32], floor: f32) -> (f32, f32),
    soften: Soften,
    scores_half: Scores<f16>,
    scores_single: Scores<f32>,
    scores_bytes: Scores<i8>,
    gather_half: Gather<f16>,
    gather_single: Gather<f32>,
    gather_bytes: Gather<i8>,
    pub(crate) narrow: fn(&[f32], &mut [f16]),
    /// What encoders need beside.
    pub(crate) encoder: EncoderKernels,
}

/// What computes: threads and the kernels for this CPU, and the place where models lie that answer.
/// A cheap handle.
#[derive(Clone, Debug)]
pub(crate) struct Compute(Arc<Inner>, Place);

struct Inner {
    team: Team,
    kernels: &'static Kernels,
    floats: Scratch<f32>,
    words: Scratch<i32>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {:?}", self.kernels.name, self.team)
    }
}

impl Compute {
    /// A team of `threads` threads, the caller's own among them; 0: one for each core.
    pub(crate) fn new(threads: usize) -> Self {
        Self::with(threads, best())
    }

    fn with(threads: usize, kernels: &'static Kernels) -> Self {
        let inner = Inner {
            team: Team::sized(threads),
            kernels,
            floats: Scratch::default(),
            words: Scratch::default(),
        };
        Self(Arc::new(inner), Place::Cpu)
    }

    /// The same, for models that lie at `place`.
    pub(crate) fn at(&self, place: Place) -> Self {
        Self(self.0.clone(), place)
    }

    /// Where its models lie.
    pub(crate) fn place(&self) -> Place {
        self.1
    }

    /// The threads.
    pub(crate) fn team(&self) -> &Team {
        &self.0.team
    }

    /// Room for `length` numbers, of any value.
    pub(crate) fn floats(&self, length: usize) -> Lent<'_, f32> {
        self.0.floats.lend(length)
    }

    /// Room for `length` integers, of any value.
    fn words(&self, length: usize) -> Lent<'_, i32> {
        self.0.words.lend(length)
    }

    /// The kernels.
    pub(crate) fn kernels(&self) -> &'static Kernels {
        self.0.kernels
    }
}

/// The fastest table that this CPU can run.
fn best() -> &'static Kernels {
    #[cfg(target_arch = "x86_64")]
    let vectors = avx512::kernels().or_else(avx2::kernels);
    #[cfg(target_arch = "aarch64")]
    let vectors = neon::dotprod_kernels().or_else(neon::kernels);
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let vectors = None;
    vectors.unwrap_or(&scalar::KERNELS)
}

/// Normalises each row of `x` (as long as `weight`) into `out`.
pub(crate) fn rms_norm(compute: &Compute, x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    let width = weight.len();
    let kernel = compute.kernels().rms_norm;
    parts::by_rows(compute.team(), out, width, 16, |row, out| {
        kernel(&x[row * width..][..width], weight, eps, out);
    });
}

/// Gates each row: the first half of a row of `x` is the gate, the second what it lets through.
pub(crate) fn swiglu(compute: &Compute, x: &[f32], width: usize, out: &mut [f32]) {
    let kernel = compute.kernels().swiglu;
    parts::by_rows(compute.team(), out, width, 8, |row, out| {
        let (gate, up) = x[row * 2 * width..][..2 * width].split_at(width);
        kernel(gate, up, out);
    });
}

/// Which lanes of a head turn together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pairing {
    /// Lanes `2i` and `2i + 1`: Llama's GGUF files, whose Q and K are permuted for it.
    Neighbours,
    /// Lanes `i` and `i + size / 2`: Hugging Face's order.
    Halves,
}

/// Turns the first `heads` heads of each row of `x`, in place (rotary position embedding, Su et
/// al. 2021, arXiv:2104.09864). Row `t` of `angles` holds the cosines, then the sines, of the
/// `size / 2` angles at that token's position. Panics if `x` and `angles` do not fit together.
pub(crate) fn rotate(x: &mut [f32], heads: usize, angles: &[f32], size: usize, pairing: Pairing) {
    let tokens = angles.len() / size;
    let width = x.len() / tokens;
    assert!(
        heads * size <= width && x.len() == tokens * width,
        "rows of heads"
    );
    for (row, angles) in x.chunks_exact_mut(width).zip(angles.chunks_exact(size)) {
        let (cosines, sines) = angles.split_at(size / 2);
        for head in row.chunks_exact_mut(size).take(heads) {
            rotate_head(head, cosines, sines, pairing);
        }
    }
}

fn rotate_head(head: &mut [f32], cosines: &[f32], sines: &[f32], pairing: Pairing) {
    let turn = |a: &mut f32, b: &mut f32, (cos, sin): (f32, f32)| {
        (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
    };
    let angles = cosines.iter().copied().zip(sines.iter().copied());
    match pairing {
        Pairing::Neighbours => {
            for ([a, b], angle) in head.as_chunks_mut::<2>().0.iter_mut().zip(angles) {
                turn(a, b, angle);
            }
        }
        Pairing::Halves => {
            let (low, high) = head.split_at_mut(cosines.len());
            for ((a, b), angle) in low.iter_mut().zip(high).zip(angles) {
                turn(a, b, angle);
            }
        }
    }
}

#[cfg(test)]
mod tests;
