//! PluginHost: loads the guests and runs them in their sandbox; guests as stages.
//!
//! A guest is WebAssembly that can compute and nothing else. What it answers is checked before
//! anything acts on it; when it fails, is late or lies, the text it judged does not go on, its
//! instance is thrown away, and all other calls go on as if nothing had happened.

#[allow(unreachable_pub, reason = "generated")]
mod bindings;
mod bundle;
mod compiled;
mod component;
mod convert;
mod deadline;
#[cfg(test)]
mod faulty;
mod guest;
mod sandbox;
mod state;
mod terms;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::config::PluginsConfig;
use crate::domain::fault::{Fault, Kind};
use crate::domain::time::Stopwatch;
use crate::pipeline::Guardrail;

use bundle::{BUNDLED, Bundled};
use compiled::Cache;
use guest::{Guard, Guest};
use sandbox::Sandbox;
use terms::Terms;

/// Faults within a minute from which on a plugin is shown as failing.
const FAILING: u32 = 5;

/// The loaded guests. Cheap to clone.
#[derive(Clone)]
pub struct PluginHost(Arc<Vec<Plugin>>);

struct Plugin {
    card: PluginCard,
    guest: Arc<Guest>,
}

/// What a plugin says of itself, and how it is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginCard {
    pub name: String,
    pub version: String,
    /// One sentence for the people who run the box.
    pub summary: String,
    /// The labels it may give.
    pub labels: Vec<String>,
    /// SHA-256 of the file, in hex.
    pub digest: String,
    pub world: World,
    /// Its place among the guardrails that every text passes, from 0; `None`: not in use.
    pub position: Option<u32>,
    pub state: PluginState,
}

/// What a plugin can be used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    Guardrail,
}

/// How a plugin is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginState {
    /// Loaded, and no more than a few faults lately.
    Ready,
    /// It failed several times within the last minute; texts it cannot judge are stopped.
    Failing { faults: u32 },
}

/// Why a plugin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    #[error("the sandbox of the plugins cannot be set up: {why}")]
    Sandbox { why: String },
    #[error("the plugin {plugin} asks for {import}, which plugins do not get")]
    Import { plugin: String, import: String },
    #[error("the plugin {plugin} cannot be loaded: {why}")]
    Load { plugin: String, why: String },
    #[error("plugins.guardrails names {name}, and there is no such plugin; there are: {known}")]
    Unknown { name: String, known: String },
    #[error("plugins.guardrails names {name} twice")]
    Twice { name: String },
}

impl PluginError {
    fn sandbox(source: &wasmtime::Error) -> Self {
        Self::Sandbox {
            why: format!("{source:#}"),
        }
    }
}

impl Fault for PluginError {
    fn kind(&self) -> Kind {
        match self {
            Self::Sandbox { .. } => Kind::Internal,
            Self::Import { .. } | Self::Load { .. } => Kind::Unsupported,
            Self::Unknown { .. } | Self::Twice { .. } => Kind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Sandbox { .. } => "plugin_sandbox_failed",
            Self::Import { .. } => "plugin_import_refused",
            Self::Load { .. } => "plugin_load_failed",
            Self::Unknown { .. } => "plugin_unknown",
            Self::Twice { .. } => "plugin_named_twice",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Import { import, .. } if import.starts_with("wasi:") => Some(
                "Build it without WASI: for wasm32-unknown-unknown, or with --stub-wasi."
                    .to_owned(),
            ),
            Self::Unknown { known, .. } if known.is_empty() => Some(
                "This binary was built without plugins: run `make plugins`, then build it again."
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

impl PluginHost {
    /// Loads the plugins that are built in. The first start compiles them (seconds) into an
    /// authenticated cache in `data/plugins/`. Blocks.
    pub fn open(config: &PluginsConfig, data: &Path) -> Result<Self, PluginError> {
        Self::load(config, data, BUNDLED, true)
    }

    fn load(
        config: &PluginsConfig,
        data: &Path,
        files: &[Bundled],
        reviewed: bool,
    ) -> Result<Self, PluginError> {
        check_names(config, files)?;
        let sandbox = Sandbox::new(config)?;
        let cache = Cache::open(data);
        let one = |file: &Bundled| load_one(file, config, &sandbox, &cache, reviewed);
        let mut plugins = std::thread::scope(|threads| {
            let one = &one;
            let jobs: Vec<_> = files
                .iter()
                .map(|file| threads.spawn(move || one(file)))
                .collect();
            let wait = |job: std::thread::ScopedJoinHandle<'_, Result<Plugin, PluginError>>| {
                job.join().unwrap_or_else(|_| {
                    Err(PluginError::Sandbox {
                        why: "a plugin could not be compiled".to_owned(),
                    })
                })
            };
            jobs.into_iter().map(wait).collect::<Result<Vec<_>, _>>()
        })?;
        cache.prune(sandbox.engine(), files.iter().map(|file| file.wasm));
        plugins.sort_by(|a, b| a.card.name.cmp(&b.card.name));
        Ok(Self(Arc::new(plugins)))
    }

    /// All plugins, by name.
    pub fn list(&self) -> Vec<PluginCard> {
        let card = |plugin: &Plugin| {
            let state = match plugin.guest.faults() {
                faults if faults >= FAILING => PluginState::Failing { faults },
                _ => PluginState::Ready,
            };
            PluginCard {
                state,
                ..plugin.card.clone()
            }
        };
        self.0.iter().map(card).collect()
    }

    /// The guardrails in the configured order.
    pub fn guardrails(&self) -> Vec<Arc<dyn Guardrail>> {
        let mut used: Vec<&Plugin> = self
            .0
            .iter()
            .filter(|plugin| plugin.card.position.is_some())
            .collect();
        used.sort_by_key(|plugin| plugin.card.position);
        used.into_iter()
            .map(|plugin| Arc::new(Guard(plugin.guest.clone())) as _)
            .collect()
    }
}

fn load_one(
    file: &Bundled,
    config: &PluginsConfig,
    sandbox: &Arc<Sandbox>,
    cache: &Cache,
    reviewed: bool,
) -> Result<Plugin, PluginError> {
    let watch = Stopwatch::start();
    let (component, loaded) = cache.load(sandbox.engine(), file.name, file.wasm)?;
    component::check_imports(file.name, sandbox.engine(), &component)?;
    let prepared = sandbox
        .prepare(&component)
        .map_err(|error| PluginError::Load {
            plugin: file.name.to_owned(),
            why: format!("it is not a guardrail: {error:#}"),
        })?;
    let terms = Terms::built_in(file.name, reviewed, config);
    let guest = Guest::new(terms, sandbox, prepared);
    let said = guest.describe()?;
    let position = config.guardrails.iter().position(|name| name == file.name);
    let millis = watch.elapsed().as_millis() as u64;
    tracing::info!(
        plugin = file.name,
        version = said.version,
        ?loaded,
        millis,
        "plugin loaded"
    );
    let card = PluginCard {
        name: said.name,
        version: said.version,
        summary: said.summary,
        labels: said.labels,
        digest: compiled::hex(&Sha256::digest(file.wasm)),
        world: World::Guardrail,
        position: position.and_then(|at| u32::try_from(at).ok()),
        state: PluginState::Ready,
    };
    Ok(Plugin {
        card,
        guest: Arc::new(guest),
    })
}

/// Every configured guardrail is there, once: a typing error must not switch a guard off.
fn check_names(config: &PluginsConfig, files: &[Bundled]) -> Result<(), PluginError> {
    for (index, name) in config.guardrails.iter().enumerate() {
        if !files.iter().any(|file| file.name == name) {
            let known: Vec<&str> = files.iter().map(|file| file.name).collect();
            return Err(PluginError::Unknown {
                name: name.clone(),
                known: known.join(", "),
            });
        }
        if config.guardrails[..index].contains(name) {
            return Err(PluginError::Twice { name: name.clone() });
        }
    }
    if config.guardrails.is_empty() {
        tracing::warn!("no guardrails are configured: texts go on unjudged");
    }
    Ok(())
}
