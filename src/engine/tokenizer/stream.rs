//! Tokens back to text, as they come: half a character is held back until the rest is there.

use std::sync::Arc;

use super::{Prefix, Spaces, Tokenizer};

/// The text of one answer, token by token.
#[derive(Debug)]
pub(crate) struct Detokenizer {
    tokenizer: Arc<Tokenizer>,
    /// Bytes of a character that is not whole yet; at most 3 after each push.
    pending: Vec<u8>,
    /// The next text is an answer's first, whose leading space SentencePiece put there.
    strip_space: bool,
}

impl Detokenizer {
    /// For an answer to a chat prompt, or for the continuation of a text.
    pub(crate) fn new(tokenizer: Arc<Tokenizer>, continues: bool) -> Self {
        let put_there = match tokenizer.spaces {
            Spaces::Lower { prefix } => prefix != Prefix::Never,
            Spaces::Plain => false,
        };
        let strip_space = !continues && put_there;
        Self {
            tokenizer,
            pending: Vec::new(),
            strip_space,
        }
    }

    /// The whole characters that are there once `token` has been said; perhaps none.
    pub(crate) fn push(&mut self, token: u32) -> String {
        let mut bytes = self.tokenizer.bytes(token);
        if self.strip_space && !bytes.is_empty() {
            bytes = bytes.strip_prefix(b" ").unwrap_or(bytes);
            self.strip_space = false;
        }
        self.pending.extend_from_slice(bytes);
        take_whole(&mut self.pending)
    }

    /// Whether a part of a character waits for the rest of it.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Whether the next token that says something loses a leading space.
    pub(crate) fn strips_space(&self) -> bool {
        self.strip_space
    }

    /// What is left at the end: nothing, or a sign for the character that never became whole.
    pub(crate) fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.pending)).into_owned()
    }
}

/// Takes the whole characters off the front of `bytes`. Bytes that can never become a character
/// are replaced by U+FFFD, as `String::from_utf8_lossy` does.
fn take_whole(bytes: &mut Vec<u8>) -> String {
    let mut text = String::new();
    let mut taken = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        taken += chunk.valid().len();
        let invalid = chunk.invalid();
        if invalid.is_empty() {
            continue;
        }
        let at_end = taken + invalid.len() == bytes.len();
        if at_end && could_become_whole(invalid) {
            break;
        }
        text.push(char::REPLACEMENT_CHARACTER);
        taken += invalid.len();
    }
    bytes.drain(..taken);
    text
}

/// Whether more bytes could make these one character.
fn could_become_whole(bytes: &[u8]) -> bool {
    matches!(std::str::from_utf8(bytes), Err(error) if error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_a_character_waits_and_a_wrong_byte_does_not() {
        for (pushed, texts) in [
            (
                vec![&b"a\xF0\x9F"[..], b"\xA6", b"\x99b"],
                vec!["a", "", "\u{1F999}b"],
            ),
            (vec![b"\xE2\x82", b"x"], vec!["", "\u{FFFD}x"]),
            (vec![b"\xFFa", b"\xC3"], vec!["\u{FFFD}a", ""]),
            (vec![b"\x80\x80"], vec!["\u{FFFD}\u{FFFD}"]),
        ] {
            let mut pending = Vec::new();
            for (bytes, text) in pushed.iter().zip(&texts) {
                pending.extend_from_slice(bytes);
                assert_eq!(take_whole(&mut pending), *text, "{pushed:x?}");
                assert!(pending.len() <= 3);
            }
        }
    }

    proptest! {
        /// However a text is cut, it comes out whole, and whatever the bytes, as the lossy
        /// conversion of all of them.
        #[test]
        fn cutting_changes_nothing(bytes: Vec<u8>, text: String, cut in 1_usize..5) {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                let (mut pending, mut out) = (Vec::new(), String::new());
                for part in bytes.chunks(cut) {
                    pending.extend_from_slice(part);
                    out.push_str(&take_whole(&mut pending));
                }
                out.push_str(&String::from_utf8_lossy(&pending));
                prop_assert_eq!(out, String::from_utf8_lossy(bytes));
            }
        }
    }
}
