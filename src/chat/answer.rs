//! One turn as a job: retrieve, judge, generate, release, record.

use std::sync::Arc;
use std::time::Duration;

use tracing::{Instrument, info, info_span, warn};

use super::asked::Asked;
use super::cite::Checked;
use super::frame::{self, Echo};
use super::masks::{self, Masks};
use super::quotes::Quoted;
use super::restore::Restorer;
use super::running::Running;
use super::scope::{asker_of, scope};
use super::shown::{self, Shown};
use super::sources::{Search, Source, Sources};
use super::voice::{Part, Words};
use super::{ChatError, Inner, TurnEventKind, cite, prompt, quotes, sources};
use crate::auth::Access;
use crate::domain::conversation::{FinishReason, Grounding, Message, Turn, TurnState};
use crate::domain::fault::{Fault, Kind};
use crate::domain::time::Stopwatch;
use crate::domain::verdict::Edit;
use crate::domain::workspace::AnswerMode;
use crate::engine::{Generate, Sampling};
use crate::pipeline::Released;

/// A turn that was admitted and stored, and all that is needed to answer it.
pub(super) struct Job {
    pub access: Access,
    pub turn: Turn,
    /// The placeholders of its branch, and what of the answer goes out to its asker.
    pub masks: Arc<Masks>,
    pub restorer: Restorer,
    pub instructions: String,
    /// How well a passage must fit the question; see `AnswerSettings::least`.
    pub least: f32,
    pub sampling: Sampling,
    pub max_tokens: u32,
    /// What the guards replaced in the answer, in bytes of it as it was made.
    pub edits: Vec<Edit>,
    /// Since it waits for its first step; none before and after.
    pub queued: Option<Stopwatch>,
}

/// How a turn ended.
enum Ending {
    Finished(FinishReason),
    Cancelled,
    Failed { code: String, message: String },
}

/// Runs the job to its end, whatever that is; the turn is stored before readers hear of it.
pub(super) fn spawn(inner: Arc<Inner>, running: Arc<Running>, job: Job) {
    let span = info_span!("turn", turn = %job.turn.id, workspace = %job.access.workspace());
    tokio::spawn(run(inner, running, job).instrument(span));
}

async fn run(inner: Arc<Inner>, running: Arc<Running>, mut job: Job) {
    let watch = Stopwatch::start();
    let started = Shown::of(job.turn.clone(), &job.masks);
    running.emit(TurnEventKind::Started(Box::new(started)));
    let abandoned = Duration::from_secs(inner.config.abandoned_s.into());
    let ending = {
        let work = answer(&inner, &running, &mut job, watch);
        tokio::select! {
            biased;
            () = running.cancel.cancelled() => Ending::Cancelled,
            () = running.abandoned(abandoned) => Ending::Cancelled,
            ended = work => ended.unwrap_or_else(|error| failed(&error)),
        }
    };
    say(&running, job.restorer.finish());
    let mut turn = job.turn;
    turn.timings.total_ms = millis(watch);
    if let Some(queued) = job.queued {
        turn.timings.queued_ms = millis(queued);
    }
    let error = match ending {
        Ending::Finished(finish) => {
            turn.state = TurnState::Done { finish };
            None
        }
        Ending::Cancelled => {
            turn.state = TurnState::Cancelled;
            None
        }
        Ending::Failed { code, message } => {
            turn.state = TurnState::Failed {
                code: code.clone(),
                message: message.clone(),
            };
            Some((code, message))
        }
    };
    info!(
        tokens = turn.usage.completion_tokens,
        ms = turn.timings.total_ms,
        error = error.as_ref().map(|(code, _)| code.as_str()),
        "turn ended"
    );
    if let Err(error) = inner.store_turn(turn.clone()).await {
        warn!(%error, "a finished turn could not be stored");
    }
    let turn = Box::new(Shown::of(turn, &job.masks));
    running.emit(match error {
        None => TurnEventKind::Done(turn),
        Some((code, message)) => TurnEventKind::Error {
            code,
            message,
            turn,
        },
    });
    inner.board.finish(running.turn);
}

/// What a reader is told of an error: the cause of one of ours stays in the log.
fn failed(error: &ChatError) -> Ending {
    let message = match error.kind() {
        Kind::Internal => {
            warn!(%error, "a turn failed");
            "something went wrong on the box; its log has the cause".to_owned()
        }
        _ => error.to_string(),
    };
    Ending::Failed {
        code: error.code().to_owned(),
        message,
    }
}

async fn answer(
    inner: &Inner,
    running: &Running,
    job: &mut Job,
    watch: Stopwatch,
) -> Result<Ending, ChatError> {
    if !job.turn.findings.is_empty() {
        running.emit(TurnEventKind::Findings(job.turn.findings.clone()));
    }
    let typed = &job.turn.question;
    let searched = masks::searched(&typed.text, &typed.masked, &typed.edits);
    let asked = Asked::of(&searched);
    let history = inner.history(&job.turn).await?;
    let search = Search {
        question: &searched,
        asked: &asked,
        earlier: &sources::asked(&history),
        mode: job.turn.mode,
        least: job.least,
    };
    let Sources {
        passages,
        findings,
        grounding,
    } = inner.sources(&job.access, search).await?;
    if !findings.is_empty() {
        running.emit(TurnEventKind::Findings(findings.clone()));
        job.turn.findings.extend(findings);
    }
    job.turn.grounding = Some(grounding);
    job.turn.timings.retrieval_ms = millis(watch);

    if grounding == Grounding::Nothing || job.turn.mode == AnswerMode::Quotes {
        let quoted = quotes::quoted(&inner.rag, &searched, &asked, &passages).await;
        return answer_of_house(inner, running, job, (quoted, &asked), watch).await;
    }
    let (words, passages) = inner.ask_model(job, &history, passages).await?;
    if passages.is_empty() {
        job.turn.grounding = Some(Grounding::Open);
    }
    job.queued = Some(Stopwatch::start());
    words.let_in(running).await;
    running.emit(TurnEventKind::Reading {
        tokens: job.turn.usage.prompt_tokens,
        passages: u32::try_from(passages.len()).unwrap_or(u32::MAX),
    });
    let ending = relay(inner, running, job, words, watch).await?;
    let cut = match &ending {
        Ending::Finished(finish) => finish.is_cut(),
        Ending::Cancelled | Ending::Failed { .. } => true,
    };
    let checked = cite::checked(&inner.rag, &job.turn.answer, cut, &searched, &passages).await;
    cited(running, job, checked);
    Ok(ending)
}

/// Says what the documents say, or that they do not; no model is asked.
async fn answer_of_house(
    inner: &Inner,
    running: &Running,
    job: &mut Job,
    (quoted, asked): (Option<Quoted>, &Asked),
    watch: Stopwatch,
) -> Result<Ending, ChatError> {
    let Quoted { texts, citations } = match quoted {
        Some(quoted) => quoted,
        None => {
            job.turn.grounding = Some(Grounding::Nothing);
            Quoted::none(asked)
        }
    };
    let ending = relay(inner, running, job, Words::of_house(texts), watch).await?;
    let checked = Checked {
        citations: quotes::placed(citations, &job.edits, job.turn.answer.len()),
        unsupported: Vec::new(),
    };
    cited(running, job, checked);
    Ok(ending)
}

/// Tells readers what the answer draws on, and keeps it with the turn.
fn cited(running: &Running, job: &mut Job, checked: Checked) {
    let Checked {
        citations,
        unsupported,
    } = checked;
    say(running, job.restorer.finish());
    if citations.is_empty() && unsupported.is_empty() {
        return;
    }
    running.emit(TurnEventKind::Citations {
        citations: shown::moved(&citations, &job.restorer),
        unsupported: shown::moved_spans(&unsupported, &job.restorer),
    });
    job.turn.citations = citations;
    job.turn.unsupported = unsupported;
}

impl Inner {
    /// Asks the model; also gives the passages that had room in the prompt.
    async fn ask_model(
        &self,
        job: &mut Job,
        history: &[Message],
        passages: Vec<Source>,
    ) -> Result<(Words, Vec<Source>), ChatError> {
        let question = job.turn.question.masked.clone();
        let parts = prompt::Parts {
            instructions: &job.instructions,
            history,
            question: &question,
            answer_tokens: job.max_tokens as usize,
        };
        let model = job.turn.model.clone();
        let (messages, passages) = prompt::compose(&self.engine, &model, parts, passages).await?;
        let prompt = self.engine.prompt(&model, &messages).await?;
        // The engine counts at the end; an answer that we end has been read as well.
        job.turn.usage.prompt_tokens = u32::try_from(prompt.tokens()).unwrap_or(u32::MAX);
        let request = Generate {
            model,
            prompt,
            sampling: job.sampling,
            stop: frame::stops(),
            max_tokens: Some(job.max_tokens),
            ignore_end: false,
            constraint: None,
            logprobs: None,
            scope: Some(scope(job.access.user(), Some(job.access.workspace()))),
            asker: asker_of(job.access.user()),
        };
        let tokens = self.engine.generate(request).await?;
        Ok((
            Words::of_model(tokens, Echo::of(&passages, &question)),
            passages,
        ))
    }
}

/// Lets go what the guards passed, piece by piece.
async fn relay(
    inner: &Inner,
    running: &Running,
    job: &mut Job,
    mut words: Words,
    watch: Stopwatch,
) -> Result<Ending, ChatError> {
    let pipeline = inner.pipelines.of(Some(job.access.workspace()));
    let (turn, queued) = (&mut job.turn, &mut job.queued);
    let (restorer, edits) = (&mut job.restorer, &mut job.edits);
    let mut release = pipeline.release();
    loop {
        let Part { text, made, end } = words.next().await?;
        if let Some(waited) = words.waited()
            && queued.take().is_some()
        {
            turn.timings.queued_ms = whole_millis(waited);
        }
        if turn.timings.first_token_ms == 0 {
            turn.timings.first_token_ms = millis(watch);
        }
        turn.usage.completion_tokens += made;
        if !text.is_empty()
            && let Some(ending) = let_go(
                running,
                turn,
                (&mut *restorer, &mut *edits),
                release.push(&text).await?,
            )
        {
            return Ok(ending);
        }
        if let Some((finish, usage)) = end {
            turn.usage = usage.unwrap_or(turn.usage);
            let ending = let_go(running, turn, (restorer, edits), release.finish().await?);
            return Ok(ending.unwrap_or(Ending::Finished(finish)));
        }
    }
}

fn let_go(
    running: &Running,
    turn: &mut Turn,
    (restorer, edits): (&mut Restorer, &mut Vec<Edit>),
    released: Released,
) -> Option<Ending> {
    turn.answer.push_str(&released.text);
    edits.extend(released.edits);
    say(running, restorer.push(&released.text));
    if !released.findings.is_empty() {
        running.emit(TurnEventKind::Findings(released.findings.clone()));
        turn.findings.extend(released.findings);
    }
    let stopped = released.stopped?;
    Some(Ending::Failed {
        code: "blocked_by_guardrail".to_owned(),
        message: format!("the answer was stopped: {}", stopped.reason.message),
    })
}

/// Tells readers the next words, if there are some.
fn say(running: &Running, text: String) {
    if !text.is_empty() {
        running.emit(TurnEventKind::Delta(text));
    }
}

fn millis(watch: Stopwatch) -> u32 {
    whole_millis(watch.elapsed())
}

fn whole_millis(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}
