//! Settings that lie beside the weights in a folder as Hugging Face lays it out.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use super::ModelError;
use crate::engine::weights::{WeightsError, brief};

/// What the weights are called.
pub(super) const WEIGHTS: &str = "model.safetensors";
/// Largest file of settings that is read: real ones have about a kilobyte.
const MOST_SETTINGS: u64 = 1 << 20;

/// What kind of model a folder holds, as its `config.json` says.
#[derive(Debug, Deserialize)]
struct Kind {
    model_type: String,
}

/// The `model_type` of the model in `folder`, such as `llama` or `bert`.
pub(super) fn model_type(folder: &Path) -> Result<String, ModelError> {
    let kind: Kind = read_json(&folder.join("config.json"))?;
    Ok(kind.model_type)
}

/// The settings in the file at `path`.
pub(super) fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, ModelError> {
    let read = |source| WeightsError::Read {
        path: path.to_owned(),
        source,
    };
    let mut text = Vec::new();
    let file = File::open(path).map_err(read)?;
    file.take(MOST_SETTINGS + 1)
        .read_to_end(&mut text)
        .map_err(read)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if text.len() as u64 > MOST_SETTINGS {
        let what = format!("{name} is longer than {MOST_SETTINGS} bytes");
        return Err(WeightsError::Header(what).into());
    }
    serde_json::from_slice(&text)
        .map_err(|error| WeightsError::Header(brief(&format!("{name}: {error}"))).into())
}
