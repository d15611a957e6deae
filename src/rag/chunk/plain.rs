//! Where plain text may be cut: at blank lines, at list items, at sentence ends.

use super::{Outline, Place, sentences};

/// The cuts of a plain text.
pub(super) fn outline(text: &str) -> Outline {
    let mut outline = Outline::default();
    let mut paragraph = 0;
    let mut after_blank = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let blank = line.trim().is_empty();
        if !blank && after_blank {
            sentences(text, paragraph..at, &mut outline.cuts);
            outline.cuts.push((at, Place::Block));
            paragraph = at;
        } else if !blank && is_item(line) {
            outline.cuts.push((at, Place::Item));
        }
        after_blank = blank;
        at += line.len();
    }
    sentences(text, paragraph..text.len(), &mut outline.cuts);
    outline
}

/// Does the line begin like one of a list: a bullet, a number?
fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let bullet = line.strip_prefix(['-', '*', '•', '–', '+']);
    let number = line
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .strip_prefix(['.', ')'])
        .filter(|_| line.starts_with(|c: char| c.is_ascii_digit()));
    bullet
        .or(number)
        .is_some_and(|rest| rest.starts_with([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_known_by_their_bullets() {
        for (line, expected) in [
            ("- one", true),
            ("  12) twelve", true),
            ("3. three", true),
            ("3.5 bar", false),
            ("-5 degrees", false),
            (". dot", false),
            ("plain", false),
        ] {
            assert_eq!(is_item(line), expected, "{line}");
        }
    }
}
