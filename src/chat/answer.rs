//! One turn as a job: retrieve, judge, generate, release, record.

use std::sync::Arc;
use std::time::Duration;

use tracing::{Instrument, info, info_span, warn};

use super::frame::{self, Echo};
use super::loops::Loops;
use super::masks::{self, Masks};
use super::restore::Restorer;
use super::running::Running;
use super::scope::{asker_of, scope};
use super::shown::{self, Shown};
use super::{ChatError, Inner, TurnEventKind, cite, prompt, sources};
use crate::auth::Access;
use crate::domain::conversation::{FinishReason, Turn, TurnState, Usage};
use crate::domain::fault::{Fault, Kind};
use crate::domain::time::Stopwatch;
use crate::engine::{Generate, Piece, Place, Sampling, TokenStream};
use crate::pipeline::Released;

/// A turn that was admitted and stored, and all that is needed to answer it.
pub(super) struct Job {
    pub access: Access,
    pub turn: Turn,
    /// The placeholders of its branch, and what of the answer goes out to its asker.
    pub masks: Arc<Masks>,
    pub restorer: Restorer,
    pub instructions: String,
    pub sampling: Sampling,
    pub max_tokens: u32,
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
    let asked = &job.turn.question;
    let question = asked.masked.clone();
    let searched = masks::searched(&asked.text, &asked.masked, &asked.edits);
    let history = inner.history(&job.turn).await?;
    let earlier = sources::asked(&history);
    let (sources, findings) = inner.sources(&job.access, &searched, &earlier).await?;
    if !findings.is_empty() {
        running.emit(TurnEventKind::Findings(findings.clone()));
        job.turn.findings.extend(findings);
    }
    job.turn.timings.retrieval_ms = millis(watch);

    let parts = prompt::Parts {
        instructions: &job.instructions,
        history: &history,
        question: &question,
        answer_tokens: job.max_tokens as usize,
    };
    let model = job.turn.model.clone();
    let (messages, sources) = prompt::compose(&inner.engine, &model, parts, sources).await?;
    let prompt = inner.engine.prompt(&model, &messages).await?;
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
    let words = Words {
        tokens: inner.engine.generate(request).await?,
        echo: Echo::of(&sources, &question),
        loops: Loops::default(),
    };
    job.queued = Some(Stopwatch::start());
    words.let_in(running).await;
    running.emit(TurnEventKind::Reading {
        tokens: job.turn.usage.prompt_tokens,
        passages: u32::try_from(sources.len()).unwrap_or(u32::MAX),
    });
    let ending = relay(inner, running, job, words, watch).await?;
    say(running, job.restorer.finish());
    let cut = match &ending {
        Ending::Finished(finish) => finish.is_cut(),
        Ending::Cancelled | Ending::Failed { .. } => true,
    };
    let citations = cite::citations(&job.turn.answer, cut, &searched, &sources);
    if !citations.is_empty() {
        let moved = shown::moved(&citations, &job.restorer);
        running.emit(TurnEventKind::Citations(moved));
        job.turn.citations = citations;
    }
    Ok(ending)
}

/// The model's words on their way to the guards, without what it only repeats.
struct Words {
    tokens: TokenStream,
    echo: Echo,
    loops: Loops,
}

/// Some of the words, and why there are no more of them, if so.
struct Part {
    text: String,
    made: u32,
    end: Option<(FinishReason, Option<Usage>)>,
}

impl Words {
    /// The next words, which may be none; the last part has an end.
    async fn next(&mut self) -> Result<Part, ChatError> {
        let (text, made, end) = match self.tokens.next().await {
            Some(Ok(Piece::Text { text, tokens, .. })) => {
                let (text, circles) = self.loops.push(&self.echo.push(&text));
                (
                    text,
                    tokens,
                    circles.then_some((FinishReason::Repetition, None)),
                )
            }
            Some(Ok(Piece::End { finish, usage })) => {
                let (mut text, _) = self.loops.push(&self.echo.finish());
                text.push_str(&self.loops.finish());
                (text, 0, Some((finish, Some(usage))))
            }
            Some(Err(error)) => return Err(error.into()),
            None => (String::new(), 0, Some((FinishReason::Stop, None))),
        };
        Ok(Part { text, made, end })
    }

    /// Waits for its turn. Readers are told only if others come before this one.
    async fn let_in(&self, running: &Running) {
        let mut told = false;
        let tell = |place: Place| {
            told |= place.ahead > 0;
            if told {
                let seconds = |eta: Duration| u32::try_from(eta.as_secs()).unwrap_or(u32::MAX);
                running.emit(TurnEventKind::Queued {
                    ahead: u32::try_from(place.ahead).unwrap_or(u32::MAX),
                    eta_seconds: place.eta.map(seconds),
                });
            }
        };
        self.tokens.let_in(tell).await;
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
    let restorer = &mut job.restorer;
    let mut release = pipeline.release();
    loop {
        let Part { text, made, end } = words.next().await?;
        if let Some(waited) = words.tokens.waited()
            && queued.take().is_some()
        {
            turn.timings.queued_ms = whole_millis(waited);
        }
        if turn.timings.first_token_ms == 0 {
            turn.timings.first_token_ms = millis(watch);
        }
        turn.usage.completion_tokens += made;
        if !text.is_empty()
            && let Some(ending) = let_go(running, turn, restorer, release.push(&text).await?)
        {
            return Ok(ending);
        }
        if let Some((finish, usage)) = end {
            turn.usage = usage.unwrap_or(turn.usage);
            let ending = let_go(running, turn, restorer, release.finish().await?);
            return Ok(ending.unwrap_or(Ending::Finished(finish)));
        }
    }
}

fn let_go(
    running: &Running,
    turn: &mut Turn,
    restorer: &mut Restorer,
    released: Released,
) -> Option<Ending> {
    turn.answer.push_str(&released.text);
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
