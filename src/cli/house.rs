//! The box that a command talks to: the running one, or one opened for as long as it takes.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, bail};
use hyper::Method;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Context;
use crate::app::App;
use crate::domain::time::Clock;
use crate::net::{self, Control, NetError, Reply, Transfer};

/// A box to talk to over its control socket.
pub(super) struct House<'a> {
    context: &'a Context,
    runtime: Runtime,
    opened: Option<Opened>,
}

/// What was opened for this command alone.
struct Opened {
    app: App,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl<'a> House<'a> {
    /// Finds the running box, or opens the data folder.
    pub(super) fn open(context: &'a Context) -> anyhow::Result<Self> {
        let runtime = Runtime::new().context("cannot start the runtime")?;
        let opened = runtime.block_on(async {
            let probe = net::call(&context.data, Method::GET, "/healthz", None).await;
            match probe {
                Ok(_) => Ok(None),
                Err(NetError::NotRunning { .. }) => Opened::open(context).await.map(Some),
                Err(error) => Err(error.into()),
            }
        })?;
        Ok(Self {
            context,
            runtime,
            opened,
        })
    }

    /// Calls the API and returns what it answered; a problem is an error with its own words.
    pub(super) fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        let call = net::call(&self.context.data, method, path, body.as_ref());
        read(&self.runtime.block_on(call)?, path)
    }

    /// Calls the API as who has this key, with a file as the body or for the body of the answer.
    pub(super) fn send(
        &self,
        method: Method,
        path: &str,
        key: &str,
        from: Option<&Path>,
        to: Option<File>,
    ) -> anyhow::Result<Value> {
        let reply = self.runtime.block_on(async {
            let send = match from {
                Some(file) => Some(
                    tokio::fs::File::open(file)
                        .await
                        .with_context(|| format!("cannot read {}", file.display()))?,
                ),
                None => None,
            };
            let mut to = to.map(tokio::fs::File::from_std);
            let transfer = Transfer {
                method,
                path,
                bearer: key,
                send,
                receive: to.as_mut(),
            };
            anyhow::Ok(net::transfer(&self.context.data, transfer).await?)
        })?;
        read(&reply, path)
    }

    /// All items of a list, page by page.
    pub(super) fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = match &cursor {
                Some(cursor) => self.call(Method::GET, &format!("{path}?cursor={cursor}"), None)?,
                None => self.call(Method::GET, path, None)?,
            };
            items.extend(page["items"].as_array().cloned().unwrap_or_default());
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return Ok(items);
            }
        }
    }

    /// Closes what was opened for this command.
    pub(super) fn close(self) {
        if let Some(opened) = self.opened {
            self.runtime.block_on(opened.close());
        }
    }
}

/// What the box answered; a problem is an error with its own words.
fn read(reply: &Reply, path: &str) -> anyhow::Result<Value> {
    let value: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
    if reply.status.is_success() {
        return Ok(value);
    }
    match (
        value["detail"].as_str().or(value["title"].as_str()),
        value["hint"].as_str(),
    ) {
        (Some(detail), Some(hint)) => bail!("{detail} ({hint})"),
        (Some(detail), None) => bail!("{detail}"),
        (None, _) => bail!("the box answered {} to {path}", reply.status),
    }
}

impl Opened {
    async fn open(context: &Context) -> anyhow::Result<Self> {
        let app = App::open(&context.config, &context.data, Clock::system()).await?;
        let control = Control::bind(&context.data)?;
        let stop = CancellationToken::new();
        let serving = tokio::spawn(control.serve(app.router(), stop.clone()));
        Ok(Self { app, stop, serving })
    }

    async fn close(self) {
        self.stop.cancel();
        // The task only ends by itself; a panic in it was reported when it happened.
        let _ = self.serving.await;
        self.app.close().await;
    }
}

/// Runs `work` with a box and closes what had to be opened for it, whatever comes of it.
pub(super) fn with<T>(
    context: &Context,
    work: impl FnOnce(&House) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let house = House::open(context)?;
    let outcome = work(&house);
    house.close();
    outcome
}
