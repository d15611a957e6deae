//! How many texts a second become vectors.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;
use tokio::runtime::Runtime;

use super::memory::Peak;
use super::spread::Spread;
use super::{Bench, Context};
use crate::domain::model::ModelCard;
use crate::domain::time::Stopwatch;
use crate::engine::{Embedded, Engine};

impl Bench {
    /// Measures over all texts of a file at once, tokenizing included.
    pub(super) fn vectors_of(
        &self,
        texts: &Path,
        (engine, card): (&Engine, &ModelCard),
        (context, runtime): (&Context, &Runtime),
    ) -> anyhow::Result<()> {
        let file = std::fs::read_to_string(texts)
            .with_context(|| format!("cannot read the texts in {}", texts.display()))?;
        let texts: Vec<String> = file.lines().map(str::to_owned).collect();
        if texts.is_empty() {
            bail!("the file of texts is empty; it needs a text a line");
        }
        let embed = || runtime.block_on(engine.embed(&card.id, texts.clone()));
        // The first pass brings the words' rows into memory.
        let mut made = embed()?;
        let mut seconds = Vec::new();
        let bar = context.output.bar(self.rounds.into(), "measuring");
        for _ in 0..self.rounds {
            let watch = Stopwatch::start();
            made = embed()?;
            seconds.push(watch.elapsed().as_secs_f64());
            bar.inc(1);
        }
        bar.finish_and_clear();
        if let Some(path) = &self.vectors {
            write(path, &made).with_context(|| format!("cannot write to {}", path.display()))?;
        }
        engine.shutdown();
        let second = Spread::of(seconds.into_iter()).median().max(1e-9);
        let (count, tokens) = (texts.len() as f64 / second, f64::from(made.tokens) / second);
        let peak = Peak::default().note();
        let text = format!(
            "{}\nvectors      {count:>9.1} texts/s, {tokens:.1} tokens/s, over {} texts\n\
             peak memory  {:>9.1} MB",
            card.id,
            texts.len(),
            peak as f64 / 1e6,
        );
        let value = json!({
            "model": card.id.as_str(),
            "texts_per_s": count,
            "tokens_per_s": tokens,
            "texts": texts.len(),
            "tokens": made.tokens,
            "peak_rss_bytes": peak,
            "rounds": self.rounds,
        });
        context.output.result(&text, &value);
        Ok(())
    }
}

fn write(path: &Path, made: &Embedded) -> anyhow::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    for vector in &made.vectors {
        serde_json::to_writer(&mut file, vector)?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}
