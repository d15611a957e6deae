//! Redacts what names or reaches a person.
//!
//! A pattern alone is not enough where there is a law to check: cards must pass Luhn and belong to
//! an issuer, IBANs must pass mod 97 at their country's length, numbers without such a law need a
//! distinctive form or a word before them that says what they are.

mod birth;
mod card;
mod context;
mod email;
mod iban;
mod ip;
mod phone;
mod segment;
mod ssn;

use sdk::window::{Cut, Hit, Rules, Stream, check};
use sdk::{Description, Guardrail, Lifecycle, Subject, Verdict};

/// The guest.
pub struct Pii;

sdk::export!(Pii);

impl Lifecycle for Pii {
    fn describe() -> Description {
        Description {
            name: "pii".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: [
                email::LABEL,
                phone::LABEL,
                card::LABEL,
                iban::LABEL,
                ssn::LABEL,
                ip::LABEL,
                birth::LABEL,
            ]
            .map(str::to_owned)
            .to_vec(),
        }
    }
}

impl Guardrail for Pii {
    type Session = Stream<Patterns>;

    fn check(subject: Subject) -> Verdict {
        check::<Patterns>(&subject)
    }
}

/// Everything this guard looks for.
#[derive(Default)]
pub struct Patterns;

impl Rules for Patterns {
    fn segment(&self, rest: &str) -> Cut {
        segment::end(rest)
    }

    fn scan(&self, text: &str, from: usize, hits: &mut Vec<Hit>) {
        let (mut digits, mut at, mut colons) = (0, false, 0);
        for byte in text.as_bytes()[from..].iter() {
            match byte {
                b'0'..=b'9' => digits += 1,
                b'@' => at = true,
                b':' => colons += 1,
                _ => {}
            }
        }
        if at {
            email::find(text, from, hits);
        }
        if digits >= 4 {
            birth::find(text, from, hits);
            ip::find_v4(text, from, hits);
        }
        if colons >= 2 {
            ip::find_v6(text, from, hits);
        }
        if digits >= 6 {
            phone::find(text, from, hits);
        }
        if digits >= 9 {
            ssn::find(text, from, hits);
            iban::find(text, from, hits);
            card::find(text, from, hits);
        }
    }
}

/// A hit that ends where it ends.
fn hit(span: std::ops::Range<usize>, label: &'static str, score: f32) -> Hit {
    Hit {
        span,
        label,
        score,
        tail: None,
    }
}

#[cfg(test)]
mod tests {
    use sdk::{Guardrail, Side};

    use super::Pii;

    #[test]
    fn the_cases_hold() {
        sdk::testing::cases::<Pii>(include_str!("../cases.toml"));
    }

    #[test]
    fn a_stream_says_what_the_whole_text_says() {
        sdk::testing::streams::<Pii>(&sdk::testing::texts(include_str!("../cases.toml")));
    }

    #[test]
    fn no_length_of_padding_hides_an_address() {
        let mut texts = Vec::new();
        for padding in (0..1100).step_by(17) {
            let text = format!("{}(jane.doe@example.com)", "x,".repeat(padding));
            let verdict = Pii::check(sdk::testing::subject(Side::Output, &text));
            let got = sdk::testing::outcome(&text, &verdict);
            assert_eq!(got, format!("{}([EMAIL])", "x,".repeat(padding)));
            texts.push(text);
        }
        sdk::testing::streams::<Pii>(&texts[26..34]);
    }
}
