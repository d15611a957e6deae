//! The sample of each world, in the sandbox: its own cases, what the host lends it, and how the
//! box goes on when a stage fails.

use std::path::Path;
use std::sync::Mutex;

use crate::config::{PluginsConfig, StoreConfig};
use crate::domain::time::{Clock, Timestamp};
use crate::domain::verdict::Side;
use crate::pipeline::{Candidate, File, Lengths, Markup};
use crate::store::Store;

use super::super::{
    Embed, EmbedModel, EmbedPurpose, Package, PluginError, PluginHost, PluginState, Usage,
};

const SAMPLES: [&str; 5] = [
    "csv-tables",
    "ruled-passages",
    "glossary",
    "diverse",
    "straight-quotes",
];

/// The package of a sample, as its author would pack it.
fn package(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins");
    let read = |path: String| std::fs::read(root.join(path)).expect("run `make plugins` first");
    let text = |file: &str| String::from_utf8(read(format!("samples/{name}/{file}"))).unwrap();
    let wasm = read(format!("dist/samples/{name}.wasm"));
    let package = Package::new(&text("manifest.toml"), wasm, &text("cases.toml")).unwrap();
    package.write().unwrap()
}

struct Desk {
    folder: tempfile::TempDir,
    store: Store,
    host: PluginHost,
}

impl Desk {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &StoreConfig::default()).unwrap();
        let host = host(folder.path(), &store).await;
        Self {
            folder,
            store,
            host,
        }
    }

    async fn using(names: &[&str]) -> Self {
        let desk = Self::open().await;
        for name in names {
            desk.host.install(package(name)).await.unwrap();
            desk.host.set_usage(name, Usage::Active).await.unwrap();
        }
        desk
    }
}

async fn host(data: &Path, store: &Store) -> PluginHost {
    let config = PluginsConfig {
        guardrails: Vec::new(),
        allow_unsigned: true,
        ..PluginsConfig::default()
    };
    let host = PluginHost::load(&config, data, &[], true).unwrap();
    let clock = Clock::held(Timestamp::from_millis(1_000_000));
    host.restore(store, &clock).await.unwrap();
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_of_every_world_keep_their_cases_and_say_what_they_are() {
    let desk = Desk::open().await;
    for name in SAMPLES {
        // Installing runs the cases.
        let card = desk.host.install(package(name)).await.unwrap();
        assert_eq!((card.name.as_str(), card.state), (name, PluginState::Off));
        let card = desk.host.set_usage(name, Usage::Active).await.unwrap();
        assert_eq!((card.state, card.position), (PluginState::Ready, None));
        let shadow = desk.host.set_usage(name, Usage::Shadow).await;
        assert!(
            matches!(shadow, Err(PluginError::NoShadow { .. })),
            "{name}"
        );
    }
    let now = desk.host.stages().now();
    let counts = (
        now.extractors.len(),
        now.chunkers.len(),
        now.rewriters.len(),
        now.rerankers.len(),
    );
    assert_eq!(counts, (1, 1, 1, 1));
    desk.host.remove("diverse").await.unwrap();
    assert!(desk.host.stages().now().rerankers.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_of_another_world_than_its_manifest_says_is_refused() {
    let desk = Desk::open().await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins");
    let wasm = std::fs::read(root.join("dist/samples/diverse.wasm")).unwrap();
    let manifest = std::fs::read_to_string(root.join("samples/diverse/manifest.toml")).unwrap();
    let manifest = manifest.replace("\"reranker\"", "\"chunker\"");
    let cases = "[[case]]\nname = \"a\"\ntext = \"b\"\n";
    let package = Package::new(&manifest, wasm, cases).unwrap();
    let refused = desk
        .host
        .install(package.write().unwrap())
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("it is not a chunker"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_may_remember_does_so_over_a_restart_and_forgets_when_it_goes() {
    let desk = Desk::using(&["glossary"]).await;
    let rewrite = |host: &PluginHost, question: &str| {
        let stages = host.stages().now();
        stages.rewrite(question, &[])
    };
    let plain = "What are the PTO rules for people in their first year here?";
    let expanded = "What are the paid time off rules for people in their first year here?";
    assert_eq!(rewrite(&desk.host, plain), [] as [&str; 0]);
    rewrite(
        &desk.host,
        "Who decides about PTO (paid time off) in summer, please?",
    );
    assert_eq!(rewrite(&desk.host, plain), [expanded]);
    desk.host.close().await;

    let later = host(desk.folder.path(), &desk.store).await;
    assert_eq!(rewrite(&later, plain), [expanded]);
    later.remove("glossary").await.unwrap();
    later.install(package("glossary")).await.unwrap();
    later.set_usage("glossary", Usage::Active).await.unwrap();
    assert_eq!(rewrite(&later, plain), [] as [&str; 0]);
}

/// Vectors of one number per kind of sentence.
#[derive(Default)]
struct Topics(Mutex<usize>);

impl Embed for Topics {
    fn model(&self) -> Option<EmbedModel> {
        None
    }

    fn count(&self, _: Vec<String>) -> Option<Vec<u32>> {
        None
    }

    fn embed(&self, _: EmbedPurpose, texts: Vec<String>) -> Option<Vec<Vec<f32>>> {
        *self.0.lock().unwrap() += 1;
        let vector = |text: &String| match text.contains("pump") {
            true => vec![1.0, 0.0],
            false => vec![0.0, 1.0],
        };
        Some(texts.iter().map(vector).collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reranker_may_use_the_embedding_model_that_the_box_lends() {
    let desk = Desk::using(&["diverse"]).await;
    let asked = std::sync::Arc::new(Topics::default());
    desk.host.lend(asked.clone());
    // No words in common; what they are about is.
    let texts = [
        "The pump hums.",
        "Our old pump leaked badly",
        "Soup on Monday",
    ];
    let candidates = texts
        .iter()
        .zip([1.0, 0.9, 0.5])
        .map(|(text, score)| Candidate {
            title: "a.txt".to_owned(),
            headings: Vec::new(),
            text: (*text).to_owned(),
            score,
        });
    let ranked = desk
        .host
        .stages()
        .now()
        .rerank("pump?", candidates.collect());
    let order: Vec<usize> = ranked.unwrap().iter().map(|one| one.index).collect();
    assert_eq!(order, [0, 1, 2]);
    assert_eq!(*asked.0.lock().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_formatter_changes_answers_alone_and_nobody_is_told() {
    let desk = Desk::using(&["straight-quotes"]).await;
    let pipeline = desk.host.pipeline();
    let text = "She said „no“ – and left…";
    let question = pipeline.judge(Side::Input, text).unwrap();
    assert_eq!(question.text, text);
    let whole = pipeline.judge(Side::Output, text).unwrap();
    assert_eq!(whole.text, "She said \"no\" - and left...");
    assert_eq!(whole.findings, []);
    for bytes in [1, 2, 5, 100] {
        let pieces = super::super::cases::pieces(text, bytes);
        let streamed = pipeline.judge_stream(&pieces).unwrap();
        assert_eq!(
            (streamed.text, streamed.findings),
            (whole.text.clone(), Vec::new())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_texts_go_to_the_stage_that_takes_them() {
    let desk = Desk::using(&["csv-tables", "ruled-passages"]).await;
    let now = desk.host.stages().now();
    let file = |name, media_type| File {
        name,
        media_type,
        bytes: b"a,b\n1,2\n",
    };
    for (name, media_type, theirs) in [
        ("stock.csv", "", true),
        ("STOCK.CSV", "application/octet-stream", true),
        ("stock", "text/csv; charset=utf-8", true),
        ("stock.txt", "text/plain", false),
        ("csv", "", false),
    ] {
        assert_eq!(
            now.extractor(&file(name, media_type)).is_some(),
            theirs,
            "{name}"
        );
    }
    let lengths = Lengths {
        target: 100,
        most: 200,
    };
    let cut = |text: &str| now.cut(text, Markup::Plain, lengths).map(|cuts| cuts.len());
    assert_eq!(cut("a\n---\nb\n---\nc"), Some(3));
    assert_eq!(cut("no rule in it"), None);
    assert_eq!(
        cut(&format!("a\n---\n{}\n---\nc", "long ".repeat(1000))),
        None
    );
}
