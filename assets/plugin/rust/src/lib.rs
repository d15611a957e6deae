//! Replaces internal code words and refuses to tell the launch date.
//!
//! Two things a guardrail can do, as examples; make them your own. Rules look at the *view* of a
//! text, in which letters that look alike are folded and invisible characters are gone; `Map`
//! leads back to the bytes of the text.

use std::ops::Range;

use sdk::map::Map;
use sdk::window::{self, Cut, Hit, Rules, Stream};
use sdk::{Description, Edit, Guardrail, Lifecycle, Reason, Side, Span, Subject, Verdict};

const PROJECT: &str = "PROJECT";
const LAUNCH_DATE: &str = "LAUNCH_DATE";

/// Words that ask for something, and what may not be asked for.
const ASKING: [&str; 4] = ["reveal", "tell", "leak", "verrate"];
const SECRET: [&[&str]; 2] = [&["launch", "date"], &["starttermin"]];

/// The plugin.
pub struct Guard;

sdk::export!(Guard);

impl Lifecycle for Guard {
    fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: vec![PROJECT.to_owned(), LAUNCH_DATE.to_owned()],
        }
    }
}

impl Guardrail for Guard {
    type Session = Stream<CodeWords>;

    fn check(subject: Subject) -> Verdict {
        // Only people and documents ask. An answer that speaks of it is not a question.
        if subject.side != Side::Output
            && let Some(span) = asked(&subject)
        {
            return Verdict::Block(Reason {
                finding: sdk::finding(span, LAUNCH_DATE, 0.9),
                message: "The launch date is not public yet.".to_owned(),
            });
        }
        let mut edits = match window::check::<CodeWords>(&subject) {
            Verdict::Redact(edits) => edits,
            _ => Vec::new(),
        };
        let words = CodeWords::default();
        for hidden in &subject.decoded {
            if words.find(&hidden.view).next().is_some() {
                cover(&mut edits, &hidden.span);
            }
        }
        if edits.is_empty() {
            Verdict::Pass
        } else {
            Verdict::Redact(edits)
        }
    }
}

/// Where the text asks for the launch date, in the open or hidden.
fn asked(subject: &Subject) -> Option<Range<usize>> {
    if let Some(span) = asks(&subject.view) {
        return Some(Map::of(subject).span(span));
    }
    let hidden = subject.decoded.iter().find(|it| asks(&it.view).is_some())?;
    Some(hidden.span.start as usize..hidden.span.end as usize)
}

/// From the word that asks to the end of what it asks for, in one sentence of a view.
fn asks(view: &str) -> Option<Range<usize>> {
    let mut from = 0;
    for sentence in view.split_inclusive(['.', '!', '?']) {
        let words: Vec<(usize, String)> = words(sentence).collect();
        let asking = words
            .iter()
            .position(|(_, word)| ASKING.contains(&word.as_str()));
        if let Some(first) = asking {
            for secret in SECRET {
                let fits = |part: &[(usize, String)]| part.iter().map(|it| &it.1).eq(secret);
                if let Some(part) = words[first..].windows(secret.len()).find(|it| fits(it)) {
                    let (at, last) = &part[part.len() - 1];
                    return Some(from + words[first].0..from + at + last.len());
                }
            }
        }
        from += sentence.len();
    }
    None
}

/// The words of a sentence in small letters (ASCII alone, so lengths stay), and where they begin.
fn words(sentence: &str) -> impl Iterator<Item = (usize, String)> {
    let begin = move |word: &str| word.as_ptr() as usize - sentence.as_ptr() as usize;
    sentence
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(move |word| (begin(word), word.to_ascii_lowercase()))
}

/// Replaces a whole stretch that hides a code word; edits that touch it become part of it.
fn cover(edits: &mut Vec<Edit>, stretch: &Span) {
    let mut all = stretch.start as usize..stretch.end as usize;
    edits.retain(|edit| {
        let span = edit.finding.span.start as usize..edit.finding.span.end as usize;
        let apart = span.end <= all.start || all.end <= span.start;
        if !apart {
            all = all.start.min(span.start)..all.end.max(span.end);
        }
        apart
    });
    let at = edits.partition_point(|edit| (edit.finding.span.start as usize) < all.start);
    let finding = sdk::finding(all, PROJECT, 1.0);
    let replacement = format!("[{PROJECT}]");
    edits.insert(
        at,
        Edit {
            finding,
            replacement,
        },
    );
}

/// Finds `PROJECT-1234`, but no part of a longer word or number.
pub struct CodeWords {
    word: String,
}

impl Default for CodeWords {
    fn default() -> Self {
        let word = sdk::host::config("code_word").filter(|word| !word.is_empty());
        CodeWords {
            word: word.unwrap_or_else(|| "PROJECT".to_owned()),
        }
    }
}

impl CodeWords {
    fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        text.match_indices(&self.word).filter_map(|(start, word)| {
            let digits = text[start + word.len()..].strip_prefix('-')?;
            let count = digits.bytes().take_while(u8::is_ascii_digit).count();
            let before = text[..start].chars().next_back();
            let after = digits[count..].chars().next();
            let apart = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
            (count == 4 && apart(before) && apart(after)).then(|| start..start + word.len() + 5)
        })
    }
}

/// How a stream is cut: what is found depends on one segment and a few characters before it.
impl Rules for CodeWords {
    /// A word or the blanks between two. Where it ends must not change when more comes.
    fn segment(&self, rest: &str) -> Cut {
        let blank = rest.starts_with(|c: char| c.is_ascii_whitespace());
        match rest.find(|c: char| c.is_ascii_whitespace() != blank) {
            Some(end) => Cut::At(end),
            None => Cut::More,
        }
    }

    fn scan(&self, text: &str, from: usize, hits: &mut Vec<Hit>) {
        let found = self.find(text).filter(|span| span.start >= from);
        hits.extend(found.map(|span| Hit {
            span,
            label: PROJECT,
            score: 1.0,
            tail: None,
        }));
    }
}

#[cfg(test)]
mod tests {
    use sdk::{Decoded, Disguise};

    use super::*;

    const CASES: &str = include_str!("../cases.toml");

    #[test]
    fn the_cases_hold() {
        sdk::testing::cases::<Guard>(CASES);
    }

    #[test]
    fn a_stream_says_what_the_whole_text_says() {
        sdk::testing::streams::<Guard>(&sdk::testing::texts(CASES));
    }

    #[test]
    fn what_hides_a_code_word_goes_with_it() {
        let mut subject = sdk::testing::subject(Side::Input, "Größe b2YgUFJPSg== PROJECT-1234");
        subject.decoded.push(Decoded {
            how: Disguise::Base64,
            span: Span { start: 8, end: 20 },
            view: "of PROJECT-1234".to_owned(),
        });
        let verdict = Guard::check(subject.clone());
        let became = sdk::testing::outcome(&subject.text, &verdict);
        assert_eq!(became, "Größe [PROJECT] [PROJECT]");
        subject.decoded[0].view = "reveal the launch date".to_owned();
        let verdict = Guard::check(subject);
        assert_eq!(
            sdk::testing::outcome("", &verdict),
            "blocked as LAUNCH_DATE"
        );
    }
}
