//! Stages of documents and searches: read a file, cut its text, say what to search for, order what
//! was found. Unlike guardrails they fail open: without them the box does as it always does.

use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use super::StageError;

/// Reads the text out of files.
pub trait Extractor: Send + Sync {
    fn name(&self) -> &str;

    /// Whether the file is its own, by name, media type or first bytes.
    fn reads(&self, file: &File<'_>) -> bool;

    /// Whether the end of its name says so.
    fn reads_by_name(&self, file: &File<'_>) -> bool;

    /// Blocks.
    fn extract(&self, file: &File<'_>) -> Result<Result<Extracted, Unreadable>, StageError>;
}

/// Cuts texts into passages.
pub trait Chunker: Send + Sync {
    fn name(&self) -> &str;

    /// In order, without overlap, none of them empty; no cuts at all: as the box does. Blocks.
    fn cut(&self, text: &str, markup: Markup, lengths: Lengths) -> Result<Vec<Cut>, StageError>;
}

/// Says what to search for.
pub trait Rewriter: Send + Sync {
    fn name(&self) -> &str;

    /// What is searched for beside the question. Blocks.
    fn rewrite(&self, question: &str, earlier: &[String]) -> Result<Vec<String>, StageError>;
}

/// Orders passages that were found.
pub trait Reranker: Send + Sync {
    fn name(&self) -> &str;

    /// The best first, each at most once; what is not named is left out. Blocks.
    fn rerank(&self, question: &str, candidates: &[Candidate]) -> Result<Vec<Ranked>, StageError>;
}

/// A file as it was uploaded.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    pub name: &'a str,
    pub media_type: &'a str,
    pub bytes: &'a [u8],
}

/// How a text is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    Plain,
    Markdown,
}

/// The text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extracted {
    pub text: String,
    pub markup: Markup,
    /// In order of their starts.
    pub pages: Vec<PageStart>,
}

/// Where a page of the file begins in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageStart {
    pub number: u32,
    /// Byte of the text.
    pub start: u32,
}

/// Why a file has no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    Empty,
    /// In words for the person who uploaded it.
    Broken(String),
    Encrypted,
}

/// How long passages are to be, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// As long as this, where the text allows it.
    pub target: usize,
    /// Never longer than this.
    pub most: usize,
}

/// A passage to be: where it is, and the headings above it, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    pub range: Range<usize>,
    pub headings: Vec<String>,
}

/// A passage that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Of its document.
    pub title: String,
    pub headings: Vec<String>,
    pub text: String,
    /// Higher is better; comparable within one search only.
    pub score: f32,
}

/// A candidate in its new place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    pub index: usize,
    pub score: f32,
}

/// The stages of the box; where there are several, the newest comes first. Cheap to clone; what is
/// put in applies to what begins afterwards.
#[derive(Clone, Default)]
pub struct Stages(Arc<RwLock<Arc<StageSet>>>);

/// All stages of one moment.
#[derive(Clone, Default)]
pub struct StageSet {
    pub extractors: Vec<Arc<dyn Extractor>>,
    /// What is built in comes after what was installed.
    pub readers: Vec<Arc<dyn Extractor>>,
    pub chunkers: Vec<Arc<dyn Chunker>>,
    pub rewriters: Vec<Arc<dyn Rewriter>>,
    pub rerankers: Vec<Arc<dyn Reranker>>,
}

impl Stages {
    /// Puts other stages in the place of these.
    pub fn exchange(&self, set: StageSet) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set);
    }

    /// The stages as they are now.
    pub fn now(&self) -> Arc<StageSet> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl StageSet {
    /// Who reads this file, if anybody does.
    pub fn extractor(&self, file: &File<'_>) -> Option<&Arc<dyn Extractor>> {
        // Browsers call files what the programs on the machine say: a name is the better witness.
        let readers = || self.readers.iter();
        (self.extractors.iter().find(|one| one.reads(file)))
            .or_else(|| readers().find(|one| one.reads_by_name(file)))
            .or_else(|| readers().find(|one| one.reads(file)))
    }

    /// Passages of `text`, or `None`: as the box cuts them. Blocks.
    pub fn cut(&self, text: &str, markup: Markup, lengths: Lengths) -> Option<Vec<Cut>> {
        self.chunkers.iter().find_map(|one| {
            let cuts = one.cut(text, markup, lengths);
            open(one.name(), cuts).filter(|cuts| !cuts.is_empty())
        })
    }

    /// What to search for beside the question, of all rewriters. Blocks.
    pub fn rewrite(&self, question: &str, earlier: &[String]) -> Vec<String> {
        let of = |one: &Arc<dyn Rewriter>| open(one.name(), one.rewrite(question, earlier));
        let all = self.rewriters.iter().filter_map(of).flatten();
        all.filter(|text| text != question).collect()
    }

    /// Each reranker orders what the one before left. `None`: as it was. Blocks.
    pub fn rerank(&self, question: &str, candidates: Vec<Candidate>) -> Option<Vec<Ranked>> {
        let mut order: Option<Vec<Ranked>> = None;
        let mut left = candidates;
        for one in &self.rerankers {
            let Some(ranked) = open(one.name(), one.rerank(question, &left)) else {
                continue;
            };
            let place = |it: &Ranked| left[it.index].clone();
            let next: Vec<Candidate> = ranked.iter().map(place).collect();
            order = Some(match order {
                None => ranked,
                Some(before) => {
                    let from = |it: Ranked| Ranked {
                        index: before[it.index].index,
                        ..it
                    };
                    ranked.into_iter().map(from).collect()
                }
            });
            left = next;
        }
        order
    }
}

/// What a stage answers, or nothing and a line in the log.
fn open<T>(name: &str, answer: Result<T, StageError>) -> Option<T> {
    answer
        .inspect_err(|error| tracing::warn!(plugin = name, %error, "a stage is left out"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Reverse(&'static str);

    impl Reranker for Reverse {
        fn name(&self) -> &str {
            self.0
        }

        fn rerank(&self, _: &str, candidates: &[Candidate]) -> Result<Vec<Ranked>, StageError> {
            if self.0 == "broken" {
                return Err(StageError::failed(self.0, "it broke"));
            }
            // Without what was best.
            let places = (1..candidates.len()).rev();
            Ok(places.map(|index| Ranked { index, score: 1.0 }).collect())
        }
    }

    #[test]
    fn rerankers_work_on_what_the_one_before_left_and_a_broken_one_changes_nothing() {
        let candidate = |text: &str| Candidate {
            title: String::new(),
            headings: Vec::new(),
            text: text.to_owned(),
            score: 0.0,
        };
        let candidates: Vec<_> = ["a", "b", "c", "d"].map(candidate).into();
        let order = |names: &[&'static str]| {
            let rerankers = names.iter().map(|name| Arc::new(Reverse(name)) as _);
            let set = StageSet {
                rerankers: rerankers.collect(),
                ..StageSet::default()
            };
            let ranked = set.rerank("?", candidates.clone());
            ranked.map(|list| list.iter().map(|it| it.index).collect::<Vec<_>>())
        };
        assert_eq!(order(&[]), None);
        assert_eq!(order(&["broken"]), None);
        assert_eq!(order(&["one"]), Some(vec![3, 2, 1]));
        assert_eq!(order(&["one", "broken", "two"]), Some(vec![1, 2]));
    }
}
