//! `POST /v1/chat/completions`: one answer, whole or streamed; a dropped stream is cancelled.

use std::pin::pin;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use poem::{Request, Response, handler};
use tokio::sync::watch;

use super::reply::{Ending, Head};
use super::wire::{ChatRequest, Defaults};
use super::{JsonBody, answer, wrong};
use crate::api::identity::{self, Signed};
use crate::api::problem::Problem;
use crate::api::shared::Shared;
use crate::api::sse;
use crate::api::system::VERSION;
use crate::auth::policy::{Denied, bound_workspace};
use crate::chat::{Complete, Completion, CompletionEvent};
use crate::domain::id::WorkspaceId;
use crate::domain::principal::Principal;

/// Names the workspace whose documents the answer draws on.
const WORKSPACE_HEADER: &str = "x-privatestack-workspace";

#[handler]
pub(in crate::api) async fn create(
    request: &Request,
    Signed(who): Signed,
    JsonBody(wanted): JsonBody<ChatRequest>,
) -> Result<Response, Problem> {
    let shared = identity::shared(request).clone();
    let workspace = workspace(request, &who)?;
    wanted.check()?;
    let complete = Complete {
        messages: wanted.messages()?,
        model: Some(wanted.model.clone()),
        sampling: wanted.sampling(defaults(&shared))?,
        stop: wanted.stop()?,
        max_tokens: wanted.max_tokens()?,
        constraint: wanted.constraint()?,
        logprobs: wanted.logprobs()?,
        workspace,
    };
    let logprobs = complete.logprobs.is_some();
    let completion = shared.chat.complete(&who, complete).await?;
    let head = Head {
        grounded: workspace.is_some(),
        include_usage: wanted.include_usage(),
        logprobs,
        ..head(&shared, &completion)
    };
    if wanted.stream == Some(true) {
        let streaming = Streaming::new(shared, who, head, completion);
        return Ok(sse::response(streaming.frames()));
    }
    whole(&head, completion).await
}

/// The workspace that the header names or the key is bound to. A bound key opens no other.
fn workspace(request: &Request, who: &Principal) -> Result<Option<WorkspaceId>, Problem> {
    let bound = bound_workspace(who);
    let Some(value) = request.headers().get(WORKSPACE_HEADER) else {
        return Ok(bound);
    };
    let named = value.to_str().ok().and_then(|text| text.parse().ok());
    let named = named.ok_or_else(|| {
        wrong(
            WORKSPACE_HEADER,
            "this is not the id of a workspace (`ws_…`)",
        )
    })?;
    match bound {
        Some(bound) if bound != named => Err(Denied::WorkspaceNotFound.into()),
        _ => Ok(Some(named)),
    }
}

fn defaults(shared: &Shared) -> Defaults {
    let settings = shared.chat.settings();
    // TOML has no shorter number than f64; a request's are f32.
    Defaults {
        temperature: settings.temperature as f32,
        top_p: settings.top_p as f32,
        repetition_penalty: settings.repetition_penalty as f32,
    }
}

fn head(shared: &Shared, completion: &Completion) -> Head {
    let card = shared.engine.model(completion.model.as_str());
    let digest = card.map(|card| card.digest).unwrap_or_default();
    let mark = blake3::hash(format!("{digest}/{VERSION}").as_bytes()).to_hex();
    Head {
        id: format!("chatcmpl-{}", uuid::Uuid::new_v4().simple()),
        created: shared.clock.now().as_secs(),
        model: completion.model.to_string(),
        fingerprint: format!("fp_{}", &mark[..10]),
        grounded: false,
        include_usage: false,
        logprobs: false,
    }
}

async fn whole(head: &Head, mut completion: Completion) -> Result<Response, Problem> {
    let (mut text, mut tokens) = (String::new(), Vec::new());
    while let Some(event) = completion.next().await {
        match event? {
            CompletionEvent::Delta {
                text: piece,
                logprobs,
            } => {
                text.push_str(&piece);
                tokens.extend(logprobs);
            }
            CompletionEvent::End {
                finish,
                usage,
                citations,
                findings,
            } => {
                let ending = Ending {
                    finish,
                    usage,
                    citations,
                    findings,
                };
                return Ok(answer(&head.whole(&text, tokens, ending)));
            }
        }
    }
    Err(Problem::panicked())
}

/// An answer on its way out, piece by piece.
struct Streaming {
    shared: Shared,
    who: Principal,
    head: Head,
    completion: Completion,
    changes: watch::Receiver<u64>,
    at: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Before,
    Within,
    After,
}

impl Streaming {
    fn new(shared: Shared, who: Principal, head: Head, completion: Completion) -> Self {
        let changes = shared.auth.changes();
        Self {
            shared,
            who,
            head,
            completion,
            changes,
            at: Stage::Before,
        }
    }

    fn frames(self) -> impl Stream<Item = Bytes> {
        stream::unfold(self, |mut streaming| async move {
            let frame = match streaming.at {
                Stage::Before => {
                    streaming.at = Stage::Within;
                    streaming.head.first()
                }
                Stage::Within => streaming.step().await,
                Stage::After => return None,
            };
            Some((frame, streaming))
        })
    }

    /// The next words, or the last frames of all.
    async fn step(&mut self) -> Bytes {
        let event = self.next().await;
        if let Ok(Some(CompletionEvent::Delta { text, logprobs })) = event {
            return self.head.words(&text, logprobs);
        }
        self.at = Stage::After;
        match event {
            Ok(Some(CompletionEvent::End {
                finish,
                usage,
                citations,
                findings,
            })) => self.head.last(Ending {
                finish,
                usage,
                citations,
                findings,
            }),
            Ok(_) => failed(&Problem::panicked()),
            Err(problem) => failed(&problem),
        }
    }

    /// The next event, unless the asker's credential ends first.
    async fn next(&mut self) -> Result<Option<CompletionEvent>, Problem> {
        // Held across the loop: a piece that is half judged must not be lost.
        let mut next = pin!(self.completion.next());
        loop {
            tokio::select! {
                event = &mut next => return Ok(event.transpose()?),
                Ok(()) = self.changes.changed() => self.shared.auth.recheck(&self.who).await?,
            }
        }
    }
}

/// Once a stream has begun, an error is its last frame.
fn failed(problem: &Problem) -> Bytes {
    sse::frame(None, None, &problem.openai_json())
}
