//! What commands print: text for people, JSON for programs.

#![allow(clippy::print_stderr, reason = "printing is what this file is for")]

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

/// Where and how a command prints.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    /// A result: `text` for people, `value` for programs.
    pub(super) fn result(&self, text: &str, value: &Value) {
        if self.json {
            say(&format!("{value:#}\n"));
        } else {
            say(&format!("{}\n", text.trim_end()));
        }
    }

    /// A list: the `columns` of each item as a table for people, all of it for programs.
    pub(super) fn list(&self, items: &[Value], columns: &[(&str, &str)], empty: &str) {
        if self.json {
            say(&format!("{:#}\n", Value::from(items.to_vec())));
        } else if items.is_empty() {
            say(&format!("{empty}\n"));
        } else {
            say(&table(items, columns));
        }
    }

    /// Text as it is, whatever the format.
    pub(super) fn raw(&self, text: &str) {
        say(&format!("{}\n", text.trim_end()));
    }

    /// A line about what is going on, for people only.
    pub(super) fn note(&self, text: &str) {
        if !self.json {
            eprintln!("{text}");
        }
    }

    /// An error with its causes.
    pub(super) fn error(&self, error: &anyhow::Error) {
        if self.json {
            let causes: Vec<_> = error.chain().map(ToString::to_string).collect();
            eprintln!(
                "{:#}",
                json!({ "error": causes.first(), "causes": &causes[1..] })
            );
        } else {
            eprintln!("error: {}", chain(error));
        }
    }

    /// A bar over `total` steps on a terminal; nothing elsewhere.
    pub(super) fn bar(&self, total: u64, what: &'static str) -> ProgressBar {
        if self.json || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent}% {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::new(total).with_style(style).with_message(what)
    }

    /// A sign that something goes on, on a terminal.
    pub(super) fn spinner(&self, what: &'static str) -> ProgressBar {
        if self.json || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let spinner = ProgressBar::new_spinner().with_message(what);
        spinner.enable_steady_tick(std::time::Duration::from_millis(120));
        spinner
    }
}

/// Prints. Whoever reads may have read enough (`| head`): that is no fault of ours.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// An error and its causes on one line, each said once.
fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.contains(&cause) {
            continue;
        }
        text.push_str(if text.is_empty() { "" } else { ": " });
        text.push_str(&cause);
    }
    text
}

fn table(items: &[Value], columns: &[(&str, &str)]) -> String {
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|item| columns.iter().map(|(_, key)| cell(&item[*key])).collect())
        .collect();
    let width = |column: usize, title: &str| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([title.chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(at, (title, _))| width(at, title))
        .collect();
    let titles = columns
        .iter()
        .map(|(title, _)| (*title).to_owned())
        .collect();
    let mut text = String::new();
    for row in std::iter::once(&titles).chain(&rows) {
        let cells: Vec<_> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.chars().filter(|c| !c.is_control()).collect(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_and_holds_no_control_characters() {
        let items = [
            json!({"a": "x\u{1b}[31m", "b": 1}),
            json!({"a": "longer", "b": null}),
        ];
        let shown = table(&items, &[("NAME", "a"), ("N", "b")]);
        assert_eq!(shown, "NAME    N\nx[31m   1\nlonger  –\n");
    }
}
