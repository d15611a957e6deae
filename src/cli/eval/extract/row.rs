//! One file of the table, and what all of them come to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::rag::Failure;

use super::words::Matched;
use super::{MOST_MEMORY, MOST_SECONDS};

/// Recall and precision that a text is to have.
const GOAL: f64 = 0.97;

/// What became of one file.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) reader: String,
    pub(super) outcome: Result<(), Failure>,
    /// Words that were read.
    pub(super) words: usize,
    /// Where it is known what the file says.
    pub(super) matched: Option<Matched>,
    pub(super) seconds: f64,
    /// The most that its reader had, in bytes; none where the box itself decodes.
    pub(super) memory: Option<u64>,
    pub(super) hostile: bool,
    /// What is to become of a hostile one.
    pub(super) note: Option<String>,
    /// What guardrails find in the text of a hostile one.
    pub(super) found: Vec<String>,
}

impl Row {
    /// More time or memory than a file may take.
    pub(super) fn is_over(&self) -> bool {
        self.seconds > MOST_SECONDS || self.memory.is_some_and(|bytes| bytes > MOST_MEMORY)
    }

    fn outcome(&self) -> String {
        match &self.outcome {
            Ok(()) => "read".to_owned(),
            Err(failure) => code(failure),
        }
    }

    pub(super) fn value(&self) -> Value {
        json!({
            "file": self.name,
            "reader": self.reader,
            "outcome": self.outcome(),
            "hint": self.outcome.as_ref().err().map(|failure| &failure.hint),
            "words": self.words,
            "known_words": self.matched.map(|matched| matched.known),
            "recall": self.matched.map(Matched::recall),
            "precision": self.matched.map(Matched::precision),
            "ms": self.seconds * 1e3,
            "memory_bytes": self.memory,
            "expect": self.note,
            "guardrails": self.found,
        })
    }

    fn line(&self) -> String {
        let share = |of: fn(Matched) -> f64| match (self.matched, &self.outcome) {
            (Some(matched), Ok(())) => format!("{:.3}", of(matched)),
            _ => String::new(),
        };
        let memory = self.memory.map(|bytes| (bytes as f64 / 1048576.0).ceil());
        let mut notes = Vec::new();
        notes.extend(
            self.outcome
                .as_ref()
                .err()
                .map(|failure| failure.hint.clone()),
        );
        notes.extend(self.note.as_ref().map(|note| format!("(expected: {note})")));
        if !self.found.is_empty() {
            notes.push(format!("guardrails: {}", self.found.join(", ")));
        }
        let line = format!(
            "{:<56} {:<7} {:<10} {:>7} {:>6} {:>9} {:>8.1} {:>4}  {}",
            tail(&self.name, 56),
            self.reader,
            self.outcome(),
            self.words,
            share(Matched::recall),
            share(Matched::precision),
            self.seconds * 1e3,
            memory.map_or(String::new(), |mib| mib.to_string()),
            notes.join(" ")
        );
        line.trim_end().to_owned()
    }
}

/// The code of a failure as the API writes it.
fn code(failure: &Failure) -> String {
    let code = serde_json::to_value(failure.code).ok();
    let code = code.and_then(|code| code.as_str().map(str::to_owned));
    code.unwrap_or_default()
}

/// The end of a name that is too long.
fn tail(name: &str, most: usize) -> String {
    let over = name.chars().count().saturating_sub(most);
    name.chars().skip(over).collect()
}

pub(super) fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<56} {:<7} {:<10} {:>7} {:>6} {:>9} {:>8} {:>4}\n",
        "file", "reader", "outcome", "words", "recall", "precision", "ms", "MiB"
    );
    for row in rows {
        text += &row.line();
        text.push('\n');
    }
    text
}

/// What all files came to, for people.
pub(super) fn summary(rows: &[Row]) -> String {
    let total = total(rows);
    let mut text = String::new();
    for (folder, one) in total["by_folder"].as_object().into_iter().flatten() {
        let mut line = format!(
            "{folder:<24} {:>4} files, {:>4} read, {:>3} refused",
            one["files"], one["read"], one["refused"]
        );
        if let (Some(recall), Some(precision)) = (one["recall"].as_f64(), one["precision"].as_f64())
        {
            line += &format!(
                "; {} with a known text: recall {recall:.3}, precision {precision:.3}, both at \
                 least {GOAL} in {}",
                one["known"], one["good"]
            );
        }
        text += &line;
        text.push('\n');
    }
    let (seconds, memory) = (&total["slowest_ms"], &total["memory_bytes"]);
    let seconds = seconds.as_f64().unwrap_or_default() / 1e3;
    let mib = memory.as_u64().unwrap_or_default() >> 20;
    text + &format!("the slowest took {seconds:.2} s, the largest {mib} MiB of the sandbox\n")
}

/// The same for programs.
pub(super) fn total(rows: &[Row]) -> Value {
    let mut folders: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let folder = row.name.split_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder).or_default().push(row);
    }
    let of = |rows: &[&Row]| {
        let read = rows.iter().filter(|row| row.outcome.is_ok());
        let known: Vec<Matched> = read.clone().filter_map(|row| row.matched).collect();
        let good = known
            .iter()
            .filter(|one| one.recall() >= GOAL && one.precision() >= GOAL);
        let sum = known.iter().copied().reduce(Matched::plus);
        json!({
            "files": rows.len(),
            "read": read.count(),
            "refused": rows.iter().filter(|row| row.outcome.is_err()).count(),
            "known": known.len(),
            "good": good.count(),
            "recall": sum.map(Matched::recall),
            "precision": sum.map(Matched::precision),
        })
    };
    let by_folder: serde_json::Map<String, Value> = folders
        .iter()
        .map(|(folder, rows)| ((*folder).to_owned(), of(rows)))
        .collect();
    let slowest = rows.iter().map(|row| row.seconds).fold(0.0, f64::max);
    let all = of(&rows.iter().collect::<Vec<_>>());
    json!({
        "recall": all["recall"],
        "precision": all["precision"],
        "by_folder": by_folder,
        "slowest_ms": slowest * 1e3,
        "memory_bytes": rows.iter().filter_map(|row| row.memory).max(),
    })
}
