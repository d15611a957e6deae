//! What plugins keep for themselves: plugin and key → bytes.

use super::schema::PLUGIN_VALUES;
use super::{Reads, StoreError, WriteTx};

/// All of it: plugin, key, value.
pub fn all(tx: &impl Reads) -> Result<Vec<(String, String, Vec<u8>)>, StoreError> {
    let rows = tx.all(PLUGIN_VALUES);
    let flat = rows.map(|row| row.map(|((plugin, key), value)| (plugin, key, value)));
    flat.collect()
}

/// Keeps a value under its plugin's key.
pub fn put(tx: &mut WriteTx, plugin: &str, key: &str, value: &[u8]) -> Result<(), StoreError> {
    let at = (plugin.to_owned(), key.to_owned());
    tx.put(PLUGIN_VALUES, &at, &value.to_vec())
}

/// Removes a value, if it is there.
pub fn remove(tx: &mut WriteTx, plugin: &str, key: &str) -> Result<(), StoreError> {
    let at = (plugin.to_owned(), key.to_owned());
    tx.remove(PLUGIN_VALUES, &at).map(drop)
}

#[cfg(test)]
pub(super) fn golden() -> Vec<super::golden::Row> {
    let at = ("mild".to_owned(), "seen".to_owned());
    vec![super::golden::Row::of(
        PLUGIN_VALUES,
        &at,
        &vec![1_u8, 2, 255],
    )]
}
