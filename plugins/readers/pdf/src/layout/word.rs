//! Letters to words, in the order in which they are drawn.

use std::ops::Range;

use crate::page::Glyph;

/// A gap of this part of the size ends a word. Kerning is narrower, the narrowest blanks are wider.
pub(super) const GAP: f32 = 0.17;

/// Letters without a gap.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) glyphs: Range<usize>,
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) baseline: f32,
    pub(super) size: f32,
    /// A blank was drawn before it: there is a gap, however narrow.
    pub(super) after_blank: bool,
}

impl Word {
    fn of(at: usize, glyph: &Glyph, after_blank: bool) -> Word {
        Word {
            glyphs: at..at + 1,
            left: glyph.left,
            right: glyph.right,
            baseline: glyph.baseline,
            size: glyph.size,
            after_blank,
        }
    }

    fn goes_on_with(&self, glyph: &Glyph) -> bool {
        let size = self.size.max(glyph.size);
        let gap = glyph.left - self.right;
        (glyph.baseline - self.baseline).abs() < 0.25 * size
            && gap < GAP * size
            && gap > -0.5 * size
            && glyph.left >= self.left
    }
}

pub(super) fn words(glyphs: &[Glyph]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut open: Option<Word> = None;
    let mut after_blank = false;
    for (at, glyph) in glyphs.iter().enumerate() {
        if glyph.letters.is_blank() {
            words.extend(open.take());
            after_blank = true;
            continue;
        }
        match &mut open {
            Some(word) if word.goes_on_with(glyph) => {
                word.glyphs.end = at + 1;
                word.right = word.right.max(glyph.right);
                word.size = word.size.max(glyph.size);
            }
            _ => words.extend(open.replace(Word::of(at, glyph, after_blank))),
        }
        after_blank = false;
    }
    words.extend(open);
    words
}
