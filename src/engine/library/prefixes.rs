//! What embedding models want before a text. They were trained with it: without, E5 and BGE find
//! less. Newer files of Sentence Transformers say it; for older ones it stands in the models' cards
//! for people only, and is known here by their names.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::{PROMPTS, read_bounded};
use crate::engine::EngineError;

const FILE_BYTES: u64 = 1 << 20;
/// Longest prefix.
const PREFIX_BYTES: usize = 500;

/// What stands before a question, and before a passage that may answer it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Prefixes {
    pub(super) query: String,
    pub(super) passage: String,
}

/// `config_sentence_transformers.json`, as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    prompts: HashMap<String, String>,
}

impl Prefixes {
    /// What the files in `folder` say, else what is known of a model of one of these names.
    pub(super) fn read(folder: &Path, names: [&str; 2]) -> Result<Self, EngineError> {
        let path = folder.join(PROMPTS);
        if path.exists() {
            let bytes = read_bounded(&path, FILE_BYTES)?;
            let settings = serde_json::from_slice(&bytes);
            let settings: Settings = settings.map_err(|e| damaged(&e.to_string()))?;
            if let Some(told) = settings.prefixes()? {
                return Ok(told);
            }
        }
        let known = names.into_iter().find_map(Self::known);
        Ok(known.unwrap_or_default())
    }

    /// By the models' own cards: intfloat's E5 (Wang et al. 2022, arXiv:2212.03533) and BAAI's BGE
    /// (Xiao et al. 2023, arXiv:2309.07597), whose later BGE-M3 wants nothing.
    fn known(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
        let has = |word: &str| words.contains(&word);
        let (query, passage) = match () {
            () if has("e5") && has("instruct") => (
                "Instruct: Given a web search query, retrieve relevant passages that answer the \
                 query\nQuery: ",
                "",
            ),
            () if has("e5") => ("query: ", "passage: "),
            () if has("bge") && has("en") => (
                "Represent this sentence for searching relevant passages: ",
                "",
            ),
            () if has("bge") && has("zh") => (
                "\u{4E3A}\u{8FD9}\u{4E2A}\u{53E5}\u{5B50}\u{751F}\u{6210}\u{8868}\u{793A}\u{4EE5}\
                 \u{7528}\u{4E8E}\u{68C0}\u{7D22}\u{76F8}\u{5173}\u{6587}\u{7AE0}\u{FF1A}",
                "",
            ),
            () => return None,
        };
        Some(Self {
            query: query.to_owned(),
            passage: passage.to_owned(),
        })
    }
}

impl Settings {
    /// The prompts by the names that are in use; none if there are none of these.
    fn prefixes(&self) -> Result<Option<Prefixes>, EngineError> {
        let find = |names: &[&str]| names.iter().find_map(|name| self.prompts.get(*name));
        let [query, passage] = [find(&["query"]), find(&["passage", "document", "corpus"])];
        let prefixes = Prefixes {
            query: query.cloned().unwrap_or_default(),
            passage: passage.cloned().unwrap_or_default(),
        };
        // Sentence Transformers write empty ones where nobody has said anything.
        if prefixes == Prefixes::default() {
            return Ok(None);
        }
        match prefixes.query.len().max(prefixes.passage.len()) {
            0..=PREFIX_BYTES => Ok(Some(prefixes)),
            length => Err(damaged(&format!("a prompt is {length} bytes long"))),
        }
    }
}

fn damaged(what: &str) -> EngineError {
    EngineError::Damaged {
        what: format!("{PROMPTS}: {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(settings: Option<&str>, names: [&str; 2]) -> Result<[String; 2], EngineError> {
        let folder = tempfile::tempdir().expect("a folder");
        if let Some(text) = settings {
            std::fs::write(folder.path().join(PROMPTS), text).expect("a file");
        }
        Prefixes::read(folder.path(), names).map(|p| [p.query, p.passage])
    }

    #[test]
    fn models_are_known_by_name_unless_their_files_say_more() {
        let none = ["", ""];
        let bge = "Represent this sentence for searching relevant passages: ";
        for (name, expected) in [
            ("multilingual-e5-small", ["query: ", "passage: "]),
            ("intfloat_e5-base-v2", ["query: ", "passage: "]),
            ("bge-small-en-v1.5", [bge, ""]),
            ("bge-m3", none),
            ("all-MiniLM-L6-v2", none),
            ("made5", none),
            ("", none),
        ] {
            assert_eq!(found(None, [name, ""]).expect("fine"), expected, "{name}");
            assert_eq!(
                found(None, ["model", name]).expect("fine"),
                expected,
                "{name}"
            );
        }
        let told = r#"{"prompts": {"query": "Q: ", "document": "D: "}, "other": 1}"#;
        assert_eq!(found(Some(told), ["e5", ""]).expect("fine"), ["Q: ", "D: "]);
        let empty = r#"{"prompts": {"query": "", "document": ""}}"#;
        let e5 = ["query: ", "passage: "];
        assert_eq!(found(Some(empty), ["e5", ""]).expect("fine"), e5);
        assert_eq!(found(Some("{}"), ["e5", ""]).expect("fine"), e5);
        let long = format!(r#"{{"prompts": {{"query": "{}"}}}}"#, "x".repeat(501));
        for bad in ["[", &long, r#"{"prompts": 3}"#] {
            assert!(found(Some(bad), ["e5", ""]).is_err(), "{bad}");
        }
    }
}
