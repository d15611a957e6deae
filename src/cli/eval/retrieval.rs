//! `eval retrieval`: how well the box finds what answers questions, and how fast.
//!
//! Each set is taken in as a team would upload it, one document a file, by the room that serves
//! the team: read, cut, embedded, indexed. The title of a document is the name of its file. Its questions then go through the search of the box, by
//! words, by meaning and by both. A document stands where its best passage stands.

mod scale;
mod score;
mod set;
mod yard;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::super::Context;
use crate::domain::time::Stopwatch;
use crate::rag::{Method, Search};
use score::Score;
use set::Set;
use yard::Yard;

/// Passages that are looked at for each question: enough for ten documents.
const DEPTH: usize = 60;

/// Measure how well documents are found
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  privatestack eval retrieval ../shared/data/retrieval/*\n\n\
        A set is a folder as BEIR has them: corpus.jsonl, queries.jsonl,\n\
        qrels.tsv. Gains of nDCG are linear; recall@10 is the share of a question's right\n\
        documents among the first ten; MRR looks at the first ten too."
)]
pub(in crate::cli) struct Retrieval {
    /// Folders with a set each
    #[arg(required = true, value_name = "FOLDER")]
    sets: Vec<PathBuf>,
    /// Then fill the workspace of the last set with copies up to so many passages, and measure how
    /// long a search takes
    #[arg(long, value_name = "PASSAGES")]
    scale: Option<u64>,
    /// Also measure the search for rather different passages, and the one that follows what
    /// documents speak of
    #[arg(long)]
    more: bool,
}

/// The ways to search that are compared.
const METHODS: [(&str, Method); 3] = [
    ("bm25", Method::Lexical),
    ("vector", Method::Semantic),
    ("hybrid", Method::Hybrid),
];

/// What was measured of one set.
struct Measured {
    name: String,
    documents: usize,
    passages: u64,
    /// Seconds from the first upload to the last index.
    ingest: f64,
    scores: Vec<(&'static str, Score)>,
}

impl Retrieval {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let folder = scratch_folder()?;
        let outcome = self.measure(context, &folder);
        // A left-over folder in the temporary directory is an untidiness, not a failure.
        let _ = std::fs::remove_dir_all(&folder);
        outcome
    }

    fn measure(&self, context: &Context, folder: &std::path::Path) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Runtime::new()?;
        let yard = runtime.block_on(Yard::open(context, folder))?;
        let (mut text, mut values) = (header(), Vec::new());
        let mut last = None;
        for path in &self.sets {
            let set = Set::read(path)?;
            let (measured, access) = runtime.block_on(self.one(&yard, &set))?;
            text += &measured.text();
            values.push((measured.name.clone(), measured.value()));
            last = Some((set, access));
        }
        // One set: its own figures, as every program that reads them expects.
        let mut value = match values.len() {
            1 => values.remove(0).1,
            _ => Value::Object(values.into_iter().collect()),
        };
        if let (Some(most), Some((set, access))) = (self.scale, last) {
            let scaled = runtime.block_on(scale::measure(&yard, &access, &set, most))?;
            text += &scaled.text();
            value["scale"] = scaled.value();
        }
        runtime.block_on(yard.close());
        context.output.result(text.trim_end(), &value);
        Ok(())
    }

    async fn one(&self, yard: &Yard, set: &Set) -> anyhow::Result<(Measured, crate::auth::Access)> {
        let access = yard.workspace().await?;
        let watch = Stopwatch::start();
        let names = yard.take_in(&access, set).await?;
        let ingest = watch.elapsed().as_secs_f64();
        let mut scores = Vec::new();
        for (name, method) in METHODS {
            let way = Search {
                method,
                ..Search::default()
            };
            scores.push((name, yard.ask(&access, set, &names, &way).await?));
        }
        if self.more {
            let diverse = Search {
                diverse: true,
                ..Search::default()
            };
            let hops = Search {
                hops: Some(true),
                ..Search::default()
            };
            for (name, way) in [("diverse", diverse), ("hops", hops)] {
                scores.push((name, yard.ask(&access, set, &names, &way).await?));
            }
        }
        let measured = Measured {
            name: set.name.clone(),
            documents: set.documents.len(),
            passages: yard.passages(&access).await?,
            ingest,
            scores,
        };
        Ok((measured, access))
    }
}

fn header() -> String {
    format!(
        "{:<12} {:>6} {:>8} {:>7}  {:<8} {:>8} {:>9} {:>8} {:>8} {:>8}\n",
        "set", "docs", "passages", "a s", "by", "nDCG@10", "recall@10", "MRR", "p50 ms", "p95 ms"
    )
}

impl Measured {
    fn text(&self) -> String {
        let mut text = String::new();
        for (index, (name, score)) in self.scores.iter().enumerate() {
            let set = match index {
                0 => format!(
                    "{:<12} {:>6} {:>8} {:>7.0}",
                    self.name,
                    self.documents,
                    self.passages,
                    self.passages as f64 / self.ingest
                ),
                _ => " ".repeat(36),
            };
            text += &format!("{set}  {name:<8} {}\n", score.text());
        }
        text
    }

    fn value(&self) -> Value {
        let mut value = json!({
            "documents": self.documents,
            "passages": self.passages,
            "ingest_s": self.ingest,
        });
        for (name, score) in &self.scores {
            value[*name] = score.value();
        }
        value
    }
}

fn scratch_folder() -> anyhow::Result<PathBuf> {
    let name = format!("privatestack-eval-{}", uuid::Uuid::now_v7());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
