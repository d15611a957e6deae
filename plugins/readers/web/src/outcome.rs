//! What a reader gives back, in types of its own: those of the world stay at the edge.

/// How much one reading may make.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Bytes of text, at most.
    pub text_bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Budget {
            text_bytes: 16 << 20,
        }
    }
}

impl Budget {
    /// Whether a text of this many bytes is still allowed.
    pub fn allows(&self, bytes: usize) -> Result<(), Refusal> {
        if bytes <= self.text_bytes {
            return Ok(());
        }
        Err(Refusal::Unreadable(format!(
            "The text of this file is longer than {} MiB. Split the file and upload its parts.",
            self.text_bytes >> 20
        )))
    }
}

/// The text of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// In reading order.
    pub text: String,
    /// Whether it is built with Markdown.
    pub markdown: bool,
}

impl Text {
    /// A Markdown text, if there is one within the budget.
    pub fn markdown(text: String, budget: &Budget) -> Result<Text, Refusal> {
        budget.allows(text.len())?;
        if text.trim().is_empty() {
            return Err(Refusal::Empty);
        }
        Ok(Text {
            text,
            markdown: true,
        })
    }
}

/// Why a file has no text.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// There is none in it.
    Empty,
    /// It is damaged or not what its name says; the words are for the person who uploaded it.
    Unreadable(String),
    /// It needs its password.
    Encrypted,
}
