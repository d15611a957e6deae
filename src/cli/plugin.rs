//! `plugin`: guardrails and other plugins.

use clap::Subcommand;

use super::{Context, house};

/// Guardrails and other plugins
#[derive(Debug, Subcommand)]
pub(super) enum Plugin {
    /// List the plugins of this box
    #[command(after_help = "Example:\n  privatestack plugin list --json")]
    List,
}

impl Plugin {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let Self::List = self;
        let plugins = house::with(context, |house| house.list("/api/v1/plugins"))?;
        let columns = [
            ("NAME", "name"),
            ("VERSION", "version"),
            ("STATE", "state"),
            ("WHAT IT DOES", "summary"),
        ];
        context.output.list(&plugins, &columns, "no plugins");
        Ok(())
    }
}
