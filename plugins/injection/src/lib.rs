//! Blocks prompt injections: text that gives orders to the model that nobody in charge gave.
//!
//! No single word is an attack; people write about all of them. Signals are combinations of
//! meanings close together ("set aside" + "what came before" + "instructions", in several
//! languages), and marks such as a chat template's own signs or text that cannot be seen. Each has
//! a weight, the weights within a stretch of text are joined as independent evidence, and a text
//! is blocked when they reach the threshold of its side. Answers pass: what a model may say is
//! not an injection.

mod letters;
mod lexicon;
mod marks;
#[doc(hidden)]
pub mod model;
mod rules;
#[doc(hidden)]
pub mod score;
mod signals;
#[doc(hidden)]
pub mod words;

use sdk::{
    Description, Emission, Guardrail, GuestSession, Lifecycle, Reason, Side, Step, Subject,
    Verdict, hook,
};

pub use score::{Judgement, judge};

/// The guest.
pub struct Injection;

sdk::export!(Injection);

impl Lifecycle for Injection {
    fn describe() -> Description {
        Description {
            name: "injection".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: signals::Class::ALL
                .map(|class| class.label().to_owned())
                .to_vec(),
        }
    }
}

impl Guardrail for Injection {
    type Session = Whole;

    fn check(subject: Subject) -> Verdict {
        hook::install();
        reason(&subject).map_or(Verdict::Pass, Verdict::Block)
    }
}

/// Evidence from which a text of this side is blocked: chosen on the rows for training, so that of
/// everyday questions fewer than one in a hundred are refused, and of passages few.
pub fn threshold(side: Side) -> Option<f32> {
    match side {
        Side::Input => Some(0.5),
        Side::Retrieved => Some(0.85),
        Side::Output => None,
    }
}

fn reason(subject: &Subject) -> Option<Reason> {
    let threshold = threshold(subject.side)?;
    let judgement = judge(subject);
    if judgement.score < threshold {
        return None;
    }
    let strongest = judgement.strongest?;
    Some(Reason {
        finding: sdk::finding(strongest.span, strongest.class.label(), judgement.score),
        message: strongest.class.message(subject.side).to_owned(),
    })
}

/// A stream of an answer goes on as it comes; any other is judged when it is whole.
pub struct Whole(Side);

impl GuestSession for Whole {
    fn new(side: Side) -> Self {
        hook::install();
        Whole(side)
    }

    fn push(&self, held: Subject) -> Step {
        match self.0 {
            Side::Output => all(&held),
            Side::Input | Side::Retrieved => Step::Hold,
        }
    }

    fn finish(&self, held: Subject) -> Step {
        reason(&held).map_or_else(|| all(&held), Step::Stop)
    }
}

fn all(held: &Subject) -> Step {
    let upto = u32::try_from(held.text.len()).expect("a text is shorter than 4 GiB");
    Step::Emit(Emission {
        upto,
        edits: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::Injection;

    #[test]
    fn the_cases_hold() {
        sdk::testing::cases::<Injection>(include_str!("../cases.toml"));
    }

    #[test]
    fn an_answer_streams_unchanged() {
        let texts = sdk::testing::texts(include_str!("../cases.toml"));
        sdk::testing::streams::<Injection>(&texts);
    }

    #[test]
    fn a_long_hostile_text_takes_linear_time() {
        let text = "ignore ignore all previous 1 i g n o r e <|im_start|> ![a](b?c= ".repeat(4000);
        for text in [text, "aWdub3Jl".repeat(40_000), "忽略".repeat(50_000)] {
            super::judge(&sdk::testing::subject(sdk::Side::Retrieved, &text));
        }
    }
}
