//! Writes typographic quotes and dashes as plain ones, for those who copy answers into code. Each
//! character is changed by itself, so a stream needs to hold nothing.

use world_formatter::{Change, Description, Emission, Formatter, GuestSession, Lifecycle, Span};

/// The plugin.
pub struct Straight;

world_formatter::export!(Straight);

impl Lifecycle for Straight {
    fn describe() -> Description {
        Description {
            name: "straight-quotes".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: Vec::new(),
        }
    }
}

impl Formatter for Straight {
    type Session = Stream;

    fn format(answer: String) -> Vec<Change> {
        changes(&answer)
    }
}

/// One stream.
pub struct Stream;

impl GuestSession for Stream {
    fn new() -> Self {
        Self
    }

    fn push(&self, held: String) -> Option<Emission> {
        Some(all(&held))
    }

    fn finish(&self, held: String) -> Emission {
        all(&held)
    }
}

fn all(held: &str) -> Emission {
    Emission {
        upto: u32::try_from(held.len()).unwrap_or(0),
        changes: changes(held),
    }
}

fn changes(text: &str) -> Vec<Change> {
    let change = |(at, c): (usize, char)| {
        let replacement = match c {
            '“' | '”' | '„' | '«' | '»' => "\"",
            '‘' | '’' | '‚' => "'",
            '–' | '—' => "-",
            '…' => "...",
            _ => return None,
        };
        let start = u32::try_from(at).ok()?;
        let end = u32::try_from(at + c.len_utf8()).ok()?;
        Some(Change {
            span: Span { start, end },
            replacement: replacement.to_owned(),
        })
    };
    text.char_indices().filter_map(change).collect()
}
