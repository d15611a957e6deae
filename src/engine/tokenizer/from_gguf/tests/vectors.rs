//! Against llama.cpp's own vectors, where the shared test data lie.

use std::collections::HashMap;
use std::path::PathBuf;

use tokenizers::tokenizer::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer as _};

use super::*;

/// A file of the shared test data, if this machine has them.
fn shared(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os("PRIVATESTACK_SHARED").map(PathBuf::from);
    let root = named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let path = root.join("data").join(name);
    if !path.exists() {
        eprintln!("SKIPPED: there is no {}", path.display());
    }
    path.exists().then_some(path)
}

/// llama.cpp's vectors of this name: texts, and the tokens of each.
fn vectors(name: &str) -> Option<Vec<(String, Vec<u32>)>> {
    let read = |ending: &str| {
        let name = format!("tokenizers/llama.cpp/ggml-vocab-{name}.gguf.{ending}");
        Some(std::fs::read_to_string(shared(&name)?).expect("vectors"))
    };
    let (texts, lines) = (read("inp")?, read("out")?);
    // Each text is followed by this line, the last one too.
    let texts = texts.split_terminator("\n__ggml_vocab_test__\n");
    let number = |n: &str| n.parse().expect("a number");
    let lines = lines
        .lines()
        .map(|line| line.split_whitespace().map(number).collect());
    let (texts, tokens): (Vec<_>, Vec<_>) = (texts.map(str::to_owned).collect(), lines.collect());
    assert_eq!((texts.len(), tokens.len()), (46, 46), "{name}");
    Some(texts.into_iter().zip(tokens).collect())
}

/// Checks `tokenizer` against llama.cpp's vectors of this name, there and, if `back`, back again.
fn check(name: &str, tokenizer: &Arc<Tokenizer>, back: bool) {
    for (text, expected) in vectors(name).expect("vectors") {
        let tokens = tokenizer.encode(&text).expect("tokens");
        assert_eq!(tokens, expected, "{name}: {text:?}");
        if back {
            assert_eq!(decode(tokenizer, &tokens), text, "{name}");
        }
    }
}

#[test]
fn tokens_are_those_of_llama_cpp() {
    for (name, around) in [
        ("gpt-2", [None, None]),
        ("llama-spm", [Some(1), None]),
        ("deepseek-llm", [Some(100_000), None]),
        ("bert-bge", [Some(101), Some(102)]),
    ] {
        let Some(path) = shared(&format!("tokenizers/llama.cpp/ggml-vocab-{name}.gguf")) else {
            return;
        };
        let file = Gguf::open(&path).expect("a GGUF file");
        let tokenizer = Arc::new(Tokenizer::from_gguf(&file).expect("a tokenizer"));
        // Letters without case and accents do not come back.
        check(name, &tokenizer, name != "bert-bge");
        let whole = tokenizer.encode_whole("").expect("tokens");
        let around: Vec<u32> = around.into_iter().flatten().collect();
        assert_eq!(whole, around, "{name}");
    }
}

/// Llama 3's vocabulary lies there as Hugging Face has it; here it becomes metadata.
#[test]
fn tokens_of_llama_3_are_those_of_llama_cpp() {
    let (Some(vocab), Some(merges)) = (
        shared("tokenizers/llama3.2/encoder.json"),
        shared("tokenizers/llama3.2/vocab.bpe"),
    ) else {
        return;
    };
    let json = std::fs::read(vocab).expect("a vocabulary");
    let vocab: HashMap<String, usize> = serde_json::from_slice(&json).expect("a vocabulary");
    let mut texts = vec![String::new(); vocab.len()];
    for (text, id) in vocab {
        texts[id] = text;
    }
    let merges = std::fs::read_to_string(merges).expect("merges");
    let merges: Vec<String> = merges.lines().map(str::to_owned).collect();
    let mut file = GgufFile::default();
    file.text("tokenizer.ggml.model", "gpt2");
    file.text("tokenizer.ggml.pre", "llama-bpe");
    file.texts("tokenizer.ggml.tokens", &texts);
    file.texts("tokenizer.ggml.merges", &merges);
    check("llama-bpe", &built(file).expect("a tokenizer"), true);
}

/// Qwen's vocabulary is not there, so the numbers of its tokens cannot be known. What the vectors
/// do say of the rule is checked: a token never reaches over two words, and a digit is one word.
#[test]
fn words_of_qwen_2_are_no_smaller_than_its_tokens() {
    let Some(vectors) = vectors("qwen2") else {
        return;
    };
    let rule = words::rule("qwen2").expect("a rule");
    let mut digits = 0;
    for (text, tokens) in vectors {
        let mut cut = PreTokenizedString::from(text.as_str());
        rule.pre_tokenize(&mut cut).expect("words");
        let words = cut.get_splits(OffsetReferential::Original, OffsetType::Byte);
        assert!(words.len() <= tokens.len(), "{text:?}");
        if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
            assert_eq!(words.len(), tokens.len(), "{text:?}");
            digits += 1;
        }
    }
    assert_eq!(digits, 9);
}

/// A `tokenizer.json` with GPT-2's vocabulary, and tokens for runs of spaces beside it.
#[test]
fn tokens_of_a_tokenizer_json_are_those_of_llama_cpp() {
    let (Some(path), Some(vectors)) = (
        shared("tokenizers/gpt2-codegen/tokenizer.json"),
        vectors("gpt-2"),
    ) else {
        return;
    };
    let json = std::fs::read(path).expect("a tokenizer");
    let tokenizer = Tokenizer::from_json(&json).expect("a tokenizer");
    let (mut same, mut runs) = (0, 0);
    for (text, expected) in vectors {
        let tokens = tokenizer.encode(&text).expect("tokens");
        if tokens.iter().any(|token| *token > 50_256) {
            assert!(text.contains("  ") || text.contains('\t'), "{text:?}");
            runs += 1;
        } else {
            assert_eq!(tokens, expected, "{text:?}");
            same += 1;
        }
    }
    assert_eq!((same, runs), (39, 7));
}

/// A piece of SentencePiece's: its text, score and type.
type Pieces = Vec<(String, f32, i32)>;

/// The tokenizer of these pieces.
fn of_pieces(pieces: Pieces) -> Arc<Tokenizer> {
    let (texts, rest): (Vec<_>, Vec<_>) = pieces.into_iter().map(|(t, s, k)| (t, (s, k))).unzip();
    let (scores, types): (Vec<_>, Vec<_>) = rest.into_iter().unzip();
    let mut file = GgufFile::default();
    file.text("tokenizer.ggml.model", "llama");
    file.texts("tokenizer.ggml.tokens", &texts);
    file.floats("tokenizer.ggml.scores", &scores);
    file.ints("tokenizer.ggml.token_type", &types);
    file.number("tokenizer.ggml.bos_token_id", 1);
    file.number("tokenizer.ggml.eos_token_id", 2);
    file.number("tokenizer.ggml.unknown_token_id", 0);
    built(file).expect("a tokenizer")
}

/// The pieces of a file in the format of llama2.c: a score, a length and a text each.
fn of_llama2_c(bytes: &[u8]) -> Pieces {
    let four = |at: usize| <[u8; 4]>::try_from(&bytes[at..at + 4]).expect("four bytes");
    let mut pieces = Vec::new();
    let mut at = 4;
    while at < bytes.len() {
        let length = usize::try_from(u32::from_le_bytes(four(at + 4))).expect("a length");
        let text = std::str::from_utf8(&bytes[at + 8..at + 8 + length]).expect("text");
        let kind = match pieces.len() {
            0 => 2,
            1 | 2 => 3,
            3..=258 => 6,
            _ => 1,
        };
        // Where this format has `\n<s>\n`, GGUF has `<s>`.
        let text = match kind {
            1 => text.replace(' ', "\u{2581}"),
            _ => text.trim_matches('\n').to_owned(),
        };
        pieces.push((text, f32::from_le_bytes(four(at)), kind));
        at += 8 + length;
    }
    pieces
}

/// The pieces of SentencePiece's own file, a protocol buffer: field 1 of it is a piece, fields 1,
/// 2 and 3 of a piece are text, score and type.
fn of_sentence_piece(mut bytes: &[u8]) -> Pieces {
    let mut pieces = Vec::new();
    while let Some((field, value)) = next_field(&mut bytes) {
        if field != 1 {
            continue;
        }
        let (mut piece, mut inner) = ((String::new(), 0.0, 1), value);
        while let Some((field, value)) = next_field(&mut inner) {
            match field {
                1 => piece.0 = String::from_utf8(value.to_vec()).expect("text"),
                2 => piece.1 = f32::from_le_bytes(value.try_into().expect("four bytes")),
                3 => piece.2 = i32::from(value[0]),
                _ => (),
            }
        }
        pieces.push(piece);
    }
    pieces
}

/// The next field of a protocol buffer: its number and its bytes.
fn next_field<'b>(bytes: &mut &'b [u8]) -> Option<(u64, &'b [u8])> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let end = 1 + bytes.iter().position(|b| b & 0x80 == 0).expect("an end");
        let (digits, rest) = bytes.split_at(end);
        *bytes = rest;
        let join = |all, digit: &u8| all << 7 | u64::from(digit & 0x7F);
        digits.iter().rev().fold(0, join)
    }
    if bytes.is_empty() {
        return None;
    }
    let tag = varint(bytes);
    let length = match tag & 7 {
        0 => 1 + bytes.iter().position(|b| b & 0x80 == 0).expect("an end"),
        1 => 8,
        2 => usize::try_from(varint(bytes)).expect("a length"),
        5 => 4,
        other => panic!("wire type {other}"),
    };
    let (value, rest) = bytes.split_at(length);
    *bytes = rest;
    Some((tag >> 3, value))
}

/// Llama 2's vocabulary in two other formats.
#[test]
fn tokens_of_llama_2_are_those_of_llama_cpp() {
    type Read = fn(&[u8]) -> Pieces;
    let formats: [(&str, Read); 2] = [
        ("tokenizers/llama2/tokenizer.bin", of_llama2_c),
        ("tokenizers/llama2/tokenizer.model", of_sentence_piece),
    ];
    for (name, read) in formats {
        let Some(path) = shared(name) else { return };
        let pieces = read(&std::fs::read(path).expect("pieces"));
        assert_eq!(pieces.len(), 32_000, "{name}");
        check("llama-spm", &of_pieces(pieces), true);
    }
}

/// The 512 pieces of stories260k.
#[test]
fn tokens_of_stories260k_are_those_of_the_reference() {
    let (Some(pieces), Some(golden)) = (
        shared("models/stories260k/tok512.bin"),
        shared("models/golden/stories260k.json"),
    ) else {
        return;
    };
    let pieces = of_llama2_c(&std::fs::read(pieces).expect("pieces"));
    assert_eq!(pieces.len(), 512);
    let tokenizer = of_pieces(pieces);
    let golden = std::fs::read(golden).expect("the reference");
    let golden: serde_json::Value = serde_json::from_slice(&golden).expect("the reference");
    let cases = golden["cases"].as_array().expect("cases");
    assert!(!cases.is_empty());
    for case in cases {
        let prompt = case["prompt"].as_str().expect("a prompt");
        let tokens = tokenizer.encode_whole(prompt).expect("tokens");
        assert_eq!(serde_json::json!(tokens), case["prompt_ids"], "{prompt}");
        assert_eq!(decode(&tokenizer, &tokens), prompt);
    }
}
