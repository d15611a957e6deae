//! Lines to blocks: paragraphs, tables, and what stands alone.

use super::line::Line;
use super::table::{self, Found};

/// What a block is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// One text a line.
    Text(Vec<String>),
    /// The cells of each row.
    Table(Vec<Vec<String>>),
}

/// What stands together on a page.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) kind: Kind,
    pub(crate) size: f32,
    pub(crate) bold: bool,
}

impl Block {
    /// Its lines or cells.
    pub(crate) fn parts(&self) -> usize {
        match &self.kind {
            Kind::Text(lines) => lines.len(),
            Kind::Table(rows) => rows.iter().map(Vec::len).sum(),
        }
    }
}

/// The blocks of one region.
pub(super) fn blocks(lines: Vec<Line>) -> Vec<Block> {
    let leading = leading(&lines);
    let mut blocks: Vec<Block> = Vec::new();
    let mut before: Option<&Line> = None;
    // Lines of a list that are still to come.
    let mut listed = 0;
    let mut rest = lines.as_slice();
    while let Some((line, after)) = rest.split_first() {
        let found = if listed == 0 {
            table::at_start(rest)
        } else {
            None
        };
        if let Some(Found::Table(count, columns)) = found {
            let (rows, after) = rest.split_at(count.min(rest.len()));
            blocks.push(Block {
                kind: Kind::Table(table::rows(rows, &columns)),
                size: line.size,
                bold: false,
            });
            rest = after;
            before = None;
            continue;
        }
        if let Some(Found::List(count)) = found {
            listed = count;
        }
        listed = listed.saturating_sub(1);
        rest = after;
        let text = line.text();
        let next = after.first();
        let apart = before.is_none_or(|before| is_apart(before, line, next, leading));
        match blocks.last_mut() {
            Some(Block {
                kind: Kind::Text(texts),
                ..
            }) if !apart => texts.push(text),
            _ => blocks.push(Block {
                kind: Kind::Text(vec![text]),
                size: line.size,
                bold: line.bold,
            }),
        }
        before = Some(line);
    }
    blocks
}

/// The usual distance of lines, in sizes.
fn leading(lines: &[Line]) -> f32 {
    let pairs = lines.iter().zip(lines.iter().skip(1));
    let mut distances: Vec<f32> = pairs
        .map(|(a, b)| (a.baseline - b.baseline) / a.size.max(b.size))
        .filter(|distance| (0.8..2.4).contains(distance))
        .collect();
    distances.sort_by(f32::total_cmp);
    distances.get(distances.len() / 2).copied().unwrap_or(1.3)
}

/// Whether a new block begins: after a gap, with other letters, or with a first line set in.
fn is_apart(before: &Line, line: &Line, next: Option<&Line>, leading: f32) -> bool {
    let size = before.size.max(line.size);
    let distance = (before.baseline - line.baseline) / size;
    if distance > 1.25 * leading.max(1.0) || distance < 0.0 {
        return true;
    }
    if size > 1.12 * before.size.min(line.size) || before.bold != line.bold {
        return true;
    }
    if is_rule(&before.text()) || is_rule(&line.text()) {
        return true;
    }
    let set_in = |left: f32| (0.8 * size..4.0 * size).contains(&(line.left - left));
    set_in(before.left) && next.is_some_and(|next| set_in(next.left))
}

/// A line drawn with signs.
fn is_rule(text: &str) -> bool {
    text.len() >= 3
        && text
            .bytes()
            .all(|byte| matches!(byte, b'-' | b'=' | b'_' | b'*'))
}
