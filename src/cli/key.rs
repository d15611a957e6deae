//! `key`: API keys.

use clap::Subcommand;
use hyper::Method;
use serde_json::json;

use super::user::id_of;
use super::{Context, house};

/// API keys
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a key for somebody; it is shown once
    #[command(
        after_help = "Example:\n  privatestack key create --user bo@example.org --name laptop"
    )]
    Create {
        /// E-mail address of the account that the key acts for
        #[arg(long)]
        user: String,
        /// What the key is for
        #[arg(long)]
        name: String,
        /// The only workspace that the key opens
        #[arg(long, value_name = "ws_…")]
        workspace: Option<String>,
    },
    /// List somebody's keys, without their secrets
    #[command(after_help = "Example:\n  privatestack key list --user bo@example.org")]
    List {
        #[arg(long)]
        user: String,
    },
    /// Make a key useless at once
    #[command(after_help = "Example:\n  privatestack key revoke key_0190…")]
    Revoke { id: String },
}

impl Key {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        house::with(context, |house| {
            let keys =
                |user: &str| anyhow::Ok(format!("/api/v1/users/{}/api-keys", id_of(house, user)?));
            match self {
                Self::Create {
                    user,
                    name,
                    workspace,
                } => {
                    let mut body = json!({ "name": name });
                    if let Some(workspace) = workspace {
                        body["workspace"] = workspace.into();
                    }
                    let made = house.call(Method::POST, &keys(&user)?, Some(body))?;
                    context.output.note("keep it now; it is not shown again");
                    context
                        .output
                        .result(made["key"].as_str().unwrap_or_default(), &made);
                }
                Self::List { user } => {
                    let columns = [
                        ("NAME", "name"),
                        ("WORKSPACE", "workspace"),
                        ("CREATED", "created_at"),
                        ("EXPIRES", "expires_at"),
                        ("LAST USED", "last_used_at"),
                        ("ID", "id"),
                    ];
                    context
                        .output
                        .list(&house.list(&keys(&user)?)?, &columns, "no keys");
                }
                Self::Revoke { id } => {
                    house.call(Method::DELETE, &format!("/api/v1/api-keys/{id}"), None)?;
                    context.output.result("revoked", &json!({ "revoked": id }));
                }
            }
            Ok(())
        })
    }
}
