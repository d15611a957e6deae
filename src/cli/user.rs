//! `user`: people who have an account.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use hyper::Method;
use serde_json::{Value, json};

use super::Context;
use super::house::{self, House};
use super::setup::password;

const USERS: &str = "/api/v1/users";

/// People who have an account
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make an account
    #[command(
        after_help = "Example:\n  privatestack user add --email bo@example.org --password-file pw"
    )]
    Add {
        #[arg(long)]
        email: String,
        #[arg(long, default_value = "")]
        name: String,
        #[arg(long, value_enum, default_value = "member")]
        role: RoleName,
        /// File whose first line is the password
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
    },
    /// List all accounts
    #[command(after_help = "Example:\n  privatestack user list --json")]
    List,
    /// Shut an account out at once: its sessions, tokens and keys
    #[command(after_help = "Example:\n  privatestack user disable bo@example.org")]
    Disable { email: String },
    /// Let a disabled account in again
    #[command(after_help = "Example:\n  privatestack user enable bo@example.org")]
    Enable { email: String },
    /// Change what an account may do on the box
    #[command(after_help = "Example:\n  privatestack user role bo@example.org admin")]
    Role { email: String, role: RoleName },
}

/// A role by name.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RoleName {
    Admin,
    Member,
}

impl RoleName {
    fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}

impl User {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        house::with(context, |house| match self {
            Self::Add {
                email,
                name,
                role,
                password_file,
            } => {
                let password = password(&password_file)?;
                let role = role.as_str();
                let body = json!({
                    "email": email, "name": name, "role": role, "password": password,
                });
                let made = house.call(Method::POST, USERS, Some(body))?;
                context
                    .output
                    .result(&format!("{email} has an account"), &made);
                Ok(())
            }
            Self::List => {
                let columns = [
                    ("E-MAIL", "email"),
                    ("NAME", "name"),
                    ("ROLE", "role"),
                    ("DISABLED", "disabled"),
                    ("ID", "id"),
                ];
                context
                    .output
                    .list(&house.list(USERS)?, &columns, "nobody has an account yet");
                Ok(())
            }
            Self::Disable { email } => change(
                context,
                house,
                &email,
                &json!({ "disabled": true }),
                "is shut out",
            ),
            Self::Enable { email } => change(
                context,
                house,
                &email,
                &json!({ "disabled": false }),
                "may sign in again",
            ),
            Self::Role { email, role } => {
                let said = format!("has the role {}", role.as_str());
                change(
                    context,
                    house,
                    &email,
                    &json!({ "role": role.as_str() }),
                    &said,
                )
            }
        })
    }
}

fn change(
    context: &Context,
    house: &House,
    email: &str,
    body: &Value,
    said: &str,
) -> anyhow::Result<()> {
    let path = format!("{USERS}/{}", id_of(house, email)?);
    let changed = house.call(Method::PATCH, &path, Some(body.clone()))?;
    context.output.result(&format!("{email} {said}"), &changed);
    Ok(())
}

/// The id of the account with this e-mail address.
pub(super) fn id_of(house: &House, email: &str) -> anyhow::Result<String> {
    let users = house.list(USERS)?;
    let found = users.iter().find(|user| {
        user["email"]
            .as_str()
            .is_some_and(|known| known.eq_ignore_ascii_case(email.trim()))
    });
    let id = found.and_then(|user| user["id"].as_str());
    id.map(str::to_owned)
        .with_context(|| format!("there is no account {email}"))
}
