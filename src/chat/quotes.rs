//! Answers made of quotes: the documents' own sentences, the best first, and no model.
//!
//! What is quoted is byte for byte what the document says, but for what the guards hide of it. Each
//! quote stands under the title of its document and has a citation of its own.

use super::asked::Asked;
use super::cite::{QUOTE_BYTES, Rarity, Sentence, sentences, stems, words};
use super::sources::Source;
use crate::domain::document::Citation;
use crate::domain::verdict::{self, Edit};
use crate::rag::Rag;

/// Quotes of one answer, at most.
const QUOTES: usize = 5;
/// Sentences of one quote, at most.
const SENTENCES: usize = 3;
/// How well a sentence must fit beside the best one.
const BESIDE: f32 = 0.6;
/// Sentences that are compared with the question by meaning, at most.
const COMPARED: usize = 48;
/// Words that a sentence has to have: a heading says nothing.
const WORDS: usize = 3;

/// An answer made of quotes.
pub(super) struct Quoted {
    /// What is said, piece by piece.
    pub texts: Vec<String>,
    /// With places in the text that the pieces make.
    pub citations: Vec<Citation>,
}

impl Quoted {
    /// What the house says where nothing can be quoted.
    pub(super) fn none(asked: &Asked) -> Self {
        Self {
            texts: vec![asked.unsaid().to_owned()],
            citations: Vec::new(),
        }
    }
}

/// One or several sentences of a passage that follow each other.
struct Quote {
    source: usize,
    /// The first and the last sentence.
    first: usize,
    last: usize,
}

/// A sentence of a passage, and how well it fits the question.
struct Ranked {
    source: usize,
    index: usize,
    score: f32,
}

/// The best quotes for a question; none if no sentence fits.
pub(super) async fn quoted(
    rag: &Rag,
    question: &str,
    asked: &Asked,
    sources: &[Source],
) -> Option<Quoted> {
    if !asked.is_about_something() {
        return None;
    }
    let found: Vec<Vec<Sentence>> = sources
        .iter()
        .map(|source| sentences(&source.passage.text, QUOTE_BYTES))
        .collect();
    let mut ranked = by_words(asked, &found);
    ranked.truncate(COMPARED);
    by_meaning(rag, question, &found, &mut ranked).await;
    let quotes = chosen(&ranked, &found, sources);
    (!quotes.is_empty()).then(|| set_out(&quotes, &found, sources))
}

/// Sentences by the share of the question's words that they have, rare ones weighing more.
fn by_words(asked: &Asked, found: &[Vec<Sentence>]) -> Vec<Ranked> {
    let rarity = Rarity::of(found.iter().flatten().map(|one| one.words.as_slice()));
    let wanted = words(asked.telling());
    let wanted = stems(&wanted);
    let sum: f32 = wanted.iter().map(|stem| rarity.weight(stem)).sum();
    let mut ranked = Vec::new();
    for (source, sentences) in found.iter().enumerate() {
        for (index, sentence) in sentences.iter().enumerate() {
            if sentence.words.len() < WORDS || sentence.text.starts_with('#') {
                continue;
            }
            let has = stems(&sentence.words);
            let held: f32 = wanted
                .intersection(&has)
                .map(|stem| rarity.weight(stem))
                .sum();
            let score = if sum > 0.0 { held / sum } else { 0.0 };
            ranked.push(Ranked {
                source,
                index,
                score,
            });
        }
    }
    best_first(&mut ranked);
    ranked
}

/// Counts meaning as much as words, where there is an embedding model.
async fn by_meaning(rag: &Rag, question: &str, found: &[Vec<Sentence<'_>>], ranked: &mut [Ranked]) {
    let texts = ranked.iter().map(|one| found[one.source][one.index].text);
    let texts: Vec<String> = [question]
        .into_iter()
        .chain(texts)
        .map(str::to_owned)
        .collect();
    let pairs: Vec<(usize, usize)> = (1..texts.len()).map(|at| (0, at)).collect();
    if let Some(likeness) = rag.likeness(texts, &pairs).await {
        for (one, likeness) in ranked.iter_mut().zip(likeness) {
            one.score = f32::midpoint(one.score, likeness.max(0.0));
        }
        best_first(ranked);
    }
}

/// Equals stay in the order of their passages, which is that of the search.
fn best_first(ranked: &mut [Ranked]) {
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
}

/// The best sentences, those that follow each other as one quote, each text once.
fn chosen(ranked: &[Ranked], found: &[Vec<Sentence>], sources: &[Source]) -> Vec<Quote> {
    let mut quotes: Vec<Quote> = Vec::new();
    let mut said: Vec<&str> = Vec::new();
    let best = ranked.first().map_or(0.0, |one| one.score);
    let fits = |one: &&Ranked| one.score > 0.0 && one.score >= best * BESIDE;
    for one in ranked.iter().take_while(fits) {
        let text = found[one.source][one.index].text;
        if said.contains(&text) {
            continue;
        }
        let beside = quotes
            .iter()
            .position(|quote| quote.is_beside(one, found, sources));
        match beside {
            Some(at) => {
                let quote = &mut quotes[at];
                quote.first = quote.first.min(one.index);
                quote.last = quote.last.max(one.index);
            }
            None if quotes.len() < QUOTES => quotes.push(Quote {
                source: one.source,
                first: one.index,
                last: one.index,
            }),
            None => continue,
        }
        said.push(text);
    }
    quotes
}

impl Quote {
    /// Whether this sentence comes right before or behind, in the same paragraph.
    fn is_beside(&self, one: &Ranked, found: &[Vec<Sentence>], sources: &[Source]) -> bool {
        let next = one.index == self.last + 1;
        let before = one.index + 1 == self.first;
        if one.source != self.source || !next && !before || self.last - self.first + 1 >= SENTENCES
        {
            return false;
        }
        let sentences = &found[self.source];
        let (a, b) = match next {
            true => (&sentences[self.last], &sentences[one.index]),
            false => (&sentences[one.index], &sentences[self.first]),
        };
        let between = sources[self.source].passage.text.get(a.end()..b.start);
        between.is_some_and(|text| text.chars().all(|c| c == ' '))
    }

    /// Where it stands in its passage, in bytes.
    fn span(&self, found: &[Vec<Sentence>]) -> (usize, usize) {
        let sentences = &found[self.source];
        (sentences[self.first].start, sentences[self.last].end())
    }
}

/// The quotes under the titles of their documents, the document with the best quote first.
fn set_out(quotes: &[Quote], found: &[Vec<Sentence>], sources: &[Source]) -> Quoted {
    let document = |quote: &Quote| sources[quote.source].passage.document;
    let mut order = Vec::new();
    for quote in quotes {
        if !order.contains(&document(quote)) {
            order.push(document(quote));
        }
    }
    let mut made = Quoted {
        texts: Vec::new(),
        citations: Vec::new(),
    };
    let mut length = 0;
    for id in order {
        let own = quotes.iter().filter(|quote| document(quote) == id);
        for (number, quote) in own.enumerate() {
            let source = &sources[quote.source];
            let (start, end) = quote.span(found);
            let mut text = String::new();
            if length > 0 {
                text.push_str("\n\n");
            }
            if number == 0 {
                text.push_str(&format!("**{}**\n\n", escaped(&source.title)));
            }
            text.push_str("> ");
            text.push_str(&shown(source, start, end));
            length += text.len();
            made.texts.push(text);
            let marker = made.citations.len() + 1;
            made.citations
                .push(citation(marker, source, (start, end), length));
        }
    }
    made
}

/// Citations of an answer that the guards edited on its way out, in bytes of what came out; those
/// behind the end of it are left out.
pub(super) fn placed(citations: Vec<Citation>, edits: &[Edit], length: usize) -> Vec<Citation> {
    let moved = |mut citation: Citation| {
        let end = place(citation.answer_end? as usize, edits);
        citation.answer_end = u32::try_from(end).ok();
        (end <= length).then_some(citation)
    };
    citations.into_iter().filter_map(moved).collect()
}

/// Where byte `at` is behind the edits; the end of one that it is in.
fn place(at: usize, edits: &[Edit]) -> usize {
    let before = edits.iter().take_while(|edit| (edit.start as usize) < at);
    let (cut, put) = before.fold((0, 0), |(cut, put), edit| {
        let end = (edit.end as usize).min(at);
        (
            cut + end - edit.start as usize,
            put + edit.replacement.len(),
        )
    });
    at - cut + put
}

fn citation(
    marker: usize,
    source: &Source,
    (start, end): (usize, usize),
    answer_end: usize,
) -> Citation {
    let passage = &source.passage;
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Citation {
        marker: offset(marker),
        document: passage.document,
        title: source.title.clone(),
        page: passage.page,
        start: passage.start.saturating_add(offset(start)),
        end: passage.start.saturating_add(offset(end)),
        quote: passage.text[start..end].to_owned(),
        answer_end: Some(offset(answer_end)),
    }
}

/// Bytes `start..end` of a passage as the guards let them be seen.
fn shown(source: &Source, start: usize, end: usize) -> String {
    let inside = source.edits.iter().filter_map(|edit| {
        let (from, to) = (
            (edit.start as usize).max(start),
            (edit.end as usize).min(end),
        );
        let mut edit = edit.clone();
        edit.start = u32::try_from(from.checked_sub(start)?).ok()?;
        edit.end = u32::try_from(to.checked_sub(start)?).ok()?;
        (from < to).then_some(edit)
    });
    let inside: Vec<_> = inside.collect();
    verdict::apply(&source.passage.text[start..end], &inside)
}

/// A title as Markdown shows it letter by letter.
fn escaped(title: &str) -> String {
    let mut text = String::with_capacity(title.len());
    for c in title.chars() {
        if matches!(c, '\\' | '*' | '`' | '[' | ']' | '<' | '&' | '!') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::Passage;
    use crate::domain::id::DocumentId;

    fn source(title: &str, start: u32, text: &str, edits: Vec<Edit>) -> Source {
        let passage = Passage {
            document: DocumentId::new(),
            ordinal: 0,
            start,
            end: start + text.len() as u32,
            page: Some(2),
            headings: Vec::new(),
            text: text.to_owned(),
        };
        let masked = verdict::apply(text, &edits);
        Source {
            passage,
            title: title.to_owned(),
            masked,
            edits,
        }
    }

    fn edit(start: u32, end: u32) -> Edit {
        Edit {
            start,
            end,
            replacement: "[NAME]".to_owned(),
            label: "NAME".to_owned(),
            score: 1.0,
        }
    }

    /// What the words alone make of it.
    fn quoted(question: &str, sources: &[Source]) -> Option<Quoted> {
        let found: Vec<Vec<Sentence>> = sources
            .iter()
            .map(|source| sentences(&source.passage.text, QUOTE_BYTES))
            .collect();
        let ranked = by_words(&Asked::of(question), &found);
        let quotes = chosen(&ranked, &found, sources);
        (!quotes.is_empty()).then(|| set_out(&quotes, &found, sources))
    }

    #[test]
    fn quotes_stand_under_the_titles_of_their_documents() {
        let sources = [
            source(
                "stores*.md",
                100,
                "# Spare keys of it\n\nThe spare key hangs at the gate. Beside the spare key hangs a lamp. \
                 Lunch is at noon.",
                Vec::new(),
            ),
            source(
                "hall.md",
                7,
                "Pumps run all day.\n\nIn the hall hangs the spare key of pump two.\n",
                Vec::new(),
            ),
        ];
        let made = quoted("Where does the spare key hang?", &sources).expect("quotes");
        let answer = made.texts.concat();
        assert_eq!(
            answer,
            "**stores\\*.md**\n\n> The spare key hangs at the gate. Beside the spare key hangs a lamp.\n\n\
             **hall.md**\n\n> In the hall hangs the spare key of pump two."
        );
        for (cited, source) in made.citations.iter().zip(&sources) {
            let passage = &source.passage;
            let place =
                (cited.start - passage.start) as usize..(cited.end - passage.start) as usize;
            assert_eq!(passage.text[place], cited.quote);
            let end = cited.answer_end.expect("a place") as usize;
            assert!(answer[..end].ends_with(&cited.quote));
            assert_eq!((cited.document, cited.page), (passage.document, Some(2)));
        }
        assert!(quoted("What do whales eat?", &sources).is_none());
        assert!(quoted("Where?", &[]).is_none());
    }

    #[test]
    fn no_more_is_quoted_than_people_read() {
        let many = "The spare key hangs here. ".repeat(3)
            + &(0..20).fold(String::new(), |text, n| {
                text + &format!("\n\nThe spare key number {n} hangs there.")
            });
        let sources = [source("keys.md", 0, &many, Vec::new())];
        let made = quoted("Where is the spare key?", &sources).expect("quotes");
        assert_eq!(made.citations.len(), QUOTES);
        let texts = made.texts.concat();
        assert_eq!(texts.matches("hangs here").count(), 1, "{texts}");
    }

    #[test]
    fn what_the_guards_hide_is_not_quoted() {
        let text = "Ask Ines Holm for the spare key. The spare key of Ines Holm is red.";
        let at = |n: usize| text.match_indices("Ines Holm").nth(n).expect("a name").0 as u32;
        let edits = vec![edit(at(0), at(0) + 9), edit(at(1), at(1) + 9)];
        let made = quoted("spare key?", &[source("a.md", 0, text, edits)]).expect("quotes");
        let answer = made.texts.concat();
        assert!(!answer.contains("Holm"), "{answer}");
        assert_eq!(answer.matches("[NAME]").count(), 2, "{answer}");
    }

    #[test]
    fn citations_move_with_what_the_guards_replace() {
        let cited = |end: u32| {
            let sources = [source("a.md", 0, "The spare key.", Vec::new())];
            citation(1, &sources[0], (0, 3), end as usize)
        };
        // "0123456789" with 2..5 and 7..9 replaced by six bytes each.
        let edits = [edit(2, 5), edit(7, 9)];
        for (end, moved) in [(1, 1), (2, 2), (5, 8), (6, 9), (7, 10), (9, 16), (10, 17)] {
            let placed = placed(vec![cited(end)], &edits, 17);
            assert_eq!(placed[0].answer_end, Some(moved), "{end}");
        }
        assert!(
            placed(vec![cited(10)], &edits, 16).is_empty(),
            "it was not let go"
        );
    }
}
