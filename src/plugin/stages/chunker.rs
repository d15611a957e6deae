//! A chunker: where a text is cut into passages.

use std::sync::Arc;

use crate::pipeline::{Chunker, Cut, Lengths, Markup, Misjudged, StageError};

use super::super::bindings::chunker::ChunkerPlugin;
use super::super::bindings::extractor::privatestack::plugin::documents;
use super::super::guest::Guest;

/// Bounds of what a chunker may make of one text.
const CUTS: usize = 200_000;
const CUT_BYTES: usize = 64 << 10;
const HEADINGS: usize = 16;
const HEADING_BYTES: usize = 300;

/// One chunker.
pub(in crate::plugin) struct Cutter(pub(in crate::plugin) Arc<Guest<ChunkerPlugin>>);

impl Chunker for Cutter {
    fn name(&self) -> &str {
        &self.0.terms.name
    }

    fn cut(&self, text: &str, markup: Markup, lengths: Lengths) -> Result<Vec<Cut>, StageError> {
        let tokens = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.0.ask(
            text.len(),
            |store, instance| {
                let markup = match markup {
                    Markup::Plain => documents::Markup::Plain,
                    Markup::Markdown => documents::Markup::Markdown,
                };
                let lengths = documents::Lengths {
                    target: tokens(lengths.target),
                    most: tokens(lengths.most),
                };
                instance
                    .privatestack_plugin_chunker()
                    .call_cut(store, text, markup, lengths)
            },
            |passages| Ok(cuts(text, passages)?),
        )
    }
}

fn cuts(text: &str, passages: Vec<documents::Passage>) -> Result<Vec<Cut>, Misjudged> {
    if passages.len() > CUTS {
        return Err(Misjudged::TooMany);
    }
    let mut end = 0;
    let cut = |passage: documents::Passage| {
        let range = passage.span.start as usize..passage.span.end as usize;
        let part = text.get(range.clone()).ok_or(Misjudged::Span)?;
        if part.trim().is_empty() || part.len() > CUT_BYTES {
            return Err(Misjudged::Span);
        }
        if range.start < end {
            return Err(Misjudged::Order);
        }
        end = range.end;
        let plain = |heading: &String| heading.len() <= HEADING_BYTES && is_plain(heading);
        if passage.headings.len() > HEADINGS || !passage.headings.iter().all(plain) {
            return Err(Misjudged::Heading);
        }
        Ok(Cut {
            range,
            headings: passage.headings,
        })
    };
    passages.into_iter().map(cut).collect()
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control)
}
