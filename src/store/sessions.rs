//! Sessions: browsers and programs that are signed in.

use serde::{Deserialize, Serialize};

use super::schema::{SESSION_DIGESTS, SESSIONS, USER_SESSIONS};
use super::{Reads, StoreError, WriteTx};
use crate::domain::id::{SessionId, UserId};
use crate::domain::time::Timestamp;

/// One session. Of the cookie only the digest is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub digest: [u8; 32],
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
}

/// The session of this id.
pub fn get(tx: &impl Reads, id: SessionId) -> Result<Option<Session>, StoreError> {
    tx.get(SESSIONS, &id)
}

/// The session whose cookie has this digest.
pub fn by_digest(tx: &impl Reads, digest: &[u8; 32]) -> Result<Option<Session>, StoreError> {
    match tx.get(SESSION_DIGESTS, digest)? {
        Some(id) => get(tx, id),
        None => Ok(None),
    }
}

/// The sessions of an account, oldest first.
pub fn of_user(tx: &impl Reads, user: UserId) -> Result<Vec<Session>, StoreError> {
    let mut sessions = Vec::new();
    for row in tx.prefix(USER_SESSIONS, &user) {
        let ((_, id), ()) = row?;
        sessions.extend(get(tx, id)?);
    }
    Ok(sessions)
}

/// Adds a session.
pub fn insert(tx: &mut WriteTx, session: &Session) -> Result<(), StoreError> {
    tx.put(SESSIONS, &session.id, session)?;
    tx.put(SESSION_DIGESTS, &session.digest, &session.id)?;
    tx.put(USER_SESSIONS, &(session.user, session.id), &())
}

/// Notes that a session was used; false if it is not there any more.
pub fn touch(tx: &mut WriteTx, id: SessionId, now: Timestamp) -> Result<bool, StoreError> {
    let Some(mut session) = get(tx, id)? else {
        return Ok(false);
    };
    session.seen_at = session.seen_at.max(now);
    tx.put(SESSIONS, &id, &session)?;
    Ok(true)
}

/// Ends a session; false if there was none.
pub fn remove(tx: &mut WriteTx, id: SessionId) -> Result<bool, StoreError> {
    let Some(session) = get(tx, id)? else {
        return Ok(false);
    };
    tx.remove(SESSION_DIGESTS, &session.digest)?;
    tx.remove(USER_SESSIONS, &(session.user, id))?;
    tx.remove(SESSIONS, &id)
}

/// Ends all sessions of an account but one.
pub fn remove_of_user(
    tx: &mut WriteTx,
    user: UserId,
    except: Option<SessionId>,
) -> Result<(), StoreError> {
    for session in of_user(tx, user)? {
        if Some(session.id) != except {
            remove(tx, session.id)?;
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) fn golden() -> Vec<super::golden::Row> {
    use super::golden::{Row, id};
    let session = Session {
        id: id(1),
        user: id(2),
        digest: [3; 32],
        created_at: Timestamp::from_millis(1_700_000_000_000),
        seen_at: Timestamp::from_millis(1_700_000_060_000),
    };
    vec![
        Row::of(SESSIONS, &session.id, &session),
        Row::of(SESSION_DIGESTS, &session.digest, &session.id),
        Row::of(USER_SESSIONS, &(session.user, session.id), &()),
    ]
}
