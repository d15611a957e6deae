//! PluginHost: loads the guests and runs them in their sandbox; guests as stages.
//!
//! A guest is WebAssembly that can compute and nothing else. What it answers is checked before
//! anything acts on it; when it fails, is late or lies, the text it judged does not go on, its
//! instance is thrown away, and all other calls go on as if nothing had happened.

#[allow(unreachable_pub, reason = "generated")]
mod bindings;
mod bundle;
mod cases;
mod compiled;
mod component;
mod convert;
mod deadline;
mod error;
mod exports;
#[cfg(test)]
mod faulty;
#[cfg(test)]
mod frozen;
mod guard;
mod guest;
mod installed;
mod kv;
mod load;
mod package;
mod policy;
mod role;
mod sandbox;
mod services;
mod settings;
mod shadow;
mod stages;
mod state;
mod stats;
mod terms;
#[cfg(test)]
mod tests;
mod warm;
mod workbench;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::config::PluginsConfig;
use crate::domain::time::Clock;
use crate::pipeline::{Guardrail, Pipeline, StageSet, Stages};
use crate::store::Store;

use bundle::{BUNDLED, Bundled, READERS};
use compiled::Cache;
use guest::FAILING;
use installed::Installed;
use load::Loader;
use policy::Policies;
use role::Role;
use sandbox::Sandbox;
use stages::BuiltInReader;

pub use crate::store::plugins::Usage;
pub use cases::Miss;
pub use error::PluginError;
pub use package::{
    Capability, Language, Manifest, PACKAGE_BYTES, Package, PublisherKey, SigningKey, World,
};
pub use policy::{Outcome, Part, Pipelines, PolicyCard, PolicyCase, PolicyError, Stage, StageCard};
pub use services::{Embed, EmbedModel, EmbedPurpose};
pub use settings::SettingCard;
pub use stats::PluginCount;
pub use workbench::{Mutants, Pace, Report, Workbench};

/// The plugins of a box. Cheap to clone.
#[derive(Clone)]
pub struct PluginHost(Arc<Host>);

struct Host {
    loader: Arc<Loader>,
    /// Where packages are kept.
    folder: PathBuf,
    built_in: Vec<Plugin>,
    /// Those that read files.
    readers: Vec<Arc<BuiltInReader>>,
    installed: RwLock<Vec<Installed>>,
    /// One change at a time.
    changing: tokio::sync::Mutex<()>,
    /// What texts go through; it is told of every change.
    pipeline: OnceLock<Pipeline>,
    /// What documents and searches go through; so is it.
    stages: Stages,
    /// The same, for workspaces with stages of their own.
    policies: Policies,
    /// Where it is kept what is installed; only a running box has it.
    books: OnceLock<(Store, Clock)>,
}

/// One plugin.
struct Plugin {
    card: PluginCard,
    /// `None`: it could not be loaded.
    guest: Option<Role>,
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
    pub origin: Origin,
    /// What it may call.
    pub capabilities: Vec<Capability>,
    /// What it reads of its settings, and what that is where a workspace sets nothing.
    pub settings: Vec<SettingCard>,
}

/// Where a plugin came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    BuiltIn,
    Installed,
}

/// How a plugin is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginState {
    /// Loaded, and no more than a few faults lately.
    Ready,
    /// It failed several times within the last minute; texts it cannot judge are stopped.
    Failing { faults: u32 },
    /// It could not be loaded; where it is in use, no text goes on.
    Broken,
    /// It is installed and not used.
    Off,
    /// It judges, and nothing comes of it but a count of what it would have done.
    Shadow { judged: u64, objections: u64 },
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
        let loader = Arc::new(Loader {
            sandbox: Sandbox::new(config)?,
            cache: Some(Cache::open(data)),
            config: config.clone(),
            trial: false,
        });
        let readers = READERS
            .iter()
            .map(|file| BuiltInReader::new(*file, &loader).map(Arc::new));
        let readers = readers.collect::<Result<Vec<_>, _>>()?;
        let mut built_in = std::thread::scope(|threads| {
            let loader = &*loader;
            let jobs: Vec<_> = files
                .iter()
                .map(|file| threads.spawn(move || loader.built_in(file, reviewed)))
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
        built_in.sort_by(|a, b| a.card.name.cmp(&b.card.name));
        let host = Self(Arc::new(Host {
            loader,
            folder: data.join("plugins").join("installed"),
            built_in,
            readers,
            installed: RwLock::default(),
            changing: tokio::sync::Mutex::default(),
            pipeline: OnceLock::new(),
            stages: Stages::default(),
            policies: Policies::default(),
            books: OnceLock::new(),
        }));
        host.0.stages.exchange(host.stage_set());
        Ok(host)
    }

    /// What texts go through; it changes when plugins do.
    pub fn pipeline(&self) -> Pipeline {
        let make = || Pipeline::new(self.guardrails(), &self.0.loader.config);
        self.0.pipeline.get_or_init(make).clone()
    }

    /// What documents and searches go through; it changes when plugins do.
    pub fn stages(&self) -> Stages {
        self.0.stages.clone()
    }

    /// Lends the box's embedding model to plugins that are granted it.
    pub fn lend(&self, embed: Arc<dyn Embed>) {
        self.0.loader.sandbox.services().lend(embed);
    }

    /// What plugins did since the box was started, by name.
    pub fn counts(&self) -> Vec<PluginCount> {
        self.0.loader.sandbox.stats.now()
    }

    /// The most memory, in bytes, that an instance of this plugin had since this was last asked.
    pub fn take_memory(&self, plugin: &str) -> u64 {
        self.0.loader.sandbox.stats.take_memory(plugin)
    }

    /// All plugins, by name.
    pub fn list(&self) -> Vec<PluginCard> {
        let built_in = &self.0.built_in;
        let used = built_in.iter().filter(|it| it.card.position.is_some());
        let mut place = u32::try_from(used.count()).unwrap_or(u32::MAX);
        let mut cards: Vec<_> = built_in.iter().map(Plugin::card).collect();
        cards.extend(self.0.readers.iter().map(|reader| reader.card()));
        for one in self.installed().iter() {
            let mut card = one.card();
            if one.usage() != Usage::Off && card.world == World::Guardrail {
                card.position = Some(place);
                place += 1;
            }
            cards.push(card);
        }
        cards.sort_by(|a, b| a.name.cmp(&b.name));
        cards
    }

    /// The guardrails in their order: those built in as they are configured, then the installed
    /// ones that are used, oldest first.
    pub fn guardrails(&self) -> Vec<Arc<dyn Guardrail>> {
        let built_in = self.0.built_in.iter();
        let mut used: Vec<&Plugin> = built_in.filter(|it| it.card.position.is_some()).collect();
        used.sort_by_key(|plugin| plugin.card.position);
        let used = used.into_iter().filter_map(|plugin| plugin.guest.as_ref());
        let installed = self.installed();
        // Formatters first: what they make of an answer is judged like the rest of it.
        let forms = installed.iter().filter_map(Installed::formatter);
        let guards = forms.chain(used.filter_map(Role::guardrail));
        guards
            .chain(installed.iter().filter_map(Installed::guardrail))
            .collect()
    }

    /// The formatters that are used, oldest first.
    fn formatters(&self) -> Vec<Arc<dyn Guardrail>> {
        let installed = self.installed();
        installed.iter().filter_map(Installed::formatter).collect()
    }

    /// The stages of documents and searches, the newest first and what is built in last.
    fn stage_set(&self) -> StageSet {
        let mut set = StageSet::default();
        for one in self.installed().iter().rev() {
            one.add_to(&mut set);
        }
        let readers = self.0.readers.iter();
        set.readers.extend(readers.map(|one| one.clone() as _));
        set
    }

    fn installed(&self) -> std::sync::RwLockReadGuard<'_, Vec<Installed>> {
        let list = self.0.installed.read();
        list.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plugin {
    /// Its card as it is doing now.
    fn card(&self) -> PluginCard {
        let state = match self.guest.as_ref().map(|guest| guest.faults()) {
            None => PluginState::Broken,
            Some(faults) if faults >= FAILING => PluginState::Failing { faults },
            Some(_) => PluginState::Ready,
        };
        let mut card = PluginCard {
            state,
            ..self.card.clone()
        };
        for setting in &mut card.settings {
            let set = self.guest.as_ref().and_then(|it| it.setting(&setting.key));
            setting.default = set.map(str::to_owned).or(setting.default.take());
        }
        card
    }
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
