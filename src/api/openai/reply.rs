//! The JSON of `/v1/chat/completions`, as clients get it: whole, or chunk by chunk.

use bytes::Bytes;
use serde::Serialize;

use super::logprobs::WireLogprobs;
use crate::api::params;
use crate::domain::conversation::{FinishReason, Usage};
use crate::domain::document::Citation;
use crate::domain::verdict::{Effect, Finding, Side};
use crate::engine::TokenLogprob;

/// What all pieces of one answer say about it.
pub(super) struct Head {
    pub id: String,
    pub created: i64,
    pub model: String,
    pub fingerprint: String,
    /// Whether it draws on a workspace, and so has citations.
    pub grounded: bool,
    pub include_usage: bool,
    /// Whether logprobs were asked for.
    pub logprobs: bool,
}

/// How an answer ended.
pub(super) struct Ending {
    pub finish: FinishReason,
    pub usage: Usage,
    pub citations: Vec<Citation>,
    pub findings: Vec<Finding>,
}

/// A whole answer.
#[derive(Serialize)]
pub(super) struct ChatCompletion<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: [Choice<'a>; 1],
    usage: WireUsage,
    system_fingerprint: &'a str,
    #[serde(flatten)]
    extras: Extras,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    message: AnswerMessage<'a>,
    logprobs: Option<WireLogprobs>,
    finish_reason: FinishReason,
}

#[derive(Serialize)]
struct AnswerMessage<'a> {
    role: &'static str,
    content: &'a str,
    refusal: (),
}

/// One piece of an answer that is streamed.
#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    system_fingerprint: &'a str,
    choices: Vec<ChunkChoice<'a>>,
    /// Absent unless usage was asked for; then null on all chunks but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<WireUsage>>,
    #[serde(flatten)]
    extras: Extras,
}

#[derive(Serialize)]
struct ChunkChoice<'a> {
    index: u32,
    delta: Delta<'a>,
    logprobs: Option<WireLogprobs>,
    finish_reason: Option<FinishReason>,
}

#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
}

#[derive(Clone, Copy, Serialize)]
struct WireUsage {
    prompt_tokens: u32,
    completion_tokens: u32,
    total_tokens: u32,
    prompt_tokens_details: PromptDetails,
    completion_tokens_details: CompletionDetails,
}

#[derive(Clone, Copy, Serialize)]
struct PromptDetails {
    cached_tokens: u32,
    audio_tokens: u32,
}

#[derive(Clone, Copy, Default, Serialize)]
struct CompletionDetails {
    reasoning_tokens: u32,
    audio_tokens: u32,
    accepted_prediction_tokens: u32,
    rejected_prediction_tokens: u32,
}

/// What OpenAI's family does not have; its clients ignore it.
#[derive(Default, Serialize)]
struct Extras {
    /// Passages that the answer draws on; absent without a workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    citations: Option<Vec<WireCitation>>,
    /// What the guardrails found; absent if nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<WireFinding>,
}

#[derive(Serialize)]
struct WireCitation {
    marker: u32,
    document_id: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
    start: u32,
    end: u32,
    quote: String,
}

#[derive(Serialize)]
struct WireFinding {
    side: Side,
    guard: String,
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_id: Option<String>,
    start: u32,
    end: u32,
    score: f64,
    outcome: Effect,
}

impl From<Usage> for WireUsage {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.prompt_tokens.saturating_add(usage.completion_tokens),
            prompt_tokens_details: PromptDetails {
                cached_tokens: usage.cached_tokens,
                audio_tokens: 0,
            },
            completion_tokens_details: CompletionDetails::default(),
        }
    }
}

impl From<Citation> for WireCitation {
    fn from(citation: Citation) -> Self {
        Self {
            marker: citation.marker,
            document_id: citation.document.to_string(),
            title: citation.title,
            page: citation.page,
            start: citation.start,
            end: citation.end,
            quote: citation.quote,
        }
    }
}

impl From<Finding> for WireFinding {
    fn from(finding: Finding) -> Self {
        Self {
            side: finding.side,
            guard: finding.guard,
            label: finding.label,
            document_id: finding.document.map(|id| id.to_string()),
            start: finding.start,
            end: finding.end,
            score: params::score(finding.score),
            outcome: finding.outcome,
        }
    }
}

impl Head {
    /// The whole answer.
    pub(super) fn whole<'a>(
        &'a self,
        text: &'a str,
        logprobs: Vec<TokenLogprob>,
        ending: Ending,
    ) -> ChatCompletion<'a> {
        let message = AnswerMessage {
            role: "assistant",
            content: text,
            refusal: (),
        };
        ChatCompletion {
            id: &self.id,
            object: "chat.completion",
            created: self.created,
            model: &self.model,
            choices: [Choice {
                index: 0,
                message,
                logprobs: self.logprobs(logprobs),
                finish_reason: ending.finish,
            }],
            usage: ending.usage.into(),
            system_fingerprint: &self.fingerprint,
            extras: self.extras(ending.citations, ending.findings),
        }
    }

    /// The first chunk: who speaks.
    pub(super) fn first(&self) -> Bytes {
        let delta = Delta {
            role: Some("assistant"),
            content: Some(""),
        };
        self.piece(delta, None)
    }

    /// The next words.
    pub(super) fn words(&self, text: &str, logprobs: Vec<TokenLogprob>) -> Bytes {
        let delta = Delta {
            role: None,
            content: Some(text),
        };
        self.piece(delta, self.logprobs(logprobs))
    }

    /// The chunk that says why it ended, the usage if it was asked for, and the end.
    pub(super) fn last(&self, ending: Ending) -> Bytes {
        let last = ChunkChoice {
            index: 0,
            delta: Delta::default(),
            logprobs: None,
            finish_reason: Some(ending.finish),
        };
        let mut chunk = self.chunk(vec![last]);
        chunk.extras = self.extras(ending.citations, ending.findings);
        let mut frames = frame(&chunk);
        if self.include_usage {
            let mut chunk = self.chunk(Vec::new());
            chunk.usage = Some(Some(ending.usage.into()));
            frames.extend(frame(&chunk));
        }
        frames.extend_from_slice(b"data: [DONE]\n\n");
        frames.into()
    }

    fn piece(&self, delta: Delta<'_>, logprobs: Option<WireLogprobs>) -> Bytes {
        let choice = ChunkChoice {
            index: 0,
            delta,
            logprobs,
            finish_reason: None,
        };
        frame(&self.chunk(vec![choice])).into()
    }

    fn logprobs(&self, tokens: Vec<TokenLogprob>) -> Option<WireLogprobs> {
        self.logprobs.then(|| tokens.into())
    }

    fn chunk<'a>(&'a self, choices: Vec<ChunkChoice<'a>>) -> Chunk<'a> {
        Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &self.model,
            system_fingerprint: &self.fingerprint,
            choices,
            usage: self.include_usage.then_some(None),
            extras: Extras::default(),
        }
    }

    fn extras(&self, citations: Vec<Citation>, findings: Vec<Finding>) -> Extras {
        let cited = || citations.into_iter().map(Into::into).collect();
        Extras {
            citations: self.grounded.then(cited),
            findings: findings.into_iter().map(Into::into).collect(),
        }
    }
}

fn frame(body: &impl Serialize) -> Vec<u8> {
    let mut frame = b"data: ".to_vec();
    serde_json::to_writer(&mut frame, body).expect("our own wire types are JSON");
    frame.extend_from_slice(b"\n\n");
    frame
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn head(include_usage: bool, grounded: bool) -> Head {
        Head {
            id: "chatcmpl-1".to_owned(),
            created: 7,
            model: "m".to_owned(),
            fingerprint: "fp_1".to_owned(),
            grounded,
            include_usage,
            logprobs: false,
        }
    }

    fn chunks(bytes: &Bytes) -> Vec<Value> {
        let text = std::str::from_utf8(bytes).expect("text");
        text.split_terminator("\n\n")
            .filter_map(|frame| frame.strip_prefix("data: "))
            .filter(|data| *data != "[DONE]")
            .map(|data| serde_json::from_str(data).expect("JSON"))
            .collect()
    }

    fn ending() -> Ending {
        Ending {
            finish: FinishReason::ContentFilter,
            usage: Usage {
                prompt_tokens: 3,
                completion_tokens: 4,
                cached_tokens: 1,
            },
            citations: Vec::new(),
            findings: Vec::new(),
        }
    }

    #[test]
    fn usage_comes_last_and_is_null_before() {
        let head = head(true, false);
        let first = chunks(&head.first());
        assert_eq!(first[0]["usage"], Value::Null);
        assert!(
            first[0]
                .as_object()
                .is_some_and(|c| c.contains_key("usage"))
        );
        assert_eq!(first[0]["choices"][0]["finish_reason"], Value::Null);
        let bytes = head.last(ending());
        assert!(bytes.ends_with(b"data: [DONE]\n\n"));
        let last = chunks(&bytes);
        assert_eq!(last[0]["choices"][0]["finish_reason"], "content_filter");
        assert_eq!(last[0]["usage"], Value::Null);
        assert_eq!(last[1]["choices"], json!([]));
        assert_eq!(last[1]["usage"]["total_tokens"], 7);
        assert_eq!(
            last[1]["usage"]["prompt_tokens_details"]["cached_tokens"],
            1
        );
    }

    #[test]
    fn usage_and_citations_are_absent_unless_asked_for() {
        let has = |chunk: &Value, key| chunk.as_object().is_some_and(|c| c.contains_key(key));
        let last = chunks(&head(false, false).last(ending()));
        assert_eq!(last.len(), 1);
        assert!(!has(&last[0], "usage") && !has(&last[0], "citations"));
        let grounded = chunks(&head(false, true).last(ending()));
        assert_eq!(grounded[0]["citations"], json!([]));
        let head = head(false, false);
        let whole = serde_json::to_value(head.whole("hi", Vec::new(), ending())).expect("JSON");
        assert_eq!(whole["choices"][0]["message"]["content"], "hi");
        assert_eq!(whole["choices"][0]["message"]["refusal"], Value::Null);
        assert_eq!(whole["choices"][0]["logprobs"], Value::Null);
    }
}
