//! Causal attention of each sequence over its own cache, shared out among the team.
//!
//! One or a few tokens: each head of each token is a piece of work that reads the cache as it is.
//! Many tokens (a prompt): pieces are blocks of tokens under one key head; keys and values come
//! by in blocks of 64, are made single precision once for all tokens of the piece, and the
//! softmax runs along (Milakov and Gimelshein 2018, arXiv:1805.02867), so that no score matrix is
//! ever kept.

use half::f16;

use super::parts::Parts;
use super::{Compute, Kernels};

/// Tokens in a page of keys and values.
pub(crate) const PAGE: usize = 32;
/// Keys that a prompt's tokens meet at a time.
const KEYS: usize = 64;
/// Fewer tokens than this are no prompt.
const PROMPT: usize = 4;
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

/// Keys or values of all sequences, `[pages * PAGE, Heads::kv_row]`.
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

/// The row of token `token` of the sequence whose pages `table` lists.
pub(crate) fn place(table: &[u32], token: usize) -> usize {
    table[token / PAGE] as usize * PAGE + token % PAGE
}

impl KeptMut<'_> {
    /// Writes the rows `rows` (each `width` long) to their pages.
    pub(crate) fn write<'r>(
        &mut self,
        kernels: &Kernels,
        pages: Pages<'_>,
        width: usize,
        rows: impl Iterator<Item = &'r [f32]>,
    ) {
        for (i, row) in rows.enumerate() {
            let place = place(pages.table, pages.first + i);
            let place = place * width..(place + 1) * width;
            match self {
                Self::Half(all) => (kernels.narrow)(row, &mut all[place]),
                Self::Single(all) => all[place].copy_from_slice(row),
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
        match self.tokens() {
            tokens if tokens < PROMPT => tokens * self.heads.query,
            tokens => self.heads.kv * tokens.div_ceil(TOKENS),
        }
    }

    /// Does piece `piece`; its outputs begin at `start`.
    fn piece(&self, kernels: &Kernels, piece: usize, out: &Parts<'_, f32>, start: usize) {
        let (heads, tokens) = (self.heads, self.tokens());
        if tokens < PROMPT {
            let at = start + piece * heads.size;
            // SAFETY: a piece is one head of one token, and pieces are handed out once.
            #[allow(unsafe_code, reason = "shared output of the kernels")]
            let out = unsafe { out.part(at..at + heads.size) };
            self.one(kernels, piece / heads.query, piece % heads.query, out);
            return;
        }
        let blocks = tokens.div_ceil(TOKENS);
        let first = piece % blocks * TOKENS;
        let tokens = first..tokens.min(first + TOKENS);
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

    /// One head of one token.
    fn one(&self, kernels: &Kernels, token: usize, head: usize, out: &mut [f32]) {
        let (size, stride) = (self.heads.size, self.heads.kv_row());
        let query = self.query(token, head);
        let mut scores = vec![0.0; self.past + token + 1];
        let start = |page: usize| {
            place(self.table, page * PAGE) * stride + head / self.heads.group() * size
        };
        for (page, scores) in scores.chunks_mut(PAGE).enumerate() {
            match self.keys {
                Kept::Half(all) => (kernels.dots_f16)(&query, &all[start(page)..], stride, scores),
                Kept::Single(all) => {
                    (kernels.dots_f32)(&query, &all[start(page)..], stride, scores);
                }
            }
        }
        let (_, sum) = (kernels.exponents)(&mut scores, f32::NEG_INFINITY);
        out.fill(0.0);
        for (page, scores) in scores.chunks(PAGE).enumerate() {
            match self.values {
                Kept::Half(all) => (kernels.blend_f16)(scores, &all[start(page)..], stride, out),
                Kept::Single(all) => (kernels.blend_f32)(scores, &all[start(page)..], stride, out),
            }
        }
        out.iter_mut().for_each(|out| *out /= sum);
    }
}

/// Some tokens under one key head.
struct Block<'a> {
    of: &'a Attention<'a>,
    kv: usize,
    tokens: std::ops::Range<usize>,
    /// A row for each token and query head: its scaled query, what it has gathered, and how much.
    rows: Vec<Row>,
    /// Keys of a block, transposed `[size, KEYS]`; values `[KEYS, size]`; both single precision.
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

    /// Brings `count` keys and values from `first` on to single precision.
    fn load(&mut self, kernels: &Kernels, first: usize, count: usize) {
        let (size, stride) = (self.of.heads.size, self.of.heads.kv_row());
        let mut key = vec![0.0; size];
        for i in 0..count {
            let start = place(self.of.table, first + i) * stride + self.kv * size;
            copy(kernels, self.of.keys, start, &mut key);
            for (lane, key) in key.iter().enumerate() {
                self.keys[lane * KEYS + i] = *key;
            }
            copy(
                kernels,
                self.of.values,
                start,
                &mut self.values[i * size..][..size],
            );
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
            (kernels.blend_f32)(&row.query, &self.keys, KEYS, &mut scores);
            let scores = &mut scores[..visible];
            let (most, sum) = (kernels.exponents)(scores, row.most);
            let fade = (row.most - most).exp();
            row.gathered
                .iter_mut()
                .for_each(|gathered| *gathered *= fade);
            (kernels.blend_f32)(scores, &self.values, size, &mut row.gathered);
            (row.most, row.sum) = (most, row.sum * fade + sum);
        }
    }
}

/// One row of the cache in single precision.
fn copy(kernels: &Kernels, kept: Kept<'_>, start: usize, out: &mut [f32]) {
    match kept {
        Kept::Half(all) => (kernels.widen)(&all[start..start + out.len()], out),
        Kept::Single(all) => out.copy_from_slice(&all[start..start + out.len()]),
    }
}
