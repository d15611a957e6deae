//! What the files beside a model that answers say about how it speaks: the roles of its tokens and
//! its chat template.

use std::path::Path;

use serde::Deserialize;

use super::{CONFIG, GENERATION, TEMPLATE, TOKENIZER_CONFIG, read_bounded};
use crate::engine::EngineError;
use crate::engine::tokenizer::{Name, Roles};

/// Largest file that is read.
const FILE_BYTES: u64 = 8 << 20;
/// Most tokens that end an answer.
const MOST_ENDS: usize = 64;

/// How a model speaks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Speech {
    pub(super) roles: Roles,
    pub(super) template: Option<String>,
}

/// `tokenizer_config.json`, as far as it matters.
#[derive(Debug, Default, Deserialize)]
struct TokenizerConfig {
    bos_token: Option<Text>,
    eos_token: Option<Text>,
    add_bos_token: Option<bool>,
    tokenizer_class: Option<String>,
    chat_template: Option<Templates>,
}

/// A token's text, written plainly or with how it is matched.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Described { content: String },
}

/// A template, or several by name.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Templates {
    One(String),
    Several(Vec<Named>),
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
    template: String,
}

/// `generation_config.json` and `config.json`, as far as they matter here.
#[derive(Debug, Default, Deserialize)]
struct Ends {
    bos_token_id: Option<Numbers>,
    eos_token_id: Option<Numbers>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Numbers {
    One(u32),
    Several(Vec<u32>),
}

impl Speech {
    /// Reads what is there in a model's folder.
    pub(super) fn read(folder: &Path) -> Result<Self, EngineError> {
        let config: TokenizerConfig = read(folder, TOKENIZER_CONFIG)?;
        let [general, generation]: [Ends; 2] = [read(folder, CONFIG)?, read(folder, GENERATION)?];
        let begin = general.bos_token_id.iter().flat_map(Numbers::all).next();
        let ends = [&general, &generation].into_iter();
        let ends = ends.flat_map(|ends| ends.eos_token_id.iter().flat_map(Numbers::all));
        let llama = config.tokenizer_class.as_deref();
        let llama = llama.is_some_and(|class| class.starts_with("Llama"));
        let roles = Roles {
            begin: name(config.bos_token, begin),
            end: name(config.eos_token, None),
            // Other classes of tokenizer have the flag and do not look at it.
            add_begin: config.add_bos_token.filter(|_| llama),
            ends: ends.take(MOST_ENDS).collect(),
        };
        let own = folder.join(TEMPLATE);
        let template = match own.exists() {
            true => {
                let bytes = read_bounded(&own, FILE_BYTES)?;
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            false => config.chat_template.and_then(Templates::usual),
        };
        Ok(Self { roles, template })
    }
}

impl Templates {
    /// The one for conversations.
    fn usual(self) -> Option<String> {
        match self {
            Self::One(template) => Some(template),
            Self::Several(all) => {
                let usual = all.into_iter().find(|named| named.name == "default");
                usual.map(|named| named.template)
            }
        }
    }
}

impl Numbers {
    fn all(&self) -> impl Iterator<Item = u32> + '_ {
        let all = match self {
            Self::One(number) => std::slice::from_ref(number),
            Self::Several(numbers) => numbers,
        };
        all.iter().copied()
    }
}

/// A token by its text, or by its number if that is all that is said.
fn name(text: Option<Text>, number: Option<u32>) -> Option<Name> {
    match text {
        Some(Text::Plain(content) | Text::Described { content }) => Some(Name::Text(content)),
        None => number.map(Name::Number),
    }
}

/// The settings in a file that need not be there.
fn read<T: Default + for<'de> Deserialize<'de>>(
    folder: &Path,
    name: &str,
) -> Result<T, EngineError> {
    let path = folder.join(name);
    if !path.exists() {
        return Ok(T::default());
    }
    let bytes = read_bounded(&path, FILE_BYTES)?;
    serde_json::from_slice(&bytes).map_err(|error| EngineError::Damaged {
        what: format!("{name}: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speech(files: &[(&str, &str)]) -> Result<Speech, EngineError> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        Speech::read(folder.path())
    }

    #[test]
    fn roles_and_template_are_found_wherever_files_keep_them() {
        let text = |text: &str| Some(Name::Text(text.to_owned()));
        let config = r#"{"bos_token_id": 1, "eos_token_id": [2, 7]}"#;
        let said = speech(&[(CONFIG, config)]).expect("fine");
        assert_eq!(said.roles.begin, Some(Name::Number(1)));
        assert_eq!((said.roles.end, said.roles.ends), (None, vec![2, 7]));

        let tokens = r#"{"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>",
            "add_bos_token": true, "tokenizer_class": "LlamaTokenizerFast",
            "chat_template": [{"name": "tool_use", "template": "x"},
                              {"name": "default", "template": "y"}]}"#;
        let generation = r#"{"eos_token_id": 9, "temperature": 0.6}"#;
        let files = [
            (CONFIG, config),
            (TOKENIZER_CONFIG, tokens),
            (GENERATION, generation),
        ];
        let said = speech(&files).expect("fine");
        assert_eq!(
            (said.roles.begin, said.roles.end),
            (text("<s>"), text("</s>"))
        );
        assert_eq!(
            (said.roles.ends, said.roles.add_begin),
            (vec![2, 7, 9], Some(true))
        );
        assert_eq!(said.template.as_deref(), Some("y"));

        let other = tokens.replace("LlamaTokenizerFast", "Qwen2Tokenizer");
        let files = [(TOKENIZER_CONFIG, &*other), (TEMPLATE, "z")];
        let said = speech(&files).expect("fine");
        assert_eq!(
            (said.roles.add_begin, said.template.as_deref()),
            (None, Some("z"))
        );
        assert_eq!(speech(&[]).expect("fine"), Speech::default());
    }

    #[test]
    fn files_that_say_nonsense_are_errors() {
        for (name, text) in [
            (CONFIG, "{"),
            (CONFIG, r#"{"eos_token_id": -1}"#),
            (TOKENIZER_CONFIG, r#"{"eos_token": 3}"#),
            (GENERATION, r#"{"eos_token_id": "x"}"#),
        ] {
            let error = speech(&[(name, text)]).expect_err(text).to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
