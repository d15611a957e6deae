//! Matrices of bytes for encoders, and activations rounded to suit them.
//!
//! Weights and activations are rounded to int8 with a scale for each [`BLOCK`] columns: coarser
//! than the formats of files, so that three panels and eight tokens share what they load and sums
//! stay integers for long. A panel holds [`LANES`] rows; for each block first their scales (single
//! precision), then a line for every four columns: byte `4 * row + j` of a line is the code of
//! column `j` of four, plus 128.

use super::parts::by_rows;
use super::team::Team;
use super::tile::inverse;
use super::{Kernels, LANES};

/// Columns that share a scale, of weights and of activations.
pub(crate) const BLOCK: usize = 64;
/// Four columns at a time.
pub(super) const TURNS: usize = BLOCK / 4;
/// Tokens that a kernel takes at once. What is left over is filled up with zeros.
pub(super) const TOKENS: usize = 8;
/// Bytes of a block of a panel: scales, then codes.
pub(super) const UNIT: usize = 4 * LANES + BLOCK * LANES;
/// Panels that a kernel takes at once, at most.
pub(super) const PANELS: usize = 3;

/// The size of a matrix of bytes. Rows fill whole panels and columns whole blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Plan {
    /// Whether a matrix of this size can be one of bytes.
    pub(crate) fn suits(rows: usize, columns: usize) -> bool {
        rows > 0 && columns > 0 && rows.is_multiple_of(LANES) && columns.is_multiple_of(BLOCK)
    }

    /// Bytes of a panel.
    pub(super) fn panel(self) -> usize {
        self.columns / BLOCK * UNIT
    }

    /// Bytes in all.
    pub(crate) fn bytes(self) -> usize {
        self.rows / LANES * self.panel()
    }

    /// Rounds and packs `rows` of `source`, which writes row by number, into `packed`.
    pub(crate) fn pack(
        self,
        team: &Team,
        packed: &mut [u8],
        source: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        assert!(Self::suits(self.rows, self.columns), "whole panels");
        assert_eq!(packed.len(), self.bytes(), "as many bytes as planned");
        by_rows(team, packed, self.panel(), 1, |panel, out| {
            let mut row = vec![0.0; self.columns];
            for lane in 0..LANES {
                source(panel * LANES + lane, &mut row);
                let blocks = row.as_chunks::<BLOCK>().0;
                for (block, unit) in blocks.iter().zip(out.chunks_exact_mut(UNIT)) {
                    put(block, lane, unit);
                }
            }
        });
    }

    /// Writes the weights of one row of a packed matrix to `out`.
    pub(crate) fn row(self, packed: &[u8], row: usize, out: &mut [f32]) {
        let (panel, lane) = (row / LANES, row % LANES);
        let units = packed[panel * self.panel()..][..self.panel()].chunks_exact(UNIT);
        for (unit, out) in units.zip(out.as_chunks_mut::<BLOCK>().0) {
            let scale = scale(unit, lane);
            for (column, out) in out.iter_mut().enumerate() {
                *out = scale * (f32::from(code(unit, lane, column)) - 128.0);
            }
        }
    }
}

/// Rounds a block of one row into its lane.
fn put(block: &[f32; BLOCK], lane: usize, unit: &mut [u8]) {
    let most = block.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let inverse = inverse(most);
    unit[4 * lane..][..4].copy_from_slice(&(most / 127.0).to_le_bytes());
    for (column, x) in block.iter().enumerate() {
        #[allow(clippy::cast_possible_truncation, reason = "at most 127 by its scale")]
        let code = (x * inverse).round_ties_even() as i8;
        unit[place(lane, column)] = code.cast_unsigned() ^ 0x80;
    }
}

/// Where a code lies in its block of a panel.
fn place(lane: usize, column: usize) -> usize {
    4 * LANES + column / 4 * 4 * LANES + 4 * lane + column % 4
}

/// The scale of a row in a block of a panel.
pub(super) fn scale(unit: &[u8], lane: usize) -> f32 {
    let at = 4 * lane;
    f32::from_le_bytes([unit[at], unit[at + 1], unit[at + 2], unit[at + 3]])
}

/// A code, plus 128.
pub(super) fn code(unit: &[u8], lane: usize, column: usize) -> u8 {
    unit[place(lane, column)]
}

/// [`TOKENS`] tokens, rounded. Of everything the first token's, the second's and so on.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a> {
    /// For each four columns a word of four signed codes, the first in the lowest byte.
    pub(super) codes: &'a [[i32; TOKENS]],
    /// For each block the scale.
    pub(super) scales: &'a [[f32; TOKENS]],
    /// For each block -128 times the sum of the codes: what makes up for the weights' 128.
    pub(super) starts: &'a [[i32; TOKENS]],
}

/// Where [`super::encoder::EncoderKernels::round`] puts one token.
pub(super) struct Rounded<'a> {
    /// For each four columns a word.
    pub(super) codes: &'a mut [i32],
    /// For each block the scale, and -128 times the sum of the codes.
    pub(super) scales: &'a mut [f32],
    pub(super) starts: &'a mut [i32],
}

/// Room for some tokens, rounded; kept by a thread from one product to the next.
#[derive(Default)]
pub(super) struct Tiles {
    codes: Vec<[i32; TOKENS]>,
    scales: Vec<[f32; TOKENS]>,
    starts: Vec<[i32; TOKENS]>,
    blocks: usize,
    row: (Vec<i32>, Vec<f32>, Vec<i32>),
}

impl Tiles {
    /// Rounds `x`, rows of `columns`.
    pub(super) fn fill(&mut self, kernels: &Kernels, x: &[f32], columns: usize) {
        let (blocks, tokens) = (columns / BLOCK, x.len() / columns);
        let tiles = tokens.div_ceil(TOKENS);
        self.blocks = blocks;
        self.codes.resize(tiles * blocks * TURNS, [0; TOKENS]);
        self.scales.resize(tiles * blocks, [0.0; TOKENS]);
        self.starts.resize(tiles * blocks, [0; TOKENS]);
        self.row.0.resize(blocks * TURNS, 0);
        self.row.1.resize(blocks, 0.0);
        self.row.2.resize(blocks, 0);
        for (token, x) in x.chunks_exact(columns).enumerate() {
            let row = Rounded {
                codes: &mut self.row.0,
                scales: &mut self.row.1,
                starts: &mut self.row.2,
            };
            (kernels.encoder.round)(x, row);
            self.put(token);
        }
        // What an earlier product left in the last tile would be computed on in vain, but harms
        // nobody: each token has sums of its own.
    }

    /// Puts the row just rounded into its tile.
    fn put(&mut self, token: usize) {
        let (tile, at) = (token / TOKENS, token % TOKENS);
        let codes = &mut self.codes[tile * self.blocks * TURNS..];
        for (to, code) in codes.iter_mut().zip(&self.row.0) {
            to[at] = *code;
        }
        let scales = &mut self.scales[tile * self.blocks..];
        for (to, scale) in scales.iter_mut().zip(&self.row.1) {
            to[at] = *scale;
        }
        let starts = &mut self.starts[tile * self.blocks..];
        for (to, start) in starts.iter_mut().zip(&self.row.2) {
            to[at] = *start;
        }
    }

    fn tile(&self, number: usize) -> Tile<'_> {
        Tile {
            codes: &self.codes[number * self.blocks * TURNS..][..self.blocks * TURNS],
            scales: &self.scales[number * self.blocks..][..self.blocks],
            starts: &self.starts[number * self.blocks..][..self.blocks],
        }
    }
}

/// `out = x · Wᵀ + bias` on one thread: `x` is `[tokens, columns]`, `out` `[tokens, rows]`.
pub(super) fn multiply(
    kernels: &Kernels,
    (plan, packed, bias): (Plan, &[u8], &[f32]),
    tiles: &mut Tiles,
    x: &[f32],
    out: &mut [f32],
) {
    let tokens = x.len() / plan.columns;
    assert_eq!(packed.len(), plan.bytes(), "the matrix of this plan");
    assert!(bias.len() == plan.rows && out.len() == tokens * plan.rows);
    tiles.fill(kernels, x, plan.columns);
    let panels = plan.rows / LANES;
    for first in (0..panels).step_by(PANELS) {
        let some = first..panels.min(first + PANELS);
        let bytes = &packed[some.start * plan.panel()..some.end * plan.panel()];
        let columns = some.start * LANES..some.end * LANES;
        for (tile, out) in out.chunks_mut(TOKENS * plan.rows).enumerate() {
            let bias = &bias[columns.clone()];
            let out = Out {
                numbers: &mut out[columns.start..],
                stride: plan.rows,
            };
            (kernels.encoder.bytes)(bytes, tiles.tile(tile), bias, out);
        }
    }
}

/// Where the products of a tile go: each token's lie `stride` after those of the one before, and
/// there may be fewer tokens than [`TOKENS`].
pub(super) struct Out<'a> {
    pub(super) numbers: &'a mut [f32],
    pub(super) stride: usize,
}

impl Out<'_> {
    /// Row by row, sixteen products of panel `panel` of some.
    pub(super) fn rows(&mut self, panel: usize) -> impl Iterator<Item = &mut [f32; LANES]> {
        let rows = self.numbers.chunks_mut(self.stride);
        rows.filter_map(move |row| row.get_mut(panel * LANES..)?.first_chunk_mut())
    }
}
