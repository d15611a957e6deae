//! What kinds of token a vocabulary has, and what each of them says.

use super::EngineError;
use super::from_gguf::words;
use super::pieces::{Piece, Pieces};
use super::special::Specials;

/// Kinds of token, numbered as in GGUF's `tokenizer.ggml.token_type`.
pub(super) const NORMAL: i64 = 1;
pub(super) const UNKNOWN: i64 = 2;
pub(super) const CONTROL: i64 = 3;
pub(super) const USER_DEFINED: i64 = 4;
pub(super) const UNUSED: i64 = 5;
pub(super) const BYTE: i64 = 6;

/// Control tokens that end an answer in the models at large, beside those that its files name.
const ENDS: [&str; 11] = [
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<end_of_turn>",
    "<|END_OF_TURN_TOKEN|>",
    "</s>",
    "<EOT>",
    "<eos>",
];

/// Which family a vocabulary is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Bytes written as letters, merges by rank (GPT-2 and after).
    ByteLevel,
    /// Pieces with scores, bytes as a last resort (Llama 2).
    SentencePiece,
    /// Words from the front, the longest known piece first (BERT).
    WordPiece,
}

/// What each token says.
pub(super) fn pieces(family: Family, texts: &[String], types: &[i64]) -> Pieces {
    let mut pieces = Pieces::default();
    for (text, kind) in texts.iter().zip(types) {
        match (*kind, family) {
            (CONTROL | UNKNOWN | UNUSED, _) | (_, Family::WordPiece) => pieces.push(Piece::Hidden),
            (USER_DEFINED, Family::ByteLevel) => pieces.push(Piece::Bytes(text.as_bytes())),
            (BYTE, Family::SentencePiece) => match byte_of(text) {
                Some(byte) => pieces.push(Piece::Bytes(&[byte])),
                None => pieces.push(Piece::Hidden),
            },
            (_, Family::SentencePiece) => {
                pieces.push(Piece::Bytes(text.replace('\u{2581}', " ").as_bytes()));
            }
            (_, Family::ByteLevel) => pieces.push(Piece::Bytes(&words::bytes_of(text))),
        }
    }
    pieces
}

/// The byte that a token such as `<0x0A>` stands for.
pub(super) fn byte_of(text: &str) -> Option<u8> {
    let digits = text.strip_prefix("<0x")?.strip_suffix('>')?;
    u8::from_str_radix(digits, 16).ok()
}

fn of_type(
    texts: &[String],
    types: &[i64],
    wanted: impl Fn(&str, i64) -> bool,
) -> Vec<(String, u32)> {
    let all = (0_u32..).zip(texts).zip(types);
    all.filter(|((_, text), kind)| wanted(text, **kind))
        .map(|((id, text), _)| (text.clone(), id))
        .collect()
}

/// Whether a token reads like markup, `<tool_call>` or `[INST]`, rather than like text.
fn is_tag(text: &str) -> bool {
    let framed = |open, close| text.starts_with(open) && text.ends_with(close);
    text.len() > 2 && (framed('<', '>') || framed('[', ']'))
}

/// The tokens that only a template may make.
pub(super) fn control(texts: &[String], types: &[i64]) -> Result<Specials, EngineError> {
    let control = |_: &str, kind| matches!(kind, CONTROL | UNKNOWN);
    Specials::new(of_type(texts, types, control))
}

/// The tokens that look like markup.
pub(super) fn markup(texts: &[String], types: &[i64]) -> Result<Specials, EngineError> {
    let markup = |text: &str, kind| kind == USER_DEFINED && is_tag(text);
    Specials::new(of_type(texts, types, markup))
}

/// The tokens that any text means when it spells them.
pub(super) fn spelled(texts: &[String], types: &[i64]) -> Result<Specials, EngineError> {
    let spelled = |text: &str, kind| kind == USER_DEFINED && !is_tag(text);
    Specials::new(of_type(texts, types, spelled))
}

/// Tokens that end an answer, sorted: those that the model's files name and those that are known
/// to.
pub(super) fn ends(named: impl Iterator<Item = u32>, texts: &[String], types: &[i64]) -> Vec<u32> {
    let known = of_type(texts, types, |text, kind| {
        kind == CONTROL && ENDS.contains(&text)
    });
    let mut ends: Vec<u32> = named.chain(known.into_iter().map(|(_, id)| id)).collect();
    ends.sort_unstable();
    ends.dedup();
    ends
}
