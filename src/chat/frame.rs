//! The frame in which passages and question stand, and how it is kept out of answers.
//!
//! A small model that is at a loss goes on with its prompt. Behind an answer it writes the next
//! passage or question: a stop text ends it there. Instead of an answer it begins with the frame
//! itself: then the frame is left out and what it says in it is shown. Other marks would not help,
//! for whatever stands in a prompt can be copied from it; so the marks are plain words, which small
//! models understand, in a form that can be told from an answer.

use std::fmt::Write as _;

use super::sources::Source;

const PASSAGE: &str = "Passage";
const QUESTION: &str = "Question:";
const ANSWER: &str = "Answer:";
const FROM: &str = " from ";

/// Longest line that is waited for to see whether it is a frame: titles have 200 characters.
const LINE_BYTES: usize = 512;

/// The last message of a prompt: the passages, then the question.
pub(super) fn around(passages: &[Source], question: &str) -> String {
    if passages.is_empty() {
        return question.to_owned();
    }
    let mut text = String::new();
    for (number, found) in (1..).zip(passages) {
        let (title, passage) = (&found.title, found.masked.trim());
        let _ = writeln!(text, "{PASSAGE} {number} from {title}:\n{passage}\n");
    }
    let _ = write!(text, "{QUESTION} {question}");
    text
}

/// Where an answer ends because the model goes on with its prompt.
pub(super) fn stops() -> Vec<String> {
    vec![format!("\n{QUESTION}"), format!("\n{PASSAGE} ")]
}

/// Takes the frame off the beginning of one answer as it grows.
#[derive(Debug)]
pub(super) struct Echo {
    /// The first line of what was asked.
    question: String,
    /// The beginning, while it may be a frame.
    held: String,
    /// Whether a frame was left out.
    framed: bool,
    over: bool,
}

/// What a text begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Beginning {
    /// A frame of so many bytes.
    Frame(usize),
    /// Perhaps a frame: more is needed to tell.
    Open,
    Words,
}

impl Echo {
    /// An answer made from these passages; one that is made from none had no frame to repeat.
    pub(super) fn of(passages: &[Source], question: &str) -> Self {
        let line = question.trim().lines().next().unwrap_or_default();
        Self {
            question: line.trim_end().to_owned(),
            held: String::new(),
            framed: false,
            over: passages.is_empty(),
        }
    }

    /// Takes the next piece of the answer; gives what may be shown.
    pub(super) fn push(&mut self, text: &str) -> String {
        if self.over {
            return text.to_owned();
        }
        self.held.push_str(text);
        loop {
            match self.beginning() {
                Beginning::Frame(bytes) => {
                    self.held.drain(..bytes);
                    self.framed = true;
                }
                Beginning::Open => return String::new(),
                Beginning::Words => return self.finish(),
            }
        }
    }

    /// What is held at the end of the answer: it did not become a frame.
    pub(super) fn finish(&mut self) -> String {
        self.over = true;
        let held = std::mem::take(&mut self.held);
        match self.framed {
            true => held.trim_start().to_owned(),
            false => held,
        }
    }

    fn beginning(&self) -> Beginning {
        let line = self.held.trim_start();
        let labels = [PASSAGE, QUESTION, ANSWER];
        let Some(label) = labels.into_iter().find(|label| may_be(line, label)) else {
            return Beginning::Words;
        };
        let Some(rest) = line.get(label.len()..).filter(|rest| !rest.is_empty()) else {
            return Beginning::Open;
        };
        let inner = match label {
            PASSAGE => passage(rest),
            QUESTION => question(rest, &self.question),
            _ => Beginning::Frame(0),
        };
        match inner {
            Beginning::Frame(bytes) => Beginning::Frame(self.held.len() - rest.len() + bytes),
            other => other,
        }
    }
}

/// Whether `text` begins with `label`, or is the beginning of it.
fn may_be(text: &str, label: &str) -> bool {
    let both = text.len().min(label.len());
    text.get(..both)
        .is_some_and(|start| start.eq_ignore_ascii_case(&label[..both]))
}

/// Behind the word: ` 2 from stores.md:` and a space or the end of the line.
fn passage(rest: &str) -> Beginning {
    let number = rest.trim_start_matches(' ');
    let title = number.trim_start_matches(|c: char| c.is_ascii_digit());
    if number.is_empty() || title.is_empty() {
        return Beginning::Open;
    }
    if number.len() == title.len() || !may_be(title, ":") && !may_be(title, FROM) {
        return Beginning::Words;
    }
    let line = title.split_inclusive('\n').next().unwrap_or_default();
    let ends = |at: &usize| line[at + 1..].starts_with(char::is_whitespace);
    let colon = line.match_indices(':').map(|(at, _)| at).find(ends);
    match colon {
        Some(at) => Beginning::Frame(rest.len() - title.len() + at + 1),
        None if line.ends_with('\n') || line.len() > LINE_BYTES => Beginning::Words,
        None => Beginning::Open,
    }
}

/// Behind the word: what was asked, once more.
fn question(rest: &str, asked: &str) -> Beginning {
    let said = rest.trim_start();
    if asked.starts_with(said) {
        return Beginning::Open;
    }
    if asked.is_empty() || !said.starts_with(asked) {
        return Beginning::Words;
    }
    Beginning::Frame(rest.len() - said.len() + asked.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::Passage;
    use crate::domain::id::DocumentId;

    fn source(title: &str, text: &str) -> Source {
        let passage = Passage {
            document: DocumentId::new(),
            ordinal: 0,
            start: 0,
            end: 0,
            page: None,
            headings: Vec::new(),
            text: text.to_owned(),
        };
        Source {
            passage,
            title: title.to_owned(),
            masked: text.to_owned(),
            edits: Vec::new(),
        }
    }

    /// What is shown of an answer that comes in pieces of `size` characters.
    fn shown(answer: &str, passages: &[Source], size: usize) -> String {
        let mut echo = Echo::of(passages, "Where is the key?");
        let characters: Vec<char> = answer.chars().collect();
        let mut all: String = characters
            .chunks(size)
            .map(|piece| echo.push(&piece.iter().collect::<String>()))
            .collect();
        all.push_str(&echo.finish());
        all
    }

    #[test]
    fn a_frame_at_the_beginning_is_left_out_and_what_follows_is_shown() {
        let passages = [
            source("stores.md", "Ines has the key."),
            source("a: b.txt", "No."),
        ];
        for (answer, expected) in [
            ("Passage 3 from latin2.txt: Ines has it.", "Ines has it."),
            (
                "Passage 1 from stores.md:\nInes has the key.",
                "Ines has the key.",
            ),
            ("\n passage 12: Ines has it.", "Ines has it."),
            (
                "Passage 1 from a.md:\n\nPassage 2 from b.md:\nInes.",
                "Ines.",
            ),
            (
                "Question: Where is the key?\nAnswer: Ines has it.",
                "Ines has it.",
            ),
            ("Question: Where is the key? Ines has it.", "Ines has it."),
            ("Answer: Ines has it.", "Ines has it."),
            // These are answers.
            (
                "Ines has it. Passage 3 from a.md: no.",
                "Ines has it. Passage 3 from a.md: no.",
            ),
            (
                "Passage through hall 3: closed.",
                "Passage through hall 3: closed.",
            ),
            (
                "Passage 1 from stores.md says:Ines",
                "Passage 1 from stores.md says:Ines",
            ),
            (
                "Passage 1 from here\nis closed: no.",
                "Passage 1 from here\nis closed: no.",
            ),
            (
                "Question: What now? Answer: No.",
                "Question: What now? Answer: No.",
            ),
            ("Passengers wait.", "Passengers wait."),
            ("Passage", "Passage"),
            ("Ünder way", "Ünder way"),
            ("", ""),
        ] {
            for size in [1, 2, 3, 7, 1000] {
                assert_eq!(
                    shown(answer, &passages, size),
                    expected,
                    "{answer} by {size}"
                );
            }
        }
        let long = format!("Passage 1 from {}", "word ".repeat(200));
        assert_eq!(shown(&long, &passages, 10), long);
    }

    #[test]
    fn what_the_prompt_itself_says_is_taken_off() {
        let passages = [
            source("stores.md", "Ines has the key."),
            source("b.txt", "No."),
        ];
        let prompt = around(&passages, "Where is the key?");
        let stop = stops()
            .iter()
            .filter_map(|stop| prompt.find(stop.as_str()))
            .min()
            .expect("a stop text");
        let said = &prompt[..stop];
        assert_eq!(shown(said, &passages, 3).trim_end(), "Ines has the key.");
        let end = prompt.rfind(QUESTION).expect("a question");
        assert_eq!(shown(&prompt[end..], &passages, 3), &prompt[end..]);
    }

    #[test]
    fn without_passages_there_is_no_frame() {
        assert_eq!(around(&[], "Where?"), "Where?");
        let answer = "Passage 1: Where the river bends.";
        assert_eq!(shown(answer, &[], 3), answer);
    }
}
