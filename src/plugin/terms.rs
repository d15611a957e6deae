//! Under which terms a guest runs: what it may call, use and take.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::PluginsConfig;
use crate::domain::verdict::Side;

use super::package::{Capability, Isolation, Manifest};
use super::state::Shape;

/// The terms of one plugin.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) name: Arc<str>,
    /// Its code was reviewed with ours, so its log lines may be shown.
    pub(super) reviewed: bool,
    pub(super) capabilities: Vec<Capability>,
    /// Which way texts go that it is asked about, as a guardrail.
    pub(super) sides: Vec<Side>,
    /// It is only tried: nothing that it does counts, what it keeps is kept apart, its lines are
    /// for its author, and it is asked however often it fails.
    pub(super) trial: bool,
    /// What `host-config` answers.
    pub(super) settings: BTreeMap<String, String>,
    /// Time for one call on a whole text, and for one push of a stream.
    pub(super) check_ms: u32,
    pub(super) push_ms: u32,
    /// Time for one call, however long the text is.
    pub(super) most_ms: u32,
    pub(super) memory_bytes: usize,
    /// Bytes of a stream that it may hold back, where that is not as for all.
    pub(super) hold_bytes: Option<usize>,
    pub(super) shape: Shape,
    /// Each call gets an instance of its own.
    pub(super) fresh: bool,
    /// What it fails on says something of a file and nothing of itself: it is always asked.
    pub(super) steady: bool,
}

/// What one file may cost.
const READER_MS: u32 = 10_000;
const READER_MIB: usize = 256;

impl Terms {
    /// The terms of a plugin that is built in.
    pub(super) fn built_in(name: &str, reviewed: bool, config: &PluginsConfig) -> Self {
        Self {
            name: name.into(),
            reviewed,
            trial: false,
            capabilities: Capability::ALL.to_vec(),
            sides: sides(name),
            settings: config.settings.get(name).cloned().unwrap_or_default(),
            check_ms: config.check_ms,
            push_ms: config.push_ms,
            most_ms: u32::MAX,
            memory_bytes: (config.memory_mib as usize) << 20,
            hold_bytes: hold(name, config),
            shape: Shape::SMALL,
            fresh: false,
            steady: false,
        }
    }

    /// The terms of a reader of files that is built in: more time and memory, and for each file an
    /// instance of its own.
    pub(super) fn reader(name: &str, config: &PluginsConfig) -> Self {
        Self {
            check_ms: READER_MS,
            most_ms: READER_MS,
            memory_bytes: READER_MIB << 20,
            fresh: true,
            steady: true,
            ..Self::built_in(name, true, config)
        }
    }

    /// The same for a plugin that is only tried.
    pub(super) fn on_trial(self) -> Self {
        Self {
            trial: true,
            ..self
        }
    }

    /// Under which name `host-kv` keeps its values.
    pub(super) fn shelf(&self) -> Cow<'_, str> {
        match self.trial {
            true => format!("{} on trial", self.name).into(),
            false => (&*self.name).into(),
        }
    }

    /// The terms that a manifest asks for, which was checked, with what the box has set.
    pub(super) fn of(manifest: &Manifest, config: &PluginsConfig) -> Self {
        let mut settings: BTreeMap<String, String> = BTreeMap::new();
        for (key, setting) in &manifest.config {
            settings.extend(setting.default.clone().map(|value| (key.clone(), value)));
        }
        settings.extend(
            config
                .settings
                .get(&manifest.id)
                .cloned()
                .unwrap_or_default(),
        );
        Self {
            name: manifest.id.as_str().into(),
            reviewed: false,
            trial: false,
            capabilities: manifest.capabilities.clone(),
            sides: manifest.sides.clone(),
            settings,
            check_ms: manifest.limits.check_ms,
            push_ms: manifest.limits.push_ms,
            most_ms: u32::MAX,
            memory_bytes: (manifest.limits.memory_mib as usize) << 20,
            hold_bytes: hold(&manifest.id, config),
            shape: Shape::LARGE,
            fresh: manifest.isolation == Isolation::PerCall,
            steady: false,
        }
    }
}

/// What those that are built in judge. What a model may say is no injection, so an answer needs no
/// instance of that guard.
fn sides(name: &str) -> Vec<Side> {
    match name {
        "injection" => vec![Side::Input, Side::Retrieved],
        _ => Side::ALL.to_vec(),
    }
}

fn hold(name: &str, config: &PluginsConfig) -> Option<usize> {
    config.hold.get(name).map(|bytes| *bytes as usize)
}
