//! `plugin new`: a folder with an example that works, in one of three languages.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use rust_embed::RustEmbed;
use serde_json::json;

use super::super::Context;
use super::{Kind, Lang, world};

/// `assets/plugin/LANG/…`; `{{name}}` stands for the plugin's name, and `.tmpl` keeps files from
/// being taken for parts of this project.
#[derive(RustEmbed)]
#[folder = "assets/plugin"]
struct Templates;

/// The contract, which every language needs.
#[derive(RustEmbed)]
#[folder = "wit"]
struct Wit;

/// What plugins in Rust are written against.
#[derive(RustEmbed)]
#[folder = "plugins/sdk/src"]
struct Sdk;

pub(super) fn new(context: &Context, name: &str, lang: Lang, kind: Kind) -> anyhow::Result<()> {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(1..=48).contains(&name.len()) || !name.bytes().all(letter) || name.starts_with('-') {
        bail!("a plugin's name is made of small letters, digits and hyphens, at most 48");
    }
    if world::new(context, name, lang, kind)? {
        return Ok(());
    }
    let root = Path::new(name);
    fs::create_dir(root).with_context(|| format!("cannot make the folder {name}"))?;
    let folder = match lang {
        Lang::Rust => "rust/",
        Lang::Js => "js/",
        Lang::Python => "python/",
    };
    for path in Templates::iter() {
        if let (Some(inner), Some(file)) = (path.strip_prefix(folder), Templates::get(&path)) {
            let text = std::str::from_utf8(&file.data).context("a template is no text")?;
            let inner = inner.strip_suffix(".tmpl").unwrap_or(inner);
            write(&root.join(inner), &text.replace("{{name}}", name))?;
        }
    }
    contract(root)?;
    if lang == Lang::Rust {
        sources(root)?;
    }
    let text = format!(
        "{name}/ holds a guardrail that works. Next:\n  cd {name}\n  {}privatestack plugin build\n  \
         privatestack plugin test",
        match lang {
            Lang::Rust => "",
            Lang::Js => "npm install\n  ",
            Lang::Python =>
                "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt\n  ",
        }
    );
    context.output.result(&text, &json!({ "folder": name }));
    Ok(())
}

/// The contract and the library for Rust, with its manifest.
pub(super) fn sdk(root: &Path) -> anyhow::Result<()> {
    let manifest = "vendor/sdk/Cargo.toml";
    let template = Templates::get(&format!("rust/{manifest}.tmpl"));
    copy(&root.join(manifest), template)?;
    contract(root)?;
    sources(root)
}

fn contract(root: &Path) -> anyhow::Result<()> {
    for path in Wit::iter() {
        copy(&root.join("wit").join(&*path), Wit::get(&path))?;
    }
    Ok(())
}

fn sources(root: &Path) -> anyhow::Result<()> {
    for path in Sdk::iter() {
        copy(&root.join("vendor/sdk/src").join(&*path), Sdk::get(&path))?;
    }
    Ok(())
}

pub(super) fn copy(path: &Path, file: Option<rust_embed::EmbeddedFile>) -> anyhow::Result<()> {
    let file = file.context("a file of the template is missing")?;
    let text = std::str::from_utf8(&file.data).context("a template is no text")?;
    write(path, text)
}

pub(super) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
