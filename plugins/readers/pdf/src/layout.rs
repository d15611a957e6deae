//! From letters that lie about on a page to text in the order in which a person reads it.

mod block;
mod columns;
mod line;
mod row;
mod rtl;
mod table;
mod word;

pub(crate) use block::{Block, Kind};

use crate::page::Glyph;

/// The blocks of a page in reading order. Text that is turned comes after what stands upright,
/// or rather after what most of the page is.
pub(crate) fn blocks(glyphs: Vec<Glyph>) -> Vec<Block> {
    let mut groups: Vec<(i16, Vec<Glyph>)> = Vec::new();
    let mut slots = [usize::MAX; 361];
    for glyph in glyphs {
        let at = usize::try_from(i32::from(glyph.angle) + 180)
            .unwrap_or(0)
            .min(360);
        let Some(slot) = slots.get_mut(at) else {
            continue;
        };
        if *slot == usize::MAX {
            *slot = groups.len();
            groups.push((glyph.angle, Vec::new()));
        }
        if let Some((_, group)) = groups.get_mut(*slot) {
            group.push(glyph);
        }
    }
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.len()));
    groups
        .into_iter()
        .flat_map(|(_, group)| group_blocks(&group))
        .collect()
}

fn group_blocks(glyphs: &[Glyph]) -> Vec<Block> {
    let words = word::words(glyphs);
    let rows = row::rows(words);
    let regions = columns::regions(rows);
    let lines = |rows: Vec<row::Row>| rows.iter().map(|row| line::line(row, glyphs)).collect();
    regions
        .into_iter()
        .flat_map(|rows| block::blocks(lines(rows)))
        .collect()
}
