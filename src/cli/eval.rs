//! `eval`: how well the shipped pipeline does on labelled data.

mod extract;
mod guard;
mod rate;

use clap::Subcommand;

use super::Context;

/// Measure how well the box does on labelled data
#[derive(Debug, Subcommand)]
pub(super) enum Eval {
    Guard(guard::Guard),
    Extract(extract::Extract),
}

impl Eval {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Guard(guard) => guard.run(context),
            Self::Extract(extract) => extract.run(context),
        }
    }
}
