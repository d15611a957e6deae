//! A whole layer of an encoder (Devlin et al. 2018, arXiv:1810.04805), shared out among the team.
//!
//! Texts lie one below the other without padding. Three steps follow each other: queries, keys and
//! values of blocks of rows; attention of each text under each head; the rest of the layer, again
//! by blocks of rows, each of which stays in the caches of one core from the attention's output
//! matrix to the last norm. A row's numbers depend on its own text alone, bit for bit.

use std::cell::RefCell;
use std::ops::Range;

use super::attention::PAGE;
use super::bytes::{self, Out, Rounded, Tile, Tiles};
use super::parts::{Parts, by_rows};
use super::{Compute, Kernels, LANES, TILE, pack, tile};

/// Rows that a thread takes through a step at once, at most.
const ROWS: usize = 64;
/// Queries that meet the keys of a text together.
pub(super) const QUERIES: usize = 8;
/// Packed bytes of a dense matrix that stay near while tokens stream past them.
const NEAR: usize = 32 * 1024;
/// Panels of a dense matrix that are taken at once, at most.
const RUN: usize = 8;

/// What one thread does with one piece of an encoder's work.
pub(crate) struct EncoderKernels {
    /// One token's activations to int8, with a scale for each [`bytes::BLOCK`].
    pub(super) round: fn(x: &[f32], to: Rounded<'_>),
    /// Panels of bytes times a tile of tokens, plus `bias`.
    pub(super) bytes: fn(panels: &[u8], tile: Tile<'_>, bias: &[f32], out: Out<'_>),
    /// Layer norm (Ba et al. 2016, arXiv:1607.06450) of `x`, after `y` was added to it.
    pub(super) norm: fn(x: &mut [f32], y: &[f32], norm: Norm<'_>),
    /// Products of [`QUERIES`] queries, one after the other, with a page of keys, which lie lane by
    /// lane; each query's go `stride` after those of the one before.
    pub(super) scores: fn(queries: &[f32], page: &[f32], out: &mut [f32], stride: usize),
    /// `out = Σ weights[i] * values[i * stride..]` for [`QUERIES`] rows of weights that follow each
    /// other, over as many values as `seen`; the outputs follow each other as well.
    pub(super) mix: fn(weights: &[f32], values: &[f32], seen: Seen, out: &mut [f32]),
}

/// What [`EncoderKernels::mix`] goes over.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    /// Values, and weights of each row.
    pub(super) count: usize,
    /// Numbers between a value and the next.
    pub(super) stride: usize,
    /// Numbers between a row of weights and the next.
    pub(super) width: usize,
}

/// A layer norm: scale, shift, and what is added under the root.
#[derive(Clone, Copy)]
pub(crate) struct Norm<'a> {
    pub(crate) weight: &'a [f32],
    pub(crate) bias: &'a [f32],
    pub(crate) eps: f32,
}

/// How a matrix was packed.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// Rounded to bytes.
    Bytes(bytes::Plan),
    /// As precise as the file has it.
    Plain(pack::Plan),
}

impl Plan {
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Bytes(plan) => plan.rows,
            Self::Plain(plan) => plan.rows(),
        }
    }

    pub(crate) fn columns(&self) -> usize {
        match self {
            Self::Bytes(plan) => plan.columns,
            Self::Plain(plan) => plan.columns(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Bytes(plan) => plan.bytes(),
            Self::Plain(plan) => plan.bytes(),
        }
    }

    /// Writes the weights of one row of a packed matrix to `out`.
    pub(crate) fn row(&self, packed: &[u8], row: usize, out: &mut [f32]) {
        match self {
            Self::Bytes(plan) => plan.row(packed, row, out),
            Self::Plain(plan) => plan.row(packed, row, out),
        }
    }
}

/// `x · Wᵀ + bias`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) packed: &'a [u8],
    pub(crate) bias: &'a [f32],
}

/// The weights of a layer.
pub(crate) struct Layer<'a> {
    pub(crate) heads: usize,
    /// Queries, keys and values, one below the other.
    pub(crate) inputs: Matrix<'a>,
    pub(crate) output: Matrix<'a>,
    pub(crate) output_norm: Norm<'a>,
    pub(crate) up: Matrix<'a>,
    pub(crate) down: Matrix<'a>,
    pub(crate) norm: Norm<'a>,
}

/// Buffers of a thread, kept from one piece of work to the next.
#[derive(Default)]
struct Room {
    tiles: Tiles,
    /// Rows between two matrices.
    rows: [Vec<f32>; 2],
    keys: Vec<f32>,
    queries: Vec<f32>,
    scores: Vec<f32>,
    mixed: Vec<f32>,
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

/// The first `length` numbers of `buffer`, whatever they are.
fn room(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    &mut buffer[..length]
}

/// `x` after the layer, in place: rows of texts of `lengths` rows each. Panics if the sizes do not
/// belong together.
pub(crate) fn run(compute: &Compute, layer: &Layer<'_>, lengths: &[usize], x: &mut [f32]) {
    let width = layer.output.plan.rows();
    let tokens: usize = lengths.iter().sum();
    assert_eq!(x.len(), tokens * width, "a row for each token");
    assert!(width.is_multiple_of(layer.heads), "whole heads");
    layer.check(width);
    let mut inputs = compute.floats(tokens * 3 * width);
    let mut attended = compute.floats(tokens * width);
    by_blocks(compute, &mut inputs, 3 * width, |rows, out| {
        let x = &x[rows.start * width..rows.end * width];
        ROOM.with_borrow_mut(|room| {
            layer
                .inputs
                .times(compute.kernels(), &mut room.tiles, x, out)
        });
    });
    attend(compute, layer.heads, lengths, &inputs, &mut attended);
    by_blocks(compute, x, width, |rows, x| {
        let attended = &attended[rows.start * width..rows.end * width];
        ROOM.with_borrow_mut(|room| layer.finish(compute.kernels(), room, attended, x));
    });
}

/// Layer norm of each row of `x`, in place.
pub(crate) fn norm(compute: &Compute, norm: Norm<'_>, x: &mut [f32]) {
    let width = norm.weight.len();
    let nothing = vec![0.0; width];
    by_rows(compute.team(), x, width, 16, |_, row| {
        (compute.kernels().encoder.norm)(row, &nothing, norm);
    });
}

/// Calls `work` for blocks of rows of `out`, with their numbers, on the team.
fn by_blocks(
    compute: &Compute,
    out: &mut [f32],
    width: usize,
    work: impl Fn(Range<usize>, &mut [f32]) + Sync,
) {
    let (rows, threads) = (out.len() / width, compute.team().size());
    let fair = rows.div_ceil(threads).next_multiple_of(bytes::TOKENS);
    let block = fair.min(ROWS);
    let parts = Parts::new(out);
    compute
        .team()
        .split(rows.div_ceil(block.max(1)), 1, |blocks| {
            for number in blocks {
                let some = number * block..rows.min((number + 1) * block);
                // SAFETY: blocks do not overlap, and `split` hands out each once.
                #[allow(unsafe_code, reason = "shared output of the kernels")]
                let part = unsafe { parts.part(some.start * width..some.end * width) };
                work(some, part);
            }
        });
}

impl Layer<'_> {
    fn check(&self, width: usize) {
        let inner = self.up.plan.rows();
        let sizes = [
            (&self.inputs, 3 * width, width),
            (&self.output, width, width),
            (&self.up, inner, width),
            (&self.down, width, inner),
        ];
        for (matrix, rows, columns) in sizes {
            assert_eq!((matrix.plan.rows(), matrix.plan.columns()), (rows, columns));
            assert_eq!(matrix.bias.len(), rows, "a bias for each row");
        }
        for norm in [self.output_norm, self.norm] {
            assert!(norm.weight.len() == width && norm.bias.len() == width);
        }
    }

    /// What comes after attention, on some rows of `x`.
    fn finish(&self, kernels: &Kernels, buffers: &mut Room, attended: &[f32], x: &mut [f32]) {
        let (width, inner) = (self.down.plan.rows(), self.down.plan.columns());
        let tokens = x.len() / width;
        let Room { tiles, rows, .. } = buffers;
        let [narrow, wide] = rows;
        let narrow = room(narrow, tokens * width);
        let wide = room(wide, tokens * inner);
        let add = |x: &mut [f32], y: &[f32], norm: Norm<'_>| {
            for (x, y) in x.chunks_exact_mut(width).zip(y.chunks_exact(width)) {
                (kernels.encoder.norm)(x, y, norm);
            }
        };
        self.output.times(kernels, tiles, attended, narrow);
        add(x, narrow, self.output_norm);
        self.up.times(kernels, tiles, x, wide);
        (kernels.gelu)(wide);
        self.down.times(kernels, tiles, wide, narrow);
        add(x, narrow, self.norm);
    }
}

impl Matrix<'_> {
    /// `out = x · Wᵀ + bias`, on one thread.
    fn times(&self, kernels: &Kernels, tiles: &mut Tiles, x: &[f32], out: &mut [f32]) {
        match self.plan {
            Plan::Bytes(plan) => {
                bytes::multiply(kernels, (*plan, self.packed, self.bias), tiles, x, out);
            }
            Plan::Plain(plan) => self.plain(kernels, plan, x, out),
        }
    }

    /// The same with a matrix of dense formats.
    fn plain(&self, kernels: &Kernels, plan: &pack::Plan, x: &[f32], out: &mut [f32]) {
        let columns = plan.columns();
        let tokens = x.len() / columns;
        assert!(!plan.quantised() && out.len() == tokens * plan.rows());
        for segment in plan.segments() {
            let run = (NEAR / segment.panel_bytes).clamp(1, RUN);
            for first in (0..segment.panels()).step_by(run) {
                let run = first..segment.panels().min(first + run);
                for some in tile::tiles(tokens) {
                    let mut sums = [[0.0; LANES]; RUN * TILE];
                    let sums = &mut sums[..run.len() * some.len()];
                    let mut rows: [&[f32]; TILE] = [&[]; TILE];
                    for (row, token) in rows.iter_mut().zip(some.clone()) {
                        *row = &x[token * columns..][..columns];
                    }
                    let from = segment.offset + run.start * segment.panel_bytes;
                    let panels = &self.packed[from..][..run.len() * segment.panel_bytes];
                    (kernels.dense)(segment.format, panels, &rows[..some.len()], sums);
                    self.put(segment, run.clone(), some, sums, out);
                }
            }
        }
    }

    /// Puts the products of some panels with some tokens where they belong.
    fn put(
        &self,
        segment: &pack::Segment,
        run: Range<usize>,
        some: Range<usize>,
        sums: &[[f32; LANES]],
        out: &mut [f32],
    ) {
        let all = self.plan.rows();
        for (panel, sums) in run.zip(sums.chunks_exact(some.len())) {
            let first = segment.first_row + panel * LANES;
            let rows = LANES.min(segment.rows - panel * LANES);
            for (token, sums) in some.clone().zip(sums) {
                let out = &mut out[token * all + first..][..rows];
                let bias = &self.bias[first..][..rows];
                for ((out, sum), bias) in out.iter_mut().zip(sums).zip(bias) {
                    *out = sum + bias;
                }
            }
        }
    }
}

/// Lets every row of a text attend to all of the text. `rows` is `[tokens, 3 * width]`: queries,
/// keys, values; `out` `[tokens, width]`.
pub(crate) fn attend(
    compute: &Compute,
    heads: usize,
    lengths: &[usize],
    rows: &[f32],
    out: &mut [f32],
) {
    let tokens: usize = lengths.iter().sum();
    let width = out.len() / tokens.max(1);
    assert!(rows.len() == tokens * 3 * width && width.is_multiple_of(heads));
    let mut first = 0;
    let mut texts = Vec::with_capacity(lengths.len());
    for &length in lengths {
        texts.push(first..first + length);
        first += length;
    }
    let (out, kernels) = (Parts::new(out), compute.kernels());
    compute.team().split(texts.len() * heads, 1, |pieces| {
        for piece in pieces {
            let text = texts[piece / heads].clone();
            let head = Head {
                rows: &rows[text.start * 3 * width..text.end * 3 * width],
                width,
                size: width / heads,
                start: piece % heads * (width / heads),
            };
            ROOM.with_borrow_mut(|room| head.run(kernels, room, &out, text.start));
        }
    });
}

/// One text under one head.
struct Head<'a> {
    /// `[tokens, 3 * width]`.
    rows: &'a [f32],
    width: usize,
    size: usize,
    /// Where the head's numbers begin in a row of queries, keys or values.
    start: usize,
}

impl Head<'_> {
    /// Writes the head's part of each row of `out`, whose first row is `first`.
    fn run(&self, kernels: &Kernels, buffers: &mut Room, out: &Parts<'_, f32>, first: usize) {
        let (size, stride) = (self.size, 3 * self.width);
        let tokens = self.rows.len() / stride;
        let span = tokens.next_multiple_of(PAGE);
        let keys = room(&mut buffers.keys, span * size);
        self.keys(keys);
        let queries = room(&mut buffers.queries, QUERIES * size);
        let scores = room(&mut buffers.scores, QUERIES * span);
        let mixed = room(&mut buffers.mixed, QUERIES * size);
        let seen = Seen {
            count: tokens,
            stride,
            width: span,
        };
        for start in (0..tokens).step_by(QUERIES) {
            let some = start..tokens.min(start + QUERIES);
            self.queries(some.clone(), queries);
            for (number, page) in keys.chunks_exact(size * PAGE).enumerate() {
                (kernels.encoder.scores)(queries, page, &mut scores[number * PAGE..], span);
            }
            let mut sums = [1.0; QUERIES];
            for (sum, scores) in sums.iter_mut().zip(scores.chunks_exact_mut(span)) {
                *sum = (kernels.exponents)(&mut scores[..tokens], f32::NEG_INFINITY).1;
            }
            let values = &self.rows[2 * self.width + self.start..];
            (kernels.encoder.mix)(scores, values, seen, mixed);
            for ((token, mixed), sum) in some.zip(mixed.chunks_exact(size)).zip(sums) {
                let start = (first + token) * self.width + self.start;
                // SAFETY: each text and head is handed out once.
                #[allow(unsafe_code, reason = "shared output of the kernels")]
                let out = unsafe { out.part(start..start + size) };
                let by = 1.0 / sum;
                out.iter_mut().zip(mixed).for_each(|(out, x)| *out = x * by);
            }
        }
    }

    /// Lays the keys out page by page, each lane by lane; zeros fill the last page up.
    fn keys(&self, keys: &mut [f32]) {
        let rows = self.rows.chunks_exact(3 * self.width);
        let tokens = rows.len();
        for (token, row) in rows.enumerate() {
            let page = &mut keys[token / PAGE * PAGE * self.size..];
            let lanes = page.as_chunks_mut::<PAGE>().0;
            let key = &row[self.width + self.start..][..self.size];
            for (lane, key) in lanes.iter_mut().zip(key) {
                lane[token % PAGE] = *key;
            }
        }
        let (last, filled) = (tokens / PAGE * PAGE * self.size, tokens % PAGE);
        for lane in keys[last..].as_chunks_mut::<PAGE>().0 {
            lane[filled..].fill(0.0);
        }
    }

    /// Some queries, scaled; the last again in the place of those that are missing.
    fn queries(&self, some: Range<usize>, queries: &mut [f32]) {
        #[allow(clippy::cast_precision_loss, reason = "heads are small")]
        let scale = (self.size as f32).sqrt().recip();
        for (i, query) in queries.chunks_exact_mut(self.size).enumerate() {
            let token = some.end.min(some.start + i + 1) - 1;
            let row = &self.rows[token * 3 * self.width + self.start..][..self.size];
            query
                .iter_mut()
                .zip(row)
                .for_each(|(to, x)| *to = x * scale);
        }
    }
}

#[cfg(test)]
mod tests;
