//! Between the product that makes queries, keys and values and the attention that reads them:
//! heads are normalised and turned, keys and values go to their pages. Shared out among the team
//! by pages, for a page belongs to one sequence.

use std::ops::Range;

use half::f16;

use super::attention::{Heads, PAGE};
use super::kept::{KeptMut, place};
use super::parts::Parts;
use super::{Compute, Kernels, Pairing, rotate_head};

/// Rows below which the work is not worth handing out.
const FEW: usize = 8;

/// What is done to each row.
#[derive(Clone, Copy)]
pub(crate) struct Finishing<'a> {
    pub(crate) heads: Heads,
    pub(crate) pairing: Pairing,
    /// `[rows, Heads::size]`: cosines, then sines.
    pub(crate) angles: &'a [f32],
    /// Weights of the norms of each query head and each key head, and what is added under the
    /// root.
    pub(crate) norms: Option<(&'a [f32], &'a [f32], f32)>,
}

/// Some rows of one sequence, which follow one another.
#[derive(Clone, Copy)]
pub(crate) struct Own<'a> {
    /// Its pages.
    pub(crate) table: &'a [u32],
    /// The token that the first row belongs to.
    pub(crate) first: usize,
    pub(crate) tokens: usize,
}

/// Rows that go to one page.
struct Piece {
    page: usize,
    slot: usize,
    rows: Range<usize>,
}

/// Finishes `rows` (`[tokens, Heads::row]`, those of the first sequence first) and writes their
/// keys and values. Panics if lengths do not belong together or two sequences share a page that is
/// written.
pub(crate) fn remember(
    compute: &Compute,
    rows: &mut [f32],
    how: Finishing<'_>,
    sequences: &[Own<'_>],
    (keys, values): (KeptMut<'_>, KeptMut<'_>),
) {
    let (width, kv) = (how.heads.row(), how.heads.kv_row());
    let count = rows.len() / width;
    let pieces = pieces(sequences);
    let covered: usize = pieces.iter().map(|piece| piece.rows.len()).sum();
    assert!(covered == count && rows.len() == count * width, "all rows");
    assert_eq!(how.angles.len(), count * how.heads.size, "angles for each");
    let grain = if count < FEW { pieces.len() } else { 1 };
    let (rows, kernels) = (Parts::new(rows), compute.kernels());
    let (keys, values) = (KeptParts::new(keys), KeptParts::new(values));
    compute.team().split(pieces.len(), grain, |some| {
        for piece in &pieces[some] {
            let part = piece.rows.start * width..piece.rows.end * width;
            // SAFETY: rows belong to one piece and pages to one piece, which `pieces` has made
            // sure of; `split` hands out each piece once.
            #[allow(unsafe_code, reason = "shared output of the kernels")]
            let (rows, keys, values) = unsafe {
                (
                    rows.part(part),
                    keys.page(piece.page, kv),
                    values.page(piece.page, kv),
                )
            };
            how.piece(kernels, piece, rows, (keys, values));
        }
    });
}

/// Cuts the rows of all sequences at the ends of their pages. Panics if a page comes twice.
fn pieces(sequences: &[Own<'_>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut row = 0;
    for own in sequences {
        let mut done = 0;
        while done < own.tokens {
            let (page, slot) = place(own.table, own.first + done);
            let count = (PAGE - slot).min(own.tokens - done);
            let rows = row..row + count;
            pieces.push(Piece { page, slot, rows });
            (row, done) = (row + count, done + count);
        }
    }
    let mut pages: Vec<_> = pieces.iter().map(|piece| piece.page).collect();
    pages.sort_unstable();
    pages.dedup();
    assert_eq!(pages.len(), pieces.len(), "pages have one writer");
    pieces
}

impl Finishing<'_> {
    fn piece(
        &self,
        kernels: &Kernels,
        piece: &Piece,
        rows: &mut [f32],
        (mut keys, mut values): (KeptMut<'_>, KeptMut<'_>),
    ) {
        let (heads, kv) = (self.heads, self.heads.kv_row());
        let queries = heads.query * heads.size;
        let mut halves = vec![f16::ZERO; kv];
        let rows = rows.chunks_exact_mut(heads.row()).zip(piece.rows.clone());
        for (i, (row, number)) in rows.enumerate() {
            self.turn(kernels, &mut row[..queries + kv], number);
            let (key, value) = row[queries..].split_at(kv);
            keys.put_key(kernels, piece.slot + i, key, &mut halves);
            values.put_value(kernels, piece.slot + i, value);
        }
    }

    /// Normalises and turns the queries and keys of row `number`.
    fn turn(&self, kernels: &Kernels, row: &mut [f32], number: usize) {
        let size = self.heads.size;
        let angles = &self.angles[number * size..][..size];
        let (cosines, sines) = angles.split_at(size / 2);
        let mut normed = vec![0.0; size];
        for (i, head) in row.chunks_exact_mut(size).enumerate() {
            if let Some((queries, keys, eps)) = self.norms {
                let weight = if i < self.heads.query { queries } else { keys };
                (kernels.rms_norm)(head, weight, eps, &mut normed);
                head.copy_from_slice(&normed);
            }
            rotate_head(head, cosines, sines, self.pairing);
        }
    }
}

/// Keys or values that several threads write, each its own pages.
enum KeptParts<'a> {
    Half(Parts<'a, f16>),
    Single(Parts<'a, f32>),
    /// Codes and their scales, and how many codes share one.
    Bytes(Parts<'a, i8>, Parts<'a, f32>, usize),
}

impl<'a> KeptParts<'a> {
    fn new(kept: KeptMut<'a>) -> Self {
        match kept {
            KeptMut::Half(all) => Self::Half(Parts::new(all)),
            KeptMut::Single(all) => Self::Single(Parts::new(all)),
            KeptMut::Bytes { codes, scales } => {
                let size = codes.len() / scales.len();
                Self::Bytes(Parts::new(codes), Parts::new(scales), size)
            }
        }
    }

    /// A page, of rows of `width`.
    ///
    /// # Safety
    /// While it lives, it may not be asked for again.
    #[allow(unsafe_code, reason = "shared output of the kernels")]
    unsafe fn page(&self, page: usize, width: usize) -> KeptMut<'_> {
        let numbers = page * PAGE * width..(page + 1) * PAGE * width;
        // SAFETY: pages do not overlap, and the caller asks for each once.
        unsafe {
            match self {
                Self::Half(all) => KeptMut::Half(all.part(numbers)),
                Self::Single(all) => KeptMut::Single(all.part(numbers)),
                Self::Bytes(codes, scales, size) => KeptMut::Bytes {
                    scales: scales.part(numbers.start / size..numbers.end / size),
                    codes: codes.part(numbers),
                },
            }
        }
    }
}
