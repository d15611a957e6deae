//! Chat: answers one turn. The only room that knows the order of the others.
//!
//! A turn is a job of the server: [`Chat::ask`] starts it, any number of readers follow it with
//! [`Chat::follow`], leave and come back, and it ends when the answer is complete, when it is
//! cancelled, or when nobody has read it for a while. [`Chat::complete`] is the other shape, for
//! `/v1`: one reader, nothing stored, and dropping it cancels at once. Both go through the same
//! pipeline of guardrails.

mod answer;
mod asked;
mod cite;
mod complete;
mod error;
mod frame;
mod ground;
mod logprobs;
mod loops;
mod masks;
mod prompt;
mod quotes;
mod restore;
mod running;
mod sampling;
mod scope;
mod shown;
mod sources;
mod turns;
mod voice;

use std::sync::Arc;

pub use error::ChatError;
pub use restore::Mark;
pub use running::TurnEvents;
pub use shown::Shown;

use crate::config::ChatConfig;
use crate::domain::conversation::{FinishReason, Message, Span, Usage};
use crate::domain::document::Citation;
use crate::domain::id::{TurnId, WorkspaceId};
use crate::domain::model::ModelId;
use crate::domain::time::Clock;
use crate::domain::verdict::Finding;
use crate::domain::workspace::AnswerMode;
use crate::engine::{Constraint, Engine, Sampling, TokenLogprob};
use crate::plugin::Pipelines;
use crate::rag::Rag;
use crate::store::Store;
use crate::workspaces::Workspaces;

/// What somebody asks in a conversation.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub text: String,
    /// The turn this one follows; `None` begins at the root of the conversation.
    pub parent: Option<TurnId>,
    /// Sending the same key again returns the turn of the first time.
    pub idempotency_key: Option<String>,
    /// A model by name; `None` for the box's own choice.
    pub model: Option<String>,
    pub temperature: Option<f32>,
    pub max_tokens: Option<u32>,
    /// Who words the answer; `None` for what the workspace says.
    pub mode: Option<AnswerMode>,
}

/// One thing that happened in a turn.
#[derive(Clone, Debug)]
pub struct TurnEvent {
    /// Counts from 1 within the turn; what a reader sends back as `Last-Event-ID`.
    pub seq: u64,
    pub kind: TurnEventKind,
}

/// What happened, as the asker of the turn sees it; nobody else reads it.
#[derive(Clone, Debug)]
pub enum TurnEventKind {
    /// The turn is stored and runs.
    Started(Box<Shown>),
    /// It waits for the model; so many are ahead. Said again when that changes.
    Queued {
        ahead: u32,
        /// Until its turn, by how long answers took of late; none if none has ended yet.
        eta_seconds: Option<u32>,
    },
    /// The model reads a prompt of this many tokens, drawing on this many passages.
    Reading {
        tokens: u32,
        passages: u32,
    },
    Findings(Vec<Finding>),
    /// What the answer draws on, and what of it the documents do not say.
    Citations {
        citations: Vec<Citation>,
        unsupported: Vec<Span>,
    },
    /// The next words of the answer.
    Delta(String),
    /// It is over; the turn as stored.
    Done(Box<Shown>),
    /// It is over, without a complete answer; the turn as stored says as much.
    Error {
        code: String,
        message: String,
        turn: Box<Shown>,
    },
}

/// A request of the OpenAI family: messages as they are, one reader.
#[derive(Clone, Debug)]
pub struct Complete {
    pub messages: Vec<Message>,
    /// A model by name; `None` for the box's own choice.
    pub model: Option<String>,
    pub sampling: Sampling,
    pub stop: Vec<String>,
    pub max_tokens: Option<u32>,
    /// What the answer must look like.
    pub constraint: Option<Constraint>,
    /// Tell how likely each token was, and this many others in its place.
    pub logprobs: Option<u8>,
    /// Answer from this workspace's documents.
    pub workspace: Option<WorkspaceId>,
}

/// What a [`Completion`] yields.
#[derive(Clone, Debug)]
pub enum CompletionEvent {
    /// The next words, and the logprobs of the tokens that are out with them, if asked for.
    Delta {
        text: String,
        logprobs: Vec<TokenLogprob>,
    },
    /// The last one.
    End {
        finish: FinishReason,
        usage: Usage,
        citations: Vec<Citation>,
        findings: Vec<Finding>,
    },
}

/// Vectors for texts, for `/v1/embeddings`.
#[derive(Clone, Debug)]
pub struct Embeddings {
    pub model: ModelId,
    pub vectors: Vec<Vec<f32>>,
    pub tokens: u32,
}

/// The name under which an answer made of quotes goes where others have their model's.
pub const QUOTES: &str = "quotes";

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Chat {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    engine: Engine,
    rag: Rag,
    workspaces: Workspaces,
    pipelines: Pipelines,
    config: ChatConfig,
    clock: Clock,
    board: running::Board,
}

/// An answer in the making for one reader; dropping it cancels at once.
pub struct Completion {
    /// The model that answers.
    pub model: ModelId,
    stream: complete::Stream,
}

impl Chat {
    /// Puts the room together from those it calls.
    pub fn new(
        store: Store,
        engine: Engine,
        rag: Rag,
        workspaces: Workspaces,
        pipelines: Pipelines,
        config: &ChatConfig,
        clock: Clock,
    ) -> Self {
        let config = config.clone();
        let board = running::Board::default();
        let inner = Inner {
            store,
            engine,
            rag,
            workspaces,
            pipelines,
            config,
            clock,
            board,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// How the box answers when a request does not say.
    pub fn settings(&self) -> &ChatConfig {
        &self.inner.config
    }
}
