//! `plugin pack`, `keygen` and `sign`: one file that a box can trust.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use super::super::Context;
use super::watch;
use crate::plugin::{Package, SigningKey};

/// What a folder holds, as a package.
pub(super) fn package(context: &Context, folder: &Path) -> anyhow::Result<Package> {
    let read = |name: &str, hint: &str| {
        let path = folder.join(name);
        fs::read(&path).with_context(|| format!("cannot read {}{hint}", path.display()))
    };
    let text = |name: &str| {
        let bytes = read(name, "")?;
        String::from_utf8(bytes).with_context(|| format!("{name} is no text in UTF-8"))
    };
    if watch::is_stale(folder) {
        context.output.note(
            "note: a source is newer than plugin.wasm; `privatestack plugin build` makes it anew",
        );
    }
    let wasm = read("plugin.wasm", "; make it with `privatestack plugin build`")?;
    Ok(Package::new(
        &text("manifest.toml")?,
        wasm,
        &text("cases.toml")?,
    )?)
}

pub(super) fn pack(context: &Context, folder: &Path, out: Option<PathBuf>) -> anyhow::Result<()> {
    let package = package(context, folder)?;
    let name = format!("{}.psp", package.manifest.id);
    let out = out.unwrap_or_else(|| folder.join(name));
    let bytes = package.write()?;
    fs::write(&out, &bytes).with_context(|| format!("cannot write {}", out.display()))?;
    let text = format!("{}, {} KiB, not signed", out.display(), bytes.len() / 1024);
    context
        .output
        .result(&text, &json!({ "file": out, "bytes": bytes.len() }));
    Ok(())
}

pub(super) fn keygen(context: &Context, file: &Path) -> anyhow::Result<()> {
    let key = SigningKey::generate()?;
    // A key that is there already is never overwritten.
    let mut options = fs::OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(file);
    let mut made = made.with_context(|| format!("cannot make {}", file.display()))?;
    writeln!(made, "{}", key.secret().expose())?;
    let publisher = key.publisher();
    let text = format!(
        "{} holds the secret key: keep it to yourself. Boxes that trust you name the public one:\n\
         [plugins]\npublishers = [\"{}\"]",
        file.display(),
        publisher.as_str()
    );
    let said = json!({ "file": file, "publisher": publisher.as_str() });
    context.output.result(&text, &said);
    Ok(())
}

pub(super) fn sign(context: &Context, path: &Path, key: &Path) -> anyhow::Result<()> {
    let text = fs::read_to_string(key).with_context(|| format!("cannot read {}", key.display()))?;
    let key = SigningKey::parse(&text)?;
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut package = Package::read(&bytes)?;
    package.sign(&key)?;
    fs::write(path, package.write()?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    let publisher = key.publisher();
    let text = format!("{} is signed by {}", path.display(), publisher.as_str());
    let said = json!({ "file": path, "publisher": publisher.as_str() });
    context.output.result(&text, &said);
    Ok(())
}
