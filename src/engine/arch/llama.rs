//! The Llama family (Touvron et al. 2023, arXiv:2302.13971): SmolLM, TinyLlama, Mistral and
//! others that GGUF calls `llama`.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Decoder, Facts, ModelError};
use crate::engine::kernels::attention::Heads;
use crate::engine::kernels::{Compute, Pairing};
use crate::engine::kv_cache::{KvCache, KvShape, Precision};
use crate::engine::layers::attention::Attention;
use crate::engine::layers::feed_forward::FeedForward;
use crate::engine::layers::linear::Linear;
use crate::engine::layers::norm::RmsNorm;
use crate::engine::layers::rope::Rope;
use crate::engine::weights::gguf::Gguf;
use crate::engine::weights::{Weights, WeightsError};

/// More than any model has; a header that says more lies.
const MOST_LAYERS: usize = 1024;

/// The shape of a model, as its file states it.
#[derive(Clone, Debug)]
struct Config {
    layers: usize,
    width: usize,
    inner: usize,
    heads: Heads,
    vocab: usize,
    context: usize,
    eps: f32,
    base: f32,
}

impl Config {
    fn read(file: &Gguf) -> Result<Self, ModelError> {
        let architecture = file.need_str("general.architecture")?;
        if architecture != "llama" {
            return Err(ModelError::Architecture(architecture.to_owned()));
        }
        refuse_scaling(file)?;
        let width = size(file, "llama.embedding_length")?;
        let query = size(file, "llama.attention.head_count")?;
        let or = |key: &str, other: usize| match file.get(key) {
            Some(_) => size(file, key),
            None => Ok(other),
        };
        let head = or("llama.attention.key_length", width / query)?;
        let kv = or("llama.attention.head_count_kv", query)?;
        let turning = or("llama.rope.dimension_count", head)?;
        let values = or("llama.attention.value_length", head)?;
        let fits = |what, fine: bool, found: usize| match fine {
            true => Ok(()),
            false => Err(ModelError::Config {
                what,
                found: found.to_string(),
            }),
        };
        fits(
            "number of key heads",
            kv <= query && query.is_multiple_of(kv),
            kv,
        )?;
        fits("number of turning lanes", turning == head, turning)?;
        fits("size of a value", values == head, values)?;
        let layers = size(file, "llama.block_count")?;
        fits("number of layers", layers <= MOST_LAYERS, layers)?;
        Ok(Self {
            layers,
            width,
            inner: size(file, "llama.feed_forward_length")?,
            heads: Heads {
                query,
                kv,
                size: head,
            },
            vocab: file.get_shape("token_embd.weight")?[0],
            context: size(file, "llama.context_length")?,
            eps: file.need_f32("llama.attention.layer_norm_rms_epsilon")?,
            base: file.get_f32("llama.rope.freq_base").unwrap_or(10_000.0),
        })
    }

    fn cache(&self, single: bool) -> KvShape {
        let precision = if single {
            Precision::Single
        } else {
            Precision::Half
        };
        KvShape {
            layers: self.layers,
            width: self.heads.kv_row(),
            precision,
        }
    }
}

/// A size from the metadata; zero is none.
fn size(file: &Gguf, key: &str) -> Result<usize, ModelError> {
    match file.need_u32(key)? {
        0 => Err(WeightsError::BadKey {
            key: key.to_owned(),
            expected: "above zero",
        }
        .into()),
        number => Ok(number as usize),
    }
}

/// Positions that are stretched by a rule we do not know would give wrong answers quietly.
fn refuse_scaling(file: &Gguf) -> Result<(), ModelError> {
    match file.get_str("llama.rope.scaling.type") {
        None | Some("none") => Ok(()),
        Some(other) => Err(ModelError::Config {
            what: "scaling of positions",
            found: other.to_owned(),
        }),
    }
}

/// What the file is, without loading it.
pub(super) fn inspect(file: &Gguf) -> Result<Facts, ModelError> {
    let config = Config::read(file)?;
    if let Some(error) = file.unsupported() {
        return Err(error.into());
    }
    let (parameters, format) = file.census();
    Ok(Facts {
        architecture: "llama".to_owned(),
        vocab: config.vocab,
        context: config.context,
        dimensions: config.width,
        parameters,
        format,
    })
}

/// One layer.
#[derive(Module, Debug)]
struct Block {
    attention_norm: RmsNorm,
    attention: Attention,
    feed_norm: RmsNorm,
    feed: FeedForward,
}

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
        let norm =
            |part: &str| RmsNorm::load(weights, &format!("{prefix}.{part}"), width, eps, compute);
        Ok(Self {
            attention_norm: norm("attn_norm")?,
            attention: Attention::load(weights, &prefix, heads, width, compute)?,
            feed_norm: norm("ffn_norm")?,
            feed: FeedForward::load(weights, &prefix, width, inner, compute)?,
        })
    }
}

/// A loaded model.
pub(crate) struct Llama {
    config: Config,
    facts: Facts,
    cache: KvShape,
    rope: Rope,
    /// `[vocab, width]`; also the output matrix where the file has none of its own.
    embedding: Linear,
    blocks: Vec<Block>,
    norm: RmsNorm,
    output: Option<Linear>,
}

impl Llama {
    /// Loads and packs the weights.
    pub(super) fn load(file: &Gguf, compute: &Compute) -> Result<Self, ModelError> {
        let single = inspect(file)?.format == "F32";
        Self::build(file, file, single, compute)
    }

    /// The model that `file` describes, with `weights` of the same names and shapes; `single` says
    /// whether keys and values are kept in single precision.
    pub(super) fn build(
        file: &Gguf,
        weights: &dyn Weights,
        single: bool,
        compute: &Compute,
    ) -> Result<Self, ModelError> {
        let facts = inspect(file)?;
        let config = Config::read(file)?;
        let factors = weights
            .find("rope_freqs.weight")
            .transpose()?
            .map(|t| t.to_f32());
        let rope = Rope::new(
            config.heads.size,
            config.base,
            Pairing::Neighbours,
            factors.as_deref(),
        )?;
        let table =
            |name: &str| Linear::load(weights, &[(name, config.vocab)], config.width, compute);
        let blocks = (0..config.layers).map(|layer| Block::load(weights, layer, &config, compute));
        Ok(Self {
            cache: config.cache(single),
            rope,
            embedding: table("token_embd")?,
            blocks: blocks.collect::<Result<_, _>>()?,
            norm: RmsNorm::load(weights, "output_norm", config.width, config.eps, compute)?,
            output: weights
                .find("output.weight")
                .is_some()
                .then(|| table("output"))
                .transpose()?,
            facts,
            config,
        })
    }

    /// Appends `tokens` to the cache; the rows `[tokens, width]` that leave the last layer.
    fn run(&self, tokens: &[u32], cache: &mut KvCache) -> Result<Tensor<2>, ModelError> {
        let vocab = self.config.vocab;
        if let Some(&token) = tokens.iter().find(|token| **token as usize >= vocab) {
            return Err(ModelError::Token { token, vocab });
        }
        if tokens.is_empty() {
            return Err(ModelError::Empty);
        }
        cache.reserve(tokens.len())?;
        let angles = self.rope.angles(cache.len(), tokens.len());
        let mut x = self.embedding.rows(tokens);
        for (layer, block) in self.blocks.iter().enumerate() {
            let normed = block.attention_norm.forward(x.clone());
            let attended =
                block
                    .attention
                    .forward(normed, &self.rope, angles.clone(), cache, layer);
            x = x + attended;
            x = x.clone() + block.feed.forward(block.feed_norm.forward(x));
        }
        Ok(x)
    }

    /// Logits of some rows that left the last layer.
    fn logits(&self, x: Tensor<2>) -> Result<Vec<f32>, ModelError> {
        let output = self.output.as_ref().unwrap_or(&self.embedding);
        let logits = output
            .forward(self.norm.forward(x))
            .into_data()
            .try_into_vec::<f32>();
        let logits = logits.expect("logits are single precision");
        match logits.iter().all(|logit| logit.is_finite()) {
            true => Ok(logits),
            false => Err(ModelError::NotFinite),
        }
    }

    /// Logits `[tokens, vocab]` after each of `tokens`.
    #[cfg(test)]
    pub(super) fn forward_each(
        &self,
        tokens: &[u32],
        cache: &mut KvCache,
    ) -> Result<Vec<f32>, ModelError> {
        let logits = self.logits(self.run(tokens, cache)?)?;
        cache.advance(tokens.len());
        Ok(logits)
    }
}

impl Decoder for Llama {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn bytes(&self) -> u64 {
        let blocks = self
            .blocks
            .iter()
            .map(|b| b.attention.bytes() + b.feed.bytes());
        let output = self.output.as_ref().map_or(0, Linear::bytes);
        blocks.sum::<u64>() + self.embedding.bytes() + output
    }

    fn new_cache(&self, tokens: usize) -> KvCache {
        KvCache::new(self.cache, tokens)
    }

    fn cache_bytes(&self, tokens: usize) -> u64 {
        self.cache.bytes(tokens)
    }

    fn forward(&self, tokens: &[u32], cache: &mut KvCache) -> Result<Vec<f32>, ModelError> {
        let rows = self.run(tokens, cache)?;
        let last = rows.slice([tokens.len() - 1..tokens.len(), 0..self.config.width]);
        let logits = self.logits(last)?;
        cache.advance(tokens.len());
        Ok(logits)
    }
}
