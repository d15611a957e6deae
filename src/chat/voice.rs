//! Who speaks: a model, or the house with words that were there before.
//!
//! Both come in pieces and go the same way, through the same guards to the same readers.

use std::collections::VecDeque;
use std::time::Duration;

use super::frame::Echo;
use super::loops::Loops;
use super::running::Running;
use super::{ChatError, TurnEventKind};
use crate::domain::conversation::{FinishReason, Usage};
use crate::engine::{EngineError, Piece, Place, TokenStream};

/// One answer as it is made.
pub(super) enum Voice {
    Model(TokenStream),
    /// The pieces that are left to say.
    House(VecDeque<Piece>),
}

impl Voice {
    /// The house, which says these texts one after the other.
    pub(super) fn saying(texts: Vec<String>) -> Self {
        let piece = |text| Piece::Text {
            text,
            tokens: 0,
            logprobs: Vec::new(),
        };
        let end = Piece::End {
            finish: FinishReason::Stop,
            usage: Usage::default(),
        };
        Self::House(texts.into_iter().map(piece).chain([end]).collect())
    }

    /// The next piece; `None` after the end or an error.
    pub(super) async fn next(&mut self) -> Option<Result<Piece, EngineError>> {
        match self {
            Self::Model(tokens) => tokens.next().await,
            Self::House(pieces) => pieces.pop_front().map(Ok),
        }
    }
}

/// The words of one answer on their way to the guards, without what a model only repeats.
pub(super) struct Words {
    voice: Voice,
    /// What a model may repeat; the house repeats what its documents repeat.
    repeats: Option<(Echo, Loops)>,
}

/// Some of the words, and why there are no more of them, if so.
pub(super) struct Part {
    pub text: String,
    /// Tokens that were made.
    pub made: u32,
    pub end: Option<(FinishReason, Option<Usage>)>,
}

impl Words {
    pub(super) fn of_model(tokens: TokenStream, echo: Echo) -> Self {
        Self {
            voice: Voice::Model(tokens),
            repeats: Some((echo, Loops::default())),
        }
    }

    pub(super) fn of_house(texts: Vec<String>) -> Self {
        Self {
            voice: Voice::saying(texts),
            repeats: None,
        }
    }

    /// The next words, which may be none; the last part has an end.
    pub(super) async fn next(&mut self) -> Result<Part, ChatError> {
        let piece = self.voice.next().await.transpose()?;
        let (text, made, end) = match piece {
            Some(Piece::Text { text, tokens, .. }) => {
                let (text, circles) = self.fresh(text);
                let end = circles.then_some((FinishReason::Repetition, None));
                (text, tokens, end)
            }
            Some(Piece::End { finish, usage }) => (self.rest(), 0, Some((finish, Some(usage)))),
            None => (String::new(), 0, Some((FinishReason::Stop, None))),
        };
        Ok(Part { text, made, end })
    }

    /// What of the next words is new, and whether they go in circles.
    fn fresh(&mut self, text: String) -> (String, bool) {
        match &mut self.repeats {
            Some((echo, loops)) => loops.push(&echo.push(&text)),
            None => (text, false),
        }
    }

    /// What was held until the end.
    fn rest(&mut self) -> String {
        let Some((echo, loops)) = &mut self.repeats else {
            return String::new();
        };
        let (mut text, _) = loops.push(&echo.finish());
        text.push_str(&loops.finish());
        text
    }

    /// How long it waited between being asked for and its first step; the house never waits.
    pub(super) fn waited(&self) -> Option<Duration> {
        match &self.voice {
            Voice::Model(tokens) => tokens.waited(),
            Voice::House(_) => None,
        }
    }

    /// Waits for its turn. Readers are told only if others come before this one.
    pub(super) async fn let_in(&self, running: &Running) {
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
        if let Voice::Model(tokens) = &self.voice {
            tokens.let_in(tell).await;
        }
    }
}
