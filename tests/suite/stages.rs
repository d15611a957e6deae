//! Plugins of the worlds beside the guardrail's, from a package to an answer.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::Appliance;
use crate::tiny_model;

const SAYS: &str = "It is in „cabinet 7“.";

/// Runs a command on a box that does not run.
fn privatestack(data: &Path, arguments: &[&str]) {
    let done = Command::new(env!("CARGO_BIN_EXE_privatestack"))
        .args(["--data", data.to_str().expect("a UTF-8 path")])
        .args(arguments)
        .env("PRIVATESTACK_PLUGINS__ALLOW_UNSIGNED", "true")
        .output()
        .expect("the command runs");
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {error}");
}

/// Packs, installs and enables a sample, as its author and an operator would.
fn install(folder: &Path, data: &Path, name: &str) {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins");
    let source = folder.join(name);
    std::fs::create_dir(&source).expect("a folder");
    let copy = |from: std::path::PathBuf, to: &str| {
        std::fs::copy(from, source.join(to)).expect("run `make plugins` first");
    };
    copy(
        plugins.join("samples").join(name).join("manifest.toml"),
        "manifest.toml",
    );
    copy(
        plugins.join("samples").join(name).join("cases.toml"),
        "cases.toml",
    );
    copy(
        plugins.join(format!("dist/samples/{name}.wasm")),
        "plugin.wasm",
    );
    let source = source.to_str().expect("a UTF-8 path");
    privatestack(data, &["plugin", "test", source]);
    privatestack(data, &["plugin", "check", source]);
    privatestack(data, &["plugin", "pack", source]);
    let package = format!("{source}/{name}.psp");
    privatestack(data, &["plugin", "install", &package]);
    privatestack(data, &["plugin", "enable", name]);
}

async fn with(samples: &[&str]) -> Appliance {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    std::fs::write(folder.path().join("tiny.gguf"), tiny_model::reciting(SAYS)).expect("a model");
    for name in samples {
        install(folder.path(), &data, name);
    }
    Appliance::of(folder, "tiny.gguf", |config| {
        config.plugins.allow_unsigned = true;
        config.plugins.settings.insert(
            "glossary".to_owned(),
            [(
                "terms".to_owned(),
                "SOP=standard operating procedure".to_owned(),
            )]
            .into(),
        );
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_read_found_by_its_long_form_and_answered_from_in_plain_quotes() {
    let samples = ["csv-tables", "glossary", "diverse", "straight-quotes"];
    let appliance = with(&samples).await;
    let ada = appliance.admin("ada").await;
    let listed = ada.get("/api/v1/plugins").await.ok();
    let worlds: Vec<&str> = listed["items"]
        .as_array()
        .expect("plugins")
        .iter()
        .filter(|one| one["origin"] == "installed")
        .map(|one| one["world"].as_str().expect("a world"))
        .collect();
    assert_eq!(worlds, ["extractor", "reranker", "rewriter", "formatter"]);

    let workspace = ada.opens_workspace("Plant").await;
    let table = "paper,place\nstandard operating procedure,cabinet 7\nmenu,kitchen\n";
    let document = ada.uploads(&workspace, "papers.csv", table).await;
    assert_eq!(document["state"], "indexed", "{document}");
    let id = document["id"].as_str().expect("an id");
    let stored = ada
        .get(&format!(
            "/api/v1/workspaces/{workspace}/documents/{id}/text"
        ))
        .await;
    assert!(stored.text.contains("| paper | place |"), "{}", stored.text);

    let conversation = ada.opens_conversation(&workspace).await;
    let turn = ada.asks(&conversation, "Where is the SOP?").await.ok();
    assert_eq!(turn["text"], "It is in \"cabinet 7\".", "{turn}");
    let none: &[Value] = &[];
    assert_eq!(turn["findings"].as_array().map(Vec::as_slice), Some(none));
    let quote = turn["citations"][0]["quote"].as_str().expect("a quote");
    assert!(quote.contains("cabinet 7"), "{quote}");
    let streamed = ada.asks_streamed(&conversation, "And the SOP again?").await;
    let text: String = streamed
        .events()
        .iter()
        .filter(|(name, _)| name == "delta")
        .map(|(_, data)| data["text"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(text, "It is in \"cabinet 7\".");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_its_reader_refuses_says_why() {
    let appliance = with(&["csv-tables"]).await;
    let ada = appliance.admin("ada").await;
    let workspace = ada.opens_workspace("Plant").await;
    let document = ada.uploads(&workspace, "torn.csv", "a,b\n\"x").await;
    assert_eq!(document["state"], "failed", "{document}");
    assert_eq!(document["code"], "unreadable", "{document}");
    let hint = document["hint"].as_str().expect("a hint");
    assert!(hint.contains("quoted field"), "{hint}");
}
