//! The log: one subscriber for the process, and the rule that no line holds what people say.
//!
//! Spans and events carry ids, counts, codes and durations. Text, names of files, addresses of
//! people, keys and tokens never reach a field; types that hold them do not print them
//! (`domain::secret::Secret`), and a story looks for a canary in everything that was logged.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::{LogConfig, LogFormat};

/// Why logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("log.filter `{filter}` is wrong: {source}")]
    Filter {
        filter: String,
        source: tracing_subscriber::filter::ParseError,
    },
    #[error("logging was started twice")]
    Twice,
}

/// Starts logging to standard error for the life of the process.
pub fn start(config: &LogConfig) -> Result<(), TelemetryError> {
    start_into(
        config,
        BoxMakeWriter::new(std::io::stderr),
        std::io::stderr().is_terminal(),
    )
}

fn start_into(
    config: &LogConfig,
    writer: BoxMakeWriter,
    colours: bool,
) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|source| TelemetryError::Filter {
        filter: config.filter.clone(),
        source,
    })?;
    let colours = colours && std::env::var_os("NO_COLOR").is_none();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    let started = match config.format {
        LogFormat::Text => builder.with_ansi(colours).with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|_| TelemetryError::Twice)
}
