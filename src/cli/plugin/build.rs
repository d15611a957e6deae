//! `plugin build`: runs the tool of the plugin's language in its folder; what comes of it is
//! `plugin.wasm`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::super::Context;
use crate::plugin::{Language, Manifest};

const TARGET: &str = "wasm32-unknown-unknown";

pub(super) fn build(context: &Context, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join("manifest.toml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let manifest = Manifest::parse(&text)?;
    let wasm = folder.join("plugin.wasm");
    match manifest.language {
        Some(Language::Rust) => rust(folder, &wasm)?,
        Some(Language::Js) => js(folder)?,
        Some(Language::Python) => python(folder)?,
        None => bail!("manifest.toml names no language, so it cannot be said how to build this"),
    }
    let bytes = fs::metadata(&wasm)
        .with_context(|| format!("the build made no {}", wasm.display()))?
        .len();
    let text = format!("{}, {} KiB", wasm.display(), bytes / 1024);
    context
        .output
        .result(&text, &json!({ "file": wasm, "bytes": bytes }));
    Ok(())
}

/// cargo, and the library that it made. The flags of a build around this one are not for it.
fn rust(folder: &Path, wasm: &Path) -> anyhow::Result<()> {
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => folder.join("target"),
    };
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--release", "--target", TARGET, "--target-dir"])
        .arg(std::path::absolute(&target)?)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    run(
        cargo,
        folder,
        "If the target is missing: rustup target add wasm32-unknown-unknown",
    )?;
    let made = target.join(TARGET).join("release/plugin.wasm");
    fs::copy(&made, wasm).with_context(|| format!("cannot copy {}", made.display()))?;
    Ok(())
}

fn js(folder: &Path) -> anyhow::Result<()> {
    if !folder.join("node_modules").exists() {
        let mut install = Command::new("npm");
        install.arg("install");
        run(install, folder, "npm comes with Node.js")?;
    }
    let mut build = Command::new("npm");
    build.args(["run", "--silent", "build"]);
    run(build, folder, "npm comes with Node.js")
}

/// The compiler of the folder's own environment, or one on the path.
fn python(folder: &Path) -> anyhow::Result<()> {
    let own = folder.join(".venv/bin/componentize-py");
    let program = match own.exists() {
        true => std::path::absolute(own)?,
        false => PathBuf::from("componentize-py"),
    };
    let mut build = Command::new(program);
    build.args([
        "-d",
        "wit",
        "-w",
        "granted",
        "componentize",
        "--stub-wasi",
        "app",
    ]);
    build.args(["-o", "plugin.wasm"]);
    run(
        build,
        folder,
        "Get it: python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
    )
}

fn run(mut command: Command, folder: &Path, hint: &str) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .current_dir(folder)
        .status()
        .with_context(|| format!("{name} cannot be run. {hint}"))?;
    if !status.success() {
        bail!("{name} failed. {hint}");
    }
    Ok(())
}
