//! Products of tokens with packed matrices, shared out among the team by panels.

use std::ops::Range;

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

/// `out = x · Wᵀ`: `x` is `[tokens, columns]`, `out` is `[tokens, rows]`, `packed` holds `W`.
/// Panics if the lengths do not belong together.
pub(crate) fn multiply(compute: &Compute, plan: &Plan, packed: &[u8], x: &[f32], out: &mut [f32]) {
    let tokens = x.len() / plan.columns();
    assert_eq!(x.len(), tokens * plan.columns(), "whole tokens");
    assert_eq!(out.len(), tokens * plan.rows(), "room for every product");
    assert_eq!(packed.len(), plan.bytes(), "the matrix of this plan");
    let quantised = plan
        .quantised()
        .then(|| Quantised::of(compute, x, plan.columns()));
    let job = Job {
        plan,
        packed,
        x,
        quantised,
        tokens,
        out: Parts::new(out),
    };
    let grain = job.grain(compute.team().size());
    compute.team().split(plan.panels(), grain, |panels| {
        job.work(compute.kernels(), panels)
    });
}

struct Job<'a> {
    plan: &'a Plan,
    packed: &'a [u8],
    x: &'a [f32],
    quantised: Option<Quantised>,
    tokens: usize,
    out: Parts<'a, f32>,
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
        for first in panels.clone().step_by(run) {
            let run = first..panels.end.min(first + run);
            for tokens in tiles(self.tokens) {
                self.tile(kernels, segment, tokens, run.clone());
            }
        }
    }

    /// A few tokens with a few panels of one segment.
    fn tile(&self, kernels: &Kernels, segment: &Segment, tokens: Range<usize>, run: Range<usize>) {
        let bytes = segment.offset + run.start * segment.panel_bytes
            ..segment.offset + run.end * segment.panel_bytes;
        let panels = &self.packed[bytes];
        let mut sums = [[0.0; LANES]; RUN * TILE];
        let sums = &mut sums[..run.len() * tokens.len()];
        match &self.quantised {
            Some(all) if !segment.format.is_dense() => {
                (kernels.quantised)(segment.format, panels, all.tile(tokens.clone()), sums);
            }
            _ => {
                let columns = self.plan.columns();
                let mut rows: [&[f32]; TILE] = [&[]; TILE];
                for (row, token) in rows.iter_mut().zip(tokens.clone()) {
                    *row = &self.x[token * columns..][..columns];
                }
                (kernels.dense)(segment.format, panels, &rows[..tokens.len()], sums);
            }
        }
        for (panel, sums) in run.zip(sums.chunks_exact(tokens.len())) {
            let row = panel * LANES;
            let rows = LANES.min(segment.rows - row);
            for (token, sums) in tokens.clone().zip(sums) {
                let start = token * self.plan.rows() + segment.first_row + row;
                // SAFETY: the team hands out each panel once, so nobody else has these rows.
                #[allow(unsafe_code, reason = "shared output of the kernels")]
                let out = unsafe { self.out.part(start..start + rows) };
                out.copy_from_slice(&sums[..rows]);
            }
        }
    }
}
