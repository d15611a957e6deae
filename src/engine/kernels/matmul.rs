//! Products of tokens with packed matrices, shared out among the team by panels.
//!
//! What comes right before a product ([`Input`]) and right after it ([`Finish`]) is done on the
//! way, while the numbers are near.

use std::ops::Range;

use super::input::Input;
use super::pack::{Plan, Segment};
use super::parts::Parts;
use super::tile::{Quantised, tiles};
use super::{Compute, Kernels, LANES, TILE};

/// Panels that one call of a kernel takes, at most.
const RUN: usize = 8;
/// Packed bytes that stay in the first-level cache while tokens stream past them.
const NEAR: usize = 32 * 1024;
/// Packed bytes that stay in the second-level cache.
const CACHED: usize = 128 * 1024;
/// Packed bytes below which a piece of work is not worth handing out.
const PIECE: usize = 16 * 1024;

/// What becomes of the products.
#[derive(Clone, Copy, Default)]
pub(crate) struct Finish<'a> {
    /// Added to each row.
    pub(crate) bias: Option<&'a [f32]>,
    /// Whether they are added to what `out` holds.
    pub(crate) add: bool,
}

/// `out = x · Wᵀ`: `x` has `[tokens, columns]`, `out` is `[tokens, rows]`, `packed` holds `W`.
/// Panics if the lengths do not belong together.
pub(crate) fn multiply(
    compute: &Compute,
    (plan, packed): (&Plan, &[u8]),
    x: Input<'_>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    let columns = plan.columns();
    let tokens = x.tokens(columns);
    assert_eq!(out.len(), tokens * plan.rows(), "room for every product");
    assert_eq!(packed.len(), plan.bytes(), "the matrix of this plan");
    let biased = finish.bias.is_none_or(|bias| bias.len() == plan.rows());
    assert!(biased, "a bias for each row");
    // Dense segments take the numbers themselves.
    let made = match x {
        Input::Given(_) => None,
        _ => plan.dense().then(|| x.made(compute, columns)),
    };
    let x = made.as_deref().map_or(x, Input::Given);
    let job = Job {
        plan,
        packed,
        x,
        quantised: plan.quantised().then(|| Quantised::of(compute, x, columns)),
        tokens,
        out: Parts::new(out),
        finish,
    };
    let grain = job.grain(compute.team().size());
    compute.team().split(plan.panels(), grain, |panels| {
        job.work(compute.kernels(), panels)
    });
}

struct Job<'a> {
    plan: &'a Plan,
    packed: &'a [u8],
    x: Input<'a>,
    quantised: Option<Quantised<'a>>,
    tokens: usize,
    out: Parts<'a, f32>,
    finish: Finish<'a>,
}

impl Job<'_> {
    /// Panels that a thread takes at a time.
    fn grain(&self, threads: usize) -> usize {
        let panels = self.plan.panels().max(1);
        let panel_bytes = (self.packed.len() / panels).max(1);
        let fair = panels.div_ceil(threads * 6);
        if self.tokens < TILE {
            return fair.max(PIECE / panel_bytes);
        }
        fair.min(CACHED / panel_bytes).max(1)
    }

    /// Multiplies all tokens with some panels.
    fn work(&self, kernels: &Kernels, panels: Range<usize>) {
        for segment in self.plan.segments() {
            let first = panels.start.max(segment.first_panel);
            let end = panels.end.min(segment.first_panel + segment.panels());
            if first < end {
                let within = first - segment.first_panel..end - segment.first_panel;
                self.work_segment(kernels, segment, within);
            }
        }
    }

    fn work_segment(&self, kernels: &Kernels, segment: &Segment, panels: Range<usize>) {
        let run = (NEAR / segment.panel_bytes).clamp(1, RUN);
        let mut sums = [[0.0; LANES]; RUN * TILE];
        for first in panels.clone().step_by(run) {
            let run = first..panels.end.min(first + run);
            for tokens in tiles(self.tokens) {
                self.tile(kernels, segment, tokens, run.clone(), &mut sums);
            }
        }
    }

    /// A few tokens with a few panels of one segment, whose products are put into `sums` first.
    fn tile(
        &self,
        kernels: &Kernels,
        segment: &Segment,
        tokens: Range<usize>,
        run: Range<usize>,
        sums: &mut [[f32; LANES]],
    ) {
        let bytes = segment.offset + run.start * segment.panel_bytes
            ..segment.offset + run.end * segment.panel_bytes;
        let panels = &self.packed[bytes];
        let sums = &mut sums[..run.len() * tokens.len()];
        match &self.quantised {
            Some(all) if !segment.format.is_dense() => {
                (kernels.quantised)(segment.format, panels, all.tile(tokens.clone()), sums);
            }
            _ => {
                let columns = self.plan.columns();
                let mut rows: [&[f32]; TILE] = [&[]; TILE];
                for (row, token) in rows.iter_mut().zip(tokens.clone()) {
                    *row = self.x.row(kernels, token, columns, &mut []);
                }
                (kernels.dense)(segment.format, panels, &rows[..tokens.len()], sums);
            }
        }
        for (panel, sums) in run.zip(sums.chunks_exact(tokens.len())) {
            let row = panel * LANES;
            let rows = LANES.min(segment.rows - row);
            for (token, sums) in tokens.clone().zip(sums) {
                let row = segment.first_row + row;
                let start = token * self.plan.rows() + row;
                // SAFETY: the team hands out each panel once, so nobody else has these rows.
                #[allow(unsafe_code, reason = "shared output of the kernels")]
                let out = unsafe { self.out.part(start..start + rows) };
                self.finish.put(row, &sums[..rows], out);
            }
        }
    }
}

fn put_whole(sums: &[f32; LANES], out: &mut [f32; LANES], add: bool) {
    if add {
        out.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
    } else {
        *out = *sums;
    }
}

impl Finish<'_> {
    /// Puts the products of the rows from `first` on where they belong.
    fn put(&self, first: usize, sums: &[f32], out: &mut [f32]) {
        let bias = self.bias.map(|bias| &bias[first..][..sums.len()]);
        match (bias, self.add) {
            (None, add) => match (out.as_chunks_mut(), sums.as_chunks()) {
                // A whole panel's rows, which are most: of known length.
                (([out], []), ([sums], [])) => put_whole(sums, out, add),
                _ if add => out.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum),
                _ => out.copy_from_slice(sums),
            },
            (Some(bias), add) => {
                for ((out, sum), bias) in out.iter_mut().zip(sums).zip(bias) {
                    let sum = sum + bias;
                    *out = if add { *out + sum } else { sum };
                }
            }
        }
    }
}
