//! Plugins that people installed: verified, compiled and tried on their own cases before anything
//! is kept; then off, in shadow or active. What is in use is exchanged while streams run.

mod broken;
mod shelf;
#[cfg(test)]
pub(super) mod tests;

use std::sync::{Arc, PoisonError};

use sha2::{Digest, Sha256};

use crate::config::PluginsConfig;
use crate::domain::time::{Clock, Timestamp};
use crate::pipeline::{Guardrail, StageSet};
use crate::store::plugins::{self, PluginRecord, Usage};
use crate::store::{Store, StoreError};

use super::bundle::{BUNDLED, READERS};
use super::guard::Guard;
use super::load::Loader;
use super::package::{Capability, Package, PublisherKey};
use super::role::Role;
use super::shadow::Shadow;
use super::{Plugin, PluginCard, PluginError, PluginHost, PluginState, World};

pub(super) use broken::Broken;

/// An installed plugin and whether it is used.
pub(super) struct Installed {
    plugin: Plugin,
    record: PluginRecord,
}

impl Installed {
    pub(super) fn usage(&self) -> Usage {
        self.record.usage
    }

    pub(super) fn name(&self) -> &str {
        &self.record.id
    }

    pub(super) fn world(&self) -> World {
        self.plugin.card.world
    }

    pub(super) fn role(&self) -> Option<&Role> {
        self.plugin.guest.as_ref()
    }

    pub(super) fn card(&self) -> PluginCard {
        let mut card = self.plugin.card();
        match (self.record.usage, &self.plugin.guest) {
            (_, None) | (Usage::Active, Some(_)) => {}
            (Usage::Shadow, Some(Role::Guardrail(guest))) => {
                let (judged, objections) = guest.shadowed();
                card.state = PluginState::Shadow { judged, objections };
            }
            (Usage::Off | Usage::Shadow, Some(_)) => card.state = PluginState::Off,
        }
        card
    }

    /// What of it stands among the guardrails.
    pub(super) fn guardrail(&self) -> Option<Arc<dyn Guardrail>> {
        match (self.record.usage, &self.plugin.guest) {
            (Usage::Off, _) | (Usage::Shadow, None) => None,
            (Usage::Shadow, Some(Role::Guardrail(guest))) => {
                Some(Arc::new(Shadow(Guard(guest.clone()))))
            }
            (Usage::Shadow, Some(_)) => None,
            (Usage::Active, Some(role)) => role.guardrail(),
            (Usage::Active, None) => Some(Arc::new(Broken(self.record.id.clone()))),
        }
    }

    /// The same of a formatter.
    pub(super) fn formatter(&self) -> Option<Arc<dyn Guardrail>> {
        self.active()?.formatter()
    }

    /// What of it stands among the stages of documents and searches.
    pub(super) fn add_to(&self, set: &mut StageSet) {
        if let Some(role) = self.active() {
            role.add_to(set);
        }
    }

    fn active(&self) -> Option<&Role> {
        let active = self.record.usage == Usage::Active;
        self.plugin.guest.as_ref().filter(|_| active)
    }
}

impl PluginHost {
    /// Loads what was installed before. A plugin in use that cannot be loaded stops every text
    /// until somebody turns it off: a guard must not vanish with a file.
    pub async fn restore(&self, store: &Store, clock: &Clock) -> Result<(), PluginError> {
        let books = (store.clone(), clock.clone());
        self.0.books.get_or_init(|| books);
        self.0.loader.sandbox.services().kv.restore(store).await?;
        let records = store.read(plugins::all).await?;
        let host = self.clone();
        let restored = blocking(move || host.load_all(records)).await?;
        self.exchange(|list| *list = restored);
        self.restore_policies(store).await
    }

    /// Verifies, compiles and tries out a package, and keeps it, turned off. One of the same name
    /// is replaced, and used as that was used; one that may call more than that only with `accept`.
    pub async fn install(&self, bytes: Vec<u8>, accept: bool) -> Result<PluginCard, PluginError> {
        let (store, clock) = self.books()?;
        let _one = self.0.changing.lock().await;
        let (host, now) = (self.clone(), clock.now());
        let (plugin, record) = blocking(move || host.take_in(&bytes, now)).await??;
        if !accept {
            self.asks_no_more(&plugin.card)?;
        }
        let kept = store.write(move |tx| {
            let before = plugins::get(tx, &record.id)?;
            let usage = before.map_or(Usage::Off, |before| before.usage);
            let record = PluginRecord { usage, ..record };
            plugins::put(tx, &record)?;
            Ok::<_, PluginError>(record)
        });
        let record = kept.await?;
        let name = record.id.clone();
        tracing::info!(
            plugin = name,
            version = plugin.card.version,
            "plugin installed"
        );
        self.exchange(|list| {
            list.retain(|other| other.record.id != record.id);
            list.push(Installed { plugin, record });
            list.sort_by_key(|one| one.record.installed_at);
        });
        self.sweep();
        self.card_of(&name)
    }

    /// Sets whether an installed plugin is used.
    pub async fn set_usage(&self, name: &str, usage: Usage) -> Result<PluginCard, PluginError> {
        let (store, _) = self.books()?;
        let _one = self.0.changing.lock().await;
        self.known(name)?;
        self.may_be(name, usage)?;
        let id = name.to_owned();
        let changed = store.write(move |tx| {
            let found = plugins::get(tx, &id)?;
            let record = found.ok_or(PluginError::Missing { name: id })?;
            plugins::put(tx, &PluginRecord { usage, ..record })?;
            Ok::<_, PluginError>(())
        });
        changed.await?;
        self.exchange(|list| {
            for one in list.iter_mut().filter(|one| one.record.id == name) {
                one.record.usage = usage;
            }
        });
        tracing::info!(plugin = name, ?usage, "plugin is used otherwise");
        self.card_of(name)
    }

    /// Removes an installed plugin.
    pub async fn remove(&self, name: &str) -> Result<(), PluginError> {
        let (store, _) = self.books()?;
        let _one = self.0.changing.lock().await;
        self.known(name)?;
        let id = name.to_owned();
        let removed = store.write(move |tx| Ok::<_, PluginError>(plugins::remove(tx, &id)?));
        removed.await?;
        self.exchange(|list| list.retain(|one| one.record.id != name));
        self.0.loader.sandbox.services().kv.forget(name);
        self.sweep();
        tracing::info!(plugin = name, "plugin removed");
        Ok(())
    }

    /// Writes what plugins keep and is not on disk yet, before the box goes down.
    pub async fn close(&self) {
        let Ok((store, _)) = self.books() else { return };
        if let Err(error) = self.0.loader.sandbox.services().kv.close(store).await {
            tracing::warn!(%error, "the last that plugins keep is lost");
        }
    }

    pub(super) fn books(&self) -> Result<&(Store, Clock), PluginError> {
        self.0
            .books
            .get()
            .ok_or(PluginError::Store(StoreError::Closed))
    }

    fn card_of(&self, name: &str) -> Result<PluginCard, PluginError> {
        let found = self.list().into_iter().find(|card| card.name == name);
        found.ok_or_else(|| missing(name))
    }

    fn known(&self, name: &str) -> Result<(), PluginError> {
        if self.is_built_in(name) {
            let name = name.to_owned();
            return Err(PluginError::BuiltIn { name });
        }
        let known = self.installed().iter().any(|one| one.record.id == name);
        if known { Ok(()) } else { Err(missing(name)) }
    }

    /// Nobody gets more by a new version than people said yes to.
    fn asks_no_more(&self, card: &PluginCard) -> Result<(), PluginError> {
        let Ok(before) = self.card_of(&card.name) else {
            return Ok(());
        };
        let granted = |one: &&Capability| before.capabilities.contains(one);
        let more: Vec<_> = card.capabilities.iter().filter(|it| !granted(it)).collect();
        if more.is_empty() || before.state == PluginState::Broken {
            return Ok(());
        }
        let names: Vec<&str> = more.iter().map(|one| one.name()).collect();
        Err(PluginError::WantsMore {
            plugin: card.name.clone(),
            more: names.join(", "),
        })
    }

    /// Only what judges can be watched without a say.
    fn may_be(&self, name: &str, usage: Usage) -> Result<(), PluginError> {
        let card = self.card_of(name)?;
        if usage == Usage::Shadow && card.world != World::Guardrail {
            return Err(PluginError::NoShadow {
                name: name.to_owned(),
            });
        }
        Ok(())
    }

    fn is_built_in(&self, name: &str) -> bool {
        let readers = READERS.iter().any(|one| one.name == name);
        readers || self.0.built_in.iter().any(|one| one.card.name == name)
    }

    /// Changes the list and what texts go through. Streams under way end as they began.
    fn exchange(&self, change: impl FnOnce(&mut Vec<Installed>)) {
        let list = self.0.installed.write();
        change(&mut list.unwrap_or_else(PoisonError::into_inner));
        self.pipeline().exchange(self.guardrails());
        self.0.stages.exchange(self.stage_set());
        self.policies_changed();
    }

    fn take_in(&self, bytes: &[u8], now: Timestamp) -> Result<(Plugin, PluginRecord), PluginError> {
        let package = self.verified(bytes)?;
        let id = package.manifest.id.clone();
        if self.is_built_in(&id) {
            return Err(PluginError::BuiltIn { name: id });
        }
        let plugin = self.0.loader.packaged(&package)?;
        self_test(&self.0.loader, &package)?;
        let record = PluginRecord {
            id,
            digest: Sha256::digest(bytes).into(),
            usage: Usage::Off,
            installed_at: now,
        };
        shelf::keep(&self.0.folder, &record.digest, bytes)?;
        Ok((plugin, record))
    }

    /// Reads a package that the box's settings trust.
    fn verified(&self, bytes: &[u8]) -> Result<Package, PluginError> {
        let package = Package::read(bytes)?;
        let config = &self.0.loader.config;
        let trusted = trusted(config)?;
        // A key that nobody trusts vouches for nothing, as no signature does.
        let publisher = match package.publisher(&trusted) {
            Err(_) if config.allow_unsigned => None,
            other => other?,
        };
        match publisher {
            None if !config.allow_unsigned => Err(PluginError::Unsigned {
                plugin: package.manifest.id,
            }),
            _ => Ok(package),
        }
    }

    fn load_all(&self, records: Vec<PluginRecord>) -> Vec<Installed> {
        let (mut list, mut in_use) = (Vec::new(), Vec::new());
        for record in records {
            let plugin = match self.reload(&record) {
                Ok((plugin, wasm)) => {
                    in_use.push(wasm);
                    plugin
                }
                Err(error) => {
                    tracing::error!(plugin = record.id, %error, "an installed plugin is broken");
                    broken::plugin(&record)
                }
            };
            list.push(Installed { plugin, record });
        }
        list.sort_by_key(|one| one.record.installed_at);
        if let Some(cache) = &self.0.loader.cache {
            let readers = READERS.iter().map(|file| file.wasm);
            let built_in = BUNDLED.iter().map(|file| file.wasm).chain(readers);
            let all = built_in.chain(in_use.iter().map(Vec::as_slice));
            cache.prune(self.0.loader.sandbox.engine(), all);
        }
        list
    }

    fn reload(&self, record: &PluginRecord) -> Result<(Plugin, Vec<u8>), PluginError> {
        let bytes = shelf::read(&self.0.folder, &record.digest)?;
        let package = self.verified(&bytes)?;
        Ok((self.0.loader.packaged(&package)?, package.wasm))
    }

    /// Deletes packages that nothing names any more.
    fn sweep(&self) {
        let named = self
            .installed()
            .iter()
            .map(|one| one.record.digest)
            .collect::<Vec<_>>();
        shelf::sweep(&self.0.folder, &named);
    }
}

/// The keys of those whose plugins may be installed.
fn trusted(config: &PluginsConfig) -> Result<Vec<PublisherKey>, PluginError> {
    let read = |key: &String| match PublisherKey::parse(key) {
        Err(PluginError::Key { why }) => Err(PluginError::Publisher {
            key: key.clone(),
            why,
        }),
        other => other,
    };
    config.publishers.iter().map(read).collect()
}

/// Every case that the package brings must come out as it says.
fn self_test(loader: &Loader, package: &Package) -> Result<(), PluginError> {
    let misses = loader.misses(package)?;
    match misses.first() {
        None => Ok(()),
        Some(first) => Err(PluginError::SelfTest {
            plugin: package.manifest.id.clone(),
            count: misses.len(),
            first: first.case.clone(),
        }),
    }
}

fn missing(name: &str) -> PluginError {
    PluginError::Missing {
        name: name.to_owned(),
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PluginError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| PluginError::Sandbox {
        why: "the work was given up half-way".to_owned(),
    })
}
