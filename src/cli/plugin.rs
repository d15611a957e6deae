//! `plugin`: guardrails and other plugins, from the first line of a new one to its use on a box.

pub(super) mod author;
mod build;
mod packing;
mod pipeline;
mod template;
mod watch;
mod world;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use hyper::Method;
use serde_json::json;

use super::Context;
use super::house::{self, House};
use crate::domain::fault::Fault;
use crate::plugin::PluginError;

const PLUGINS: &str = "/api/v1/plugins";

/// Guardrails and other plugins
#[derive(Debug, Subcommand)]
pub(super) enum Plugin {
    /// Start a plugin in a new folder, from an example that works
    #[command(after_help = "Example:\n  privatestack plugin new no-swearing --lang python")]
    New {
        /// Its name: small letters, digits and hyphens
        name: String,
        #[arg(long, value_enum, default_value_t = Lang::Rust)]
        lang: Lang,
        /// What it is to do; others than guardrails in Rust
        #[arg(long, value_enum, default_value_t = Kind::Guardrail)]
        world: Kind,
    },
    /// Build the plugin in a folder: plugin.wasm
    #[command(after_help = "Example:\n  privatestack plugin build no-swearing")]
    Build {
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Say what a plugin imports, how long it takes and whether hard texts break it
    #[command(after_help = "Example:\n  privatestack plugin check no-swearing")]
    Check {
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    Run(author::Run),
    Test(author::Test),
    /// Put plugin.wasm, manifest.toml and cases.toml into one file: NAME.psp
    #[command(after_help = "Example:\n  privatestack plugin pack no-swearing")]
    Pack {
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// Where to write it; left out: NAME.psp in the folder
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Make a key to sign plugins with; printed is what others put into plugins.publishers
    #[command(after_help = "Example:\n  privatestack plugin keygen publisher.key")]
    Keygen {
        /// The file for the secret key
        file: PathBuf,
    },
    /// Sign a package
    #[command(
        after_help = "Example:\n  privatestack plugin sign no-swearing.psp --key publisher.key"
    )]
    Sign {
        package: PathBuf,
        /// The file that `plugin keygen` made
        #[arg(long)]
        key: PathBuf,
    },
    /// Install a package: it is verified, compiled, tried on its own cases, and there, turned off
    #[command(after_help = "Example:\n  privatestack plugin install no-swearing.psp")]
    Install {
        /// A package; with --watch the folder of a plugin
        package: PathBuf,
        /// The new version may call more than the one that it takes the place of
        #[arg(long)]
        accept: bool,
        /// Build, pack, install and use the plugin in this folder, again whenever it changes; for a
        /// box that takes unsigned plugins
        #[arg(long)]
        watch: bool,
    },
    /// List the plugins of this box
    #[command(after_help = "Example:\n  privatestack plugin list --json")]
    List,
    /// Use an installed plugin
    #[command(after_help = "Example:\n  privatestack plugin enable no-swearing --shadow")]
    Enable {
        name: String,
        /// Only count what it would have done
        #[arg(long)]
        shadow: bool,
    },
    /// Stop using an installed plugin
    #[command(after_help = "Example:\n  privatestack plugin disable no-swearing")]
    Disable {
        name: String,
    },
    /// Remove an installed plugin
    #[command(after_help = "Example:\n  privatestack plugin remove no-swearing")]
    Remove {
        name: String,
    },
    Pipeline(pipeline::Pipeline),
}

/// The language of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Lang {
    Rust,
    Js,
    Python,
}

/// What a new plugin is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Judge texts
    Guardrail,
    /// Give answers their form
    Formatter,
    /// Read the text out of files
    Extractor,
    /// Cut texts into passages
    Chunker,
    /// Say what to search for
    Rewriter,
    /// Order what was found
    Reranker,
}

impl Plugin {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        self.act(context).map_err(|error| {
            let hint = error.downcast_ref::<PluginError>().and_then(Fault::hint);
            match hint {
                Some(hint) => anyhow::anyhow!("{error} ({hint})"),
                None => error,
            }
        })
    }

    fn act(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::New { name, lang, world } => template::new(context, &name, lang, world),
            Self::Build { folder } => build::build(context, &folder),
            Self::Check { folder } => author::check(context, &folder),
            Self::Run(run) => run.run(context),
            Self::Test(test) => test.run(context),
            Self::Pack { folder, out } => packing::pack(context, &folder, out),
            Self::Keygen { file } => packing::keygen(context, &file),
            Self::Sign { package, key } => packing::sign(context, &package, &key),
            Self::Install {
                package: folder,
                watch: true,
                ..
            } => watch::watch(context, &folder, || reload(context, &folder)),
            other => house::with(context, |house| other.call(context, house)),
        }
    }

    /// What is done by the box.
    fn call(self, context: &Context, house: &House<'_>) -> anyhow::Result<()> {
        match self {
            Self::Install {
                package, accept, ..
            } => install(context, house, &package, accept),
            Self::Enable { name, shadow } => {
                let usage = if shadow { "shadow" } else { "active" };
                change(context, house, &name, usage)
            }
            Self::Disable { name } => change(context, house, &name, "off"),
            Self::Remove { name } => {
                house.call(Method::DELETE, &path(&name), None)?;
                let said = json!({ "removed": name });
                context.output.result(&format!("{name} is removed"), &said);
                Ok(())
            }
            Self::Pipeline(pipeline) => pipeline.call(context, house),
            _ => list(context, house),
        }
    }
}

fn path(name: &str) -> String {
    // A name that is none of a plugin's must not become another path.
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    format!("{PLUGINS}/{}", name.replace(|c| !plain(c), "_"))
}

fn list(context: &Context, house: &House<'_>) -> anyhow::Result<()> {
    let plugins = house.list(PLUGINS)?;
    let columns = [
        ("NAME", "name"),
        ("VERSION", "version"),
        ("STATE", "state"),
        ("ORIGIN", "origin"),
        ("WHAT IT DOES", "summary"),
    ];
    context.output.list(&plugins, &columns, "no plugins");
    Ok(())
}

/// Takes what is in a folder into use.
fn reload(context: &Context, folder: &Path) -> anyhow::Result<()> {
    let package = packing::package(context, folder)?;
    let file = folder.join(format!("{}.psp", package.manifest.id));
    std::fs::write(&file, package.write()?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    house::with(context, |house| {
        install(context, house, &file, true)?;
        change(context, house, &package.manifest.id, "active")
    })
}

fn install(
    context: &Context,
    house: &House<'_>,
    package: &Path,
    accept: bool,
) -> anyhow::Result<()> {
    let spinner = context.output.spinner("compiling and trying its cases");
    let full = std::path::absolute(package)?;
    let body = json!({ "path": full, "accept": accept });
    let made = house.call(Method::POST, &format!("{PLUGINS}/install"), Some(body));
    spinner.finish_and_clear();
    let made = made?;
    let name = made["name"].as_str().unwrap_or_default();
    let asks = made["capabilities"].as_array().into_iter().flatten();
    let asks: Vec<&str> = asks.filter_map(|one| one.as_str()).collect();
    let asks = match asks.as_slice() {
        [] => "nothing".to_owned(),
        some => some.join(", "),
    };
    let version = made["version"].as_str().unwrap_or_default();
    let shadow = match made["world"].as_str() {
        Some("guardrail") => "   (or --shadow, to see what it would do)",
        _ => "",
    };
    let text = match made["state"].as_str() {
        Some("off") => format!(
            "{name} {version} is installed and not used yet. It may call: {asks}.\n\
             Use it: privatestack plugin enable {name}{shadow}"
        ),
        _ => format!("{name} {version} took the place of the one before. It may call: {asks}."),
    };
    context.output.result(&text, &made);
    Ok(())
}

fn change(context: &Context, house: &House<'_>, name: &str, usage: &str) -> anyhow::Result<()> {
    let body = json!({ "usage": usage });
    let made = house.call(Method::PATCH, &path(name), Some(body))?;
    let text = match usage {
        "active" => match made["world"].as_str() {
            Some("guardrail") => format!("{name} judges every text from now on"),
            _ => format!("{name} is used from now on"),
        },
        "shadow" => format!("{name} judges, and what it says is only counted"),
        _ => format!("{name} is not used any more"),
    };
    context.output.result(&text, &made);
    Ok(())
}
