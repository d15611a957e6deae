//! Joins the signals of a text into one judgement.

use sdk::Subject;
use sdk::map::Map;

use crate::model::{Features, Model, Scorer};
use crate::rules::Part;
use crate::signals::{self, Class, RULES_END, Signal};
use crate::{marks, unseen, words};

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

/// What the rules and the model say of a text.
pub fn judge(subject: &Subject) -> Judgement {
    let map = Map::of(subject);
    let rules = by_rules(subject, &map);
    let Some(model) = Model::of(subject.side) else {
        return rules;
    };
    let mut features = Features::new(Scorer::new(&model));
    words::read(&subject.view, &mut features);
    let opinion = features.sink.opinion();
    let parts = parts(
        opinion.stretch,
        opinion.whole,
        rules.score,
        subject.view.len(),
    );
    let joint: f32 = parts
        .iter()
        .zip(&model.joint)
        .map(|(part, counts)| part * counts)
        .sum();
    let score = 1.0 / (1.0 + (-joint).exp());
    let learned = || Signal {
        rule: RULES_END + 20,
        weight: score,
        class: Class::Override,
        part: Part::Other,
        span: map.span(opinion.span.clone()),
    };
    let strongest = rules
        .strongest
        .or_else(|| (!opinion.span.is_empty()).then(learned));
    Judgement { score, strongest }
}

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

/// What the rules alone find.
pub fn by_rules(subject: &Subject, map: &Map<'_>) -> Judgement {
    let mut found = seen(&subject.view);
    for signal in &mut found {
        signal.span = map.span(signal.span.clone());
    }
    if let Some(hidden) = unseen::tags(&subject.text) {
        let inner = join(&seen(&hidden.says)).score;
        found.push(Signal {
            rule: RULES_END + 10,
            // Nobody hides a text from people without a reason.
            weight: 0.75f32.max(inner),
            class: Class::Disguise,
            part: Part::Other,
            span: hidden.span,
        });
    }
    for hidden in unseen::encoded(&subject.view) {
        let inner = join(&seen(&hidden.says)).score;
        if inner > 0.0 {
            found.push(Signal {
                rule: RULES_END + 11,
                weight: inner,
                class: Class::Disguise,
                part: Part::Other,
                span: map.span(hidden.span),
            });
        }
    }
    if let Some(says) = unseen::escaped(&subject.view) {
        let inner = join(&seen(&says)).score;
        if inner > 0.0 && !subject.text.is_empty() {
            found.push(Signal {
                rule: RULES_END + 12,
                weight: inner,
                class: Class::Disguise,
                part: Part::Other,
                span: 0..subject.text.len(),
            });
        }
    }
    join(&found)
}

fn seen(text: &str) -> Vec<Signal> {
    let mut found = signals::find(&words::read(text, &mut ()).words);
    // ASCII only, so that offsets stay.
    found.extend(marks::find(&text.to_ascii_lowercase()));
    found
}

/// The stretch in which the signals, each rule once at its strongest, weigh most together.
fn join(found: &[Signal]) -> Judgement {
    let mut order: Vec<&Signal> = found.iter().collect();
    order.sort_by_key(|signal| signal.span.start);
    let mut best = Judgement {
        score: 0.0,
        strongest: None,
    };
    let mut first = 0;
    // Weight of each rule by the signals of the stretch, newest last.
    for last in 0..order.len() {
        while order[last].span.start - order[first].span.start > STRETCH {
            first += 1;
        }
        // Signals are dense only in hostile texts; those need no more than these.
        let from = first.max(last.saturating_sub(150));
        let stretch = &order[from..=last];
        let mut heaviest = [0.0f32; 2 * RULES_END];
        for signal in stretch {
            heaviest[signal.rule] = heaviest[signal.rule].max(signal.weight);
        }
        let mut doubt: f32 = heaviest.iter().map(|weight| 1.0 - weight).product();
        let has = |part| stretch.iter().any(|signal| signal.part == part);
        if has(Part::Persona) && has(Part::Unbound) {
            doubt *= 1.0 - TOGETHER;
        }
        if 1.0 - doubt > best.score {
            let strongest = stretch.iter().max_by(|a, b| a.weight.total_cmp(&b.weight));
            best = Judgement {
                score: 1.0 - doubt,
                strongest: strongest.map(|s| (*s).clone()),
            };
        }
    }
    best
}
