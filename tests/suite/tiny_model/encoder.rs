//! A BERT encoder in Hugging Face layout whose vectors are bags of word pieces.

use std::path::Path;

use serde_json::{Value, json};

use super::Random;

const HIDDEN: usize = 64;
const FEED_FORWARD: usize = 64;
/// The longest text in tokens, `[CLS]` and `[SEP]` among them.
const POSITIONS: usize = 512;
const SPECIALS: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// Writes `config.json`, `tokenizer.json`, `model.safetensors` and a `README.md` into `folder`.
/// Its one block adds nothing, so a text's vector is the mean of what its word pieces mean, each
/// of them a random direction: texts that share words are near each other.
pub fn write_encoder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let vocab = vocabulary();
    let config = json!({
        "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu",
        "hidden_size": HIDDEN, "intermediate_size": FEED_FORWARD, "num_hidden_layers": 1,
        "num_attention_heads": 2, "max_position_embeddings": POSITIONS, "type_vocab_size": 2,
        "vocab_size": vocab.len(), "layer_norm_eps": 1e-12, "pad_token_id": 0,
        "position_embedding_type": "absolute",
    });
    std::fs::write(folder.join("config.json"), config.to_string())?;
    std::fs::write(folder.join("tokenizer.json"), tokenizer(&vocab).to_string())?;
    std::fs::write(folder.join("model.safetensors"), weights(vocab.len()))?;
    let readme = "---\nlicense: cc0-1.0\n---\n# tiny-encoder\n\nMade by the tests.\n";
    std::fs::write(folder.join("README.md"), readme)
}

/// Special tokens, printable ASCII, and every pair of letters, at the start of a word and inside.
fn vocabulary() -> Vec<String> {
    let mut vocab: Vec<String> = SPECIALS.map(str::to_owned).to_vec();
    let singles = (b'!'..=b'~')
        .filter(|b| !b.is_ascii_uppercase())
        .map(char::from);
    for single in singles {
        vocab.push(single.to_string());
        if single.is_ascii_alphanumeric() {
            vocab.push(format!("##{single}"));
        }
    }
    for first in 'a'..='z' {
        for second in 'a'..='z' {
            vocab.push(format!("{first}{second}"));
            vocab.push(format!("##{first}{second}"));
        }
    }
    vocab
}

fn tokenizer(vocab: &[String]) -> Value {
    let numbered = vocab.iter().enumerate();
    let numbers: serde_json::Map<String, Value> = numbered
        .map(|(id, text)| (text.clone(), json!(id)))
        .collect();
    let added: Vec<Value> = SPECIALS
        .iter()
        .enumerate()
        .map(|(id, text)| {
            json!({"id": id, "content": text, "special": true, "single_word": false,
                   "lstrip": false, "rstrip": false, "normalized": false})
        })
        .collect();
    let special = |text: &str, id: u32| json!({"id": text, "ids": [id], "tokens": [text]});
    json!({
        "version": "1.0",
        "truncation": {"max_length": 128, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 128}, "direction": "Right", "pad_to_multiple_of": null,
                    "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": added,
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                       "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                       {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                     {"Sequence": {"id": "A", "type_id": 0}},
                     {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
                     {"Sequence": {"id": "B", "type_id": 1}},
                     {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
            "special_tokens": {"[CLS]": special("[CLS]", 2), "[SEP]": special("[SEP]", 3)},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": numbers},
    })
}

fn weights(tokens: usize) -> Vec<u8> {
    let mut random = Random(1);
    let words: Vec<f32> = (0..tokens * HIDDEN).map(|_| random.signed()).collect();
    let mut tensors = vec![
        (
            "embeddings.word_embeddings.weight".to_owned(),
            vec![tokens, HIDDEN],
            words,
        ),
        zeros(
            "embeddings.position_embeddings.weight",
            &[POSITIONS, HIDDEN],
        ),
        zeros("embeddings.token_type_embeddings.weight", &[2, HIDDEN]),
    ];
    norm(&mut tensors, "embeddings.LayerNorm");
    let layer = "encoder.layer.0";
    for (name, rows, columns) in [
        ("attention.self.query", HIDDEN, HIDDEN),
        ("attention.self.key", HIDDEN, HIDDEN),
        ("attention.self.value", HIDDEN, HIDDEN),
        ("attention.output.dense", HIDDEN, HIDDEN),
        ("intermediate.dense", FEED_FORWARD, HIDDEN),
        ("output.dense", HIDDEN, FEED_FORWARD),
    ] {
        tensors.push(zeros(&format!("{layer}.{name}.weight"), &[rows, columns]));
        tensors.push(zeros(&format!("{layer}.{name}.bias"), &[rows]));
    }
    norm(&mut tensors, &format!("{layer}.attention.output.LayerNorm"));
    norm(&mut tensors, &format!("{layer}.output.LayerNorm"));
    safetensors(&tensors)
}

type Tensor = (String, Vec<usize>, Vec<f32>);

fn zeros(name: &str, shape: &[usize]) -> Tensor {
    (
        name.to_owned(),
        shape.to_vec(),
        vec![0.0; shape.iter().product()],
    )
}

fn norm(tensors: &mut Vec<Tensor>, name: &str) {
    tensors.push((format!("{name}.weight"), vec![HIDDEN], vec![1.0; HIDDEN]));
    tensors.push(zeros(&format!("{name}.bias"), &[HIDDEN]));
}

/// The safetensors format: length of the header, header in JSON, data.
fn safetensors(tensors: &[Tensor]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, shape, values) in tensors {
        let start = data.len();
        data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let place = json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]});
        header.insert(name.clone(), place);
    }
    let mut header = Value::Object(header).to_string();
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}
