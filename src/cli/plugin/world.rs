//! `plugin new --world`: a plugin of another world than the guardrail's, in Rust, from the sample of
//! that world.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use rust_embed::RustEmbed;
use serde_json::json;

use super::super::Context;
use super::template::{copy, sdk, write};
use super::{Kind, Lang};

/// One plugin of each world.
#[derive(RustEmbed)]
#[folder = "plugins/samples"]
struct Samples;

/// What plugins of each world are written against.
#[derive(RustEmbed)]
#[folder = "plugins/worlds"]
struct Worlds;

impl Kind {
    /// Its name in a manifest, and the sample that stands for it.
    fn sample(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Guardrail => return None,
            Self::Formatter => ("formatter", "straight-quotes"),
            Self::Extractor => ("extractor", "csv-tables"),
            Self::Chunker => ("chunker", "ruled-passages"),
            Self::Rewriter => ("rewriter", "glossary"),
            Self::Reranker => ("reranker", "diverse"),
        })
    }
}

/// Makes the folder; false for a guardrail, which has templates of its own.
pub(super) fn new(context: &Context, name: &str, lang: Lang, kind: Kind) -> anyhow::Result<bool> {
    let Some((world, sample)) = kind.sample() else {
        return Ok(false);
    };
    if lang != Lang::Rust {
        bail!("there is a template of a {world} in Rust only; `--lang rust`");
    }
    let root = Path::new(name);
    fs::create_dir(root).with_context(|| format!("cannot make the folder {name}"))?;
    for file in ["src/lib.rs", "manifest.toml", "cases.toml"] {
        let found = Samples::get(&format!("{sample}/{file}"));
        let found = found.context("a file of the template is missing")?;
        let text = std::str::from_utf8(&found.data).context("a template is no text")?;
        let named = text.replace(&format!("\"{sample}\""), &format!("\"{name}\""));
        write(&root.join(file), &named)?;
    }
    let summary = summary(&root.join("manifest.toml"))?;
    write(&root.join("Cargo.toml"), &manifest(name, world, &summary))?;
    write(
        &root.join(format!("vendor/worlds/{world}/Cargo.toml")),
        &library(world),
    )?;
    let source = format!("{world}/src/lib.rs");
    copy(
        &root.join("vendor/worlds").join(&source),
        Worlds::get(&source),
    )?;
    sdk(root)?;
    let text = format!(
        "{name}/ holds a {world} that works. Next:\n  cd {name}\n  privatestack plugin build\n  \
         privatestack plugin test"
    );
    context.output.result(&text, &json!({ "folder": name }));
    Ok(true)
}

/// What the plugin says of itself, which is its package's description.
fn summary(manifest: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(manifest)?;
    Ok(crate::plugin::Manifest::parse(&text)?.summary)
}

fn manifest(name: &str, world: &str, summary: &str) -> String {
    format!(
        r#"[package]
name = "{name}"
description = "{summary}"
version = "0.1.0"
edition = "2024"
rust-version = "1.95"
publish = false

# `cdylib` becomes the plugin; `rlib` is for its tests, which run without WebAssembly.
[lib]
name = "plugin"
crate-type = ["cdylib", "rlib"]

[dependencies]
sdk = {{ path = "vendor/sdk" }}
world-{world} = {{ path = "vendor/worlds/{world}" }}

[profile.release]
opt-level = 3
lto = true
codegen-units = 1
panic = "abort"
strip = true

# Whatever folder this one lies in, it is no part of a workspace there.
[workspace]
"#
    )
}

fn library(world: &str) -> String {
    format!(
        r#"# What a plugin of this world is written against. It came with `privatestack plugin new`.
[package]
name = "world-{world}"
version = "0.1.0"
edition = "2024"
rust-version = "1.95"
license = "MIT OR Apache-2.0"
publish = false

[dependencies]
sdk = {{ path = "../../sdk" }}
wit-bindgen = {{ version = "0.61.1", default-features = false, features = ["macros", "realloc"] }}
"#
    )
}
