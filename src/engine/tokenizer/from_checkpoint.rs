//! Tokenizers of models that answer, from `tokenizer.json`: taken apart and put together again, so
//! that control tokens are ours to make and not a text's.

mod spaces;

use serde::Deserialize;
use serde_json::Value;
use tokenizers::models::bpe::BPE;
use tokenizers::{ModelWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper};

use super::from_json::around;
use super::kinds::{self, BYTE, CONTROL, Family, NORMAL, UNKNOWN, UNUSED, USER_DEFINED};
use super::{EngineError, Spaces, Tokenizer, harmless};
use crate::engine::weights::brief;

/// More than any vocabulary has; a number beyond it is a lie.
const MOST_TOKENS: usize = 1 << 20;

/// What the files beside `tokenizer.json` say about its tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roles {
    /// What begins a prompt and what ends an answer, for templates.
    pub(crate) begin: Option<Name>,
    pub(crate) end: Option<Name>,
    /// Whether prompts begin with it, whatever `tokenizer.json` says.
    pub(crate) add_begin: Option<bool>,
    /// Numbers of tokens that end an answer, beside `end`.
    pub(crate) ends: Vec<u32>,
}

/// How a file names a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Text(String),
    Number(u32),
}

/// `tokenizer.json`, as far as it matters.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<Added>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    post_processor: Option<PostProcessorWrapper>,
    model: ModelWrapper,
}

/// A token beside the vocabulary, or one of its own that is more than text.
#[derive(Deserialize)]
struct Added {
    id: u32,
    content: String,
    #[serde(default)]
    special: bool,
}

impl Tokenizer {
    /// The tokenizer of a model that answers.
    pub(crate) fn of_checkpoint(json: &[u8], roles: &Roles) -> Result<Self, EngineError> {
        harmless::check(json)?;
        let file: File = serde_json::from_slice(json).map_err(|e| damaged(&e.to_string()))?;
        let ModelWrapper::BPE(mut model) = file.model else {
            return Err(unsupported("it is no BPE"));
        };
        // No cache: it would keep words of one person's text beyond their request.
        model.resize_cache(0);
        let family = match model.byte_fallback {
            true => Family::SentencePiece,
            false => Family::ByteLevel,
        };
        let (texts, types) = vocabulary(&model, &file.added_tokens, family)?;
        let mut inner = tokenizers::Tokenizer::new(model);
        let spaces = match family {
            Family::SentencePiece => Spaces::Lower {
                prefix: spaces::prefix(&file.normalizer, &file.pre_tokenizer)?,
            },
            Family::ByteLevel | Family::WordPiece => {
                cut_words(&mut inner, file.normalizer, file.pre_tokenizer)?;
                Spaces::Plain
            }
        };
        let find = |name: &Name| match name {
            Name::Text(text) => u32::try_from(texts.iter().position(|t| t == text)?).ok(),
            Name::Number(id) => Some(*id).filter(|id| (*id as usize) < texts.len()),
        };
        let begin = roles.begin.as_ref().and_then(find);
        let end = roles.end.as_ref().and_then(find);
        let before = match roles.add_begin {
            Some(add) => begin.filter(|_| add).into_iter().collect(),
            None => before(&mut inner, file.post_processor)?,
        };
        let named = roles.ends.iter().copied().chain(end);
        let named = named.filter(|id| (*id as usize) < texts.len());
        Ok(Self {
            inner,
            spaces,
            pieces: kinds::pieces(family, &texts, &types),
            control: kinds::control(&texts, &types)?,
            markup: kinds::markup(&texts, &types)?,
            spelled: kinds::spelled(&texts, &types)?,
            before,
            after: Vec::new(),
            begin,
            end,
            ends: kinds::ends(named, &texts, &types),
        })
    }
}

/// Every token's text and kind, by number; numbers that no token has are unused.
fn vocabulary(
    model: &BPE,
    added: &[Added],
    family: Family,
) -> Result<(Vec<String>, Vec<i64>), EngineError> {
    let vocab = model.get_vocab();
    let numbers = vocab.values().copied().chain(added.iter().map(|a| a.id));
    let count = numbers.max().map_or(0, |most| most as usize + 1);
    if count > MOST_TOKENS {
        return Err(damaged(&format!("a token has the number {}", count - 1)));
    }
    let (mut texts, mut types) = (vec![String::new(); count], vec![UNUSED; count]);
    let unknown = model.get_unk_token().clone();
    for (text, id) in vocab {
        types[id as usize] = match () {
            () if Some(&text) == unknown.as_ref() => UNKNOWN,
            () if family == Family::SentencePiece && kinds::byte_of(&text).is_some() => BYTE,
            () => NORMAL,
        };
        texts[id as usize] = text;
    }
    for token in added {
        texts[token.id as usize].clone_from(&token.content);
        types[token.id as usize] = match token.special {
            true => CONTROL,
            false => USER_DEFINED,
        };
    }
    Ok((texts, types))
}

/// Lets `inner` clean texts and cut them into words by the file's rules, which end in bytes
/// written as letters.
fn cut_words(
    inner: &mut tokenizers::Tokenizer,
    normalizer: Value,
    rule: Value,
) -> Result<(), EngineError> {
    if !spaces::ends_in_bytes(&rule) {
        return Err(unsupported("its words are not cut into bytes"));
    }
    let read = |error: serde_json::Error| damaged(&error.to_string());
    let rule: PreTokenizerWrapper = serde_json::from_value(rule).map_err(read)?;
    inner.with_pre_tokenizer(Some(rule));
    if !normalizer.is_null() {
        let normalizer: NormalizerWrapper = serde_json::from_value(normalizer).map_err(read)?;
        inner
            .with_normalizer(Some(normalizer))
            .map_err(|error| damaged(&error.to_string()))?;
    }
    Ok(())
}

/// What the file's post-processor puts before a text; it is asked once and then left out.
fn before(
    inner: &mut tokenizers::Tokenizer,
    processor: Option<PostProcessorWrapper>,
) -> Result<Vec<u32>, EngineError> {
    let Some(processor) = processor else {
        return Ok(Vec::new());
    };
    inner.with_post_processor(Some(processor));
    let (before, _) = around(inner).map_err(|error| damaged(&error.to_string()))?;
    inner.with_post_processor(None::<PostProcessorWrapper>);
    Ok(before)
}

fn damaged(what: &str) -> EngineError {
    EngineError::Damaged {
        what: format!("tokenizer.json: {}", brief(what)),
    }
}

fn unsupported(what: &str) -> EngineError {
    EngineError::Unsupported {
        what: format!("its tokenizer cannot be run: {what}"),
    }
}

#[cfg(test)]
mod tests;
