//! Redacting a stream so that its pieces are together the redacted whole.
//!
//! The view of a text is walked from left to right in segments. Where a segment ends depends only
//! on the characters up to there and a few behind; what is found in it depends only on it and on
//! [`CONTEXT`] bytes before it. A stream therefore cuts and finds exactly what a whole text does,
//! wherever its pieces end: [`check`] is a stream of one piece.
//!
//! A segment that does not end within [`WINDOW`] bytes is taken in windows that overlap by half,
//! so memory and delay are bounded and a pattern of up to half a window is never missed.

use std::cell::RefCell;
use std::ops::Range;

use crate::map::Map;
use crate::{Edit, Emission, GuestSession, Side, Step, Subject, Verdict, finding, hook};

/// Bytes of the view that rules may look back to from the beginning of a segment.
pub const CONTEXT: usize = 160;
/// Bytes of the view that are held back at most for one segment to end.
pub const WINDOW: usize = 512;

/// What a guard looks for. All offsets are bytes of the text handed in, on character borders.
pub trait Rules: Default + 'static {
    /// Where the segment at the beginning of `rest` ends; `rest` is not empty.
    ///
    /// Must answer the same once it does, whatever is appended to `rest`. A segment without any
    /// hit, such as white space, is free in this.
    fn segment(&self, rest: &str) -> Cut;

    /// Says before each [`Rules::segment`] how much of the view lies before it, for rules
    /// that keep what they read from one segment to the next: at one place stands one text.
    fn place(&self, _before: usize) {}

    /// Adds what is found in `text[from..]`, in any order; overlaps are settled by the caller.
    /// `text[..from]` is context.
    fn scan(&self, text: &str, from: usize, hits: &mut Vec<Hit>);

    /// Whether what is found under `label` stays as it is, so that people are only shown it. What
    /// has a [`Hit::tail`] may be shown in parts when it comes as a stream.
    fn keeps(&self, _label: &str) -> bool {
        false
    }
}

/// The end of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// After this many bytes, at least one.
    At(usize),
    /// Cannot be said before more is seen.
    More,
}

/// Something found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Where it lies; not empty.
    pub span: Range<usize>,
    /// What it is; the text is replaced by `[LABEL]`.
    pub label: &'static str,
    /// How sure the guard is, 0 to 1.
    pub score: f32,
    /// How it may go on behind the span, for what has no bounded length.
    pub tail: Option<Tail>,
}

/// Says how much of `rest`, which follows a hit, still belongs to it. `done`: nothing follows.
/// However a text is cut, the sum of the answers must be the same.
pub type Tail = fn(rest: &str, done: bool) -> Follow;

/// What a [`Tail`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Cannot be said before more is seen.
    More,
    /// This many bytes belong, at least one, and perhaps those behind them.
    Past(usize),
    /// This many bytes belong and no more.
    End(usize),
}

/// Judges a whole text.
pub fn check<R: Rules>(subject: &Subject) -> Verdict {
    hook::install();
    let mut window = Window::<R>::default();
    let (_, hits) = window.advance(&subject.view, true);
    let (_, edits) = edits(subject, &hits, &window.rules);
    if edits.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Redact(edits)
    }
}

/// A session over some rules.
pub struct Stream<R>(RefCell<Window<R>>);

impl<R: Rules> GuestSession for Stream<R> {
    fn new(_: Side) -> Self {
        hook::install();
        Stream(RefCell::new(Window::default()))
    }

    fn push(&self, held: Subject) -> Step {
        self.step(&held, false)
    }

    fn finish(&self, held: Subject) -> Step {
        self.step(&held, true)
    }
}

impl<R: Rules> Stream<R> {
    fn step(&self, held: &Subject, done: bool) -> Step {
        let map = Map::of(held);
        let mut window = self.0.borrow_mut();
        let (upto, hits) = window.advance(&held.view, done);
        let (end, edits) = edits(held, &hits, &window.rules);
        let upto = if upto == 0 { 0 } else { map.start(upto) };
        let upto = if done { held.text.len() } else { upto.max(end) };
        if upto == 0 {
            return Step::Hold;
        }
        Step::Emit(Emission {
            upto: crate::offset(upto),
            edits,
        })
    }
}

/// A hit in the view of the held text; one that goes on from the piece before has no label to put.
struct Found {
    span: Range<usize>,
    label: &'static str,
    score: f32,
    goes_on: bool,
}

#[derive(Default)]
struct Window<R> {
    rules: R,
    /// The last [`CONTEXT`] bytes of the view that was let go.
    before: String,
    /// How much of the view was let go.
    passed: usize,
    /// The hit that may go on at the beginning of what comes.
    open: Option<(Tail, &'static str, f32)>,
}

impl<R: Rules> Window<R> {
    /// How much of `view` may go, and what was found in that.
    fn advance(&mut self, view: &str, done: bool) -> (usize, Vec<Found>) {
        let base = self.before.len();
        let text = std::mem::take(&mut self.before) + view;
        let mut at = base;
        let mut found = Vec::new();
        while at < text.len() {
            let next = match self.open {
                Some(open) => self.follow(open, &text, at, done, &mut found),
                None => {
                    self.rules.place(self.passed + at - base);
                    self.segment(&text, at, done, &mut found)
                }
            };
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        self.before = text[context_of(&text, at)..at].to_owned();
        self.passed += at - base;
        for hit in &mut found {
            hit.span = hit.span.start - base..hit.span.end - base;
        }
        (at - base, found)
    }

    fn follow(
        &mut self,
        (tail, label, score): (Tail, &'static str, f32),
        text: &str,
        at: usize,
        done: bool,
        found: &mut Vec<Found>,
    ) -> Option<usize> {
        let (taken, ended) = match tail(&text[at..], done) {
            Follow::More if done => (text.len() - at, true),
            Follow::More => return None,
            Follow::Past(taken) => (taken, false),
            Follow::End(taken) => (taken, true),
        };
        if ended {
            self.open = None;
        }
        if taken > 0 {
            found.push(Found {
                span: at..at + taken,
                label,
                score,
                goes_on: true,
            });
        }
        Some(at + taken)
    }

    fn segment(
        &mut self,
        text: &str,
        at: usize,
        done: bool,
        found: &mut Vec<Found>,
    ) -> Option<usize> {
        let full = text.len() - at >= WINDOW;
        let end = if full {
            floor(text, at + WINDOW)
        } else {
            text.len()
        };
        let (end, forced) = match self.rules.segment(&text[at..end]) {
            Cut::At(len) => (at + len, false),
            Cut::More if full => (end, true),
            Cut::More if done => (end, false),
            Cut::More => return None,
        };
        let context = context_of(text, at);
        let mut hits = Vec::new();
        self.rules
            .scan(&text[context..end], at - context, &mut hits);
        for hit in &mut hits {
            hit.span = hit.span.start + context..hit.span.end + context;
        }
        let mut upto = if forced {
            floor(text, at + WINDOW / 2)
        } else {
            end
        };
        for hit in settle(hits) {
            if hit.span.start >= upto {
                break;
            }
            upto = upto.max(hit.span.end);
            let Hit {
                span,
                label,
                score,
                tail,
            } = hit;
            let stop = span.end;
            found.push(Found {
                span,
                label,
                score,
                goes_on: false,
            });
            if let Some(tail) = tail {
                self.open = Some((tail, label, score));
                return Some(stop);
            }
        }
        Some(upto)
    }
}

/// In order and without overlap: of two that overlap the surer one stays, then the longer one.
fn settle(mut hits: Vec<Hit>) -> Vec<Hit> {
    if hits.len() < 2 {
        return hits;
    }
    hits.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| b.span.len().cmp(&a.span.len()))
    });
    let mut kept: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        let at = kept.partition_point(|other| other.span.start < hit.span.start);
        let clear_left = at == 0 || kept[at - 1].span.end <= hit.span.start;
        let clear_right = kept
            .get(at)
            .is_none_or(|next| hit.span.end <= next.span.start);
        if clear_left && clear_right {
            kept.insert(at, hit);
        }
    }
    kept
}

/// The edits for what was found, and where the last of them ends.
fn edits(subject: &Subject, found: &[Found], rules: &impl Rules) -> (usize, Vec<Edit>) {
    let map = Map::of(subject);
    let mut end = 0;
    let mut edits: Vec<Edit> = Vec::with_capacity(found.len());
    for hit in found {
        let span = map.span(hit.span.clone());
        let span = span.start.max(end)..span.end;
        if span.is_empty() {
            continue;
        }
        end = span.end;
        match edits.last_mut() {
            // Between the two lie at most characters that the view leaves out.
            Some(last) if hit.goes_on => {
                if rules.keeps(hit.label) {
                    let start = last.finding.span.start as usize;
                    subject.text[start..span.end].clone_into(&mut last.replacement);
                }
                last.finding.span.end = crate::offset(span.end);
            }
            _ => edits.push(Edit {
                replacement: match (rules.keeps(hit.label), hit.goes_on) {
                    // What stands there already: a note and no edit.
                    (true, _) => subject.text[span.clone()].to_owned(),
                    (false, true) => String::new(),
                    (false, false) => format!("[{}]", hit.label),
                },
                finding: finding(span, hit.label, hit.score),
            }),
        }
    }
    (end, edits)
}

/// Where the context of `at` begins; depends on nothing but the bytes just before it.
fn context_of(text: &str, at: usize) -> usize {
    let mut start = at.saturating_sub(CONTEXT);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    start
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
