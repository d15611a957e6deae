//! Stop texts: an answer ends before the first of them, however tokens cut it.

use super::super::EngineError;

/// Most stop texts, and the longest one.
const MOST: usize = 16;
const MOST_BYTES: usize = 256;

/// Looks for stop texts in an answer as it comes, and holds back what may become one.
#[derive(Debug)]
pub(super) struct StopTexts {
    texts: Vec<String>,
    held: String,
}

/// What may be let go.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Released {
    pub(super) text: String,
    /// A stop text came; the answer ends here.
    pub(super) stopped: bool,
}

impl StopTexts {
    /// Fails if there are too many, or one is empty or too long.
    pub(super) fn new(texts: Vec<String>) -> Result<Self, EngineError> {
        let wrong = |reason| Err(EngineError::StopTexts { reason });
        if texts.len() > MOST {
            return wrong("there are more than 16");
        }
        if texts.iter().any(String::is_empty) {
            return wrong("one is empty");
        }
        if texts.iter().any(|text| text.len() > MOST_BYTES) {
            return wrong("one is longer than 256 bytes");
        }
        Ok(Self {
            texts,
            held: String::new(),
        })
    }

    /// Takes `text` in and lets go what can no longer be a part of a stop text.
    pub(super) fn push(&mut self, text: &str) -> Released {
        self.held.push_str(text);
        let found = self.texts.iter().filter_map(|stop| self.held.find(stop));
        if let Some(at) = found.min() {
            self.held.truncate(at);
            return Released {
                text: std::mem::take(&mut self.held),
                stopped: true,
            };
        }
        let kept = self.held.split_off(self.safe_end());
        Released {
            text: std::mem::replace(&mut self.held, kept),
            stopped: false,
        }
    }

    /// What was held back, at the end of the answer.
    pub(super) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Where the longest end of the held text begins that a stop text begins with.
    fn safe_end(&self) -> usize {
        let longest = self.texts.iter().map(String::len).max().unwrap_or(0);
        let first = self.held.len().saturating_sub(longest);
        let candidates = (first..self.held.len()).filter(|at| self.held.is_char_boundary(*at));
        let could_stop = |at: &usize| {
            let end = &self.held[*at..];
            self.texts.iter().any(|stop| stop.starts_with(end))
        };
        let mut starts = candidates.filter(could_stop);
        starts.next().unwrap_or(self.held.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What comes out when `pieces` go in.
    fn answer(stops: &[&str], pieces: &[&str]) -> (Vec<String>, bool) {
        let stops = stops.iter().map(|s| (*s).to_owned()).collect();
        let mut texts = StopTexts::new(stops).expect("fit stop texts");
        let mut out = Vec::new();
        for piece in pieces {
            let released = texts.push(piece);
            out.push(released.text);
            if released.stopped {
                return (out, true);
            }
        }
        out.push(texts.finish());
        (out, false)
    }

    #[test]
    fn a_stop_text_is_never_seen_however_it_is_cut() {
        for (stops, pieces, seen, stopped) in [
            (vec!["END"], vec!["aENDb"], vec!["a"], true),
            (vec!["END"], vec!["aE", "N", "Db"], vec!["a", "", ""], true),
            (vec!["END"], vec!["aE", "Nx"], vec!["a", "ENx", ""], false),
            (vec!["END"], vec!["aEEN", "D"], vec!["aE", ""], true),
            (vec!["END"], vec!["EN"], vec!["", "EN"], false),
            (vec!["aab"], vec!["aa", "ab"], vec!["", "a"], true),
            (vec!["bc", "abcd"], vec!["ab", "c"], vec!["", "a"], true),
            (
                vec!["\n\n"],
                vec!["x\n", "y\n", "\n"],
                vec!["x", "\ny", ""],
                true,
            ),
            (vec!["é!"], vec!["aé", "b"], vec!["a", "éb", ""], false),
            (vec![], vec!["x", ""], vec!["x", "", ""], false),
        ] {
            assert_eq!(
                answer(&stops, &pieces),
                (seen.iter().map(|s| (*s).to_owned()).collect(), stopped),
                "{stops:?} in {pieces:?}"
            );
        }
    }

    #[test]
    fn stop_texts_are_bounded() {
        for (texts, fits) in [
            (vec!["x".to_owned(); 16], true),
            (vec!["x".to_owned(); 17], false),
            (vec![String::new()], false),
            (vec!["x".repeat(256)], true),
            (vec!["x".repeat(257)], false),
        ] {
            assert_eq!(StopTexts::new(texts.clone()).is_ok(), fits, "{texts:?}");
        }
    }

    proptest! {
        /// The text before the first stop text comes out, whole, whatever the pieces.
        #[test]
        fn pieces_make_no_difference(
            text in "[ab]{0,40}", stops in proptest::collection::vec("[ab]{1,4}", 0..3),
            cut in 1_usize..6,
        ) {
            let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
            let first = stops.iter().filter_map(|s| text.find(s)).min();
            let mut pieces = Vec::new();
            let mut left = text.as_str();
            while !left.is_empty() {
                let (piece, rest) = left.split_at(cut.min(left.len()));
                pieces.push(piece);
                left = rest;
            }
            let (out, stopped) = answer(&stops, &pieces);
            // A stop text that ends later may begin earlier: the one complete first counts.
            if stopped {
                prop_assert!(first.is_some());
                prop_assert!(text.starts_with(&out.concat()));
                prop_assert!(!stops.iter().any(|s| out.concat().contains(s)));
            } else {
                prop_assert_eq!(out.concat(), text);
                prop_assert!(first.is_none());
            }
        }
    }
}
