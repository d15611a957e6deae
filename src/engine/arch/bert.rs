//! BERT as sentence encoder (Devlin et al. 2018, arXiv:1810.04805; Reimers and Gurevych 2019,
//! arXiv:1908.10084), and XLM-RoBERTa (Conneau et al. 2019, arXiv:1911.02116), which differs in its
//! tokens and in where positions begin. [`Pooling`] makes one vector of the last layer's rows.
//!
//! Texts of a batch lie one below the other without padding; each attends to itself alone.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::folder::{WEIGHTS, read_json};
use super::pooling::Pooling;
use super::{Encoder, Facts, ModelError};
use crate::engine::backend;
use crate::engine::device::Place;
use crate::engine::kernels::Compute;
use crate::engine::layers::embedding::Embedding;
use crate::engine::layers::encoder::{EncoderLayer, Precision, Sizes};
use crate::engine::layers::norm::LayerNorm;
use crate::engine::weights::safetensors::Safetensors;
use crate::engine::weights::{Weights, WeightsError, brief};

/// More than any model has; a file that says more lies.
const MOST_LAYERS: usize = 1024;

/// `config.json`, as far as it matters.
#[derive(Clone, Debug, Deserialize)]
struct Config {
    model_type: String,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    vocab_size: usize,
    layer_norm_eps: f32,
    #[serde(default = "gelu")]
    hidden_act: String,
    position_embedding_type: Option<String>,
    pad_token_id: Option<usize>,
}

fn gelu() -> String {
    "gelu".to_owned()
}

/// What `sentence_bert_config.json` adds: texts longer than the model was trained on.
#[derive(Debug, Deserialize)]
struct SentenceConfig {
    max_seq_length: Option<usize>,
}

impl Config {
    fn read(folder: &Path) -> Result<Self, ModelError> {
        let config: Self = read_json(&folder.join("config.json"))?;
        let bad = |what, found: String| Err(ModelError::Config { what, found });
        if !matches!(&*config.model_type, "bert" | "roberta" | "xlm-roberta") {
            return Err(ModelError::Architecture(brief(&config.model_type)));
        }
        if let Some(other) = config.position_embedding_type.as_deref()
            && other != "absolute"
        {
            return bad("kind of positions", brief(other));
        }
        if config.hidden_act != "gelu" {
            return bad("activation", brief(&config.hidden_act));
        }
        let heads = config.num_attention_heads;
        if heads == 0 || !config.hidden_size.is_multiple_of(heads) || config.hidden_size == 0 {
            return bad("number of heads", heads.to_string());
        }
        if config.num_hidden_layers > MOST_LAYERS {
            return bad("number of layers", config.num_hidden_layers.to_string());
        }
        if config.first_position() >= config.max_position_embeddings {
            let positions = config.max_position_embeddings;
            return bad("number of positions", positions.to_string());
        }
        Ok(config)
    }

    /// The row of the positions' table that belongs to a text's first token: RoBERTa counts on
    /// from its padding.
    fn first_position(&self) -> usize {
        match &*self.model_type {
            "bert" => 0,
            _ => self.pad_token_id.unwrap_or(1).saturating_add(1),
        }
    }

    /// The longest text: what the sentence model was made for, if its files say so.
    fn context(&self, folder: &Path) -> Result<usize, ModelError> {
        let path = folder.join("sentence_bert_config.json");
        if !path.exists() {
            return Ok(self.max_position_embeddings - self.first_position());
        }
        let more: SentenceConfig = read_json(&path)?;
        let most = self.max_position_embeddings - self.first_position();
        Ok(more
            .max_seq_length
            .filter(|n| *n > 0)
            .map_or(most, |n| n.min(most)))
    }
}

/// What the model in `folder` is, without loading it.
pub(super) fn inspect(folder: &Path) -> Result<Facts, ModelError> {
    let config = Config::read(folder)?;
    let weights = Safetensors::open(&folder.join(WEIGHTS))?;
    Pooling::read(folder)?;
    facts(folder, &config, &weights)
}

fn facts(folder: &Path, config: &Config, weights: &Safetensors) -> Result<Facts, ModelError> {
    let (parameters, format) = weights.census();
    Ok(Facts {
        architecture: config.model_type.clone(),
        vocab: config.vocab_size,
        context: config.context(folder)?,
        dimensions: config.hidden_size,
        parameters,
        format,
    })
}

/// A loaded model.
pub(crate) struct Bert {
    facts: Facts,
    words: Embedding,
    /// What is added to a word at each position of a text: `[positions, width]`.
    places: Vec<f32>,
    norm: LayerNorm,
    layers: Vec<EncoderLayer>,
    pooling: Pooling,
}

impl Bert {
    /// Loads the model in `folder` and packs its weights.
    pub(super) fn load(
        folder: &Path,
        precision: Precision,
        compute: &Compute,
    ) -> Result<Self, ModelError> {
        let config = Config::read(folder)?;
        // Beside a model that answers on a GPU, this one is small and quick enough on the CPU.
        let compute = &compute.at(Place::Cpu);
        let file = Safetensors::open(&folder.join(WEIGHTS))?;
        let width = config.hidden_size;
        let table = |name: &str, rows: usize| -> Result<Embedding, ModelError> {
            let table = Embedding::load(&file, name)?;
            let (found, columns) = table.size();
            if found >= rows && columns == width {
                return Ok(table);
            }
            let (name, found) = (name.to_owned(), vec![found, columns]);
            Err(WeightsError::Shape {
                name,
                found,
                expected: vec![rows, width],
            }
            .into())
        };
        let sizes = Sizes {
            width,
            inner: config.intermediate_size,
            heads: config.num_attention_heads,
            eps: config.layer_norm_eps,
        };
        // Each layer's part of the file is let go once it is packed: both need not fit in memory.
        let layer = |number: usize| {
            file.release();
            EncoderLayer::load(&file, &format!("blk.{number}"), sizes, precision, compute)
        };
        let layers = (0..config.num_hidden_layers).map(layer);
        Ok(Self {
            words: table("token_embd", config.vocab_size)?,
            places: places(&table, &config)?,
            norm: LayerNorm::load(&file, "token_embd_norm", width, sizes.eps, compute)?,
            layers: layers.collect::<Result<_, _>>()?,
            facts: facts(folder, &config, &file)?,
            pooling: Pooling::read(folder)?,
        })
    }

    fn check(&self, text: &[u32]) -> Result<(), ModelError> {
        let (vocab, limit) = (self.facts.vocab, self.facts.context);
        if text.is_empty() {
            return Err(ModelError::Empty);
        }
        if text.len() > limit {
            return Err(ModelError::Full {
                tokens: text.len(),
                limit,
            });
        }
        match text.iter().find(|token| **token as usize >= vocab) {
            Some(&token) => Err(ModelError::Token { token, vocab }),
            None => Ok(()),
        }
    }

    /// Vectors of some texts that go through the layers together.
    fn run(&self, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, ModelError> {
        let lengths: Arc<[usize]> = texts.iter().map(Vec::len).collect();
        let tokens: Vec<usize> = texts
            .iter()
            .flatten()
            .map(|token| *token as usize)
            .collect();
        let (rows, width) = (tokens.len(), self.facts.dimensions);
        let mut x = self.words.rows(tokens.into_iter());
        let mut rest = x.as_mut_slice();
        for length in lengths.iter() {
            let (text, after) = rest.split_at_mut(length * width);
            text.iter_mut()
                .zip(&self.places)
                .for_each(|(x, place)| *x += place);
            rest = after;
        }
        let mut x = self
            .norm
            .forward(backend::matrix(x, (rows, width), Place::Cpu));
        for layer in &self.layers {
            x = layer.forward(x, &lengths);
        }
        let rows = x
            .into_data()
            .try_into_vec::<f32>()
            .expect("rows are single precision");
        let mut rest = rows.as_slice();
        let mut vectors = Vec::with_capacity(texts.len());
        for length in lengths.iter() {
            let (text, after) = rest.split_at(length * width);
            vectors.push(self.pooling.vector(text, width)?);
            rest = after;
        }
        Ok(vectors)
    }
}

/// The rows of the positions from a text's first on, each with that of the first kind of token
/// added: all texts are of that kind.
fn places(
    table: &impl Fn(&str, usize) -> Result<Embedding, ModelError>,
    config: &Config,
) -> Result<Vec<f32>, ModelError> {
    let positions = config.max_position_embeddings;
    let kind = table("token_types", 1)?.rows([0].into_iter());
    let mut places = table("position_embd", positions)?.rows(config.first_position()..positions);
    for place in places.chunks_exact_mut(config.hidden_size) {
        place.iter_mut().zip(&kind).for_each(|(x, kind)| *x += kind);
    }
    Ok(places)
}

impl Encoder for Bert {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn bytes(&self) -> u64 {
        self.layers.iter().map(EncoderLayer::bytes).sum()
    }

    fn encode(&self, batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, ModelError> {
        batch.iter().try_for_each(|text| self.check(text))?;
        self.run(batch)
    }
}
