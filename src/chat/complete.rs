//! Messages in, words out, for one reader: the shape of `/v1`.
//!
//! Nothing runs beside the reader: each [`Completion::next`] asks the engine for the next piece
//! and the guards what of it may go on, so dropping the completion cancels at once.

use std::collections::VecDeque;
use std::sync::Arc;

use super::frame::{self, Echo};
use super::ground::{Ground, Request};
use super::logprobs::Logprobs;
use super::masks::{self, Masks};
use super::quotes;
use super::restore::Restorer;
use super::scope::{asker, scope};
use super::sources::Source;
use super::voice::Voice;
use super::{
    Chat, ChatError, Complete, Completion, CompletionEvent, Embeddings, Inner, QUOTES, cite,
};
use crate::auth::policy;
use crate::domain::conversation::{Author, FinishReason, Message, Usage};
use crate::domain::document::Citation;
use crate::domain::id::WorkspaceId;
use crate::domain::model::{ModelCard, ModelId, ModelKind};
use crate::domain::principal::{Action, Credential, Principal};
use crate::domain::verdict::{Edit, Finding, Side};
use crate::domain::workspace::{AnswerMode, Workspace};
use crate::engine::{Constraint, EngineError, Generate, Piece, TokenLogprob};
use crate::pipeline::{Pipeline, Release, Released};
use crate::rag::Rag;

/// What is going on inside a [`Completion`].
pub(super) struct Stream {
    voice: Voice,
    echo: Echo,
    logprobs: Logprobs,
    release: Release,
    restorer: Restorer,
    /// What is ready to be handed out.
    ready: VecDeque<CompletionEvent>,
    /// Logprobs of tokens whose text is still held.
    held: Vec<TokenLogprob>,
    /// The question without what was hidden in it.
    question: String,
    sources: Vec<Source>,
    /// Of an answer that is made of quotes.
    quoted: Vec<Citation>,
    /// What the guards replaced in the answer.
    edits: Vec<Edit>,
    rag: Rag,
    /// The answer as the model wrote it.
    answer: String,
    findings: Vec<Finding>,
    usage: Usage,
    ended: bool,
}

/// Messages that the guards let pass.
struct AdmittedMessages {
    messages: Vec<Message>,
    findings: Vec<Finding>,
    masks: Masks,
    /// The last question without what was hidden in it, to search documents by.
    searched: String,
}

impl Completion {
    /// The next piece; `None` after [`CompletionEvent::End`].
    pub async fn next(&mut self) -> Option<Result<CompletionEvent, ChatError>> {
        loop {
            if let Some(event) = self.stream.ready.pop_front() {
                return Some(Ok(event));
            }
            if self.stream.ended {
                return None;
            }
            if let Err(error) = self.stream.step().await {
                self.stream.ended = true;
                return Some(Err(error));
            }
        }
    }
}

impl Stream {
    async fn step(&mut self) -> Result<(), ChatError> {
        match self.voice.next().await {
            Some(Ok(Piece::Text {
                text,
                tokens,
                logprobs,
            })) => {
                self.usage.completion_tokens += tokens;
                let shown = self.echo.push(&text);
                self.logprobs.push(&text, &shown, logprobs);
                self.release(&shown).await?;
            }
            Some(Ok(Piece::End { finish, usage })) => {
                self.usage = usage;
                let shown = self.echo.finish();
                self.logprobs.push("", &shown, Vec::new());
                self.release(&shown).await?;
                if !self.ended {
                    let released = self.release.finish().await?;
                    self.let_go(released).await;
                }
                self.end(finish).await;
            }
            Some(Err(error)) => return Err(error.into()),
            None => self.end(FinishReason::Stop).await,
        }
        Ok(())
    }

    /// Shows `text` to the guards and lets go what they pass.
    async fn release(&mut self, text: &str) -> Result<(), ChatError> {
        if !text.is_empty() {
            let released = self.release.push(text).await?;
            self.let_go(released).await;
        }
        Ok(())
    }

    async fn let_go(&mut self, released: Released) {
        self.held.extend(self.logprobs.let_go(&released));
        self.answer.push_str(&released.text);
        let text = self.restorer.push(&released.text);
        self.say(text);
        self.findings.extend(released.findings);
        self.edits.extend(released.edits);
        if released.stopped.is_some() {
            self.end(FinishReason::ContentFilter).await;
        }
    }

    /// Hands out the next words. Logprobs tell of the tokens as the model made them: where it
    /// wrote a placeholder, they have the placeholder.
    fn say(&mut self, text: String) {
        if !text.is_empty() {
            let logprobs = std::mem::take(&mut self.held);
            self.ready
                .push_back(CompletionEvent::Delta { text, logprobs });
        }
    }

    async fn end(&mut self, finish: FinishReason) {
        if self.ended {
            return;
        }
        self.ended = true;
        let rest = self.restorer.finish();
        self.say(rest);
        let citations = self.citations(finish.is_cut()).await;
        let findings = std::mem::take(&mut self.findings);
        self.ready.push_back(CompletionEvent::End {
            finish,
            usage: self.usage,
            citations,
            findings,
        });
    }

    async fn citations(&mut self, cut: bool) -> Vec<Citation> {
        if matches!(self.voice, Voice::House(_)) {
            let quoted = std::mem::take(&mut self.quoted);
            return quotes::placed(quoted, &self.edits, self.answer.len());
        }
        let (answer, question) = (&self.answer, &self.question);
        let checked = cite::checked(&self.rag, answer, cut, question, &self.sources);
        checked.await.citations
    }
}

impl Chat {
    /// Answers messages for one reader.
    pub async fn complete(
        &self,
        who: &Principal,
        request: Complete,
    ) -> Result<Completion, ChatError> {
        let inner = &self.inner;
        let bound = bound_workspace(who);
        let workspace = bound.or(request.workspace);
        // Opened first: nobody learns what the guards of a workspace say who may not ask there.
        let access = match workspace {
            Some(id) => Some(inner.workspaces.open(who, id, Action::Chat).await?),
            None => policy::permit(who, Action::UseModels).map(|_| None)?,
        };
        let pipeline = inner.pipelines.of(workspace);
        let settings = match &access {
            Some(access) => Some(inner.workspaces.of(access).await?),
            None => None,
        };
        let card = match settings.as_ref().is_some_and(|it| is_quoted(it, &request)) {
            true => None,
            false => Some(inner.chat_model(request.model.as_deref())?),
        };
        let admitted = inner.admit_messages(&pipeline, request.messages).await?;
        let mut findings = admitted.findings;
        let question = last_question(&admitted.messages);
        let searched = admitted.searched;
        let ground = match (&access, settings) {
            (Some(access), Some(settings)) => {
                let answer_tokens = request.max_tokens.unwrap_or(inner.config.answer_tokens);
                let request = Request {
                    card: card.as_ref(),
                    messages: admitted.messages,
                    searched: &searched,
                    answer_tokens,
                    held_to_form: request.constraint.is_some(),
                };
                inner.ground(access, settings, request).await?
            }
            _ => Ground::open(admitted.messages),
        };
        findings.extend(ground.findings);
        let sources = ground.passages;
        // The frame has no place in what an answer is held to.
        let frame = request.constraint.is_none() && !sources.is_empty();
        let restorer = restorer(request.constraint.as_ref(), admitted.masks);
        let model = card.map_or_else(|| ModelId::from_title(QUOTES), |card| card.id);
        let voice = match ground.house {
            Some(texts) => Voice::saying(texts),
            None => {
                let mut stop = request.stop;
                if frame {
                    stop.extend(frame::stops());
                }
                let prompt = inner.engine.prompt(&model, &ground.messages).await?;
                let generate = Generate {
                    sampling: request.sampling,
                    stop,
                    max_tokens: request.max_tokens,
                    constraint: request.constraint,
                    logprobs: request.logprobs,
                    scope: who.user().map(|user| scope(user, workspace)),
                    asker: asker(who),
                    ..Generate::new(prompt)
                };
                Voice::Model(inner.engine.generate(generate).await?)
            }
        };
        let echo = match frame && matches!(voice, Voice::Model(_)) {
            true => Echo::of(&sources, &question),
            false => Echo::of(&[], &question),
        };
        let stream = Stream {
            voice,
            echo,
            logprobs: Logprobs::default(),
            release: pipeline.release(),
            restorer,
            ready: VecDeque::new(),
            held: Vec::new(),
            question: searched,
            sources,
            quoted: ground.quoted,
            edits: Vec::new(),
            rag: inner.rag.clone(),
            answer: String::new(),
            findings,
            usage: Usage::default(),
            ended: false,
        };
        Ok(Completion { model, stream })
    }

    /// Vectors for texts, which are guarded like any question.
    pub async fn embed(
        &self,
        who: &Principal,
        model: Option<&str>,
        texts: Vec<String>,
    ) -> Result<Embeddings, ChatError> {
        let inner = &self.inner;
        policy::permit(who, Action::UseModels)?;
        let card = match model {
            None => inner.engine.default_embedding(),
            Some(name) => Some(inner.model(name)?),
        };
        let card = card.ok_or(EngineError::NoModel { kind: "embedding" })?;
        suits(&card, ModelKind::Embedding, "embeddings")?;
        let bound = bound_workspace(who);
        if let Some(id) = bound {
            inner.workspaces.open(who, id, Action::Chat).await?;
        }
        let pipeline = inner.pipelines.of(bound);
        let mut masked = Vec::with_capacity(texts.len());
        for text in texts {
            masked.push(pipeline.admit(Side::Input, &text).await?.text);
        }
        let embedded = inner.engine.embed(&card.id, masked).await?;
        Ok(Embeddings {
            model: card.id,
            vectors: embedded.vectors,
            tokens: embedded.tokens,
        })
    }
}

impl Inner {
    fn model(&self, name: &str) -> Result<ModelCard, EngineError> {
        self.engine
            .model(name)
            .ok_or_else(|| EngineError::UnknownModel {
                name: name.to_owned(),
            })
    }

    /// The chat model of that name, or the box's own choice.
    pub(super) fn chat_model(&self, name: Option<&str>) -> Result<ModelCard, ChatError> {
        let card = match name {
            None => self
                .engine
                .default_chat()
                .ok_or(EngineError::NoModel { kind: "chat" })?,
            Some(name) => self.model(name)?,
        };
        suits(&card, ModelKind::Chat, "chat")?;
        Ok(card)
    }

    async fn admit_messages(
        &self,
        pipeline: &Pipeline,
        messages: Vec<Message>,
    ) -> Result<AdmittedMessages, ChatError> {
        let mut admitted = AdmittedMessages {
            messages: Vec::with_capacity(messages.len()),
            findings: Vec::new(),
            masks: Masks::new(&self.config.restore),
            searched: String::new(),
        };
        for message in messages {
            let judged = pipeline.admit(Side::Input, &message.text).await?;
            let mut edits = judged.edits;
            let text = admitted
                .masks
                .number(&message.text, &mut edits, &judged.findings);
            if message.author == Author::User {
                admitted.searched = masks::searched(&message.text, &text, &edits);
            }
            admitted.findings.extend(judged.findings);
            admitted.messages.push(Message { text, ..message });
        }
        Ok(admitted)
    }
}

/// Whether an answer is made of quotes: the workspace says so, or the model's name does. One that
/// must look like something cannot be.
fn is_quoted(workspace: &Workspace, request: &Complete) -> bool {
    let named = request.model.as_deref() == Some(QUOTES);
    request.constraint.is_none() && (named || workspace.answers.mode == AnswerMode::Quotes)
}

/// What puts back what was hidden. An answer that is held to an expression stays as it matched.
fn restorer(constraint: Option<&Constraint>, masks: Masks) -> Restorer {
    match constraint {
        None => Restorer::new(Arc::new(masks)),
        Some(constraint) if constraint.is_json() => Restorer::new(Arc::new(masks)).within_json(),
        Some(_) => Restorer::new(Arc::default()),
    }
}

fn suits(card: &ModelCard, kind: ModelKind, needed: &'static str) -> Result<(), EngineError> {
    if card.kind == kind {
        return Ok(());
    }
    Err(EngineError::WrongKind {
        model: card.id.clone(),
        needed,
    })
}

pub(super) fn last_question(messages: &[Message]) -> String {
    let last = messages
        .iter()
        .rfind(|message| message.author == Author::User);
    last.map(|message| message.text.clone()).unwrap_or_default()
}

/// The one workspace of a key that is bound to it.
fn bound_workspace(who: &Principal) -> Option<WorkspaceId> {
    match &who.person()?.credential {
        Credential::ApiKey { workspace, .. } => *workspace,
        _ => None,
    }
}
