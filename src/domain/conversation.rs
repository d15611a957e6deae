//! Threads of questions and answers.

use serde::{Deserialize, Serialize};

use super::document::Citation;
use super::id::{ConversationId, TurnId, UserId, WorkspaceId};
use super::model::ModelId;
use super::time::Timestamp;
use super::verdict::{Edit, Finding};
use super::workspace::AnswerMode;

/// One thread. It is its owner's alone; other members of the workspace do not see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: ConversationId,
    pub workspace: WorkspaceId,
    pub owner: UserId,
    /// Empty until somebody names it or the first question does.
    pub title: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// One question with its answer. Turns form a tree by `parent`: editing and regenerating branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub id: TurnId,
    pub conversation: ConversationId,
    /// The turn before this one on its branch.
    pub parent: Option<TurnId>,
    pub question: Question,
    /// What was released to the reader so far; complete once the state is final.
    pub answer: String,
    pub citations: Vec<Citation>,
    /// What the guards found on all three sides.
    pub findings: Vec<Finding>,
    pub usage: Usage,
    pub model: ModelId,
    pub state: TurnState,
    pub timings: Timings,
    pub asked_at: Timestamp,
    pub mode: AnswerMode,
    /// What the answer stands on; `None` until that is known.
    pub grounding: Option<Grounding>,
    /// Sentences of an answer from documents that no sentence of them supports, in order.
    pub unsupported: Vec<Span>,
}

/// Bytes `start..end` of a text, on character borders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// What an answer stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grounding {
    /// Passages of the workspace's documents.
    Documents,
    /// What the model knows: there were no passages to draw on.
    Open,
    /// Nothing: the documents do not say it, and no model was asked.
    Nothing,
}

/// What was asked: as typed, for the asker, and as masked, for the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub text: String,
    /// `text` after `edits`: the only form that model, caches and logs see.
    pub masked: String,
    pub edits: Vec<Edit>,
}

/// How far a turn is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TurnState {
    Running,
    Done {
        finish: FinishReason,
    },
    /// Stopped by the asker, or left by every reader.
    Cancelled,
    Failed {
        code: String,
        message: String,
    },
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// It was done, or came to a stop string.
    Stop,
    /// It came to the limit of tokens.
    Length,
    /// A guardrail ended the answer.
    ContentFilter,
    /// It only said again what it had said before.
    Repetition,
}

impl FinishReason {
    /// Whether the answer may have ended in the middle of a sentence.
    pub fn is_cut(self) -> bool {
        self != Self::Stop
    }
}

/// Tokens counted by the model's own tokenizer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
    /// Tokens of the prompt that were not computed again.
    pub cached_tokens: u32,
}

/// Where the time of a turn went, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    pub queued_ms: u32,
    pub retrieval_ms: u32,
    pub first_token_ms: u32,
    pub total_ms: u32,
}

/// Who says one message of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    System,
    User,
    Assistant,
}

/// One message of a prompt, as a chat template takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub author: Author,
    pub text: String,
}
