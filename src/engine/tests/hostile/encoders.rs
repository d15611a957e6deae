//! Folders with a safetensors file that lies.

use serde_json::{Value, json};

use super::*;

/// A folder with an encoder, and the parts of its files.
struct Encoder {
    folder: tempfile::TempDir,
    header: Value,
    data: Vec<u8>,
    config: Value,
}

impl Encoder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        tiny_model::write_encoder(folder.path()).expect("an encoder");
        let read = |name: &str| std::fs::read(folder.path().join(name)).expect("a file");
        let (weights, config) = (read("model.safetensors"), read("config.json"));
        let length = u64::from_le_bytes(*weights.first_chunk().expect("a length"));
        let (header, data) = weights[8..].split_at(usize::try_from(length).expect("a length"));
        Self {
            header: serde_json::from_slice(header).expect("a header"),
            config: serde_json::from_slice(&config).expect("settings"),
            data: data.to_vec(),
            folder,
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).expect("a file");
    }

    /// The weights' file with this header, whose length it says is `length`.
    fn weights(&self, header: &[u8], length: u64) -> Vec<u8> {
        [&length.to_le_bytes(), header, &self.data].concat()
    }

    fn refused(&self, what: &str, word: &str) {
        super::refused(self.folder.path(), what, word);
    }
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let encoder = Encoder::new();
    let path = encoder.folder.path().join("model.safetensors");
    let whole = std::fs::read(path).expect("the weights");
    for length in cuts(whole.len()).chain([whole.len() - 1]) {
        encoder.write("model.safetensors", &whole[..length]);
        encoder.refused(&format!("cut at {length}"), "");
    }
    encoder.write("model.safetensors", &whole);
    open(encoder.folder.path()).expect("the whole is a model");
}

#[test]
fn headers_that_lie_are_refused() {
    type Change = fn(&mut Value);
    let words = "embeddings.word_embeddings.weight";
    let kinds = "embeddings.token_type_embeddings.weight";
    let changes: [(Change, &str, &str); 12] = [
        (|t| t["data_offsets"] = json!([0, u64::MAX]), words, ""),
        (
            |t| t["data_offsets"] = json!([1_u64 << 40, 1_u64 << 41]),
            words,
            "",
        ),
        (|t| t["data_offsets"] = json!([64, 0]), words, ""),
        (|t| t["data_offsets"] = json!([0, 512]), kinds, ""),
        (|t| t["data_offsets"] = json!([-1, 5]), words, ""),
        (|t| t["shape"] = json!([1_u64 << 63, 2]), words, ""),
        (|t| t["shape"] = json!([1_u64 << 40, 64]), words, ""),
        (|t| t["shape"] = json!([]), words, ""),
        (|t| t["shape"] = json!(vec![1; 100_000]), words, ""),
        (|t| t["dtype"] = json!("I32"), words, "I32"),
        (|t| t["dtype"] = json!("F99"), words, ""),
        (|t| *t = json!(null), words, ""),
    ];
    for (number, (change, tensor, word)) in changes.into_iter().enumerate() {
        let encoder = Encoder::new();
        let mut header = encoder.header.clone();
        assert!(header[tensor].is_object(), "{tensor}");
        change(&mut header[tensor]);
        let header = header.to_string();
        let bytes = encoder.weights(header.as_bytes(), header.len() as u64);
        encoder.write("model.safetensors", &bytes);
        encoder.refused(&format!("change {number}"), word);
    }
}

#[test]
fn headers_that_are_none_are_refused() {
    let encoder = Encoder::new();
    let header = encoder.header.to_string();
    let mut nameless = encoder.header.as_object().expect("tensors").clone();
    let first = nameless.remove("embeddings.LayerNorm.weight");
    nameless.insert("other.weight".to_owned(), first.expect("a tensor"));
    let nameless = Value::from(nameless).to_string();
    let deep = "[".repeat(1 << 20);
    let many: Vec<_> = (0..35_000)
        .map(|n| format!("\"{n}\":{{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,0]}}"))
        .collect();
    let many = format!("{{{}}}", many.join(","));
    let wide = format!("{{\"a\":{{\"shape\":[{}1]}}}}", "1,".repeat(1_000_000));
    let name = format!("{{\"{}\":{{}}}}", "n".repeat(2_000_000));
    let long = " ".repeat(3 << 20);
    for (header, length, word) in [
        (&*long, long.len() as u64, "too many"),
        (&header, 0, ""),
        (&header, header.len() as u64 - 1, ""),
        (&header, u64::MAX, "too many"),
        (&header, 1 << 40, "too many"),
        ("", 0, ""),
        ("[]", 2, ""),
        ("{}", 2, ""),
        (&deep, deep.len() as u64, ""),
        (&many, many.len() as u64, ""),
        (&wide, wide.len() as u64, ""),
        (&name, name.len() as u64, ""),
        (&nameless, nameless.len() as u64, "missing"),
    ] {
        encoder.write(
            "model.safetensors",
            &encoder.weights(header.as_bytes(), length),
        );
        let start: String = header.chars().take(20).collect();
        encoder.refused(&format!("{start} of {length}"), word);
    }
}

#[test]
fn settings_that_lie_are_refused() {
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 14] = [
        (|c| c["hidden_size"] = json!(0), "heads"),
        (|c| c["hidden_size"] = json!(1_u64 << 63), "shape"),
        (|c| c["hidden_size"] = json!("64"), "config.json"),
        (|c| c["num_attention_heads"] = json!(0), "heads"),
        (|c| c["num_attention_heads"] = json!(3), "heads"),
        (|c| c["num_hidden_layers"] = json!(1_u64 << 32), "layers"),
        (|c| c["num_hidden_layers"] = json!(2), "blk.1."),
        (|c| c["intermediate_size"] = json!(u64::MAX), "shape"),
        (|c| c["vocab_size"] = json!(1_u64 << 40), "shape"),
        (
            |c| c["max_position_embeddings"] = json!(1_u64 << 40),
            "shape",
        ),
        (|c| c["model_type"] = json!("tree"), "tree"),
        (|c| c["hidden_act"] = json!("none"), "none"),
        (|c| *c = json!([1, 2]), "config.json"),
        (|c| c["padding"] = json!("x".repeat(2 << 20)), "longer than"),
    ];
    for (number, (change, word)) in changes.into_iter().enumerate() {
        let encoder = Encoder::new();
        let mut config = encoder.config.clone();
        change(&mut config);
        encoder.write("config.json", config.to_string().as_bytes());
        encoder.refused(&format!("change {number}"), word);
    }
}

#[test]
fn tokenizers_that_lie_are_refused() {
    let encoder = Encoder::new();
    let whole = std::fs::read(encoder.folder.path().join("tokenizer.json")).expect("a file");
    let deep = "[".repeat(1 << 20);
    let junk = format!("{{\"version\": \"{}\"", "x".repeat(1 << 20));
    let wrong = String::from_utf8_lossy(&whole).replace("WordPiece", "WordPieces");
    let model = r#"{"model": {"type": "WordPiece", "vocab": {"a": -1}}}"#;
    let many: Vec<_> = (0..300_000).map(|n| format!("\"{n}\":{n}")).collect();
    let many = many.join(",");
    let many = format!(r#"{{"model":{{"type":"WordPiece","vocab":{{{many},"x":-1}}}}}}"#);
    for bytes in [
        many.as_bytes(),
        &whole[..whole.len() / 2],
        &whole[..whole.len() - 1],
        b"",
        b"null",
        deep.as_bytes(),
        junk.as_bytes(),
        wrong.as_bytes(),
        model.as_bytes(),
    ] {
        encoder.write("tokenizer.json", bytes);
        encoder.refused("a tokenizer", "tokenizer.json");
    }
}

/// Parts that would panic on what they do not expect.
#[test]
fn tokenizers_with_parts_that_would_panic_are_refused() {
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 6] = [
        (
            |t| t["pre_tokenizer"] = json!({"type": "FixedLength", "length": 0}),
            "FixedLength",
        ),
        (
            |t| t["pre_tokenizer"] = json!({"type": "Tree", "length": 0}),
            "Tree",
        ),
        (
            |t| {
                t["model"] = json!({"type": "BPE", "continuing_subword_prefix": "####",
                    "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]});
            },
            "BPE",
        ),
        (|t| t["model"]["type"] = json!("Tree"), "Tree"),
        (
            |t| t["post_processor"]["special_tokens"] = json!({}),
            "unknown tokens",
        ),
        (
            |t| t["post_processor"]["type"] = json!("Tree"),
            "tokenizer.json",
        ),
    ];
    let encoder = Encoder::new();
    let whole = std::fs::read(encoder.folder.path().join("tokenizer.json")).expect("a file");
    let whole: Value = serde_json::from_slice(&whole).expect("a tokenizer");
    for (number, (change, word)) in changes.into_iter().enumerate() {
        let mut json = whole.clone();
        change(&mut json);
        encoder.write("tokenizer.json", json.to_string().as_bytes());
        encoder.refused(&format!("change {number}"), word);
    }
}
