use super::*;
use crate::domain::conversation::{Question, Timings, TurnState, Usage};
use crate::domain::id::{ConversationId, TurnId};
use crate::domain::model::ModelId;
use crate::domain::time::Timestamp;
use crate::domain::workspace::AnswerMode;

pub(in crate::chat) fn guards() -> Vec<String> {
    vec!["pii".to_owned()]
}

/// What a guard finds of `words` in `text` and puts `[label]` for, as often as they occur.
pub(in crate::chat) fn found(
    text: &str,
    words: &[(&str, &str)],
    guard: &str,
) -> (Vec<Edit>, Vec<Finding>) {
    let mut spans: Vec<(usize, &str, &str)> = words
        .iter()
        .flat_map(|(label, word)| {
            text.match_indices(word)
                .map(|(at, word)| (at, word, *label))
        })
        .collect();
    spans.sort_unstable();
    let span = |at: usize, word: &str| {
        let end = u32::try_from(at + word.len()).expect("short");
        (u32::try_from(at).expect("short"), end)
    };
    let edit = |(at, word, label): &(usize, &str, &str)| Edit {
        start: span(*at, word).0,
        end: span(*at, word).1,
        replacement: format!("[{label}]"),
        label: (*label).to_owned(),
        score: 1.0,
    };
    let finding = |(at, word, label): &(usize, &str, &str)| Finding {
        side: Side::Input,
        guard: guard.to_owned(),
        label: (*label).to_owned(),
        document: None,
        start: span(*at, word).0,
        end: span(*at, word).1,
        score: 1.0,
        outcome: Effect::Redacted,
    };
    let edits = spans.iter().map(edit).collect();
    (edits, spans.iter().map(finding).collect())
}

/// A text whose addresses are hidden by `pii`: what goes to the model.
pub(in crate::chat) fn number(masks: &mut Masks, text: &str) -> String {
    number_by(masks, text, "pii")
}

const ADDRESSES: [(&str, &str); 4] = [
    ("EMAIL", "ada@a.example"),
    ("EMAIL", "ben@b.example"),
    ("EMAIL", "cem@c.example"),
    ("PHONE", "+1 555 0100"),
];

fn number_by(masks: &mut Masks, text: &str, guard: &str) -> String {
    let (mut edits, findings) = found(text, &ADDRESSES, guard);
    masks.number(text, &mut edits, &findings)
}

#[test]
fn the_same_words_have_one_number_and_others_the_next() {
    let mut masks = Masks::new(&guards());
    for (text, masked) in [
        (
            "ada@a.example to ben@b.example, cc ada@a.example, +1 555 0100",
            "[EMAIL_1] to [EMAIL_2], cc [EMAIL_1], [PHONE_1]",
        ),
        ("cem@c.example and ben@b.example", "[EMAIL_3] and [EMAIL_2]"),
        ("nothing", "nothing"),
    ] {
        assert_eq!(number(&mut masks, text), masked);
    }
}

#[test]
fn a_number_that_somebody_said_is_not_given() {
    let mut masks = Masks::new(&guards());
    let text = "What is [EMAIL_1] or [[EMAIL_3]? ada@a.example, ben@b.example";
    let masked = "What is [EMAIL_1] or [[EMAIL_3]? [EMAIL_2], [EMAIL_4]";
    assert_eq!(number(&mut masks, text), masked);
    // Said of one that was given already: it means that one, and nothing moves.
    let text = "So [EMAIL_2] is ada@a.example, not cem@c.example";
    assert_eq!(
        number(&mut masks, text),
        "So [EMAIL_2] is [EMAIL_2], not [EMAIL_5]"
    );
    for (text, known) in [
        ("[EMAIL_1]", Beginning::Words),
        ("[EMAIL_", Beginning::Open),
        ("[", Beginning::Open),
        ("[X", Beginning::Words),
        ("[EMAIL_22", Beginning::Words),
        ("[EMAIL]", Beginning::Words),
    ] {
        assert_eq!(masks.beginning(text), known, "{text}");
    }
    let known = masks.beginning("[EMAIL_2], that is");
    assert_eq!(known, Beginning::Placeholder(9, &"ada@a.example".into()));
}

#[test]
fn only_the_labels_of_named_guards_get_numbers() {
    let text = "ada@a.example";
    assert_eq!(
        number_by(&mut Masks::new(&guards()), text, "secrets"),
        "[EMAIL]"
    );
    assert_eq!(number_by(&mut Masks::new(&[]), text, "pii"), "[EMAIL]");
    // A guard that put something else there, or that another one agrees with, means what it put.
    let mut masks = Masks::new(&guards());
    let (mut edits, mut findings) = found(text, &ADDRESSES, "pii");
    edits[0].replacement = "[ADDRESS]".to_owned();
    assert_eq!(masks.number(text, &mut edits, &findings), "[ADDRESS]");
    edits[0].replacement = "[EMAIL]".to_owned();
    findings.extend(found(text, &ADDRESSES, "secrets").1);
    assert_eq!(masks.number(text, &mut edits, &findings), "[EMAIL]");
    assert!(masks.is_empty());
    // What another guard put there looks like a number, and is none.
    let text = "ada@a.example, ben";
    let (mut edits, mut findings) = found(text, &ADDRESSES, "pii");
    let (other, by_other) = found(text, &[("EMAIL_1", "ben")], "secrets");
    edits.extend(other);
    findings.extend(by_other);
    assert_eq!(
        masks.number(text, &mut edits, &findings),
        "[EMAIL_2], [EMAIL_1]"
    );
}

#[test]
fn a_branch_is_read_again_from_what_is_stored() {
    let mut masks = Masks::new(&guards());
    let texts = [
        "ada@a.example [EMAIL_2]",
        "ben@b.example",
        "cem@c.example, ada@a.example",
    ];
    let mut branch = Vec::new();
    for text in texts {
        let mut again = Masks::of(&guards(), &branch);
        let (mut edits, findings) = found(text, &ADDRESSES, "pii");
        let masked = again.number(text, &mut edits, &findings);
        assert_eq!(masked, number(&mut masks, text), "{text}");
        branch.push(turn(text, masked, edits, findings));
    }
    assert_eq!(branch[2].question.masked, "[EMAIL_4], [EMAIL_1]");
    let again = Masks::of(&guards(), &branch);
    assert_eq!(again.originals, masks.originals);
    assert!(Masks::of(&[], &branch).is_empty(), "turned off");
    assert!(!format!("{again:?}").contains("ada"), "{again:?}");
}

#[test]
fn a_number_that_an_answer_made_up_is_not_given() {
    let mut one = turn("hm", "hm".to_owned(), Vec::new(), Vec::new());
    one.answer = "Ask [EMAIL_1].".to_owned();
    let mut masks = Masks::of(&guards(), &[one]);
    assert_eq!(number(&mut masks, "ada@a.example"), "[EMAIL_2]");
}

#[test]
fn there_is_an_end_to_numbers() {
    let mut masks = Masks::new(&guards());
    let many: String = (0..=MOST).map(|number| format!("<{number}> ")).collect();
    let words: Vec<String> = (0..=MOST).map(|number| format!("<{number}>")).collect();
    let words: Vec<_> = words.iter().map(|word| ("ID", word.as_str())).collect();
    let (mut edits, findings) = found(&many, &words, "pii");
    let masked = masks.number(&many, &mut edits, &findings);
    assert!(masked.ends_with("[ID_1000] [ID] "), "{masked}");
    assert_eq!(masked.matches("[ID_").count(), MOST);
}

#[test]
fn documents_are_searched_for_what_is_not_hidden() {
    for (text, expected) in [
        ("Where does ada@a.example work?", "Where does  work?"),
        ("ada@a.example", "[EMAIL]"),
        ("Where?", "Where?"),
    ] {
        let (edits, _) = found(text, &ADDRESSES, "pii");
        let masked = verdict::apply(text, &edits);
        assert_eq!(searched(text, &masked, &edits), expected);
    }
}

fn turn(text: &str, masked: String, edits: Vec<Edit>, findings: Vec<Finding>) -> Turn {
    Turn {
        id: TurnId::new(),
        conversation: ConversationId::new(),
        parent: None,
        question: Question {
            text: text.to_owned(),
            masked,
            edits,
        },
        answer: String::new(),
        citations: Vec::new(),
        findings,
        usage: Usage::default(),
        model: ModelId::from_title("m"),
        state: TurnState::Running,
        timings: Timings::default(),
        asked_at: Timestamp::from_millis(0),
        mode: AnswerMode::Model,
        grounding: None,
        unsupported: Vec::new(),
    }
}
