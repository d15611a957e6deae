//! `model bench`: how fast a model runs on this machine.

mod vectors;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::Context;
use crate::domain::model::{ModelCard, ModelId, ModelKind};
use crate::domain::time::{Clock, Stopwatch};
use crate::engine::{Engine, Generate, Piece, Prompt, Sampling};

/// Measure how fast a model runs here
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  privatestack model bench --prompt 256 --generate 64 --threads 2\n  \
                  privatestack model bench MiniLM --texts lines.txt"
)]
pub(super) struct Bench {
    /// A model on this box, or a file; left out: the model that answers
    model: Option<String>,
    /// Tokens of the prompt
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65536))]
    prompt: u32,
    /// Tokens to generate
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(2..=65536))]
    generate: u32,
    /// Threads; 0: one for each core
    #[arg(long, default_value_t = 0)]
    threads: u32,
    /// Sequences at once
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    sequences: u32,
    /// Measure this often; the median is printed
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// For a model that makes vectors: a file with a text a line
    #[arg(long)]
    texts: Option<PathBuf>,
    /// Where to write the vectors of the texts, a JSON array a line
    #[arg(long, requires = "texts")]
    vectors: Option<PathBuf>,
}

/// One measurement.
#[derive(Clone, Copy)]
struct Round {
    prefill: f64,
    decode: f64,
    first_token_ms: f64,
}

impl Bench {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let folder = tempfile_folder()?;
        let outcome = self.measure(context, &folder);
        // A left-over folder in the temporary directory is an untidiness, not a failure.
        let _ = std::fs::remove_dir_all(&folder);
        outcome
    }

    fn measure(self, context: &Context, scratch: &Path) -> anyhow::Result<()> {
        let mut config = context.config.engine.clone();
        config.threads = self.threads;
        // What is measured is the model; its text is made up and would be guessed too well.
        config.guessed_tokens = 0;
        config.batch_sequences = self.sequences;
        let file = self
            .model
            .as_ref()
            .map(PathBuf::from)
            .filter(|path| path.is_file());
        let models = if file.is_some() {
            scratch.to_owned()
        } else {
            context.data.join("models")
        };
        let engine = Engine::open(&config, &models, Clock::system())?;
        let card = find(&engine, self.model.as_deref(), file.as_deref())?;
        let runtime = tokio::runtime::Runtime::new()?;
        let watch = Stopwatch::start();
        runtime.block_on(engine.load(&card.id))?;
        let load_ms = watch.elapsed().as_secs_f64() * 1e3;
        match (card.kind, &self.texts) {
            (ModelKind::Embedding, Some(texts)) => {
                return self.vectors_of(texts, (&engine, &card), (context, &runtime));
            }
            (ModelKind::Embedding, None) => {
                bail!("{} makes vectors; give it texts: --texts FILE", card.id);
            }
            (ModelKind::Chat, Some(_)) => {
                bail!(
                    "{} answers; --texts is for a model that makes vectors",
                    card.id
                );
            }
            (ModelKind::Chat, None) => {}
        }
        let bar = context.output.bar(self.rounds.into(), "measuring");
        let mut rounds = Vec::new();
        for _ in 0..self.rounds {
            rounds.push(runtime.block_on(self.round(&engine, &card.id))?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        engine.shutdown();
        self.print(context, &card, load_ms, &rounds);
        Ok(())
    }

    async fn round(&self, engine: &Engine, model: &ModelId) -> anyhow::Result<Round> {
        let prompt = prompt(engine, model, self.prompt as usize).await?;
        let watch = Stopwatch::start();
        let mut runs = Vec::new();
        for _ in 0..self.sequences {
            let request = Generate {
                sampling: Sampling::greedy(),
                max_tokens: Some(self.generate),
                ignore_end: true,
                ..Generate::new(prompt.clone())
            };
            runs.push(tokio::spawn(follow(engine.generate(request).await?, watch)));
        }
        let (mut first, mut last) = (0.0_f64, 0.0_f64);
        for run in runs {
            let (began, ended) = run.await??;
            (first, last) = (first.max(began), last.max(ended));
        }
        let sequences = f64::from(self.sequences);
        let decoded = f64::from(self.generate - 1) * sequences;
        Ok(Round {
            prefill: prompt.tokens() as f64 * sequences / first,
            decode: decoded / (last - first).max(1e-9),
            first_token_ms: first * 1e3,
        })
    }

    fn print(&self, context: &Context, card: &ModelCard, load_ms: f64, rounds: &[Round]) {
        let prefill = median(rounds, |round| round.prefill);
        let decode = median(rounds, |round| round.decode);
        let first = median(rounds, |round| round.first_token_ms);
        let peak = peak_rss().unwrap_or(0);
        let text = format!(
            "{} ({}, {} MB)\nprefill      {prefill:>9.1} tokens/s over {} tokens\n\
             decode       {decode:>9.1} tokens/s over {} tokens, {} at once\n\
             first token  {first:>9.1} ms\nload         {load_ms:>9.1} ms\npeak memory  {:>9.1} MB",
            card.id,
            card.quantization,
            card.bytes / 1_000_000,
            self.prompt,
            self.generate,
            self.sequences,
            peak as f64 / 1e6,
        );
        let value = json!({
            "model": card.id.as_str(),
            "prefill_tokens_per_s": prefill,
            "decode_tokens_per_s": decode,
            "time_to_first_token_ms": first,
            "load_ms": load_ms,
            "peak_rss_bytes": peak,
            "prompt_tokens": self.prompt,
            "generated_tokens": self.generate,
            "sequences": self.sequences,
            "rounds": self.rounds,
        });
        context.output.result(&text, &value);
    }
}

fn find(engine: &Engine, name: Option<&str>, file: Option<&Path>) -> anyhow::Result<ModelCard> {
    let card = match (file, name) {
        (Some(file), _) => engine.import(file, &mut |_, _| {})?.into_iter().next(),
        (None, Some(name)) => engine.model(name),
        (None, None) => engine.default_chat(),
    };
    card.context("there is no such model; see: privatestack model list")
}

/// A prompt of exactly `tokens` tokens, or the closest shorter one that text gives.
async fn prompt(engine: &Engine, model: &ModelId, tokens: usize) -> anyhow::Result<Prompt> {
    const WORDS: &str = " the pump in the north hall was repaired and the invoice was paid";
    let mut text = String::new();
    let mut best = engine.prompt_text(model, "the").await?;
    while best.tokens() < tokens {
        text.push_str(WORDS);
        best = engine.prompt_text(model, &text).await?;
    }
    while best.tokens() > tokens {
        let Some(cut) = text.rfind(' ').filter(|cut| *cut > 0) else {
            break;
        };
        text.truncate(cut);
        best = engine.prompt_text(model, &text).await?;
    }
    Ok(best)
}

/// When the first and the last piece came, in seconds.
async fn follow(
    mut tokens: crate::engine::TokenStream,
    watch: Stopwatch,
) -> anyhow::Result<(f64, f64)> {
    let mut first = None;
    while let Some(piece) = tokens.next().await {
        let now = watch.elapsed().as_secs_f64();
        first.get_or_insert(now);
        if let Piece::End { .. } = piece? {
            return Ok((first.unwrap_or(now), now));
        }
    }
    bail!("the engine stopped before the end")
}

fn median<T>(rounds: &[T], of: impl Fn(&T) -> f64) -> f64 {
    let mut values: Vec<_> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// The most memory this process had resident, in bytes (`VmHWM` of proc(5)).
fn peak_rss() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}

fn tempfile_folder() -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("privatestack-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(folder)
}
