//! What a matrix is multiplied with: rows as they are, or made on the way, so that what comes
//! before a product needs no pass of its own.

use super::parts::by_rows;
use super::scratch::Lent;
use super::{Compute, Kernels};

/// Rows of the left side of a product.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a> {
    /// `[tokens, columns]`.
    Given(&'a [f32]),
    /// Rows of `x`, normalised: `x / rms(x) * weight`.
    Normed {
        x: &'a [f32],
        weight: &'a [f32],
        eps: f32,
    },
    /// `[tokens, 2 * columns]`: the first half of each row is the gate of the second.
    Gated(&'a [f32]),
}

impl<'a> Input<'a> {
    /// How many rows of `columns` it has. Panics if they are not whole.
    pub(super) fn tokens(&self, columns: usize) -> usize {
        let (length, each) = match self {
            Self::Given(x) => (x.len(), columns),
            Self::Normed { x, weight, .. } => {
                assert_eq!(weight.len(), columns, "a weight for each column");
                (x.len(), columns)
            }
            Self::Gated(x) => (x.len(), 2 * columns),
        };
        assert!(length.is_multiple_of(each), "whole tokens");
        length / each
    }

    /// Row `token`, which may be made in `room`.
    pub(super) fn row<'r>(
        &self,
        kernels: &Kernels,
        token: usize,
        columns: usize,
        room: &'r mut [f32],
    ) -> &'r [f32]
    where
        'a: 'r,
    {
        let part = |x: &'a [f32], each: usize| &x[token * each..][..each];
        match *self {
            Self::Given(x) => return part(x, columns),
            Self::Normed { x, weight, eps } => {
                (kernels.rms_norm)(part(x, columns), weight, eps, room);
            }
            Self::Gated(x) => {
                let (gate, up) = part(x, 2 * columns).split_at(columns);
                (kernels.swiglu)(gate, up, room);
            }
        }
        room
    }

    /// All rows, `[tokens, columns]`, made.
    pub(super) fn made<'c>(&self, compute: &'c Compute, columns: usize) -> Lent<'c, f32> {
        let mut all = compute.floats(self.tokens(columns) * columns);
        by_rows(compute.team(), &mut all, columns, 8, |token, out| {
            if let Self::Given(x) = self {
                out.copy_from_slice(&x[token * columns..][..columns]);
            } else {
                self.row(compute.kernels(), token, columns, out);
            }
        });
        all
    }
}
