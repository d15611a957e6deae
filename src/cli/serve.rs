//! `serve`: starts the box.

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::Context;
use crate::app::App;
use crate::domain::time::Clock;
use crate::telemetry;

/// Start the box
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  privatestack serve --data /srv/privatestack")]
pub(super) struct Serve {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

impl Serve {
    pub(super) fn run(self, mut context: Context) -> anyhow::Result<()> {
        if let Some(listen) = self.listen {
            context.config.server.listen = listen;
        }
        telemetry::start(&context.config.log)?;
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
        runtime.block_on(serve(&context))
    }
}

async fn serve(context: &Context) -> anyhow::Result<()> {
    let app = App::open(&context.config, &context.data, Clock::system()).await?;
    let bound = app.bind().await?;
    let address = bound.address();
    context
        .output
        .raw(&format!("PrivateStack is at http://{address}/"));
    if let Some(token) = app.setup_token().await? {
        let token = token.expose();
        context.output.raw(&format!(
            "\n  Make yourself the admin here (this link works once):\n  \
             http://{address}/setup#token={token}\n"
        ));
    }
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stopping.cancel();
    });
    app.serve(bound, stop).await;
    app.close().await;
    Ok(())
}
