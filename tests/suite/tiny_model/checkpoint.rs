//! A chat model in Hugging Face layout: what people download who do not look for GGUF.

use std::path::Path;

use serde_json::{Value, json};

use super::{CONTEXT, CONTROL, Chain, IM_END, IM_START, TEMPLATE, Tensor, vocabulary};

/// Writes `config.json`, `tokenizer.json`, `tokenizer_config.json`, `generation_config.json`,
/// `README.md` and the weights in half precision (in `files` files, with an index if there are
/// several) into `folder`. The model says `sentence` and ends, whatever it is asked.
pub fn write_checkpoint(folder: &Path, sentence: &str, files: usize) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let chain = Chain::new(sentence);
    let texts = vocabulary(&chain.texts);
    let write = |name: &str, value: Value| std::fs::write(folder.join(name), value.to_string());
    write("config.json", config(&chain, texts.len()))?;
    write("tokenizer.json", tokenizer(&texts))?;
    write(
        "tokenizer_config.json",
        json!({"bos_token": CONTROL[1], "eos_token": {"content": CONTROL[0]},
               "add_bos_token": false, "tokenizer_class": "GPT2Tokenizer",
               "chat_template": TEMPLATE}),
    )?;
    write("generation_config.json", json!({"eos_token_id": [IM_END]}))?;
    let readme = "---\nlicense: cc0-1.0\n---\n\n## Table of contents\n";
    std::fs::write(folder.join("README.md"), readme)?;
    write_weights(folder, &chain.tensors(texts.len(), true), files)
}

fn config(chain: &Chain, vocab: usize) -> Value {
    let shape = chain.shape;
    json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
        "hidden_size": shape.hidden, "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads, "max_position_embeddings": CONTEXT,
        "vocab_size": vocab, "rms_norm_eps": 1e-5, "rope_theta": 10_000.0, "rope_scaling": null,
        "tie_word_embeddings": false, "torch_dtype": "float16", "bos_token_id": IM_START,
    })
}

fn tokenizer(texts: &[String]) -> Value {
    let numbered = texts.iter().enumerate();
    let vocab = numbered.map(|(id, text)| (text.clone(), json!(id)));
    let vocab: serde_json::Map<String, Value> = vocab.collect();
    let added: Vec<Value> = CONTROL
        .iter()
        .enumerate()
        .map(|(id, text)| json!({"id": id, "content": text, "special": true}))
        .collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": null,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Digits", "individual_digits": true},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
             "use_regex": true}]},
        "post_processor": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false,
                           "use_regex": true},
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
                    "use_regex": true},
        "model": {"type": "BPE", "dropout": null, "unk_token": null,
                  "continuing_subword_prefix": null, "end_of_word_suffix": null,
                  "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                  "vocab": vocab, "merges": []},
    })
}

fn write_weights(folder: &Path, tensors: &[Tensor], files: usize) -> std::io::Result<()> {
    if files == 1 {
        return std::fs::write(folder.join("model.safetensors"), safetensors(tensors));
    }
    let mut places = serde_json::Map::new();
    for (number, part) in tensors.chunks(tensors.len().div_ceil(files)).enumerate() {
        let name = format!("model-{:05}-of-{files:05}.safetensors", number + 1);
        for (tensor, ..) in part {
            places.insert(hugging_face(tensor), json!(name));
        }
        std::fs::write(folder.join(&name), safetensors(part))?;
    }
    let index = json!({"metadata": {}, "weight_map": places});
    std::fs::write(
        folder.join("model.safetensors.index.json"),
        index.to_string(),
    )
}

/// Hugging Face's name of a tensor.
fn hugging_face(name: &str) -> String {
    let names = [
        ("token_embd", "model.embed_tokens"),
        ("output_norm", "model.norm"),
        ("output.weight", "lm_head.weight"),
        ("blk", "model.layers"),
        ("attn_norm", "input_layernorm"),
        ("attn_q", "self_attn.q_proj"),
        ("attn_k", "self_attn.k_proj"),
        ("attn_v", "self_attn.v_proj"),
        ("attn_output", "self_attn.o_proj"),
        ("ffn_norm", "post_attention_layernorm"),
        ("ffn_gate", "mlp.gate_proj"),
        ("ffn_up", "mlp.up_proj"),
        ("ffn_down", "mlp.down_proj"),
    ];
    let parts = match name {
        "output.weight" => vec![name],
        _ => name.split('.').collect(),
    };
    let mut translated = Vec::new();
    for part in parts {
        let found = names.iter().find(|(ours, _)| *ours == part);
        translated.push(found.map_or(part, |(_, theirs)| *theirs));
    }
    translated.join(".")
}

/// The safetensors format, with values in bfloat16.
fn safetensors(tensors: &[Tensor]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, shape, values) in tensors {
        let start = data.len();
        // The upper half of a single: exact for the numbers that these models have.
        data.extend(
            values
                .iter()
                .flat_map(|v| v.to_le_bytes().into_iter().skip(2)),
        );
        let place = json!({"dtype": "BF16", "shape": shape, "data_offsets": [start, data.len()]});
        header.insert(hugging_face(name), place);
    }
    let header = Value::Object(header).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}
