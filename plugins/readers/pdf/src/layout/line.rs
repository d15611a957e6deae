//! Rows to lines of text, in cells where they have wide gaps.

use super::row::Row;
use super::rtl;
use super::word::{GAP, Word};
use crate::font::Letters;
use crate::page::Glyph;

/// A gap of this many sizes parts cells.
const CELL: f32 = 1.0;

/// A part of a line that stands for itself.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) text: String,
}

/// One line of a region.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) cells: Vec<Cell>,
    pub(super) left: f32,
    pub(super) baseline: f32,
    /// Of most of its letters.
    pub(super) size: f32,
    pub(super) bold: bool,
}

impl Line {
    /// The whole line as running text.
    pub(super) fn text(&self) -> String {
        let cells: Vec<&str> = self.cells.iter().map(|cell| cell.text.as_str()).collect();
        cells.join(" ")
    }
}

pub(super) fn line(row: &Row, glyphs: &[Glyph]) -> Line {
    let words = without_doubles(&row.words, glyphs);
    let rtl = words
        .iter()
        .any(|word| of(word, glyphs).any(|glyph| rtl::is_rtl(&glyph.letters)));
    let mut cells: Vec<Vec<&Word>> = Vec::new();
    let mut reach = f32::NEG_INFINITY;
    for word in words {
        match cells.last_mut() {
            Some(cell) if word.left - reach <= CELL * row.size => cell.push(word),
            _ => cells.push(vec![word]),
        }
        reach = reach.max(word.right);
    }
    if rtl {
        cells.reverse();
    }
    let cells: Vec<Cell> = cells.iter().map(|words| cell(words, glyphs, rtl)).collect();
    let all = || row.words.iter().flat_map(|word| of(word, glyphs));
    let bold = all().filter(|glyph| glyph.bold).count() * 2 > all().count();
    Line {
        left: row
            .words
            .iter()
            .map(|word| word.left)
            .fold(f32::INFINITY, f32::min),
        baseline: row.baseline,
        size: main_size(row),
        bold,
        cells,
    }
}

fn of<'g>(word: &Word, glyphs: &'g [Glyph]) -> impl Iterator<Item = &'g Glyph> {
    let glyphs = glyphs.get(word.glyphs.clone()).unwrap_or_default();
    glyphs.iter().filter(|glyph| !glyph.letters.is_blank())
}

/// The size that most letters have: a big initial does not count.
fn main_size(row: &Row) -> f32 {
    let mut sizes: Vec<(f32, usize)> = Vec::new();
    let mut words: Vec<&Word> = row.words.iter().collect();
    words.sort_by(|a, b| a.size.total_cmp(&b.size));
    for word in words {
        match sizes.last_mut() {
            Some((size, count)) if word.size - *size < 0.2 => *count += word.glyphs.len(),
            _ => sizes.push((word.size, word.glyphs.len())),
        }
    }
    sizes
        .iter()
        .max_by_key(|(_, count)| *count)
        .map_or(row.size, |(size, _)| *size)
}

/// Some programs draw a word twice to make it bold or to give it a shadow.
fn without_doubles<'w>(words: &'w [Word], glyphs: &[Glyph]) -> Vec<&'w Word> {
    let mut kept: Vec<&Word> = Vec::new();
    for word in words {
        let double = kept.iter().rev().take(4).any(|before| {
            (word.left - before.left).abs() < 0.3 * word.size
                && (word.baseline - before.baseline).abs() < 0.3 * word.size
                && word.glyphs.len() == before.glyphs.len()
                && of(word, glyphs)
                    .zip(of(before, glyphs))
                    .all(|(a, b)| a.letters == b.letters)
        });
        if !double {
            kept.push(word);
        }
    }
    kept
}

fn cell(words: &[&Word], glyphs: &[Glyph], rtl: bool) -> Cell {
    let mut signs: Vec<Letters> = Vec::new();
    let mut before: Option<&Word> = None;
    let mut reach = f32::NEG_INFINITY;
    for word in words {
        if let Some(before) = before {
            let blank = if rtl {
                before.after_blank
            } else {
                word.after_blank
            };
            let size = word.size.min(before.size);
            if blank || word.left - reach > GAP * size {
                signs.push(Letters::One(' '));
            }
        }
        signs.extend(of(word, glyphs).map(|glyph| glyph.letters.clone()));
        reach = reach.max(word.right);
        before = Some(word);
    }
    if rtl {
        rtl::reorder(&mut signs);
    }
    let mut text = String::new();
    signs.iter().for_each(|sign| sign.push_to(&mut text));
    Cell {
        left: words.first().map_or(0.0, |word| word.left),
        right: reach,
        text: text.trim().to_owned(),
    }
}
