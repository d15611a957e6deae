//! Plugins that were installed: which, and whether they are used. The packages themselves are
//! files in `plugins/installed/`, named by their digest.

use serde::{Deserialize, Serialize};

use super::schema::PLUGINS;
use super::{Reads, StoreError, WriteTx};
use crate::domain::time::Timestamp;

/// One installed plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginRecord {
    pub id: String,
    /// SHA-256 of the package.
    pub digest: [u8; 32],
    pub usage: Usage,
    pub installed_at: Timestamp,
}

/// Whether an installed plugin is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Usage {
    /// It is only there.
    #[default]
    Off,
    /// It is asked, and nothing comes of what it says but a count.
    Shadow,
    /// It is asked, and what it says is done.
    Active,
}

/// All of them, by id.
pub fn all(tx: &impl Reads) -> Result<Vec<PluginRecord>, StoreError> {
    tx.all(PLUGINS).map(|row| Ok(row?.1)).collect()
}

/// The plugin of this id.
pub fn get(tx: &impl Reads, id: &str) -> Result<Option<PluginRecord>, StoreError> {
    tx.get(PLUGINS, &id.to_owned())
}

/// Adds a plugin, or puts it in the place of one of the same id.
pub fn put(tx: &mut WriteTx, plugin: &PluginRecord) -> Result<(), StoreError> {
    tx.put(PLUGINS, &plugin.id, plugin)
}

/// Removes a plugin; false if there was none.
pub fn remove(tx: &mut WriteTx, id: &str) -> Result<bool, StoreError> {
    tx.remove(PLUGINS, &id.to_owned())
}

#[cfg(test)]
pub(super) fn golden() -> Vec<super::golden::Row> {
    let row = |id: &str, usage| {
        let plugin = PluginRecord {
            id: id.to_owned(),
            digest: [7; 32],
            usage,
            installed_at: Timestamp::from_millis(1_700_000_000_000),
        };
        super::golden::Row::of(PLUGINS, &plugin.id, &plugin)
    };
    vec![
        row("a", Usage::Off),
        row("b", Usage::Shadow),
        row("c", Usage::Active),
    ]
}
