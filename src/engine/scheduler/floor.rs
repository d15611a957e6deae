//! Where the work is done: what the loop has under way, and its turns.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::board::{Arrivals, Board, Room};
use super::recency::Recency;
use super::{EmbedJob, Limits, Waiting};
use crate::domain::conversation::FinishReason;
use crate::domain::time::Stopwatch;
use crate::engine::EngineError;
use crate::engine::arch::{Decoder, ModelError, Part, Wanted};
use crate::engine::kernels::TILE;
use crate::engine::kv_cache::KvCache;
use crate::engine::sequence::{Course, Sequence};

/// Texts, and tokens of texts, given to an encoder at once.
const EMBED_TEXTS: usize = 16;
const EMBED_TOKENS: usize = 2048;
/// The same while answers are under way, which have to wait for it.
const EMBED_TOKENS_SHARED: usize = 256;

/// What the loop has under way.
pub(super) struct Floor {
    limits: Limits,
    running: Vec<Running>,
    /// In which turn a chunk of somebody's prompts was read last.
    readers: Recency,
    /// How long those that ended in this turn have held their places.
    held: Vec<Duration>,
    texts: VecDeque<Embedding>,
    /// How much longer vectors than answers have been worked on while both were wanted.
    ahead: Duration,
    turn: u64,
}

/// One sequence under way.
struct Running {
    sequence: Sequence,
    decoder: Arc<dyn Decoder>,
    cache: KvCache,
    stage: Stage,
    /// The token that was said last and guesses of what comes then, while it is saying.
    ahead: Vec<u32>,
    /// Since it was asked for.
    asked: Stopwatch,
    waited: Arc<OnceLock<Duration>>,
    /// Since it has its place.
    placed: Stopwatch,
}

#[derive(Clone, Copy)]
enum Stage {
    /// The prompt is being read; the turn in which a chunk of it was read last, or it came.
    Reading { last: u64 },
    /// This token was said last.
    Saying { token: u32 },
    /// It has ended and sent everything.
    Ended,
}

/// Texts under way.
struct Embedding {
    job: EmbedJob,
    vectors: Vec<Vec<f32>>,
}

impl Floor {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            running: Vec::new(),
            readers: Recency::default(),
            held: Vec::new(),
            texts: VecDeque::new(),
            ahead: Duration::ZERO,
            turn: 0,
        }
    }

    /// Runs until the board says stop.
    pub(super) fn run(mut self, board: &Board) {
        while let Some(arrivals) = board.take(self.room()) {
            self.admit(arrivals);
            self.turn();
            let askers = self.running.iter().map(|r| r.sequence.asker()).collect();
            board.publish(askers, self.texts.len(), &self.held);
            self.held.clear();
        }
        self.stop(board);
    }

    fn room(&self) -> Room {
        Room {
            sequences: self.limits.running.saturating_sub(self.running.len()),
            idle: self.running.is_empty() && self.texts.is_empty(),
        }
    }

    fn admit(&mut self, arrivals: Arrivals) {
        for (waiting, mut cache) in arrivals.sequences {
            let Waiting {
                mut sequence,
                decoder,
                since,
                waited,
                ..
            } = waiting;
            if sequence.wants_nothing() {
                waited.set(since.elapsed()).ok();
                sequence.end(FinishReason::Length);
                continue;
            }
            sequence.adopted(cache.adopt(sequence.prompt()));
            self.running.push(Running {
                sequence,
                decoder,
                cache,
                stage: Stage::Reading { last: self.turn },
                ahead: Vec::new(),
                asked: since,
                waited,
                placed: Stopwatch::start(),
            });
        }
        let start = |job| Embedding {
            job,
            vectors: Vec::new(),
        };
        self.texts.extend(arrivals.texts.into_iter().map(start));
    }

    /// One chunk of a prompt and one token of each answer, perhaps some vectors.
    fn turn(&mut self) {
        self.turn += 1;
        let watch = Stopwatch::start();
        self.step();
        let ended = self.running.extract_if(.., |r| r.has_ended());
        self.held.extend(ended.map(|r| r.placed.elapsed()));
        self.texts.retain(|t| !t.job.reply.is_closed());
        if self.running.is_empty() || self.texts.is_empty() {
            self.ahead = Duration::ZERO;
        } else {
            self.ahead = self.ahead.saturating_sub(watch.elapsed());
        }
        if self.ahead.is_zero() {
            self.embed_some();
        }
    }

    /// One pass over the weights of each model that is wanted: every answer under way says a
    /// token, and a chunk of one prompt is read.
    fn step(&mut self) {
        let (turn, chunk) = (self.turn, self.limits.chunk_tokens);
        self.choose_reader();
        let mut active: Vec<_> = self.running.iter_mut().filter(|r| r.is_due(turn)).collect();
        look_ahead(&mut active);
        while let Some(first) = active.first() {
            let decoder = first.decoder.clone();
            let same = |r: &&mut Running| Arc::ptr_eq(&r.decoder, &decoder);
            let (group, others) = active.into_iter().partition(same);
            step_together(decoder.as_ref(), group, chunk);
            active = others;
        }
    }

    /// Gives this turn's chunk to the person of whom none has been read for longest, and of their
    /// prompts to the one that has waited longest.
    fn choose_reader(&mut self) {
        let readers = &self.readers;
        let waits = |running: &&mut Running| match running.stage {
            Stage::Reading { last } if !running.has_ended() => {
                Some((readers.last(running.sequence.asker()), last))
            }
            _ => None,
        };
        let reading = self.running.iter_mut().filter(|r| waits(r).is_some());
        if let Some(next) = reading.min_by_key(waits) {
            next.stage = Stage::Reading { last: self.turn };
            next.waited.get_or_init(|| next.asked.elapsed());
            self.readers.serve(next.sequence.asker(), self.turn);
        }
    }

    /// Makes vectors for one portion of the texts that have waited longest.
    fn embed_some(&mut self) {
        let Some(mut embedding) = self.texts.pop_front() else {
            return;
        };
        let watch = Stopwatch::start();
        let shared = !self.running.is_empty();
        let tokens = if shared {
            EMBED_TOKENS_SHARED
        } else {
            EMBED_TOKENS
        };
        match embedding.step(tokens) {
            Ok(false) => self.texts.push_back(embedding),
            // Whoever asked may have gone; then nobody wants the answer.
            Ok(true) => drop(embedding.job.reply.send(Ok(embedding.vectors))),
            Err(error) => drop(embedding.job.reply.send(Err(error))),
        }
        if shared {
            self.ahead = watch.elapsed();
        }
    }

    /// Tells everybody who still waits that there will be no more.
    fn stop(self, board: &Board) {
        let (waiting, texts) = board.take_all();
        let waiting = waiting.iter().map(|w| &w.sequence);
        for sequence in self.running.iter().map(|r| &r.sequence).chain(waiting) {
            sequence.fail(EngineError::Stopping);
        }
        let jobs = self.texts.into_iter().map(|t| t.job).chain(texts);
        for job in jobs {
            drop(job.reply.send(Err(EngineError::Stopping)));
        }
        board.publish(Vec::new(), 0, &[]);
    }
}

impl Running {
    fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended) || self.sequence.is_cancelled()
    }

    /// Whether it has a part in the step of this turn.
    fn is_due(&self, turn: u64) -> bool {
        match self.stage {
            Stage::Reading { last } => last == turn && !self.has_ended(),
            Stage::Saying { .. } => !self.has_ended(),
            Stage::Ended => false,
        }
    }

    /// What it gives to the next step.
    fn part(&mut self, chunk: usize) -> Part<'_> {
        let (tokens, logits) = match &self.stage {
            Stage::Saying { .. } => (self.ahead.as_slice(), Wanted::Each),
            _ if self.sequence.is_last(chunk) => (self.sequence.unread(chunk), Wanted::Last),
            _ => (self.sequence.unread(chunk), Wanted::None),
        };
        Part {
            tokens,
            cache: &mut self.cache,
            logits,
        }
    }

    /// Goes on by what a step has given it, before which its cache held `held` tokens.
    fn follow(&mut self, chunk: usize, held: usize, outcome: Outcome) {
        match (outcome, self.stage) {
            (Err(error), _) => self.fail(error),
            (Ok(Some(mut logits)), Stage::Saying { .. }) => self.say(held, &mut logits),
            (Ok(logits), _) => {
                self.sequence.mark_read(chunk);
                if let Some(mut logits) = logits {
                    self.stage = self.sequence.advance(&mut logits).into();
                }
            }
        }
    }

    /// Says tokens by the logits after each of [`Running::ahead`], up to the first that was not
    /// guessed. What was guessed wrong is forgotten.
    fn say(&mut self, held: usize, logits: &mut [f32]) {
        let guesses = self.ahead.split_off(1);
        let vocab = logits.len() / (guesses.len() + 1);
        let mut right = 0;
        for logits in logits.chunks_exact_mut(vocab) {
            self.stage = self.sequence.advance(logits).into();
            match self.stage {
                Stage::Saying { token } if guesses.get(right) == Some(&token) => right += 1,
                _ => break,
            }
        }
        self.sequence.guessed(guesses.len(), right);
        self.cache.truncate(held + 1 + right);
    }

    fn fail(&mut self, error: EngineError) {
        self.sequence.fail(error);
        self.stage = Stage::Ended;
    }
}

/// Lets those that say something guess what comes next. Together they fill a tile of the kernels,
/// which takes hardly longer than one row of it.
fn look_ahead(active: &mut [&mut Running]) {
    let saying = active
        .iter()
        .filter(|r| matches!(r.stage, Stage::Saying { .. }))
        .count();
    for running in active {
        if let Stage::Saying { token } = running.stage {
            let room = (TILE / saying).saturating_sub(1);
            running.ahead.clear();
            running.ahead.push(token);
            running
                .ahead
                .extend_from_slice(running.sequence.guess(room));
        }
    }
}

/// The logits of one sequence after a step, if it wanted them.
type Outcome = Result<Option<Vec<f32>>, EngineError>;

/// One step of sequences of the same model.
fn step_together(decoder: &dyn Decoder, mut group: Vec<&mut Running>, chunk: usize) {
    let held: Vec<usize> = group.iter().map(|running| running.cache.len()).collect();
    let mut parts: Vec<_> = group
        .iter_mut()
        .map(|running| running.part(chunk))
        .collect();
    let outcomes = contained(|| Ok(decoder.step(&mut parts)));
    drop(parts);
    match outcomes {
        Ok(outcomes) => {
            let each = group.into_iter().zip(held).zip(outcomes);
            for ((running, held), outcome) in each {
                running.follow(chunk, held, outcome.map_err(compute_error));
            }
        }
        Err(error) if group.len() == 1 => {
            if let Some(running) = group.pop() {
                running.fail(error);
            }
        }
        // A panic. Each tries again alone: whose fault it was fails, and so does whoever has lost
        // what the model remembered of it.
        Err(_) => {
            for (running, held) in group.into_iter().zip(held) {
                running.cache.truncate(held);
                step_together(decoder, vec![running], chunk);
            }
        }
    }
}

impl From<Course> for Stage {
    fn from(course: Course) -> Self {
        match course {
            Course::On(token) => Self::Saying { token },
            Course::Ended => Self::Ended,
        }
    }
}

impl Embedding {
    /// Makes vectors for the next texts, of `most` tokens together but at least one; true once
    /// all are done.
    fn step(&mut self, most: usize) -> Result<bool, EngineError> {
        let left = &self.job.texts[self.vectors.len()..];
        let mut tokens = 0;
        let fit = |text: &&Vec<u32>| {
            tokens += text.len();
            tokens <= most
        };
        let count = left.iter().take(EMBED_TEXTS).take_while(fit).count();
        let batch = &left[..count.max(1).min(left.len())];
        if !batch.is_empty() {
            let vectors = contained(|| self.job.encoder.encode(batch))?;
            if vectors.len() != batch.len() {
                let reason = "the model gave another number of vectors than texts".to_owned();
                return Err(EngineError::Compute { reason });
            }
            self.vectors.extend(vectors);
        }
        Ok(self.vectors.len() == self.job.texts.len())
    }
}

fn panicked() -> EngineError {
    let reason = "a step of the engine panicked".to_owned();
    EngineError::Compute { reason }
}

fn compute_error(error: ModelError) -> EngineError {
    EngineError::Compute {
        reason: error.to_string(),
    }
}

/// Runs `step` and turns its panic into an error. What the step was changing is thrown away by the
/// caller together with the sequence or the job, so nothing half-done is seen again.
fn contained<T>(step: impl FnOnce() -> Result<T, ModelError>) -> Result<T, EngineError> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(compute_error(error)),
        Err(_) => {
            tracing::error!("a step of the engine panicked");
            Err(panicked())
        }
    }
}
