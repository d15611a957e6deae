//! Extract: a text → what it speaks of, and how that hangs together.
//!
//! No model and no chance is in it: rules over tables of words, so the same text always gives the
//! same graph. A first walk over the text finds names by themselves and what the text says about
//! words; names of one thing are then brought together; a second walk finds where those are named
//! in short. Rather too little is found than too much. Both walks are linear in the text, and what
//! is kept of it is bounded.

mod aliases;
mod dates;
mod fold;
mod ids;
mod links;
mod names;
mod people;
mod short;
mod tables;
mod terms;
mod text;
mod walk;

use std::ops::Range;

use crate::domain::graph::Graph;

pub(super) use text::sentence;

/// Entities that are kept of a document, the strongest.
pub(super) const ENTITIES: usize = 2_000;
/// Edges that are kept of a document, the strongest.
pub(super) const EDGES: usize = 5_000;

/// The graph of a text; `passages` are the bytes of its passages, in order.
pub(crate) fn extract(text: &str, passages: &[Range<usize>]) -> Graph {
    let mut walk = walk::first(text);
    let aliases = aliases::of(&mut walk);
    walk::second(text, &aliases, &mut walk);
    links::graph(passages, walk)
}

/// The folded words of a question or a search, as they stand in names.
pub(super) fn words(text: &str) -> Vec<String> {
    let folded = fold::fold(text);
    folded
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod labelled;
#[cfg(test)]
mod tests;
