//! Tiny encoders against Hugging Face's own models, which `tests/reference/tiny_encoders.py`
//! recorded: a BERT whose vector is its first row (BGE) and an XLM-RoBERTa with the mean (E5).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::tiny::floats;
use super::*;
use crate::engine::layers::encoder::Precision;

#[derive(Deserialize)]
struct Golden {
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    pooling: String,
    config: Value,
    tensors: BTreeMap<String, Vec<usize>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    ids: Vec<u32>,
    vector: Vec<f32>,
}

/// The folder of such a model.
fn write(folder: &Path, model: &Model) {
    let mut header = BTreeMap::new();
    let mut data = Vec::new();
    for (name, shape) in &model.tensors {
        let count = shape.iter().product();
        let (base, spread) = match name.ends_with("LayerNorm.weight") {
            true => (1.0, 0.2),
            false => (0.0, 0.25),
        };
        let start = data.len();
        let weights = floats(name, count, spread).into_iter();
        data.extend(weights.flat_map(|weight| (base + weight).to_le_bytes()));
        let place = json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]});
        header.insert(name, place);
    }
    let header = serde_json::to_vec(&header).unwrap();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend(data);
    std::fs::write(folder.join("model.safetensors"), bytes).unwrap();
    std::fs::write(folder.join("config.json"), model.config.to_string()).unwrap();
    let pooling = json!({
        "pooling_mode_cls_token": model.pooling == "cls",
        "pooling_mode_mean_tokens": model.pooling == "mean",
    });
    std::fs::write(folder.join("pooling.json"), pooling.to_string()).unwrap();
}

#[test]
fn encoders_of_each_kind_agree_with_hugging_face() {
    let golden: Golden = serde_json::from_slice(&reference("tiny_encoders.json")).unwrap();
    assert_eq!(golden.models.len(), 2);
    for golden in golden.models {
        let kind = golden.config["model_type"].as_str().unwrap();
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &golden);
        let facts = inspect(folder.path()).unwrap();
        assert_eq!((&*facts.architecture, facts.context), (kind, 64));
        let model = bert::Bert::load(folder.path(), Precision::Plain, &Compute::new(2)).unwrap();
        let batch: Vec<_> = golden.cases.iter().map(|case| case.ids.clone()).collect();
        let vectors = model.encode(&batch).unwrap();
        for (case, vector) in golden.cases.iter().zip(&vectors) {
            let pairs = case.vector.iter().zip(vector);
            let apart = pairs.fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
            assert!(
                apart < 1e-5,
                "{kind}, {} tokens: {apart} apart",
                case.ids.len()
            );
        }
        let long = vec![5; 65];
        assert!(matches!(
            model.encode(&[long]),
            Err(ModelError::Full { .. })
        ));
    }
}
