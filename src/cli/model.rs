//! `model`: models on this box.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use hyper::Method;
use serde_json::{Value, json};

use super::Context;
use super::bench::Bench;
use super::house::{self, House};

const MODELS: &str = "/api/v1/models";

/// Models on this box
#[derive(Debug, Subcommand)]
pub(super) enum Model {
    /// List the models
    #[command(after_help = "Example:\n  privatestack model list")]
    List,
    /// Take a model in: a .gguf file, a wheel that holds one, or a folder as the Hub has it;
    /// one that is here already is found, not doubled
    #[command(after_help = "Example:\n  privatestack model import SmolLM2-135M-Instruct.Q4_1.gguf")]
    Import { file: PathBuf },
    /// Show one model
    #[command(after_help = "Example:\n  privatestack model show smollm2-135m-instruct-q4_1")]
    Show { name: String },
    /// Remove a model from the box
    #[command(after_help = "Example:\n  privatestack model remove smollm2-135m-instruct-q4_1")]
    Remove { name: String },
    /// Measure how fast a model runs here
    Bench(Bench),
}

impl Model {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Bench(bench) => bench.run(context),
            other => house::with(context, |house| other.call(context, house)),
        }
    }

    fn call(self, context: &Context, house: &House) -> anyhow::Result<()> {
        match self {
            Self::List => {
                let columns = [
                    ("NAME", "id"),
                    ("KIND", "kind"),
                    ("FORMAT", "quantization"),
                    ("CONTEXT", "context_tokens"),
                    ("MB", "megabytes"),
                    ("STATE", "state"),
                ];
                let models: Vec<_> = house.list(MODELS)?.into_iter().map(sized).collect();
                context
                    .output
                    .list(&models, &columns, "no models; see: model import --help");
            }
            Self::Import { file } => import(context, house, &file)?,
            Self::Show { name } => {
                let models = house.list(MODELS)?;
                let found = models
                    .into_iter()
                    .find(|model| model["id"] == name.as_str());
                let model = found.with_context(|| format!("there is no model `{name}`"))?;
                context.output.result(&facts(&model), &model);
            }
            Self::Remove { name } => {
                house.call(Method::DELETE, &format!("{MODELS}/{name}"), None)?;
                context
                    .output
                    .result(&format!("{name} is gone"), &json!({ "removed": name }));
            }
            Self::Bench(_) => {}
        }
        Ok(())
    }
}

/// The box reads the file itself, so it gets the whole path.
fn import(context: &Context, house: &House, file: &std::path::Path) -> anyhow::Result<()> {
    let path = std::fs::canonicalize(file)
        .with_context(|| format!("cannot find the model file {}", file.display()))?;
    let spinner = context.output.spinner("importing");
    let body = json!({ "path": path });
    let made = house.call(Method::POST, &format!("{MODELS}/import"), Some(body));
    spinner.finish_and_clear();
    let made = made?;
    let names: Vec<_> = made["models"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|m| m["id"].as_str())
        .collect();
    context
        .output
        .result(&format!("on this box: {}", names.join(", ")), &made);
    Ok(())
}

fn sized(mut model: Value) -> Value {
    let bytes = model["bytes"].as_u64().unwrap_or(0);
    model["megabytes"] = (bytes / 1_000_000).into();
    model
}

fn facts(model: &Value) -> String {
    let empty = serde_json::Map::new();
    let facts = model.as_object().unwrap_or(&empty);
    let line = |(key, value): (&String, &Value)| match value {
        Value::String(text) => format!("{key}: {text}\n"),
        other => format!("{key}: {other}\n"),
    };
    facts.iter().map(line).collect()
}
