//! Reads all PDF files below a folder and compares those that have an expected text with it.
//!
//! `cargo run --release -p reader-pdf --example measure -- ../../shared/data/docs [--text]`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reader_pdf::{Limits, Trouble, read};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(root) = arguments
        .next()
        .map(PathBuf::from)
        .filter(|root| root.is_dir())
    else {
        eprintln!("skipped: name a folder with PDF files");
        return;
    };
    let show = arguments.next().is_some();
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    println!("| file | words found / expected | recall | precision | ms |");
    println!("| --- | --- | --- | --- | --- |");
    for file in files {
        measure(&root, &file, show);
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "pdf") {
            files.push(path);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a tool that tells how long it takes"
)]
fn measure(root: &Path, file: &Path, show: bool) {
    let Ok(bytes) = std::fs::read(file) else {
        return;
    };
    let start = std::time::Instant::now();
    let result = read("", &bytes, Limits::of(bytes.len()));
    let ms = start.elapsed().as_secs_f64() * 1000.0;
    let name = file.strip_prefix(root).unwrap_or(file).display();
    let text = match &result {
        Ok(text) => text,
        Err(Trouble::Unreadable(words)) => {
            println!("| {name} | {words} | | | {ms:.1} |");
            return;
        }
        Err(other) => {
            println!("| {name} | {other:?} | | | {ms:.1} |");
            return;
        }
    };
    let found = words(&text.text);
    let expected = file.parent().map(|folder| folder.join("expected_outputs"));
    let expected = expected.and_then(|folder| Some(folder.join(file.file_stem()?)));
    let expected =
        expected.and_then(|path| std::fs::read_to_string(path.with_extension("md")).ok());
    let count = |words: &BTreeMap<String, usize>| words.values().sum::<usize>();
    match expected.map(|text| words(&rejoined(&text))) {
        Some(expected) => {
            let common = |(word, n): (&String, &usize)| *n.min(found.get(word).unwrap_or(&0));
            let both: usize = expected.iter().map(common).sum();
            let recall = both as f64 / count(&expected).max(1) as f64;
            let precision = both as f64 / count(&found).max(1) as f64;
            let (found, expected) = (count(&found), count(&expected));
            println!("| {name} | {found} / {expected} | {recall:.3} | {precision:.3} | {ms:.1} |");
        }
        None => println!(
            "| {name} | {} / - on {} pages | | | {ms:.1} |",
            count(&found),
            text.pages.len()
        ),
    }
    if show {
        println!("{}\n{:?}", text.text, text.pages);
    }
}

/// The expected texts part words at the ends of lines; the reader joins them.
fn rejoined(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let goes_on = lines
            .peek()
            .and_then(|next| next.chars().next())
            .is_some_and(char::is_lowercase);
        match line.strip_suffix('-') {
            Some(stem) if goes_on && stem.ends_with(char::is_alphabetic) => out.push_str(stem),
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

fn words(text: &str) -> BTreeMap<String, usize> {
    let mut words = BTreeMap::new();
    for word in text
        .to_lowercase()
        .split(|sign: char| !sign.is_alphanumeric())
    {
        if !word.is_empty() {
            *words.entry(word.to_owned()).or_insert(0) += 1;
        }
    }
    words
}
