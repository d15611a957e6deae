//! A folder as Hugging Face lays it out, quantised while it is loaded, computes what a GGUF file
//! does that was quantised before.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::tiny::{HEADS, INNER, KV, LAYERS, SIZE, VOCAB, WIDTH, header, model};
use super::*;
use crate::engine::quant::Format;
use crate::engine::weights::Weights;
use crate::engine::weights::gguf::writer::Writer;
use crate::engine::weights::names::hugging_face_name;

/// A tensor: its name, shape, format, and bytes.
type Tensor = (String, Vec<usize>, Format, Vec<u8>);

/// The tiny model of a family, tensor by tensor.
fn tensors(family: &str, format: Format) -> Vec<Tensor> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), model(family, false, |_| format)).unwrap();
    let gguf = Gguf::open(file.path()).unwrap();
    let mut names: Vec<&str> = gguf.tensors().map(|(name, _, _)| name).collect();
    names.sort_unstable();
    let one = |name: &str| {
        let tensor = Weights::get(&gguf, name).unwrap();
        let (shape, bytes) = (tensor.shape.to_vec(), tensor.bytes.to_vec());
        (name.to_owned(), shape, tensor.format, bytes)
    };
    names.into_iter().map(one).collect()
}

/// The GGUF file that llama.cpp would make: vectors as they are, matrices as Q8_0.
fn quantised(family: &str, tensors: &[Tensor]) -> Vec<u8> {
    let mut file = header(family);
    for (name, shape, format, bytes) in tensors {
        let mut weights = vec![0.0; shape.iter().product()];
        format.dequantize(bytes, &mut weights);
        let kept = if shape.len() == 2 {
            Format::Q8_0
        } else {
            *format
        };
        file = Writer::tensor(file, name, shape, kept, &weights);
    }
    file.finish()
}

/// Row `i` of what a file of halves has, where GGUF's has neighbours: lanes `2 i` and `2 i + 1` of
/// a head come from lanes `i` and `i + SIZE / 2`.
fn in_halves(bytes: &[u8], rows: usize) -> Vec<u8> {
    let length = bytes.len() / rows;
    let source = |row: usize| {
        let (head, lane) = (row / SIZE, row % SIZE);
        head * SIZE + lane % (SIZE / 2) * 2 + lane / (SIZE / 2)
    };
    let row = |row: usize| &bytes[source(row) * length..][..length];
    (0..rows).flat_map(row).copied().collect()
}

/// The folder that the same model comes in.
fn write_folder(folder: &Path, family: &str, tensors: &[Tensor], more: &Value) {
    let mut header = BTreeMap::new();
    let mut data = Vec::new();
    for (name, shape, format, bytes) in tensors {
        let turned = name.contains("attn_q.") || name.contains("attn_k.");
        let start = data.len();
        match family == "llama" && turned {
            true => data.extend(in_halves(bytes, shape[0])),
            false => data.extend(bytes),
        }
        let place = json!({"dtype": format.name(), "shape": shape,
                           "data_offsets": [start, data.len()]});
        header.insert(hugging_face_name(name).unwrap(), place);
    }
    let header = serde_json::to_vec(&header).unwrap();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend(data);
    std::fs::write(folder.join("model.safetensors"), bytes).unwrap();
    let mut settings = json!({
        "model_type": family, "hidden_size": WIDTH, "intermediate_size": INNER,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": KV,
        "head_dim": SIZE, "max_position_embeddings": 256, "vocab_size": VOCAB,
        "rms_norm_eps": 1e-5, "rope_theta": 10_000.0, "hidden_act": "silu",
        "tie_word_embeddings": false,
    });
    for (key, value) in more.as_object().unwrap() {
        settings[key] = value.clone();
    }
    std::fs::write(folder.join("config.json"), settings.to_string()).unwrap();
}

fn logits(model: &llama::Llama) -> Vec<f32> {
    let tokens: Vec<u32> = (0..40).map(|i| (i * i * 7 + 13 * i + 5) % 512).collect();
    let mut cache = model.new_cache(tokens.len(), None);
    model.forward_each(&tokens, &mut cache).unwrap()
}

#[test]
fn a_folder_computes_what_a_gguf_file_of_its_weights_does() {
    for (family, format) in [
        ("llama", Format::F32),
        ("qwen2", Format::F16),
        ("qwen3", Format::BF16),
    ] {
        let tensors = tensors(family, format);
        let folder = tempfile::tempdir().unwrap();
        write_folder(folder.path(), family, &tensors, &json!({}));
        let compute = Compute::new(2);
        let loaded = llama::Llama::load_folder(folder.path(), &compute, ROOM).unwrap();
        let expected = load_gguf(&quantised(family, &tensors));
        assert_eq!(loaded.bytes(), expected.bytes(), "{family}: as large");
        let (ours, theirs) = (logits(&loaded), logits(&expected));
        if family == "llama" {
            // The lanes of queries and keys lie in another order, and sums with them: some
            // activations round to the next of 255 steps.
            let pairs = ours.iter().zip(&theirs);
            let apart = pairs.fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
            eprintln!("{family}: at most {apart:.1e} apart");
            assert!(apart < 0.05, "{family}: {apart} apart");
        } else {
            assert!(ours == theirs, "{family}: not bit for bit");
        }
    }
}

#[test]
fn settings_that_this_build_cannot_follow_are_errors() {
    let tensors = tensors("qwen2", Format::F16);
    let yarn = json!({"type": "yarn", "factor": 4.0});
    let cut = json!({"rope_type": "llama3", "factor": 8.0});
    for (change, said) in [
        (json!({}), ""),
        (
            json!({"rope_scaling": {"type": "linear", "factor": 2.0}}),
            "",
        ),
        (json!({"rope_scaling": null, "head_dim": null}), ""),
        (
            json!({"rope_parameters": {"rope_theta": 1e6, "rope_type": "default"}}),
            "",
        ),
        (json!({"rope_scaling": yarn}), "yarn"),
        (json!({"rope_scaling": cut}), "low_freq_factor"),
        (json!({"hidden_act": "gelu"}), "gelu"),
        (json!({"quantization_config": {"bits": 4}}), "packing"),
        (json!({"partial_rotary_factor": 0.5}), "turning"),
        (json!({"num_key_value_heads": 3}), "key heads"),
        (json!({"num_attention_heads": 0}), "heads"),
        (json!({"vocab_size": 513}), "token_embd"),
        (json!({"head_dim": 100_000}), "head"),
        (json!({"num_hidden_layers": 2_000_000}), "layers"),
        (json!({"num_hidden_layers": 3}), "blk.2"),
        (json!({"hidden_size": 128}), "shape"),
        (json!({"hidden_size": 1e9}), "config.json"),
        (json!({"model_type": "mamba"}), "mamba"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write_folder(folder.path(), "qwen2", &tensors, &change);
        let loaded = llama::Llama::load_folder(folder.path(), &Compute::new(1), ROOM);
        match loaded {
            Ok(_) => assert_eq!(said, "", "{change}"),
            Err(error) => {
                let error = error.to_string();
                assert!(
                    !said.is_empty() && error.contains(said),
                    "{change}: {error}"
                );
            }
        }
    }
}

/// Beyond its window a token does not see all there is; this build keeps texts within it.
#[test]
fn a_sliding_window_bounds_the_context() {
    let tensors = tensors("llama", Format::F16);
    for (kind, change, context) in [
        ("mistral", json!({"sliding_window": 64}), 64),
        ("mistral", json!({"sliding_window": 4096}), 256),
        ("mistral", json!({"sliding_window": null}), 256),
        (
            "llama",
            json!({"sliding_window": 64, "use_sliding_window": false}),
            256,
        ),
        (
            "llama",
            json!({"sliding_window": 64, "use_sliding_window": true}),
            64,
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write_folder(folder.path(), "llama", &tensors, &change);
        let path = folder.path().join("config.json");
        let settings = std::fs::read_to_string(&path).unwrap();
        let settings = settings.replace("\"llama\"", &format!("\"{kind}\""));
        std::fs::write(&path, settings).unwrap();
        let facts = inspect(folder.path()).unwrap();
        assert_eq!(
            (&*facts.architecture, facts.context),
            (kind, context),
            "{change}"
        );
        assert_eq!(facts.format, "Q8_0");
    }
}

/// One matrix is embedding and output: under either name, and not under both.
#[test]
fn tied_embeddings_are_found_by_either_name() {
    let all = tensors("qwen2", Format::F16);
    let without = |gone: &str| {
        let kept = all.iter().filter(|(name, ..)| name != gone);
        kept.cloned().collect::<Vec<_>>()
    };
    let tie = |tied: Value| json!({ "tie_word_embeddings": tied });
    let embedding = all.iter().find(|(name, ..)| name == "token_embd.weight");
    let mut doubled = without("output.weight");
    let (_, shape, format, bytes) = embedding.unwrap().clone();
    doubled.push(("output.weight".to_owned(), shape, format, bytes));
    let only_output = doubled
        .iter()
        .filter(|(name, ..)| name != "token_embd.weight");
    let only_output: Vec<_> = only_output.cloned().collect();
    let expected = logits(&load_gguf(&quantised("qwen2", &without("output.weight"))));
    for (tensors, change) in [
        (without("output.weight"), tie(json!(true))),
        (without("output.weight"), tie(Value::Null)),
        (only_output, tie(json!(true))),
        (all.clone(), tie(json!(true))),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write_folder(folder.path(), "qwen2", &tensors, &change);
        let compute = Compute::new(2);
        let loaded = llama::Llama::load_folder(folder.path(), &compute, ROOM).unwrap();
        assert!(logits(&loaded) == expected, "{change}");
    }
    let folder = tempfile::tempdir().unwrap();
    write_folder(
        folder.path(),
        "qwen2",
        &without("output.weight"),
        &tie(json!(false)),
    );
    assert!(
        inspect(folder.path()).is_err(),
        "an output matrix is missing"
    );
}
