//! The shape of a decoder as `config.json` of a Hugging Face folder states it.

use std::path::Path;

use serde::Deserialize;

use super::{Config, Family, ModelError, Outline, Stretch, fits, unknown_stretch};
use crate::engine::arch::folder::{model_type, read_json};
use crate::engine::kernels::Pairing;
use crate::engine::kernels::attention::Heads;
use crate::engine::weights::checkpoint::Checkpoint;
use crate::engine::weights::safetensors::Safetensors;
use crate::engine::weights::{WeightsError, brief};

/// What the weights are once they are loaded.
const KEPT_AS: &str = "Q8_0";

/// `config.json`, as far as it matters.
#[derive(Debug, Deserialize)]
struct Settings {
    hidden_size: u32,
    intermediate_size: u32,
    num_hidden_layers: u32,
    num_attention_heads: u32,
    num_key_value_heads: Option<u32>,
    head_dim: Option<u32>,
    max_position_embeddings: u32,
    vocab_size: u32,
    #[serde(default = "usual_eps")]
    rms_norm_eps: f32,
    hidden_act: Option<String>,
    tie_word_embeddings: Option<bool>,
    rope_theta: Option<f32>,
    rope_scaling: Option<Scaling>,
    /// Where newer files keep both of these.
    rope_parameters: Option<Scaling>,
    partial_rotary_factor: Option<f32>,
    sliding_window: Option<u32>,
    use_sliding_window: Option<bool>,
    /// Weights packed by somebody else's rule (GPTQ, AWQ, bitsandbytes).
    quantization_config: Option<serde::de::IgnoredAny>,
}

fn usual_eps() -> f32 {
    1e-6
}

/// How positions are stretched.
#[derive(Debug, Deserialize)]
struct Scaling {
    rope_theta: Option<f32>,
    #[serde(alias = "type")]
    rope_type: Option<String>,
    factor: Option<f32>,
    low_freq_factor: Option<f32>,
    high_freq_factor: Option<f32>,
    original_max_position_embeddings: Option<f32>,
}

impl Outline {
    /// What the settings in `folder` say of the weights in `file`, and whether one matrix is both
    /// embedding and output.
    pub(in crate::engine::arch) fn of_folder(
        folder: &Path,
        file: &Safetensors,
    ) -> Result<(Self, bool), ModelError> {
        let name = model_type(folder)?;
        let unknown = || ModelError::Architecture(brief(&name));
        let family = Family::of_model_type(&name).ok_or_else(unknown)?;
        let settings: Settings = read_json(&folder.join("config.json"))?;
        let config = settings.config(family, name == "mistral")?;
        if let Some(error) = file.unsupported() {
            return Err(error.into());
        }
        let alone = file.get_shape("output.weight").is_err();
        let tied = settings.tie_word_embeddings.unwrap_or(alone);
        whole(&Checkpoint::new(file, tied, true), &config, tied)?;
        let (parameters, _) = file.census();
        let facts = config.facts(&name, (parameters, KEPT_AS));
        Ok((Self { config, facts }, tied))
    }
}

/// Fails unless the file has every tensor that such a model needs, in its shape: what does not fit
/// is found out when a model comes, not when it is asked.
fn whole(file: &Checkpoint<'_>, config: &Config, tied: bool) -> Result<(), ModelError> {
    let Config { width, inner, .. } = *config;
    let (queries, kv) = (
        config.heads.query * config.heads.size,
        config.heads.kv_row(),
    );
    let check = |name: &str, expected: &[usize]| {
        let found = file.get_shape(name)?;
        match found == expected {
            true => Ok(()),
            false => Err(WeightsError::Shape {
                name: name.to_owned(),
                found: found.to_vec(),
                expected: expected.to_vec(),
            }),
        }
    };
    check("token_embd.weight", &[config.vocab, width])?;
    check("output_norm.weight", &[width])?;
    if !tied {
        check("output.weight", &[config.vocab, width])?;
    }
    for layer in 0..config.layers {
        for (part, shape) in [
            ("attn_norm", &[width][..]),
            ("attn_q", &[queries, width]),
            ("attn_k", &[kv, width]),
            ("attn_v", &[kv, width]),
            ("attn_output", &[width, queries]),
            ("ffn_norm", &[width]),
            ("ffn_gate", &[inner, width]),
            ("ffn_up", &[inner, width]),
            ("ffn_down", &[width, inner]),
        ] {
            check(&format!("blk.{layer}.{part}.weight"), shape)?;
        }
    }
    Ok(())
}

impl Settings {
    /// `windowed` says whether a sliding window is used unless the settings say otherwise.
    fn config(&self, family: Family, windowed: bool) -> Result<Config, ModelError> {
        if let Some(other) = self.hidden_act.as_deref().filter(|name| *name != "silu") {
            fits("activation", false, other)?;
        }
        if self.quantization_config.is_some() {
            fits("packing of weights", false, "quantization_config")?;
        }
        let whole = self.partial_rotary_factor.unwrap_or(1.0);
        fits("share of turning lanes", whole >= 1.0, whole)?;
        for (what, number) in [
            ("number of heads", self.num_attention_heads),
            ("length of a row", self.hidden_size),
            ("inner length", self.intermediate_size),
            ("context", self.max_position_embeddings),
        ] {
            fits(what, number > 0, number)?;
        }
        let head = self.hidden_size / self.num_attention_heads;
        let heads = Heads {
            query: self.num_attention_heads as usize,
            kv: self.num_key_value_heads.unwrap_or(self.num_attention_heads) as usize,
            size: self.head_dim.unwrap_or(head) as usize,
        };
        let config = Config {
            family,
            layers: self.num_hidden_layers as usize,
            width: self.hidden_size as usize,
            inner: self.intermediate_size as usize,
            heads,
            vocab: self.vocab_size as usize,
            context: self.context(windowed),
            eps: self.rms_norm_eps,
            base: self.base(),
            pairing: Pairing::Halves,
            stretch: self.stretch()?,
            gemma: None,
        };
        config.checked()
    }

    /// Within its window a token sees all there is, whether the model has one or not: beyond it
    /// lies what this build does not compute.
    fn context(&self, windowed: bool) -> usize {
        let window = match self.use_sliding_window.unwrap_or(windowed) {
            true => self.sliding_window.filter(|window| *window > 0),
            false => None,
        };
        let most = self.max_position_embeddings;
        window.map_or(most, |window| window.min(most)) as usize
    }

    fn base(&self) -> f32 {
        let newer = self.rope_parameters.as_ref().and_then(|p| p.rope_theta);
        self.rope_theta.or(newer).unwrap_or(10_000.0)
    }

    fn stretch(&self) -> Result<Stretch, ModelError> {
        let scaling = self.rope_scaling.as_ref().or(self.rope_parameters.as_ref());
        let Some(scaling) = scaling else {
            return Ok(Stretch::None);
        };
        let need = |what, number: Option<f32>| {
            number.ok_or_else(|| ModelError::Config {
                what,
                found: "not there".to_owned(),
            })
        };
        match scaling.rope_type.as_deref() {
            None | Some("default") => Ok(Stretch::None),
            Some("linear") => Ok(Stretch::Linear {
                factor: need("factor of its positions", scaling.factor)?,
            }),
            Some("llama3") => Ok(Stretch::Llama3 {
                factor: need("factor of its positions", scaling.factor)?,
                low: need("low_freq_factor", scaling.low_freq_factor)?,
                high: need("high_freq_factor", scaling.high_freq_factor)?,
                original: need(
                    "original_max_position_embeddings",
                    scaling.original_max_position_embeddings,
                )?,
            }),
            Some(other) => Err(unknown_stretch(other)),
        }
    }
}
