//! Tokenizers of GGUF files, whose metadata holds vocabulary, merges or scores, and the name of
//! the rule by which text is cut into words first.

mod merges;
mod word_piece;
pub(super) mod words;

use std::borrow::Cow;

use tokenizers::models::bpe::{BPE, BpeBuilder, Vocab};

use super::kinds::{self, CONTROL, Family, UNKNOWN};
use super::{EngineError, Prefix, Spaces, Tokenizer};
use crate::engine::weights::brief;
use crate::engine::weights::gguf::{Gguf, Strings};

/// Most tokens, bytes of one, and bytes of all. Real vocabularies have at most 262,144 tokens of
/// some 2 MiB; the longest of them are runs of some hundred spaces.
const MOST_TOKENS: usize = 1 << 19;
const MOST_TOKEN_BYTES: usize = 1024;
const MOST_BYTES: usize = 16 << 20;

impl Tokenizer {
    /// The tokenizer that the metadata of `file` describe.
    pub(crate) fn from_gguf(file: &Gguf) -> Result<Self, EngineError> {
        let family = match text(file, "model")? {
            "gpt2" => Family::ByteLevel,
            "llama" => Family::SentencePiece,
            "bert" => Family::WordPiece,
            other => {
                return Err(unsupported(format!(
                    "its tokenizer is of the kind `{}`",
                    brief(other)
                )));
            }
        };
        let texts = &texts(file)?;
        let types = types(file, texts.len())?;
        let (inner, spaces) = match family {
            Family::ByteLevel => (byte_level(file, texts)?, Spaces::Plain),
            Family::SentencePiece => {
                let prefix = match flag(file, "add_space_prefix").unwrap_or(true) {
                    true => Prefix::Always,
                    false => Prefix::Never,
                };
                (sentence_piece(file, texts)?, Spaces::Lower { prefix })
            }
            Family::WordPiece => (word_piece::build(file, texts, &types)?, Spaces::Plain),
        };
        let around = around(file, family, texts.len());
        Ok(Self {
            inner,
            spaces,
            pieces: kinds::pieces(family, texts, &types),
            control: kinds::control(texts, &types)?,
            markup: kinds::markup(texts, &types)?,
            spelled: kinds::spelled(texts, &types)?,
            before: around.0.into_iter().collect(),
            after: around.1.into_iter().collect(),
            begin: id(file, "bos_token_id", texts.len()),
            end: id(file, "eos_token_id", texts.len()),
            ends: ends(file, texts, &types),
        })
    }
}

/// The tokens that stand before and after a whole text.
fn around(file: &Gguf, family: Family, tokens: usize) -> (Option<u32>, Option<u32>) {
    let id = |key: &str| id(file, key, tokens);
    let added = flag(file, "add_bos_token");
    match family {
        Family::ByteLevel => (id("bos_token_id").filter(|_| added == Some(true)), None),
        Family::SentencePiece => (id("bos_token_id").filter(|_| added != Some(false)), None),
        // The second key is misspelt in the specification.
        Family::WordPiece => (
            id("cls_token_id").or(id("bos_token_id")),
            id("seperator_token_id").or(id("eos_token_id")),
        ),
    }
}

fn byte_level(file: &Gguf, texts: &[String]) -> Result<tokenizers::Tokenizer, EngineError> {
    let vocab = vocab(texts);
    let merges = merges::listed(strings(file, "merges")?, &vocab)?;
    let whole_words = words::ignores_merges(file.get_str("tokenizer.ggml.pre"));
    let model = BPE::builder()
        .vocab_and_merges(vocab, merges)
        .ignore_merges(whole_words);
    let mut inner = tokenizers::Tokenizer::new(build(model, file, texts)?);
    let rule = file.get_str("tokenizer.ggml.pre").unwrap_or("default");
    inner.with_pre_tokenizer(Some(words::rule(rule)?));
    Ok(inner)
}

fn sentence_piece(file: &Gguf, texts: &[String]) -> Result<tokenizers::Tokenizer, EngineError> {
    let scores = file.get_array("tokenizer.ggml.scores");
    let scores = scores.and_then(|array| array.floats());
    let scores = scores.filter(|scores| scores.len() == texts.len());
    let scores = scores.ok_or_else(|| damaged("it needs a score for each token"))?;
    let vocab = vocab(texts);
    let merges = merges::by_score(texts, scores, &vocab)?;
    let model = BPE::builder()
        .vocab_and_merges(vocab, merges)
        .byte_fallback(true);
    Ok(tokenizers::Tokenizer::new(build(model, file, texts)?))
}

fn build(model: BpeBuilder, file: &Gguf, texts: &[String]) -> Result<BPE, EngineError> {
    let unknown = id(file, "unknown_token_id", texts.len());
    // No cache: it would keep words of one person's text beyond their request.
    let model = match unknown {
        Some(id) => model.unk_token(texts[id as usize].clone()).fuse_unk(true),
        None => model,
    };
    model
        .cache_capacity(0)
        .build()
        .map_err(|error| damaged(&error.to_string()))
}

/// Text to id; of two tokens with the same text the first counts.
fn vocab(texts: &[String]) -> Vocab {
    let mut vocab = Vocab::default();
    for (id, text) in (0_u32..).zip(texts) {
        vocab.entry(text.clone()).or_insert(id);
    }
    vocab
}

fn ends(file: &Gguf, texts: &[String], types: &[i64]) -> Vec<u32> {
    let named = ["eos_token_id", "eot_token_id", "eom_token_id"];
    let named = named.iter().filter_map(|key| id(file, key, texts.len()));
    kinds::ends(named, texts, types)
}

/// The types of all tokens; a file without them has normal ones only.
fn types(file: &Gguf, tokens: usize) -> Result<Vec<i64>, EngineError> {
    let Some(array) = file.get_array("tokenizer.ggml.token_type") else {
        return Ok(vec![1; tokens]);
    };
    let types = array.ints().filter(|types| types.len() == tokens);
    types
        .map(Iterator::collect)
        .ok_or_else(|| damaged("it needs a type for each token"))
}

/// What all tokens say, as the file writes it.
fn texts(file: &Gguf) -> Result<Vec<String>, EngineError> {
    let texts = strings(file, "tokens")?;
    let count = texts.len();
    if count > MOST_TOKENS {
        return Err(damaged(&format!("{count} tokens are too many")));
    }
    let lengths = (0..count).filter_map(|at| texts.length(at));
    let (mut all, mut most) = (0, 0);
    for length in lengths {
        (all, most) = (all + length, most.max(length));
    }
    if most > MOST_TOKEN_BYTES || all > MOST_BYTES {
        return Err(damaged(&format!(
            "its tokens are too long: {all} bytes, one of them {most}"
        )));
    }
    Ok(texts.iter().map(Cow::into_owned).collect())
}

fn text<'f>(file: &'f Gguf, key: &str) -> Result<&'f str, EngineError> {
    let missing = || damaged(&format!("the metadata have no {key}"));
    file.get_str(&format!("tokenizer.ggml.{key}"))
        .ok_or_else(missing)
}

fn strings<'f>(file: &'f Gguf, key: &str) -> Result<Strings<'f>, EngineError> {
    let array = file.get_array(&format!("tokenizer.ggml.{key}"));
    let missing = || damaged(&format!("the metadata have no list of {key}"));
    array.and_then(|array| array.strings()).ok_or_else(missing)
}

fn flag(file: &Gguf, key: &str) -> Option<bool> {
    file.get_bool(&format!("tokenizer.ggml.{key}"))
}

/// The token that the metadata name, if there is one of that number.
fn id(file: &Gguf, key: &str, tokens: usize) -> Option<u32> {
    let id = file.get_u32(&format!("tokenizer.ggml.{key}"))?;
    ((id as usize) < tokens).then_some(id)
}

fn damaged(what: &str) -> EngineError {
    EngineError::Damaged {
        what: format!("tokenizer: {what}"),
    }
}

fn unsupported(what: String) -> EngineError {
    EngineError::Unsupported { what }
}

#[cfg(test)]
mod tests;
