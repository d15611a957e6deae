//! Causal attention over the cache of one sequence, shared out among the team.
//!
//! One or a few tokens: each head of each token is a piece of work that reads the cache as it is.
//! Many tokens (a prompt): pieces are blocks of tokens under one key head; keys and values come
//! by in blocks of 64, are made single precision once for all tokens of the piece, and the
//! softmax runs along (Milakov and Gimelshein 2018, arXiv:1805.02867), so that no score matrix is
//! ever kept.

use half::f16;

use super::parts::{Parts, by_rows};
use super::{Compute, Kernels, TILE};

/// Keys that a prompt's tokens meet at a time.
const KEYS: usize = 64;
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

/// Keys or values of a sequence, token by token.
#[derive(Clone, Copy)]
pub(crate) enum Kept<'a> {
    Half(&'a [f16]),
    Single(&'a [f32]),
}

/// The same, to be appended to.
pub(crate) enum KeptMut<'a> {
    Half(&'a mut [f16]),
    Single(&'a mut [f32]),
}

impl KeptMut<'_> {
    /// Writes the rows `rows` (each `width` long) from token `at` on.
    pub(crate) fn append<'r>(
        &mut self,
        kernels: &Kernels,
        at: usize,
        width: usize,
        rows: impl Iterator<Item = &'r [f32]>,
    ) {
        for (i, row) in rows.enumerate() {
            let place = (at + i) * width..(at + i + 1) * width;
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
    /// Tokens that the cache held before those of `rows`, which were appended since.
    pub(crate) past: usize,
    /// `[tokens, Heads::row]`: queries, then keys and values; queries and keys already turned.
    pub(crate) rows: &'a [f32],
    pub(crate) keys: Kept<'a>,
    pub(crate) values: Kept<'a>,
}

impl Attention<'_> {
    /// Writes `[tokens, query heads * size]`.
    pub(crate) fn run(&self, compute: &Compute, out: &mut [f32]) {
        let heads = self.heads;
        let tokens = self.rows.len() / heads.row();
        assert_eq!(
            out.len(),
            tokens * heads.query * heads.size,
            "room for every head"
        );
        if tokens < TILE {
            by_rows(compute.team(), out, heads.size, 1, |piece, out| {
                self.one(
                    compute.kernels(),
                    piece / heads.query,
                    piece % heads.query,
                    out,
                );
            });
            return;
        }
        let blocks = tokens.div_ceil(TOKENS);
        let out = Parts::new(out);
        compute.team().split(heads.kv * blocks, 1, |pieces| {
            for piece in pieces {
                let first = piece % blocks * TOKENS;
                let tokens = first..tokens.min(first + TOKENS);
                Block::new(self, piece / blocks, tokens).run(compute.kernels(), &out);
            }
        });
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
        let start = head / self.heads.group() * size;
        let query = self.query(token, head);
        let mut scores = vec![0.0; self.past + token + 1];
        match self.keys {
            Kept::Half(keys) => (kernels.dots_f16)(&query, &keys[start..], stride, &mut scores),
            Kept::Single(keys) => (kernels.dots_f32)(&query, &keys[start..], stride, &mut scores),
        }
        let (_, sum) = (kernels.exponents)(&mut scores, f32::NEG_INFINITY);
        out.fill(0.0);
        match self.values {
            Kept::Half(all) => (kernels.blend_f16)(&scores, &all[start..], stride, out),
            Kept::Single(all) => (kernels.blend_f32)(&scores, &all[start..], stride, out),
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

    fn run(mut self, kernels: &Kernels, out: &Parts<'_, f32>) {
        let end = self.of.past + self.tokens.end;
        for first in (0..end).step_by(KEYS) {
            self.load(kernels, first, KEYS.min(end - first));
            self.meet(kernels, first, KEYS.min(end - first));
        }
        let heads = self.of.heads;
        for row in &self.rows {
            let start = (row.token * heads.query + row.head) * heads.size;
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
            let start = (first + i) * stride + self.kv * size;
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
