//! What is a quote for an answer, and what is none.

use super::*;
use crate::domain::document::Passage;
use crate::domain::id::DocumentId;

const TEXT: &str = "# Stores\n\nThe Müller pump stands in hall two. The spare impeller is kept \
                    in cabinet 7 behind the boiler. Ask Ines Holm for the key.\n";

const MACHINES: &str = "# Press line 4\n\n\
    The bearing of the press is greased every 250 hours with lithium grease. \
    The forklift is charged overnight in hall B. \
    Oil is changed once a year, in March, by the supplier. \
    The pressure must stay below 3.5 bar. \
    Do not open the valve while the pump runs. \
    The spare impeller is kept in cabinet 7 behind the boiler, not in the workshop.\n";

const SITE: &str = "The alarm code is changed every first Monday of the month by Ines Holm. \
    Visitors sign the book at the gate and wear a badge. \
    Nobody enters the cold store alone. \
    The canteen opens at 11:30 and closes at 14:00. \
    Employees have 30 days of leave per year. \
    Invoices above 5,000 EUR need two signatures.\n\
    - Pump P-101 feeds the boiler.\n- Pump P-102 feeds the washer.\n\
    Das Tor wird um 22 Uhr geschlossen. \
    Besucher dürfen die Halle nicht ohne Helm betreten.\n";

fn found(text: &str, start: u32) -> Source {
    let passage = Passage {
        document: DocumentId::new(),
        ordinal: 0,
        start,
        end: start + text.len() as u32,
        page: None,
        headings: Vec::new(),
        text: text.to_owned(),
    };
    Source {
        passage,
        title: "stores.md".to_owned(),
        masked: text.to_owned(),
        edits: Vec::new(),
    }
}

/// What the words alone make of an answer.
fn checked(answer: &str, cut: bool, question: &str, passages: &[Source]) -> Checked {
    Check::of(answer, cut, passages).judged(question, None)
}

fn citations(answer: &str, cut: bool, question: &str, passages: &[Source]) -> Vec<Citation> {
    checked(answer, cut, question, passages).citations
}

/// The quote for an answer of one sentence.
fn quote(answer: &str) -> Option<String> {
    let passages = [found(MACHINES, 0), found(SITE, 0)];
    let cited = citations(answer, false, "", &passages);
    cited.into_iter().next().map(|one| one.quote)
}

#[test]
fn what_a_document_says_is_quoted() {
    for (answer, expected) in [
        (
            "The bearing is greased every 250 hours with lithium grease.",
            "The bearing",
        ),
        (
            "The bearing of the press is greased every 250 hours.",
            "The bearing",
        ),
        ("The spare impeller is kept in cabinet 7.", "The spare"),
        (
            "You can find the spare impeller in cabinet 7 behind the boiler.",
            "The spare",
        ),
        ("The forklift is charged in hall B.", "The forklift"),
        (
            "According to the documents, Ines Holm changes the alarm code.",
            "The alarm",
        ),
        ("The alarm code is changed every first Monday.", "The alarm"),
        ("Oil is changed once a year in March.", "Oil"),
        ("The pressure must stay below 3.5 bar.", "The pressure"),
        ("Do not open the valve while the pump is running.", "Do not"),
        (
            "You must never open the valve while the pump runs.",
            "Do not",
        ),
        ("The canteen opens at 11:30.", "The canteen"),
        ("Employees get 30 days of leave per year.", "Employees"),
        ("Invoices above 5000 EUR need 2 signatures.", "Invoices"),
        ("3. Pump P-102 feeds the washer.", "- Pump P-102"),
        ("Nobody enters the cold store alone.", "Nobody"),
        ("Visitors must wear a badge.", "Visitors"),
        ("Das Tor wird um 22 Uhr geschlossen.", "Das Tor"),
        (
            "Besucher dürfen die Halle nicht ohne Helm betreten.",
            "Besucher",
        ),
        ("Cabinet 7.", "The spare"),
    ] {
        let quote = quote(answer).unwrap_or_default();
        assert!(quote.starts_with(expected), "{answer}: {quote}");
    }
}

#[test]
fn what_no_document_says_is_not_supported() {
    for answer in [
        "The forklift is charged every 250 hours with lithium grease.",
        "The alarm code is changed every morning.",
        "The bearing is greased every 500 hours with lithium grease.",
        "The pressure must stay above 3.5 bar.",
        "Open the valve while the pump runs.",
        "The spare impeller is not kept in cabinet 7.",
        "The spare impeller is kept in cabinet 9 behind the boiler.",
        "The spare impeller isn't behind the boiler.",
        "The forklift is charged overnight in hall A.",
        "Pump P-103 feeds the boiler.",
        "Pump P-102 feeds the boiler and the washer.",
        "The canteen opens at 11:30 and closes at 15:00.",
        "Jonas Berg changes the alarm code every first Monday of the month.",
        "The alarm code is changed every first Monday of the month by Jonas Berg.",
        "Oil is changed once a year in April by the supplier.",
        "The supplier changes the gearbox oil in March.",
        "Everybody enters the cold store alone.",
        "Employees have no days of leave.",
        "Employees have 30 days of leave per month.",
        "Invoices above 5,000 EUR need three signatures.",
        "Invoices below 5,000 EUR need two signatures.",
        "Das Tor wird um 22 Uhr nicht geschlossen.",
        "Das Tor wird um 23 Uhr geschlossen.",
        "Besucher dürfen die Halle ohne Helm betreten.",
        "The bearing of the press is greased every 250 hours with silicone grease.",
        "The alarm code of the gate is changed every first Monday of the month by Ines Holm.",
        "The spare impeller is kept in cabinet 7 behind the compressor.",
        "The supplier changes the oil once a year in March and again in autumn.",
        "It is.",
        "The moon is made of cheese.",
    ] {
        assert_eq!(quote(answer), None, "{answer}");
    }
}

#[test]
fn a_quote_is_the_documents_own_sentence() {
    let from = TEXT.find("The Müller").expect("it is there");
    let passages = [found(&TEXT[from..], from as u32)];
    let answer = "You are lucky. The spare impeller is in cabinet 7, behind the boiler.";
    let cited = citations(answer, false, "Where is it?", &passages);
    assert_eq!(cited.len(), 1);
    let quote = "The spare impeller is kept in cabinet 7 behind the boiler.";
    assert_eq!(cited[0].quote, quote);
    assert_eq!(&TEXT[cited[0].start as usize..cited[0].end as usize], quote);
    assert_eq!(cited[0].answer_end, Some(answer.len() as u32));
}

#[test]
fn the_same_quote_keeps_its_number() {
    let passages = [found(TEXT, 0)];
    let answer = "The impeller is kept in cabinet 7. Ines Holm has the key. \
                  Again: the spare impeller is in cabinet 7.";
    let markers: Vec<_> = citations(answer, false, "", &passages)
        .iter()
        .map(|cited| cited.marker)
        .collect();
    assert_eq!(markers, [1, 2, 1]);
}

#[test]
fn half_a_sentence_at_a_cut_has_no_quote() {
    let passages = [found(TEXT, 0)];
    let half = "The Müller pump stands in hall two. The spare impeller is kept in cabinet 7";
    let whole = format!("{half} behind the boiler.**");
    let line = format!("{half}\n");
    for (answer, cut, count) in [
        (half, true, 1),
        (half, false, 2),
        (&whole, true, 2),
        (&line, true, 2),
    ] {
        let cited = citations(answer, cut, "", &passages);
        assert_eq!(cited.len(), count, "{answer} {cut}");
        assert_eq!(cited[0].answer_end, Some(36));
    }
}

#[test]
fn an_answer_without_support_says_only_what_was_consulted() {
    let passages = [found(TEXT, 0)];
    let asked = "Where is the spare impeller kept?";
    let cited = citations("No idea.", false, asked, &passages);
    assert_eq!(cited.len(), 1);
    assert!(cited[0].quote.contains("impeller"));
    assert_eq!(cited[0].answer_end, None);
    for (answer, asked) in [("", asked), ("Mars is.", "What is the capital of Mars?")] {
        assert!(citations(answer, false, asked, &passages).is_empty());
    }
    assert!(citations("The moon is made of cheese.", false, "Why?", &[]).is_empty());
}

#[test]
fn a_long_sentence_is_cut_at_a_word_and_supports_only_what_is_shown() {
    let text = "wörter ".repeat(200);
    let cited = citations("wörter wörter", false, "wörter", &[found(&text, 0)]);
    assert!(cited[0].quote.len() <= QUOTE_BYTES);
    assert!(text.starts_with(&cited[0].quote));

    let text = format!(
        "The key hangs in hall 2, {}and the lamp in hall 5.",
        "so to say, ".repeat(40)
    );
    let passages = [found(&text, 0)];
    for (answer, shown) in [
        ("The key hangs in hall 2.", true),
        ("The lamp hangs in hall 5.", false),
    ] {
        let cited = citations(answer, false, "", &passages);
        assert_eq!(!cited.is_empty(), shown, "{answer}");
    }
}

#[test]
fn of_paraphrases_words_find_more_than_half_and_nothing_that_is_wrong() {
    let pairs: Vec<(bool, &str, &str)> = include_str!("tests/pairs.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut parts = line.split('|');
            let mut next = || parts.next().expect("three parts");
            (next() == "+", next(), next())
        })
        .collect();
    let (mut right, mut all) = (0, 0);
    for (supports, said, quote) in &pairs {
        // Other sentences beside it say which words are rare.
        let others = pairs.iter().map(|pair| pair.2).filter(|text| text != quote);
        let others: Vec<&str> = others.step_by(5).collect();
        let passages = [found(quote, 0), found(&others.join("\n\n"), 0)];
        let made = checked(said, false, "", &passages);
        let cited = made.citations.iter().any(|one| one.quote == *quote);
        assert!(*supports || !cited, "{said} is not what {quote} says");
        let marked = made.unsupported == [sentences(said, usize::MAX)[0].span()];
        let supported = made.citations.iter().any(|one| one.answer_end.is_some());
        assert_eq!(marked, !supported, "{said}");
        all += usize::from(*supports);
        right += usize::from(*supports && cited);
    }
    println!("{right} of {all} paraphrases are supported by their sentence");
    assert!(right * 2 > all, "{right} of {all}");
}

#[test]
fn a_quote_must_mean_something_like_the_sentence() {
    let passages = [found(SITE, 0)];
    let answer = "The canteen opens at 11:30. The moon is made of cheese.";
    for (likeness, cited) in [
        (0.9, true),
        (LIKE, true),
        (LIKE - 0.01, false),
        (-1.0, false),
    ] {
        let check = Check::of(answer, false, &passages);
        assert_eq!(check.pairs.len(), 1, "only what has the words is compared");
        let made = check.judged("", Some(&[likeness]));
        assert_eq!(made.citations.len(), usize::from(cited), "{likeness}");
        assert_eq!(made.unsupported.len(), if cited { 1 } else { 2 });
    }
}

#[test]
fn what_no_sentence_says_is_marked() {
    let passages = [found(SITE, 0)];
    let answer = "Sure! The canteen opens at 11:30. The moon is made of cheese, my friend.\n\n\
                  The documents do not say who cooks.\n```\nprint the whole menu\n```\nIs it red?";
    let made = checked(answer, false, "", &passages);
    let marked: Vec<&str> = made
        .unsupported
        .iter()
        .map(|span| &answer[span.start as usize..span.end as usize])
        .collect();
    assert_eq!(marked, ["The moon is made of cheese, my friend."]);
    let cut = checked("The moon is made of", true, "", &passages);
    assert!(
        cut.unsupported.is_empty(),
        "half a sentence claims nothing yet"
    );
}
