//! Attention of tokens whose view is bounded: they see the last tokens only, or their scores are
//! bounded. In plain code, for few models need it and only beyond their windows; each sum runs in
//! one order, whatever the batch and the threads.

use std::sync::Mutex;

use super::{Attending, Span};
use crate::engine::kernels::Compute;
use crate::engine::kernels::attention::PAGE;
use crate::engine::kernels::kept::{Codes, Kept};

/// Some rows of one sequence, whose keys and values were written.
pub(super) struct Bounded<'a> {
    pub(super) how: &'a Attending,
    pub(super) span: &'a Span,
    /// Position of the first row.
    pub(super) position: usize,
    /// `[tokens, Heads::row]`.
    pub(super) rows: &'a [f32],
    pub(super) keys: Kept<'a>,
    pub(super) values: Kept<'a>,
}

impl Bounded<'_> {
    /// Writes what each row's query heads gather to `out`, `[tokens, query heads * size]`.
    pub(super) fn run(&self, compute: &Compute, out: &mut [f32]) {
        let heads = self.how.heads;
        let parts = out.chunks_exact_mut(heads.size).map(Mutex::new);
        let parts: Vec<_> = parts.collect();
        compute.team().split(parts.len(), 1, |piece| {
            for part in piece {
                // Nobody else has this part.
                let Ok(mut out) = parts[part].lock() else {
                    continue;
                };
                let (token, head) = (part / heads.query, part % heads.query);
                match (&self.keys, &self.values) {
                    (Kept::Half(keys), Kept::Half(values)) => {
                        self.head((token, head), (keys, values), None, &mut out);
                    }
                    (Kept::Single(keys), Kept::Single(values)) => {
                        self.head((token, head), (keys, values), None, &mut out);
                    }
                    (Kept::Bytes(keys), Kept::Bytes(values)) => {
                        let numbers = (keys.codes, values.codes);
                        self.head((token, head), numbers, Some((*keys, *values)), &mut out);
                    }
                    _ => unreachable!("keys and values are kept alike"),
                }
            }
        });
    }

    /// Lets a query head of a token gather; of bytes, the scales are given beside.
    fn head<T: Copy + Into<f32>>(
        &self,
        (token, head): (usize, usize),
        (keys, values): (&[T], &[T]),
        codes: Option<(Codes<'_>, Codes<'_>)>,
        out: &mut [f32],
    ) {
        let (heads, view) = (self.how.heads, self.how.view);
        let position = self.position + token;
        let first = view.first(position);
        let kv = head / (heads.query / heads.kv);
        let lane = kv * heads.size;
        let query = &self.rows[token * heads.row() + head * heads.size..][..heads.size];
        let mut scores = Vec::with_capacity(position + 1 - first);
        #[allow(clippy::cast_precision_loss, reason = "heads are small")]
        let scale = (heads.size as f32).sqrt().recip();
        for (page, slots) in pages(first, position) {
            let page = self.span.table[page] as usize;
            let start = page * heads.kv_row() + lane;
            let numbers = &keys[start * PAGE..][..heads.size * PAGE];
            let mut sums = [0.0_f32; PAGE];
            for (query, keys) in query.iter().zip(numbers.as_chunks::<PAGE>().0) {
                for (sum, key) in sums.iter_mut().zip(keys) {
                    let key: f32 = (*key).into();
                    *sum += query * key;
                }
            }
            if let Some((keys, _)) = codes {
                let scales = keys.scales((page, kv), heads.kv);
                sums.iter_mut()
                    .zip(scales)
                    .for_each(|(s, scale)| *s *= scale);
            }
            scores.extend_from_slice(&sums[slots]);
        }
        let bounded = |score: f32| match view.cap {
            Some(cap) => cap * (score / cap).tanh(),
            None => score,
        };
        scores.iter_mut().for_each(|s| *s = bounded(*s * scale));
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        scores.iter_mut().for_each(|s| *s = (*s - most).exp());
        let sum: f32 = scores.iter().sum();
        out.fill(0.0);
        let mut left = scores.iter();
        for (page, slots) in pages(first, position) {
            let page = self.span.table[page] as usize;
            let scales = codes.map(|(_, values)| values.scales((page, kv), heads.kv));
            for (slot, weight) in slots.zip(&mut left) {
                let value = &values[(page * PAGE + slot) * heads.kv_row() + lane..][..heads.size];
                let weight = weight / sum * scales.map_or(1.0, |scales| scales[slot]);
                for (out, value) in out.iter_mut().zip(value) {
                    let value: f32 = (*value).into();
                    *out += weight * value;
                }
            }
        }
    }
}

/// The pages in which the tokens from `first` to `last` lie, each with their slots in it.
fn pages(first: usize, last: usize) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> {
    (first / PAGE..=last / PAGE).map(move |page| {
        let begin = first.saturating_sub(page * PAGE);
        (page, begin..PAGE.min(last + 1 - page * PAGE))
    })
}
