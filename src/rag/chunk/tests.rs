//! Passages of real-looking texts, and the laws that hold for any text.

use proptest::prelude::*;

use super::*;

const LENGTHS: Lengths = Lengths {
    target: 40,
    most: 60,
};

fn spans(text: &str, format: Markup) -> Vec<Cut> {
    let mut draft = Draft::new(text, format);
    loop {
        let tokens: Vec<usize> = draft.pieces(text).into_iter().map(estimate).collect();
        if !draft.shorten(text, &tokens, LENGTHS.most) {
            return draft.pack(&tokens, LENGTHS);
        }
    }
}

fn passages(text: &str, format: Markup) -> Vec<&str> {
    spans(text, format)
        .into_iter()
        .map(|span| &text[span.range])
        .collect()
}

#[test]
fn sections_have_passages_of_their_own_with_the_headings_above_them() {
    let text = "# Pumps\n\nAll about pumps and how they are kept running through the long winter \
                months, when the water in them may freeze and crack the casing.\n\n## Spares\n\n\
                The spare impeller is kept in cabinet 7, on the second shelf from below, in the \
                small room behind the workshop with the green door and the old brass lamp.\n\n\
                ### Seals\n\nSeals are in drawer 3, sorted by width and then by age, so that the \
                oldest are used first; the list on the wall says when each of them was bought.\n\n\
                ## Oil\n\nUse VG 46 in summer and VG 32 in winter, and never mix the two of them, \
                since the additives in the one make the other foam when the pump runs hot.\n";
    let spans = spans(text, Markup::Markdown);
    let paths: Vec<String> = spans.iter().map(|span| span.headings.join(" > ")).collect();
    assert_eq!(
        paths,
        [
            "Pumps",
            "Pumps > Spares",
            "Pumps > Spares > Seals",
            "Pumps > Oil"
        ]
    );
    assert!(text[spans[1].range.clone()].starts_with("## Spares\n\nThe spare"));
}

#[test]
fn a_part_of_a_table_has_the_head_of_its_columns_above_it() {
    let rows: String = (0..40)
        .map(|number| format!("| valve {number} | hall {} |\n", number % 7))
        .collect();
    let text = format!("# Valves\n\nAll of them:\n\n| **Valve** | |\n|---|---|\n{rows}\nEnd.\n");
    let spans = spans(&text, Markup::Markdown);
    assert!(spans.len() > 3);
    assert_eq!(spans[0].headings, ["Valves"]);
    for span in &spans[1..] {
        let part = &text[span.range.clone()];
        let inside = part.starts_with('|') && !part.starts_with("| **");
        let path = span.headings.join(" > ");
        assert_eq!(
            path,
            if inside { "Valves > Valve" } else { "Valves" },
            "{part}"
        );
    }
}

#[test]
fn small_sections_share_a_passage_under_the_heading_they_share() {
    let text = "# List\n\n## A\n\none\n\n## B\n\ntwo\n";
    let spans = spans(text, Markup::Markdown);
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].headings, ["List"]);
    assert_eq!(&text[spans[0].range.clone()], text.trim());
}

#[test]
fn text_before_the_first_heading_has_no_headings() {
    let text = "A word before.\n\n# Then\n\nMore.\n";
    let spans = spans(text, Markup::Markdown);
    assert_eq!(spans[0].headings, Vec::<String>::new());
}

#[test]
fn a_code_block_or_list_that_fits_is_not_cut() {
    let prose = "Some words that lead up to the block and take their share of the passage. \
                 Then a few more words for good measure, as writers do when they are paid by line.";
    let code = "```sh\nmake stop\nmake drain\nmake open\nmake close\nmake start\n```";
    let list = "- the first thing to take\n- the second thing to take\n- the third thing to take\n\
                - the fourth thing to take";
    let text = format!("{prose}\n\n{code}\n\n{prose}\n\n{list}\n\n{prose}\n");
    let passages = passages(&text, Markup::Markdown);
    for whole in [code, list] {
        assert!(
            passages.iter().any(|passage| passage.contains(whole)),
            "{whole}: {passages:#?}"
        );
    }
}

#[test]
fn a_long_code_block_is_cut_between_lines() {
    let code: String = (0..40)
        .map(|n| format!("step_{n} --with option --and another\n"))
        .collect();
    let text = format!("```\n{code}```\n");
    let passages = passages(&text, Markup::Markdown);
    assert!(passages.len() > 3);
    for passage in &passages[1..passages.len() - 1] {
        assert!(
            passage.starts_with("step_") && passage.ends_with("another"),
            "{passage}"
        );
    }
}

#[test]
fn a_heading_is_never_the_end_of_a_passage() {
    let body = "Words about the matter at hand, and more of them, for a line or two. ".repeat(2);
    let text: String = (0..8)
        .map(|n| format!("## Part {n}\n\n{body}\n\n"))
        .collect();
    for passage in passages(&text, Markup::Markdown) {
        let last = passage.lines().last().unwrap();
        assert!(!last.starts_with("## "), "{passage}");
    }
}

#[test]
fn plain_text_is_cut_at_paragraphs_and_then_at_sentences() {
    let sentence = "The keeper of the light climbs the stair at dusk and lights the lamp. ";
    let text = format!("{}\n\n{}", sentence.repeat(9), sentence.repeat(2));
    let passages = passages(&text, Markup::Plain);
    assert!(passages.len() > 2);
    for passage in &passages {
        assert!(
            passage.starts_with("The keeper") && passage.ends_with("lamp."),
            "{passage}"
        );
    }
}

#[test]
fn hard_wrapped_lines_end_no_sentence() {
    let text = "This sentence was wrapped\nby hand in the middle.\nAnd this is the next one.";
    let draft = Draft::new(text, Markup::Plain);
    let pieces = draft.pieces(text);
    assert_eq!(
        pieces,
        [
            "This sentence was wrapped\nby hand in the middle.",
            "And this is the next one."
        ]
    );
}

#[test]
fn a_word_without_end_is_cut_all_the_same() {
    let text = format!("start {} end", "0123456789abcdef".repeat(400));
    let spans = spans(&text, Markup::Plain);
    assert!(spans.len() > 10);
    assert!(
        spans
            .iter()
            .all(|span| estimate(&text[span.range.clone()]) <= LENGTHS.most + 2)
    );
}

/// Any text, and text with much structure in it.
fn texts() -> impl Strategy<Value = String> {
    let structured = "(#{1,3} [a-z ]{1,9}\n|\n|- [a-zß. ]{0,20}\n|  \\* x\n|> [a-z]{1,5}\n|```\n|\
                      \\| a \\| b \\|\n|\\|--\\|--\\|\n|[A-Z][a-z ]{2,40}\\. |1\\. y\n|<b>|---\n|字。){0,60}";
    prop_oneof![structured, ".{0,200}", "[a-z\n#]{0,300}", "\\PC{600,900}"]
}

proptest! {
    #[test]
    fn passages_are_parts_of_the_text_in_order_and_leave_nothing_out(text in texts()) {
        for format in [Markup::Plain, Markup::Markdown] {
            let spans = spans(&text, format);
            let mut end = 0;
            for Cut { range, .. } in &spans {
                prop_assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
                prop_assert!(range.start < range.end && range.start >= end);
                prop_assert!(text[end..range.start].trim().is_empty());
                prop_assert!(estimate(&text[range.clone()]) <= LENGTHS.most + spans.len().min(9));
                end = range.end;
            }
            prop_assert!(text[end..].trim().is_empty());
        }
    }
}
