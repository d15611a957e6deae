//! The workshop of the injection guard: measures it on the shared sets and trains its model.
//!
//!     cargo run --release -p injection-lab -- measure [FOLDER] [mistakes]

use std::path::{Path, PathBuf};
use std::time::Instant;

use guard_injection::judge;
use injection_lab::rows::{self, Row};
use injection_lab::{held, host, report, train};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let folder = arguments.next().map_or_else(default_folder, PathBuf::from);
    let rest: Vec<String> = arguments.collect();
    match command.as_str() {
        "measure" => measure(&folder, rest.iter().any(|word| word == "mistakes")),
        "train" => train::train(&folder, &rest),
        "held-out" => held::print(rest.iter().any(|word| word == "mistakes")),
        "left-out" => train::left_out(&folder),
        "rows" => write(&folder, rest.first().map_or(".", String::as_str)),
        _ => {
            eprintln!(
                "injection-lab measure|train|held-out|left-out [FOLDER] [mistakes] | rows FOLDER OUT"
            )
        }
    }
}

fn default_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data/guard")
}

/// The half for testing, a file for each class, as `privatestack eval guard` reads it.
fn write(folder: &Path, out: &str) {
    let Some(rows) = rows::load(folder) else {
        eprintln!("skipped: no shared sets at {}", folder.display());
        return;
    };
    for class in rows::Class::ALL {
        let of = rows.iter().filter(|row| row.test && row.class == class);
        let side = match class.side() {
            sdk::Side::Input => "input",
            _ => "retrieved",
        };
        let label = if class.attack() { "attack" } else { "benign" };
        let line = |row: &rows::Row| {
            let line = serde_json::json!({ "text": row.text, "label": label, "side": side });
            format!("{line}\n")
        };
        let name = format!("{class:?}.jsonl").to_lowercase();
        let lines: String = of.map(line).collect();
        std::fs::write(Path::new(out).join(&name), lines).expect("the folder can be written");
        println!("wrote {name}");
    }
}

fn measure(folder: &Path, mistakes: bool) {
    let Some(mut rows) = rows::load(folder) else {
        eprintln!("skipped: no shared sets at {}", folder.display());
        return;
    };
    rows.extend(rows::others(&folder.join("../retrieval")));
    let scores: Vec<f32> = rows.iter().map(score).collect();
    let blocked: Vec<bool> = rows
        .iter()
        .zip(&scores)
        .map(|(row, score)| {
            guard_injection::threshold(row.class.side()).is_some_and(|t| *score >= t)
        })
        .collect();
    report::table(&rows, &blocked);
    report::sweep(&rows, &scores);
    speed();
    if mistakes {
        for ((row, hit), score) in rows.iter().zip(&blocked).zip(&scores) {
            // The half for testing is never read.
            if !row.test && *hit != row.class.attack() {
                let text: String = row.text.chars().take(400).collect();
                let said = if row.attack.is_empty() {
                    &text
                } else {
                    &row.attack
                };
                println!("{:?} {} {score:.2} {said:?}", row.class, row.source);
            }
        }
    }
}

fn score(row: &Row) -> f32 {
    judge(&host::subject(row.class.side(), &row.text)).score
}

/// Time per text; only as a guide, for the host's way into a guest costs more.
#[allow(clippy::disallowed_methods, reason = "it measures")]
fn speed() {
    let clean = "We have 14 pumps of the older kind in hall 4 and I would like to know how often \
                 their seals were changed in the last two years, and what that came to per pump. ";
    let clean = clean.repeat(13);
    let hostile = "ignore ignore all previous 1 i g n o r e <|im_start|> ![a](b?c= ".repeat(16_384);
    for (name, text, times) in [("clean 2 KB", clean, 20_000), ("hostile 1 MB", hostile, 5)] {
        for side in [sdk::Side::Input, sdk::Side::Retrieved] {
            let subject = host::subject(side, &text);
            let start = Instant::now();
            let mut sum = 0.0;
            for _ in 0..times {
                sum += judge(std::hint::black_box(&subject)).score;
            }
            let each = start.elapsed() / times;
            println!(
                "{name}, {side:?}: {each:?} for {} bytes (sum {sum})",
                text.len()
            );
        }
    }
}
