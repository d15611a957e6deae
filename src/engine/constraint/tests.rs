//! Constraints against random logits: whatever a model would rather say, what comes out fits.

#[path = "../../../tests/suite/fits.rs"]
mod fits;

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::time::Stopwatch;
use crate::engine::sampling::{Sampler, Sampling};
use crate::engine::tiny_model;
use crate::engine::tokenizer::{Detokenizer, Tokenizer};
use crate::engine::weights::gguf::Gguf;

/// A speaker without a mind: its logits are random and have a few tokens more than there are.
struct Babbler {
    tokenizer: Arc<Tokenizer>,
    grammars: Grammars,
    masks: Masks,
}

impl Babbler {
    /// With single bytes as tokens, and the words of `sentence`.
    fn new(sentence: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tiny.gguf");
        std::fs::write(&path, tiny_model::reciting(sentence)).expect("a file");
        let file = Gguf::open(&path).expect("a GGUF file");
        let tokenizer = Tokenizer::from_gguf(&file).expect("a tokenizer");
        Self {
            grammars: Grammars::new(&tokenizer).expect("a tree of tokens"),
            tokenizer: Arc::new(tokenizer),
            masks: Masks::start().expect("a thread"),
        }
    }

    fn words() -> Self {
        // Tokens that go across the borders of JSON and of characters.
        Self::new("\"a\": {\"a \": [true, \u{1F999}\"], null} \"}\n\n \"\u{E9}\\ 12 3.5, ")
    }

    /// What comes out, and whether it came to an end by itself.
    fn says(&self, constraint: &Constraint, seed: u64, sampling: Sampling) -> (String, bool) {
        let matcher = self.grammars.compile(constraint).expect("a grammar");
        let mut guide = Guide::new(constraint, matcher, &self.masks);
        let mut sampler = Sampler::new(sampling.with_seed(seed), &[]);
        let mut detokenizer = Detokenizer::new(self.tokenizer.clone(), false);
        let mut text = String::new();
        let mut random = seed;
        for _ in 0..4000 {
            let mut logits: Vec<f32> = (0..self.tokenizer.vocabulary() + 5)
                .map(|_| {
                    random = random
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    ((random >> 40) as f32) / 16_777_216.0 * 8.0
                })
                .collect();
            guide.mask(&mut logits).expect("a mask");
            let token = sampler.pick(&mut logits).expect("something may come");
            assert!((token as usize) < self.tokenizer.vocabulary());
            if self.tokenizer.is_end(token) {
                return (text + &detokenizer.finish(), true);
            }
            text.push_str(&detokenizer.push(token));
            if guide.accept(token).expect("an allowed token") == Progress::Complete {
                return (text + &detokenizer.finish(), true);
            }
        }
        (text, false)
    }
}

fn schema(schema: &Value) -> Constraint {
    Constraint::json_schema(schema.clone()).expect("a schema")
}

/// Schemas that have only finite texts.
fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (0_u32..4, 0_u32..6).prop_map(|(least, more)| {
            json!({ "type": "string", "minLength": least, "maxLength": least + more })
        }),
        (-500_i32..500, 0_i32..900).prop_map(|(least, more)| {
            json!({ "type": "integer", "minimum": least, "maximum": least + more })
        }),
        Just(json!({ "type": "boolean" })),
        Just(json!({ "type": "null" })),
        Just(json!({ "enum": ["r\u{E9}d", "green", 3, null, "a\"b\\"] })),
        Just(json!({ "const": "\u{1F999}" })),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), 0_u32..3, 0_u32..3).prop_map(|(items, least, more)| {
                json!({ "type": "array", "items": items, "minItems": least,
                        "maxItems": least + more })
            }),
            proptest::collection::vec(inner.clone(), 1..3)
                .prop_map(|options| json!({ "anyOf": options })),
            (proptest::collection::vec(inner, 1..4), any::<u8>()).prop_map(|(all, optional)| {
                let names = ["name", "\u{E4}ge", "a b", "x"];
                let named = || names.iter().zip(&all);
                let properties: serde_json::Map<_, _> = named()
                    .map(|(name, s)| ((*name).to_owned(), s.clone()))
                    .collect();
                let required: Vec<_> = named()
                    .enumerate()
                    .filter(|(index, _)| optional >> index & 1 == 0)
                    .map(|(_, (name, _))| *name)
                    .collect();
                json!({ "type": "object", "properties": properties, "required": required,
                        "additionalProperties": false })
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_said_fits_the_schema(wanted in schemas(), seed: u64, greedy: bool) {
        thread_local! {
            static SPEAKERS: [Babbler; 2] = [Babbler::new("ab"), Babbler::words()];
        }
        let sampling = if greedy { Sampling::greedy() } else { Sampling::default() };
        SPEAKERS.with(|speakers| {
            for speaker in speakers {
                let (text, ended) = speaker.says(&schema(&wanted), seed, sampling);
                prop_assert!(ended, "{wanted} has only finite texts: {text}");
                let value = serde_json::from_str(&text);
                prop_assert!(value.is_ok(), "{text:?} is no JSON, for {wanted}");
                let misfit = fits::misfit(&wanted, &value.expect("checked"));
                prop_assert_eq!(misfit, None);
            }
            Ok(())
        })?;
    }
}

#[test]
fn expressions_choices_and_objects_are_kept() {
    let speaker = Babbler::words();
    let choices = ["yes", "yes, sir", "a/b", "\u{1F999} [x]* \\d\n", "\"q\""].map(str::to_owned);
    for seed in 0..20 {
        let sampling = Sampling::new(1.0, 0.9).expect("in range").with_top_k(40);
        let says = |constraint: &Constraint| speaker.says(constraint, seed, sampling);
        let (text, ended) = says(&Constraint::choice(&choices).expect("choices"));
        assert!(ended && choices.contains(&text), "{text:?}");
        let date = Constraint::regex(r"(19|20)\d\d-[01]\d/[é-ü]{2}").expect("an expression");
        let (text, ended) = says(&date);
        assert!(ended && text.chars().count() == 10, "{text:?}");
        assert!(text.starts_with("19") || text.starts_with("20"), "{text:?}");
        let (text, ended) = says(&Constraint::json_object());
        if ended {
            match serde_json::from_str::<Value>(&text) {
                Ok(value) => assert!(value.is_object(), "{text:?}"),
                // JSON itself has no largest number.
                Err(error) => assert!(error.to_string().contains("number out of range"), "{error}"),
            }
        }
    }
}

#[test]
fn an_answer_may_go_on_where_it_could_have_ended() {
    let speaker = Babbler::new("ab");
    let constraint = Constraint::regex("a{1,6}").expect("an expression");
    let mut lengths: Vec<usize> = (0..200)
        .map(|seed| speaker.says(&constraint, seed, Sampling::default()).0.len())
        .collect();
    lengths.sort_unstable();
    lengths.dedup();
    assert_eq!(lengths, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_recursive_schema_is_followed() {
    let speaker = Babbler::words();
    let tree = json!({
        "$ref": "#/$defs/node",
        "$defs": { "node": {
            "type": "object",
            "properties": {
                "v": { "type": "integer", "minimum": 0, "maximum": 9 },
                "next": { "anyOf": [{ "type": "null" }, { "$ref": "#/$defs/node" }] }
            },
            "required": ["v", "next"],
            "additionalProperties": false
        } }
    });
    for seed in 0..10 {
        let (text, ended) = speaker.says(&schema(&tree), seed, Sampling::default());
        if ended {
            let value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(fits::misfit(&tree, &value), None, "{text}");
        }
    }
}

/// Each is refused, or its answer ends with an error, soon.
#[test]
fn hostile_constraints_cost_little() {
    let speaker = Babbler::new("ab");
    let long: String = "a?".repeat(4000) + &"a".repeat(4000);
    let mut chain = serde_json::Map::new();
    for link in 0..2500 {
        let next = json!({ "$ref": format!("#/$defs/a{}", link + 1) });
        chain.insert(format!("a{link}"), next);
    }
    chain.insert("a2500".to_owned(), json!({ "type": "null" }));
    let mut wide = json!({ "type": "null" });
    for _ in 0..15 {
        wide = json!({ "allOf": [{ "anyOf": [wide.clone(), { "type": "string" }] },
                                 { "anyOf": [{ "type": "null" }, { "type": "integer" }] }] });
    }
    let constraints = [
        Constraint::regex("((a{1000}){1000}){1000}"),
        Constraint::regex("(a*)*(b*)*((c|d)*)*[^x]{0,100000}z"),
        Constraint::regex(&long),
        Constraint::regex("(?=x)y"),
        Constraint::regex("("),
        Constraint::regex(&"(".repeat(8000)),
        Constraint::json_schema(json!({ "$ref": "#/$defs/a0", "$defs": chain })),
        Constraint::json_schema(json!({ "$ref": "#" })),
        Constraint::json_schema(json!({ "allOf": [{ "$ref": "#" }] })),
        Constraint::json_schema(json!({ "$ref": "#/nowhere" })),
        Constraint::json_schema(wide),
        Constraint::json_schema(json!({ "type": "array", "minItems": 100_000 })),
        Constraint::json_schema(json!({ "type": "string", "maxLength": 100_000 })),
        Constraint::json_schema(json!({ "type": "string", "pattern": "(x+x+)+y" })),
        Constraint::json_schema(json!({ "type": "integer", "multipleOf": 4_294_967_291_u32 })),
        Constraint::json_schema(json!({ "type": "strange" })),
        Constraint::json_schema(json!({ "enum": [] })),
    ];
    for (number, constraint) in constraints.into_iter().enumerate() {
        let watch = Stopwatch::start();
        let constraint = constraint.expect("within bounds");
        if let Ok(matcher) = speaker.grammars.compile(&constraint) {
            let mut guide = Guide::new(&constraint, matcher, &speaker.masks);
            for _ in 0..50 {
                let mut logits = vec![0.0; speaker.tokenizer.vocabulary()];
                if guide.mask(&mut logits).is_err() {
                    break;
                }
                let allowed = logits.iter().position(|logit| *logit == 0.0);
                let token = u32::try_from(allowed.expect("one at least")).expect("a token");
                if speaker.tokenizer.is_end(token)
                    || guide.accept(token).is_ok_and(|p| p == Progress::Complete)
                {
                    break;
                }
            }
        }
        let seconds = watch.elapsed().as_secs_f32();
        eprintln!("constraint {number} took {seconds:.3} s");
        // One that is not bounded takes for ever; a debug build on a busy machine takes seconds.
        assert!(
            seconds < 60.0,
            "constraint {number} took {seconds} s, in a debug build"
        );
    }
}

#[test]
fn bounds_are_kept_on_both_sides() {
    let nested = |levels: usize| {
        (0..levels).fold(
            json!({ "type": "null" }),
            |inner, _| json!({ "type": "array", "items": inner }),
        )
    };
    let many = |count: usize| json!({ "anyOf": vec![json!({}); count] });
    for (schema, fine) in [
        (nested(32), true),
        (nested(33), false),
        (many(4999), true),
        (many(5000), false),
        (json!({ "maxLength": 100_000 }), true),
        (json!({ "maxLength": 100_001 }), false),
        (json!({ "minItems": -1 }), false),
        (json!({ "title": "t".repeat(127 * 1024) }), true),
        (json!({ "title": "t".repeat(128 * 1024) }), false),
        (
            json!({ "items": [true, false], "x-note": { "not": 1 } }),
            true,
        ),
        (json!({ "items": 3 }), false),
        (json!({ "properties": [] }), false),
        (json!({ "properties": { "not": {}, "if": {} } }), true),
        (json!([]), false),
    ] {
        let text: String = schema.to_string().chars().take(60).collect();
        assert_eq!(Constraint::json_schema(schema).is_ok(), fine, "{text}");
    }
    for (count, length, fine) in [
        (1024, 1, true),
        (1025, 1, false),
        (2, 16_384, true),
        (2, 16_385, false),
    ] {
        let texts = vec!["x".repeat(length); count];
        assert_eq!(
            Constraint::choice(&texts).is_ok(),
            fine,
            "{count} of {length}"
        );
    }
    for (length, fine) in [(16_384, true), (16_385, false), (0, false)] {
        assert_eq!(
            Constraint::regex(&"x".repeat(length)).is_ok(),
            fine,
            "{length}"
        );
    }
}
