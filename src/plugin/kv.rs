//! What plugins remember: a few values each, in memory, and on disk a moment later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::store::{Store, StoreError, plugin_values};

/// Bounds of one plugin.
const KEYS: usize = 1000;
const BYTES: usize = 4 << 20;
/// Bounds of one value.
const KEY_BYTES: usize = 256;
const VALUE_BYTES: usize = 64 << 10;

/// Why a value is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    TooLong,
    Full,
}

/// The values of all plugins. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Kv(Arc<Shared>);

#[derive(Default)]
struct Shared {
    shelves: Mutex<Shelves>,
    changed: Notify,
    /// One writes at a time, so that nothing is in nobody's hands when a flush returns.
    writing: tokio::sync::Mutex<()>,
    /// Keeps the disk up to date until it is told to end.
    writer: Mutex<Option<JoinHandle<()>>>,
    ended: CancellationToken,
}

#[derive(Default)]
struct Shelves {
    by_plugin: BTreeMap<String, Shelf>,
    /// What the disk does not have yet.
    dirty: BTreeSet<(String, String)>,
}

#[derive(Default)]
struct Shelf {
    values: BTreeMap<String, Vec<u8>>,
    bytes: usize,
}

impl Kv {
    pub(super) fn get(&self, plugin: &str, key: &str) -> Option<Vec<u8>> {
        let shelves = self.shelves();
        shelves.by_plugin.get(plugin)?.values.get(key).cloned()
    }

    pub(super) fn set(&self, plugin: &str, key: String, value: Vec<u8>) -> Result<(), Refusal> {
        if key.len() > KEY_BYTES || value.len() > VALUE_BYTES {
            return Err(Refusal::TooLong);
        }
        let mut shelves = self.shelves();
        let shelf = shelves.by_plugin.entry(plugin.to_owned()).or_default();
        let before = shelf.values.get(&key).map(|old| key.len() + old.len());
        let bytes = shelf.bytes - before.unwrap_or(0) + key.len() + value.len();
        if bytes > BYTES || (before.is_none() && shelf.values.len() == KEYS) {
            return Err(Refusal::Full);
        }
        shelf.bytes = bytes;
        shelf.values.insert(key.clone(), value);
        shelves.dirty.insert((plugin.to_owned(), key));
        self.0.changed.notify_one();
        Ok(())
    }

    /// False if there was no such key.
    pub(super) fn delete(&self, plugin: &str, key: &str) -> bool {
        let mut shelves = self.shelves();
        let Some(shelf) = shelves.by_plugin.get_mut(plugin) else {
            return false;
        };
        let Some(old) = shelf.values.remove(key) else {
            return false;
        };
        shelf.bytes -= key.len() + old.len();
        shelves.dirty.insert((plugin.to_owned(), key.to_owned()));
        self.0.changed.notify_one();
        true
    }

    /// Forgets all that a plugin kept, for it is removed.
    pub(super) fn forget(&self, plugin: &str) {
        let mut shelves = self.shelves();
        let Some(shelf) = shelves.by_plugin.remove(plugin) else {
            return;
        };
        let keys = shelf.values.into_keys();
        shelves
            .dirty
            .extend(keys.map(|key| (plugin.to_owned(), key)));
        self.0.changed.notify_one();
    }

    /// Takes in what an earlier run kept, and keeps the disk up to date from now on.
    pub(super) async fn restore(&self, store: &Store) -> Result<(), StoreError> {
        for (plugin, key, value) in store.read(plugin_values::all).await? {
            let mut shelves = self.shelves();
            let shelf = shelves.by_plugin.entry(plugin).or_default();
            shelf.bytes += key.len() + value.len();
            shelf.values.insert(key, value);
        }
        let (kv, store) = (self.clone(), store.clone());
        let writer = tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = kv.0.changed.notified() => {}
                    () = kv.0.ended.cancelled() => break,
                }
                match kv.flush(&store).await {
                    Ok(()) => {}
                    Err(StoreError::Closed) => break,
                    Err(error) => {
                        tracing::warn!(%error, "what plugins keep is in memory only");
                    }
                }
            }
        });
        *self.writer() = Some(writer);
        Ok(())
    }

    /// Writes the last of it and lets go of the store: a database is not closed while somebody
    /// holds it.
    pub(super) async fn close(&self, store: &Store) -> Result<(), StoreError> {
        self.0.ended.cancel();
        let writer = self.writer().take();
        if let Some(writer) = writer {
            // The task only ends by itself; a panic in it was reported when it happened.
            let _ = writer.await;
        }
        self.flush(store).await
    }

    /// Writes what the disk does not have yet.
    pub(super) async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        let _one = self.0.writing.lock().await;
        let changes = self.take_dirty();
        if changes.is_empty() {
            return Ok(());
        }
        let again: Vec<_> = changes.iter().map(|(at, _)| at.clone()).collect();
        let written = store.write(move |tx| {
            for ((plugin, key), value) in &changes {
                match value {
                    Some(value) => plugin_values::put(tx, plugin, key, value)?,
                    None => plugin_values::remove(tx, plugin, key)?,
                }
            }
            Ok(())
        });
        let written = written.await;
        if written.is_err() {
            self.shelves().dirty.extend(again);
        }
        written
    }

    #[allow(clippy::type_complexity, reason = "two pairs, used once")]
    fn take_dirty(&self) -> Vec<((String, String), Option<Vec<u8>>)> {
        let mut shelves = self.shelves();
        let dirty = std::mem::take(&mut shelves.dirty);
        let value = |(plugin, key): (String, String)| {
            let value = shelves.by_plugin.get(&plugin);
            let value = value.and_then(|shelf| shelf.values.get(&key)).cloned();
            ((plugin, key), value)
        };
        dirty.into_iter().map(value).collect()
    }

    fn writer(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        let writer = self.0.writer.lock();
        writer.unwrap_or_else(PoisonError::into_inner)
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        let shelves = self.0.shelves.lock();
        shelves.unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::StoreConfig;

    use super::*;

    #[test]
    fn what_a_plugin_keeps_is_its_own_and_bounded() {
        let kv = Kv::default();
        assert_eq!(kv.set("a", "k".to_owned(), vec![1]), Ok(()));
        assert_eq!(kv.get("a", "k"), Some(vec![1]));
        assert_eq!(kv.get("b", "k"), None);
        assert!(!kv.delete("b", "k"));
        let long = "k".repeat(KEY_BYTES + 1);
        assert_eq!(kv.set("a", long, Vec::new()), Err(Refusal::TooLong));
        let large = vec![0; VALUE_BYTES + 1];
        assert_eq!(kv.set("a", "k".to_owned(), large), Err(Refusal::TooLong));
        let fill = |plugin: &str, bytes: usize| {
            let set = |n: usize| kv.set(plugin, n.to_string(), vec![0; bytes]);
            (0..=KEYS).position(|n| set(n).is_err())
        };
        assert_eq!(fill("many", 1), Some(KEYS));
        assert!(fill("large", VALUE_BYTES).is_some_and(|n| n < BYTES / VALUE_BYTES + 1));
        // A value that takes the place of another needs no more room.
        assert_eq!(kv.set("many", "0".to_owned(), vec![2]), Ok(()));
        assert!(kv.delete("many", "1"));
        assert_eq!(kv.set("many", "new".to_owned(), vec![2]), Ok(()));
    }

    #[tokio::test]
    async fn what_was_kept_is_there_after_a_restart_and_gone_with_its_plugin() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path(), &StoreConfig::default()).unwrap();
        let kv = Kv::default();
        kv.set("a", "stays".to_owned(), vec![1]).unwrap();
        kv.set("a", "goes".to_owned(), vec![2]).unwrap();
        kv.set("b", "other".to_owned(), vec![3]).unwrap();
        kv.flush(&store).await.unwrap();
        kv.delete("a", "goes");
        kv.forget("b");
        kv.flush(&store).await.unwrap();
        let later = Kv::default();
        later.restore(&store).await.unwrap();
        assert_eq!(later.get("a", "stays"), Some(vec![1]));
        assert_eq!(later.get("a", "goes"), None);
        assert_eq!(later.get("b", "other"), None);
        store.close().await;
    }
}
