//! Letters written as tag characters (U+E0000 block), which no screen shows and models read.

use super::{Disguise, Stretch};

/// Each run of tags that says something. Flags of regions use a few of them behind a black flag;
/// those are too short to count.
pub(super) fn read(text: &str) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut rest = 0;
    while let Some(at) = text[rest..].find(is_tag).map(|at| at + rest) {
        let run = &text[at..];
        let bytes = run.find(|c| !is_tag(c)).unwrap_or(run.len());
        let says: String = run[..bytes]
            .chars()
            .filter_map(|c| char::from_u32(u32::from(c) - 0xe0000))
            .filter(|c| matches!(c, ' '..='~'))
            .collect();
        rest = at + bytes;
        if says.trim().len() >= 8 {
            found.push(Stretch {
                how: Disguise::Tags,
                span: at..rest,
                says,
            });
        }
    }
    found
}

fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}
