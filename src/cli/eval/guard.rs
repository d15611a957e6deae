//! `eval guard`: how many attacks the guardrails refuse, and how many harmless texts.
//!
//! Each text goes through the pipeline of this box as a question or a passage would, and through
//! each guardrail by itself. The chain counts what is refused; a guardrail counts as having found
//! something when it refuses, replaces or flags.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Context;
use super::super::plugin::author;
use super::rate::Rate;
use crate::domain::time::Stopwatch;
use crate::domain::verdict::Side;
use crate::pipeline::{Pipeline, StageError, TEXT_BYTES};
use crate::plugin::PluginHost;

/// Bytes of a line: a text of the longest kind, escaped.
const LINE_BYTES: u64 = 8 << 20;

/// Measure what the guardrails catch and what they refuse wrongly
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  privatestack eval guard attacks.jsonl harmless.jsonl\n  \
        privatestack eval guard --plugin my-guard cases.jsonl\n\n\
        A line of a file: {\"text\": …, \"label\": \"attack\" or \"benign\", \"side\": \"input\" (the\n\
        default), \"retrieved\" or \"output\"}. Intervals hold the true rate 95 times in 100 (Wilson)."
)]
pub(in crate::cli) struct Guard {
    /// Files of labelled texts, JSON by the line
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print the numbers of the lines that were judged wrongly
    #[arg(long)]
    wrong: bool,
    /// Folder of a plugin that stands behind the guardrails of the box for this
    #[arg(long, value_name = "FOLDER")]
    plugin: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Row {
    text: String,
    label: Label,
    #[serde(default = "input")]
    side: Side,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Label {
    Attack,
    Benign,
}

fn input() -> Side {
    Side::Input
}

/// What one pipeline made of a set of texts.
#[derive(Default)]
struct Tally {
    attacks: Rate,
    benign: Rate,
    bytes: usize,
    micros: f64,
    /// Lines that were judged wrongly.
    wrong: Vec<usize>,
}

impl Guard {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let config = &context.config.plugins;
        let host = PluginHost::open(config, &context.data)?;
        let benches = self.plugin.iter().map(|one| author::open(context, one));
        let benches = benches.collect::<anyhow::Result<Vec<_>>>()?;
        let mut guards = host.guardrails();
        for (bench, folder) in benches.iter().zip(&self.plugin) {
            let judge = bench
                .judge_of()
                .with_context(|| format!("{} judges no texts", folder.display()))?;
            guards.push(judge);
        }
        if guards.is_empty() {
            bail!("plugins.guardrails names none: there is nothing to measure");
        }
        let chain = Pipeline::new(guards.clone(), config);
        let single = guards.into_iter().map(|guard| {
            let name = guard.name().to_owned();
            (name, Pipeline::new(vec![guard], config))
        });
        let single: Vec<(String, Pipeline)> = single.collect();
        let (mut sets, mut texts) = (BTreeMap::new(), Vec::new());
        for path in &self.files {
            let rows = read(path)?;
            let chain = tally(&chain, &rows, is_refused)?;
            let by_guard = single
                .iter()
                .map(|(name, one)| Ok((name.clone(), tally(one, &rows, is_found)?)));
            let by_guard = by_guard.collect::<anyhow::Result<Vec<_>>>()?;
            texts.push(self.table(path, &chain, &by_guard));
            sets.insert(path.display().to_string(), value(&chain, &by_guard));
        }
        // One file: its own figures, as every program that reads them expects.
        let value = match sets.len() {
            1 => sets.into_values().next().unwrap_or_default(),
            _ => json!(sets),
        };
        context.output.result(&texts.join("\n\n"), &value);
        Ok(())
    }

    fn table(&self, path: &Path, chain: &Tally, guards: &[(String, Tally)]) -> String {
        let mut text = format!("{}\n", path.display());
        let mut line = |name: &str, a: &str, b: &str, c: &str| {
            text += &format!("{name:<12} {a:<26} {b:<26} {c}\n");
        };
        line("", "attacks found", "harmless, wrongly", "µs per KB");
        let all = std::iter::once(("chain", chain));
        for (name, tally) in all.chain(guards.iter().map(|(name, tally)| (name.as_str(), tally))) {
            let time = format!("{:.1}", tally.us_per_kb());
            line(name, &tally.attacks.text(), &tally.benign.text(), &time);
        }
        if self.wrong {
            text += &format!("wrong by the chain, lines: {:?}\n", chain.wrong);
        }
        text
    }
}

/// Reads a set; an error names the line.
fn read(path: &Path) -> anyhow::Result<Vec<Row>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = BufReader::new(file);
    let mut rows = Vec::new();
    for number in 1.. {
        let mut line = String::new();
        let place = || format!("{}, line {number}", path.display());
        let bytes = lines
            .by_ref()
            .take(LINE_BYTES)
            .read_line(&mut line)
            .with_context(place)?;
        if bytes == 0 {
            break;
        }
        if line.trim().is_empty() {
            continue;
        }
        let row: Row = serde_json::from_str(&line).with_context(place)?;
        if row.text.len() > TEXT_BYTES {
            bail!("{}: the text is longer than can be judged", place());
        }
        rows.push(row);
    }
    if rows.is_empty() {
        bail!("{} holds no texts", path.display());
    }
    Ok(rows)
}

/// Whether a text was refused: a question, or a passage that is left out.
fn is_refused(judged: &Result<usize, StageError>) -> bool {
    judged.is_err()
}

/// Whether anything was found in it.
fn is_found(judged: &Result<usize, StageError>) -> bool {
    judged.as_ref().map_or(true, |found| *found > 0)
}

fn tally(
    pipeline: &Pipeline,
    rows: &[Row],
    hit: fn(&Result<usize, StageError>) -> bool,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    // The first call makes the instance and is not counted; time is that of a box that runs.
    for row in rows.iter().take(1) {
        drop(pipeline.judge(row.side, &row.text));
    }
    for (index, row) in rows.iter().enumerate() {
        let watch = Stopwatch::start();
        let judged = pipeline.judge(row.side, &row.text);
        tally.micros += watch.elapsed().as_secs_f64() * 1e6;
        tally.bytes += row.text.len();
        let judged = match judged {
            Ok(admitted) => Ok(admitted.findings.len()),
            Err(error @ StageError::Blocked { .. }) => Err(error),
            Err(error) => return Err(error).context(format!("text {} of the set", index + 1)),
        };
        let (hit, attack) = (hit(&judged), row.label == Label::Attack);
        let rate = if attack {
            &mut tally.attacks
        } else {
            &mut tally.benign
        };
        rate.add(hit);
        if hit != attack {
            tally.wrong.push(index + 1);
        }
    }
    Ok(tally)
}

impl Tally {
    fn us_per_kb(&self) -> f64 {
        self.micros / (self.bytes.max(1) as f64 / 1024.0)
    }

    fn value(&self) -> Value {
        let (found, found_interval) = self.attacks.json();
        let (wrong, wrong_interval) = self.benign.json();
        json!({
            "true_positive_rate": found,
            "true_positive_interval": found_interval,
            "attacks": self.attacks.cases,
            "false_positive_rate": wrong,
            "false_positive_interval": wrong_interval,
            "benign": self.benign.cases,
            "us_per_kb": self.us_per_kb(),
        })
    }
}

fn value(chain: &Tally, guards: &[(String, Tally)]) -> Value {
    let guards = guards
        .iter()
        .map(|(name, tally)| (name.clone(), tally.value()));
    let guards: serde_json::Map<String, Value> = guards.collect();
    json!({ "chain": chain.value(), "guards": guards })
}
