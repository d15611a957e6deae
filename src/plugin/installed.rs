//! Plugins that people installed: verified, compiled and tried on their own cases before anything
//! is kept; then off, in shadow or active. What is in use is exchanged while streams run.

mod broken;
mod shelf;
#[cfg(test)]
pub(super) mod tests;

use std::sync::{Arc, PoisonError};

use sha2::{Digest, Sha256};

use crate::domain::time::{Clock, Timestamp};
use crate::pipeline::{Guardrail, Pipeline};
use crate::store::plugins::{self, PluginRecord, Usage};
use crate::store::{Store, StoreError};

use super::bundle::BUNDLED;
use super::guest::{Guard, Guest};
use super::load::Loader;
use super::package::{Package, PublisherKey};
use super::shadow::Shadow;
use super::{Plugin, PluginCard, PluginError, PluginHost, PluginState, cases};

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

    pub(super) fn guest(&self) -> Option<Arc<Guest>> {
        self.plugin.guest.clone()
    }

    pub(super) fn card(&self) -> PluginCard {
        let mut card = self.plugin.card();
        match (self.record.usage, &self.plugin.guest) {
            (_, None) | (Usage::Active, Some(_)) => {}
            (Usage::Off, Some(_)) => card.state = PluginState::Off,
            (Usage::Shadow, Some(guest)) => {
                let (judged, objections) = guest.shadowed();
                card.state = PluginState::Shadow { judged, objections };
            }
        }
        card
    }

    /// What of it stands among the guardrails.
    pub(super) fn guardrail(&self) -> Option<Arc<dyn Guardrail>> {
        let guest = self.plugin.guest.clone();
        Some(match (self.record.usage, guest) {
            (Usage::Off, _) | (Usage::Shadow, None) => return None,
            (Usage::Shadow, Some(guest)) => Arc::new(Shadow(Guard(guest))),
            (Usage::Active, Some(guest)) => Arc::new(Guard(guest)),
            (Usage::Active, None) => Arc::new(Broken(self.record.id.clone())),
        })
    }
}

impl PluginHost {
    /// Loads what was installed before. A plugin in use that cannot be loaded stops every text
    /// until somebody turns it off: a guard must not vanish with a file.
    pub async fn restore(&self, store: &Store, clock: &Clock) -> Result<(), PluginError> {
        let books = (store.clone(), clock.clone());
        self.0.books.get_or_init(|| books);
        let records = store.read(plugins::all).await?;
        let host = self.clone();
        let restored = blocking(move || host.load_all(records)).await?;
        self.exchange(|list| *list = restored);
        self.restore_policies(store).await
    }

    /// Verifies, compiles and tries out a package, and keeps it, turned off. One of the same name
    /// is replaced, and used as that was used.
    pub async fn install(&self, bytes: Vec<u8>) -> Result<PluginCard, PluginError> {
        let (store, clock) = self.books()?;
        let _one = self.0.changing.lock().await;
        let (host, now) = (self.clone(), clock.now());
        let (plugin, record) = blocking(move || host.take_in(&bytes, now)).await??;
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
        self.sweep();
        tracing::info!(plugin = name, "plugin removed");
        Ok(())
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

    fn is_built_in(&self, name: &str) -> bool {
        self.0.built_in.iter().any(|one| one.card.name == name)
    }

    /// Changes the list and what texts go through. Streams under way end as they began.
    fn exchange(&self, change: impl FnOnce(&mut Vec<Installed>)) {
        let list = self.0.installed.write();
        change(&mut list.unwrap_or_else(PoisonError::into_inner));
        self.pipeline().exchange(self.guardrails());
        self.policies_changed();
    }

    fn take_in(&self, bytes: &[u8], now: Timestamp) -> Result<(Plugin, PluginRecord), PluginError> {
        let package = self.verified(bytes)?;
        let id = package.manifest.id.clone();
        if self.is_built_in(&id) {
            return Err(PluginError::BuiltIn { name: id });
        }
        let plugin = self.0.loader.packaged(&package)?;
        self_test(&self.0.loader, &plugin, &package)?;
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
        let trusted = config.publishers.iter().map(|key| PublisherKey::parse(key));
        let trusted = trusted.collect::<Result<Vec<_>, _>>()?;
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
            let built_in = BUNDLED.iter().map(|file| file.wasm);
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

/// Every case that the package brings must come out as it says.
fn self_test(loader: &Loader, plugin: &Plugin, package: &Package) -> Result<(), PluginError> {
    let guards = plugin.guest.clone().into_iter();
    let guards = guards.map(|guest| Arc::new(Guard(guest)) as Arc<dyn Guardrail>);
    let alone = Pipeline::new(guards.collect(), &loader.config);
    let misses = cases::misses(&alone, &package.cases);
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
