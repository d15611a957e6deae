//! The rules against cases, streams, and a token of every issuer.

use sdk::testing::Random;
use sdk::window::{self, Cut, Hit, Rules};
use sdk::{Guardrail, Side, Verdict};

use crate::issuers::{MARKED, PREFIXED};
use crate::shape::{Part, Set};
use crate::{Secrets, calm, look, services, words};

const CASES: &str = include_str!("../cases.toml");

fn redacted(text: &str) -> String {
    let verdict = Secrets::check(sdk::testing::subject(Side::Output, text));
    sdk::testing::outcome(text, &verdict)
}

/// Characters of a shape, drawn until they look as random as real tokens do.
fn draw(parts: &[Part], random: &mut Random) -> String {
    let mut out = String::new();
    for part in parts {
        match *part {
            Part::Text(text) => out.push_str(text),
            Part::Uuid => {
                for (at, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
                    out.push_str(if at > 0 { "-" } else { "" });
                    run(Set::LowHex, length, random, &mut out);
                }
            }
            Part::Run(set, least, most) => {
                let more = random.below(usize::from(most - least).min(30) + 1);
                run(set, usize::from(least) + more, random, &mut out);
            }
        }
    }
    out
}

fn run(set: Set, length: usize, random: &mut Random, out: &mut String) {
    for at in 0..length {
        let plain = at == 0 || at + 1 == length;
        loop {
            let byte = random.below(128) as u8;
            if set.has(byte) && (!plain || byte.is_ascii_alphanumeric()) {
                out.push(char::from(byte));
                break;
            }
        }
    }
}

/// A token drawn until its randomness is that of most.
fn token(make: impl Fn(&mut Random) -> String, entropy: f32, random: &mut Random) -> String {
    for _ in 0..200 {
        let token = make(random);
        if look::entropy(&token) >= entropy
            && !look::placeholder(&token)
            && !words::like_words(&token)
        {
            return token;
        }
    }
    panic!("no token is as random as that: {}", make(random));
}

#[test]
fn the_cases_hold() {
    sdk::testing::cases::<Secrets>(CASES);
}

#[test]
fn a_stream_says_what_the_whole_text_says() {
    sdk::testing::streams::<Secrets>(&sdk::testing::texts(CASES));
}

#[test]
fn a_token_of_every_issuer_is_found_and_one_with_too_few_characters_is_not() {
    let mut random = Random(11);
    let mut texts = Vec::new();
    for kind in PREFIXED {
        let body = token(|random| draw(kind.parts, random), kind.entropy, &mut random);
        let whole = format!("{}{body}", kind.prefix);
        let text = format!("It is ({whole}), as said.");
        assert!(
            redacted(&text).starts_with("It is (["),
            "{}: {text}",
            kind.label
        );
        let short = format!("It is ({}{}), as said.", kind.prefix, &body[..5]);
        assert_eq!(redacted(&short), short, "{}", kind.label);
        texts.push(text);
    }
    for kind in MARKED {
        let (set, least, _) = kind.before;
        let whole = token(
            |random| {
                let mut out = String::new();
                run(set, usize::from(least), random, &mut out);
                out + kind.mark + &draw(kind.after, random)
            },
            kind.entropy,
            &mut random,
        );
        let text = format!("It is \"{whole}\" here.");
        assert!(redacted(&text).contains('['), "{}: {text}", kind.label);
        texts.push(text);
    }
    sdk::testing::streams::<Secrets>(&texts);
}

#[test]
fn a_token_of_every_service_is_found_behind_its_name_and_not_behind_another() {
    let mut random = Random(5);
    for (service, part, label) in services::SERVICES {
        let value = token(
            |random| loop {
                let value = draw(&[*part], random);
                if value.bytes().filter(u8::is_ascii_digit).count() >= 2 && value.len() <= 250 {
                    break value;
                }
            },
            3.0,
            &mut random,
        );
        let text = format!("{service}_app = \"{value}\"");
        assert!(redacted(&text).contains('['), "{label}: {text}");
        let other = format!("the_colour = \"{value}\"");
        assert_eq!(redacted(&other), other, "{label}");
    }
}

/// The rules without the stretches that are passed over.
#[derive(Default)]
pub struct Everything(crate::Credentials);

impl Rules for Everything {
    fn segment(&self, rest: &str) -> Cut {
        match rest.find(|c: char| c.is_ascii_whitespace()) {
            Some(0) => Cut::At(1),
            Some(end) => crate::key_block::armour(rest, end),
            None => Cut::More,
        }
    }

    fn scan(&self, text: &str, from: usize, hits: &mut Vec<Hit>) {
        crate::look(&self.0.memory, text, from, hits);
    }
}

#[test]
fn nothing_that_is_passed_over_would_be_found() {
    let texts = sdk::testing::texts(CASES);
    let split = |ends: &'static [char]| -> Vec<&str> {
        let pieces = texts.iter().flat_map(|text| text.split_inclusive(ends));
        pieces.collect()
    };
    let (words, parts) = (split(&[' ']), split(&[' ', '\n', '=', ':', ',', '"', '.']));
    let mut random = Random(3);
    let (mut passed, mut found) = (0, 0);
    for round in 0..40_000 {
        let pieces = if round % 2 == 0 { &words } else { &parts };
        let most = if round % 200 == 0 { 300 } else { 8 };
        let text: String = (0..1 + random.below(most))
            .map(|_| pieces[random.below(pieces.len())])
            .collect();
        let subject = sdk::testing::subject(Side::Input, &text);
        let closer = window::check::<Everything>(&subject);
        assert_eq!(Secrets::check(subject), closer, "{text:?}");
        passed += usize::from(calm::clean(&text));
        found += usize::from(closer != Verdict::Pass);
    }
    assert!(passed > 1000, "{passed} passed");
    assert!(found > 5000, "{found} found");
}

#[test]
fn a_token_of_any_length_goes_whole() {
    let mut texts = Vec::new();
    for length in [100, 400, 505, 513, 700, 1500] {
        let payload: String = "aZ3kQ9_x".chars().cycle().take(length).collect();
        let text = format!("a eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{payload}.c2ln, b");
        assert_eq!(redacted(&text), "a [JWT], b", "{length}");
        texts.push(text);
    }
    sdk::testing::streams::<Secrets>(&texts);
}

#[test]
fn no_length_of_padding_hides_a_token() {
    for padding in (0..1100).step_by(17) {
        let text = format!("{}(AKIAIOSFODNN7EXAMPLQ)", "x,".repeat(padding));
        let want = format!("{}([AWS_ACCESS_KEY])", "x,".repeat(padding));
        assert_eq!(redacted(&text), want);
    }
}

#[test]
fn a_private_key_of_many_lines_goes_line_by_line() {
    let line = "MIIEpQIBAAKCAQEAn6O8li+SX4m98LLYtPKSzEmQ/ZBD7Loh9P13f4yQ92EF3yxR\n";
    let text = format!(
        "Here:\n-----BEGIN RSA PRIVATE KEY-----\n{}-----END RSA PRIVATE KEY-----\nthat was it.",
        line.repeat(60)
    );
    assert_eq!(redacted(&text), "Here:\n[PRIVATE_KEY]\nthat was it.");
    let open = format!("-----BEGIN PRIVATE KEY-----\n{}and so on.", line.repeat(9));
    assert_eq!(redacted(&open), "[PRIVATE_KEY]and so on.");
    let escaped = text.replace('\n', "\\n");
    assert_eq!(redacted(&escaped), "Here:\\n[PRIVATE_KEY]\\nthat was it.");
    sdk::testing::streams::<Secrets>(&[text, open, escaped]);
}
