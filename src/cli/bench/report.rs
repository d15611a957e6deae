//! What the measurements say: a table for people, JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::rounds::{Measured, Round, Turn};
use super::spread::Spread;
use crate::domain::model::ModelCard;

const MEGA: f64 = 1e6;
const GIGA: f64 = 1e9;

/// All that is known when the rounds are over.
pub(super) struct Report<'a> {
    pub(super) card: &'a ModelCard,
    /// What it ran on.
    pub(super) device: &'a str,
    pub(super) load_ms: f64,
    pub(super) measured: &'a Measured,
}

/// One number of answers at once.
struct Decoding {
    sequences: u32,
    /// Tokens per second of all together.
    tokens: Spread,
    /// Weights, keys and values that were read, bytes per second.
    bytes: Spread,
    /// That as a share of what the memory gave in the same round.
    share: Spread,
}

impl Report<'_> {
    pub(super) fn text(&self) -> String {
        let (plan, measured) = (&self.measured.plan, self.measured);
        let mut text = format!(
            "{} ({}, {:.0} MB), {} threads, on {}: median of {} rounds (least–most)\n",
            self.card.id,
            self.card.quantization,
            self.card.bytes as f64 / MEGA,
            threads(plan.threads),
            self.device,
            measured.rounds.len(),
        );
        let mut line = |name: &str, value: &str, what: &str| {
            let _ = writeln!(text, "{name:<13}{value:<30}{what}");
        };
        let prefill = self.prefill().text(1.0, 1);
        let tokens = format!("tokens/s over {} tokens", plan.prompt);
        line("prefill", &prefill, &tokens);
        line("first token", &self.first_token_ms().text(1.0, 1), "ms");
        for one in self.decoding() {
            let name = format!("decode × {}", one.sequences);
            let what = format!(
                "tokens/s; {:.1} GB/s, {:.0} % of memory",
                one.bytes.median() / GIGA,
                one.share.median() * 100.0
            );
            line(&name, &one.tokens.text(1.0, 1), &what);
        }
        line(
            "memory",
            &self.memory().text(GIGA, 1),
            "GB/s are read by as many threads that do nothing else",
        );
        if let Some((turn, cold, warm, sooner)) = self.turn() {
            let what = format!("ms to the first of {} tokens", turn.prompt_tokens);
            line("second turn", &warm.text(1e-3, 1), &what);
            line("read anew", &cold.text(1e-3, 1), "ms");
            let what = format!("times sooner, {} tokens kept", turn.cached_tokens);
            line("kept", &sooner.text(1.0, 1), &what);
        }
        line("load", &format!("{:>9.1}", self.load_ms), "ms");
        let more = self.more_than_needed() / MEGA;
        let what = format!("MB after load, {more:.1} more than file, keys and values");
        let after = measured.after_load_bytes as f64 / MEGA;
        line("resident", &format!("{after:>9.1}"), &what);
        let peak = measured.peak_bytes as f64 / MEGA;
        line("peak", &format!("{peak:>9.1}"), "MB in the end");
        text
    }

    pub(super) fn json(&self) -> Value {
        let (plan, measured) = (&self.measured.plan, self.measured);
        let decoding: Vec<_> = self.decoding().collect();
        let first = decoding.first();
        let batches = decoding.iter().map(|one| {
            json!({
                "sequences": one.sequences,
                "tokens_per_s": one.tokens.json(),
                "bytes_per_s": one.bytes.json(),
                "share_of_memory": one.share.json(),
            })
        });
        let second_turn = self.turn().map(|(turn, cold, warm, sooner)| {
            json!({
                "prompt_tokens": turn.prompt_tokens,
                "cached_tokens": turn.cached_tokens,
                "first_token_s": warm.json(),
                "first_token_cold_s": cold.json(),
                "times_sooner": sooner.json(),
            })
        });
        json!({
            "model": self.card.id.as_str(),
            "quantization": self.card.quantization,
            "file_bytes": self.card.bytes,
            "threads": threads(plan.threads),
            "device": self.device,
            "rounds": measured.rounds.len(),
            "prompt_tokens": plan.prompt,
            "generated_tokens": plan.generate,
            "sequences": first.map(|one| one.sequences),
            "prefill_tokens_per_s": self.prefill().median(),
            "decode_tokens_per_s": first.map(|one| one.tokens.median()),
            "time_to_first_token_ms": self.first_token_ms().median(),
            "load_ms": self.load_ms,
            "peak_rss_bytes": measured.peak_bytes,
            "after_load_rss_bytes": measured.after_load_bytes,
            "more_than_file_and_cache_bytes": self.more_than_needed(),
            "prefill": self.prefill().json(),
            "decode": batches.collect::<Vec<_>>(),
            "memory_bytes_per_s": self.memory().json(),
            "second_turn": second_turn,
        })
    }

    fn each(&self, of: impl Fn(&Round) -> f64) -> Spread {
        Spread::of(self.measured.rounds.iter().map(of))
    }

    fn prefill(&self) -> Spread {
        let tokens = f64::from(self.measured.plan.prompt);
        self.each(|round| tokens / round.first_token)
    }

    fn first_token_ms(&self) -> Spread {
        self.each(|round| round.first_token * 1e3)
    }

    fn memory(&self) -> Spread {
        self.each(|round| round.memory)
    }

    fn decoding(&self) -> impl Iterator<Item = Decoding> {
        let measured = self.measured;
        let (plan, traffic) = (&measured.plan, measured.traffic);
        let numbers = plan.sequences.iter().copied().enumerate();
        numbers.map(move |(at, sequences)| {
            // What a token takes: its share of the weights, and what its own sequence remembers.
            let weights = traffic.weights as f64 / f64::from(sequences);
            let remembered = traffic.remembered as f64 * plan.mean_tokens(sequences);
            let bytes = move |round: &Round| round.decode[at] * (weights + remembered);
            Decoding {
                sequences,
                tokens: self.each(|round| round.decode[at]),
                bytes: self.each(bytes),
                share: self.each(|round| bytes(round) / round.memory),
            }
        })
    }

    /// The second turn, seconds without and with what the first has left, and their ratio.
    fn turn(&self) -> Option<(Turn, Spread, Spread, Spread)> {
        let turns: Vec<Turn> = self.measured.rounds.iter().filter_map(|r| r.turn).collect();
        let each = |of: fn(&Turn) -> f64| Spread::of(turns.iter().map(of));
        Some((
            *turns.last()?,
            each(|turn| turn.cold),
            each(|turn| turn.warm),
            each(|turn| turn.cold / turn.warm),
        ))
    }

    /// Bytes that were resident after the first answer beside the file's and those of the keys
    /// and values that it filled; below zero if not all of the file was.
    fn more_than_needed(&self) -> f64 {
        let (plan, traffic) = (&self.measured.plan, self.measured.traffic);
        let remembered = traffic.remembered as f64 * f64::from(plan.prompt + plan.generate);
        self.measured.after_load_bytes as f64 - self.card.bytes as f64 - remembered
    }
}

/// How many threads that is, if 0 says one for each core.
fn threads(set: u32) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    match set {
        0 => cores(),
        set => set as usize,
    }
}
