//! How text is cut into words before anything is merged, by the name that the file gives the rule
//! (`tokenizer.ggml.pre`; the expressions are those of llama.cpp's llama-vocab.cpp and of the
//! models' own `tokenizer.json`).

use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::normalizer::SplitDelimiterBehavior;

use super::{EngineError, unsupported};
use crate::engine::weights::brief;

const GPT_2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const LLAMA_3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN_2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const DIGIT: &str = r"\p{N}";
const DEFAULT_PUNCTUATION: &str = r"[\p{P}\$\+<=>\^~\|]+";
const DEFAULT_DIGITS: &str = r"[0-9][0-9][0-9]";

/// DeepSeek LLM and Coder. The first knows letters by a list, which is that of all letters with
/// case but for those of some rarer alphabets.
const LINE_END: &str = r"[\r\n]";
const DEEPSEEK_LETTERS: &str = r"\s?[[\p{Lu}\p{Ll}\p{Lt}]--[\u{560}-\u{588}\u{10C7}-\u{10FF}\u{1C80}-\u{1C8F}\u{2D00}-\u{2D2D}\u{A790}-\u{AB6F}\u{10570}-\u{105BC}\u{10D50}-\u{10D8F}\u{16E40}-\u{16EDF}\u{1D400}-\u{1DFFF}]]+";
const DEEPSEEK_SIGNS: &str =
    r"\s?[!-/:-~\u{FF01}-\u{FF0F}\u{FF1A}-\u{FF5E}\u{2018}-\u{201F}\u{3000}-\u{3002}]+";
const LAST_SPACES: &str = r"\s+$";
const EAST_ASIAN: &str = r"[\u{800}-\u{9FA5}\u{AC00}-\u{D7FF}]+";
const DIGITS: &str = r"\p{N}+";

/// The rule of this name.
pub(super) fn rule(name: &str) -> Result<PreTokenizerWrapper, EngineError> {
    let expressions: &[&str] = match name {
        "gpt-2" | "phi-2" | "mpt" | "olmo" | "jais" | "trillion" => &[GPT_2],
        "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "exaone" | "minerva-7b" => {
            &[DIGIT, GPT_2]
        }
        "llama-bpe" | "llama3" | "llama-v3" | "falcon3" | "smaug-bpe" | "dbrx" => &[LLAMA_3],
        "qwen2" | "deepseek-r1-qwen" | "stablelm2" | "megrez" => &[QWEN_2],
        "deepseek-llm" => &[
            LINE_END,
            DEEPSEEK_LETTERS,
            DEEPSEEK_SIGNS,
            LAST_SPACES,
            EAST_ASIAN,
            DIGITS,
        ],
        "deepseek-coder" => &[LINE_END, r"\s?\p{L}+", r"\s?\p{P}+", EAST_ASIAN, DIGIT],
        "default" => &[DEFAULT_PUNCTUATION, GPT_2, DIGITS, DEFAULT_DIGITS],
        other => {
            return Err(unsupported(format!(
                "its tokenizer cuts words by the rule `{}`",
                brief(other)
            )));
        }
    };
    let mut steps = Vec::new();
    for expression in expressions {
        let pattern = SplitPattern::Regex((*expression).to_owned());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false);
        let split = split.map_err(|error| unsupported(format!("its words: {error}")))?;
        steps.push(PreTokenizerWrapper::Split(split));
    }
    steps.push(PreTokenizerWrapper::ByteLevel(ByteLevel::new(
        false, false, false,
    )));
    Ok(PreTokenizerWrapper::Sequence(Sequence::new(steps)))
}

/// Whether a word that is a token is taken whole even where merges would not lead there.
pub(super) fn ignores_merges(name: Option<&str>) -> bool {
    matches!(name, Some("llama-bpe" | "llama3" | "llama-v3" | "falcon3"))
}

/// The bytes that a byte-level token stands for; a letter that stands for none means itself.
pub(in crate::engine::tokenizer) fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars() {
        match byte_of(letter) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// GPT-2's alphabet of bytes: what prints stands for itself, the others follow from U+0100 on in
/// their order (0 to 32, 127 to 160, 173).
fn byte_of(letter: char) -> Option<u8> {
    let code = u32::from(letter);
    let byte = match code {
        0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => code,
        0x100..=0x120 => code - 0x100,
        0x121..=0x142 => code - 0x121 + 0x7F,
        0x143 => 0xAD,
        _ => return None,
    };
    u8::try_from(byte).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_is_that_of_the_tokenizers() {
        let mut letters: Vec<char> = ByteLevel::alphabet().into_iter().collect();
        letters.sort_unstable();
        let mut bytes: Vec<u8> = letters.iter().filter_map(|c| byte_of(*c)).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
        assert_eq!(bytes_of("\u{120}the\u{10A}"), b" the\n");
        assert_eq!(
            bytes_of("\u{F0}\u{141}\u{A6}\u{2581}"),
            b"\xF0\x9F\xA6\xE2\x96\x81"
        );
    }

    #[test]
    fn every_rule_compiles_and_an_unknown_one_is_named() {
        for name in [
            "gpt-2",
            "smollm",
            "llama-bpe",
            "qwen2",
            "deepseek-coder",
            "default",
        ] {
            assert!(rule(name).is_ok(), "{name}");
        }
        let error = rule("tomorrow").expect_err("unknown").to_string();
        assert!(error.contains("`tomorrow`"), "{error}");
    }
}
