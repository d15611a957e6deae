//! The shapes of decoders: what the metadata of a GGUF file say of a model, checked, and what
//! sets one family apart from another.

use super::ModelError;
use crate::engine::kernels::Pairing;
use crate::engine::kernels::attention::Heads;
use crate::engine::kv_cache::{KvShape, Precision};
use crate::engine::weights::WeightsError;
use crate::engine::weights::gguf::Gguf;

/// More than any model has; a header that says more lies.
const MOST_LAYERS: usize = 1024;

/// A family of decoders that are built alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Llama 2 and 3, SmolLM, TinyLlama, Mistral.
    Llama,
    /// Qwen 2 and 2.5 (arXiv:2407.10671): biases on queries, keys and values, which are loaded
    /// wherever a file has them.
    Qwen2,
    /// Qwen 3 (arXiv:2505.09388): each head of queries and keys is normalised.
    Qwen3,
}

impl Family {
    const ALL: [Self; 3] = [Self::Llama, Self::Qwen2, Self::Qwen3];

    /// As GGUF names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
        }
    }

    /// Which lanes of a head turn together. Llama's files permute queries and keys.
    pub(super) fn pairing(self) -> Pairing {
        match self {
            Self::Llama => Pairing::Neighbours,
            Self::Qwen2 | Self::Qwen3 => Pairing::Halves,
        }
    }
}

/// The shape of a model, as its file states it.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub(super) family: Family,
    pub(super) layers: usize,
    pub(super) width: usize,
    pub(super) inner: usize,
    pub(super) heads: Heads,
    pub(super) vocab: usize,
    pub(super) context: usize,
    pub(super) eps: f32,
    pub(super) base: f32,
}

impl Config {
    pub(super) fn read(file: &Gguf) -> Result<Self, ModelError> {
        let architecture = file.need_str("general.architecture")?;
        let family = Family::ALL.into_iter().find(|f| f.name() == architecture);
        let family = family.ok_or_else(|| ModelError::Architecture(architecture.to_owned()))?;
        let key = |key: &str| format!("{architecture}.{key}");
        refuse_scaling(file, &key("rope.scaling.type"))?;
        let width = size(file, &key("embedding_length"))?;
        let query = size(file, &key("attention.head_count"))?;
        let or = |name: &str, other: usize| match file.get(&key(name)) {
            Some(_) => size(file, &key(name)),
            None => Ok(other),
        };
        let head = or("attention.key_length", width / query)?;
        let kv = or("attention.head_count_kv", query)?;
        let turning = or("rope.dimension_count", head)?;
        let values = or("attention.value_length", head)?;
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
        let layers = size(file, &key("block_count"))?;
        fits("number of layers", layers <= MOST_LAYERS, layers)?;
        Ok(Self {
            family,
            layers,
            width,
            inner: size(file, &key("feed_forward_length"))?,
            heads: Heads {
                query,
                kv,
                size: head,
            },
            vocab: file.get_shape("token_embd.weight")?[0],
            context: size(file, &key("context_length"))?,
            eps: file.need_f32(&key("attention.layer_norm_rms_epsilon"))?,
            base: file.get_f32(&key("rope.freq_base")).unwrap_or(10_000.0),
        })
    }

    pub(super) fn cache(&self, single: bool) -> KvShape {
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
fn refuse_scaling(file: &Gguf, key: &str) -> Result<(), ModelError> {
    match file.get_str(key) {
        None | Some("none") => Ok(()),
        Some(other) => Err(ModelError::Config {
            what: "scaling of positions",
            found: other.to_owned(),
        }),
    }
}
