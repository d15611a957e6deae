//! Guests as the stages of documents and searches.

mod built_in;
mod chunker;
mod extractor;
mod formatter;
mod reranker;
mod rewriter;

pub(super) use built_in::BuiltInReader;
pub(super) use chunker::Cutter;
pub(super) use extractor::Reader;
pub(super) use formatter::Form;
pub(super) use reranker::Ranker;
pub(super) use rewriter::Asker;

#[cfg(test)]
mod tests;
