//! A rewriter: what to search for beside the question.

use std::sync::Arc;

use crate::pipeline::{Misjudged, Rewriter, StageError};

use super::super::bindings::rewriter::RewriterPlugin;
use super::super::bindings::rewriter::exports::privatestack::plugin::rewriter::Query;
use super::super::guest::Guest;

/// What one rewriter may add to a search.
const QUERIES: usize = 3;
const QUERY_BYTES: usize = 4 << 10;

/// One rewriter.
pub(in crate::plugin) struct Asker(pub(in crate::plugin) Arc<Guest<RewriterPlugin>>);

impl Rewriter for Asker {
    fn name(&self) -> &str {
        &self.0.terms.name
    }

    fn rewrite(&self, question: &str, earlier: &[String]) -> Result<Vec<String>, StageError> {
        self.0.ask(
            question.len(),
            |store, instance| {
                let query = Query {
                    question: question.to_owned(),
                    earlier: earlier.to_vec(),
                };
                instance
                    .privatestack_plugin_rewriter()
                    .call_rewrite(store, &query)
            },
            |queries| {
                let fits = |text: &String| text.len() <= QUERY_BYTES && !text.trim().is_empty();
                if queries.len() > QUERIES || !queries.iter().all(fits) {
                    return Err(Misjudged::Query.into());
                }
                Ok(queries)
            },
        )
    }
}
