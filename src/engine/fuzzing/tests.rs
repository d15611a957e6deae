//! The fuzzers' corpus: where they begin (`SOUND`, made here), and what they once found.

use std::path::PathBuf;

use super::*;
use crate::engine::quant::Format;
use crate::engine::weights::gguf::writer::Writer;

/// Set to write the beginnings anew instead of comparing them.
const WRITE: &str = "PRIVATESTACK_WRITE_CORPUS";

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")
}

#[test]
fn what_fuzzers_found_stays_found() {
    type Target = fn(&[u8]);
    let targets: [(&str, Target); 3] = [
        ("gguf", gguf),
        ("safetensors", safetensors),
        ("tokenizer", tokenizer),
    ];
    for (name, target) in targets {
        let files = std::fs::read_dir(corpus().join(name)).expect("a corpus");
        let mut count = 0;
        for file in files.flatten() {
            let bytes = std::fs::read(file.path()).expect("a file");
            assert!(bytes.len() <= 64 << 10, "{:?} is small", file.path());
            // A panic has its own words; whose file it was says this line.
            eprintln!("{}", file.path().display());
            target(&bytes);
            count += 1;
        }
        assert!(count > 1, "{name}");
    }
}

#[test]
fn fuzzers_begin_with_files_that_are_sound() {
    for (path, bytes) in beginnings() {
        let path = corpus().join(path);
        if std::env::var_os(WRITE).is_some() {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(&path, &bytes).expect("a file");
        }
        let there = std::fs::read(&path).expect("a file of the corpus");
        assert!(there == bytes, "{} is not as made here", path.display());
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("gguf") => {
                let file = Gguf::read(FileMap::of_bytes(&bytes)).expect("a GGUF file");
                if path.parent().is_some_and(|folder| folder.ends_with("gguf")) {
                    word(&file).expect("a model");
                } else {
                    let template = file.get_str("tokenizer.chat_template");
                    let tokenizer = Tokenizer::from_gguf(&file).expect("a tokenizer");
                    speak(Arc::new(tokenizer), template).expect("it speaks");
                }
            }
            Some("json") => {
                let tokenizer = Tokenizer::from_json(&bytes).expect("a tokenizer");
                speak(Arc::new(tokenizer), None).expect("it speaks");
            }
            _ => drop(Safetensors::read(FileMap::of_bytes(&bytes)).expect("a file")),
        }
    }
}

fn beginnings() -> Vec<(&'static str, Vec<u8>)> {
    use Format::{BF16, F16, F32, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0};
    vec![
        ("gguf/llama.gguf", model("llama", [F32, Q4_0, Q4_0])),
        ("gguf/qwen2.gguf", model("qwen2", [Q8_0, Q4_1, Q5_0])),
        ("gguf/qwen3.gguf", model("qwen3", [F16, BF16, Q5_1])),
        ("safetensors/bert.safetensors", checkpoint()),
        ("safetensors/empty.safetensors", parcel("{}", 0)),
        (
            "tokenizer/bytes.gguf",
            vocabulary("gpt2", "qwen2", &["<|im_start|>", "a", "b", "ab"]).finish(),
        ),
        (
            "tokenizer/pieces.gguf",
            vocabulary(
                "llama",
                "default",
                &["<s>", "\u{2581}", "<0x41>", "\u{2581}T"],
            )
            .finish(),
        ),
        (
            "tokenizer/words.gguf",
            vocabulary(
                "bert",
                "jina",
                &["[UNK]", "\u{2581}the", "s", "\u{2581}\u{4F60}"],
            )
            .finish(),
        ),
        ("tokenizer/words.json", json(WORDS)),
        ("tokenizer/pairs.json", json(PAIRS)),
        ("tokenizer/unigram.json", json(UNIGRAM)),
    ]
}

/// A model of one layer and eight tokens, its matrices in these formats by turns.
fn model(architecture: &str, formats: [Format; 3]) -> Vec<u8> {
    const WIDTH: usize = 32;
    let key = |name: &str| format!("{architecture}.{name}");
    let mut turns = formats.into_iter().cycle();
    let weights = |count: usize| -> Vec<f32> {
        (0..count)
            .map(|at| f32::from(u8::try_from(at * 37 % 64).expect("small")) / 64.0 - 0.5)
            .collect()
    };
    let mut file = vocabulary("gpt2", "default", &["a", "b", "ab", "<|im_end|>"])
        .text("general.architecture", architecture)
        .number(&key("block_count"), 1)
        .number(&key("context_length"), 64)
        .number(&key("embedding_length"), 32)
        .number(&key("feed_forward_length"), 32)
        .number(&key("attention.head_count"), 2)
        .number(&key("attention.head_count_kv"), 1)
        .fraction(&key("attention.layer_norm_rms_epsilon"), 1e-5);
    for (name, rows) in [
        ("token_embd", 4),
        ("blk.0.attn_q", 32),
        ("blk.0.attn_k", 16),
        ("blk.0.attn_v", 16),
        ("blk.0.attn_output", 32),
        ("blk.0.ffn_gate", 32),
        ("blk.0.ffn_up", 32),
        ("blk.0.ffn_down", 32),
    ] {
        let format = turns.next().expect("no end");
        let values = weights(rows * WIDTH);
        file = file.tensor(&format!("{name}.weight"), &[rows, WIDTH], format, &values);
    }
    let mut vectors = vec![
        ("output_norm.weight", WIDTH),
        ("blk.0.attn_norm.weight", WIDTH),
        ("blk.0.ffn_norm.weight", WIDTH),
    ];
    match architecture {
        "llama" => vectors.push(("rope_freqs.weight", 8)),
        "qwen2" => vectors.extend([
            ("blk.0.attn_q.bias", 32),
            ("blk.0.attn_k.bias", 16),
            ("blk.0.attn_v.bias", 16),
        ]),
        _ => vectors.extend([
            ("blk.0.attn_q_norm.weight", 16),
            ("blk.0.attn_k_norm.weight", 16),
        ]),
    }
    for (name, length) in vectors {
        file = file.tensor(name, &[length], Format::F32, &vec![1.0; length]);
    }
    file.finish()
}

/// The metadata of a tokenizer.
fn vocabulary(model: &str, rule: &str, tokens: &[&str]) -> Writer {
    let array = |kind: u32, bytes: Vec<u8>, count: usize| {
        let head = [&kind.to_le_bytes()[..], &(count as u64).to_le_bytes()].concat();
        [head, bytes].concat()
    };
    let texts = |texts: &[&str]| {
        let put = |text: &&str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
        array(8, texts.iter().flat_map(put).collect(), texts.len())
    };
    let control = |text: &&str| text.starts_with(['<', '[']);
    let kind = |text: &&str| match () {
        () if text.starts_with("<0x") => 6_i32,
        () if control(text) => 3,
        () => 1,
    };
    let kinds = tokens
        .iter()
        .flat_map(|text| kind(text).to_le_bytes())
        .collect();
    let scores = (0..4_u8).flat_map(|n| f32::from(n).to_le_bytes()).collect();
    let merges: &[&str] = if tokens.contains(&"ab") {
        &["a b"]
    } else {
        &[]
    };
    Writer::default()
        .text("tokenizer.ggml.model", model)
        .text("tokenizer.ggml.pre", rule)
        .raw("tokenizer.ggml.tokens", 9, &texts(tokens))
        .raw("tokenizer.ggml.token_type", 9, &array(5, kinds, 4))
        .raw("tokenizer.ggml.scores", 9, &array(6, scores, 4))
        .raw("tokenizer.ggml.merges", 9, &texts(merges))
        .number("tokenizer.ggml.unknown_token_id", 0)
        .number("tokenizer.ggml.bos_token_id", 0)
        .number("tokenizer.ggml.eos_token_id", 3)
        .text(
            "tokenizer.chat_template",
            "{% for m in messages %}{{ m.role + m.content|trim }}{% endfor %}",
        )
}

/// A safetensors file of this header and as many bytes of data.
fn parcel(header: &str, data: usize) -> Vec<u8> {
    let length = (header.len() as u64).to_le_bytes();
    [&length, header.as_bytes(), &vec![7; data]].concat()
}

fn checkpoint() -> Vec<u8> {
    let header = r#"{"__metadata__":{"format":"pt"},
        "bert.embeddings.word_embeddings.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
        "encoder.layer.0.attention.self.query.weight":{"dtype":"F16","shape":[2,2],"data_offsets":[24,32]},
        "encoder.layer.0.output.LayerNorm.bias":{"dtype":"BF16","shape":[1],"data_offsets":[32,34]},
        "embeddings.position_ids":{"dtype":"I64","shape":[1],"data_offsets":[34,42]}}"#;
    parcel(header, 42)
}

/// A `tokenizer.json` of this model and what stands before it.
fn json(parts: &str) -> Vec<u8> {
    format!(r#"{{"version":"1.0","truncation":null,"padding":null,{parts}}}"#).into_bytes()
}

const WORDS: &str = r###""added_tokens":[{"id":1,"special":true,"content":"[CLS]","single_word":false,
    "lstrip":false,"rstrip":false,"normalized":false}],
    "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,
    "strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},
    "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]",
    "type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},
    {"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[1],
    "tokens":["[CLS]"]}}},"decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
    "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",
    "max_input_chars_per_word":100,"vocab":{"[UNK]":0,"[CLS]":1,"the":2,"a":3,"##s":4}}"###;

const PAIRS: &str = r#""added_tokens":[],"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":
    "ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},"post_processor":
    {"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},
    "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
    "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,
    "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
    "vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}"#;

const UNIGRAM: &str = r#""added_tokens":[],"normalizer":{"type":"Sequence","normalizers":
    [{"type":"NFKC"},{"type":"Strip","strip_left":true,"strip_right":true}]},
    "pre_tokenizer":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always","split":
    true},"post_processor":null,"decoder":null,"model":{"type":"Unigram","unk_id":0,"vocab":
    [["<unk>",0.0],["\u2581",-2.0],["a",-3.5],["\u2581a",-3.0]],"byte_fallback":false}"#;
