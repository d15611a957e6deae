//! Products of tokens with packed matrices, shared out among the team by panels.

use std::ops::Range;

use super::pack::{Plan, Segment};
use super::parts::{Parts, by_rows};
use super::{Compute, Kernels, LANES, QuantRow, QuantRowMut, TILE};
use crate::engine::quant::Format;

/// Panels that one call of a kernel takes.
const RUN: usize = 8;
/// Packed bytes that stay in the second-level cache while tokens stream past them.
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

/// Activations of some tokens as int8 blocks.
struct Quantised {
    codes: Vec<[i32; 8]>,
    /// Scale and sum of each block; a token's scales come before its sums.
    factors: Vec<f32>,
    blocks: usize,
}

impl Quantised {
    fn of(compute: &Compute, x: &[f32], columns: usize) -> Self {
        let blocks = columns / 32;
        let mut codes = vec![[0; 8]; x.len() / 32];
        let mut factors = vec![0.0; x.len() / 16];
        let quantize = compute.kernels().quantize;
        let all = Parts::new(&mut codes);
        by_rows(
            compute.team(),
            &mut factors,
            2 * blocks,
            16,
            |token, factors| {
                let (scales, sums) = factors.split_at_mut(blocks);
                // SAFETY: `by_rows` calls once for each token.
                #[allow(unsafe_code, reason = "shared output of the kernels")]
                let codes = unsafe { all.part(token * blocks..(token + 1) * blocks) };
                quantize(
                    &x[token * columns..][..columns],
                    QuantRowMut {
                        codes,
                        scales,
                        sums,
                    },
                );
            },
        );
        Self {
            codes,
            factors,
            blocks,
        }
    }

    fn row(&self, token: usize) -> QuantRow<'_> {
        let (scales, sums) =
            self.factors[token * 2 * self.blocks..][..2 * self.blocks].split_at(self.blocks);
        QuantRow {
            codes: &self.codes[token * self.blocks..][..self.blocks],
            scales,
            sums,
        }
    }
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
        for token in (0..self.tokens).step_by(TILE) {
            let tokens = token..self.tokens.min(token + TILE);
            for first in panels.clone().step_by(RUN) {
                let run = first..panels.end.min(first + RUN);
                self.tile(kernels, segment, tokens.clone(), run);
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
        match segment.format {
            Format::Q8_0 => self.quantised(kernels.q8_0, panels, tokens.clone(), sums),
            Format::Q4_1 => self.quantised(kernels.q4_1, panels, tokens.clone(), sums),
            Format::F32 => self.dense(kernels.f32, panels, tokens.clone(), sums),
            Format::F16 => self.dense(kernels.f16, panels, tokens.clone(), sums),
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

    fn quantised(
        &self,
        kernel: super::QuantKernel,
        panels: &[u8],
        tokens: Range<usize>,
        sums: &mut [[f32; LANES]],
    ) {
        let all = self
            .quantised
            .as_ref()
            .expect("made for plans with quantised segments");
        let mut rows = [all.row(tokens.start); TILE];
        let count = tokens.len();
        for (row, token) in rows.iter_mut().zip(tokens) {
            *row = all.row(token);
        }
        kernel(panels, &rows[..count], sums);
    }

    fn dense(
        &self,
        kernel: super::DenseKernel,
        panels: &[u8],
        tokens: Range<usize>,
        sums: &mut [[f32; LANES]],
    ) {
        let columns = self.plan.columns();
        let mut rows: [&[f32]; TILE] = [&[]; TILE];
        let count = tokens.len();
        for (row, token) in rows.iter_mut().zip(tokens) {
            *row = &self.x[token * columns..][..columns];
        }
        kernel(panels, &rows[..count], sums);
    }
}
