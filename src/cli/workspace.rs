//! `workspace`: a workspace with its documents as one file.
//!
//! The owner of the machine opens no workspace. These commands act for somebody, with an API key that
//! is made for the one call and revoked after it, so that what is written down of it names a person.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use hyper::Method;
use serde_json::{Value, json};

use super::Context;
use super::house::{self, House};
use super::user::id_of;

/// Workspaces as files
#[derive(Debug, Subcommand)]
pub(super) enum Workspace {
    /// Write a workspace with the originals of its documents into a file (tar)
    #[command(
        after_help = "Example:\n  privatestack workspace export --user ada@example.org ws_0190… legal.tar"
    )]
    Export {
        /// E-mail address of an owner of the workspace
        #[arg(long)]
        user: String,
        #[arg(value_name = "ws_…")]
        workspace: String,
        file: PathBuf,
    },
    /// Make a workspace of such a file; its documents are indexed anew
    #[command(
        after_help = "Example:\n  privatestack workspace import --user ada@example.org legal.tar"
    )]
    Import {
        /// E-mail address of who will own it
        #[arg(long)]
        user: String,
        file: PathBuf,
    },
}

impl Workspace {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        house::with(context, |house| match self {
            Self::Export {
                user,
                workspace,
                file,
            } => as_somebody(house, &user, |key| {
                let bytes = export(house, key, &workspace, &file)?;
                let said = format!("{} holds {workspace}, {bytes} bytes", file.display());
                let value = json!({ "workspace": workspace, "file": file, "bytes": bytes });
                context.output.result(&said, &value);
                Ok(())
            }),
            Self::Import { user, file } => as_somebody(house, &user, |key| {
                let path = "/api/v1/workspaces/import";
                let made = house.send(Method::POST, path, key, Some(&file), None)?;
                let said = format!(
                    "{} is there with {} documents, which are indexed while the box runs",
                    made["workspace_id"].as_str().unwrap_or_default(),
                    made["documents"]
                );
                context.output.result(&said, &made);
                Ok(())
            }),
        })
    }
}

/// Runs `work` with a key that acts for this person, and revokes it whatever comes of it.
fn as_somebody(
    house: &House,
    email: &str,
    work: impl FnOnce(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let keys = format!("/api/v1/users/{}/api-keys", id_of(house, email)?);
    let made = house.call(
        Method::POST,
        &keys,
        Some(json!({ "name": "workspace command" })),
    )?;
    let key = made["key"].as_str().context("the box made no key")?;
    let done = work(key);
    let id = made["id"].as_str().context("the key has no id")?;
    house.call(Method::DELETE, &format!("/api/v1/api-keys/{id}"), None)?;
    done
}

/// Writes beside the file first: what stands under its name is whole.
fn export(house: &House, key: &str, workspace: &str, file: &Path) -> anyhow::Result<u64> {
    if file.exists() {
        bail!("{} is there already", file.display());
    }
    let mut half = file.as_os_str().to_owned();
    half.push(".part");
    let half = PathBuf::from(half);
    let out = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&half)
        .with_context(|| format!("cannot write {}", half.display()))?;
    let path = format!("/api/v1/workspaces/{workspace}/export");
    let sent: anyhow::Result<Value> = house.send(Method::GET, &path, key, None, Some(out));
    let placed = sent.and_then(|_| {
        std::fs::rename(&half, file)?;
        Ok(std::fs::metadata(file)?.len())
    });
    if placed.is_err() {
        // What went wrong first is what is told.
        std::fs::remove_file(&half).ok();
    }
    placed
}
