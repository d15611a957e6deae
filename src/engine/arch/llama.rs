//! The Llama family (Touvron et al. 2023, arXiv:2302.13971) and its relatives: what differs
//! between them is said by [`super::shape`].

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::module::Module;
use burn::tensor::Tensor;

use super::folder::WEIGHTS;
use super::shape::{Config, Gemma, Outline};
use super::{Decoder, Facts, ModelError, Part, Wanted};
use crate::engine::backend::settle;
use crate::engine::device::Place;
use crate::engine::kernels::Compute;
use crate::engine::kernels::attention::PAGE;
use crate::engine::kv_cache::{KvCache, KvShape, Memory, Pool, Room};
use crate::engine::layers::attention::Attention;
use crate::engine::layers::feed_forward::FeedForward;
use crate::engine::layers::gemma::{self, GemmaLayer};
use crate::engine::layers::linear::Linear;
use crate::engine::layers::norm::RmsNorm;
use crate::engine::layers::rope::Rope;
use crate::engine::logits;
use crate::engine::ops::{self, Span, blocks};
use crate::engine::prefix::Scope;
use crate::engine::weights::Weights;
use crate::engine::weights::checkpoint::Checkpoint;
use crate::engine::weights::gguf::Gguf;
use crate::engine::weights::safetensors::Safetensors;

/// What divides the speed of each pair of lanes, where a file brings it (Llama 3.1).
const ROPE_FACTORS: &str = "rope_freqs.weight";

/// What the model in `folder` is, without loading it.
pub(super) fn inspect(folder: &Path) -> Result<Facts, ModelError> {
    let file = Safetensors::open(&folder.join(WEIGHTS))?;
    let (outline, _) = Outline::of_folder(folder, &file)?;
    Ok(outline.facts)
}

/// One layer.
#[derive(Module, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "all of a model's are of one kind"
)]
enum Block {
    Usual(Usual),
    Gemma(GemmaLayer),
}

/// The layer of most families.
#[derive(Module, Debug)]
struct Usual {
    attention: Attention,
    feed: FeedForward,
}

/// Where the tokens of a step are: how lanes turn, and by which angles for each token.
type Turning<'a> = (&'a Rope, Tensor<2>);

impl Block {
    fn load(
        weights: &dyn Weights,
        layer: usize,
        config: &Config,
        compute: &Compute,
    ) -> Result<Self, ModelError> {
        let Config {
            width,
            inner,
            heads,
            eps,
            ..
        } = *config;
        let prefix = format!("blk.{layer}");
        if let Some(gemma) = config.gemma {
            let shape = gemma::Shape {
                heads,
                width,
                inner,
                eps,
                query_scale: gemma.query_scale,
            };
            let view = gemma.view(layer);
            let layer = GemmaLayer::load(weights, &prefix, shape, view, compute)?;
            return Ok(Self::Gemma(layer));
        }
        Ok(Self::Usual(Usual {
            attention: Attention::load(weights, &prefix, (heads, eps), width, compute)?,
            feed: FeedForward::load(weights, &prefix, (width, inner), eps, compute)?,
        }))
    }

    /// Runs `x` through the layer, whose memory is given and given back.
    fn forward(
        &self,
        x: Tensor<2>,
        (rope, angles): Turning<'_>,
        spans: Arc<[Span]>,
        memory: ops::Memory,
    ) -> (Tensor<2>, ops::Memory) {
        match self {
            Self::Gemma(layer) => layer.forward(x, rope, angles, spans, memory),
            Self::Usual(layer) => {
                let (x, kept) = layer.attention.forward(x, rope, angles, spans, memory);
                (layer.feed.forward(x), kept)
            }
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Self::Gemma(layer) => layer.bytes(),
            Self::Usual(layer) => layer.attention.bytes() + layer.feed.bytes(),
        }
    }
}

/// A loaded model.
pub(crate) struct Llama {
    config: Config,
    facts: Facts,
    cache: KvShape,
    pool: Arc<Pool>,
    memory: Mutex<Memory>,
    rope: Rope,
    /// Another one, of Gemma's layers that see a window.
    local_rope: Option<Rope>,
    /// `[vocab, width]`; also the output matrix where the file has none of its own.
    embedding: Linear,
    blocks: Vec<Block>,
    norm: RmsNorm,
    output: Option<Linear>,
    compute: Compute,
}

impl Llama {
    /// Loads and packs the weights.
    pub(super) fn load(file: &Gguf, compute: &Compute, room: Room) -> Result<Self, ModelError> {
        let outline = Outline::of_gguf(file)?;
        let single = outline.facts.format == "F32";
        Self::build(outline, file, single, compute, room)
    }

    /// Loads the model in `folder`, laid out as Hugging Face does, and quantises it.
    pub(super) fn load_folder(
        folder: &Path,
        compute: &Compute,
        room: Room,
    ) -> Result<Self, ModelError> {
        let file = Safetensors::open(&folder.join(WEIGHTS))?;
        let (outline, tied) = Outline::of_folder(folder, &file)?;
        let weights = Checkpoint::new(&file, tied, true);
        Self::build(outline, &weights, false, compute, room)
    }

    /// The model of this outline with `weights`; `single` says whether keys and values are kept in
    /// single precision where they are not rounded.
    pub(super) fn build(
        outline: Outline,
        weights: &dyn Weights,
        single: bool,
        compute: &Compute,
        room: Room,
    ) -> Result<Self, ModelError> {
        let Outline { config, facts } = outline;
        let factors = match weights.find(ROPE_FACTORS) {
            Some(_) => {
                let pairs = config.heads.size / 2;
                Some(weights.shaped(ROPE_FACTORS, &[pairs])?.to_f32())
            }
            None => config.stretch.factors(config.heads.size, config.base),
        };
        let (size, base) = (config.heads.size, config.base);
        let rope = Rope::new(size, base, config.pairing, factors.as_deref())?;
        let local = |gemma: Gemma| Rope::new(size, gemma.local_base, config.pairing, None);
        let local_rope = config.gemma.map(local).transpose()?;
        let table =
            |name: &str| Linear::load(weights, &[(name, config.vocab)], config.width, compute);
        // Each layer's part of the file is let go once it is packed: both need not fit in memory.
        let block = |layer: usize| {
            weights.release();
            Block::load(weights, layer, &config, compute)
        };
        let blocks = (0..config.layers).map(block);
        let place = compute.place();
        // A GPU keeps floats only.
        let rounded = room.rounded && matches!(place, Place::Cpu);
        let cache = config.cache(single, rounded);
        let pages = cache.pages(room.bytes);
        let loaded = Self {
            cache,
            pool: Arc::new(Pool::new(pages)),
            memory: Mutex::new(Memory::new(cache, pages, place)),
            rope,
            local_rope,
            // Before the layers, which release what of the file was packed.
            output: weights
                .find("output.weight")
                .is_some()
                .then(|| table("output"))
                .transpose()?,
            embedding: table("token_embd")?,
            blocks: blocks.collect::<Result<_, _>>()?,
            norm: RmsNorm::load(weights, "output_norm", config.width, (config.eps, place))?,
            facts,
            config,
            compute: compute.clone(),
        };
        weights.release();
        if place != Place::Cpu {
            // What a GPU has no room for is to be found out now, not by the first question.
            drop(loaded.memory());
            settle(place)?;
        }
        Ok(loaded)
    }

    /// Whether a part can be stepped; makes room in its cache if so.
    fn admit(&self, part: &mut Part<'_>) -> Result<(), ModelError> {
        let vocab = self.config.vocab;
        let foreign = part.tokens.iter().find(|token| **token as usize >= vocab);
        match foreign {
            Some(&token) => Err(ModelError::Token { token, vocab }),
            None if part.tokens.is_empty() => Err(ModelError::Empty),
            None => part.cache.reserve(part.tokens.len()),
        }
    }

    /// Appends the parts' tokens to their caches; the rows `[all tokens, width]` that leave the
    /// last layer.
    fn run(&self, parts: &[&mut Part<'_>], memory: &mut Memory) -> Tensor<2> {
        let tokens: Vec<u32> = parts.iter().flat_map(|part| part.tokens).copied().collect();
        let span = |part: &&mut Part<'_>| Span {
            past: part.cache.len(),
            tokens: part.tokens.len(),
            table: part.cache.table().into(),
        };
        let spans: Arc<[Span]> = parts.iter().map(span).collect();
        let positions = || {
            let each = spans.iter();
            each.flat_map(|span| span.past..span.past + span.tokens)
        };
        let place = self.compute.place();
        let angles = self.rope.angles(positions(), place);
        let local = self.local_rope.as_ref();
        let local = local.map(|rope| (rope, rope.angles(positions(), place)));
        let mut x = self.embedding.rows(&tokens);
        if let Some(scale) = self.config.embedding_scale() {
            x = x * scale;
        }
        for (layer, block) in self.blocks.iter().enumerate() {
            let is_local = self.config.gemma.is_some_and(|gemma| gemma.is_local(layer));
            let turning = match &local {
                Some((rope, angles)) if is_local => (*rope, angles.clone()),
                _ => (&self.rope, angles.clone()),
            };
            let kept;
            (x, kept) = block.forward(x, turning, spans.clone(), memory.take(layer));
            memory.put(layer, kept);
        }
        x
    }

    /// The memory, whole. If some of it was lost, so is what all sequences remember.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if !memory.restore() {
            tracing::warn!("the memory for conversations was lost and is made anew");
            self.pool.clear();
        }
        memory
    }

    /// Logits `[rows, vocab]` of some rows that left the last layer.
    fn logits(&self, x: Tensor<2>, rows: &[u32]) -> Vec<f32> {
        if rows.is_empty() {
            return Vec::new();
        }
        let output = self.output.as_ref().unwrap_or(&self.embedding);
        let (norm, matrix) = (&self.norm, output.matrix());
        let logits = blocks::lm_head(x, rows, norm.weight(), matrix, norm.eps(), &self.compute);
        let logits = logits.into_data().try_into_vec::<f32>();
        let mut logits = logits.expect("logits are single precision");
        if let Some(cap) = self.config.gemma.and_then(|gemma| gemma.final_cap) {
            logits.iter_mut().for_each(|l| *l = cap * (*l / cap).tanh());
        }
        logits
    }

    /// Logits `[tokens, vocab]` after each of `tokens`.
    #[cfg(test)]
    pub(super) fn forward_each(
        &self,
        tokens: &[u32],
        cache: &mut KvCache,
    ) -> Result<Vec<f32>, ModelError> {
        let mut part = Part {
            tokens,
            cache,
            logits: Wanted::Each,
        };
        let mut memory = self.memory();
        self.admit(&mut part)?;
        let x = self.run(&[&mut part], &mut memory);
        let logits = self.logits(x, &wanted(&[&mut part]));
        part.cache.advance(tokens);
        numbers(&logits, self.config.vocab)
    }
}

/// The rows of all parts after which logits are wanted.
fn wanted(parts: &[&mut Part<'_>]) -> Vec<u32> {
    let mut end = 0;
    let rows = parts.iter().flat_map(|part| {
        end += part.tokens.len();
        end - part.wanted_rows()..end
    });
    rows.filter_map(|row| u32::try_from(row).ok()).collect()
}

/// Logits, if those of the first row are numbers. The rows after it may be those of guesses, and
/// are looked at by who picks a token by them.
fn numbers(all: &[f32], vocab: usize) -> Result<Vec<f32>, ModelError> {
    match logits::all_finite(&all[..vocab.min(all.len())]) {
        true => Ok(all.to_vec()),
        false => Err(ModelError::NotFinite),
    }
}

impl Decoder for Llama {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn bytes(&self) -> u64 {
        let blocks = self.blocks.iter().map(Block::bytes);
        let output = self.output.as_ref().map_or(0, Linear::bytes);
        blocks.sum::<u64>() + self.embedding.bytes() + output
    }

    fn step_bytes(&self) -> u64 {
        let table = self.output.as_ref().map_or(0, |_| self.embedding.bytes());
        self.bytes() - table
    }

    fn new_cache(&self, tokens: usize, scope: Option<Scope>) -> KvCache {
        KvCache::new(self.pool.clone(), tokens, scope)
    }

    fn has_room(&self, tokens: usize) -> bool {
        self.pool.has_room(tokens.div_ceil(PAGE))
    }

    fn cache_bytes(&self, tokens: usize) -> u64 {
        self.cache.bytes(tokens)
    }

    fn step(&self, parts: &mut [Part<'_>]) -> Vec<Result<Option<Vec<f32>>, ModelError>> {
        let mut memory = self.memory();
        let mut outcomes: Vec<_> = parts
            .iter_mut()
            .map(|p| self.admit(p).map(|()| None))
            .collect();
        let admitted = parts.iter_mut().zip(&outcomes);
        let going: Vec<_> = admitted
            .filter(|(_, o)| o.is_ok())
            .map(|(p, _)| p)
            .collect();
        if going.is_empty() {
            return outcomes;
        }
        let x = self.run(&going, &mut memory);
        let logits = self.logits(x, &wanted(&going));
        let mut logits = logits.as_slice();
        let admitted = outcomes.iter_mut().filter(|outcome| outcome.is_ok());
        for (part, outcome) in going.into_iter().zip(admitted) {
            if part.logits != Wanted::None {
                let own = logits.split_off(..part.wanted_rows() * self.config.vocab);
                *outcome = numbers(own.unwrap_or_default(), self.config.vocab).map(Some);
            }
            if outcome.is_ok() {
                part.cache.advance(part.tokens);
            }
        }
        outcomes
    }
}
