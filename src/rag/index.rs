//! Index: everything that is stored of one document, made in memory and put in one transaction.

use std::ops::Range;

use crate::domain::document::Passage;
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::store::passages::{self, Index, Indexed, VectorBlock};
use crate::store::{Reads, StoreError};

use super::bm25;
use super::graph;
use super::language::Language;
use super::words;
use crate::pipeline::{Cut, PageStart};

/// Bytes of title and headings that are indexed with each passage.
const CONTEXT: usize = 160;

/// What is indexed of a passage: its text below its title and headings, which say what it is
/// about when the passage itself does not.
pub(super) fn searchable(title: &str, headings: &[String], text: &str) -> String {
    format!("{}{text}", context(title, headings))
}

/// The lines above the text in [`searchable`].
pub(super) fn context(title: &str, headings: &[String]) -> String {
    let stem = title.rsplit_once('.').map_or(title, |(stem, _)| stem);
    let stem = stem.replace(['_', '-'], " ");
    let mut context = std::iter::once(stem.trim())
        .chain(headings.iter().map(String::as_str))
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" > ");
    context.truncate(context.floor_char_boundary(CONTEXT));
    if !context.is_empty() {
        context.push('\n');
    }
    context
}

/// The same cuts with none across the beginning of a page, so that a passage is on one page and a
/// citation names the page that its words are on.
pub(super) fn on_pages(text: &str, cuts: Vec<Cut>, pages: &[PageStart]) -> Vec<Cut> {
    let mut parts = Vec::with_capacity(cuts.len());
    for cut in cuts {
        let (mut from, end) = (cut.range.start, cut.range.end);
        let before = |at: usize| pages.partition_point(|page| (page.start as usize) < at);
        let inside = &pages[before(from + 1)..before(end)];
        if inside.is_empty() {
            parts.push(cut);
            continue;
        }
        let starts = inside.iter().map(|page| page.start as usize);
        for upto in starts.chain([end]) {
            let range = trimmed(text, from..upto);
            if !range.is_empty() {
                let headings = cut.headings.clone();
                parts.push(Cut { range, headings });
            }
            from = upto;
        }
    }
    parts
}

/// Without the white space around it.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    start..start.max(range.start + part.trim_end().len())
}

/// The passages of a document.
pub(super) fn passages(
    document: DocumentId,
    text: &str,
    cuts: Vec<Cut>,
    pages: &[PageStart],
) -> Vec<Passage> {
    let offset = |at: usize| u32::try_from(at).expect("a text is shorter than its limit of MiB");
    (0u32..)
        .zip(cuts)
        .map(|(ordinal, cut)| Passage {
            document,
            ordinal,
            start: offset(cut.range.start),
            end: offset(cut.range.end),
            page: page_at(pages, cut.range.start),
            headings: cut.headings,
            text: text[cut.range].to_owned(),
        })
        .collect()
}

/// The page that a byte of the text is on, where the file has pages.
fn page_at(pages: &[PageStart], at: usize) -> Option<u32> {
    let after = pages.partition_point(|page| page.start as usize <= at);
    pages.get(after.checked_sub(1)?).map(|page| page.number)
}

/// Vectors with the digest of the model that made them.
pub(super) struct Vectors {
    pub(super) model: String,
    pub(super) blocks: Vec<VectorBlock>,
}

/// Puts together what the store keeps. `searchable` has one text for each passage.
pub(super) fn assemble(
    rules: u32,
    language: Option<Language>,
    text: String,
    passages: Vec<Passage>,
    searchable: &[String],
    vectors: Option<Vectors>,
) -> Indexed {
    let counted = bm25::count(searchable.iter().map(String::as_str), language);
    let (model, vectors) = match vectors {
        Some(made) => (Some(made.model), made.blocks),
        None => (None, Vec::new()),
    };
    let index = Index {
        rules,
        passages: u32::try_from(passages.len()).unwrap_or(u32::MAX),
        words: counted.words,
        model,
        terms: counted.terms,
    };
    let ranges: Vec<Range<usize>> = passages
        .iter()
        .map(|one| one.start as usize..one.end as usize)
        .collect();
    let graph = graph::extract(&text, &ranges);
    Indexed {
        index,
        text,
        passages,
        vectors,
        postings: counted.lists,
        graph,
    }
}

/// Looks the document up as a search would, before anybody is told that it is there: its first,
/// middle and last passage must be where the index says, found by their own words.
pub(super) fn is_found(
    tx: &impl Reads,
    workspace: WorkspaceId,
    document: DocumentId,
    language: Option<Language>,
    made: &Indexed,
) -> Result<bool, StoreError> {
    let count = made.index.passages;
    for ordinal in [0, count / 2, count.saturating_sub(1)] {
        let Some(passage) = passages::get(tx, workspace, document, ordinal)? else {
            return Ok(false);
        };
        let range = passage.start as usize..passage.end as usize;
        if made.text.get(range) != Some(passage.text.as_str()) {
            return Ok(false);
        }
        for term in words::terms(&passage.text, language).iter().take(3) {
            let list = passages::with_term_in(tx, workspace, term, document)?;
            if !list.iter().any(|posting| posting.ordinal == ordinal) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_is_on_one_page() {
        let text = "one two\n\nthree four\n\n\n\nfive";
        let page = |number, start| PageStart { number, start };
        let pages = [page(1, 0), page(2, 9), page(4, 23)];
        let cut = |range: Range<usize>| Cut {
            range,
            headings: vec!["h".to_owned()],
        };
        let on = |cuts: &[(usize, usize)]| -> Vec<String> {
            let cuts = cuts.iter().map(|(from, to)| cut(*from..*to)).collect();
            let parts = on_pages(text, cuts, &pages).into_iter();
            parts.map(|part| text[part.range].to_owned()).collect()
        };
        assert_eq!(on(&[(0, 27)]), ["one two", "three four", "five"]);
        assert_eq!(on(&[(4, 12), (12, 19)]), ["two", "thr", "ee four"]);
        assert_eq!(on(&[(9, 19)]), ["three four"]);
        assert_eq!(
            on(&[(19, 23)]),
            ["\n\n\n\n"],
            "nothing is cut where no page begins"
        );
    }

    #[test]
    fn title_and_headings_stand_above_the_text() {
        let headings = ["Pumps".to_owned(), "Spares".to_owned()];
        let text = searchable("plant_handbook.md", &headings, "In cabinet 7.");
        assert_eq!(text, "plant handbook > Pumps > Spares\nIn cabinet 7.");
        assert_eq!(searchable(".md", &[], "text"), "text");
        let long = context("a.txt", &["ü".repeat(300)]);
        assert!(long.len() <= CONTEXT + 1 && long.ends_with("ü\n"));
    }
}
