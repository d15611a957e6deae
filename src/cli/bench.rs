//! `model bench`: how fast a model runs on this machine.

mod memory;
mod pace;
mod report;
mod rounds;
mod spread;
mod vectors;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::runtime::Runtime;

use super::Context;
use crate::config::EngineConfig;
use crate::domain::model::{ModelCard, ModelKind};
use crate::domain::time::{Clock, Stopwatch};
use crate::engine::Engine;

use report::Report;
use rounds::{Bed, Plan};

/// Measure how fast a model runs here
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  privatestack model bench --prompt 256 --generate 64 --threads 2\n  \
        privatestack model bench MiniLM --texts lines.txt\n\n\
        Each round measures everything once, so that other work on the machine disturbs all alike;\n\
        printed are medians, and the least and the most."
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
    /// Answers made at once, one measurement for each of these numbers
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1,2,4,8",
        value_parser = clap::value_parser!(u32).range(1..=64)
    )]
    sequences: Vec<u32>,
    /// Tokens of the conversation whose second turn is measured with and without what was read
    /// before; 0: leave it out
    #[arg(long, default_value_t = 1500, value_parser = clap::value_parser!(u32).range(0..=65536))]
    conversation: u32,
    /// Measure this often
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Keep keys and values as bytes, as engine.kv_cache_int8 does
    #[arg(long)]
    kv_cache_int8: bool,
    /// For a model that makes vectors: a file with a text a line
    #[arg(long)]
    texts: Option<PathBuf>,
    /// Where to write the vectors of the texts, a JSON array a line
    #[arg(long, requires = "texts")]
    vectors: Option<PathBuf>,
}

impl Bench {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let folder = scratch()?;
        let outcome = self.measure(context, &folder);
        // A left-over folder in the temporary directory is an untidiness, not a failure.
        let _ = std::fs::remove_dir_all(&folder);
        outcome
    }

    fn measure(self, context: &Context, scratch: &Path) -> anyhow::Result<()> {
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
        let engine = Engine::open(&self.settings(context), &models, Clock::system())?;
        let card = find(&engine, self.model.as_deref(), file.as_deref())?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let watch = Stopwatch::start();
        runtime.block_on(engine.load(&card.id))?;
        let load_ms = watch.elapsed().as_secs_f64() * 1e3;
        match (card.kind, &self.texts) {
            (ModelKind::Embedding, Some(texts)) => {
                self.vectors_of(texts, (&engine, &card), (context, &runtime))
            }
            (ModelKind::Embedding, None) => {
                bail!("{} makes vectors; give it texts: --texts FILE", card.id)
            }
            (ModelKind::Chat, Some(_)) => {
                bail!(
                    "{} answers; --texts is for a model that makes vectors",
                    card.id
                )
            }
            (ModelKind::Chat, None) => self.answers(load_ms, (&engine, &card), (context, &runtime)),
        }
    }

    fn answers(
        &self,
        load_ms: f64,
        (engine, card): (&Engine, &ModelCard),
        (context, runtime): (&Context, &Runtime),
    ) -> anyhow::Result<()> {
        let plan = self.plan(context, engine, card)?;
        let bar = context.output.bar(plan.steps(), "measuring");
        let bed = Bed::new(engine, &card.id, plan, &bar);
        let measured = runtime.block_on(async {
            tokio::select! {
                measured = bed.measure(self.rounds) => measured,
                // What was copied is removed on the way out.
                _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
            }
        })?;
        bar.finish_and_clear();
        engine.shutdown();
        let report = Report {
            card,
            device: &engine.status().device,
            load_ms,
            measured: &measured,
        };
        context.output.result(&report.text(), &report.json());
        Ok(())
    }

    fn settings(&self, context: &Context) -> EngineConfig {
        let most = self.sequences.iter().copied().max().unwrap_or(1);
        EngineConfig {
            threads: self.threads,
            batch_sequences: most,
            // What is measured is the model; its text is made up and would be guessed too well.
            guessed_tokens: 0,
            queue_sequences: most,
            queue_per_person: most,
            kv_cache_int8: self.kv_cache_int8 || context.config.engine.kv_cache_int8,
            ..context.config.engine.clone()
        }
    }

    /// What is to be measured, as far as the model holds that many tokens.
    fn plan(&self, context: &Context, engine: &Engine, card: &ModelCard) -> anyhow::Result<Plan> {
        let mut plan = Plan {
            prompt: self.prompt,
            generate: self.generate,
            threads: self.threads,
            chunk: context.config.engine.prefill_chunk_tokens.max(1),
            sequences: self.sequences.clone(),
            conversation: self.conversation,
        };
        let (needed, limit) = (plan.most_tokens(), engine.limits(&card.id)?);
        if needed > limit {
            bail!(
                "this takes {needed} tokens and {} holds {limit}: ask for a shorter prompt or answer, \
                 or for fewer sequences",
                card.id
            );
        }
        if plan.conversation_tokens() > limit {
            context.output.note(&format!(
                "no second turn is measured: it takes {} tokens and {} holds {limit}; \
                 a shorter one: --conversation",
                plan.conversation_tokens(),
                card.id
            ));
            plan.conversation = 0;
        }
        Ok(plan)
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

fn scratch() -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("privatestack-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(folder)
}
