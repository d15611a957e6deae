//! The encoding that a Type 1 font carries in itself: `dup 27 /ff put` in its first, readable part.

use crate::syntax::{Item, Object, Parser};

/// Codes and names of glyphs.
pub(super) fn encoding(program: &[u8]) -> Vec<(u8, String)> {
    let find = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).position(|w| w == word);
    let end = find(program, b"eexec").unwrap_or(program.len());
    let clear = program.get(..end).unwrap_or_default();
    let Some(start) = find(clear, b"/Encoding") else {
        return Vec::new();
    };
    let mut parser = Parser::of_content(clear.get(start..).unwrap_or_default());
    let (mut codes, mut last) = (Vec::new(), Vec::new());
    while let Some(item) = parser.item() {
        match item {
            Item::Operand(object) if last.len() < 8 => last.push(object),
            Item::Operand(_) => {}
            Item::Operator(b"def" | b"readonly") => break,
            Item::Operator(b"put") => {
                if let [.., Object::Int(code), Object::Name(name)] = last.as_slice()
                    && let Ok(code) = u8::try_from(*code)
                {
                    codes.push((code, String::from_utf8_lossy(name).into_owned()));
                }
                last.clear();
            }
            Item::Operator(_) => last.clear(),
        }
    }
    codes
}
