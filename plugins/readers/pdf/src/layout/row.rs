//! Words to rows: whatever stands on one baseline, over the whole width.

use super::word::Word;

/// Words on one baseline, from left to right.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) words: Vec<Word>,
    pub(super) baseline: f32,
    pub(super) size: f32,
}

/// From top to bottom. Raised and lowered words belong to the row of the bigger ones beside them.
pub(super) fn rows(mut words: Vec<Word>) -> Vec<Row> {
    words.sort_by(|a, b| {
        b.baseline
            .total_cmp(&a.baseline)
            .then(a.left.total_cmp(&b.left))
    });
    let mut rows: Vec<Row> = Vec::new();
    for word in words {
        match rows.last_mut() {
            Some(row) if row.baseline - word.baseline < 0.4 * row.size.max(word.size) => {
                if word.size > 1.05 * row.size {
                    (row.baseline, row.size) = (word.baseline, word.size);
                }
                row.words.push(word);
            }
            _ => rows.push(Row {
                baseline: word.baseline,
                size: word.size,
                words: vec![word],
            }),
        }
    }
    for row in &mut rows {
        row.words.sort_by(|a, b| a.left.total_cmp(&b.left));
    }
    rows
}

/// The rows that a part of their words makes. They were sorted, so they stay so.
pub(super) fn part(rows: &[Row], wanted: impl Fn(&Word) -> bool) -> Vec<Row> {
    let words = rows.iter().flat_map(|row| &row.words);
    self::rows(words.filter(|word| wanted(word)).cloned().collect())
}
