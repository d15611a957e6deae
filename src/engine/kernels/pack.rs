//! Matrices packed for the kernels: [`LANES`] rows side by side.
//!
//! A matrix is a list of row segments, each in its own format (query, key and value of one layer
//! may be of different ones). A segment is a list of panels of as many rows as there are lanes;
//! the last is filled up with zeros. How quantised weights lie in a panel says [`super::panel`];
//! of dense formats a panel holds column after column.

use std::sync::Arc;

use super::LANES;
use super::panel::{self, Lane, Unit};
use super::parts::by_rows;
use super::plain;
use super::team::Team;
use crate::engine::quant::Format;

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
    /// Not packed at all: row by row in this format, for a device that is no CPU.
    plain: Option<Format>,
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
            plain: None,
        };
        let mut segments = Vec::new();
        for &(format, rows) in parts {
            let segment = Segment {
                format,
                rows,
                first_row: plan.rows,
                first_panel: plan.panels,
                offset: plan.bytes.next_multiple_of(ALIGNMENT),
                panel_bytes: panel_bytes(format, columns),
            };
            plan.rows += rows;
            plan.panels += segment.panels();
            plan.bytes = segment.offset + segment.panels() * segment.panel_bytes;
            segments.push(segment);
        }
        plan.segments = segments.into();
        plan
    }

    /// A plan for `rows` rows that lie one after the other, in a dense format.
    pub(crate) fn plain(columns: usize, rows: usize, format: Format) -> Self {
        Self {
            columns,
            rows,
            panels: 0,
            // In whole words, as devices count.
            bytes: (rows * columns * format.block_bytes()).next_multiple_of(4),
            segments: Arc::new([]),
            plain: Some(format),
        }
    }

    /// The format of a matrix that is not packed.
    #[cfg(feature = "gpu")]
    pub(crate) fn is_plain(&self) -> Option<Format> {
        self.plain
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
            .any(|segment| !segment.format.is_dense())
    }

    /// Whether any segment is of a format that takes activations as they are.
    pub(super) fn dense(&self) -> bool {
        self.segments
            .iter()
            .any(|segment| segment.format.is_dense())
    }

    /// Packs the rows of each segment, as they lie in the file, into `packed` (all zero before).
    /// A source whose format is not its segment's is quantised on the way, row by row; then the
    /// segment's is Q8_0. A plain matrix takes sources of any format.
    pub(crate) fn pack(&self, team: &Team, sources: &[(Format, &[u8])], packed: &mut [u8]) {
        assert_eq!(packed.len(), self.bytes, "as many bytes as planned");
        if let Some(format) = self.plain {
            return plain::lay(team, self.columns, sources, format, packed);
        }
        assert_eq!(
            sources.len(),
            self.segments.len(),
            "a source for each segment"
        );
        for (segment, (format, source)) in self.segments.iter().zip(sources) {
            let row_bytes = format.bytes_of(self.columns);
            let row_bytes = row_bytes.expect("rows of whole blocks");
            assert_eq!(source.len(), segment.rows * row_bytes, "whole rows");
            let length = segment.panels() * segment.panel_bytes;
            let panels = &mut packed[segment.offset..][..length];
            by_rows(team, panels, segment.panel_bytes, 8, |panel, out| {
                let rows = source[panel * LANES * row_bytes..]
                    .chunks_exact(row_bytes)
                    .take(LANES);
                if *format == segment.format {
                    for (lane, row) in rows.enumerate() {
                        pack_row(*format, row, lane, out);
                    }
                    return;
                }
                assert_eq!(segment.format, Format::Q8_0, "what can be quantised to");
                let mut floats = vec![0.0; self.columns];
                let mut blocks =
                    vec![0; self.columns / Format::Q8_0.block() * Format::Q8_0.block_bytes()];
                for (lane, row) in rows.enumerate() {
                    format.requantize(row, &mut floats, &mut blocks);
                    pack_row(segment.format, &blocks, lane, out);
                }
            });
        }
    }

    /// Packs sources that are in their segments' formats.
    #[cfg(test)]
    pub(crate) fn pack_plain(&self, team: &Team, sources: &[&[u8]], packed: &mut [u8]) {
        let formats = self.segments.iter().map(|segment| segment.format);
        let sources: Vec<_> = formats.zip(sources.iter().copied()).collect();
        self.pack(team, &sources, packed);
    }

    /// Writes the weights of one row of a packed matrix to `out`.
    pub(crate) fn row(&self, packed: &[u8], row: usize, out: &mut [f32]) {
        assert!(
            row < self.rows && out.len() == self.columns,
            "a row of the matrix"
        );
        if let Some(format) = self.plain {
            let length = self.columns * format.block_bytes();
            return format.dequantize(&packed[row * length..][..length], out);
        }
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

/// Bytes of a panel of `columns` columns.
fn panel_bytes(format: Format, columns: usize) -> usize {
    assert!(
        columns.is_multiple_of(format.block()),
        "rows of whole blocks"
    );
    if format.is_dense() {
        return columns * format.block_bytes() * LANES;
    }
    columns / format.block() * Unit::of(format).bytes()
}

/// Puts one row into its lane of a panel.
fn pack_row(format: Format, row: &[u8], lane: usize, panel: &mut [u8]) {
    let block = format.block_bytes();
    if format.is_dense() {
        let columns = panel.chunks_exact_mut(block * LANES);
        for (weight, column) in row.chunks_exact(block).zip(columns) {
            column[block * lane..][..block].copy_from_slice(weight);
        }
        return;
    }
    let units = panel.chunks_exact_mut(Unit::of(format).bytes());
    for (block, unit) in row.chunks_exact(block).zip(units) {
        panel::put(format, block, lane, unit);
    }
}

/// The inverse of [`pack_row`], with the weights made floats.
fn unpack_row(format: Format, panel: &[u8], lane: usize, out: &mut [f32]) {
    let block = format.block_bytes();
    if format.is_dense() {
        let columns = panel.chunks_exact(block * LANES);
        for (column, out) in columns.zip(out.chunks_exact_mut(1)) {
            format.dequantize(&column[block * lane..][..block], out);
        }
        return;
    }
    let units = panel.chunks_exact(Unit::of(format).bytes());
    for (unit, out) in units.zip(out.chunks_exact_mut(format.block())) {
        Lane::read(format, unit, lane).weights(format, out);
    }
}
