//! Keys and values: all that a model remembers of a sequence, in pages of [`PAGE`] tokens
//! (PagedAttention, Kwon et al. 2023, arXiv:2309.06180).
//!
//! A model has one [`Memory`] of pages and a [`Pool`] that says who uses which. A sequence owns a
//! [`KvCache`]: the list of its pages. What it alone writes nobody else can see; pages that are
//! full are shared with whoever has the same beginning and the same scope.

mod pool;

use std::sync::Arc;

use burn::backend::Dispatch;
use burn::tensor::DType;
use half::f16;

use super::arch::ModelError;
use super::backend;
use super::device::Place;
use super::kernels::attention::PAGE;
use super::ops::{self, Remembered};
use super::prefix::{Chain, Scope};

pub(crate) use pool::Pool;

/// How keys and values are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// Half precision, as llama.cpp keeps them.
    Half,
    /// Single precision, for models whose weights are.
    Single,
    /// Bytes, and a scale for each head of a token: a little more than half of what
    /// [`Precision::Half`] takes.
    Bytes,
}

/// What a model may remember its sequences with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// What all its pages may take.
    pub(crate) bytes: u64,
    /// Whether keys and values are rounded to bytes, whatever the weights are.
    pub(crate) rounded: bool,
}

impl Room {
    /// So many bytes, for keys and values in the precision that suits the weights.
    #[cfg(test)]
    pub(crate) const fn of(bytes: u64) -> Self {
        Self {
            bytes,
            rounded: false,
        }
    }
}

/// The size of what a model remembers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KvShape {
    pub(crate) layers: usize,
    /// Key heads.
    pub(crate) heads: usize,
    /// Key heads times head size: numbers per token, layer and side.
    pub(crate) width: usize,
    pub(crate) precision: Precision,
}

impl KvShape {
    /// Bytes of `tokens` tokens, in whole pages.
    pub(crate) fn bytes(&self, tokens: usize) -> u64 {
        let side = match self.precision {
            Precision::Half => self.width * size_of::<f16>(),
            Precision::Single => self.width * size_of::<f32>(),
            Precision::Bytes => self.width + self.heads * size_of::<f32>(),
        };
        let tokens = tokens.next_multiple_of(PAGE) as u64;
        (self.layers * 2 * side) as u64 * tokens
    }

    /// How many pages `bytes` hold.
    pub(crate) fn pages(&self, bytes: u64) -> usize {
        usize::try_from(bytes / self.bytes(PAGE)).unwrap_or(usize::MAX)
    }
}

/// The pages of all sequences of a model. Its memory is asked for at once and taken from the
/// system as pages are written for the first time.
#[derive(Debug)]
pub(crate) struct Memory {
    shape: KvShape,
    pages: usize,
    place: Place,
    /// Keys and values of each layer; taken out while an op writes them.
    layers: Vec<Option<ops::Memory>>,
}

impl Memory {
    pub(crate) fn new(shape: KvShape, pages: usize, place: Place) -> Self {
        Self {
            shape,
            pages,
            place,
            layers: Vec::new(),
        }
    }

    /// Makes sure that all layers are there; false if some were lost (a panic in an op that had
    /// taken them), and with them what all pages held.
    pub(crate) fn restore(&mut self) -> bool {
        if self.layers.len() == self.shape.layers && self.layers.iter().all(Option::is_some) {
            return true;
        }
        let first_time = self.layers.is_empty();
        let (pages, width) = (self.pages, self.shape.width);
        let keys = || self.side(pages * width, PAGE);
        let values = || self.side(pages * PAGE, width);
        let layers = (0..self.shape.layers).map(|_| Some((keys(), values())));
        self.layers = layers.collect();
        first_time
    }

    /// Keys or values of a layer, with nothing in them.
    fn side(&self, rows: usize, columns: usize) -> Remembered<Dispatch> {
        let floats = |kind| {
            Remembered::Floats(backend::zeros(rows, columns, kind, self.place).into_dispatch())
        };
        match self.shape.precision {
            Precision::Half => floats(DType::F16),
            Precision::Single => floats(DType::F32),
            Precision::Bytes => {
                let scales =
                    backend::zeros(self.pages * self.shape.heads, PAGE, DType::F32, self.place);
                Remembered::Bytes {
                    codes: backend::zero_codes(rows, columns).into_dispatch(),
                    scales: scales.into_dispatch(),
                }
            }
        }
    }

    /// Keys and values of a layer, for an op that writes to them and gives them back.
    pub(crate) fn take(&mut self, layer: usize) -> ops::Memory {
        let taken = self.layers[layer].take();
        taken.expect("the memory was restored and the last op gave them back")
    }

    /// Gives back what [`Memory::take`] took.
    pub(crate) fn put(&mut self, layer: usize, kept: ops::Memory) {
        self.layers[layer] = Some(kept);
    }
}

/// What a model remembers of one sequence. Dropping it lets go of its pages.
#[derive(Debug)]
pub(crate) struct KvCache {
    pool: Arc<Pool>,
    /// The pages of tokens 0 to 31, 32 to 63 and so on.
    table: Vec<u32>,
    /// The tokens that it holds.
    tokens: Vec<u32>,
    limit: usize,
    /// The scope's beginning and the name of each full page; none if nobody is to find them.
    chain: Option<Vec<Chain>>,
    /// What [`Pool::losses`] said in the beginning.
    losses: u32,
}

impl KvCache {
    /// An empty cache for at most `limit` tokens, whose pages are promised to it. Where the pool
    /// has no room for them it may find none when it needs them.
    pub(crate) fn new(pool: Arc<Pool>, limit: usize, scope: Option<Scope>) -> Self {
        pool.promise(limit.div_ceil(PAGE));
        Self {
            losses: pool.losses(),
            pool,
            table: Vec::new(),
            tokens: Vec::new(),
            limit,
            chain: scope.map(|scope| vec![Chain::new(scope)]),
        }
    }

    /// Tokens that it holds.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Its pages.
    pub(crate) fn table(&self) -> &[u32] {
        &self.table
    }

    /// Takes over what is there of the beginning of `prompt`, all but its last token at most;
    /// how many tokens that is. The cache must be empty.
    pub(crate) fn adopt(&mut self, prompt: &[u32]) -> usize {
        debug_assert!(self.table.is_empty(), "only a new cache adopts");
        let Some(names) = &mut self.chain else {
            return 0;
        };
        let most = prompt.len().saturating_sub(1).min(self.limit);
        for tokens in prompt[..most].chunks_exact(PAGE) {
            let mut chain = names[self.table.len()];
            let Some(page) = self.pool.share(chain.next(tokens)) else {
                break;
            };
            names.push(chain);
            self.table.push(page);
            self.tokens.extend_from_slice(tokens);
        }
        self.tokens.len()
    }

    /// Makes room for `more` tokens.
    pub(crate) fn reserve(&mut self, more: usize) -> Result<(), ModelError> {
        if self.losses != self.pool.losses() {
            return Err(ModelError::Lost);
        }
        let needed = self.tokens.len().saturating_add(more);
        if needed > self.limit {
            return Err(ModelError::Full {
                tokens: needed,
                limit: self.limit,
            });
        }
        while self.table.len() * PAGE < needed {
            let page = self.pool.take().ok_or(ModelError::NoPages {
                pages: self.pool.capacity(),
            })?;
            self.table.push(page);
        }
        Ok(())
    }

    /// Notes that every layer has got these tokens; pages that they fill can be found from now on.
    pub(crate) fn advance(&mut self, tokens: &[u32]) {
        let full = self.tokens.len() / PAGE;
        self.tokens.extend_from_slice(tokens);
        let Some(names) = &mut self.chain else {
            return;
        };
        let pages = self.tokens.chunks_exact(PAGE).zip(&self.table).skip(full);
        for (index, (tokens, page)) in (full..).zip(pages) {
            let mut chain = names[index];
            self.pool.publish(*page, chain.next(tokens));
            names.push(chain);
        }
    }

    /// Forgets all but the first `tokens` tokens, of those that [`KvCache::advance`] brought since
    /// anybody could have found them. What was published stays so only as far as it is kept.
    pub(crate) fn truncate(&mut self, tokens: usize) {
        if tokens >= self.tokens.len() {
            return;
        }
        for page in &self.table[tokens / PAGE..] {
            self.pool.withdraw(*page);
        }
        if let Some(names) = &mut self.chain {
            names.truncate(tokens / PAGE + 1);
        }
        self.tokens.truncate(tokens);
    }
}

impl Drop for KvCache {
    fn drop(&mut self) {
        for page in self.table.drain(..) {
            self.pool.release(page);
        }
        self.pool.unpromise(self.limit.div_ceil(PAGE));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Eight bits take a byte for each number and four for each head of 64.
    #[test]
    fn pages_of_bytes_hold_nearly_twice_as_many_tokens() {
        let of = |precision| KvShape {
            layers: 30,
            heads: 3,
            width: 3 * 64,
            precision,
        };
        let per_token = [Precision::Single, Precision::Half, Precision::Bytes]
            .map(|precision| of(precision).bytes(PAGE) / PAGE as u64);
        assert_eq!(per_token, [46080, 23040, 12240]);
        for (precision, pages) in [(Precision::Half, 1456), (Precision::Bytes, 2741)] {
            let shape = of(precision);
            assert_eq!(shape.pages(1 << 30), pages);
            assert!(shape.bytes(pages * PAGE) <= 1 << 30);
            assert!(shape.bytes(pages * PAGE + 1) > 1 << 30);
        }
    }

    fn cache(pool: &Arc<Pool>, scope: &str) -> KvCache {
        KvCache::new(pool.clone(), 1000, Some(Scope::of(&[scope])))
    }

    fn read(cache: &mut KvCache, prompt: &[u32]) -> usize {
        let adopted = cache.adopt(prompt);
        cache.reserve(prompt.len() - adopted).expect("room");
        cache.advance(&prompt[adopted..]);
        adopted
    }

    #[test]
    fn what_was_read_is_found_by_the_same_person_only() {
        let pool = Arc::new(Pool::new(64));
        let prompt: Vec<u32> = (0..100).collect();
        let mut first = cache(&pool, "ada");
        assert_eq!(read(&mut first, &prompt), 0);
        // Full pages are shared while they are in use, and after.
        assert_eq!(read(&mut cache(&pool, "ada"), &prompt), 96);
        drop(first);
        assert_eq!(read(&mut cache(&pool, "ada"), &prompt), 96);
        assert_eq!(read(&mut cache(&pool, "bob"), &prompt), 0);
        assert_eq!(KvCache::new(pool.clone(), 1000, None).adopt(&prompt), 0);
        // The last token is always left to be computed, and another beginning is another prompt.
        assert_eq!(cache(&pool, "ada").adopt(&prompt[..96]), 64);
        let other: Vec<u32> = (1..100).collect();
        assert_eq!(cache(&pool, "ada").adopt(&other), 0);
        assert_eq!(pool.load().0, 0, "nobody uses any");
    }

    #[test]
    fn the_page_that_has_lain_longest_makes_room() {
        let pool = Arc::new(Pool::new(4));
        let prompt = |start: u32| (start..start + 64).collect::<Vec<u32>>();
        for start in [0, 100] {
            read(&mut cache(&pool, "ada"), &prompt(start));
        }
        assert_eq!(pool.load(), (0, 4));
        let mut third = cache(&pool, "ada");
        read(&mut third, &prompt(200));
        assert_eq!(cache(&pool, "ada").adopt(&prompt(100)), 32);
        assert_eq!(cache(&pool, "ada").adopt(&prompt(0)), 0);
        let mut fourth = cache(&pool, "ada");
        assert!(matches!(
            fourth.reserve(96),
            Err(ModelError::NoPages { pages: 4 })
        ));
        assert!(matches!(fourth.reserve(1001), Err(ModelError::Full { .. })));
    }

    #[test]
    fn pages_are_promised_as_long_as_a_cache_lives() {
        let pool = Arc::new(Pool::new(4));
        let first = KvCache::new(pool.clone(), 2 * PAGE + 1, None);
        assert!(pool.has_room(1) && !pool.has_room(2));
        let second = KvCache::new(pool.clone(), PAGE, None);
        assert!(pool.has_room(0) && !pool.has_room(1));
        drop(first);
        assert!(pool.has_room(3) && !pool.has_room(4) && !pool.has_room(usize::MAX));
        drop(second);
        assert!(pool.has_room(4));
    }

    proptest! {
        /// Whatever comes and goes: no page has two writers, none is lost, none is found twice.
        #[test]
        fn pages_are_neither_lost_nor_written_by_two(
            steps in prop::collection::vec((0..6_usize, 0..3_u32, 1..120_usize), 1..60),
        ) {
            let pool = Arc::new(Pool::new(24));
            let mut open: Vec<Option<KvCache>> = (0..6).map(|_| None).collect();
            for (place, kind, length) in steps {
                if open[place].take().is_some() {
                    continue;
                }
                let prompt: Vec<u32> = (kind..).take(length).collect();
                let mut cache = cache(&pool, "ada");
                let adopted = cache.adopt(&prompt);
                if cache.reserve(length - adopted).is_ok() {
                    let own = &cache.table()[adopted / PAGE..];
                    for other in open.iter().flatten() {
                        prop_assert!(own.iter().all(|page| !other.table().contains(page)));
                    }
                    cache.advance(&prompt[adopted..]);
                    open[place] = Some(cache);
                }
            }
            open.clear();
            prop_assert_eq!(pool.load().0, 0);
            let mut all = KvCache::new(pool.clone(), 1000, None);
            prop_assert!(all.reserve(24 * PAGE).is_ok(), "all pages can be had");
        }
    }
}
