//! `eval`: how well the shipped pipeline does on labelled data.

mod extract;
mod guard;
mod rate;
mod retrieval;

use clap::Subcommand;

use super::Context;

/// Measure how well the box does on labelled data
#[derive(Debug, Subcommand)]
pub(super) enum Eval {
    Guard(guard::Guard),
    Extract(extract::Extract),
    Retrieval(retrieval::Retrieval),
}

impl Eval {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Guard(guard) => guard.run(context),
            Self::Extract(extract) => extract.run(context),
            Self::Retrieval(retrieval) => retrieval.run(context),
        }
    }
}
