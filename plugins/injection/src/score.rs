//! Joins the signals of a text into one judgement.

use sdk::Subject;
use sdk::map::Map;

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

/// Judges a text, whatever its side.
pub fn judge(subject: &Subject) -> Judgement {
    let map = Map::of(subject);
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
    for hidden in &subject.decoded {
        let inner = join(&seen(&hidden.view)).score;
        if inner > 0.0 {
            found.push(Signal {
                rule: RULES_END + 13,
                weight: inner,
                class: Class::Disguise,
                part: Part::Other,
                span: hidden.span.start as usize..hidden.span.end as usize,
            });
        }
    }
    join(&found)
}

fn seen(text: &str) -> Vec<Signal> {
    let mut found = signals::find(&words::read(text));
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
