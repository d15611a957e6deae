//! How much of the words of files is read, and how long it takes.
//!
//! `cargo run --release -p reader-office --example measure -- FOLDER [EXPECTED]`: for each file under
//! FOLDER that the reader knows the words of EXPECTED/FILE.txt (the default: `expected_outputs`
//! beside it) are compared with what is read. Words are runs of letters and digits, in small
//! letters, counted as often as they stand there.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use reader_office::{Budget, EXTENSIONS, read};

fn main() {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let Some(folder) = arguments.next() else {
        eprintln!("measure FOLDER [EXPECTED]");
        return;
    };
    let expected = arguments.next();
    let mut files = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let end = path
                .extension()
                .and_then(|end| end.to_str())
                .unwrap_or_default();
            match path.is_dir() {
                true => folders.push(path),
                false if EXTENSIONS.contains(&end) => files.push(path),
                false => {}
            }
        }
    }
    files.sort();
    println!(
        "{:44} {:>13} {:>7} {:>9} {:>8}",
        "file", "words", "recall", "precision", "ms"
    );
    for file in files {
        measure(&file, expected.as_deref());
    }
}

#[expect(clippy::disallowed_methods, reason = "what is measured is real time")]
fn measure(file: &Path, expected: Option<&Path>) {
    let Ok(bytes) = std::fs::read(file) else {
        return;
    };
    let name = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let begun = Instant::now();
    let said = read(&name, &bytes, Budget::default());
    let ms = begun.elapsed().as_secs_f64() * 1e3;
    let beside = file.with_file_name("expected_outputs");
    let wanted = expected.unwrap_or(&beside).join(format!("{name}.txt"));
    let short: String = name
        .chars()
        .rev()
        .take(44)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    match (&said, std::fs::read_to_string(wanted)) {
        (Ok(document), Ok(wanted)) => {
            let (got, wanted) = (words(&document.text), words(&wanted));
            let both: usize = wanted
                .iter()
                .map(|(word, count)| got.get(word).unwrap_or(&0).min(count))
                .sum();
            let all = |words: &HashMap<String, usize>| words.values().sum::<usize>();
            let share = |all: usize| {
                if all == 0 {
                    1.0
                } else {
                    both as f64 / all as f64
                }
            };
            println!(
                "{short:44} {both:>6}/{:<6} {:>7.3} {:>9.3} {ms:>8.1}",
                all(&wanted),
                share(all(&wanted)),
                share(all(&got)),
            );
        }
        (Ok(document), Err(_)) => {
            println!(
                "{short:44} {:>6}/?      {:>7} {:>9} {ms:>8.1}",
                words(&document.text).values().sum::<usize>(),
                "",
                ""
            );
        }
        (Err(problem), _) => println!("{short:44} {problem:.60?} {ms:.1}"),
    }
}

fn words(text: &str) -> HashMap<String, usize> {
    let mut words = HashMap::new();
    let parts = text.split(|c: char| !c.is_alphanumeric());
    for word in parts.filter(|word| !word.is_empty()) {
        *words.entry(word.to_lowercase()).or_default() += 1;
    }
    words
}
