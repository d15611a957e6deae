//! API keys: what programs prove themselves with.

use serde::{Deserialize, Serialize};

use super::schema::{API_KEYS, USER_API_KEYS};
use super::{Reads, StoreError, WriteTx};
use crate::domain::id::{ApiKeyId, UserId, WorkspaceId};
use crate::domain::principal::Scopes;
use crate::domain::time::Timestamp;

/// One API key. Of its text only the digest is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    pub id: ApiKeyId,
    pub user: UserId,
    /// What the person calls it.
    pub name: String,
    pub digest: [u8; 32],
    /// The one workspace it opens; `None` for all of that person's.
    pub workspace: Option<WorkspaceId>,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// To some minutes.
    pub used_at: Option<Timestamp>,
}

/// The key of this id.
pub fn get(tx: &impl Reads, id: ApiKeyId) -> Result<Option<KeyRecord>, StoreError> {
    tx.get(API_KEYS, &id)
}

/// The keys of an account, oldest first.
pub fn of_user(tx: &impl Reads, user: UserId) -> Result<Vec<KeyRecord>, StoreError> {
    let mut keys = Vec::new();
    for row in tx.prefix(USER_API_KEYS, &user) {
        let ((_, id), ()) = row?;
        keys.extend(get(tx, id)?);
    }
    Ok(keys)
}

/// Adds a key.
pub fn insert(tx: &mut WriteTx, key: &KeyRecord) -> Result<(), StoreError> {
    tx.put(API_KEYS, &key.id, key)?;
    tx.put(USER_API_KEYS, &(key.user, key.id), &())
}

/// Notes that a key was used; false if it is not there any more.
pub fn touch(tx: &mut WriteTx, id: ApiKeyId, now: Timestamp) -> Result<bool, StoreError> {
    let Some(mut key) = get(tx, id)? else {
        return Ok(false);
    };
    key.used_at = key.used_at.max(Some(now));
    tx.put(API_KEYS, &id, &key)?;
    Ok(true)
}

/// Revokes a key; false if there was none.
pub fn remove(tx: &mut WriteTx, id: ApiKeyId) -> Result<bool, StoreError> {
    let Some(key) = get(tx, id)? else {
        return Ok(false);
    };
    tx.remove(USER_API_KEYS, &(key.user, id))?;
    tx.remove(API_KEYS, &id)
}

/// Revokes the keys that open this workspace only.
pub fn remove_of_workspace(tx: &mut WriteTx, workspace: WorkspaceId) -> Result<(), StoreError> {
    let mut bound = Vec::new();
    for row in tx.all(API_KEYS) {
        let (id, key) = row?;
        if key.workspace == Some(workspace) {
            bound.push(id);
        }
    }
    for id in bound {
        remove(tx, id)?;
    }
    Ok(())
}

#[cfg(test)]
pub(super) fn golden() -> Vec<super::golden::Row> {
    use super::golden::{Row, id};
    let mut key = KeyRecord {
        id: id(1),
        user: id(2),
        name: "backup".to_owned(),
        digest: [3; 32],
        workspace: None,
        scopes: Scopes::DEFAULT,
        created_at: Timestamp::from_millis(1_700_000_000_000),
        expires_at: None,
        used_at: None,
    };
    let bare = Row::of(API_KEYS, &key.id, &key);
    key.workspace = Some(id(4));
    key.expires_at = Some(Timestamp::from_millis(1_800_000_000_000));
    key.used_at = Some(Timestamp::from_millis(1_700_000_060_000));
    let place = (key.user, key.id);
    vec![
        bare,
        Row::of(API_KEYS, &id(5), &key),
        Row::of(USER_API_KEYS, &place, &()),
    ]
}
