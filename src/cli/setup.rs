//! `setup`: the first admin, without a browser.

use std::path::PathBuf;

use clap::Args;
use hyper::Method;
use serde_json::json;

use super::{Context, house};

/// Make the first admin without a browser
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  privatestack setup --email ada@example.org --password-file pw")]
pub(super) struct Setup {
    /// E-mail address to sign in with
    #[arg(long)]
    email: String,
    /// How the person wants to be called
    #[arg(long, default_value = "Admin")]
    name: String,
    /// File whose first line is the password
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
}

impl Setup {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let password = password(&self.password_file)?;
        let body = json!({ "email": self.email, "name": self.name, "password": password });
        let made = house::with(context, |house| {
            house.call(Method::POST, "/api/v1/setup", Some(body))
        })?;
        let text = format!("{} is the admin of this box", self.email);
        context.output.result(&text, &made["user"]);
        Ok(())
    }
}

/// The first line of a file that holds a password.
pub(super) fn password(file: &std::path::Path) -> anyhow::Result<String> {
    use anyhow::Context as _;
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the password file {}", file.display()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
