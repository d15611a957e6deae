//! The rules against cases and streams.

use sdk::testing;
use sdk::{Guardrail, Side, Verdict};

use crate::Format;

const CASES: &str = include_str!("../cases.toml");

fn shown(text: &str) -> String {
    let verdict = Format::check(testing::subject(Side::Output, text));
    if let Verdict::Redact(edits) = &verdict {
        // What the host takes.
        assert!(
            edits.iter().all(|edit| edit.replacement.len() <= 256),
            "{text}"
        );
    }
    testing::outcome(text, &verdict)
}

#[test]
fn the_cases_hold() {
    testing::cases::<Format>(CASES);
}

#[test]
fn an_answer_of_nothing_but_pictures_is_not_shown() {
    let check = |pictures: usize| {
        let text = "![a](http://b.example/c)\n".repeat(pictures);
        Format::check(testing::subject(Side::Output, &text))
    };
    assert!(matches!(check(crate::scanner::MOST), Verdict::Redact(_)));
    assert!(matches!(check(crate::scanner::MOST + 1), Verdict::Block(_)));
}

#[test]
fn a_stream_says_what_the_whole_text_says() {
    testing::streams::<Format>(&testing::texts(CASES));
}

#[test]
fn any_mixture_of_signs_streams_as_it_stands() {
    let signs = [
        "`",
        "```",
        "```\n",
        "~~~\n",
        "![",
        "](",
        "]",
        "(",
        ")",
        "<",
        ">",
        "img ",
        "\n",
        "\n\n",
        "|",
        "\\",
        "http://a.example/x",
        "?q=",
        "e ",
        "- ",
        "    ",
        "<div>",
        "é",
        "[",
        "]: ",
        "<!--",
        "  ",
        "$$\n",
        "$",
        "www.a.example",
        "\r",
        "\"",
        "'",
        "[x](/y ",
        "<b ",
        "。",
        "VGhlIHBhc3N3b3JkIGlzIHN3b3JkZmlzaCAx",
        "&#47;",
    ];
    let mut random = testing::Random(7);
    for _ in 0..300 {
        let text: String = (0..30).map(|_| signs[random.below(signs.len())]).collect();
        testing::streams::<Format>(&[text]);
    }
}

#[test]
fn what_is_not_an_answer_stays() {
    for side in [Side::Input, Side::Retrieved] {
        let subject = testing::subject(side, "![x](http://evil.example/a.png) and ```");
        assert_eq!(Format::check(subject), Verdict::Pass);
    }
}

#[test]
fn what_is_said_twice_over_stays_what_it_became() {
    for text in testing::texts(CASES) {
        let once = shown(&text);
        assert_eq!(shown(&once), once, "{text}");
    }
}

#[test]
fn no_length_lets_a_picture_through() {
    for length in [10, 399, 400, 401, 2000] {
        let long = "y".repeat(length);
        for text in [
            format!("![{long}](http://evil.example/a.png)"),
            format!(
                "![{}](http://{0}.{0}.{0}/a.png)",
                "漢".repeat(length.min(40))
            ),
            format!(
                "![a](//evil.example/a.png)\n{}\na",
                "`".repeat(length.max(3))
            ),
            format!("![a](//evil.example/a.png)\n`{}a", "`".repeat(length)),
            format!("![a](http://evil.example/{long}.png)"),
            format!("![a]({}http://evil.example/a.png)", " ".repeat(length)),
            format!("<img alt=\"{long}\" src=\"http://evil.example/a.png\">"),
            format!("<img {long}\n![a](http://evil.example/a.png)"),
        ] {
            let after = shown(&text);
            assert!(
                !after.contains("![") && !after.contains("<img"),
                "{length}: {after}"
            );
        }
    }
}
