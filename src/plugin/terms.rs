//! Under which terms a guest runs: what it may call, use and take.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::PluginsConfig;

/// The terms of one plugin.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) name: Arc<str>,
    /// Its code was reviewed with ours, so its log lines may be shown.
    pub(super) reviewed: bool,
    /// What `host-config` answers.
    pub(super) settings: BTreeMap<String, String>,
    /// Time for one call on a whole text, and for one push of a stream.
    pub(super) check_ms: u32,
    pub(super) push_ms: u32,
    pub(super) memory_bytes: usize,
}

impl Terms {
    /// The terms of a plugin that is built in.
    pub(super) fn built_in(name: &str, reviewed: bool, config: &PluginsConfig) -> Self {
        Self {
            name: name.into(),
            reviewed,
            settings: config.settings.get(name).cloned().unwrap_or_default(),
            check_ms: config.check_ms,
            push_ms: config.push_ms,
            memory_bytes: (config.memory_mib as usize) << 20,
        }
    }
}
