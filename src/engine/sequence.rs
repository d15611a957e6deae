//! Sequence: one running generation. Its tokens, its sampler, its text and its stop rules.

mod stop;

use std::sync::Arc;

use tokio::sync::mpsc;

use super::constraint::{Guide, Progress};
use super::logprobs::{Distribution, Ledger};
use super::lookup::Lookup;
use super::sampling::{BadLogits, Sampler};
use super::tokenizer::{Detokenizer, Tokenizer};
use super::{Asker, EngineError, Generate, Piece, Scope};
use crate::domain::conversation::{FinishReason, Usage};

use stop::StopTexts;

/// Where the pieces of one answer go. It has room for a whole answer, so sending never waits.
pub(super) type Out = mpsc::Sender<Result<Piece, EngineError>>;

/// One generation, from the queue to its end.
#[derive(Debug)]
pub(super) struct Sequence {
    prompt: Vec<u32>,
    /// Tokens of the prompt that the model has read.
    read: usize,
    /// Those of them that had been read before, for another sequence.
    cached: usize,
    scope: Option<Scope>,
    /// None where nothing is to be guessed.
    lookup: Option<Lookup>,
    asker: Asker,
    answer: Answer,
    out: Out,
}

/// What has been said so far, and what may still be.
#[derive(Debug)]
struct Answer {
    tokenizer: Arc<Tokenizer>,
    sampler: Sampler,
    guide: Option<Guide>,
    ledger: Option<Ledger>,
    detokenizer: Detokenizer,
    stop: StopTexts,
    said: u32,
    most: u32,
    /// Tokens since the last piece went out.
    unsent: u32,
    ignore_end: bool,
}

/// What was said next.
enum Said {
    /// The answer is over.
    End,
    Token {
        token: u32,
        /// The whole characters that it made.
        text: String,
        /// Nothing may come after it.
        complete: bool,
    },
}

impl Answer {
    /// Picks the next token by `logits`, which are changed.
    fn say(&mut self, logits: &mut [f32]) -> Result<Said, EngineError> {
        let compute = |error: BadLogits| EngineError::Compute {
            reason: error.to_string(),
        };
        let distribution = match &self.ledger {
            Some(_) => Some(Distribution::new(logits).map_err(compute)?),
            None => None,
        };
        if let Some(guide) = &mut self.guide {
            guide.mask(logits)?;
        }
        let token = self.sampler.pick(logits).map_err(compute)?;
        let guided = self.guide.is_some();
        if self.tokenizer.is_end(token) && (guided || !self.ignore_end) {
            return Ok(Said::End);
        }
        let progress = match &mut self.guide {
            Some(guide) => guide.accept(token)?,
            None => Progress::Open,
        };
        self.said += 1;
        self.unsent += 1;
        Ok(Said::Token {
            token,
            text: self.write(token, distribution.as_ref()),
            complete: progress == Progress::Complete,
        })
    }

    /// The whole characters that are there with `token`.
    fn write(&mut self, token: u32, distribution: Option<&Distribution>) -> String {
        if let (Some(ledger), Some(from)) = (&mut self.ledger, distribution) {
            ledger.note(token, from, &self.tokenizer, &self.detokenizer);
        }
        let text = self.detokenizer.push(token);
        if let Some(ledger) = &mut self.ledger {
            ledger.made(&text, self.detokenizer.is_waiting());
        }
        text
    }

    /// What is left of the last character.
    fn finish(&mut self) -> String {
        let text = self.detokenizer.finish();
        if let Some(ledger) = &mut self.ledger {
            ledger.made(&text, false);
        }
        text
    }
}

/// Whether a sequence goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// With this token.
    On(u32),
    Ended,
}

impl Sequence {
    /// A sequence for `request`; with its answer at most `limit` tokens long. Also the end of the
    /// pipe that its pieces come out of.
    #[allow(clippy::type_complexity, reason = "the pair is taken apart at once")]
    pub(super) fn new(
        request: Generate,
        more_stop: &[&str],
        tokenizer: Arc<Tokenizer>,
        limit: usize,
    ) -> Result<(Self, mpsc::Receiver<Result<Piece, EngineError>>), EngineError> {
        let tokens = request.prompt.tokens;
        if tokens.len() >= limit {
            return Err(EngineError::PromptTooLong {
                tokens: tokens.len(),
                limit: limit.saturating_sub(1),
            });
        }
        let left = u32::try_from(limit - tokens.len()).unwrap_or(u32::MAX);
        let most = request.max_tokens.unwrap_or(left).min(left);
        let mut stop = request.stop;
        stop.extend(more_stop.iter().map(|text| (*text).to_owned()));
        let answer = Answer {
            sampler: Sampler::new(request.sampling, &tokens),
            guide: None,
            ledger: request.logprobs.map(Ledger::new),
            detokenizer: Detokenizer::new(tokenizer.clone(), request.prompt.continues),
            tokenizer,
            stop: StopTexts::new(stop)?,
            said: 0,
            most,
            unsent: 0,
            ignore_end: request.ignore_end,
        };
        // One piece for each token, one for what was held back, the end.
        let (out, pieces) = mpsc::channel(most as usize + 2);
        let sequence = Self {
            prompt: tokens,
            read: 0,
            cached: 0,
            scope: request.scope,
            lookup: None,
            asker: request.asker,
            answer,
            out,
        };
        Ok((sequence, pieces))
    }

    /// Lets `guide` say what may come.
    pub(super) fn follow(&mut self, guide: Option<Guide>) {
        self.answer.guide = guide;
    }

    /// Lets up to `most` tokens be guessed in a step.
    pub(super) fn guess_ahead(&mut self, most: usize) {
        self.lookup = (most > 0).then(|| Lookup::new(&self.prompt, most));
    }

    /// What may be said next, at most `room` tokens, after a token that was said.
    pub(super) fn guess(&mut self, room: usize) -> &[u32] {
        let left = (self.answer.most - self.answer.said) as usize;
        // The last token of an answer need not be read, so it is not worth a guess.
        let room = room.min(left.saturating_sub(1));
        match &mut self.lookup {
            Some(lookup) => lookup.guess(room),
            None => &[],
        }
    }

    /// Tells how many of the tokens guessed last were right.
    pub(super) fn guessed(&mut self, tokens: usize, right: usize) {
        if let Some(lookup) = &mut self.lookup {
            lookup.learn(tokens, right);
        }
    }

    /// Tokens that it may come to in all.
    pub(super) fn most_tokens(&self) -> usize {
        self.prompt.len() + self.answer.most as usize
    }

    /// The whole prompt.
    pub(super) fn prompt(&self) -> &[u32] {
        &self.prompt
    }

    /// Who may find what it leaves.
    pub(super) fn scope(&self) -> Option<Scope> {
        self.scope
    }

    /// Whose it is.
    pub(super) fn asker(&self) -> Asker {
        self.asker
    }

    /// Notes that the first `tokens` tokens of the prompt need not be read.
    pub(super) fn adopted(&mut self, tokens: usize) {
        (self.read, self.cached) = (tokens, tokens);
    }

    /// Whether nobody listens any more.
    pub(super) fn is_cancelled(&self) -> bool {
        self.out.is_closed()
    }

    /// The next `most` tokens of the prompt at most; empty once all were read.
    pub(super) fn unread(&self, most: usize) -> &[u32] {
        let end = self.prompt.len().min(self.read + most);
        &self.prompt[self.read..end]
    }

    /// Whether the next `most` tokens of the prompt are its last.
    pub(super) fn is_last(&self, most: usize) -> bool {
        self.prompt.len() - self.read <= most
    }

    /// Notes that the model has read the next `most` tokens of the prompt.
    pub(super) fn mark_read(&mut self, most: usize) {
        self.read = self.prompt.len().min(self.read + most);
    }

    /// Whether the answer may have no token at all.
    pub(super) fn wants_nothing(&self) -> bool {
        self.answer.most == 0
    }

    /// Picks the next token by `logits` and sends what text it makes.
    pub(super) fn advance(&mut self, logits: &mut [f32]) -> Course {
        let said = match self.answer.say(logits) {
            Ok(said) => said,
            Err(error) => {
                self.fail(error);
                return Course::Ended;
            }
        };
        let Said::Token {
            token,
            text,
            complete,
        } = said
        else {
            self.end(FinishReason::Stop);
            return Course::Ended;
        };
        let answer = &mut self.answer;
        let released = answer.stop.push(&text);
        self.send_text(released.text);
        if released.stopped {
            self.answer.stop.finish();
            self.send_end(FinishReason::Stop);
            return Course::Ended;
        }
        if complete {
            self.end(FinishReason::Stop);
            return Course::Ended;
        }
        if self.answer.said == self.answer.most {
            self.end(FinishReason::Length);
            return Course::Ended;
        }
        if let Some(lookup) = &mut self.lookup {
            lookup.push(token);
        }
        Course::On(token)
    }

    /// Sends what was held back and the end.
    pub(super) fn end(&mut self, finish: FinishReason) {
        let last = self.answer.finish();
        let released = self.answer.stop.push(&last);
        let mut text = released.text;
        let mut finish = finish;
        if released.stopped {
            finish = FinishReason::Stop;
        } else {
            text.push_str(&self.answer.stop.finish());
        }
        self.send_text(text);
        self.send_end(finish);
    }

    /// Sends an error, which is the end.
    pub(super) fn fail(&self, error: EngineError) {
        self.send(Err(error));
    }

    fn send_text(&mut self, text: String) {
        if text.is_empty() {
            return;
        }
        let tokens = std::mem::take(&mut self.answer.unsent);
        let ledger = self.answer.ledger.as_mut();
        let logprobs = ledger.map_or_else(Vec::new, |ledger| ledger.sent(&text));
        self.send(Ok(Piece::Text {
            text,
            tokens,
            logprobs,
        }));
    }

    fn send_end(&self, finish: FinishReason) {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let usage = Usage {
            prompt_tokens: count(self.prompt.len()),
            completion_tokens: self.answer.said,
            cached_tokens: count(self.cached),
        };
        self.send(Ok(Piece::End { finish, usage }));
    }

    fn send(&self, piece: Result<Piece, EngineError>) {
        // It fails only when the reader has gone, which the scheduler sees by itself.
        let _ = self.out.try_send(piece);
    }
}
