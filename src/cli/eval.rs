//! `eval`: how well the shipped pipeline does on labelled data.

mod guard;
mod rate;

use clap::Subcommand;

use super::Context;

/// Measure how well the box does on labelled data
#[derive(Debug, Subcommand)]
pub(super) enum Eval {
    Guard(guard::Guard),
}

impl Eval {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Guard(guard) => guard.run(context),
        }
    }
}
