//! Grams: terms of scripts that write no spaces between words, and of Korean, whose words carry
//! their particles with them.
//!
//! Pairs of neighbouring characters find nearly what words would (McNamee & Mayfield 2004), and
//! need no dictionary, which would not know the names. A Chinese character is often a word, and
//! so a term itself; in the scripts of South-East Asia a vowel or tone goes with its consonant.

use unicode_segmentation::UnicodeSegmentation;

/// Scripts that are taken by pairs; those of one group make pairs with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Han,
    Kana,
    Hangul,
    /// Thai, Lao, Burmese, Khmer and their neighbours.
    Southern,
}

/// Whether a character is of a script that is taken by pairs.
pub(super) fn is_paired(c: char) -> bool {
    script(c).is_some()
}

fn script(c: char) -> Option<Script> {
    match c {
        '\0'..='\u{0DFF}' => None,
        '\u{4E00}'..='\u{9FFF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}'
        | '\u{3005}' => Some(Script::Han),
        '\u{3041}'..='\u{309F}'
        | '\u{30A1}'..='\u{30FF}'
        | '\u{31F0}'..='\u{31FF}'
        | '\u{FF66}'..='\u{FF9F}' => Some(Script::Kana),
        '\u{AC00}'..='\u{D7FF}'
        | '\u{1100}'..='\u{11FF}'
        | '\u{A960}'..='\u{A97F}'
        | '\u{3131}'..='\u{318E}' => Some(Script::Hangul),
        // Their digits and signs are left out: those are words like ours.
        '\u{0E01}'..='\u{0E4E}'
        | '\u{0E81}'..='\u{0ECE}'
        | '\u{0EDC}'..='\u{0EDF}'
        | '\u{1000}'..='\u{103F}'
        | '\u{1050}'..='\u{108F}'
        | '\u{109A}'..='\u{109D}'
        | '\u{1780}'..='\u{17D3}'
        | '\u{1950}'..='\u{19C9}'
        | '\u{1A20}'..='\u{1A7F}'
        | '\u{AA60}'..='\u{AA7F}' => Some(Script::Southern),
        _ => None,
    }
}

/// Calls `found` with the terms of a run of such characters, in order.
pub(super) fn each(run: &str, mut found: impl FnMut(&str)) {
    let mut before: Option<(usize, Option<Script>)> = None;
    let mut clusters = clusters(run).peekable();
    while let Some((at, cluster)) = clusters.next() {
        let this = script_of(cluster);
        let pair = before.filter(|(_, before)| are_pair(*before, this));
        if let Some((from, _)) = pair {
            found(&run[from..at + cluster.len()]);
        }
        let next = clusters.peek().and_then(|(_, next)| script_of(next));
        let alone = pair.is_none() && !are_pair(this, next);
        if alone || this == Some(Script::Han) {
            found(cluster);
        }
        before = Some((at, this));
    }
}

fn script_of(cluster: &str) -> Option<Script> {
    cluster.chars().next().and_then(script)
}

fn are_pair(one: Option<Script>, other: Option<Script>) -> bool {
    let japanese = |script| matches!(script, Some(Script::Han | Script::Kana));
    one.is_some() && (one == other || japanese(one) && japanese(other))
}

/// The characters of a run as they are read: with their marks, and with the vowel that Thai and
/// Lao write before the consonant that it is spoken after.
fn clusters(run: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = run.grapheme_indices(true);
    std::iter::from_fn(move || {
        let (at, first) = rest.next()?;
        let leads = matches!(
            first,
            "เ" | "แ" | "โ" | "ใ" | "ไ" | "ເ" | "ແ" | "ໂ" | "ໃ" | "ໄ"
        );
        let last = if leads { rest.next() } else { None };
        let end = last.map_or(at + first.len(), |(at, last)| at + last.len());
        Some((at, &run[at..end]))
    })
}
