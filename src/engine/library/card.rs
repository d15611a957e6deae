//! Facts about a model that has come in: its card.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::parcel::{Candidate, Parcel};
use super::prefixes::Prefixes;
use super::{GGUF, failed, weights, weights_file};
use crate::domain::model::{ModelCard, ModelId, ModelKind};
use crate::domain::time::Timestamp;
use crate::engine::EngineError;
use crate::engine::arch::{self, Facts};
use crate::engine::weights::gguf::Gguf;

/// What people say about a model beside its weights.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) title: Option<String>,
    pub(super) license: Option<String>,
    /// The longest text that it was trained on, if that is less than what it can take.
    pub(super) window: Option<u32>,
}

#[derive(Deserialize)]
struct SentenceConfig {
    max_seq_length: Option<u32>,
}

impl Description {
    /// What the parcel says about the candidate. What cannot be read is as if it were not there.
    pub(super) fn read(parcel: &mut Parcel, candidate: &Candidate) -> Self {
        let mut read = |member: &Option<_>| parcel.read(member.as_ref()?).ok();
        let readme = read(&candidate.readme);
        let config = read(&candidate.sentence_config);
        let readme = readme.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let config = config.and_then(|b| serde_json::from_slice::<SentenceConfig>(&b).ok());
        let mut description = readme.map_or_else(Self::default, |text| Self::of_readme(&text));
        description.window = config.and_then(|config| config.max_seq_length);
        description
    }

    /// Title and licence of a README as the hub has it: settings between lines of `---`, then
    /// Markdown.
    fn of_readme(text: &str) -> Self {
        let (settings, body) = match text.strip_prefix("---\n") {
            Some(rest) => rest.split_once("\n---").unwrap_or(("", rest)),
            None => ("", text),
        };
        let value = |line: &str| Some(line.strip_prefix("license:")?.trim().to_owned());
        let license = settings.lines().find_map(value);
        let heading = |line: &str| Some(line.strip_prefix("# ")?.trim().to_owned());
        // Beyond the first piece of code, a line that begins like that is a comment.
        let body = body.split("```").next().unwrap_or_default();
        Self {
            title: body
                .lines()
                .find_map(heading)
                .filter(|title| !title.is_empty()),
            license: license.filter(|license| !license.is_empty()),
            window: None,
        }
    }
}

/// The card of the model that was received in `folder`.
pub(super) fn make(
    folder: &Path,
    candidate: &Candidate,
    description: Description,
    digest: String,
    imported_at: Timestamp,
) -> Result<ModelCard, EngineError> {
    let facts = arch::inspect(&weights(folder))?;
    let size = fs::metadata(weights_file(folder));
    let bytes = size
        .map_err(|e| failed("find the model's weights", e))?
        .len();
    let gguf = candidate.weights_name == GGUF;
    let chat = gguf || arch::is_decoder(folder)?;
    let (title, license) = if gguf {
        let file = Gguf::open(&weights_file(folder))?;
        let text = |key| file.get_str(key).unwrap_or_default();
        let names = [text("general.basename"), text("general.name")];
        let license = file.get_str("general.license").map(str::to_owned);
        (chat_title(&candidate.title, names, facts.format), license)
    } else if chat {
        let named = Some(candidate.title.clone()).filter(|title| speaks_of_a_model(title));
        let title = named.or(description.title).unwrap_or_default();
        let title = chat_title(&title, ["", ""], facts.format);
        (title, description.license)
    } else {
        let title = description.title.unwrap_or_else(|| candidate.title.clone());
        (title, description.license)
    };
    let prefixes = match chat {
        true => Prefixes::default(),
        false => Prefixes::read(folder, [&candidate.title, &title])?,
    };
    let context = u32::try_from(facts.context).unwrap_or(u32::MAX);
    Ok(ModelCard {
        id: ModelId::from_title(&title),
        kind: if chat {
            ModelKind::Chat
        } else {
            ModelKind::Embedding
        },
        context_tokens: context.min(description.window.unwrap_or(context)),
        dimensions: if chat {
            0
        } else {
            u32::try_from(facts.dimensions).unwrap_or(u32::MAX)
        },
        license: license.map(|text| text.chars().take(200).collect()),
        bytes,
        digest,
        imported_at,
        query_prefix: prefixes.query,
        passage_prefix: prefixes.passage,
        ..of_facts(facts)
    })
}

fn of_facts(facts: Facts) -> ModelCard {
    ModelCard {
        id: ModelId::from_title(""),
        kind: ModelKind::Chat,
        architecture: facts.architecture,
        parameters: facts.parameters,
        quantization: facts.format.to_owned(),
        context_tokens: 0,
        dimensions: 0,
        query_prefix: String::new(),
        passage_prefix: String::new(),
        license: None,
        digest: String::new(),
        bytes: 0,
        imported_at: Timestamp::default(),
    }
}

/// Whether a folder's name is more than that of any folder: a hub's cache names them by digest.
fn speaks_of_a_model(folder: &str) -> bool {
    let digest = folder.len() >= 32 && folder.bytes().all(|byte| byte.is_ascii_hexdigit());
    !digest && !matches!(folder, "" | "model" | "main")
}

/// What to call a chat model: as its file is called if that speaks of the model at all, else as
/// the metadata say (`names`: short and long), with the format of its weights at the end.
fn chat_title(stem: &str, names: [&str; 2], format: &str) -> String {
    let plain = |text: &str| -> String {
        let kept = text.chars().filter(|c| c.is_alphanumeric());
        kept.flat_map(char::to_lowercase).collect()
    };
    let [short, long] = names;
    let word = if short.is_empty() {
        long.split(' ').next().unwrap_or_default()
    } else {
        short
    };
    let speaks = !plain(word).is_empty() && plain(stem).contains(&plain(word));
    let name = if speaks || long.is_empty() {
        stem
    } else {
        long
    };
    let last = name.rfind(['.', '-']).map_or("", |at| &name[at + 1..]);
    if last.to_lowercase().starts_with(&format.to_lowercase()) {
        let base = &name[..name.len() - last.len() - 1];
        return format!("{base}-{last}");
    }
    format!("{name}-{format}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_called_what_people_call_it() {
        let long = "Smollm2 135M 8k Lc100K Mix1 Ep2";
        for (stem, names, format, id) in [
            (
                "SmolLM2-135M-Instruct.Q4_1",
                ["smollm2", long],
                "Q4_1",
                "smollm2-135m-instruct-q4_1",
            ),
            (
                "weights",
                ["smollm2", long],
                "Q4_1",
                "smollm2-135m-8k-lc100k-mix1-ep2-q4_1",
            ),
            (
                "Qwen2.5-0.5B-Q4_K_M",
                ["", "Qwen2.5 0.5B"],
                "Q4_K",
                "qwen2.5-0.5b-q4_k_m",
            ),
            ("tiny", ["", ""], "F32", "tiny-f32"),
            ("../../x", ["", ""], "F32", "x-f32"),
        ] {
            assert_eq!(
                ModelId::from_title(&chat_title(stem, names, format)).as_str(),
                id
            );
        }
    }

    #[test]
    fn a_readme_says_title_and_licence() {
        let of = |text: &str| {
            let it = Description::of_readme(text);
            (it.title.unwrap_or_default(), it.license.unwrap_or_default())
        };
        for (text, title, license) in [
            (
                "---\nlicense: apache-2.0\n---\n\n# all-MiniLM-L6-v2\ntext",
                "all-MiniLM-L6-v2",
                "apache-2.0",
            ),
            ("# Plain\n", "Plain", ""),
            ("Use:\n```python\n# Load it\n```\n# Later\n", "", ""),
            ("---\nlicense:\n", "", ""),
            ("", "", ""),
        ] {
            assert_eq!(of(text), (title.to_owned(), license.to_owned()), "{text}");
        }
    }
}
