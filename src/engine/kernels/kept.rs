//! Keys and values as pages keep them, and how they are written there.
//!
//! In half precision or single precision they are what they are. As bytes each head of a token is
//! rounded by itself: its largest number becomes 127, and a scale says what that was. So a number is
//! off by at most 1/254 of the largest of its head, and no head pays for another's outliers.

use half::f16;

use super::Kernels;
use super::attention::PAGE;

/// Keys or values of all sequences, page after page. A page of values holds row after row of
/// `Heads::kv_row` numbers; a page of keys the first number of each of its tokens, then the second
/// and so on.
#[derive(Clone, Copy)]
pub(crate) enum Kept<'a> {
    Half(&'a [f16]),
    Single(&'a [f32]),
    Bytes(Codes<'a>),
}

/// Numbers rounded to bytes, from -127 to 127, and what a step of them is worth.
#[derive(Clone, Copy)]
pub(crate) struct Codes<'a> {
    pub(crate) codes: &'a [i8],
    /// Of each page, for keys and values alike: those of the first head of each of its tokens, then
    /// of the second and so on.
    pub(crate) scales: &'a [f32],
}

impl<'a> Codes<'a> {
    /// The scales of a head of a page, where there are `heads` of them.
    pub(crate) fn scales(&self, (page, head): (usize, usize), heads: usize) -> &'a [f32] {
        &self.scales[(page * heads + head) * PAGE..][..PAGE]
    }
}

/// The same, to be written.
pub(crate) enum KeptMut<'a> {
    Half(&'a mut [f16]),
    Single(&'a mut [f32]),
    Bytes {
        codes: &'a mut [i8],
        scales: &'a mut [f32],
    },
}

/// Where a sequence's next rows go.
#[derive(Clone, Copy)]
pub(crate) struct Pages<'a> {
    pub(crate) table: &'a [u32],
    /// The token that the first row belongs to.
    pub(crate) first: usize,
}

/// Page and place in it of token `token` of the sequence whose pages `table` lists.
pub(crate) fn place(table: &[u32], token: usize) -> (usize, usize) {
    (table[token / PAGE] as usize, token % PAGE)
}

/// The largest magnitude below which a head is taken for zeros: what it would have to be multiplied
/// by is beyond what a float holds.
pub(crate) const LEAST: f32 = 1e-36;

/// What the numbers of `head` are multiplied by to become codes, and the scale that undoes it. If
/// one of them is no number the scale is none either, so that nothing sound is made of it.
fn steps(head: &[f32]) -> (f32, f32) {
    let most = head.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    match head.iter().all(|x| x.is_finite()) {
        true => (127.0 / most.max(LEAST), most / 127.0),
        false => (0.0, f32::NAN),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "at most 127 by its scale; what is no number becomes 0"
)]
fn code(x: f32, inverse: f32) -> i8 {
    (x * inverse).round_ties_even() as i8
}

impl KeptMut<'_> {
    /// Page `page`, of rows of `width`.
    fn page(&mut self, page: usize, width: usize) -> KeptMut<'_> {
        let numbers = page * PAGE * width..(page + 1) * PAGE * width;
        match self {
            Self::Half(all) => KeptMut::Half(&mut all[numbers]),
            Self::Single(all) => KeptMut::Single(&mut all[numbers]),
            Self::Bytes { codes, scales } => {
                let size = codes.len() / scales.len();
                KeptMut::Bytes {
                    scales: &mut scales[numbers.start / size..numbers.end / size],
                    codes: &mut codes[numbers],
                }
            }
        }
    }

    /// Writes the values `rows` (each `width` long) to their pages.
    pub(crate) fn write_values<'r>(
        &mut self,
        kernels: &Kernels,
        pages: Pages<'_>,
        width: usize,
        rows: impl Iterator<Item = &'r [f32]>,
    ) {
        for (i, row) in rows.enumerate() {
            let (page, slot) = place(pages.table, pages.first + i);
            self.page(page, width).put_value(kernels, slot, row);
        }
    }

    /// Writes the keys `rows` (each `width` long) to their pages.
    pub(crate) fn write_keys<'r>(
        &mut self,
        kernels: &Kernels,
        pages: Pages<'_>,
        width: usize,
        rows: impl Iterator<Item = &'r [f32]>,
    ) {
        let mut halves = vec![f16::ZERO; width];
        for (i, row) in rows.enumerate() {
            let (page, slot) = place(pages.table, pages.first + i);
            self.page(page, width)
                .put_key(kernels, slot, row, &mut halves);
        }
    }

    /// Writes a value to place `slot` of a page.
    pub(super) fn put_value(&mut self, kernels: &Kernels, slot: usize, row: &[f32]) {
        let numbers = slot * row.len()..(slot + 1) * row.len();
        match self {
            Self::Half(page) => (kernels.narrow)(row, &mut page[numbers]),
            Self::Single(page) => page[numbers].copy_from_slice(row),
            Self::Bytes { codes, scales } => {
                let size = codes.len() / scales.len();
                let heads = row.chunks_exact(size);
                let codes = codes[numbers].chunks_exact_mut(size);
                let scales = scales.as_chunks_mut::<PAGE>().0;
                for ((head, codes), scales) in heads.zip(codes).zip(scales) {
                    let inverse;
                    (inverse, scales[slot]) = steps(head);
                    let each = codes.iter_mut().zip(head);
                    each.for_each(|(to, x)| *to = code(*x, inverse));
                }
            }
        }
    }

    /// Writes a key to place `slot` of a page, by way of `halves`, which is as long.
    pub(super) fn put_key(
        &mut self,
        kernels: &Kernels,
        slot: usize,
        row: &[f32],
        halves: &mut [f16],
    ) {
        match self {
            Self::Half(page) => {
                (kernels.narrow)(row, halves);
                let lanes = page.as_chunks_mut::<PAGE>().0.iter_mut();
                lanes.zip(halves).for_each(|(lane, key)| lane[slot] = *key);
            }
            Self::Single(page) => {
                let lanes = page.as_chunks_mut::<PAGE>().0.iter_mut();
                lanes.zip(row).for_each(|(lane, key)| lane[slot] = *key);
            }
            Self::Bytes { codes, scales } => {
                let size = codes.len() / scales.len();
                let heads = row.chunks_exact(size);
                let lanes = codes.as_chunks_mut::<PAGE>().0.chunks_exact_mut(size);
                let scales = scales.as_chunks_mut::<PAGE>().0;
                for ((head, lanes), scales) in heads.zip(lanes).zip(scales) {
                    let inverse;
                    (inverse, scales[slot]) = steps(head);
                    let each = lanes.iter_mut().zip(head);
                    each.for_each(|(lane, x)| lane[slot] = code(*x, inverse));
                }
            }
        }
    }
}
