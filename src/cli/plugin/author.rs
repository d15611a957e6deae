//! `plugin check`, `run` and `test`: a plugin tried out in the sandbox of this box, without
//! installing it.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use super::super::Context;
use super::{packing, watch};
use crate::domain::verdict::{Finding, Side};
use crate::pipeline::{Admitted, StageError, TEXT_BYTES};
use crate::plugin::{Mutants, Workbench};

/// Judge one text
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  privatestack plugin run no-swearing --text 'Well, blast it'\n  \
        privatestack plugin run no-swearing --file mail.txt --side retrieved"
)]
pub(in crate::cli) struct Run {
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The text
    #[arg(long, conflicts_with = "file")]
    text: Option<String>,
    /// A file with the text; without --text and --file it is read from the standard input
    #[arg(long)]
    file: Option<PathBuf>,
    /// Which way the text goes: input, retrieved or output
    #[arg(long, default_value = "output", value_parser = side)]
    side: Side,
    /// Build it first, and do this again whenever a source changes
    #[arg(long)]
    watch: bool,
    /// As an answer that comes in pieces of so many bytes
    #[arg(long, value_name = "BYTES")]
    stream: Option<usize>,
}

/// Judge every case of cases.toml, whole and as streams
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  privatestack plugin test no-swearing")]
pub(in crate::cli) struct Test {
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Build it first, and do this again whenever a source changes
    #[arg(long)]
    watch: bool,
    /// Also judge what the cases become in disguise: encoded, spelt otherwise, cut up
    #[arg(long)]
    mutate: bool,
}

fn side(word: &str) -> Result<Side, String> {
    match word {
        "input" => Ok(Side::Input),
        "retrieved" => Ok(Side::Retrieved),
        "output" => Ok(Side::Output),
        _ => Err("input, retrieved or output".to_owned()),
    }
}

/// A plugin of somebody's own, from its folder, to be tried.
pub(in crate::cli) fn open(context: &Context, folder: &Path) -> anyhow::Result<Workbench> {
    let package = packing::package(context, folder)?;
    let spinner = context.output.spinner("compiling");
    let bench = Workbench::open(&context.config.plugins, package);
    spinner.finish_and_clear();
    Ok(bench?)
}

impl Run {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self.watch {
            true => watch::watch(context, &self.folder, || self.once(context)),
            false => self.once(context),
        }
    }

    fn once(&self, context: &Context) -> anyhow::Result<()> {
        let text = match (&self.text, &self.file) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) => std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?,
            (None, None) => {
                let mut text = String::new();
                let input = std::io::stdin().take(TEXT_BYTES as u64 + 1);
                { input }
                    .read_to_string(&mut text)
                    .context("the standard input")?;
                text
            }
        };
        let bench = open(context, &self.folder)?;
        let (becomes, findings, blocked) = match self.stream {
            Some(bytes) => {
                let released = bench.stream(&text, bytes);
                tell(context, &bench);
                let released = released?;
                let stopped = released.stopped.map(|stopped| stopped.reason.message);
                (released.text, released.findings, stopped)
            }
            None => match told(context, &bench, self.side, &text) {
                Ok(admitted) => (admitted.text, admitted.findings, None),
                Err(error @ StageError::Blocked { .. }) => {
                    let found = error.finding().into_iter().collect();
                    (String::new(), found, Some(error.to_string()))
                }
                Err(error) => return Err(error.into()),
            },
        };
        let findings: Vec<Value> = findings.iter().map(finding).collect();
        let said = json!({ "text": becomes, "blocked": blocked, "findings": findings });
        let mut lines = vec![match &blocked {
            Some(message) => format!("blocked: {message}"),
            None => becomes,
        }];
        lines.extend(findings.iter().map(|found| {
            format!(
                "  {} {}..{} score {} {}",
                found["label"].as_str().unwrap_or_default(),
                found["start"],
                found["end"],
                found["score"],
                found["outcome"].as_str().unwrap_or_default()
            )
        }));
        context.output.result(&lines.join("\n"), &said);
        Ok(())
    }
}

fn told(
    context: &Context,
    bench: &Workbench,
    side: Side,
    text: &str,
) -> Result<Admitted, StageError> {
    let judged = bench.judge(side, text);
    tell(context, bench);
    judged
}

/// Tells the author what the plugin logged, such as where an exception came from.
fn tell(context: &Context, bench: &Workbench) {
    for line in bench.lines() {
        context.output.note(&format!("log: {line}"));
    }
}

fn finding(found: &Finding) -> Value {
    json!({
        "label": found.label,
        "start": found.start,
        "end": found.end,
        "score": (f64::from(found.score) * 1e4).round() / 1e4,
        "outcome": found.outcome,
    })
}

impl Test {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self.watch {
            true => watch::watch(context, &self.folder, || self.once(context)),
            false => self.once(context),
        }
    }

    fn once(&self, context: &Context) -> anyhow::Result<()> {
        let bench = open(context, &self.folder)?;
        let (misses, cases) = (bench.test(), bench.package().cases.len());
        tell(context, &bench);
        let list: Vec<Value> = misses
            .iter()
            .map(|miss| json!({ "case": miss.case, "way": miss.way, "want": miss.want, "got": miss.got }))
            .collect();
        let mut text = String::new();
        for miss in &misses {
            text += &format!(
                "{} ({})\n  want {}\n   got {}\n",
                miss.case, miss.way, miss.want, miss.got
            );
        }
        let good = misses.is_empty();
        if good {
            text += &format!("{cases} cases hold, whole and streamed");
        }
        let unseen = bench.unseen();
        if !unseen.is_empty() {
            text += &format!("\nno case shows: {}", unseen.join(", "));
        }
        let mutants = match self.mutate {
            true => bench.mutants(),
            false => Vec::new(),
        };
        if !mutants.is_empty() {
            text += "\nof the cases that it has something to say of, in disguise:";
        }
        for one in &mutants {
            let kept = one.tried - one.missed.len();
            text += &format!("\n{kept:>4} of {:<4} {}", one.tried, one.disguise);
            for name in &one.missed {
                text += &format!("\n              not: {name}");
            }
        }
        let said: Vec<Value> = mutants.iter().map(mutant).collect();
        context.output.result(
            &text,
            &json!({ "cases": cases, "misses": list, "unseen": unseen, "mutants": said }),
        );
        if good {
            Ok(())
        } else {
            bail!("misses: {}; cases.toml does not hold", misses.len())
        }
    }
}

fn mutant(one: &Mutants) -> Value {
    json!({ "disguise": one.disguise, "tried": one.tried, "missed": one.missed })
}

pub(super) fn check(context: &Context, folder: &Path) -> anyhow::Result<()> {
    let bench = open(context, folder)?;
    let report = bench.check();
    tell(context, &bench);
    let report = report?;
    let imports = match report.imports.as_slice() {
        [] => "nothing".to_owned(),
        some => some.join(", "),
    };
    let mut text = format!(
        "imports    {imports}\nsize       {} KiB\n",
        report.wasm_bytes / 1024,
    );
    if let Some(pace) = &report.pace {
        text += &format!(
            "time       {:.1} µs per KB of plain text\nwork       {:.0} instructions per KB\n",
            pace.us_per_kb, pace.fuel_per_kb
        );
    }
    for fault in &report.faults {
        text += &format!("fault      {fault}\n");
    }
    let said = json!({
        "imports": report.imports,
        "wasm_bytes": report.wasm_bytes,
        "us_per_kb": report.pace.as_ref().map(|pace| pace.us_per_kb),
        "fuel_per_kb": report.pace.as_ref().map(|pace| pace.fuel_per_kb),
        "faults": report.faults,
    });
    let good = report.faults.is_empty();
    if good {
        text += "hard texts: none of them breaks it, streamed or whole";
    }
    context.output.result(&text, &said);
    if good {
        Ok(())
    } else {
        bail!("it fails on texts that may come")
    }
}
