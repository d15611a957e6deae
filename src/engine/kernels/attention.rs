//! Causal attention of each sequence over its own pages, shared out among the team.
//!
//! Pieces of work are blocks of tokens under one key head. Keys and values come by page by page and
//! the softmax runs along (Milakov and Gimelshein 2018, arXiv:1805.02867), so that no score matrix
//! is ever kept.
//!
//! What a row adds up, and in which order, depends on its own position alone: whether its prompt
//! was read in one piece or in many, or partly found from before, it gets the same bit for bit. A
//! seed would not give the same answer twice otherwise, for a flipped bit moves what is rounded
//! next.

use super::kept::{Kept, place};
use super::parts::Parts;
use super::{Compute, Kernels, SoFar};

/// Tokens in a page of keys and values.
pub(crate) const PAGE: usize = 32;
/// Rows that meet a page together, at most.
pub(super) const ROWS: usize = 4;
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
}

/// Some tokens under one key head: a row for each token and query head.
struct Block<'a> {
    of: &'a Attention<'a>,
    kv: usize,
    tokens: std::ops::Range<usize>,
    /// `[rows, size]`: the queries, scaled, and what was gathered.
    queries: Vec<f32>,
    gathered: Vec<f32>,
    /// The largest score of each row so far, and the sum of the others relative to it.
    most: Vec<f32>,
    sum: Vec<f32>,
}

impl<'a> Block<'a> {
    fn new(of: &'a Attention<'a>, kv: usize, tokens: std::ops::Range<usize>) -> Self {
        let heads = of.heads;
        #[allow(clippy::cast_precision_loss, reason = "heads are small")]
        let scale = (heads.size as f32).sqrt().recip();
        let wide = heads.group() * heads.size;
        let mut queries = Vec::with_capacity(tokens.len() * wide);
        for token in tokens.clone() {
            let row = &of.rows[token * heads.row() + kv * wide..][..wide];
            queries.extend(row.iter().map(|x| x * scale));
        }
        let rows = tokens.len() * heads.group();
        Self {
            of,
            kv,
            tokens,
            gathered: vec![0.0; queries.len()],
            queries,
            most: vec![f32::NEG_INFINITY; rows],
            sum: vec![0.0; rows],
        }
    }

    fn run(mut self, kernels: &Kernels, out: &Parts<'_, f32>, start: usize) {
        let (of, group) = (self.of, self.of.heads.group());
        let end = of.past + self.tokens.end;
        for first in (0..end).step_by(PAGE) {
            // Tokens before the page's first see nothing of it.
            let seeing = first.saturating_sub(of.past).max(self.tokens.start) - self.tokens.start;
            let mut row = seeing * group;
            while row < self.most.len() {
                let rows = row..self.most.len().min(row + ROWS);
                row = rows.end;
                self.meet(kernels, first, rows);
            }
        }
        let heads = of.heads;
        let wide = group * heads.size;
        let rows = self.gathered.chunks_exact_mut(heads.size).zip(&self.sum);
        rows.for_each(|(gathered, sum)| gathered.iter_mut().for_each(|x| *x /= sum));
        for (token, gathered) in self.tokens.zip(self.gathered.chunks_exact(wide)) {
            let start = start + token * heads.query * heads.size + self.kv * wide;
            // SAFETY: each token and key head belongs to one piece, and pieces are handed out once.
            #[allow(unsafe_code, reason = "shared output of the kernels")]
            let out = unsafe { out.part(start..start + wide) };
            out.copy_from_slice(gathered);
        }
    }

    /// Lets a few rows gather what they may see of the page whose first token is `first`.
    fn meet(&mut self, kernels: &Kernels, first: usize, rows: std::ops::Range<usize>) {
        let (of, heads) = (self.of, self.of.heads);
        let (size, width) = (heads.size, heads.kv_row());
        let (page, _) = place(of.table, first);
        let keys = (page * width + self.kv * size) * PAGE;
        let values = page * PAGE * width + self.kv * size;
        let queries = &self.queries[rows.start * size..rows.end * size];
        let mut scores = [[0.0; PAGE]; ROWS];
        let scores = &mut scores[..rows.len()];
        match of.keys {
            Kept::Half(all) => (kernels.scores_half)(queries, &all[keys..][..size * PAGE], scores),
            Kept::Single(all) => {
                (kernels.scores_single)(queries, &all[keys..][..size * PAGE], scores);
            }
            Kept::Bytes(all) => {
                (kernels.scores_bytes)(queries, &all.codes[keys..][..size * PAGE], scores);
                let scales = all.scales((page, self.kv), heads.kv);
                scores.iter_mut().for_each(|row| scale(row, scales));
            }
        }
        let seen = self.soften(kernels, first, rows.clone(), scores);
        if let Kept::Bytes(all) = of.values {
            let scales = all.scales((page, self.kv), heads.kv);
            let each = scores.iter_mut().zip(seen);
            each.for_each(|(row, seen)| scale(&mut row[..seen], scales));
        }
        let gathered = &mut self.gathered[rows.start * size..rows.end * size];
        // Later rows see no less.
        let taken = (seen[rows.len() - 1], width);
        match of.values {
            Kept::Half(all) => (kernels.gather_half)(scores, &all[values..], taken, gathered),
            Kept::Single(all) => (kernels.gather_single)(scores, &all[values..], taken, gathered),
            Kept::Bytes(all) => {
                (kernels.gather_bytes)(scores, &all.codes[values..], taken, gathered)
            }
        }
    }
}

impl Block<'_> {
    /// Makes weights of the scores of a few rows with the page whose first token is `first`, and
    /// fades what they have gathered; how many tokens of the page each row sees.
    fn soften(
        &mut self,
        kernels: &Kernels,
        first: usize,
        rows: std::ops::Range<usize>,
        scores: &mut [[f32; PAGE]],
    ) -> [usize; ROWS] {
        let (of, size) = (self.of, self.of.heads.size);
        let (mut seen, mut fades) = ([0; ROWS], [0.0; ROWS]);
        for (seen, row) in seen.iter_mut().zip(rows.clone()) {
            let token = self.tokens.start + row / of.heads.group();
            *seen = (of.past + token + 1 - first).min(PAGE);
        }
        let so_far = SoFar {
            most: &mut self.most[rows.clone()],
            sum: &mut self.sum[rows.clone()],
            fade: &mut fades[..rows.len()],
        };
        (kernels.soften)(scores, &seen[..rows.len()], so_far);
        let gathered = self.gathered[rows.start * size..].chunks_exact_mut(size);
        for (gathered, fade) in gathered.zip(&fades[..rows.len()]) {
            // Mostly the largest score was there before.
            if *fade != 1.0 {
                gathered.iter_mut().for_each(|gathered| *gathered *= *fade);
            }
        }
        seen
    }
}

/// Multiplies what concerns each token of a page by the scale of its codes.
fn scale(row: &mut [f32], scales: &[f32]) {
    let each = row.iter_mut().zip(scales);
    each.for_each(|(number, scale)| *number *= scale);
}

#[cfg(test)]
mod tests;
