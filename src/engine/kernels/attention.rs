//! Causal attention of each sequence over its own pages, shared out among the team.
//!
//! Pieces of work are blocks of tokens under one key head. Keys and values come by in pages, two at
//! a time, are made single precision once for all rows of the piece, and the softmax runs along
//! (Milakov and Gimelshein 2018, arXiv:1805.02867), so that no score matrix is ever kept.
//!
//! What a row adds up, and in which order, depends on its own position alone: whether its prompt
//! was read in one piece or in many, or partly found from before, it gets the same bit for bit. A
//! seed would not give the same answer twice otherwise, for a flipped bit moves what is rounded
//! next.

use half::f16;

use super::parts::Parts;
use super::{Compute, Kernels};

/// Tokens in a page of keys and values.
pub(crate) const PAGE: usize = 32;
/// Keys that a row meets at a time: two pages.
const KEYS: usize = 2 * PAGE;
/// Tokens of a prompt in one piece of work.
const TOKENS: usize = 32;

/// The heads of an attention layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heads {
    pub(crate) query: usize,
    /// Key and value heads; each serves `query / kv` query heads.
    pub(crate) kv: usize,
    pub(crate) size: usize,
}

impl Heads {
    /// Numbers in a row of queries, keys and values together.
    pub(crate) fn row(&self) -> usize {
        (self.query + 2 * self.kv) * self.size
    }

    /// Numbers in a row of keys, or of values.
    pub(crate) fn kv_row(&self) -> usize {
        self.kv * self.size
    }

    fn group(&self) -> usize {
        self.query / self.kv
    }
}

/// Keys or values of all sequences, page after page. A page of values holds row after row of
/// [`Heads::kv_row`] numbers; a page of keys the first number of each of its tokens, then the
/// second and so on.
#[derive(Clone, Copy)]
pub(crate) enum Kept<'a> {
    Half(&'a [f16]),
    Single(&'a [f32]),
}

/// The same, to be written.
pub(crate) enum KeptMut<'a> {
    Half(&'a mut [f16]),
    Single(&'a mut [f32]),
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

impl KeptMut<'_> {
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
            let start = (page * PAGE + slot) * width;
            match self {
                Self::Half(all) => (kernels.narrow)(row, &mut all[start..start + width]),
                Self::Single(all) => all[start..start + width].copy_from_slice(row),
            }
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
            let lanes = page * PAGE * width..(page + 1) * PAGE * width;
            match self {
                Self::Half(all) => {
                    (kernels.narrow)(row, &mut halves);
                    let lanes = all[lanes].as_chunks_mut::<PAGE>().0;
                    lanes
                        .iter_mut()
                        .zip(&halves)
                        .for_each(|(lane, key)| lane[slot] = *key);
                }
                Self::Single(all) => {
                    let lanes = all[lanes].as_chunks_mut::<PAGE>().0;
                    lanes
                        .iter_mut()
                        .zip(row)
                        .for_each(|(lane, key)| lane[slot] = *key);
                }
            }
        }
    }
}

/// What one call computes on.
pub(crate) struct Attention<'a> {
    pub(crate) heads: Heads,
    /// Tokens that the pages held before those of `rows`, which were written since.
    pub(crate) past: usize,
    /// The sequence's pages.
    pub(crate) table: &'a [u32],
    /// `[tokens, Heads::row]`: queries, then keys and values; queries and keys already turned.
    pub(crate) rows: &'a [f32],
    pub(crate) keys: Kept<'a>,
    pub(crate) values: Kept<'a>,
}

/// Computes all of `each`, whose outputs `[tokens, query heads * size]` follow one another.
pub(crate) fn run(each: &[Attention<'_>], compute: &Compute, out: &mut [f32]) {
    // Where the pieces of each begin, and its output.
    let (mut pieces, mut start) = (0, 0);
    let mut places = Vec::with_capacity(each.len());
    for attention in each {
        places.push((pieces, start));
        pieces += attention.pieces();
        start += attention.tokens() * attention.heads.query * attention.heads.size;
    }
    assert_eq!(out.len(), start, "room for every head");
    let (out, kernels) = (Parts::new(out), compute.kernels());
    compute.team().split(pieces, 1, |some| {
        for piece in some {
            let at = places.partition_point(|(first, _)| *first <= piece) - 1;
            let (first, start) = places[at];
            each[at].piece(kernels, piece - first, &out, start);
        }
    });
}

impl Attention<'_> {
    fn tokens(&self) -> usize {
        self.rows.len() / self.heads.row()
    }

    /// How many pieces of work it is.
    fn pieces(&self) -> usize {
        self.heads.kv * self.tokens().div_ceil(TOKENS)
    }

    /// Does piece `piece`; its outputs begin at `start`.
    fn piece(&self, kernels: &Kernels, piece: usize, out: &Parts<'_, f32>, start: usize) {
        let blocks = self.tokens().div_ceil(TOKENS);
        let first = piece % blocks * TOKENS;
        let tokens = first..self.tokens().min(first + TOKENS);
        Block::new(self, piece / blocks, tokens).run(kernels, out, start);
    }

    /// The query of one token's head, scaled.
    fn query(&self, token: usize, head: usize) -> Vec<f32> {
        let size = self.heads.size;
        #[allow(clippy::cast_precision_loss, reason = "heads are small")]
        let scale = (size as f32).sqrt().recip();
        let row = &self.rows[token * self.heads.row() + head * size..][..size];
        row.iter().map(|x| x * scale).collect()
    }
}

/// Some tokens under one key head.
struct Block<'a> {
    of: &'a Attention<'a>,
    kv: usize,
    tokens: std::ops::Range<usize>,
    /// A row for each token and query head: its scaled query, what it has gathered, and how much.
    rows: Vec<Row>,
    /// Keys `[size, KEYS]` and values `[KEYS, size]`, single precision.
    keys: Vec<f32>,
    values: Vec<f32>,
}

struct Row {
    token: usize,
    head: usize,
    query: Vec<f32>,
    gathered: Vec<f32>,
    most: f32,
    sum: f32,
}

impl<'a> Block<'a> {
    fn new(of: &'a Attention<'a>, kv: usize, tokens: std::ops::Range<usize>) -> Self {
        let (size, group) = (of.heads.size, of.heads.group());
        let row = |token: usize, head: usize| Row {
            token,
            head,
            query: of.query(token, head),
            gathered: vec![0.0; size],
            most: f32::NEG_INFINITY,
            sum: 0.0,
        };
        let heads = kv * group..(kv + 1) * group;
        let rows = tokens
            .clone()
            .flat_map(|t| heads.clone().map(move |h| (t, h)));
        let rows = rows.map(|(token, head)| row(token, head)).collect();
        let (keys, values) = (vec![0.0; size * KEYS], vec![0.0; KEYS * size]);
        Self {
            of,
            kv,
            tokens,
            rows,
            keys,
            values,
        }
    }

    fn run(mut self, kernels: &Kernels, out: &Parts<'_, f32>, start: usize) {
        let end = self.of.past + self.tokens.end;
        for first in (0..end).step_by(KEYS) {
            self.load(kernels, first, KEYS.min(end - first));
            self.meet(kernels, first, KEYS.min(end - first));
        }
        let heads = self.of.heads;
        for row in &self.rows {
            let start = start + (row.token * heads.query + row.head) * heads.size;
            // SAFETY: each token and head belongs to one piece, and pieces are handed out once.
            #[allow(unsafe_code, reason = "shared output of the kernels")]
            let out = unsafe { out.part(start..start + heads.size) };
            for (out, gathered) in out.iter_mut().zip(&row.gathered) {
                *out = gathered / row.sum;
            }
        }
    }

    /// Brings the two pages from token `first` on to single precision, as far as there are `count`
    /// tokens.
    fn load(&mut self, kernels: &Kernels, first: usize, count: usize) {
        let (size, width) = (self.of.heads.size, self.of.heads.kv_row());
        for at in (0..count).step_by(PAGE) {
            let (page, _) = place(self.of.table, first + at);
            let start = (page * width + self.kv * size) * PAGE;
            let lanes = self.keys.as_chunks_mut::<KEYS>().0;
            for (lane, keys) in lanes.iter_mut().enumerate() {
                let keys = &mut keys[at..at + PAGE];
                copy(kernels, self.of.keys, start + lane * PAGE, keys);
            }
            for token in at..count.min(at + PAGE) {
                let start = (page * PAGE + token - at) * width + self.kv * size;
                copy(
                    kernels,
                    self.of.values,
                    start,
                    &mut self.values[token * size..][..size],
                );
            }
        }
    }

    /// Lets every row gather from the loaded keys that it may see.
    fn meet(&mut self, kernels: &Kernels, first: usize, count: usize) {
        let size = self.of.heads.size;
        for row in &mut self.rows {
            let visible = (self.of.past + row.token + 1)
                .saturating_sub(first)
                .min(count);
            if visible == 0 {
                continue;
            }
            let mut scores = [0.0; KEYS];
            (kernels.blend)(&row.query, &self.keys, KEYS, &mut scores);
            let scores = &mut scores[..visible];
            let (most, sum) = (kernels.exponents)(scores, row.most);
            let fade = (row.most - most).exp();
            row.gathered
                .iter_mut()
                .for_each(|gathered| *gathered *= fade);
            (kernels.blend)(scores, &self.values, size, &mut row.gathered);
            (row.most, row.sum) = (most, row.sum * fade + sum);
        }
    }
}

/// Numbers of a page in single precision.
fn copy(kernels: &Kernels, kept: Kept<'_>, start: usize, out: &mut [f32]) {
    match kept {
        Kept::Half(all) => (kernels.widen)(&all[start..start + out.len()], out),
        Kept::Single(all) => out.copy_from_slice(&all[start..start + out.len()]),
    }
}
