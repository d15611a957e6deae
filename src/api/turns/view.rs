//! How a turn and what happens in it look in JSON.

use poem_openapi::types::ToJSON;
use poem_openapi::{Enum, Object};
use serde_json::{Value, json};

use crate::api::params;
use crate::api::workspaces::AnswerModeView;
use crate::chat::{Mark, Shown, TurnEvent, TurnEventKind};
use crate::domain::conversation::{FinishReason, Grounding, Span, Timings, TurnState, Usage};
use crate::domain::document::Citation;
use crate::domain::id::{ConversationId, DocumentId, TurnId};
use crate::domain::time::Timestamp;
use crate::domain::verdict::{Effect, Finding, Side};

/// A passage named in an answer: bytes `start..end` of the document's text are `quote`.
#[derive(Object)]
#[oai(rename = "Citation", skip_serializing_if_is_none)]
pub(in crate::api) struct CitationView {
    /// The number in the answer, from 1.
    marker: u32,
    document_id: DocumentId,
    title: String,
    page: Option<u32>,
    start: u32,
    end: u32,
    quote: String,
    /// Byte of the answer behind which the number belongs; absent for a passage that no sentence of
    /// the answer could be matched with, which is then only the closest one.
    answer_end: Option<u32>,
}

/// Something that the model saw as a placeholder.
#[derive(Object)]
#[oai(rename = "Mask")]
struct MaskView {
    /// Bytes of the text that it stands in.
    start: u32,
    end: u32,
    /// What the model saw, such as `[EMAIL_1]`.
    placeholder: String,
}

/// Bytes `start..end` of a text.
#[derive(Object)]
#[oai(rename = "Span")]
pub(in crate::api) struct SpanView {
    pub(in crate::api) start: u32,
    pub(in crate::api) end: u32,
}

/// What an answer stands on.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "Grounding", rename_all = "snake_case")]
enum GroundingView {
    /// Passages of the workspace's documents.
    Documents,
    /// What the model knows: there were no passages to draw on.
    Open,
    /// Nothing: the documents do not say it, and no model was asked.
    None,
}

/// Which way a text was going.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "Side", rename_all = "snake_case")]
pub(in crate::api) enum SideView {
    /// From a person to the model.
    Input,
    /// From a document to the model.
    Retrieved,
    /// From the model to a person.
    Output,
}

/// What was done about a finding.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "Outcome", rename_all = "snake_case")]
enum OutcomeView {
    /// The span was replaced.
    Redacted,
    /// A retrieved passage was left out of the prompt.
    Dropped,
    /// The text was refused as a whole.
    Blocked,
    /// Nothing was done: it is only shown.
    Flagged,
}

/// One thing a guardrail found, and what was done about it.
#[derive(Object)]
#[oai(rename = "Finding", skip_serializing_if_is_none)]
pub(in crate::api) struct FindingView {
    side: SideView,
    /// The guardrail.
    guard: String,
    /// What it is, such as `EMAIL`; never the text itself.
    label: String,
    /// The document, for a retrieved passage.
    document_id: Option<DocumentId>,
    /// Bytes of the question, of the document's text, or of the answer as the model wrote it,
    /// before anything was replaced or put back in it.
    start: u32,
    end: u32,
    /// How sure the guardrail is, 0 to 1.
    score: f64,
    outcome: OutcomeView,
}

/// Tokens counted by the model's own tokenizer.
#[derive(Object)]
#[oai(rename = "TurnUsage")]
struct UsageView {
    prompt_tokens: u32,
    completion_tokens: u32,
    /// Tokens of the prompt that were not computed again.
    cached_tokens: u32,
}

/// Where the time of a turn went, in milliseconds.
#[derive(Object)]
#[oai(rename = "TurnTimings")]
struct TimingsView {
    /// Between asking the model and its first step.
    queued_ms: u32,
    retrieval_ms: u32,
    first_token_ms: u32,
    total_ms: u32,
}

/// How far a turn is.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "TurnState", rename_all = "snake_case")]
enum StateView {
    Running,
    Done,
    /// Stopped by the asker, or left by every reader.
    Cancelled,
    Failed,
}

/// Why the model stopped.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "FinishReason", rename_all = "snake_case")]
enum FinishView {
    /// It was done.
    Stop,
    /// It came to the limit of tokens.
    Length,
    /// A guardrail ended the answer.
    ContentFilter,
    /// It only said again what it had said before.
    Repetition,
}

/// Why a turn failed.
#[derive(Object)]
#[oai(rename = "TurnError")]
struct ErrorView {
    /// A stable name that programs compare.
    code: String,
    message: String,
}

/// One question with its answer.
#[derive(Object)]
#[oai(rename = "Turn", skip_serializing_if_is_none)]
pub(in crate::api) struct TurnView {
    id: TurnId,
    conversation_id: ConversationId,
    /// The turn before this one on its branch.
    parent: Option<TurnId>,
    /// What was asked, as typed.
    question: String,
    /// What was asked, as the model saw it.
    masked_question: String,
    /// What of the question the model saw as something else.
    masks: Vec<MaskView>,
    /// The answer, as far as it was let go. Where the model wrote a placeholder, such as
    /// `[EMAIL_1]`, this has what the asker typed.
    text: String,
    /// What of the answer the model wrote as a placeholder.
    restored: Vec<MaskView>,
    citations: Vec<CitationView>,
    /// Sentences of an answer from documents that no sentence of them supports.
    unsupported: Vec<SpanView>,
    /// What the answer stands on; absent until that is known.
    grounding: Option<GroundingView>,
    findings: Vec<FindingView>,
    usage: UsageView,
    /// Which model answered; `quotes` if the answer is made of quotes.
    model: String,
    mode: AnswerModeView,
    /// Whether the answer was one that had been given before.
    cached: bool,
    state: StateView,
    /// Once `done`: why the model stopped.
    finish: Option<FinishView>,
    /// If `failed`: why.
    error: Option<ErrorView>,
    timings: TimingsView,
    asked_at: Timestamp,
}

/// The data of each event of a turn's stream, by the event's name.
#[derive(Object)]
#[oai(rename = "TurnEvents")]
pub(in crate::api) struct EventsView {
    /// First: the turn as it was stored.
    turn: TurnView,
    queued: QueuedView,
    reading: ReadingView,
    findings: FindingsView,
    citations: CitationsView,
    delta: DeltaView,
    /// Last: the turn as it ended.
    done: TurnView,
    /// Last, instead of `done`: the turn failed.
    error: FailedView,
}

/// It waits for the model. Comes again when one of the numbers changes, at most once a second.
#[derive(Object)]
#[oai(rename = "TurnQueued", skip_serializing_if_is_none)]
struct QueuedView {
    /// Answers that come before this one, as things stand: people who have less under way may
    /// still come before it.
    ahead: u32,
    /// Until its turn, by how long answers took of late; absent if none has ended yet.
    eta_seconds: Option<u32>,
}

/// The model reads the prompt.
#[derive(Object)]
#[oai(rename = "TurnReading")]
struct ReadingView {
    tokens: u32,
    passages: u32,
}

/// More findings.
#[derive(Object)]
#[oai(rename = "TurnFindings")]
struct FindingsView {
    findings: Vec<FindingView>,
}

/// The passages that the answer draws on, and its sentences that draw on none.
#[derive(Object)]
#[oai(rename = "TurnCitations")]
struct CitationsView {
    citations: Vec<CitationView>,
    unsupported: Vec<SpanView>,
}

/// The next words of the answer.
#[derive(Object)]
#[oai(rename = "TurnDelta")]
struct DeltaView {
    text: String,
}

/// The turn failed.
#[derive(Object)]
#[oai(rename = "TurnFailed", skip_serializing_if_is_none)]
struct FailedView {
    code: String,
    message: String,
    /// The turn as it ended, if there is one.
    turn: Option<TurnView>,
}

impl From<Citation> for CitationView {
    fn from(citation: Citation) -> Self {
        Self {
            marker: citation.marker,
            document_id: citation.document,
            title: citation.title,
            page: citation.page,
            start: citation.start,
            end: citation.end,
            quote: citation.quote,
            answer_end: citation.answer_end,
        }
    }
}

impl From<Side> for SideView {
    fn from(side: Side) -> Self {
        match side {
            Side::Input => Self::Input,
            Side::Retrieved => Self::Retrieved,
            Side::Output => Self::Output,
        }
    }
}

impl From<SideView> for Side {
    fn from(side: SideView) -> Self {
        match side {
            SideView::Input => Self::Input,
            SideView::Retrieved => Self::Retrieved,
            SideView::Output => Self::Output,
        }
    }
}

impl From<Finding> for FindingView {
    fn from(finding: Finding) -> Self {
        Self {
            side: finding.side.into(),
            guard: finding.guard,
            label: finding.label,
            document_id: finding.document,
            start: finding.start,
            end: finding.end,
            score: params::score(finding.score),
            outcome: match finding.outcome {
                Effect::Redacted => OutcomeView::Redacted,
                Effect::Dropped => OutcomeView::Dropped,
                Effect::Blocked => OutcomeView::Blocked,
                Effect::Flagged => OutcomeView::Flagged,
            },
        }
    }
}

impl From<Usage> for UsageView {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            cached_tokens: usage.cached_tokens,
        }
    }
}

impl From<Timings> for TimingsView {
    fn from(timings: Timings) -> Self {
        Self {
            queued_ms: timings.queued_ms,
            retrieval_ms: timings.retrieval_ms,
            first_token_ms: timings.first_token_ms,
            total_ms: timings.total_ms,
        }
    }
}

impl From<FinishReason> for FinishView {
    fn from(finish: FinishReason) -> Self {
        match finish {
            FinishReason::Stop => Self::Stop,
            FinishReason::Length => Self::Length,
            FinishReason::ContentFilter => Self::ContentFilter,
            FinishReason::Repetition => Self::Repetition,
        }
    }
}

impl From<Span> for SpanView {
    fn from(span: Span) -> Self {
        Self {
            start: span.start,
            end: span.end,
        }
    }
}

impl From<Grounding> for GroundingView {
    fn from(grounding: Grounding) -> Self {
        match grounding {
            Grounding::Documents => Self::Documents,
            Grounding::Open => Self::Open,
            Grounding::Nothing => Self::None,
        }
    }
}

impl From<Mark> for MaskView {
    fn from(mark: Mark) -> Self {
        Self {
            start: mark.start,
            end: mark.end,
            placeholder: mark.placeholder,
        }
    }
}

impl From<Shown> for TurnView {
    fn from(shown: Shown) -> Self {
        let masks = shown.masked().into_iter().map(Into::into).collect();
        let turn = shown.turn;
        let (state, finish, error) = match turn.state {
            TurnState::Running => (StateView::Running, None, None),
            TurnState::Done { finish } => (StateView::Done, Some(finish.into()), None),
            TurnState::Cancelled => (StateView::Cancelled, None, None),
            TurnState::Failed { code, message } => {
                (StateView::Failed, None, Some(ErrorView { code, message }))
            }
        };
        Self {
            id: turn.id,
            conversation_id: turn.conversation,
            parent: turn.parent,
            question: turn.question.text,
            masked_question: turn.question.masked,
            masks,
            text: shown.answer,
            restored: shown.restored.into_iter().map(Into::into).collect(),
            citations: shown.citations.into_iter().map(Into::into).collect(),
            unsupported: shown.unsupported.into_iter().map(Into::into).collect(),
            grounding: turn.grounding.map(Into::into),
            findings: turn.findings.into_iter().map(Into::into).collect(),
            usage: turn.usage.into(),
            model: turn.model.to_string(),
            mode: turn.mode.into(),
            cached: false,
            state,
            finish,
            error,
            timings: turn.timings.into(),
            asked_at: turn.asked_at,
        }
    }
}

/// The name and the data of one event.
pub(in crate::api) fn event(event: TurnEvent) -> (&'static str, Value) {
    let (name, data) = match event.kind {
        TurnEventKind::Started(turn) => ("turn", TurnView::from(*turn).to_json()),
        TurnEventKind::Queued { ahead, eta_seconds } => {
            ("queued", QueuedView { ahead, eta_seconds }.to_json())
        }
        TurnEventKind::Reading { tokens, passages } => {
            ("reading", ReadingView { tokens, passages }.to_json())
        }
        TurnEventKind::Findings(findings) => {
            let findings = findings.into_iter().map(Into::into).collect();
            ("findings", FindingsView { findings }.to_json())
        }
        TurnEventKind::Citations {
            citations,
            unsupported,
        } => {
            let view = CitationsView {
                citations: citations.into_iter().map(Into::into).collect(),
                unsupported: unsupported.into_iter().map(Into::into).collect(),
            };
            ("citations", view.to_json())
        }
        TurnEventKind::Delta(text) => ("delta", DeltaView { text }.to_json()),
        TurnEventKind::Done(turn) => ("done", TurnView::from(*turn).to_json()),
        TurnEventKind::Error {
            code,
            message,
            turn,
        } => {
            let turn = Some(TurnView::from(*turn));
            let failed = FailedView {
                code,
                message,
                turn,
            };
            ("error", failed.to_json())
        }
    };
    (name, data.unwrap_or_else(|| json!({})))
}
