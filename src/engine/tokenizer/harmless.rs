//! What a `tokenizer.json` is made of, looked at before it is built.
//!
//! Some of what the format knows its crate runs without looking: the pre-tokenizer `FixedLength`,
//! templates with tokens that are not there and marks of pieces within words panic on what they
//! did not expect. No model at large needs any of it, so it is refused.

mod sound;

use std::collections::HashMap;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::EngineError;
use crate::engine::weights::brief;

use sound::Sound;

const MODELS: [&str; 4] = ["WordPiece", "BPE", "Unigram", "WordLevel"];
/// Steps that panic on some of their numbers, and that no model of a known kind has.
const HARMFUL: [&str; 1] = ["FixedLength"];

/// The file, as far as it is looked at here.
#[derive(Deserialize)]
struct Kinds {
    model: Model,
    normalizer: Option<Step>,
    pre_tokenizer: Option<Step>,
    post_processor: Option<Frame>,
    /// Texts are not made by it, but it is read, and of what is no text without looking.
    #[serde(rename = "decoder")]
    _decoder: Option<Sound>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: String,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    #[serde(rename = "vocab")]
    _vocab: Numbered,
}

/// A vocabulary whose numbers are some: looked through, for building it takes many times its size.
struct Numbered;

impl<'de> Deserialize<'de> for Numbered {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Looking;
        impl<'de> Visitor<'de> for Looking {
            type Value = Numbered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("tokens with their numbers, or pieces with their scores")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Numbered, A::Error> {
                while all.next_entry::<IgnoredAny, u32>()?.is_some() {}
                Ok(Numbered)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Numbered, A::Error> {
                while all.next_element::<(IgnoredAny, f64)>()?.is_some() {}
                Ok(Numbered)
            }
        }
        from.deserialize_any(Looking)
    }
}

#[derive(Deserialize)]
struct Step {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, alias = "normalizers", alias = "pretokenizers")]
    steps: Vec<Step>,
    /// The crate goes by the fields of a step whose kind it does not know.
    length: Option<IgnoredAny>,
}

/// What puts tokens around a text.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Frame {
    TemplateProcessing {
        single: Vec<Part>,
        special_tokens: HashMap<String, IgnoredAny>,
    },
    Sequence {
        processors: Vec<Frame>,
    },
    BertProcessing {},
    RobertaProcessing {},
    ByteLevel {},
}

#[derive(Deserialize)]
enum Part {
    SpecialToken { id: String },
    Sequence {},
}

/// Fails if the `tokenizer.json` in these bytes has a part that is not known to be harmless.
pub(super) fn check(bytes: &[u8]) -> Result<(), EngineError> {
    let kinds: Kinds = serde_json::from_slice(bytes).map_err(|error| EngineError::Damaged {
        what: format!("tokenizer.json: {}", brief(&error.to_string())),
    })?;
    let Model {
        kind,
        continuing_subword_prefix: prefix,
        end_of_word_suffix: suffix,
        ..
    } = &kinds.model;
    if !MODELS.contains(&kind.as_str()) {
        return Err(foreign(kind));
    }
    let some = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    if kind == "BPE" && (some(prefix) || some(suffix)) {
        return Err(foreign("BPE with marks within words"));
    }
    let mut steps = kinds.normalizer.iter().chain(&kinds.pre_tokenizer);
    steps.try_for_each(Step::check)?;
    kinds.post_processor.iter().try_for_each(Frame::check)
}

impl Step {
    fn check(&self) -> Result<(), EngineError> {
        if HARMFUL.contains(&self.kind.as_str()) || self.length.is_some() {
            return Err(foreign(&self.kind));
        }
        self.steps.iter().try_for_each(Self::check)
    }
}

impl Frame {
    fn check(&self) -> Result<(), EngineError> {
        match self {
            Self::BertProcessing {} | Self::RobertaProcessing {} | Self::ByteLevel {} => Ok(()),
            Self::Sequence { processors } => processors.iter().try_for_each(Self::check),
            Self::TemplateProcessing {
                single,
                special_tokens,
            } => {
                let unknown = |part: &&Part| match part {
                    Part::SpecialToken { id } => !special_tokens.contains_key(id),
                    Part::Sequence {} => false,
                };
                match single.iter().find(unknown) {
                    None => Ok(()),
                    Some(_) => Err(foreign("a template of unknown tokens")),
                }
            }
        }
    }
}

fn foreign(what: &str) -> EngineError {
    EngineError::Unsupported {
        what: format!("tokenizer.json: {}", brief(what)),
    }
}
