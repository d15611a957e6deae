//! Facts about a model before it is loaded.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// The name of a model on this box, such as `smollm2-135m-instruct-q4_1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModelId(String);

impl ModelId {
    /// A name made fit to be one: lower case letters, digits, `-`, `_`, `.`, at most 96 bytes.
    pub fn from_title(title: &str) -> Self {
        let fit = |c: char| match c {
            c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
            '.' | '_' => c,
            _ => '-',
        };
        let name: String = title.trim().chars().take(96).map(fit).collect();
        let name = name.trim_matches(['-', '.', '_']);
        Self(if name.is_empty() {
            "model".to_owned()
        } else {
            name.to_owned()
        })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Answers in text.
    Chat,
    /// Turns text into a vector.
    Embedding,
}

/// Facts on disk about one model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCard {
    pub id: ModelId,
    pub kind: ModelKind,
    /// As the file names it, such as `llama` or `bert`.
    pub architecture: String,
    /// How many weights it has.
    pub parameters: u64,
    /// The format of most of its weights, such as `Q4_1`.
    pub quantization: String,
    /// The longest prompt with its answer, in tokens.
    pub context_tokens: u32,
    /// Length of a vector of an embedding model; 0 for others.
    pub dimensions: u32,
    /// What an embedding model was trained to see before a question, such as `query: `, and
    /// before a passage; empty for most.
    #[serde(default)]
    pub query_prefix: String,
    #[serde(default)]
    pub passage_prefix: String,
    /// Licence, as the file states it.
    pub license: Option<String>,
    /// SHA-256 of the weights file, hexadecimal.
    pub digest: String,
    /// Size of the weights file.
    pub bytes: u64,
    pub imported_at: Timestamp,
}
