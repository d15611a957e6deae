//! `--watch`: builds a plugin anew whenever a source of it changes, and does the rest again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::super::Context;
use super::build;

/// How often the folder is looked at; a change counts when it has settled.
const PAUSE: Duration = Duration::from_millis(300);

/// Files that are looked at, at most.
const FILES: usize = 20_000;

/// What builds make, and what tools keep: no source.
const MADE: [&str; 8] = [
    "target",
    "node_modules",
    "dist",
    "build",
    "__pycache__",
    ".venv",
    ".git",
    "plugin.wasm",
];

/// Builds and does `work`, now and after each change, until it is interrupted. What goes wrong is
/// told, and the next change is waited for.
pub(super) fn watch(
    context: &Context,
    folder: &Path,
    mut work: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut seen = BTreeMap::new();
    loop {
        let now = settled(folder);
        if now != seen {
            seen = now;
            if let Err(error) = build::build(context, folder).and_then(|()| work()) {
                context.output.error(&error);
            }
            // What the build itself wrote is no change of the author's.
            seen.extend(sources(folder));
            context.output.note("waiting for a change; Ctrl-C ends it");
        }
        std::thread::sleep(PAUSE);
    }
}

/// Whether a source changed after `plugin.wasm` was built. The texts that are packed beside it are
/// no sources of it.
pub(super) fn is_stale(folder: &Path) -> bool {
    let built = fs::metadata(folder.join("plugin.wasm")).and_then(|about| about.modified());
    let Ok(built) = built else { return false };
    let beside = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy());
        name.is_some_and(|name| BESIDE.contains(&&*name))
    };
    let mut sources = sources(folder).into_iter();
    sources.any(|(path, (at, _))| at > built && !beside(&path))
}

/// The sources once they stay as they are: editors write in several steps.
fn settled(folder: &Path) -> BTreeMap<PathBuf, (SystemTime, u64)> {
    let mut before = sources(folder);
    loop {
        std::thread::sleep(PAUSE / 3);
        let now = sources(folder);
        if now == before {
            return now;
        }
        before = now;
    }
}

/// Files that no build reads.
const BESIDE: [&str; 5] = [
    "cases.toml",
    "manifest.toml",
    "README.md",
    "Cargo.lock",
    "package-lock.json",
];

/// When each source was changed, and how long it is.
fn sources(folder: &Path) -> BTreeMap<PathBuf, (SystemTime, u64)> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if MADE.contains(&&*name) || name.ends_with(".psp") || found.len() == FILES {
                continue;
            }
            match entry.metadata() {
                Ok(about) if about.is_dir() => open.push(path),
                Ok(about) if about.is_file() => {
                    let at = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    found.insert(path, (at, about.len()));
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_counts_and_what_is_made_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        for made in ["plugin.wasm", "a.psp", "target/x", "node_modules/a/b.js"] {
            write(made);
        }
        assert_eq!(settled(folder.path()), BTreeMap::new());
        write("src/lib.rs");
        let one = settled(folder.path());
        assert_eq!(one.len(), 1);
        fs::write(folder.path().join("src/lib.rs"), "longer").unwrap();
        assert_ne!(settled(folder.path()), one);
        assert!(is_stale(folder.path()));
        fs::remove_file(folder.path().join("plugin.wasm")).unwrap();
        assert!(!is_stale(folder.path()));
        write("plugin.wasm");
        write("cases.toml");
        assert!(!is_stale(folder.path()));
    }
}
