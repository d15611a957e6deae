//! Reads the mails of a folder and compares their words with what is expected of them:
//! `cargo run --release -p reader-mail --example measure -- DOCS`, where beside `eml/…/NAME.eml` stands
//! `NAME.json`, the parts of the mail; `--show FILE` prints what is read from one.

#![allow(
    clippy::disallowed_methods,
    reason = "a program that measures reads the clock"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use reader_mail::{Budget, read};
use serde_json::Value;

fn main() {
    let mut args = std::env::args().skip(1);
    let first = args.next().unwrap_or_default();
    if first == "--show" {
        let path = args.next().unwrap_or_default();
        match read(
            &path,
            &std::fs::read(&path).unwrap_or_default(),
            &Budget::default(),
        ) {
            Ok(text) => println!("{}", text.text),
            Err(why) => println!("{why:?}"),
        }
        return;
    }
    println!(
        "{:22} {:>13} {:>7} {:>9} {:>8}",
        "file", "words", "recall", "precision", "ms"
    );
    let mut files = Vec::new();
    for folder in [
        "eml/legacy",
        "eml/malformed",
        "eml/rfc",
        "markitdown",
        "hostile/made",
    ] {
        let entries = std::fs::read_dir(Path::new(&first).join(folder))
            .into_iter()
            .flatten()
            .flatten();
        let mails = entries.map(|entry| entry.path());
        files.extend(mails.filter(|path| {
            path.extension()
                .is_some_and(|end| end == "eml" || end == "msg")
        }));
    }
    files.sort();
    for path in files {
        measure(&path);
    }
}

fn measure(path: &PathBuf) {
    let bytes = std::fs::read(path).unwrap_or_default();
    let start = std::time::SystemTime::now();
    let read = read("a.eml", &bytes, &Budget::default());
    let ms = start.elapsed().unwrap_or_default().as_secs_f64() * 1000.0;
    let name = path
        .iter()
        .rev()
        .take(2)
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>();
    let name = format!("{}/{}", name[1], name[0]);
    let text = match read {
        Ok(read) => read.text,
        Err(why) => return println!("{name:22} {why:?} {ms:.2} ms"),
    };
    let found = words(&text);
    let total: usize = found.values().sum();
    let json = std::fs::read(path.with_extension("json")).ok();
    let Some(mail) = json.and_then(|json| serde_json::from_slice::<Value>(&json).ok()) else {
        return println!("{name:22} {total:>6}/------ {:>7} {:>9} {ms:>8.2}", "", "");
    };
    let mut texts = String::new();
    expected(&mail, &mut texts);
    let wanted = words(&texts);
    let all: usize = wanted.values().sum();
    let both: usize = wanted
        .iter()
        .map(|(word, count)| found.get(word).copied().unwrap_or(0).min(*count))
        .sum();
    println!(
        "{name:22} {total:>6}/{all:>6} {:>7.3} {:>9.3} {ms:>8.2}",
        both as f64 / all.max(1) as f64,
        both as f64 / total.max(1) as f64
    );
}

/// The subject, the people, the text and the names of attachments that a mail is known to have.
fn expected(mail: &Value, out: &mut String) {
    let part = |id: &Value| &mail["parts"][id.as_u64().unwrap_or_default() as usize];
    for header in mail["parts"][0]["headers"].as_array().into_iter().flatten() {
        let name = header["name"].as_str().unwrap_or_default();
        if ["from", "to", "cc", "subject"].contains(&name) {
            out.push_str(name);
            out.push('\n');
            strings(&header["value"], out);
        }
        // A subject has no name before it; a date is written in numbers.
        *out = out.replace("subject\n", "");
        if name == "date" {
            date(&header["value"]["DateTime"], out);
        }
    }
    for id in mail["text_body"].as_array().into_iter().flatten() {
        if let Some(text) = part(id)["body"]["Text"].as_str() {
            out.push_str(text);
            out.push('\n');
        }
    }
    for id in mail["attachments"].as_array().into_iter().flatten() {
        let part = part(id);
        out.push_str(if out.contains("attachments\n") {
            ""
        } else {
            "attachments\n"
        });
        names(&part["headers"], out);
        if let Some(text) = part["body"]["Text"].as_str() {
            out.push_str(text);
            out.push('\n');
        }
        let inner = &part["body"]["Message"];
        if !inner.is_null() {
            expected(inner, out);
        }
    }
}

fn date(value: &Value, out: &mut String) {
    for (field, digits) in [
        ("year", 4),
        ("month", 2),
        ("day", 2),
        ("hour", 2),
        ("minute", 2),
        ("second", 2),
        ("tz_hour", 2),
        ("tz_minute", 2),
    ] {
        let number = value[field].as_u64().unwrap_or_default();
        out.push_str(&format!("{number:0digits$}\n"));
    }
    out.push_str("date\n");
}

/// What an attachment is called.
fn names(headers: &Value, out: &mut String) {
    let all = headers.as_array().into_iter().flatten();
    let attributes = all.flat_map(|header| {
        let kind = &header["value"]["ContentType"]["attributes"];
        kind.as_array().into_iter().flatten()
    });
    let mut named = attributes.filter(|one| one["name"] == "filename" || one["name"] == "name");
    if let Some(name) = named.next_back() {
        strings(&name["value"], out);
    }
}

fn strings(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => {
            out.push_str(text);
            out.push('\n');
        }
        Value::Array(all) => all.iter().for_each(|value| strings(value, out)),
        Value::Object(all) => all.values().for_each(|value| strings(value, out)),
        _ => {}
    }
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
