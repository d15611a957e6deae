//! How wide the letters of the fonts are that a file need not bring (9.6.2.2): good enough to find
//! the gaps between words.

const SANS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

const SERIF: [u16; 95] = [
    250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500,
    500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611,
    556, 722, 722, 333, 389, 722, 611, 889, 722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722,
    722, 611, 333, 278, 333, 469, 500, 333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500,
    278, 778, 500, 500, 500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
];

/// The width of a letter in a font of this name, in parts of its size.
pub(super) fn width(font: &[u8], bold: bool, letter: Option<char>) -> f32 {
    let font = String::from_utf8_lossy(font).to_lowercase();
    if font.contains("courier") || font.contains("mono") {
        return 0.6;
    }
    let table = if font.contains("times") || font.contains("serif") {
        &SERIF
    } else {
        &SANS
    };
    let at = letter.and_then(|letter| (letter as usize).checked_sub(32));
    let width = at.and_then(|at| table.get(at)).copied().unwrap_or(556);
    let blank = letter == Some(' ');
    // Bold letters are wider by about this much, blanks are not.
    f32::from(width) / 1000.0 * if bold && !blank { 1.06 } else { 1.0 }
}
