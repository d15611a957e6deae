//! Reads the files of a folder and compares their words with texts that are expected:
//! `cargo run --release -p reader-web --example measure -- DOCS [EXPECTED]`, where EXPECTED holds
//! `NAME.txt` or `NAME.md` for a file NAME.html; `--show FILE` prints what is read from one.

#![allow(
    clippy::disallowed_methods,
    reason = "a program that measures reads the clock"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use reader_web::{Budget, can_read, read};

fn main() {
    let mut args = std::env::args().skip(1);
    let first = args.next().unwrap_or_default();
    if first == "--show" {
        let path = PathBuf::from(args.next().unwrap_or_default());
        let bytes = std::fs::read(&path).unwrap_or_default();
        match read(&name(&path), &bytes, &Budget::default()) {
            Ok(text) => println!("{}", text.text),
            Err(why) => println!("{why:?}"),
        }
        return;
    }
    let docs = Path::new(&first);
    let expected = args
        .next()
        .map_or_else(|| docs.join("markitdown/expected_outputs"), PathBuf::from);
    println!(
        "{:40} {:>13} {:>7} {:>9} {:>8}",
        "file", "words", "recall", "precision", "ms"
    );
    let mut files = Vec::new();
    for folder in ["markitdown", "hostile/made", "."] {
        let entries = std::fs::read_dir(docs.join(folder))
            .into_iter()
            .flatten()
            .flatten();
        files.extend(
            entries
                .map(|entry| entry.path())
                .filter(|path| can_read(&name(path))),
        );
    }
    files.sort();
    for path in files {
        measure(&path, &expected);
    }
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn measure(path: &Path, expected: &Path) {
    let bytes = std::fs::read(path).unwrap_or_default();
    let start = std::time::SystemTime::now();
    let read = read(&name(path), &bytes, &Budget::default());
    let ms = start.elapsed().unwrap_or_default().as_secs_f64() * 1000.0;
    let text = match read {
        Ok(read) => read.text,
        Err(why) => return println!("{:40} {why:?} {ms:.2} ms", name(path)),
    };
    let found = words(&text);
    let total: usize = found.values().sum();
    let stem = path.file_stem().unwrap_or_default();
    let wanted = ["txt", "md"]
        .iter()
        .find_map(|end| std::fs::read_to_string(expected.join(stem).with_extension(end)).ok());
    let Some(wanted) = wanted.map(|text| words(&text)) else {
        return println!(
            "{:40} {total:>7} / ---- {:>7} {:>9} {ms:>8.2}",
            name(path),
            "",
            ""
        );
    };
    let all: usize = wanted.values().sum();
    let both: usize = wanted
        .iter()
        .map(|(word, count)| found.get(word).copied().unwrap_or(0).min(*count))
        .sum();
    println!(
        "{:40} {total:>6}/{all:>6} {:>7.3} {:>9.3} {ms:>8.2}",
        name(path),
        both as f64 / all.max(1) as f64,
        both as f64 / total.max(1) as f64
    );
}

fn words(text: &str) -> HashMap<String, usize> {
    let mut all = HashMap::new();
    for word in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        *all.entry(word.to_lowercase()).or_default() += 1;
    }
    all
}
