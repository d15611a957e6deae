//! The shapes of decoders: what the metadata of a GGUF file or the settings in a folder
//! ([`hugging_face`]) say of a model, checked, and what sets one family apart from another.

mod gemma;
mod hugging_face;
mod stretch;

use super::{Facts, ModelError, check};
use crate::engine::kernels::Pairing;
use crate::engine::kernels::attention::Heads;
use crate::engine::kv_cache::{KvShape, Precision};
use crate::engine::weights::gguf::Gguf;
use crate::engine::weights::{WeightsError, brief};

pub(super) use gemma::Gemma;
use stretch::{Stretch, unknown_stretch};

/// More than any model has; a file that says more lies.
const MOST_LAYERS: usize = 1024;
const MOST_HEAD: usize = 4096;

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
    /// Gemma 2 and Gemma 3's text: see [`Gemma`].
    Gemma2,
    Gemma3,
}

impl Family {
    const ALL: [Self; 5] = [
        Self::Llama,
        Self::Qwen2,
        Self::Qwen3,
        Self::Gemma2,
        Self::Gemma3,
    ];

    /// As GGUF names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Gemma2 => "gemma2",
            Self::Gemma3 => "gemma3",
        }
    }

    /// The family of a `model_type` of Hugging Face.
    pub(super) fn of_model_type(name: &str) -> Option<Self> {
        match name {
            "llama" | "mistral" => Some(Self::Llama),
            "qwen2" => Some(Self::Qwen2),
            "qwen3" => Some(Self::Qwen3),
            _ => None,
        }
    }

    /// Which lanes of a head turn together in GGUF files. Llama's permute queries and keys;
    /// everywhere else, and in all of Hugging Face's files, lane `i` turns with `i + size / 2`.
    fn pairing_in_gguf(self) -> Pairing {
        match self {
            Self::Llama => Pairing::Neighbours,
            Self::Qwen2 | Self::Qwen3 | Self::Gemma2 | Self::Gemma3 => Pairing::Halves,
        }
    }
}

/// What is known of a model without its weights.
#[derive(Clone, Debug)]
pub(super) struct Outline {
    pub(super) config: Config,
    pub(super) facts: Facts,
}

impl Outline {
    /// What the metadata and the tensor table of `file` say.
    pub(super) fn of_gguf(file: &Gguf) -> Result<Self, ModelError> {
        let config = Config::of_gguf(file)?;
        if let Some(error) = file.unsupported() {
            return Err(error.into());
        }
        check::tensors(file, &config)?;
        let facts = config.facts(config.family.name(), file.census());
        Ok(Self { config, facts })
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
    /// How fast lanes turn by position, which turn together, and how positions are stretched.
    pub(super) base: f32,
    pub(super) pairing: Pairing,
    pub(super) stretch: Stretch,
    pub(super) gemma: Option<Gemma>,
}

impl Config {
    fn of_gguf(file: &Gguf) -> Result<Self, ModelError> {
        let architecture = file.need_str("general.architecture")?;
        let family = Family::ALL.into_iter().find(|f| f.name() == architecture);
        let family = family.ok_or_else(|| ModelError::Architecture(brief(architecture)))?;
        let key = |key: &str| format!("{architecture}.{key}");
        let width = size(file, &key("embedding_length"))?;
        let query = size(file, &key("attention.head_count"))?;
        let or = |name: &str, other: usize| match file.get(&key(name)) {
            Some(_) => size(file, &key(name)),
            None => Ok(other),
        };
        let head = or("attention.key_length", width / query)?;
        let heads = Heads {
            query,
            kv: or("attention.head_count_kv", query)?,
            size: head,
        };
        let turning = or("rope.dimension_count", head)?;
        let values = or("attention.value_length", head)?;
        fits("number of turning lanes", turning == head, turning)?;
        fits("size of a value", values == head, values)?;
        let layers = size(file, &key("block_count"))?;
        let gemma = Gemma::read(file, family, key, (layers, width, query, head))?;
        let context = size(file, &key("context_length"))?;
        // Within its window a token sees all there is, whether the model has one or not.
        let window = match gemma {
            Some(_) => context,
            None => or("attention.sliding_window", context)?,
        };
        let config = Self {
            family,
            layers,
            width,
            inner: size(file, &key("feed_forward_length"))?,
            heads,
            vocab: file.get_shape("token_embd.weight")?[0],
            context: context.min(window),
            eps: file.need_f32(&key("attention.layer_norm_rms_epsilon"))?,
            base: file.get_f32(&key("rope.freq_base")).unwrap_or(10_000.0),
            pairing: family.pairing_in_gguf(),
            stretch: stretch_of_gguf(file, key)?,
            gemma,
        };
        config.checked()
    }

    /// Itself, if its numbers can be those of a model.
    fn checked(self) -> Result<Self, ModelError> {
        let Heads { query, kv, size } = self.heads;
        let shared = kv > 0 && kv <= query && query.is_multiple_of(kv);
        fits("number of key heads", shared, kv)?;
        fits("size of a head", size > 0 && size <= MOST_HEAD, size)?;
        fits("number of layers", self.layers <= MOST_LAYERS, self.layers)?;
        let sound = self.eps.is_finite() && self.eps >= 0.0;
        fits("number under the root of its norms", sound, self.eps)?;
        self.stretch.check()?;
        Ok(self)
    }

    /// The facts of such a model; `census` is how many weights there are and in what format.
    fn facts(&self, architecture: &str, census: (u64, &'static str)) -> Facts {
        let (parameters, format) = census;
        Facts {
            architecture: architecture.to_owned(),
            vocab: self.vocab,
            context: self.context,
            dimensions: self.width,
            parameters,
            format,
        }
    }

    /// How much keys and values take: rounded, or in single or half precision.
    pub(super) fn cache(&self, single: bool, rounded: bool) -> KvShape {
        let precision = match (rounded, single) {
            (true, _) => Precision::Bytes,
            (false, true) => Precision::Single,
            (false, false) => Precision::Half,
        };
        KvShape {
            layers: self.layers,
            heads: self.heads.kv,
            width: self.heads.kv_row(),
            precision,
        }
    }
}

/// Fails unless what was `found` is `fine`.
fn fits(what: &'static str, fine: bool, found: impl ToString) -> Result<(), ModelError> {
    match fine {
        true => Ok(()),
        false => Err(ModelError::Config {
            what,
            found: found.to_string(),
        }),
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
fn stretch_of_gguf(file: &Gguf, key: impl Fn(&str) -> String) -> Result<Stretch, ModelError> {
    match file.get_str(&key("rope.scaling.type")) {
        None | Some("none") => Ok(Stretch::None),
        Some("linear") => {
            let factor = file.need_f32(&key("rope.scaling.factor"))?;
            Ok(Stretch::Linear { factor })
        }
        Some(other) => Err(unknown_stretch(&brief(other))),
    }
}
