//! `eval extract`: what the readers of this box make of files.
//!
//! Each file goes the way of an upload: through the reader that knows it, in the sandbox, or
//! through the box's own decoder. Where it is known what a file says, its words are compared with
//! those that were read.

mod expected;
mod mail;
mod markup;
mod row;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::super::Context;
use crate::domain::time::Stopwatch;
use crate::domain::verdict::Side;
use crate::pipeline::{File, Pipeline, StageSet, TEXT_BYTES};
use crate::plugin::PluginHost;
use crate::rag;

use expected::Expected;
use row::Row;
use words::{Words, compare};

/// What each file may take, however hostile it is.
const MOST_SECONDS: f64 = 10.0;
const MOST_MEMORY: u64 = 256 << 20;

/// Files of one run, and folders within folders.
const FILES: usize = 100_000;
const DEPTH: usize = 16;

/// Measure how much of the words of files is read
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  privatestack eval extract ../shared/data/docs\n  \
        privatestack eval extract --text letter.docx\n\n\
        What a file says is looked for in NAME.expected.md beside it, in expected_outputs/NAME.md\n\
        (for NAME.pdf) or NAME.json (for the mail NAME.eml: its parts); what is to become of a hostile one, in\n\
        EXPECT.jsonl beside it. Exit code 1: a file took more than 10 seconds or 256 MiB."
)]
pub(in crate::cli) struct Extract {
    /// A folder of files, or one file
    #[arg(default_value = "../shared/data/docs", value_name = "FOLDER")]
    folder: PathBuf,
    /// Print what was read, after each line of the table
    #[arg(long)]
    text: bool,
}

/// What files are read with.
struct Bench {
    host: PluginHost,
    stages: std::sync::Arc<StageSet>,
    guards: Pipeline,
    limit: usize,
}

impl Extract {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let files = files(&self.folder)?;
        if files.is_empty() {
            bail!("{} holds no files", self.folder.display());
        }
        let bench = Bench::open(context)?;
        let mut rows = Vec::new();
        for path in &files {
            let (row, text) = bench.read(path, &self.folder)?;
            if self.text {
                context.output.note(&format!("{}\n{text}\n", row.name));
            }
            rows.push(row);
        }
        let total = row::total(&rows);
        let text = format!("{}\n{}", row::table(&rows), row::summary(&rows));
        let values: Vec<_> = rows.iter().map(Row::value).collect();
        let value = json!({
            "word_recall": total["recall"],
            "word_precision": total["precision"],
            "files": values,
            "total": total,
        });
        context.output.result(&text, &value);
        let over = rows.iter().filter(|row| row.is_over()).count();
        if over > 0 {
            bail!("{over} files took more than {MOST_SECONDS} seconds or 256 MiB");
        }
        Ok(())
    }
}

impl Bench {
    fn open(context: &Context) -> anyhow::Result<Self> {
        let host = PluginHost::open(&context.config.plugins, &context.data)?;
        let stages = host.stages().now();
        // A reader is compiled when it is first needed: that is no time of the file's.
        for reader in &stages.readers {
            drop(reader.extract(&File {
                name: "",
                media_type: "",
                bytes: &[],
            }));
        }
        Ok(Self {
            guards: Pipeline::new(host.guardrails(), &context.config.plugins),
            limit: (context.config.rag.text_mib as usize) << 20,
            host,
            stages,
        })
    }

    fn read(&self, path: &Path, root: &Path) -> anyhow::Result<(Row, String)> {
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = File {
            name: &name,
            media_type: "",
            bytes: &bytes,
        };
        let reader = self.stages.extractor(&file).map(|reader| reader.name());
        if let Some(reader) = reader {
            self.host.take_memory(reader);
        }
        let watch = Stopwatch::start();
        let read = rag::extract(&self.stages, &file, self.limit);
        let seconds = watch.elapsed().as_secs_f64();
        let expected = Expected::of(path);
        let (text, outcome) = match read {
            Ok(read) => (read.text, Ok(())),
            Err(failure) => (String::new(), Err(failure)),
        };
        let found = Words::of(&text);
        let wanted = expected.text.as_deref().map(Words::of);
        let shown = path.strip_prefix(root).unwrap_or(path).display();
        let row = Row {
            name: match root.is_file() {
                true => name.clone().into_owned(),
                false => shown.to_string(),
            },
            reader: reader.unwrap_or("text").to_owned(),
            outcome,
            words: found.count(),
            matched: wanted.map(|wanted| compare(&found, &wanted)),
            seconds,
            memory: reader.map(|reader| self.host.take_memory(reader)),
            hostile: path.iter().any(|part| part == "hostile"),
            note: expected.note,
            found: Vec::new(),
        };
        let found = match row.hostile {
            true => self.labels(&text),
            false => Vec::new(),
        };
        Ok((Row { found, ..row }, text))
    }

    /// What the guardrails find in a text that was read, by label.
    fn labels(&self, text: &str) -> Vec<String> {
        let end = text.floor_char_boundary(TEXT_BYTES);
        let mut labels: Vec<String> = match self.guards.judge(Side::Retrieved, &text[..end]) {
            Ok(admitted) => admitted.findings.into_iter().map(|one| one.label).collect(),
            Err(refused) => vec![refused.to_string()],
        };
        labels.sort();
        labels.dedup();
        labels
    }
}

/// The files below a folder in order, those aside that say what others hold.
fn files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![(root.to_owned(), 0)];
    while let Some((path, depth)) = waiting.pop() {
        if path.is_file() {
            found.push(path);
        } else if depth < DEPTH && path.file_name().is_none_or(|name| name != expected::FOLDER) {
            let entries = std::fs::read_dir(&path);
            let entries = entries.with_context(|| format!("cannot read {}", path.display()))?;
            for entry in entries {
                waiting.push((entry?.path(), depth + 1));
            }
        }
        if found.len() > FILES {
            bail!("{} holds more than {FILES} files", root.display());
        }
    }
    found.retain(|path| !expected::is_key(path));
    found.sort();
    Ok(found)
}
