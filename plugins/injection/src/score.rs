//! Joins the signals of a text into one judgement.

use std::borrow::Cow;
use std::collections::VecDeque;

use sdk::map::Map;
use sdk::{Decoded, Disguise, Subject};

use crate::model::{Features, Model, Opinion, Scorer};
use crate::rules::Part;
use crate::signals::{self, Class, RULES_END, Signal};
use crate::{lexicon, marks, words};

/// Bytes within which signals are joined: what is far apart does not add up.
const STRETCH: usize = 1600;

/// What a persona and the loss of its limits weigh besides, when they come together.
const TOGETHER: f32 = 0.3;

/// How sure we are that a text attacks, and what speaks for it most.
pub struct Judgement {
    /// 0 to 1.
    pub score: f32,
    /// Offsets are those of the subject's text.
    pub strongest: Option<Signal>,
}

impl Judgement {
    /// Nothing speaks for an attack.
    const NOTHING: Judgement = Judgement {
        score: 0.0,
        strongest: None,
    };
}

/// What the rules and the model say of a text and of what it hides.
pub fn judge(subject: &Subject) -> Judgement {
    let Some(model) = Model::of(subject.side) else {
        return Judgement::NOTHING;
    };
    let map = Map::of(subject);
    let mut judgement = look(&subject.view, &model).joint(&model);
    if let Some(strongest) = &mut judgement.strongest {
        strongest.span = map.span(strongest.span.clone());
    }
    for hidden in &subject.decoded {
        let mut inner = look(&parted(hidden), &model).joint(&model);
        if hidden.how == Disguise::Tags && hidden.view.trim().len() >= TAGS {
            inner.score = inner.score.max(UNSEEN);
        }
        if inner.score > judgement.score {
            judgement = Judgement {
                score: inner.score,
                strongest: Some(Signal {
                    rule: RULES_END,
                    weight: inner.score,
                    class: Class::Disguise,
                    part: Part::Other,
                    span: hidden.span.start as usize..hidden.span.end as usize,
                }),
            };
        }
    }
    judgement
}

/// What a stretch says, with spaces where letters that stood apart have lost them.
fn parted(hidden: &Decoded) -> Cow<'_, str> {
    const LONGEST: usize = 14;
    let long = |word: &str| word.len() > LONGEST;
    if hidden.how != Disguise::Spaced || !hidden.view.split(' ').any(long) {
        return Cow::Borrowed(&hidden.view);
    }
    let mut text = String::with_capacity(hidden.view.len() * 2);
    for word in hidden.view.split(' ') {
        let lower = word.to_ascii_lowercase();
        let mut at = 0;
        for (start, len) in lexicon::words_in(&lower) {
            text.extend([&lower[at..start], " ", &lower[start..start + len], " "]);
            at = start + len;
        }
        text.extend([&lower[at..], " "]);
    }
    Cow::Owned(text)
}

/// Letters in tag characters that are no flag's.
const TAGS: usize = 3;

/// Nobody hides a text from people without a reason.
const UNSEEN: f32 = 0.95;

/// Where the rules are enough and the model need only not speak against it, and how sure that
/// makes us. Talk about attacks has their words too, and only the model knows the difference.
const ENOUGH: f32 = 0.6;
/// The model speaks against it where it finds more than this share of the calm of unknown words.
const CALM: f32 = 0.5;
const SURE: f32 = 0.95;

/// What is seen in a text, with spans of it.
pub struct Look {
    /// What the rules find.
    pub rules: Judgement,
    /// What the model finds.
    pub opinion: Opinion,
    bytes: usize,
}

/// Reads a text once, for the rules and for the model.
pub fn look(view: &str, model: &Model) -> Look {
    let mut features = Features::new(Scorer::new(model));
    let reading = words::read(view, &mut features);
    let mut marks = Vec::new();
    if reading.marked {
        // ASCII only, so that offsets stay.
        marks = marks::find(&view.to_ascii_lowercase());
        marks.sort_by_key(|signal| signal.span.start);
    }
    Look {
        rules: join(signals::find(&reading.words), marks),
        opinion: features.sink.opinion(),
        bytes: view.len(),
    }
}

impl Look {
    fn joint(self, model: &Model) -> Judgement {
        let Look {
            rules,
            opinion,
            bytes,
        } = self;
        let parts = parts(opinion.stretch, opinion.whole, rules.score, bytes);
        let joint: f32 = parts
            .iter()
            .zip(&model.joint)
            .map(|(part, counts)| part * counts)
            .sum();
        let learned_score = 1.0 / (1.0 + (-joint).exp());
        let agreed = rules.score >= ENOUGH && opinion.stretch > CALM * model.stretch;
        let score = if agreed {
            learned_score.max(SURE)
        } else {
            learned_score
        };
        let learned = || Signal {
            rule: RULES_END,
            weight: score,
            class: Class::Override,
            part: Part::Other,
            span: opinion.span.clone(),
        };
        let strongest = rules
            .strongest
            .filter(|_| rules.score >= NAMED)
            .or_else(|| (!opinion.span.is_empty()).then(learned));
        Judgement { score, strongest }
    }
}

/// Evidence of the rules from which they say what kind of attack it is.
const NAMED: f32 = 0.3;

/// What the joint judgement is made of: a constant, the model's evidence for a stretch and for the
/// whole, the rules' evidence, and the length, for in a long text something is always suspicious.
pub fn parts(stretch: f32, whole: f32, rules: f32, bytes: usize) -> [f32; 5] {
    let rules = -(1.0 - rules.min(0.99)).ln();
    let length = (1.0 + bytes as f32 / 500.0).ln();
    [
        1.0,
        stretch.clamp(-8.0, 8.0),
        whole.clamp(-8.0, 8.0),
        rules,
        length,
    ]
}

/// Evidence beyond which more of it changes nothing.
const PLENTY: f32 = 0.99;

/// Signals of a stretch that are looked at, at most: they are dense only in hostile texts.
const DENSE: usize = 64;

/// The stretch in which the signals, each rule once at its strongest, weigh most together. Both
/// come in the order of the text.
fn join(words: impl Iterator<Item = Signal>, marks: Vec<Signal>) -> Judgement {
    let (mut words, mut marks) = (words.peekable(), marks.into_iter().peekable());
    let mut best = Judgement::NOTHING;
    let mut stretch: VecDeque<Signal> = VecDeque::new();
    loop {
        let mark_first = match (words.peek(), marks.peek()) {
            (Some(word), Some(mark)) => mark.span.start < word.span.start,
            (word, _) => word.is_none(),
        };
        let next = if mark_first {
            marks.next()
        } else {
            words.next()
        };
        let Some(signal) = next else {
            return best;
        };
        while stretch.len() > DENSE || before(stretch.front(), &signal) {
            stretch.pop_front();
        }
        // What is there already at that weight makes no more of what is left of the stretch.
        let known = stretch
            .iter()
            .any(|other| other.rule == signal.rule && other.weight >= signal.weight);
        stretch.push_back(signal);
        if known {
            continue;
        }
        let score = together(&stretch);
        if score > best.score {
            let strongest = stretch
                .iter()
                .max_by(|a, b| a.weight.total_cmp(&b.weight))
                .cloned();
            best = Judgement { score, strongest };
            if score >= PLENTY {
                return best;
            }
        }
    }
}

/// Whether a signal lies too far before another.
fn before(first: Option<&Signal>, signal: &Signal) -> bool {
    first.is_some_and(|first| signal.span.start - first.span.start > STRETCH)
}

/// What signals weigh together, each rule once at its strongest.
fn together(stretch: &VecDeque<Signal>) -> f32 {
    let mut heaviest = [0.0f32; 2 * RULES_END];
    for signal in stretch {
        heaviest[signal.rule] = heaviest[signal.rule].max(signal.weight);
    }
    let mut doubt: f32 = heaviest.iter().map(|weight| 1.0 - weight).product();
    let has = |part| stretch.iter().any(|signal| signal.part == part);
    if has(Part::Persona) && has(Part::Unbound) {
        doubt *= 1.0 - TOGETHER;
    }
    1.0 - doubt
}
