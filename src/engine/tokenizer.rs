//! Tokenizer: text to tokens and back, by the rules that came with the model.
//!
//! Control tokens (`<|im_end|>` and the like) are made only from the characters of a chat
//! template. The same characters in somebody's message stay text: [`Tokenizer::guard`] puts a mark
//! into them before the template is rendered, [`Tokenizer::encode_rendered`] takes it out after
//! control tokens were looked for. Nothing else about the text changes, so what a template does
//! with a message (trim it, join it) works as ever.

mod from_checkpoint;
mod from_gguf;
mod from_json;
mod harmless;
mod kinds;
mod pieces;
mod special;
mod stream;

use super::EngineError;
use crate::domain::conversation::Author;

pub(crate) use from_checkpoint::{Name, Roles};
pub(crate) use stream::Detokenizer;

use pieces::{Piece, Pieces};
use special::Specials;

/// Text is handed to the tokenizer in portions of about this size, for it needs some fifty times
/// the memory of its input.
const PORTION_BYTES: usize = 32 * 1024;
/// If no harmless place to cut is found, the portion ends here in any case.
const PORTION_MOST_BYTES: usize = 8 * PORTION_BYTES;

/// The longest token that answers can be held to, in bytes: the tree of tokens goes no deeper.
const WORD_BYTES: usize = 512;

/// The tokenizer of one model.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    inner: tokenizers::Tokenizer,
    spaces: Spaces,
    /// What each token says, by id.
    pieces: Pieces,
    /// Tokens that only a template may make.
    control: Specials,
    /// Tokens that look like markup: from a template or from the model's own earlier answers.
    markup: Specials,
    /// Tokens that any text means when it spells them, such as runs of spaces.
    spelled: Specials,
    /// What stands before and after a whole text.
    before: Vec<u32>,
    after: Vec<u32>,
    begin: Option<u32>,
    end: Option<u32>,
    /// Tokens that end an answer, sorted.
    ends: Vec<u32>,
}

/// How the vocabulary writes spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spaces {
    /// As they are; the pre-tokenizer knows.
    Plain,
    /// As U+2581 (SentencePiece).
    Lower { prefix: Prefix },
}

/// Where a space is put before a text that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prefix {
    Never,
    /// At the very beginning.
    First,
    /// There and after each control token.
    Always,
}

impl Tokenizer {
    /// How many tokens there are.
    pub(crate) fn vocabulary(&self) -> usize {
        self.pieces.len()
    }

    /// The token that stands for what the vocabulary cannot write; none if it can write all.
    pub(crate) fn unknown(&self) -> Result<Option<u32>, EngineError> {
        // Signs of Sumer and of Persia, which no vocabulary holds: where one is written with bytes,
        // the last bytes differ.
        let (sumer, persia) = (self.encode("\u{12000}")?, self.encode("\u{103A0}")?);
        let last = sumer.last().copied();
        Ok(last.filter(|token| persia.last() == Some(token)))
    }

    /// Whether `token` ends an answer.
    pub(crate) fn is_end(&self, token: u32) -> bool {
        self.ends.binary_search(&token).is_ok()
    }

    /// Tokens that end an answer, sorted.
    pub(crate) fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// The bytes of each token, by id, for a tree of them. What a reader would not see is its
    /// text behind `marker`, a byte that no text has; a token too long for the tree is none.
    pub(crate) fn words(&self, marker: u8) -> Vec<Vec<u8>> {
        let hidden = |token: u32| {
            let text = self.special_text(Some(token));
            let text = if text.is_empty() {
                format!("[{token}]")
            } else {
                text
            };
            [&[marker], text.as_bytes()].concat()
        };
        let word = |(token, piece): (u32, Piece<'_>)| match piece {
            Piece::Hidden => hidden(token),
            Piece::Bytes(bytes) => bytes.to_vec(),
        };
        let words = (0_u32..).zip(self.pieces.iter()).map(word);
        let fits = |word: Vec<u8>| {
            if word.len() <= WORD_BYTES {
                word
            } else {
                Vec::new()
            }
        };
        words.map(fits).collect()
    }

    /// What `token` is called where tokens are listed, and the bytes it says; a control token says
    /// none.
    pub(crate) fn name(&self, token: u32) -> (String, Option<&[u8]>) {
        match self.pieces.get(token) {
            Some(Piece::Bytes(bytes)) => (name_of(bytes), Some(bytes)),
            Some(Piece::Hidden) => (self.special_text(Some(token)), None),
            None => (String::new(), None),
        }
    }

    /// How many tokens the model puts around a whole text.
    pub(crate) fn around(&self) -> usize {
        self.before.len() + self.after.len()
    }

    /// The text of the token that begins a prompt, for templates.
    pub(crate) fn begin_text(&self) -> String {
        self.special_text(self.begin)
    }

    /// The text of the token that ends an answer, for templates.
    pub(crate) fn end_text(&self) -> String {
        self.special_text(self.end)
    }

    fn special_text(&self, token: Option<u32>) -> String {
        let texts = [&self.control, &self.markup, &self.spelled];
        let find = |token| texts.iter().find_map(|specials| specials.text(token));
        token.and_then(find).unwrap_or_default().to_owned()
    }

    /// Whether a template that writes `text` makes a control token by it.
    pub(crate) fn has_control(&self, text: &str) -> bool {
        self.control.contains(text)
    }

    /// The tokens of somebody's text. It makes no control token, whatever it says.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>, EngineError> {
        let mut tokens = Vec::new();
        self.encode_plain(text, &mut tokens)?;
        Ok(tokens)
    }

    /// The tokens of somebody's text with what the model puts around a whole one.
    pub(crate) fn encode_whole(&self, text: &str) -> Result<Vec<u32>, EngineError> {
        let mut tokens = Vec::new();
        self.encode_plain(text, &mut tokens)?;
        tokens.splice(0..0, self.before.iter().copied());
        tokens.extend(&self.after);
        Ok(tokens)
    }

    /// `content` with `mark` put wherever it could pass for a control token.
    pub(crate) fn guard(&self, content: &str, mark: char, author: Author) -> String {
        let Some(start) = content.find(|c: char| !c.is_whitespace()) else {
            return content.to_owned();
        };
        let mut places = self.control.starts(content);
        if author != Author::Assistant {
            places.extend(self.markup.starts(content));
        }
        places.sort_unstable();
        places.dedup();
        let mut guarded = String::with_capacity(content.len() + 4 * (places.len() + 1));
        // The first mark keeps the message from finishing what the template's last word began.
        guarded.push_str(&content[..start]);
        guarded.push(mark);
        let mut from = start;
        for place in places {
            let after_first = place + content[place..].chars().next().map_or(0, char::len_utf8);
            guarded.push_str(&content[from..after_first]);
            guarded.push(mark);
            from = after_first;
        }
        guarded.push_str(&content[from..]);
        guarded
    }

    /// The tokens of a rendered template whose messages were guarded by `mark`.
    pub(crate) fn encode_rendered(
        &self,
        rendered: &str,
        mark: char,
    ) -> Result<Vec<u32>, EngineError> {
        let mut tokens = Vec::new();
        for part in self.control.split(rendered) {
            let text = match part {
                special::Part::Token(token) => {
                    tokens.push(token);
                    continue;
                }
                special::Part::Text(text) => text,
            };
            for part in self.markup.split(text) {
                match part {
                    special::Part::Token(token) => tokens.push(token),
                    special::Part::Text(text) => {
                        self.encode_plain(&text.replace(mark, ""), &mut tokens)?;
                    }
                }
            }
        }
        if !tokens.starts_with(&self.before) {
            tokens.splice(0..0, self.before.iter().copied());
        }
        Ok(tokens)
    }

    fn encode_plain(&self, text: &str, tokens: &mut Vec<u32>) -> Result<(), EngineError> {
        for part in self.spelled.split(text) {
            match part {
                special::Part::Token(token) => tokens.push(token),
                special::Part::Text(text) => self.encode_segment(text, tokens)?,
            }
        }
        Ok(())
    }

    /// Text without any special token in it.
    fn encode_segment(&self, text: &str, tokens: &mut Vec<u32>) -> Result<(), EngineError> {
        let mut first = match self.spaces {
            Spaces::Lower {
                prefix: Prefix::First,
            } => tokens.is_empty(),
            Spaces::Lower { prefix } => prefix == Prefix::Always,
            Spaces::Plain => false,
        };
        for portion in portions(text) {
            let spaced = match self.spaces {
                Spaces::Plain => std::borrow::Cow::Borrowed(portion),
                Spaces::Lower { .. } => {
                    let lead = if first { "\u{2581}" } else { "" };
                    format!("{lead}{}", portion.replace(' ', "\u{2581}")).into()
                }
            };
            first = false;
            let encoding = self.inner.encode_fast(spaced.as_ref(), false);
            let encoding = encoding.map_err(|error| EngineError::Compute {
                reason: format!("the tokenizer failed: {error}"),
            })?;
            tokens.extend(encoding.get_ids());
        }
        Ok(())
    }

    /// The bytes that `token` says; none for a control token or an unknown number.
    fn bytes(&self, token: u32) -> &[u8] {
        match self.pieces.get(token) {
            Some(Piece::Bytes(bytes)) => bytes,
            Some(Piece::Hidden) | None => &[],
        }
    }
}

/// What bytes are called where tokens are listed: as text, or as OpenAI writes a part of a
/// character (`bytes:\xf0\x9f`).
pub(crate) fn name_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let digits = bytes.iter().map(|byte| format!("\\x{byte:02x}"));
            std::iter::once("bytes:".to_owned()).chain(digits).collect()
        }
    }
}

/// `text` in portions cut where no token can lie across: before a single space between two
/// letters (all vocabularies at hand begin words there and have no token with a space inside).
fn portions(text: &str) -> impl Iterator<Item = &str> {
    let mut left = text;
    std::iter::from_fn(move || {
        if left.is_empty() {
            return None;
        }
        let (portion, rest) = left.split_at(portion_end(left));
        left = rest;
        Some(portion)
    })
}

fn portion_end(text: &str) -> usize {
    if text.len() <= PORTION_BYTES {
        return text.len();
    }
    let bytes = text.as_bytes();
    let last = PORTION_MOST_BYTES.min(text.len() - 1);
    let harmless = |at: &usize| {
        let (before, here, after) = (bytes[at - 1], bytes[*at], bytes[at + 1]);
        before.is_ascii_alphabetic() && here == b' ' && after.is_ascii_alphabetic()
    };
    if let Some(at) = (PORTION_BYTES..last).find(harmless) {
        return at;
    }
    text.floor_char_boundary(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_are_the_whole_text_and_cut_between_words() {
        let words = "some words and more words. ".repeat(10_000);
        let spaces = " \u{1F999}".repeat(200_000);
        for text in ["", "short", &words, &spaces] {
            let parts: Vec<&str> = portions(text).collect();
            assert_eq!(parts.concat(), text);
            assert!(
                parts
                    .iter()
                    .all(|p| !p.is_empty() && p.len() <= PORTION_MOST_BYTES)
            );
        }
        for part in portions(&words).skip(1) {
            let mut chars = part.chars();
            assert_eq!(chars.next(), Some(' '));
            assert!(chars.next().is_some_and(char::is_alphabetic));
        }
    }
}
