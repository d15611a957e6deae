//! Morse code: dots and dashes, a space between letters, a stroke or more spaces between words.

use super::{Disguise, Stretch};

/// Letters that can be an order.
const LETTERS: usize = 12;

/// A letter for each way from the root of the tree: 1, then a bit for each sign, a dash being 1
/// (ITU-R M.1677).
const TREE: &[u8; 64] = b"  ETIANMSURWDKGOHVF L PJBXCYZQ  54 3   2       16       7   8 90";

/// Each run of dots and dashes that says something.
pub(super) fn read(view: &str) -> Vec<Stretch> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(at) = view[rest..].find(is_sign).map(|at| at + rest) {
        let run = &view[at..];
        let end = run.find(|c| !is_part(c)).unwrap_or(run.len());
        rest = at + end;
        let run = run[..end].trim_end();
        if run.len() < 2 * LETTERS {
            continue;
        }
        if let Some(says) = letters(run) {
            let span = at..at + run.len();
            let how = Disguise::Morse;
            found.push(Stretch { how, span, says });
        }
    }
    found
}

/// What a run says; `None` if it is too short, or a part of it is no letter, as in a ruled line.
fn letters(run: &str) -> Option<String> {
    let (mut says, mut count) = (String::new(), 0);
    for word in run
        .split(['/', '|', '\n'])
        .flat_map(|part| part.split("  "))
    {
        for signs in word.split_whitespace() {
            says.push(letter(signs)?);
            count += 1;
        }
        if !says.is_empty() && !says.ends_with(' ') {
            says.push(' ');
        }
    }
    (count >= LETTERS && super::is_readable(&says)).then_some(says)
}

fn letter(signs: &str) -> Option<char> {
    let mut at = 1;
    for sign in signs.chars() {
        at = at * 2 + usize::from(!is_dot(sign));
        if at >= TREE.len() {
            return None;
        }
    }
    Some(char::from(TREE[at])).filter(|c| *c != ' ')
}

fn is_dot(c: char) -> bool {
    matches!(c, '.' | '·' | '•')
}

fn is_sign(c: char) -> bool {
    is_dot(c) || matches!(c, '-' | '_' | '−' | '–' | '—')
}

fn is_part(c: char) -> bool {
    is_sign(c) || matches!(c, ' ' | '/' | '|' | '\n')
}
