//! `config`: the settings of this box.

use clap::Subcommand;

use super::Context;

/// Settings
#[derive(Debug, Subcommand)]
pub(super) enum Settings {
    /// Check the settings file and the environment; say what is wrong
    #[command(after_help = "Example:\n  privatestack config check --config privatestack.toml")]
    Check,
    /// Print the settings in force
    #[command(after_help = "Example:\n  privatestack config show --json")]
    Show,
}

impl Settings {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut config = context.config.clone();
        config.data = Some(context.data.clone());
        let value = serde_json::to_value(&config)?;
        match self {
            // Reading them, which came before this, is the check.
            Self::Check => context.output.result("the settings are good", &value),
            Self::Show => context
                .output
                .result(&toml::to_string_pretty(&config)?, &value),
        }
        Ok(())
    }
}
