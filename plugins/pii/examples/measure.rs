//! Measures the guard on the sets of a folder (`presidio_recognizer_cases.jsonl`,
//! `synth_dataset_v2_dev.json`, `generated_small_dev.json`):
//!
//! ```sh
//! cargo run --release -p guard-pii --example measure -- FOLDER [--mistakes LABEL | --time NAME]
//! cargo run --release -p guard-pii --example measure -- FOLDER --hits LABEL
//! ```
//!
//! The last lists the hits in the text files of any folder, for a look at what is taken in vain.
//!
//! What counts. A labelled entity is found if a hit of the same type shares at least one byte with
//! it; a hit is right if it shares at least one byte with an entity of the same type. Recall is
//! found entities over all entities, precision is right hits over all hits. Types the guard does
//! not look for (organisations, places, titles, ages) are left out. The research sets' rows are
//! split by a hash of their template: two thirds to tune on, one third to check; mistakes are
//! listed of the tuning part alone. A recognizer's rows count only hits of that recognizer's own
//! label, as presidio tests one recognizer at a time.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use guard_pii::Pii;
use sdk::{Guardrail, Side, Verdict};
use serde_json::Value;

/// Entity names of the research sets and our label for them.
const TYPES: [(&str, &str); 11] = [
    ("PERSON", "PERSON"),
    ("STREET_ADDRESS", "ADDRESS"),
    ("ADDRESS", "ADDRESS"),
    ("PHONE_NUMBER", "PHONE"),
    ("CREDIT_CARD", "CREDIT_CARD"),
    ("EMAIL_ADDRESS", "EMAIL"),
    ("IBAN_CODE", "IBAN"),
    ("IP_ADDRESS", "IP_ADDRESS"),
    ("US_SSN", "US_SSN"),
    ("ZIP_CODE", "POSTAL_CODE"),
    ("DATE_TIME", "DATE_OF_BIRTH"),
];
/// Recognizers whose label is not their name in capitals.
const RECOGNIZERS: [(&str, &str); 13] = [
    ("ip", "IP_ADDRESS"),
    ("mac", "MAC_ADDRESS"),
    ("spacy", "PERSON"),
    ("sg_fin", "SG_NRIC_FIN"),
    ("tr_phone_number", "PHONE"),
    ("us_bank", "BANK_ACCOUNT"),
    ("aba_routing", "ABA_ROUTING"),
    ("iban", "IBAN"),
    ("email", "EMAIL"),
    ("phone", "PHONE"),
    ("de_kfz", "LICENSE_PLATE"),
    ("tr_license_plate", "LICENSE_PLATE"),
    ("us_driver_license", "DRIVER_LICENSE"),
];

#[derive(Default, Clone, Copy)]
struct Count {
    entities: usize,
    found: usize,
    hits: usize,
    right: usize,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.entities += other.entities;
        self.found += other.found;
        self.hits += other.hits;
        self.right += other.right;
    }

    fn line(&self) -> String {
        let part = |part: usize, of: usize| {
            if of == 0 {
                1.0
            } else {
                part as f64 / of as f64
            }
        };
        let (p, r) = (part(self.right, self.hits), part(self.found, self.entities));
        let f1 = if p + r == 0.0 {
            0.0
        } else {
            2.0 * p * r / (p + r)
        };
        format!(
            "{:>5} entities  P {p:.3}  R {r:.3}  F1 {f1:.3}",
            self.entities
        )
    }
}

/// An entity or a hit: where and what.
type Span = (Range<usize>, String);

fn hits(text: &str) -> Vec<Span> {
    match Pii::check(sdk::testing::subject(Side::Input, text)) {
        Verdict::Redact(edits) => edits
            .into_iter()
            .map(|edit| {
                let span = edit.finding.span;
                (span.start as usize..span.end as usize, edit.finding.label)
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn touch(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

fn count(label: &str, gold: &[Span], hits: &[Span]) -> Count {
    let of = |spans: &[Span]| -> Vec<Range<usize>> {
        let own = spans.iter().filter(|(_, l)| l == label);
        own.map(|(span, _)| span.clone()).collect()
    };
    let (gold, hits) = (of(gold), of(hits));
    let met = |one: &[Range<usize>], other: &[Range<usize>]| {
        one.iter()
            .filter(|a| other.iter().any(|b| touch(a, b)))
            .count()
    };
    Count {
        entities: gold.len(),
        found: met(&gold, &hits),
        hits: hits.len(),
        right: met(&hits, &gold),
    }
}

/// FNV-1a, to split templates the same way on every machine.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

fn bytes_of(text: &str, chars: usize) -> usize {
    text.char_indices()
        .nth(chars)
        .map_or(text.len(), |(at, _)| at)
}

fn research(file: &Path, mistakes: Option<&str>) {
    let Ok(raw) = std::fs::read_to_string(file) else {
        eprintln!("skipped: {} is not there", file.display());
        return;
    };
    let rows: Value = serde_json::from_str(&raw).expect("the set is JSON");
    let mut counts: BTreeMap<(String, bool), Count> = BTreeMap::new();
    for row in rows.as_array().expect("the set is a list") {
        let text = row["full_text"].as_str().unwrap_or_default();
        let tuning = !(fnv(row["masked"].as_str().unwrap_or_default()) >> 32).is_multiple_of(3);
        let gold = gold(text, &row["spans"]);
        let hits = hits(text);
        for (_, label) in TYPES {
            let one = count(label, &gold, &hits);
            if one.entities + one.hits > 0 {
                counts
                    .entry((label.to_owned(), tuning))
                    .or_default()
                    .add(one);
            }
        }
        if tuning && let Some(wanted) = mistakes {
            list(text, wanted, &gold, &hits);
        }
    }
    println!("{}", file.file_name().unwrap_or_default().display());
    for ((label, tuning), count) in counts {
        let part = if tuning { "tuning" } else { "check" };
        println!("  {label:<14} {part:<7} {}", count.line());
    }
}

fn gold(text: &str, spans: &Value) -> Vec<Span> {
    let mut gold = Vec::new();
    for span in spans.as_array().into_iter().flatten() {
        let entity = span["entity_type"].as_str().unwrap_or_default();
        let value = span["entity_value"].as_str().unwrap_or_default();
        let Some((_, label)) = TYPES.iter().find(|(name, _)| *name == entity) else {
            continue;
        };
        // Weekdays and the like are no one's date of birth.
        if entity == "DATE_TIME" && !value.contains(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let at = |key: &str| bytes_of(text, span[key].as_u64().unwrap_or(0) as usize);
        gold.push((
            at("start_position")..at("end_position"),
            (*label).to_owned(),
        ));
    }
    gold
}

fn list(text: &str, wanted: &str, gold: &[Span], hits: &[Span]) {
    let shown = text.replace('\n', "⏎");
    for (what, own, others) in [("missed", gold, hits), ("wrong", hits, gold)] {
        for (span, label) in own {
            let met = others.iter().any(|(s, l)| l == label && touch(s, span));
            if !met && label == wanted {
                let part = text[span.clone()].replace('\n', "⏎");
                println!("{what:<6} {label} {part:?} in {shown:.220}");
            }
        }
    }
}

fn recognizers(file: &Path, mistakes: Option<&str>) {
    let Ok(raw) = std::fs::read_to_string(file) else {
        eprintln!("skipped: {} is not there", file.display());
        return;
    };
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut left_out = 0;
    for line in raw.lines() {
        let row: Value = serde_json::from_str(line).expect("each line is JSON");
        let name = row["recognizer"].as_str().unwrap_or_default();
        let known = RECOGNIZERS.iter().find(|(known, _)| *known == name);
        let label = match known {
            Some((_, label)) => (*label).to_owned(),
            // The shape alone does not say whose passport it is.
            None if name.ends_with("passport") => "PASSPORT".to_owned(),
            None => name.to_uppercase(),
        };
        // The set has rows whose text a program made, and rows that test another entity.
        let Some(text) = row["text"].as_str() else {
            left_out += 1;
            continue;
        };
        if row["entity_num"].as_u64().unwrap_or(0) != 0 {
            left_out += 1;
            continue;
        }
        let hits = hits(text);
        let one = case(text, &row, &label, &hits);
        if mistakes == Some(label.as_str()) && (one.found < one.entities || one.right < one.hits) {
            println!("{name} {text:?} wants {} got {hits:?}", one.entities);
        }
        counts
            .entry(format!("{name} {label}"))
            .or_default()
            .add(one);
    }
    println!(
        "{} ({left_out} rows without a text or of another entity left out)",
        file.file_name().unwrap_or_default().display()
    );
    for (name, count) in counts {
        println!("  {name:<44} {}", count.line());
    }
}

fn case(text: &str, row: &Value, label: &str, hits: &[Span]) -> Count {
    let wanted = row["expected_len"].as_u64().unwrap_or(0) as usize;
    let one = [row["expected_position"].clone()];
    let positions = match (&row["expected_positions"], &row["expected_res"]) {
        (Value::Array(all), _) | (_, Value::Array(all)) => all.as_slice(),
        _ => &one,
    };
    let mut gold: Vec<Span> = Vec::new();
    for span in positions.iter().take(wanted) {
        let at = |i: usize| bytes_of(text, span[i].as_u64().unwrap_or(0) as usize);
        if span.is_array() {
            gold.push((at(0)..at(1), label.to_owned()));
        }
    }
    // Rows that say how many but not where.
    if gold.is_empty() && wanted > 0 {
        let own = hits.iter().filter(|(_, l)| l == label).count();
        return Count {
            entities: wanted,
            found: own.min(wanted),
            hits: own,
            right: own.min(wanted),
        };
    }
    count(label, &gold, hits)
}

/// Counts the hits in the text files of a folder and lists those of one label.
fn spurious(folder: &Path, wanted: &str) {
    let (mut counts, mut bytes) = (BTreeMap::<String, usize>::new(), 0);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(text) = std::fs::read_to_string(entry.path()) else {
            continue;
        };
        bytes += text.len();
        for (span, label) in hits(&text) {
            if label == wanted {
                let from = bytes_of_before(&text, span.start);
                let shown = text[from..span.end].replace('\n', "⏎");
                println!("{label} {:?} in {shown:?}", &text[span]);
            }
            *counts.entry(label).or_default() += 1;
        }
    }
    println!("{} KB: {counts:?}", bytes / 1024);
}

/// The border at most thirty bytes before `at`.
fn bytes_of_before(text: &str, at: usize) -> usize {
    (at.saturating_sub(30)..=at)
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(at)
}

/// Two kilobytes of plain prose with capitals, numbers and no one in it.
fn clean() -> String {
    let text = "Please compare the two offers that came in on Monday and say which of them is \
        better for a team of 12 people. The first costs 1,250 euros a month with a discount of \
        15 % in the second year; the second is billed by usage, about 0.03 per request, and needs \
        version 3.2.1 or later. We expect 40,000 requests a day at first. Our main concern is how \
        long it takes to move the data, because the old system will be switched off in 2026. ";
    text.repeat(2048 / text.len() + 1)[..2048].to_owned()
}

#[allow(clippy::disallowed_methods, reason = "measuring is reading the clock")]
fn time(name: &str, text: &str) {
    let subject = sdk::testing::subject(Side::Input, text);
    let rounds = (20_000_000 / text.len()).clamp(1, 5000);
    let mut best = f64::MAX;
    for _ in 0..5 {
        let begin = Instant::now();
        for _ in 0..rounds {
            std::hint::black_box(sdk::window::check::<guard_pii::Patterns>(&subject));
        }
        best = best.min(begin.elapsed().as_secs_f64() / rounds as f64);
    }
    let (us, kb) = (best * 1e6, text.len() as f64 / 1024.0);
    println!(
        "  {name:<32} {:>8} bytes  {us:>10.1} us  {:>7.2} us/KB",
        text.len(),
        us / kb
    );
}

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap_or("../../shared/data/pii".to_owned());
    let flag = args.next();
    let value = args.next();
    let of = |name: &str| {
        flag.as_deref()
            .filter(|flag| *flag == name)
            .and(value.clone())
    };
    let folder = Path::new(&folder);
    if let Some(name) = of("--time") {
        return times(Some(&name));
    }
    if let Some(label) = of("--hits") {
        return spurious(folder, &label);
    }
    let mistakes = of("--mistakes");
    recognizers(
        &folder.join("presidio_recognizer_cases.jsonl"),
        mistakes.as_deref(),
    );
    for set in ["synth_dataset_v2_dev.json", "generated_small_dev.json"] {
        research(&folder.join(set), mistakes.as_deref());
    }
    times(None);
}

fn times(only: Option<&str>) {
    println!("time, native, best of five");
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    if wanted("clean question") {
        time("clean question", &clean());
    }
    for (name, unit) in [
        ("digits", "1"),
        ("digits in pairs", "11 "),
        ("digits in fours", "4111 "),
        ("dashes", "123-45-"),
        ("dots", "1.2.3."),
        ("colons", "a:b::"),
        ("at signs", "a@b."),
        ("capitals", "Anna "),
        ("initials", "A. B. "),
        ("streets", "12 Main Street, "),
        ("lines of streets", "12 Main Street\n"),
        ("named numbers", "SSN tel card 123456789 "),
        ("account", "DE12 "),
        ("one word", "Aa"),
        ("particles", "Anna van de "),
    ] {
        if wanted(name) {
            time(name, &unit.repeat((1 << 20) / unit.len()));
        }
    }
}
