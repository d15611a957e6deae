//! Columns: white strips that many rows leave free, with running text on both sides. A table has
//! such strips too, but its cells are short: its rows are read across.

use super::row::{Row, part};
use super::word::Word;

/// Rows on each side of a strip.
const ROWS: usize = 4;
/// Places where a strip is looked for.
const PLACES: usize = 300;
/// Words times places that are looked at on one page.
const WORK: usize = 30_000_000;
/// Letters that half of the rows of a column have at least.
const LETTERS: usize = 20;
/// A gap of this many sizes parts what stands beside a strip from what is further away.
const APART: f32 = 1.2;
/// The head and the foot of a page are so many sizes away from the rest.
const FAR: f32 = 2.5;

/// Regions of a page in reading order, each of rows that are read across.
pub(super) fn regions(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut regions = Vec::new();
    let mut work = WORK;
    let mut open = bands(rows);
    while let Some(rows) = open.pop() {
        let words: usize = rows.iter().map(|row| row.words.len() + 1).sum();
        let cost = words.saturating_mul(PLACES);
        let strip = if cost <= work { strip(&rows) } else { None };
        work = work.saturating_sub(cost);
        let Some(strip) = strip else {
            regions.push(rows);
            continue;
        };
        let (above, rest) = rows.split_at(strip.first.min(rows.len()));
        let (middle, below) = rest.split_at((strip.end - strip.first).min(rest.len()));
        let left = part(middle, |word| centre(word) < strip.x);
        let right = part(middle, |word| centre(word) >= strip.x);
        // The last one is looked at first.
        let parts = [below.to_vec(), right, left, above.to_vec()];
        open.extend(parts.into_iter().filter(|rows| !rows.is_empty()));
    }
    regions
}

/// The head and the foot of a page, which belong to no column, and what is between: the last part
/// is the first to be read.
fn bands(mut rows: Vec<Row>) -> Vec<Vec<Row>> {
    let apart = |above: Option<&Row>, below: Option<&Row>| match (above, below) {
        (Some(above), Some(below)) => {
            above.baseline - below.baseline > FAR * above.size.max(below.size)
        }
        _ => false,
    };
    let last = rows.len().saturating_sub(1);
    let foot =
        (last > ROWS && apart(rows.get(last - 1), rows.last())).then(|| rows.split_off(last));
    let head = (rows.len() > ROWS && apart(rows.first(), rows.get(1))).then(|| {
        let rest = rows.split_off(1);
        std::mem::replace(&mut rows, rest)
    });
    [foot, Some(rows), head].into_iter().flatten().collect()
}

fn centre(word: &Word) -> f32 {
    (word.left + word.right) / 2.0
}

/// A strip that these rows leave free.
#[derive(Clone, Copy, Debug)]
struct Strip {
    x: f32,
    first: usize,
    end: usize,
}

fn strip(rows: &[Row]) -> Option<Strip> {
    if rows.len() < ROWS {
        return None;
    }
    let words = || rows.iter().flat_map(|row| &row.words);
    let left = words().map(|word| word.left).fold(f32::INFINITY, f32::min);
    let right = words()
        .map(|word| word.right)
        .fold(f32::NEG_INFINITY, f32::max);
    let mut sizes: Vec<f32> = rows.iter().map(|row| row.size).collect();
    sizes.sort_by(f32::total_cmp);
    let size = sizes.get(sizes.len() / 2).copied()?;
    let step = ((right - left) / PLACES as f32).max(0.2 * size);
    let mut best: Vec<(usize, Strip)> = Vec::new();
    let mut x = left + 4.0 * size;
    while x < right - 4.0 * size {
        if let Some((score, strip)) = longest_run(rows, x, 0.35 * size) {
            if best.first().is_some_and(|(most, _)| score > *most) {
                best.clear();
            }
            if best.first().is_none_or(|(most, _)| score == *most) {
                best.push((score, strip));
            }
        }
        x += step;
    }
    // In the middle of the strip, not at its edge.
    best.get(best.len() / 2).map(|(_, strip)| *strip)
}

/// The most rows one below the other that leave this place free and are columns beside it.
fn longest_run(rows: &[Row], x: f32, margin: f32) -> Option<(usize, Strip)> {
    let mut best: Option<(usize, Strip)> = None;
    let mut first = 0;
    for end in 0..=rows.len() {
        let crossed = rows.get(end).is_none_or(|row| crosses(row, x, margin));
        if !crossed {
            continue;
        }
        let run = rows.get(first..end).unwrap_or_default();
        if run.len() >= ROWS
            && best.is_none_or(|(most, _)| run.len() > most)
            && is_column(run, |row| {
                beside(row.words.iter().rev().filter(|w| centre(w) < x), row)
            })
            && is_column(run, |row| {
                beside(row.words.iter().filter(|w| centre(w) >= x), row)
            })
        {
            best = Some((run.len(), Strip { x, first, end }));
        }
        first = end + 1;
    }
    best
}

fn crosses(row: &Row, x: f32, margin: f32) -> bool {
    let at = row.words.partition_point(|word| word.right <= x - margin);
    // Words are sorted by their left edges; those that overlap are rare, so a few are looked at.
    let from = at.saturating_sub(2);
    let near = row.words.get(from..).unwrap_or_default().iter().take(5);
    near.clone()
        .any(|word| word.left < x + margin && word.right > x - margin)
}

/// How many letters stand next to a strip without a wide gap, and how far they reach.
fn beside<'w>(words: impl Iterator<Item = &'w Word>, row: &Row) -> (usize, f32) {
    let mut letters = 0;
    let mut reach: Option<(f32, f32)> = None;
    for word in words {
        let (left, right) = reach.unwrap_or((word.left, word.right));
        let gap = (word.left - right).max(left - word.right);
        if gap > APART * row.size {
            break;
        }
        letters += word.glyphs.len() + 1;
        reach = Some((left.min(word.left), right.max(word.right)));
    }
    (letters, reach.map_or(0.0, |(left, right)| right - left))
}

/// Whether half of the rows beside a strip are long and fill it, as running text does.
fn is_column(rows: &[Row], beside: impl Fn(&Row) -> (usize, f32)) -> bool {
    let lengths = rows.iter().map(beside);
    let mut lengths: Vec<(usize, f32)> = lengths.filter(|(letters, _)| *letters > 0).collect();
    lengths.sort_by(|a, b| a.1.total_cmp(&b.1));
    let at = |part: usize| lengths.get(lengths.len() * part / 10).copied();
    let (Some((letters, middle)), Some((_, long))) = (at(5), at(9)) else {
        return false;
    };
    lengths.len() >= ROWS && letters >= LETTERS && middle >= 0.6 * long
}
