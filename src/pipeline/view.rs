//! The normalised view of a text, with the way back to its bytes.
//!
//! Guardrails look for words and patterns; people who want to slip past them write those words
//! with look-alike letters, full-width forms or invisible characters between. The view undoes
//! that once, for all guards: compatibility forms are composed (NFKC, UAX #15), what cannot be
//! seen is left out, letters that look like Latin ones become those (UTS #39), digits of other
//! scripts become ASCII. Case stays. It is for looking only: what goes on is always the text.

mod lookalike;

use std::ops::Range;

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Characters normalised as one, at most; "stream-safe" text has no more than 30 marks in a row
/// (UAX #15, section 13). Keeps the work linear whatever is sent.
const CLUSTER_CHARS: usize = 64;

/// A stretch of the view and where it lies in the text; it ends where the next run begins. Its
/// part of the view or of the text may be empty, not both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Byte of the view.
    pub view: u32,
    /// Byte of the text.
    pub text: u32,
    /// Byte for byte the same in both; otherwise the run maps as a whole.
    pub verbatim: bool,
}

/// A normalised text that knows where each part of it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    text: String,
    runs: Vec<Run>,
    source_bytes: u32,
}

impl View {
    /// Normalises `text`, in linear time. At most six times as long as the text.
    ///
    /// Panics if the text is 4 GiB long or longer; the pipeline takes no such text.
    pub fn of(text: &str) -> Self {
        let source_bytes = u32::try_from(text.len()).expect("the pipeline bounds its texts");
        let mut view = Self {
            text: String::with_capacity(text.len()),
            runs: Vec::new(),
            source_bytes,
        };
        let mut at = 0;
        while at < text.len() {
            let same = verbatim_bytes(&text[at..]);
            if same > 0 {
                view.keep(&text[at..at + same], at);
                at += same;
            } else {
                let bytes = cluster_bytes(&text[at..]);
                view.normalise(&text[at..at + bytes], at);
                at += bytes;
            }
        }
        view
    }

    /// The normalised text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where each part of it came from, in order, from byte 0 of both; empty for an empty text.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The bytes of the text behind `span` of the view: whole characters, never less than what
    /// the span came from. A span past the end of the view ends with the text.
    pub fn to_text(&self, span: Range<u32>) -> Range<u32> {
        let start = self.start_in_text(span.start);
        if span.end <= span.start {
            return start..start;
        }
        let index = self.runs.partition_point(|run| run.view < span.end);
        let Some(run) = index.checked_sub(1).and_then(|index| self.runs.get(index)) else {
            return start..start;
        };
        let limit = self
            .runs
            .get(index)
            .map_or(self.source_bytes, |next| next.text);
        let end = if run.verbatim {
            run.text.saturating_add(span.end - run.view)
        } else {
            limit
        };
        start..end.min(limit).max(start)
    }

    fn start_in_text(&self, at: u32) -> u32 {
        let index = self.runs.partition_point(|run| run.view <= at);
        let Some(run) = index.checked_sub(1).and_then(|index| self.runs.get(index)) else {
            return 0;
        };
        let limit = self
            .runs
            .get(index)
            .map_or(self.source_bytes, |next| next.text);
        if run.verbatim {
            run.text.saturating_add(at - run.view).min(limit)
        } else {
            run.text
        }
    }

    fn keep(&mut self, same: &str, at: usize) {
        self.begin_run(at, true);
        self.text.push_str(same);
    }

    /// Adds one cluster: a character with the marks that belong to it.
    fn normalise(&mut self, cluster: &str, at: usize) {
        let before = self.text.len();
        self.begin_run(at, false);
        let seen = cluster.chars().filter(|&c| !lookalike::is_invisible(c));
        if cluster.chars().any(lookalike::is_unfolded) {
            self.text.extend(seen);
        } else {
            let folded = seen.nfkc().filter(|&c| !lookalike::is_loose_mark(c));
            self.text.extend(folded.map(lookalike::fold));
        }
        if self.text[before..] == *cluster {
            self.mark_verbatim();
        }
    }

    fn begin_run(&mut self, at: usize, verbatim: bool) {
        if verbatim && self.runs.last().is_some_and(|run| run.verbatim) {
            return;
        }
        let view = u32::try_from(self.text.len()).expect("a view is at most six times its text");
        let text = u32::try_from(at).expect("the pipeline bounds its texts");
        self.runs.push(Run {
            view,
            text,
            verbatim,
        });
    }

    /// The run that was begun last turned out to change nothing.
    fn mark_verbatim(&mut self) {
        let Some(run) = self.runs.pop() else { return };
        if !self.runs.last().is_some_and(|before| before.verbatim) {
            self.runs.push(Run {
                verbatim: true,
                ..run
            });
        }
    }
}

/// How many bytes at the start of `text` are plain ASCII that nothing after them can change.
fn verbatim_bytes(text: &str) -> usize {
    let plain = |&byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    let bytes = text.bytes().take_while(plain).count();
    // A mark after it would join the last letter.
    if bytes == text.len() {
        bytes
    } else {
        bytes.saturating_sub(1)
    }
}

/// The length of the first character with everything that joins it or cannot be seen.
fn cluster_bytes(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1).take(CLUSTER_CHARS);
    let end = chars.find(|&(_, c)| !joins(c) && !lookalike::is_invisible(c));
    let limit = || text.char_indices().nth(CLUSTER_CHARS + 1).map(|(at, _)| at);
    end.map(|(at, _)| at).or_else(limit).unwrap_or(text.len())
}

/// Whether `c` may change or be changed by the character before it under NFKC.
fn joins(c: char) -> bool {
    if c < '\u{300}' {
        return false;
    }
    if canonical_combining_class(c) != 0 {
        return true;
    }
    match is_nfkc_quick(std::iter::once(c)) {
        IsNormalized::Yes => false,
        IsNormalized::Maybe => true,
        IsNormalized::No => first_decomposed(c) != c && joins(first_decomposed(c)),
    }
}

fn first_decomposed(c: char) -> char {
    let mut first = None;
    decompose_compatible(c, |part| {
        first.get_or_insert(part);
    });
    first.unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_is_its_own_view() {
        for text in [
            "",
            "a",
            "Hello,\tworld\r\n",
            "x".repeat(70_000).as_str(),
            "日本語、한국어",
        ] {
            let view = View::of(text);
            assert_eq!(view.text(), text);
            assert!(view.runs().len() <= 1, "{:?}", view.runs());
        }
    }

    #[test]
    fn disguises_come_off() {
        for (disguised, plain) in [
            ("ignоrе аll", "ignore all"),               // Cyrillic о, е, а
            ("ＩＧＮＯＲＥ", "IGNORE"),                 // full width
            ("𝐢𝐠𝐧𝐨𝐫𝐞 𝓪𝓵𝓵", "ignore all"),               // mathematical letters
            ("ig\u{200b}no\u{ad}re\u{2060}", "ignore"), // invisible
            ("i\u{e0041}g\u{fe0f}nore", "ignore"),      // tags, variation selectors
            ("i\u{336}g\u{336}n\u{336}o\u{336}r\u{336}e\u{336}", "ignore"), // struck through
            ("ɪɢɴᴏʀᴇ", "ignore"),                       // small capitals
            ("ΙGΝΟRΕ", "IGNORE"),                       // Greek capitals
            ("🅸🅶🅽🅾🆁🅴", "IGNORE"),                       // squared letters
            (
                "4111\u{a0}1111\u{2011}1111\u{2013}1111",
                "4111 1111-1111-1111",
            ),
            ("٠١٢٣٤", "01234"),
            ("it’s “so”", "it's \"so\""),
            ("e\u{301}te\u{301}", "été"), // composed
            ("ﾊﾟ", "パ"),                  // half-width marks join
            ("Über Straße", "Über Straße"),
            ("a\u{8}b\u{1b}c\0", "abc"),
        ] {
            assert_eq!(View::of(disguised).text(), plain, "{disguised:?}");
        }
    }

    #[test]
    fn a_span_of_the_view_leads_back_to_what_was_written() {
        let text = "say ig\u{200b}nоre, ok";
        let view = View::of(text);
        let at = view.text().find("ignore").unwrap() as u32;
        let back = view.to_text(at..at + 6);
        assert_eq!(
            &text[back.start as usize..back.end as usize],
            "ig\u{200b}nоre"
        );
        assert_eq!(view.to_text(0..3), 0..3);
        assert_eq!(view.to_text(0..u32::MAX), 0..text.len() as u32);
        assert_eq!(
            view.to_text(7..7),
            view.to_text(7..7).start..view.to_text(7..7).start
        );
    }

    #[test]
    fn hostile_text_costs_linear_time_and_bounded_space() {
        for hostile in [
            "\u{301}",
            "\u{200b}",
            "e\u{301}\u{200b}",
            "\u{fdfa}",
            "㌖",
            "\u{e0041}",
        ] {
            let text = hostile.repeat((256 << 10) / hostile.len());
            let view = View::of(&text);
            assert!(view.text().len() <= 6 * text.len(), "{hostile:?}");
            check(&text, &view);
        }
    }

    /// What every view promises.
    fn check(text: &str, view: &View) {
        let runs = view.runs();
        assert_eq!(runs.is_empty(), text.is_empty());
        assert!(
            runs.first()
                .is_none_or(|run| (run.view, run.text) == (0, 0))
        );
        let ends = runs
            .iter()
            .skip(1)
            .map(|run| (run.view as usize, run.text as usize));
        let ends = ends.chain([(view.text().len(), text.len())]);
        for (run, (view_end, text_end)) in runs.iter().zip(ends) {
            let seen = view
                .text()
                .get(run.view as usize..view_end)
                .expect("borders in the view");
            let source = text
                .get(run.text as usize..text_end)
                .expect("borders in the text");
            assert!(!source.is_empty(), "a run without text");
            assert!(
                !run.verbatim || seen == source,
                "{seen:?} is not {source:?}"
            );
        }
    }

    fn disguised() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(vec![
            'a',
            'Z',
            '1',
            ' ',
            '\n',
            '\u{0}',
            'é',
            'e',
            '\u{301}',
            '\u{336}',
            '\u{200b}',
            'о',
            'ß',
            '\u{fdfa}',
            '㌖',
            '𝐢',
            '🅰',
            '\u{e0041}',
            '\u{ff9e}',
            'ｶ',
            '한',
            '\u{1161}',
            '\u{1100}',
            '\u{ffc2}',
            '١',
            '’',
            '\u{344}',
            '\u{fe0f}',
            '👨',
            '\u{200d}',
        ]);
        let any = prop_oneof![3 => odd, 1 => any::<char>()];
        prop::collection::vec(any, 0..80).prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn runs_cut_both_texts_into_the_same_pieces(text in disguised()) {
            check(&text, &View::of(&text));
        }

        #[test]
        fn spans_lead_back_to_whole_characters_in_order(text in disguised()) {
            let view = View::of(&text);
            let borders: Vec<u32> = (0..=view.text().len())
                .filter(|&at| view.text().is_char_boundary(at))
                .map(|at| at as u32)
                .collect();
            let mut last = 0;
            for (index, &start) in borders.iter().enumerate() {
                for &end in &borders[index..] {
                    let back = view.to_text(start..end);
                    prop_assert!(back.start <= back.end);
                    prop_assert!(text.get(back.start as usize..back.end as usize).is_some());
                    prop_assert!(start == end || back.start < back.end);
                }
                let back = view.to_text(start..u32::MAX);
                prop_assert!(back.start >= last);
                last = back.start;
            }
        }

        #[test]
        fn ascii_stays_as_it_is(text in "[ -~\t\r\n]{0,200}") {
            let view = View::of(&text);
            prop_assert_eq!(view.text(), text.as_str());
            prop_assert!(view.runs().len() <= 1);
        }
    }
}
