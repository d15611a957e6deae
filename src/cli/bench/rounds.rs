//! What is measured in each round, and how.

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;

use super::memory::Peak;
use super::pace::{Answer, together};
use super::spread::Spread;
use crate::domain::model::ModelId;
use crate::domain::time::Stopwatch;
use crate::engine::{
    Engine, Generate, MemoryProbe, Piece, Prompt, Sampling, Scope, TokenStream, Traffic,
};

/// Text of which conversations are made.
const WORDS: &str = "The pump in the north hall was repaired and the invoice was paid on time. ";
/// How often they are said to find out how many tokens they are.
const SOME: usize = 16;
/// What the second turn asks.
const QUESTION: &str = " And what was paid for it in the end?";
/// Tokens of the answer in the first turn.
const ANSWER_TOKENS: u32 = 32;
/// Tokens that the question of the second turn is sure to fit in.
const QUESTION_TOKENS: u32 = 64;
/// How often the memory is read in a round; the median counts.
const READS: usize = 5;

/// What to measure.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) prompt: u32,
    pub(super) generate: u32,
    pub(super) threads: u32,
    /// Tokens of a prompt that are read in one step.
    pub(super) chunk: u32,
    /// How many answers at once, at least one number.
    pub(super) sequences: Vec<u32>,
    /// 0: none.
    pub(super) conversation: u32,
}

impl Plan {
    /// Tokens that the first of so many answers says until the last one's prompt was read: every
    /// step reads a chunk of one prompt.
    fn lead(&self, sequences: u32) -> u32 {
        (sequences - 1) * self.prompt.div_ceil(self.chunk)
    }

    /// Tokens of the longest sequence, the conversation aside.
    pub(super) fn most_tokens(&self) -> usize {
        let most = self.sequences.iter().copied().max().unwrap_or(1);
        (self.prompt + self.lead(most) + self.generate) as usize
    }

    /// Tokens that a sequence holds while decoding is measured, on average.
    pub(super) fn mean_tokens(&self, sequences: u32) -> f64 {
        f64::from(self.prompt) + f64::from(self.lead(sequences) + self.generate) / 2.0
    }

    /// Tokens of the conversation; 0 if there is none.
    pub(super) fn conversation_tokens(&self) -> usize {
        match self.conversation {
            0 => 0,
            tokens => (tokens + ANSWER_TOKENS + QUESTION_TOKENS) as usize,
        }
    }

    /// Measurements of a round.
    pub(super) fn steps(&self) -> u64 {
        self.sequences.len() as u64 + 2 + u64::from(self.conversation > 0)
    }
}

/// What one round gave.
#[derive(Clone, Debug)]
pub(super) struct Round {
    /// Seconds to the first token of an answer.
    pub(super) first_token: f64,
    /// Tokens per second of all answers together, for each number of them in the plan.
    pub(super) decode: Vec<f64>,
    pub(super) turn: Option<Turn>,
    /// Bytes per second that as many threads read from memory.
    pub(super) memory: f64,
}

/// The second turn of a conversation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) prompt_tokens: u32,
    /// Tokens of it that were not read again.
    pub(super) cached_tokens: u32,
    /// Seconds to the first token if nothing had been read before.
    pub(super) cold: f64,
    /// The same after the first turn.
    pub(super) warm: f64,
}

/// What all rounds gave.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) plan: Plan,
    pub(super) traffic: Traffic,
    /// At least one.
    pub(super) rounds: Vec<Round>,
    /// Peak of this process when it had loaded the model and made one answer.
    pub(super) after_load_bytes: u64,
    /// Peak of this process, without the memory that the probe takes.
    pub(super) peak_bytes: u64,
}

/// Where it is measured.
pub(super) struct Bed<'a> {
    engine: &'a Engine,
    model: &'a ModelId,
    plan: Plan,
    bar: &'a ProgressBar,
}

impl<'a> Bed<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        model: &'a ModelId,
        plan: Plan,
        bar: &'a ProgressBar,
    ) -> Self {
        Self {
            engine,
            model,
            plan,
            bar,
        }
    }

    pub(super) async fn measure(&self, rounds: u32) -> anyhow::Result<Measured> {
        let (engine, plan) = (self.engine, &self.plan);
        let traffic = Traffic::of(engine, self.model).await?;
        let prompt = engine.prompt_of_length(self.model, plan.prompt as usize);
        let prompt = prompt.await?;
        let mut peak = Peak::default();
        // The first answer takes memory and fills caches; it is not measured.
        self.decode(&prompt, 1).await?;
        let after_load_bytes = peak.note();
        let mut done = Vec::new();
        for number in 0..rounds {
            let mut round = self.round(number, &prompt).await?;
            peak.note();
            round.memory = self.read_memory()?;
            peak.forget();
            done.push(round);
        }
        Ok(Measured {
            plan: plan.clone(),
            traffic,
            rounds: done,
            after_load_bytes,
            peak_bytes: peak.note(),
        })
    }

    /// One round, but for the memory.
    async fn round(&self, number: u32, prompt: &Prompt) -> anyhow::Result<Round> {
        let first_token = self.first_token(prompt.clone(), None).await?.ended;
        self.bar.inc(1);
        let mut decode = Vec::new();
        for sequences in &self.plan.sequences {
            decode.push(self.decode(prompt, *sequences).await?);
            self.bar.inc(1);
        }
        let turn = match self.plan.conversation {
            0 => None,
            _ => Some(self.second_turn(number).await?),
        };
        Ok(Round {
            first_token,
            decode,
            turn,
            memory: 0.0,
        })
    }

    /// Tokens per second of so many answers together, while all of them are being made.
    async fn decode(&self, prompt: &Prompt, sequences: u32) -> anyhow::Result<f64> {
        let watch = Stopwatch::start();
        let mut streams = Vec::new();
        for _ in 0..sequences {
            let most = self.plan.lead(sequences) + self.plan.generate;
            let request = request(prompt.clone(), most, None);
            streams.push(self.engine.generate(request).await?);
        }
        let answers = futures_util::future::try_join_all(
            streams.into_iter().map(|stream| follow(stream, watch)),
        );
        together(&answers.await?).with_context(|| {
            format!(
                "{sequences} answers were never made at the same time; the memory for them is \
                 the setting engine.kv_cache_mib"
            )
        })
    }

    /// A conversation of two turns; how soon the second one's answer begins, with and without what
    /// the first has left.
    async fn second_turn(&self, round: u32) -> anyhow::Result<Turn> {
        let (engine, model) = (self.engine, self.model);
        let some = engine.count_tokens(model, vec![WORDS.repeat(SOME)]).await?;
        let some = some.first().copied().unwrap_or(1).max(1);
        let mut text = WORDS.repeat((self.plan.conversation as usize * SOME).div_ceil(some));
        // A scope of its own, where nothing was read before.
        let scope = Scope::of(&["model bench", &round.to_string()]);
        let prompt = engine.prompt_text(model, &text).await?;
        let first = request(prompt, ANSWER_TOKENS, Some(scope));
        let answer = follow(engine.generate(first).await?, Stopwatch::start()).await?;
        text.push_str(&answer.text);
        text.push_str(QUESTION);
        let prompt = engine.prompt_text(model, &text).await?;
        let prompt_tokens = u32::try_from(prompt.tokens())?;
        let warm = self.first_token(prompt.clone(), Some(scope)).await?;
        let cold = self.first_token(prompt, None).await?;
        self.bar.inc(1);
        Ok(Turn {
            prompt_tokens,
            cached_tokens: warm.cached_tokens,
            cold: cold.ended,
            warm: warm.ended,
        })
    }

    /// An answer of one token.
    async fn first_token(&self, prompt: Prompt, scope: Option<Scope>) -> anyhow::Result<Answer> {
        let watch = Stopwatch::start();
        follow(
            self.engine.generate(request(prompt, 1, scope)).await?,
            watch,
        )
        .await
    }

    /// Bytes per second that as many threads read from memory.
    fn read_memory(&self) -> anyhow::Result<f64> {
        let probe = MemoryProbe::new(self.plan.threads)
            .context("the system gives no memory to measure how fast it is read")?;
        let reads = Spread::of((0..READS).map(|_| probe.bytes_per_second()));
        self.bar.inc(1);
        Ok(reads.median())
    }
}

/// An answer that is as long as it may be, whatever the model thinks of it.
fn request(prompt: Prompt, most: u32, scope: Option<Scope>) -> Generate {
    Generate {
        sampling: Sampling::greedy(),
        max_tokens: Some(most),
        ignore_end: true,
        scope,
        ..Generate::new(prompt)
    }
}

/// Reads an answer to its end.
async fn follow(mut stream: TokenStream, watch: Stopwatch) -> anyhow::Result<Answer> {
    let mut answer = Answer::default();
    let mut said = 0;
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        let now = watch.elapsed().as_secs_f64();
        match piece {
            Piece::Text { text, tokens, .. } => {
                said += tokens;
                answer.text.push_str(&text);
                answer.steps.push((now, tokens));
            }
            Piece::End { usage, .. } => {
                // Tokens that made no whole character.
                let rest = usage.completion_tokens.saturating_sub(said);
                answer.steps.push((now, rest));
                answer.ended = now;
                answer.cached_tokens = usage.cached_tokens;
                return Ok(answer);
            }
        }
    }
    bail!("the engine stopped before the end")
}
