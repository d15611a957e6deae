//! From a file to a plugin that can judge.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use wasmtime::component::Component;

use crate::config::PluginsConfig;
use crate::domain::time::Stopwatch;

use super::bundle::{Bundled, BundledReader};
use super::cases::{self, Miss};
use super::compiled::{self, Cache};
use super::package::Package;
use super::role::Role;
use super::sandbox::Sandbox;
use super::stages::Reader;
use super::terms::Terms;
use super::{Origin, Plugin, PluginCard, PluginError, PluginState, World, component, settings};

/// What plugins are loaded with.
pub(super) struct Loader {
    pub(super) sandbox: Arc<Sandbox>,
    /// Where compiled code is kept; none for a plugin that is only tried out.
    pub(super) cache: Option<Cache>,
    pub(super) config: PluginsConfig,
    /// Packages are only tried.
    pub(super) trial: bool,
}

impl Loader {
    /// A plugin that is built in.
    pub(super) fn built_in(&self, file: &Bundled, reviewed: bool) -> Result<Plugin, PluginError> {
        let terms = Terms::built_in(file.name, reviewed, &self.config);
        let (mut plugin, _) = self.plugin(file.wasm, World::Guardrail, terms)?;
        let place = self
            .config
            .guardrails
            .iter()
            .position(|name| name == file.name);
        plugin.card.position = place.and_then(|at| u32::try_from(at).ok());
        plugin.card.settings = settings::built_in(file.name);
        Ok(plugin)
    }

    /// A reader of files that is built in.
    pub(super) fn reader(&self, file: &BundledReader) -> Result<Arc<Reader>, PluginError> {
        let terms = Terms::reader(file.name, &self.config);
        match self.plugin(file.wasm, World::Extractor, terms)?.0.guest {
            Some(Role::Extractor(reader)) => Ok(reader),
            _ => Err(PluginError::Load {
                plugin: file.name.to_owned(),
                why: "it reads no files".to_owned(),
            }),
        }
    }

    /// A plugin that came as a package: it gets what its manifest asks for and no more.
    pub(super) fn packaged(&self, package: &Package) -> Result<Plugin, PluginError> {
        self.packaged_with_component(package)
            .map(|(plugin, _)| plugin)
    }

    /// Tries a package's own cases, in guests that leave nothing behind.
    pub(super) fn misses(&self, package: &Package) -> Result<Vec<Miss>, PluginError> {
        let terms = Terms::of(&package.manifest, &self.config).on_trial();
        let shelf = terms.shelf().into_owned();
        let (plugin, _) = self.plugin(&package.wasm, package.manifest.world, terms)?;
        let misses = plugin
            .guest
            .map(|role| cases::of_role(&role, &package.cases, &self.config));
        self.sandbox.services().kv.forget(&shelf);
        drop(self.sandbox.services().take_notes());
        Ok(misses.unwrap_or_default())
    }

    /// The same, and the component that it was made from.
    pub(super) fn packaged_with_component(
        &self,
        package: &Package,
    ) -> Result<(Plugin, Component), PluginError> {
        let manifest = &package.manifest;
        let mut terms = Terms::of(manifest, &self.config);
        if self.trial {
            terms = terms.on_trial();
        }
        let (mut plugin, component) = self.plugin(&package.wasm, manifest.world, terms)?;
        plugin.card.capabilities = manifest.capabilities.clone();
        plugin.card.origin = Origin::Installed;
        plugin.card.settings = settings::declared(manifest);
        if plugin.card.version != manifest.version {
            return Err(PluginError::Load {
                plugin: manifest.id.clone(),
                why: "its manifest and itself name different versions".to_owned(),
            });
        }
        Ok((plugin, component))
    }

    fn plugin(
        &self,
        wasm: &[u8],
        world: World,
        terms: Terms,
    ) -> Result<(Plugin, Component), PluginError> {
        let watch = Stopwatch::start();
        let (name, engine) = (terms.name.clone(), self.sandbox.engine());
        let component = match &self.cache {
            Some(cache) => cache.load(engine, &name, wasm)?.0,
            None => compiled::compile(engine, &name, wasm)?,
        };
        component::check_imports(&name, engine, &component, &terms.capabilities)?;
        let (role, said) = Role::load(world, terms, &self.sandbox, &component)?;
        let (version, millis) = (said.version.clone(), watch.elapsed().as_millis() as u64);
        tracing::info!(plugin = &*name, version, millis, "plugin loaded");
        let card = PluginCard {
            name: said.name,
            version: said.version,
            summary: said.summary,
            labels: said.labels,
            digest: compiled::hex(&Sha256::digest(wasm)),
            world,
            position: None,
            state: PluginState::Ready,
            origin: Origin::BuiltIn,
            capabilities: Vec::new(),
            settings: Vec::new(),
        };
        let guest = Some(role);
        Ok((Plugin { card, guest }, component))
    }
}
