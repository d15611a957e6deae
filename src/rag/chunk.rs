//! Chunk: text → passages that follow its structure.
//!
//! First every place where the text may be cut is found, with how good a place it is: before a
//! section, a block, a list item or line, a sentence, a word. The pieces between them are then
//! packed until a passage is as long as wanted, and the cut falls at the best place near the end.
//! Passages do not overlap and leave nothing out but white space.

mod markdown;
mod plain;

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::pipeline::{Cut, Lengths, Markup};

/// Version of everything that decides what is indexed and how: the cuts, the words, the text that
/// is embedded. A document indexed under another version is indexed anew.
pub(super) const RULES: u32 = 3;

/// How good a place is to cut before it; the best is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Word,
    Sentence,
    /// A list item, a line of code, a row of a table.
    Item,
    /// A paragraph, a list, a table, a block of code.
    Block,
    /// A heading and what is under it.
    Section,
}

/// Where a text may be cut, and what stands above each part.
#[derive(Debug, Default)]
struct Outline {
    /// In any order; of two at one offset the better counts.
    cuts: Vec<(usize, Place)>,
    /// Where a section begins, with the headings above it and its own, outermost first.
    sections: Vec<(usize, Vec<String>)>,
    /// Where a table is, in order, and what stands at the head of its columns.
    tables: Vec<(Range<usize>, String)>,
    /// No cut here, for this belongs to the heading before it. Sorted.
    glued: Vec<usize>,
}

/// A part of the text that is not cut any more.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    range: Range<usize>,
    /// The place it begins at.
    place: Place,
}

/// A text with its pieces, waiting for somebody to say how long each is.
pub(super) struct Draft {
    outline: Outline,
    pieces: Vec<Piece>,
}

/// A sentence longer than this many bytes may be cut between words.
const LONG_SENTENCE: usize = 600;
/// Pieces of what is cut between words: as many tokens at most, whatever is in them.
const SHORT: usize = 60;

impl Draft {
    /// Finds the pieces of a text.
    pub(super) fn new(text: &str, markup: Markup) -> Self {
        let outline = match markup {
            Markup::Markdown => markdown::outline(text),
            Markup::Plain => plain::outline(text),
        };
        let mut cuts = outline.cuts.clone();
        cuts.push((0, Place::Block));
        cuts.sort_by_key(|&(at, place)| (at, std::cmp::Reverse(place)));
        cuts.dedup_by_key(|&mut (at, _)| at);
        cuts.retain(|(at, _)| *at == 0 || outline.glued.binary_search(at).is_err());
        let mut pieces = Vec::new();
        for (index, &(start, place)) in cuts.iter().enumerate() {
            let end = cuts.get(index + 1).map_or(text.len(), |&(next, _)| next);
            let Some(range) = trim(text, start..end) else {
                continue;
            };
            let piece = Piece { range, place };
            if piece.range.len() > LONG_SENTENCE {
                pieces.extend(shorten(text, &piece));
            } else {
                pieces.push(piece);
            }
        }
        Self { outline, pieces }
    }

    /// The texts of the pieces, to be counted.
    pub(super) fn pieces<'t>(&self, text: &'t str) -> Vec<&'t str> {
        self.pieces
            .iter()
            .map(|piece| &text[piece.range.clone()])
            .collect()
    }

    /// Cuts the pieces that have more than `most` tokens between words. True if there were any:
    /// then the pieces are to be counted again.
    pub(super) fn shorten(&mut self, text: &str, tokens: &[usize], most: usize) -> bool {
        let before = self.pieces.len();
        let pieces = std::mem::take(&mut self.pieces);
        for (piece, &tokens) in pieces.into_iter().zip(tokens) {
            if tokens > most && piece.range.len() > SHORT {
                self.pieces.extend(shorten(text, &piece));
            } else {
                self.pieces.push(piece);
            }
        }
        self.pieces.len() > before
    }

    /// Packs the pieces into passages; `tokens` says how long each piece is.
    pub(super) fn pack(&self, tokens: &[usize], lengths: Lengths) -> Vec<Cut> {
        let mut spans = Vec::new();
        let mut from = 0;
        while from < self.pieces.len() {
            let to = self.passage_end(from, tokens, lengths);
            let range = self.pieces[from].range.start..self.pieces[to - 1].range.end;
            spans.push(Cut {
                headings: self.headings(&range),
                range,
            });
            from = to;
        }
        spans
    }

    /// The piece before which the passage that begins with piece `from` is to be cut.
    fn passage_end(&self, from: usize, tokens: &[usize], lengths: Lengths) -> usize {
        let mut size = 0;
        let mut best = None;
        let pieces = self.pieces.iter().zip(tokens).enumerate().skip(from);
        for (at, (&Piece { place, .. }, &tokens)) in pieces {
            if at > from {
                if place == Place::Section && size * 3 >= lengths.target {
                    return at;
                }
                if size >= least(place, lengths.target)
                    && best.is_none_or(|(_, before)| place >= before)
                {
                    best = Some((at, place));
                }
                let limit = best.map_or(lengths.most, |_| lengths.target.min(lengths.most));
                if size + tokens > limit {
                    return best.map_or(at, |(at, _)| at);
                }
            }
            size += tokens;
        }
        self.pieces.len()
    }

    /// What stands above all of a passage: the headings that its sections have in common, and the
    /// head of the table that it begins in the middle of.
    fn headings(&self, range: &Range<usize>) -> Vec<String> {
        let mut headings = self.sections_above(range);
        let tables = &self.outline.tables;
        let before = tables.partition_point(|(table, _)| table.start < range.start);
        if let Some((table, head)) = before.checked_sub(1).and_then(|at| tables.get(at))
            && range.start < table.end
            && !head.is_empty()
        {
            headings.push(head.clone());
        }
        headings
    }

    fn sections_above(&self, range: &Range<usize>) -> Vec<String> {
        let sections = &self.outline.sections;
        let first = sections
            .partition_point(|(at, _)| *at <= range.start)
            .saturating_sub(1);
        let inside = sections[first.min(sections.len())..]
            .iter()
            .enumerate()
            .take_while(|(index, (at, _))| *index == 0 || *at < range.end)
            .map(|(_, (at, path))| (*at, path));
        let mut common: Option<Vec<String>> = None;
        for (at, path) in inside {
            if at > range.start && common.is_none() {
                return Vec::new();
            }
            common = Some(match common {
                None => path.clone(),
                Some(shared) => {
                    let same = shared.iter().zip(path).take_while(|(a, b)| a == b).count();
                    shared[..same].to_vec()
                }
            });
        }
        common.unwrap_or_default()
    }
}

/// How long a passage must be to end here: for a good place, it may be shorter.
fn least(place: Place, target: usize) -> usize {
    match place {
        Place::Section | Place::Block => target / 4,
        _ => target / 2,
    }
}

/// Without white space at the ends; `None` if nothing is left.
fn trim(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    let end = range.end - (part.len() - part.trim_end().len());
    (start < end).then_some(start..end)
}

/// Cuts a long piece between words, and a long word between characters.
fn shorten(text: &str, piece: &Piece) -> Vec<Piece> {
    let part = &text[piece.range.clone()];
    let mut ends = Vec::new();
    let mut start = 0;
    for (at, word) in part.split_word_bound_indices() {
        if at > start && at + word.len() - start > SHORT {
            ends.push(at);
            start = at;
        }
        let word_end = at + word.len();
        while word_end - start > SHORT {
            let end = part.floor_char_boundary(start + SHORT);
            ends.push(end);
            start = end;
        }
    }
    ends.push(part.len());
    let mut pieces = Vec::new();
    let mut from = 0;
    for end in ends {
        let range = piece.range.start + from..piece.range.start + end;
        let place = if pieces.is_empty() {
            piece.place
        } else {
            Place::Word
        };
        pieces.extend(trim(text, range).map(|range| Piece { range, place }));
        from = end;
    }
    pieces
}

/// Adds the starts of the sentences of `range`. A line break inside a paragraph ends none.
fn sentences(text: &str, range: Range<usize>, cuts: &mut Vec<(usize, Place)>) {
    let flat: String = text[range.clone()].replace('\n', " ");
    let starts = flat
        .split_sentence_bound_indices()
        .map(|(at, _)| (range.start + at, Place::Sentence));
    cuts.extend(starts.filter(|&(at, _)| at > range.start));
}

/// About how many tokens a text is, where no tokenizer is at hand. Rather too many.
pub(super) fn estimate(text: &str) -> usize {
    text.split_word_bounds()
        .filter(|word| !word.trim().is_empty())
        .map(|word| {
            if word.is_ascii() {
                word.len().div_ceil(5)
            } else {
                word.chars().count().div_ceil(2)
            }
        })
        .sum()
}

#[cfg(test)]
mod tests;
