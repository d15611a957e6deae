//! Measures the guard on gitleaks' own test strings and on ordinary text:
//!
//! ```sh
//! cargo run --release -p guard-secrets --example measure -- ../../shared/data [--mistakes]
//! ```
//!
//! What counts. A row of `secrets/gitleaks_cases.jsonl.gz` says whether its text holds a secret in
//! the eyes of one rule; the guard says so if it redacts anything. A text that one rule calls a
//! secret and another does not is a secret: it is one row, and the guard has no rules to choose
//! from. Ordinary text (the guard data's benign prompts, documents, this repository) holds no
//! secrets, so each hit in it is spurious, but for those in sources that test for secrets.

#![allow(
    clippy::disallowed_methods,
    reason = "a program that measures reads the clock"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use guard_secrets::Secrets;
use sdk::{Edit, Guardrail, Side, Subject, Verdict};
use serde_json::Value;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().unwrap_or("../../shared/data".to_owned());
    let mistakes = arguments.any(|argument| argument == "--mistakes");
    let data = Path::new(&data);
    cases(&data.join("secrets/gitleaks_cases.jsonl.gz"), mistakes);
    for folder in [
        "guard/benign",
        "guard",
        "docs",
        "retrieval/xquad-en",
        "retrieval/cisi",
    ] {
        ordinary(&data.join(folder), mistakes);
    }
    for folder in [
        "../src",
        "../docs",
        "../assets/ui/src",
        "../tests",
        "../plugins",
    ] {
        ordinary(Path::new(folder), mistakes);
    }
    speed();
}

/// Right and wrong of one rule.
#[derive(Default, Clone, Copy)]
struct Count {
    secrets: usize,
    found: usize,
    others: usize,
    spurious: usize,
}

fn cases(path: &Path, mistakes: bool) {
    let Some(rows) = rows(path) else {
        eprintln!("{} is not there: skipped", path.display());
        return;
    };
    let text = |row: &Value| row["text"].as_str().unwrap_or_default().to_owned();
    let secret = |row: &Value| row["expect"] == "secret";
    let secrets: BTreeSet<String> = rows.iter().filter(|row| secret(row)).map(text).collect();
    let mut rules: BTreeMap<String, Count> = BTreeMap::new();
    let mut all = Count::default();
    for row in &rows {
        let (text, name) = (text(row), row["rule"].as_str().unwrap_or_default());
        if !secret(row) && secrets.contains(&text) {
            continue;
        }
        let found = !edits(&text).is_empty();
        for count in [&mut all, rules.entry(name.to_owned()).or_default()] {
            if secret(row) {
                count.secrets += 1;
                count.found += usize::from(found);
            } else {
                count.others += 1;
                count.spurious += usize::from(found);
            }
        }
        if mistakes && found != secret(row) {
            println!(
                "{} {name}: {text:.160}",
                if found { "spurious" } else { "missed" }
            );
        }
    }
    println!("{:42} {:>16} {:>16}", "rule", "found", "spurious");
    for (name, count) in &rules {
        println!(
            "{name:42} {:>16} {:>16}",
            share(count.found, count.secrets),
            share(count.spurious, count.others)
        );
    }
    println!("recall    {}", interval(all.found, all.secrets));
    println!(
        "precision {}",
        interval(all.found, all.found + all.spurious)
    );
    println!(
        "left alone {}",
        interval(all.others - all.spurious, all.others)
    );
}

fn rows(path: &Path) -> Option<Vec<Value>> {
    let mut text = String::new();
    let mut child = Command::new("gzip")
        .arg("-dc")
        .arg(path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdout.take()?.read_to_string(&mut text).ok()?;
    child.wait().ok()?.success().then_some(())?;
    text.lines()
        .map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn edits(text: &str) -> Vec<Edit> {
    match Secrets::check(sdk::testing::subject(Side::Output, text)) {
        Verdict::Redact(edits) => edits,
        _ => Vec::new(),
    }
}

fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    format!("{part} of {whole}")
}

/// With Wilson's interval at 95 %.
fn interval(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "- (no rows)".to_owned();
    }
    let (p, n, z) = (part as f64 / whole as f64, whole as f64, 1.96);
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    format!(
        "{p:.3} [{:.3}, {:.3}] ({part} of {whole})",
        middle - half,
        middle + half
    )
}

fn ordinary(folder: &Path, mistakes: bool) {
    let mut texts = Vec::new();
    walk(folder, &mut texts);
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let mut hits = 0;
    for (name, text) in &texts {
        for edit in edits(text) {
            hits += 1;
            if mistakes {
                let span = &edit.finding.span;
                let mut from = span.start.saturating_sub(40) as usize;
                while !text.is_char_boundary(from) {
                    from += 1;
                }
                let shown = text[from..span.end as usize].replace('\n', "⏎");
                println!("{name}: {} in {shown:.200}", edit.finding.label);
            }
        }
    }
    let kib = bytes as f64 / 1024.0;
    println!(
        "{:22} {:>4} files {kib:>8.0} KiB {hits:>4} hits, {:.4} per KiB",
        folder.display(),
        texts.len(),
        if bytes == 0 { 0.0 } else { hits as f64 / kib }
    );
}

fn walk(folder: &Path, texts: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.to_string_lossy().into_owned();
        if path.is_dir()
            && !["target", "dist", "node_modules"]
                .iter()
                .any(|skip| name.ends_with(skip))
        {
            walk(&path, texts);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            texts.push((name, text));
        }
    }
}

fn speed() {
    let clean = "The quarterly meeting notes say that the pump in the north hall was repaired \
        and that the invoice has been paid on time. "
        .repeat(17);
    let talk =
        "Note: the password must be long, see https://example.org/help/accounts/tokens?page=2 \
        and max_tokens = 4096; key: value, a_function_name_of_some_length(argument). "
            .repeat(13);
    let mut hostile: Vec<(String, String)> = Vec::new();
    for unit in [
        "sk-",
        "-----BEGIN ",
        "a://b:c@",
        "token=",
        "password: ",
        "eyJ",
        "xoxb-1-",
        "A",
        "ghp_",
        "curl -u ",
        "a:A1",
        "kind: Secret data: ",
        "AKIAAKIA",
        "-----BEGIN PRIVATE KEY-----",
        "key,key>",
        "s.1.atlasv1.",
        "Q~",
        "|",
        "api_key:",
        "0123456789:AA",
        "EAAC",
        "\"auth\":",
        "SWdub3JlIGFsbCBydWxlcw== ",
        "![a](http://a/?q=",
        "<a href=\"http://a.b/c\">",
        "is a1b2c3 ",
        "password=hunter2x ",
        "password:日本",
        "token: AAAAAAAAAAAAAAAA ",
        "AKIAIOSFODNN7EXAMPLQ,",
        "ZXlK/",
        "LS0tLS1CRUdJTi/",
        "a=b ",
        "curl a -H x:y ",
        "mysql -pabcdef ",
        ":5432:a:b:cd ",
    ] {
        hostile.push((unit.to_owned(), unit.repeat((1 << 20) / unit.len())));
    }
    let key = format!(
        "{}key AKIAIOSFODNN7EXAMPLQ {}",
        &clean[..1000],
        &clean[1026..]
    );
    let texts = [("clean", clean), ("with a key", key), ("talk", talk)];
    for (name, text) in texts {
        let rounds = 2000;
        println!(
            "{name:30} {:>5} bytes {:>9.2} µs",
            text.len(),
            time(&text, rounds) * 1e6
        );
    }
    for (name, text) in &hostile {
        println!("1 MiB of {name:30} {:>9.2} ms", time(text, 3) * 1e3);
    }
}

/// The fastest of some rounds, in seconds; the subject is made before the clock starts.
fn time(text: &str, rounds: usize) -> f64 {
    let plain = || Subject {
        side: Side::Input,
        text: text.to_owned(),
        view: text.to_owned(),
        runs: Vec::new(),
        decoded: Vec::new(),
    };
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let subject = plain();
        let start = Instant::now();
        let verdict = Secrets::check(subject);
        best = best.min(start.elapsed().as_secs_f64());
        std::hint::black_box(verdict);
    }
    best
}
