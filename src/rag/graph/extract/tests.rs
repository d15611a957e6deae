//! What is found in texts, and that no text breaks the rules.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::labelled::LABELLED;
use super::*;
use crate::domain::graph::{EdgeKind, Entity};

fn whole(text: &str) -> Graph {
    extract(text, std::slice::from_ref(&(0..text.len())))
}

fn keys(graph: &Graph) -> BTreeSet<String> {
    graph
        .entities
        .iter()
        .map(|entity| entity.key.to_string())
        .collect()
}

fn expected(labels: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for line in labels.split(';').filter(|line| !line.trim().is_empty()) {
        let (kind, names) = line.split_once(':').unwrap();
        keys.extend(
            names
                .split('|')
                .map(|name| format!("{}:{}", kind.trim(), name.trim())),
        );
    }
    keys
}

#[test]
fn what_is_found_is_right_and_most_is_found() {
    let (mut right, mut found, mut wanted) = (0, 0, 0);
    for (text, labels) in LABELLED {
        let (graph, labels) = (keys(&whole(text)), expected(labels));
        right += graph.intersection(&labels).count();
        found += graph.len();
        wanted += labels.len();
        if graph != labels {
            eprintln!("{text}\n  found {graph:?}\n  wanted {labels:?}");
        }
    }
    let (precision, recall) = (right as f64 / found as f64, right as f64 / wanted as f64);
    eprintln!(
        "{right} right of {found} found and {wanted} wanted: precision {precision:.3}, recall {recall:.3}"
    );
    assert!(
        precision >= 0.97 && recall >= 0.94,
        "precision {precision:.3}, recall {recall:.3}"
    );
}

#[test]
fn a_person_is_one_whatever_they_are_called() {
    let text = "Dr. Anna Weber leads. A. Weber wrote it.\n\nMs Weber and Anna left; Weber's desk is empty.";
    let graph = whole(text);
    let [anna] = graph.entities.as_slice() else {
        panic!("{:?}", keys(&graph))
    };
    assert_eq!((anna.label.as_str(), anna.count), ("Anna Weber", 5));
    let quotes: Vec<&str> = anna
        .mentions
        .iter()
        .map(|one| quote(text, one.span))
        .collect();
    assert_eq!(
        quotes,
        ["Anna Weber", "A. Weber", "Weber", "Anna", "Weber's"]
    );
}

fn quote(text: &str, span: crate::domain::graph::Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

fn said(text: &str) -> Vec<String> {
    let graph = whole(text);
    let key = |at: u32| graph.entities[at as usize].key.to_string();
    let line = |edge: &crate::domain::graph::Edge| {
        format!(
            "{} {} {} {}",
            key(edge.from),
            edge.kind.name(),
            key(edge.to),
            edge.weight
        )
    };
    let mut lines: Vec<String> = graph.edges.iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn edges_say_how_things_hang_together() {
    for (text, edges) in [
        (
            "Nora Brandt flew to Basel. She met Peter Lang there.",
            vec![
                "person:nora brandt co_mention person:peter lang 1",
                "person:nora brandt co_mention place:basel 4",
                "place:basel co_mention person:peter lang 1",
            ],
        ),
        (
            "Nordwind AG (the \"Supplier\") pays.",
            vec![
                "organisation:nordwind co_mention term:supplier 4",
                "term:supplier definition organisation:nordwind 6",
            ],
        ),
        (
            "a service level agreement (SLA)",
            vec![
                "term:service level agreement co_mention term:sla 4",
                "term:sla same_as term:service level agreement 6",
            ],
        ),
    ] {
        assert_eq!(said(text), edges, "{text}");
    }
}

#[test]
fn a_definition_is_kept_with_its_words() {
    let text =
        "“Working Day” means a day on which the bank is open. A Working Day has eight hours.";
    let graph = whole(text);
    let term: &Entity = &graph.entities[0];
    assert_eq!((term.key.as_str(), term.count), ("term:working day", 2));
    assert_eq!(
        quote(text, term.definitions[0].span),
        "a day on which the bank is open."
    );
}

#[test]
fn a_mention_knows_its_passage() {
    let text = "Nora Brandt came. Peter Lang left.";
    let graph = extract(text, &[0..17, 18..text.len()]);
    let passages: Vec<u32> = graph
        .entities
        .iter()
        .map(|one| one.mentions[0].passage)
        .collect();
    assert_eq!(passages, [0, 1]);
    assert!(graph.edges.is_empty(), "no edge goes across passages");
    assert!(extract(text, &[]).entities.is_empty());
}

#[test]
fn a_document_without_end_keeps_its_strongest() {
    use std::fmt::Write as _;
    let mut text = String::new();
    for number in 0..5_000 {
        let _ = writeln!(
            text,
            "Ticket HELP-{number} is about part SKU-{} and PLAN-{} of Basel.\n",
            number % 50,
            number % 7
        );
    }
    let graph = whole(&text);
    assert_eq!((graph.entities.len(), graph.edges.len()), (ENTITIES, EDGES));
    assert_eq!(graph.entities[0].key.as_str(), "place:basel");
    assert_eq!(graph.entities[0].count, 5_000);
    assert!(graph.edges.is_sorted_by(|a, b| a.weight >= b.weight));
}

/// Pieces of text that rules look at, and some that they do not.
fn pieces() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "Anna",
        "Weber",
        "Dr",
        ".",
        "von",
        "der",
        "GmbH",
        "&",
        "Co",
        "KG",
        "(",
        ")",
        "“",
        "”",
        "\"",
        "means",
        "the",
        "SLA",
        "service",
        "level",
        "agreement",
        "12",
        "March",
        "2024",
        "März",
        "年",
        "月",
        "日",
        "3",
        "Q-19",
        "ISO",
        "/",
        "IEC",
        "27001",
        ":",
        "**",
        "- ",
        "# ",
        "\n",
        "\n\n",
        "|",
        "University",
        "of",
        "Lake",
        "New",
        "York",
        "U.S.",
        "é",
        "ß",
        "🙂",
        "’s",
        "e.V.",
        "From",
        "<",
        "@x.org",
        ">",
        "\u{0301}",
        "İ",
        "J.R.R.",
        "-",
        "Queen",
        "II",
        "```",
    ]);
    let piece = prop_oneof![8 => words.prop_map(str::to_owned), 1 => any::<String>(), 4 => Just(" ".to_owned())];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_gives_spans_within_it(text in pieces(), cut in any::<prop::sample::Index>()) {
        let middle = text.floor_char_boundary(cut.index(text.len() + 1));
        let graph = extract(&text, &[0..middle, middle..text.len()]);
        let again = extract(&text, &[0..middle, middle..text.len()]);
        prop_assert_eq!(&graph, &again);
        let fine = |span: &crate::domain::graph::Span| {
            span.start < span.end && text.get(span.start as usize..span.end as usize).is_some()
        };
        for entity in &graph.entities {
            prop_assert!(entity.key.to_string().parse::<crate::domain::graph::EntityKey>().is_ok(), "{}", entity.key);
            prop_assert!(!entity.mentions.is_empty() && !entity.label.is_empty());
            prop_assert!(entity.mentions.iter().all(|one| fine(&one.span) && one.passage < 2));
            prop_assert!(entity.definitions.iter().all(|one| fine(&one.span)));
        }
        for edge in &graph.edges {
            let count = graph.entities.len() as u32;
            prop_assert!(edge.from < count && edge.to < count && edge.from != edge.to);
            prop_assert!(edge.kind != EdgeKind::CoMention || edge.from < edge.to);
            prop_assert!(!edge.spans.is_empty() && edge.spans.iter().all(fine));
        }
    }
}
