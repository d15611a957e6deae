//! Matrices packed for the kernels: eight rows side by side.
//!
//! A matrix is a list of row segments, each in its own format (query, key and value of one layer
//! may be of different ones). A segment is a list of panels of eight rows; the last is filled up
//! with zeros. A panel holds, for each block of columns, first the eight scales (and the eight
//! minima), then the codes of the eight rows in turns of four bytes: one vector load brings four
//! columns of all eight rows, and their sums need no shuffling. Of dense formats a block is one
//! column.

use std::sync::Arc;

use half::f16;

use super::LANES;
use super::parts::by_rows;
use super::team::Team;
use crate::engine::quant::Format;

/// Bytes of a packed block of eight rows.
pub(super) const Q8_0_BYTES: usize = 2 * LANES + 32 * LANES;
/// The same of Q4_1.
pub(super) const Q4_1_BYTES: usize = 4 * LANES + 16 * LANES;
/// Segments start at multiples of this.
const ALIGNMENT: usize = 64;

/// Rows of one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(super) format: Format,
    pub(super) rows: usize,
    /// The segment's first row and first panel in the whole matrix.
    pub(super) first_row: usize,
    pub(super) first_panel: usize,
    /// Where it starts in the packed bytes, and how long a panel is.
    pub(super) offset: usize,
    pub(super) panel_bytes: usize,
}

impl Segment {
    pub(super) fn panels(&self) -> usize {
        self.rows.div_ceil(LANES)
    }
}

/// How a matrix is packed.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    columns: usize,
    rows: usize,
    panels: usize,
    bytes: usize,
    segments: Arc<[Segment]>,
}

impl Plan {
    /// A plan for segments of these formats and row counts. Panics if `columns` do not fill whole
    /// blocks: the loader has looked.
    pub(crate) fn new(columns: usize, parts: &[(Format, usize)]) -> Self {
        let mut plan = Self {
            columns,
            rows: 0,
            panels: 0,
            bytes: 0,
            segments: Arc::new([]),
        };
        let mut segments = Vec::new();
        for &(format, rows) in parts {
            let row_bytes = format.bytes_of(columns).expect("rows of whole blocks");
            let segment = Segment {
                format,
                rows,
                first_row: plan.rows,
                first_panel: plan.panels,
                offset: plan.bytes.next_multiple_of(ALIGNMENT),
                panel_bytes: row_bytes * LANES,
            };
            plan.rows += rows;
            plan.panels += segment.panels();
            plan.bytes = segment.offset + segment.panels() * segment.panel_bytes;
            segments.push(segment);
        }
        plan.segments = segments.into();
        plan
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Panels of all segments.
    pub(super) fn panels(&self) -> usize {
        self.panels
    }

    /// Bytes of the packed matrix.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether any segment is of a format that takes quantised activations.
    pub(super) fn quantised(&self) -> bool {
        self.segments
            .iter()
            .any(|s| matches!(s.format, Format::Q8_0 | Format::Q4_1))
    }

    /// Packs the rows of each segment, as they lie in the file, into `packed` (all zero before).
    pub(crate) fn pack(&self, team: &Team, sources: &[&[u8]], packed: &mut [u8]) {
        assert_eq!(packed.len(), self.bytes, "as many bytes as planned");
        assert_eq!(
            sources.len(),
            self.segments.len(),
            "a source for each segment"
        );
        for (segment, source) in self.segments.iter().zip(sources) {
            let row_bytes = segment.panel_bytes / LANES;
            assert_eq!(source.len(), segment.rows * row_bytes, "whole rows");
            let length = segment.panels() * segment.panel_bytes;
            let panels = &mut packed[segment.offset..][..length];
            by_rows(team, panels, segment.panel_bytes, 8, |panel, out| {
                let rows = source[panel * LANES * row_bytes..]
                    .chunks_exact(row_bytes)
                    .take(LANES);
                for (lane, row) in rows.enumerate() {
                    pack_row(segment.format, row, lane, out);
                }
            });
        }
    }

    /// Writes the weights of one row of a packed matrix to `out`.
    pub(crate) fn row(&self, packed: &[u8], row: usize, out: &mut [f32]) {
        assert!(
            row < self.rows && out.len() == self.columns,
            "a row of the matrix"
        );
        let after = self
            .segments
            .partition_point(|segment| segment.first_row <= row);
        let segment = &self.segments[after - 1];
        let (panel, lane) = (
            (row - segment.first_row) / LANES,
            (row - segment.first_row) % LANES,
        );
        let panel = &packed[segment.offset + panel * segment.panel_bytes..][..segment.panel_bytes];
        unpack_row(segment.format, panel, lane, out);
    }
}

/// Puts one row into its lane of a panel.
fn pack_row(format: Format, row: &[u8], lane: usize, panel: &mut [u8]) {
    let (block, header) = (format.block_bytes(), header_bytes(format));
    for (from, to) in row
        .chunks_exact(block)
        .zip(panel.chunks_exact_mut(block * LANES))
    {
        let (scales, codes) = to.split_at_mut(header * LANES);
        for (part, pair) in from[..header].chunks_exact(2).enumerate() {
            scales[2 * (part * LANES + lane)..][..2].copy_from_slice(pair);
        }
        let turn = turn_bytes(format);
        for (step, four) in from[header..].chunks_exact(turn).enumerate() {
            codes[turn * (step * LANES + lane)..][..turn].copy_from_slice(four);
        }
    }
}

/// The inverse of [`pack_row`], with the weights made floats.
fn unpack_row(format: Format, panel: &[u8], lane: usize, out: &mut [f32]) {
    let (block, header, turn) = (
        format.block_bytes(),
        header_bytes(format),
        turn_bytes(format),
    );
    let mut plain = [0_u8; 64];
    let blocks = panel
        .chunks_exact(block * LANES)
        .zip(out.chunks_exact_mut(format.block()));
    for (from, out) in blocks {
        let (scales, codes) = from.split_at(header * LANES);
        for (part, pair) in plain[..header].chunks_exact_mut(2).enumerate() {
            pair.copy_from_slice(&scales[2 * (part * LANES + lane)..][..2]);
        }
        for (step, four) in plain[header..block].chunks_exact_mut(turn).enumerate() {
            four.copy_from_slice(&codes[turn * (step * LANES + lane)..][..turn]);
        }
        format.dequantize(&plain[..block], out);
    }
}

/// Bytes of scale and minimum in a block.
const fn header_bytes(format: Format) -> usize {
    match format {
        Format::F32 | Format::F16 => 0,
        Format::Q8_0 => 2,
        Format::Q4_1 => 4,
    }
}

/// Bytes that a row contributes before it is the next one's turn.
const fn turn_bytes(format: Format) -> usize {
    match format {
        Format::F16 => size_of::<f16>(),
        Format::F32 | Format::Q8_0 | Format::Q4_1 => 4,
    }
}
