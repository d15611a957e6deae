//! Activations rounded to int8, some tokens side by side: what the quantised kernels read.
//!
//! Blocks of 32 columns share a scale. Rounding keeps the largest magnitude at 127, and sums are
//! of what was rounded, so that weights' minima count exactly what the codes say.

use std::ops::Range;

use super::input::Input;
use super::panel::COLUMNS;
use super::parts::Parts;
use super::scratch::Lent;
use super::{Compute, Kernels, TILE};

/// Where [`Kernels::quantize`] puts one token.
pub(super) struct QuantRow<'a> {
    /// 32 signed bytes a block, four to a word, the first in the lowest byte.
    pub(super) codes: &'a mut [[i32; 8]],
    pub(super) scales: &'a mut [f32],
    /// The sums of the first and the last 16 codes of each block.
    pub(super) halves: &'a mut [[i32; 2]],
}

/// What a block whose largest magnitude is `most` is multiplied by, so that it becomes 127. Blocks
/// so small that this is beyond what a float holds are zero: nothing comes of them.
pub(super) fn inverse(most: f32) -> f32 {
    const LEAST: f32 = 1e-36;
    if most > LEAST { 127.0 / most } else { 0.0 }
}

/// Up to [`TILE`] tokens: of everything the first token's, the second's and so on.
#[derive(Clone, Copy)]
pub(super) struct QuantTile<'a> {
    pub(super) tokens: usize,
    /// Eight words of each block.
    pub(super) codes: &'a [i32],
    /// Two numbers of each block: the scale, and the scale times the sum of the codes.
    pub(super) factors: &'a [f32],
    /// Minus the sums of the codes, times what stands for a weight of zero: [`ZEROS`] of each
    /// block; [`zero_at`] says which is whose.
    pub(super) zeros: &'a [i32],
}

/// Sums of each block: of the first half and the last times 32, of both times 8 and times 128.
/// Kernels begin with them, and have no instruction to spare for making them.
pub(super) const ZEROS: usize = 4;

/// Which of the sums, or which first of two, a format begins with whose code for a weight of zero
/// is `zero`, and by how many bits it is still to be shifted.
pub(super) const fn zero_at(zero: u8) -> (usize, u32) {
    match zero {
        32 => (0, 0),
        8 => (2, 0),
        16 => (2, 1),
        128 => (3, 0),
        _ => panic!("no format has this code"),
    }
}

impl QuantTile<'_> {
    /// Blocks of 32 columns.
    pub(super) fn blocks(&self) -> usize {
        self.factors.len() / self.tokens / 2
    }
}

/// All tokens of one product.
pub(super) struct Quantised<'a> {
    codes: Lent<'a, i32>,
    factors: Lent<'a, f32>,
    zeros: Lent<'a, i32>,
    blocks: usize,
}

/// The tiles that `tokens` tokens are cut into: whole ones, then ever smaller powers of two.
pub(super) fn tiles(tokens: usize) -> impl Iterator<Item = Range<usize>> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let left = tokens - next;
        let size = [TILE, TILE / 2, TILE / 4, 1]
            .into_iter()
            .find(|s| *s <= left)?;
        next += size;
        Some(next - size..next)
    })
}

impl<'a> Quantised<'a> {
    /// Rounds the rows of `x`, each of `columns`.
    pub(super) fn of(compute: &'a Compute, x: Input<'_>, columns: usize) -> Self {
        let (blocks, tokens) = (columns / COLUMNS, x.tokens(columns));
        let mut all = Self {
            codes: compute.words(tokens * blocks * 8),
            factors: compute.floats(tokens * blocks * 2),
            zeros: compute.words(tokens * blocks * ZEROS),
            blocks,
        };
        let tiles: Vec<_> = tiles(tokens).collect();
        let codes = Parts::new(&mut all.codes);
        let (factors, zeros) = (Parts::new(&mut all.factors), Parts::new(&mut all.zeros));
        compute.team().split(tiles.len(), 2, |some| {
            for tokens in &tiles[some] {
                let part = |each: usize| tokens.start * blocks * each..tokens.end * blocks * each;
                // SAFETY: tiles do not overlap, and `split` hands out each once.
                #[allow(unsafe_code, reason = "shared output of the kernels")]
                let tile = unsafe {
                    TileMut {
                        codes: codes.part(part(8)),
                        factors: factors.part(part(2)),
                        zeros: zeros.part(part(ZEROS)),
                        tokens: tokens.clone(),
                    }
                };
                tile.fill(compute.kernels(), x, columns);
            }
        });
        all
    }

    /// One of the [`tiles`].
    pub(super) fn tile(&self, tokens: Range<usize>) -> QuantTile<'_> {
        let part = |each: usize| tokens.start * self.blocks * each..tokens.end * self.blocks * each;
        QuantTile {
            tokens: tokens.len(),
            codes: &self.codes[part(8)],
            factors: &self.factors[part(2)],
            zeros: &self.zeros[part(ZEROS)],
        }
    }
}

struct TileMut<'a> {
    tokens: Range<usize>,
    codes: &'a mut [i32],
    factors: &'a mut [f32],
    zeros: &'a mut [i32],
}

impl TileMut<'_> {
    /// Rounds its tokens.
    fn fill(self, kernels: &Kernels, x: Input<'_>, columns: usize) {
        let (blocks, tokens) = (columns / COLUMNS, self.tokens.len());
        let mut room = vec![0.0; columns];
        let mut codes = vec![[0; 8]; blocks];
        let mut scales = vec![0.0; blocks];
        let mut halves = vec![[0; 2]; blocks];
        for (token, number) in self.tokens.enumerate() {
            let row = QuantRow {
                codes: &mut codes,
                scales: &mut scales,
                halves: &mut halves,
            };
            (kernels.quantize)(x.row(kernels, number, columns, &mut room), row);
            for block in 0..blocks {
                for (i, word) in codes[block].into_iter().enumerate() {
                    self.codes[(block * 8 + i) * tokens + token] = word;
                }
                let [first, last] = halves[block];
                // Of what is no number kernels make any sum; its scale is none either.
                let sum = first.wrapping_add(last);
                #[allow(clippy::cast_precision_loss, reason = "at most 32 * 127")]
                let total = sum as f32;
                let factors = [scales[block], scales[block] * total];
                for (i, factor) in factors.into_iter().enumerate() {
                    self.factors[(block * 2 + i) * tokens + token] = factor;
                }
                let zeros = [(first, 32), (last, 32), (sum, 8), (sum, 128)];
                for (i, (sum, zero)) in zeros.into_iter().enumerate() {
                    self.zeros[(block * ZEROS + i) * tokens + token] = sum.wrapping_mul(-zero);
                }
            }
        }
    }
}
