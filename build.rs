//! Puts the built plugins and the built web UI where the binary embeds them from, and says which
//! command makes what is missing or older than its sources. It builds nothing itself.
//!
//! `PRIVATESTACK_NO_UI=1` makes a binary without the web UI (`make openapi` needs one, because
//! the UI's client is generated from what that binary prints).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-env-changed=PRIVATESTACK_NO_UI");
    println!("cargo::rerun-if-changed=build.rs");
    let mut missing = Vec::new();
    plugins(&root, &out, &mut missing);
    ui(&root, &mut missing);
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    for what in missing {
        // A release must be whole; while developing, a part may be missing.
        println!(
            "cargo::{}={what}",
            if release { "error" } else { "warning" }
        );
    }
}

/// Writes the lists that `src/plugin/bundle.rs` includes.
fn plugins(root: &Path, out: &Path, missing: &mut Vec<String>) {
    let (sources, dist) = (root.join("plugins"), root.join("plugins/dist"));
    make(&dist.join("readers"));
    let (guards, readers) = (built(&dist), built(&dist.join("readers")));
    let mut list = String::from("pub(super) const BUNDLED: &[Bundled] = &[\n");
    for path in &guards {
        let (name, wasm) = (stem(path), path.display().to_string());
        list += &format!("    Bundled {{ name: {name:?}, wasm: include_bytes!({wasm:?}) }},\n");
    }
    list += "];\npub(super) const READERS: &[BundledReader] = &[\n";
    for path in &readers {
        let (name, wasm) = (stem(path), path.display().to_string());
        let about = sources.join("readers").join(&name).join("reader.toml");
        let about = about.display().to_string();
        list += &format!(
            "    BundledReader {{ name: {name:?}, wasm: include_bytes!({wasm:?}), about: \
             include_str!({about:?}) }},\n"
        );
    }
    list += "];\n";
    fs::write(out.join("bundled_plugins.rs"), list).expect("OUT_DIR can be written");
    let built: Vec<PathBuf> = guards.into_iter().chain(readers).collect();

    println!("cargo::rerun-if-changed={}", dist.display());
    let crates: Vec<PathBuf> = entries(&sources)
        .into_iter()
        .chain(entries(&sources.join("readers")))
        .filter(|path| path.join("Cargo.toml").exists())
        .collect();
    let mut watched = vec![root.join("wit"), sources.join("Cargo.toml")];
    for one in &crates {
        watched.extend([one.join("src"), one.join("Cargo.toml")]);
    }
    let newest = newest(&watched);
    let oldest = built.iter().filter_map(|path| modified(path)).min();
    match (newest, oldest) {
        (_, None) => missing.push("plugins/dist holds no plugins: run `make plugins`".to_owned()),
        (Some((source, at)), Some(made)) if at > made => missing.push(format!(
            "plugins/dist is older than {}: run `make plugins`",
            source.strip_prefix(root).unwrap_or(&source).display()
        )),
        _ => {}
    }
}

/// The guests in a folder, by name.
fn built(folder: &Path) -> Vec<PathBuf> {
    let is_guest = |path: &PathBuf| path.extension().is_some_and(|end| end == "wasm");
    let mut built: Vec<PathBuf> = entries(folder).into_iter().filter(is_guest).collect();
    built.sort();
    built
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// The UI is embedded from `assets/ui/dist`, which must exist even when it is empty.
fn ui(root: &Path, missing: &mut Vec<String>) {
    let (ui, dist) = (root.join("assets/ui"), root.join("assets/ui/dist"));
    make(&dist);
    println!("cargo::rerun-if-changed={}", dist.display());
    if std::env::var("PRIVATESTACK_NO_UI").is_ok_and(|no| no == "1") {
        return;
    }
    let watched = [
        "src",
        "index.html",
        "package.json",
        "vite.config.ts",
        "../common-passwords.txt",
    ]
    .map(|at| ui.join(at));
    match (newest(&watched), modified(&dist.join("index.html"))) {
        (_, None) => missing.push("assets/ui/dist holds no web UI: run `make ui`".to_owned()),
        (Some((source, at)), Some(made)) if at > made => missing.push(format!(
            "assets/ui/dist is older than {}: run `make ui`",
            source.strip_prefix(root).unwrap_or(&source).display()
        )),
        _ => {}
    }
}

/// The newest file below `roots`, each of which is watched if it is there.
fn newest(roots: &[PathBuf]) -> Option<(PathBuf, SystemTime)> {
    let mut newest: Option<(PathBuf, SystemTime)> = None;
    let mut open: Vec<PathBuf> = roots.iter().filter(|path| path.exists()).cloned().collect();
    for root in &open {
        println!("cargo::rerun-if-changed={}", root.display());
    }
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(entries(&path));
        } else if let Some(at) = modified(&path)
            && newest.as_ref().is_none_or(|(_, before)| at > *before)
        {
            newest = Some((path, at));
        }
    }
    newest
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// A folder that is watched must exist, or cargo would build each time.
fn make(folder: &Path) {
    fs::create_dir_all(folder).expect("the source folder can be written");
}
