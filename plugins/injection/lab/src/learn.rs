//! Learns the weights of one side: logistic regression over hashed features, on the most
//! suspicious stretch of each text and on the whole of it.

use std::ops::Range;

use guard_injection::model::{self, BITS, Features, SENTENCES, Sink, WORDS};
use sdk::testing::Random;

/// A text to learn from.
pub struct Doc {
    sentences: Vec<(Vec<u32>, u32)>,
    ends: Vec<usize>,
    /// Whether it is an attack.
    pub attack: bool,
    /// Where the attack is, if it is known to be in a part only.
    inside: Option<Range<usize>>,
    /// How much it counts.
    pub weight: f32,
    /// Texts of one group are left out together.
    pub group: u32,
    /// The same for all texts of one carrier.
    pub carrier: Option<u32>,
    /// Bytes of the text.
    pub bytes: usize,
    /// What the rules find in it.
    pub rules: f32,
}

#[derive(Default)]
struct Collector {
    sentences: Vec<(Vec<u32>, u32)>,
    ends: Vec<usize>,
    current: Vec<u32>,
}

impl Sink for &mut Collector {
    fn feature(&mut self, place: u32) {
        self.current.push(place);
    }
    fn sentence(&mut self, end: usize, words: u32) {
        self.ends.push(end);
        let current = std::mem::take(&mut self.current);
        self.sentences.push((current, words));
    }
}

/// A text with what is known of it.
#[derive(Clone, Copy)]
pub struct Labelled<'a> {
    /// As the guard sees it.
    pub view: &'a str,
    /// Whether it is an attack.
    pub attack: bool,
    /// The attack, where only a part of the text is one.
    pub inside: &'a str,
    /// How much it counts.
    pub weight: f32,
    /// Texts of one group are left out together.
    pub group: u32,
    /// The same for all texts of one carrier.
    pub carrier: Option<u32>,
}

/// Reads a text as the guard does; `rules` is what the rules find in it.
pub fn doc(text: &Labelled<'_>, rules: f32) -> Doc {
    let mut collector = Collector::default();
    guard_injection::words::read(text.view, &mut Features::new(&mut collector));
    let inside = (!text.inside.is_empty())
        .then(|| text.view.find(text.inside))
        .flatten()
        .map(|at| at..at + text.inside.len());
    Doc {
        sentences: collector.sentences,
        ends: collector.ends,
        attack: text.attack,
        inside,
        weight: text.weight,
        group: text.group,
        carrier: text.carrier,
        bytes: text.view.len(),
        rules,
    }
}

/// What is learned.
#[derive(Clone)]
pub struct Weights {
    /// One per place.
    pub table: Vec<f32>,
    /// Added to the evidence of a stretch.
    pub stretch: f32,
    /// What the whole counts and what is added to it.
    pub whole: (f32, f32),
    /// How everything is joined.
    pub joint: [f32; 5],
}

/// How it is learned.
#[derive(Clone, Copy)]
pub struct Recipe {
    /// Times that every text is seen.
    pub epochs: usize,
    /// Step of AdaGrad.
    pub step: f32,
    /// How strongly weights are drawn to nothing.
    pub decay: f32,
    /// One of so many features is not seen, another one each time.
    pub dropped: u32,
    /// How much the whole counts against the stretch; 0 where texts are attacks in part.
    pub whole: f32,
    /// Evidence of words that were never seen: what is unknown is calm.
    pub calm: f32,
    /// How much each sentence of a calm text counts by itself.
    pub each: f32,
    /// Groups in which a feature has to occur.
    pub groups: u32,
}

/// A seed, so that every run learns the same.
const SEED: u64 = 0x5eed_0001;

pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

struct Pass<'a> {
    doc: &'a Doc,
    /// Sum and number of the features of each sentence.
    sums: Vec<(f32, f32)>,
}

impl Pass<'_> {
    /// Whether a sentence has to do with the attack; where it is not known, each has.
    fn guilty(&self, nth: usize) -> bool {
        let start = nth.checked_sub(1).map_or(0, |before| self.doc.ends[before]);
        let end = self.doc.ends[nth];
        let inside = self.doc.inside.as_ref();
        self.doc.attack && inside.is_none_or(|inside| start < inside.end && inside.start < end)
    }

    /// The most suspicious stretch: first and last sentence, evidence, number of features. In
    /// training only such that have to do with a known attack.
    fn stretch(&self, training: bool) -> (usize, usize, f32, f32) {
        let mut best = (0, 0, f32::MIN, 1.0);
        for last in 0..self.sums.len() {
            let (mut sum, mut count, mut long) = (0.0, 0.0, 0);
            for first in (0..=last).rev().take(SENTENCES) {
                long += self.doc.sentences[first].1;
                if first < last && long > WORDS {
                    break;
                }
                sum += self.sums[first].0;
                count += self.sums[first].1;
                if training && self.doc.attack && !(first..=last).any(|nth| self.guilty(nth)) {
                    continue;
                }
                let found = model::evidence(sum, count);
                if found > best.2 {
                    best = (first, last, found, count);
                }
            }
        }
        best
    }

    fn whole(&self) -> (f32, f32) {
        let sum = self.sums.iter().map(|s| s.0).sum();
        let count = self.sums.iter().map(|s| s.1).sum();
        (model::evidence(sum, count), count)
    }
}

fn seen(place: u32, salt: u32, dropped: u32) -> bool {
    dropped == 0 || (place ^ salt).wrapping_mul(0x9e37_79b1) >> 16 & 0xff >= 256 / dropped
}

fn pass<'a>(doc: &'a Doc, table: &[f32], salt: u32, dropped: u32) -> Pass<'a> {
    let sums = doc
        .sentences
        .iter()
        .map(|(features, _)| {
            let weights = features
                .iter()
                .filter(|place| seen(**place, salt, dropped))
                .map(|place| table[*place as usize]);
            (weights.sum(), features.len() as f32)
        })
        .collect();
    Pass { doc, sums }
}

/// AdaGrad, a number at a time.
#[derive(Clone, Copy, Default)]
struct Step(f32);

impl Step {
    fn of(&mut self, gradient: f32, step: f32) -> f32 {
        self.0 += gradient * gradient;
        step * gradient / (self.0.sqrt() + 1e-3)
    }
}

/// Learns from documents.
pub fn learn(docs: &[&Doc], recipe: Recipe) -> Weights {
    let mut weights = Weights {
        table: vec![0.0; 1 << BITS],
        stretch: recipe.calm,
        whole: (1.0, recipe.calm),
        joint: [0.0, 1.0, 0.0, 1.0, 0.0],
    };
    let mut gain = Step::default();
    let mut random = Random(SEED);
    let mut order: Vec<usize> = (0..docs.len()).collect();
    let share = balance(docs);
    let known = known(docs, recipe.groups);
    for epoch in 0..recipe.epochs {
        let pace = recipe.step * (1.0 - epoch as f32 / recipe.epochs as f32);
        for at in (1..order.len()).rev() {
            order.swap(at, random.below(at + 1));
        }
        for &at in &order {
            let doc = docs[at];
            let salt = random.below(1 << 30) as u32;
            let pass = pass(doc, &weights.table, salt, recipe.dropped);
            if pass.sums.is_empty() {
                continue;
            }
            let target = f32::from(u8::from(doc.attack));
            let counts = doc.weight * if doc.attack { share } else { 1.0 };
            let (first, last, found, count) = pass.stretch(true);
            let error = (sigmoid(found + weights.stretch) - target) * counts;
            let (total, total_count) = pass.whole();
            let joined = weights.whole.0 * total + weights.whole.1;
            let whole_error = (sigmoid(joined) - target) * counts * recipe.whole;
            if recipe.whole > 0.0 {
                weights.whole.0 -= gain.of(whole_error * total, 0.01);
            }
            let near = error / model::spread(count);
            let far = whole_error * weights.whole.0 / model::spread(total_count);
            for (nth, (features, _)) in doc.sentences.iter().enumerate() {
                let mut gradient = if (first..=last).contains(&nth) {
                    near + far
                } else {
                    far
                };
                if !pass.guilty(nth) {
                    // No sentence of a calm text is suspicious, not only the worst.
                    let (sum, count) = pass.sums[nth];
                    let alone = sigmoid(model::evidence(sum, count) + weights.stretch);
                    gradient += recipe.each * alone * counts / model::spread(count);
                }
                if gradient.abs() < 1e-6 {
                    continue;
                }
                for place in features.iter().filter(|p| seen(**p, salt, recipe.dropped)) {
                    let place = *place as usize;
                    if !known[place] {
                        continue;
                    }
                    let weight = &mut weights.table[place];
                    *weight -= pace * (gradient + recipe.decay * *weight);
                }
            }
        }
    }
    weights
}

/// Which features occur in so many groups: what few texts have in common says little about others.
fn known(docs: &[&Doc], groups: u32) -> Vec<bool> {
    let mut seen = std::collections::HashSet::new();
    let mut counts = vec![0u32; 1 << BITS];
    for doc in docs {
        for place in doc.sentences.iter().flat_map(|(features, _)| features) {
            if seen.insert((*place, doc.group)) {
                counts[*place as usize] += 1;
            }
        }
    }
    counts.into_iter().map(|count| count >= groups).collect()
}

/// What an attack has to count so that both kinds count the same together.
fn balance(docs: &[&Doc]) -> f32 {
    let sum = |attack| -> f32 {
        let kind = docs.iter().filter(|doc| doc.attack == attack);
        kind.map(|doc| doc.weight).sum()
    };
    sum(false) / f32::max(sum(true), 1.0)
}

/// What the joint judgement is made of.
pub fn parts(doc: &Doc, weights: &Weights) -> [f32; 5] {
    let pass = pass(doc, &weights.table, 0, 0);
    let found = if pass.sums.is_empty() {
        -8.0
    } else {
        pass.stretch(false).2 + weights.stretch
    };
    let whole = weights.whole.0 * pass.whole().0 + weights.whole.1;
    guard_injection::score::parts(found, whole, doc.rules, doc.bytes)
}

/// Learns how the parts are joined, from parts of documents that the weights have not seen.
pub fn join(rows: &[([f32; 5], bool, f32)], used: [bool; 5]) -> [f32; 5] {
    let mut joint = [-1.0, 1.0, 0.0, 0.5, 0.0f32];
    let total: f32 = rows.iter().map(|row| row.2).sum();
    let attacks: f32 = rows.iter().filter(|row| row.1).map(|row| row.2).sum();
    for _ in 0..4000 {
        let mut gradient = [0.0f32; 5];
        for (parts, attack, weight) in rows {
            let share = if *attack { attacks } else { total - attacks };
            let error = sigmoid(dot(&joint, parts)) - f32::from(u8::from(*attack));
            for (sum, part) in gradient.iter_mut().zip(parts) {
                *sum += error * part * weight / share / 2.0;
            }
        }
        for ((number, slope), used) in joint.iter_mut().zip(gradient).zip(used) {
            if used {
                *number -= 0.3 * slope;
            } else {
                *number = 0.0;
            }
        }
    }
    joint
}

pub fn dot(a: &[f32; 5], b: &[f32; 5]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
