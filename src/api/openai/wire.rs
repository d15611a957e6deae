//! The JSON of `/v1/chat/completions`, as clients send it.

use serde::Deserialize;
use serde_json::Value;

use super::form::{self, ResponseFormat};
use super::{unsupported, wrong};
use crate::api::problem::Problem;
use crate::domain::conversation::{Author, Message};
use crate::engine::{Constraint, EngineError, MOST_ALTERNATIVES, Sampling};

/// Messages of one request, at most.
const MESSAGES: usize = 1000;
/// Texts that end an answer, at most, as at OpenAI.
const STOPS: usize = 4;

/// What a client asks. Unknown fields are ignored.
#[derive(Debug, Deserialize)]
pub(super) struct ChatRequest {
    pub model: String,
    messages: Vec<WireMessage>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    stop: Option<OneOrMany>,
    seed: Option<i64>,
    presence_penalty: Option<f32>,
    frequency_penalty: Option<f32>,
    n: Option<u32>,
    pub stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    logprobs: Option<bool>,
    top_logprobs: Option<u32>,
    logit_bias: Option<serde_json::Map<String, Value>>,
    tools: Option<Vec<Value>>,
    functions: Option<Vec<Value>>,
    response_format: Option<ResponseFormat>,
    guided_regex: Option<String>,
    guided_choice: Option<Vec<String>>,
    guided_json: Option<Value>,
    guided_grammar: Option<Value>,
    structured_outputs: Option<Value>,
    modalities: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
struct WireMessage {
    role: String,
    content: Option<Content>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

/// What the box does when a request does not say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defaults {
    pub temperature: f32,
    pub top_p: f32,
    pub repetition_penalty: f32,
}

impl ChatRequest {
    /// Refuses by name what this box cannot honour; ignoring it would be a lie.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let filled = |list: &Option<Vec<Value>>| list.as_ref().is_some_and(|l| !l.is_empty());
        let text_only = |list: &Vec<String>| list.iter().all(|kind| kind == "text");
        for (asked, param, message) in [
            (
                self.n.is_some_and(|n| n != 1),
                "n",
                "only one answer at a time: `n` must be 1",
            ),
            (
                self.logit_bias
                    .as_ref()
                    .is_some_and(|bias| !bias.is_empty()),
                "logit_bias",
                "`logit_bias` is not available on this box",
            ),
            (
                filled(&self.tools) || filled(&self.functions),
                "tools",
                "tools are not available on this box",
            ),
            (
                self.guided_json.is_some(),
                "guided_json",
                "a schema goes into `response_format` on this box",
            ),
            (
                self.guided_grammar.is_some(),
                "guided_grammar",
                "`guided_grammar` is not available on this box",
            ),
            (
                self.structured_outputs.is_some(),
                "structured_outputs",
                "this is `response_format`, `guided_regex` or `guided_choice` on this box",
            ),
            (
                !self.modalities.as_ref().is_none_or(text_only),
                "modalities",
                "this box answers in text only",
            ),
        ] {
            if asked {
                return Err(unsupported(param, message));
            }
        }
        if self.messages.is_empty() || self.messages.len() > MESSAGES {
            return Err(wrong(
                "messages",
                format!("there must be 1 to {MESSAGES} messages"),
            ));
        }
        Ok(())
    }

    /// The messages as the model takes them.
    pub(super) fn messages(&self) -> Result<Vec<Message>, Problem> {
        let numbered = self.messages.iter().enumerate();
        numbered
            .map(|(index, message)| message.parse(index))
            .collect()
    }

    /// How tokens are picked; what is not said is as `defaults` has it.
    pub(super) fn sampling(&self, defaults: Defaults) -> Result<Sampling, EngineError> {
        let temperature = self.temperature.unwrap_or(defaults.temperature);
        let sampling = Sampling::new(temperature, self.top_p.unwrap_or(defaults.top_p))?
            .with_repetition_penalty(defaults.repetition_penalty)?
            .with_frequency_penalty(self.frequency_penalty.unwrap_or_default())?
            .with_presence_penalty(self.presence_penalty.unwrap_or_default())?;
        Ok(match self.seed {
            Some(seed) => sampling.with_seed(seed.cast_unsigned()),
            None => sampling,
        })
    }

    /// The texts that end the answer.
    pub(super) fn stop(&self) -> Result<Vec<String>, Problem> {
        let stops = match &self.stop {
            None => Vec::new(),
            Some(OneOrMany::One(text)) => vec![text.clone()],
            Some(OneOrMany::Many(texts)) => texts.clone(),
        };
        if stops.len() > STOPS || stops.iter().any(String::is_empty) {
            let message = format!("`stop` holds at most {STOPS} texts, none of them empty");
            return Err(wrong("stop", message));
        }
        Ok(stops)
    }

    /// The longest answer, in tokens.
    pub(super) fn max_tokens(&self) -> Result<Option<u32>, Problem> {
        match self.max_completion_tokens.or(self.max_tokens) {
            Some(0) => Err(wrong(
                "max_completion_tokens",
                "an answer has at least one token",
            )),
            limit => Ok(limit),
        }
    }

    /// What the answer must look like.
    pub(super) fn constraint(&self) -> Result<Option<Constraint>, Problem> {
        let format = self.response_format.as_ref();
        let choice = self.guided_choice.as_deref();
        form::constraint(format, self.guided_regex.as_deref(), choice)
    }

    /// Whether to tell how likely tokens were, and how many others to tell of.
    pub(super) fn logprobs(&self) -> Result<Option<u8>, Problem> {
        let top = self.top_logprobs;
        if self.logprobs != Some(true) {
            return match top {
                None | Some(0) => Ok(None),
                Some(_) => Err(wrong(
                    "top_logprobs",
                    "`top_logprobs` needs `logprobs: true`",
                )),
            };
        }
        let top = u8::try_from(top.unwrap_or_default()).ok();
        match top.filter(|top| *top <= MOST_ALTERNATIVES) {
            Some(top) => Ok(Some(top)),
            None => {
                let message = format!("there are at most {MOST_ALTERNATIVES}");
                Err(wrong("top_logprobs", message))
            }
        }
    }

    /// Whether the last chunk before the end says what was used.
    pub(super) fn include_usage(&self) -> bool {
        let options = self.stream_options.as_ref();
        options.and_then(|options| options.include_usage) == Some(true)
    }
}

impl WireMessage {
    fn parse(&self, index: usize) -> Result<Message, Problem> {
        let param = |field: &str| format!("messages[{index}].{field}");
        let author = match self.role.as_str() {
            "system" | "developer" => Author::System,
            "user" => Author::User,
            "assistant" => Author::Assistant,
            "tool" | "function" => {
                let message = "tool messages are not available on this box";
                return Err(unsupported(&param("role"), message));
            }
            _ => return Err(wrong(&param("role"), "this is not a role")),
        };
        let text = match &self.content {
            Some(Content::Text(text)) => text.clone(),
            Some(Content::Parts(parts)) => join(parts).map_err(|kind| {
                let message = format!("content of the type `{kind}` is not available");
                unsupported(&param("content"), message)
            })?,
            None => return Err(wrong(&param("content"), "a message has content")),
        };
        Ok(Message { author, text })
    }
}

/// The text of all parts; the error is the type of one that is not text.
fn join(parts: &[Part]) -> Result<String, String> {
    let mut text = String::new();
    for part in parts {
        match (&*part.kind, &part.text) {
            ("text", Some(piece)) => text.push_str(piece),
            (kind, _) => return Err(kind.chars().take(40).collect()),
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(extra: &str) -> ChatRequest {
        let text = format!(
            r#"{{"model": "m", "messages": [{{"role": "user", "content": "hi"}}], {extra}}}"#
        );
        serde_json::from_str(&text).expect("a request")
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_by_name() {
        for (extra, param) in [
            (r#""n": 2"#, "n"),
            (r#""tools": [{}]"#, "tools"),
            (r#""functions": [{}]"#, "tools"),
            (r#""guided_json": {}"#, "guided_json"),
            (r#""guided_grammar": "start: x""#, "guided_grammar"),
            (
                r#""structured_outputs": {"regex": "x"}"#,
                "structured_outputs",
            ),
            (r#""modalities": ["text", "audio"]"#, "modalities"),
            (r#""logit_bias": {"1": 2}"#, "logit_bias"),
        ] {
            let problem = parse(extra).check().expect_err(extra);
            let body = problem.openai_json();
            assert_eq!(body["error"]["param"], param, "{extra}");
            assert_eq!(body["error"]["code"], "unsupported_parameter", "{extra}");
        }
        for extra in [
            r#""n": 1, "stream": null, "tools": [], "unheard_of": {"a": 1}"#,
            r#""response_format": {"type": "text"}, "modalities": ["text"], "logprobs": false"#,
        ] {
            assert!(parse(extra).check().is_ok(), "{extra}");
        }
    }

    #[test]
    fn every_role_and_form_of_content_is_read() {
        let text = r#"{"model": "m", "messages": [
            {"role": "developer", "content": "a"},
            {"role": "system", "content": [{"type": "text", "text": "b"}]},
            {"role": "user", "content": [
                {"type": "text", "text": "c"}, {"type": "text", "text": "d"}]},
            {"role": "assistant", "content": "e", "name": "x"}]}"#;
        let request: ChatRequest = serde_json::from_str(text).expect("a request");
        let messages = request.messages().expect("all understood");
        let found: Vec<_> = messages
            .iter()
            .map(|m| (m.author, m.text.as_str()))
            .collect();
        let expected = [
            (Author::System, "a"),
            (Author::System, "b"),
            (Author::User, "cd"),
            (Author::Assistant, "e"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_wrong_message_is_named() {
        for (message, param) in [
            (r#"{"role": "tool", "content": "x"}"#, "messages[0].role"),
            (r#"{"role": "king", "content": "x"}"#, "messages[0].role"),
            (r#"{"role": "user"}"#, "messages[0].content"),
            (
                r#"{"role": "user", "content": [{"type": "image_url"}]}"#,
                "messages[0].content",
            ),
        ] {
            let text = format!(r#"{{"model": "m", "messages": [{message}]}}"#);
            let request: ChatRequest = serde_json::from_str(&text).expect("a request");
            let problem = request.messages().expect_err(message);
            assert_eq!(problem.openai_json()["error"]["param"], param, "{message}");
        }
    }

    #[test]
    fn numbers_are_read_and_bounded() {
        let defaults = Defaults {
            temperature: 0.2,
            top_p: 0.9,
            repetition_penalty: 1.1,
        };
        for (extra, fine) in [
            (r#""temperature": 2, "top_p": 0.5, "seed": -1"#, true),
            (r#""temperature": 2.1"#, false),
            (r#""presence_penalty": -3"#, false),
        ] {
            assert_eq!(parse(extra).sampling(defaults).is_ok(), fine, "{extra}");
        }
        for (extra, stops) in [
            (r#""stop": null"#, Some(0)),
            (r#""stop": "x""#, Some(1)),
            (r#""stop": ["a", "b", "c", "d"]"#, Some(4)),
            (r#""stop": ["a", "b", "c", "d", "e"]"#, None),
            (r#""stop": """#, None),
        ] {
            let found = parse(extra).stop().ok().map(|stops| stops.len());
            assert_eq!(found, stops, "{extra}");
        }
        for (extra, top) in [
            (r#""logprobs": null"#, Some(None)),
            (r#""logprobs": false, "top_logprobs": 0"#, Some(None)),
            (r#""logprobs": true"#, Some(Some(0))),
            (r#""logprobs": true, "top_logprobs": 20"#, Some(Some(20))),
            (r#""logprobs": true, "top_logprobs": 21"#, None),
            (r#""top_logprobs": 3"#, None),
        ] {
            assert_eq!(parse(extra).logprobs().ok(), top, "{extra}");
        }
        let both = parse(r#""max_tokens": 5, "max_completion_tokens": 7"#);
        assert_eq!(both.max_tokens().ok(), Some(Some(7)));
        assert!(parse(r#""max_tokens": 0"#).max_tokens().is_err());
    }
}
