use sdk::testing::{HELD, outcome, streams, subject};
use sdk::{Guardrail, Lifecycle, Side};

use super::Pii;

const CASES: &str = include_str!("../cases.toml");

/// Names and streets are replaced too, so that it shows where they are found.
fn hide_all() {
    sdk::host::set("note", "");
}

fn becomes(text: &str) -> String {
    hide_all();
    outcome(text, &Pii::check(subject(Side::Output, text)))
}

#[test]
fn the_cases_hold() {
    hide_all();
    sdk::testing::cases::<Pii>(CASES);
}

#[test]
fn names_stay_until_somebody_wants_them_hidden() {
    let text = "Ask Anna Kowalczyk at +49 30 1234567 about it.";
    let judged = Pii::check(subject(Side::Output, text));
    assert_eq!(
        outcome(text, &judged),
        "Ask Anna Kowalczyk at [PHONE] about it."
    );
    let sdk::Verdict::Redact(edits) = judged else {
        panic!("nothing was found");
    };
    assert_eq!(edits[0].finding.label, "PERSON");
    streams::<Pii>(&[text.to_owned()]);
}

#[test]
fn a_stream_says_what_the_whole_text_says() {
    hide_all();
    streams::<Pii>(&sdk::testing::texts(CASES));
}

#[test]
fn no_length_of_padding_hides_an_address() {
    let mut texts = Vec::new();
    for padding in (0..1100).step_by(17) {
        let text = format!("{}(jane.doe@example.com)", "x,".repeat(padding));
        assert_eq!(becomes(&text), format!("{}([EMAIL])", "x,".repeat(padding)));
        texts.push(text);
    }
    streams::<Pii>(&texts[26..34]);
}

#[test]
fn no_length_of_plain_words_hides_anything() {
    for padding in [0, 1, 50, 127, 128, 200, 1000] {
        let plain = "so it goes ".repeat(padding);
        let text = format!("{plain}Ask Anna Kowalczyk at +49 30 1234567 about it.");
        assert_eq!(
            becomes(&text),
            format!("{plain}Ask [PERSON] at [PHONE] about it.")
        );
    }
}

#[test]
fn long_chains_are_cut_the_same_however_they_come() {
    let texts: Vec<String> = [
        "Anna ",
        "12 Main Street\n",
        "4111 ",
        "A. B. ",
        "1.2.3.",
        "Rue de la ",
    ]
    .iter()
    .map(|unit| unit.repeat(2 * HELD / unit.len()))
    .collect();
    for text in &texts {
        streams::<Pii>(std::slice::from_ref(text));
    }
}

#[test]
fn every_label_is_told() {
    let labels = Pii::describe().labels;
    for case in sdk::testing::read(CASES) {
        for label in case.becomes.iter().flat_map(|text| text.split('[').skip(1)) {
            let label = label.split(']').next().unwrap_or_default();
            if label.contains(|c: char| c.is_ascii_lowercase()) {
                continue;
            }
            assert!(labels.iter().any(|known| known == label), "{label}");
        }
    }
}

#[test]
fn signs_where_nobody_puts_them_break_nothing() {
    const PIECES: [&str; 40] = [
        " ",
        " ",
        "\n",
        ";",
        ":",
        ",",
        ".",
        "!",
        "?",
        "(",
        ")",
        "\"",
        "'",
        "’",
        "-",
        "▁",
        "é",
        "É",
        "中",
        "\u{200b}",
        "1",
        "12",
        "+49",
        "@",
        "x",
        "Rue",
        "Street",
        "Hauptstraße",
        "Box",
        "PO",
        "Anna",
        "van",
        "Dr",
        "said",
        "name",
        "is",
        "tel",
        "born",
        "May",
        "plate",
    ];
    let mut random = sdk::testing::Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..20_000 {
        let text: String = (0..1 + random.below(24))
            .map(|_| PIECES[random.below(PIECES.len())])
            .collect();
        becomes(&text);
    }
}

/// Words that announce something, chains that fill a window and addresses that end a segment
/// early, in any order: what is kept from one segment to the next must not depend on the pieces.
#[test]
fn what_is_kept_between_segments_changes_nothing() {
    const PIECES: [&str; 32] = [
        "12 Main Street ",
        "PO Box 1 ",
        "tel ",
        "call me at ",
        "SSN ",
        "born ",
        "DE12 ",
        "AB C 1 ",
        "4111 ",
        "11 ",
        "212 ",
        "A1 ",
        "Anna ",
        "van de ",
        "Kowalczyk ",
        "Dr. ",
        "10.0.0.1 ",
        "1.2.3.",
        "é",
        "so it goes ",
        "card ",
        "plate ",
        "30 1234567 ",
        "\n",
        ", ",
        ". ",
        "my name is ",
        "March 1980 ",
        "123-45-6789 ",
        "Hauptstraße 5",
        "x@y.example ",
        "zip 90210 ",
    ];
    hide_all();
    let mut random = sdk::testing::Random(0x5851_f42d_4c95_7f2d);
    for _ in 0..12 {
        let own: Vec<&str> = (0..6).map(|_| PIECES[random.below(PIECES.len())]).collect();
        let texts: Vec<String> = (0..4)
            .map(|_| (0..120).map(|_| own[random.below(own.len())]).collect())
            .collect();
        streams::<Pii>(&texts);
    }
}
