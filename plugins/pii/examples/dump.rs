//! Writes down every edit in the texts of a folder and in texts of chance, to compare what two
//! states of the rules find:
//!
//! ```sh
//! cargo run --release -p guard-pii --example dump -- FOLDER CASES > FILE
//! ```
//!
//! Each file is judged whole and line by line, a line of JSON as its strings; the texts of chance
//! are made of the words of CASES (a state of `cases.toml`), of kinds that cost much, and of digits
//! and signs. A line of the output is a hash of the text, a span, a label and how sure it is; no
//! text.

use std::path::Path;

use guard_pii::Pii;
use sdk::testing::Random;
use sdk::{Guardrail, Side, Verdict};
use serde_json::Value;

/// Bytes of a file that are read at most.
const MOST: usize = 8 << 20;
/// Texts of chance.
const CHANCE: usize = 30_000;

/// Pieces beside the words of the cases.
const PIECES: [&str; 48] = [
    "1",
    "11 ",
    "212 ",
    "4111 ",
    "123-45-",
    "030/12 ",
    "(0)1 ",
    "+",
    "+49 1 ",
    "0",
    "1.2.3.",
    "10.0.0.1 ",
    "v1.2.3.4 ",
    "a:b::",
    ":",
    ".",
    "-",
    "deadbeef01",
    "00:1a:",
    "1a-",
    "@",
    "a@b.c ",
    "A. B. ",
    "A ",
    "van de ",
    "Dr. ",
    "my name is ",
    ", ",
    "12 Main Street",
    "Rue de la ",
    "PO Box 1 ",
    "DE12 ",
    "SSN ",
    "tel ",
    "card ",
    "2125551234 ",
    "4111111111111111 ",
    "123-45-6789 ",
    "A1 ",
    "a1",
    "12 March 1980 ",
    "1980-03-12 ",
    "AB C 1 ",
    "é",
    "中",
    "\u{200b}",
    "\n",
    " ",
];

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_default();
    sdk::host::set("note", "");
    files(Path::new(&folder));
    let cases = std::env::args()
        .nth(2)
        .unwrap_or("pii/cases.toml".to_owned());
    let cases = std::fs::read_to_string(cases).expect("the cases are there");
    let cases = sdk::testing::texts(&cases);
    let words: Vec<&str> = cases.iter().flat_map(|text| text.split(' ')).collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..CHANCE {
        let mut text = String::new();
        let kinds = 1 + random.below(6);
        let own: Vec<&str> = (0..kinds).map(|_| PIECES[random.below(48)]).collect();
        for _ in 0..1 + random.below(if round % 16 == 0 { 400 } else { 40 }) {
            match random.below(4) {
                0 => {
                    text += words[random.below(words.len())];
                    text.push(' ');
                }
                1 => text.push(char::from(b'0' + random.below(10) as u8)),
                _ => text += own[random.below(kinds)],
            }
        }
        tell(&text);
    }
}

/// Every file of a folder and those in it, in order.
fn files(folder: &Path) {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path);
            continue;
        }
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST)]);
        if text.bytes().take(4096).filter(|byte| *byte == 0).count() > 0 {
            continue;
        }
        tell(&text);
        for line in text.lines() {
            tell(line);
        }
        for json in serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>() {
            let Ok(json) = json else { break };
            strings(&json);
        }
    }
}

fn strings(json: &Value) {
    match json {
        Value::String(text) => tell(text),
        Value::Array(all) => all.iter().for_each(strings),
        Value::Object(all) => all.values().for_each(strings),
        _ => {}
    }
}

fn tell(text: &str) {
    let Verdict::Redact(edits) = Pii::check(sdk::testing::subject(Side::Input, text)) else {
        return;
    };
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    for edit in edits {
        let found = edit.finding;
        println!(
            "{hash:016x} {}..{} {} {}",
            found.span.start, found.span.end, found.label, found.score
        );
    }
}
