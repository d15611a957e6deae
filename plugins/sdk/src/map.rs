//! From the normalised view back to the text it was made of.

use std::ops::Range;

use crate::{Run, Subject};

/// The runs of a subject, with the ends they imply.
#[derive(Clone, Copy)]
pub struct Map<'a> {
    runs: &'a [Run],
    view_len: usize,
    text_len: usize,
}

impl<'a> Map<'a> {
    /// The map of a subject; a subject without runs is its own view.
    pub fn of(subject: &'a Subject) -> Map<'a> {
        Map {
            runs: &subject.runs,
            view_len: subject.view.len(),
            text_len: subject.text.len(),
        }
    }

    /// The text that a span of the view stands for: whole characters, invisible ones inside it
    /// included, those around it left out. `span` is not empty.
    pub fn span(&self, span: Range<usize>) -> Range<usize> {
        self.start(span.start)..self.end(span.end)
    }

    /// Where in the text the character of the view that begins at `at` begins. At the end of the
    /// view this is the end of the text.
    pub fn start(&self, at: usize) -> usize {
        if at >= self.view_len {
            return self.text_len;
        }
        match self.run_over(at) {
            None => at,
            Some(index) => {
                let run = &self.runs[index];
                let inside = if run.verbatim {
                    at - run.view as usize
                } else {
                    0
                };
                run.text as usize + inside
            }
        }
    }

    /// Where in the text the character of the view that ends at `at` ends.
    fn end(&self, at: usize) -> usize {
        match self.run_over(at - 1) {
            None => at,
            Some(index) => {
                let run = &self.runs[index];
                if run.verbatim {
                    run.text as usize + (at - run.view as usize)
                } else {
                    self.runs
                        .get(index + 1)
                        .map_or(self.text_len, |next| next.text as usize)
                }
            }
        }
    }

    /// The run that holds the view's byte `at`: the last that begins at or before it, which skips
    /// runs without view bytes.
    fn run_over(&self, at: usize) -> Option<usize> {
        self.runs
            .partition_point(|run| run.view as usize <= at)
            .checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Side;

    fn run(view: u32, text: u32, verbatim: bool) -> Run {
        Run {
            view,
            text,
            verbatim,
        }
    }

    /// "a", a zero-width space, "b", a fullwidth "１" and "c".
    fn mixed() -> Subject {
        Subject {
            side: Side::Output,
            text: "a\u{200b}b\u{ff11}c".to_owned(),
            view: "ab1c".to_owned(),
            runs: vec![
                run(0, 0, true),
                run(1, 1, false),
                run(1, 4, true),
                run(2, 5, false),
                run(3, 8, true),
            ],
            decoded: Vec::new(),
        }
    }

    #[test]
    fn spans_take_in_what_the_view_left_out() {
        let subject = mixed();
        let map = Map::of(&subject);
        for (view, text) in [
            (0..1, 0..1),
            (0..2, 0..5),
            (1..2, 4..5),
            (2..3, 5..8),
            (1..4, 4..9),
        ] {
            assert_eq!(map.span(view.clone()), text, "{view:?}");
        }
        assert_eq!(map.start(4), 9);
    }

    #[test]
    fn a_subject_without_runs_is_its_own_view() {
        let subject = Subject {
            side: Side::Input,
            text: "abc".into(),
            view: "abc".into(),
            runs: Vec::new(),
            decoded: Vec::new(),
        };
        assert_eq!(Map::of(&subject).span(1..3), 1..3);
    }
}
