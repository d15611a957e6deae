//! Credentials that were verified a moment ago, so that most requests need no store read.
//!
//! An entry lives for half a minute at most and is found by the digest of what was presented. A
//! change drops what it ends *after* it is durable. A check that read the store before the change
//! and would note its result after it is refused by the generation it began in: so no entry
//! outlives the change that ended it.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;

use super::digest::Digest;
use crate::domain::id::{ApiKeyId, SessionId, UserId};
use crate::domain::principal::{Credential, Principal};
use crate::domain::time::Timestamp;

/// How long an entry is good without asking the store again.
const LIFE: Duration = Duration::from_secs(30);
/// Entries kept, at most.
const ENTRIES: usize = 8192;

/// Whose credentials have died.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gone {
    Nobody,
    User(UserId),
    Session(SessionId),
    Key(ApiKeyId),
}

impl Gone {
    fn includes(self, principal: &Principal) -> bool {
        let Some(person) = principal.person() else {
            return false;
        };
        match (self, &person.credential) {
            (Self::Nobody, _) => false,
            (Self::User(user), _) => person.user == user,
            (Self::Session(gone), Credential::Session(id) | Credential::Token(id)) => *id == gone,
            (Self::Key(gone), Credential::ApiKey { id, .. }) => *id == gone,
            (Self::Session(_) | Self::Key(_), _) => false,
        }
    }
}

struct Entry {
    principal: Principal,
    until: Timestamp,
}

/// What was verified a moment ago.
pub(super) struct Verified {
    entries: RwLock<HashMap<Digest, Entry>>,
    generation: watch::Sender<u64>,
}

/// The generation in which a check began.
#[derive(Clone, Copy)]
pub(super) struct Began(u64);

impl Verified {
    pub(super) fn new() -> Self {
        Self {
            entries: RwLock::default(),
            generation: watch::Sender::new(0),
        }
    }

    /// Goes up with every change.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }

    /// Called before the store is read for a check.
    pub(super) fn begin(&self) -> Began {
        Began(*self.generation.borrow())
    }

    /// Who presented this, if it was verified less than half a minute ago.
    pub(super) fn get(&self, digest: &Digest, now: Timestamp) -> Option<Principal> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(digest)?;
        (now < entry.until).then(|| entry.principal.clone())
    }

    /// Notes a verified credential that is good until `until`, if nothing changed since `began`.
    pub(super) fn put(
        &self,
        began: Began,
        digest: Digest,
        principal: &Principal,
        now: Timestamp,
        until: Timestamp,
    ) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if *self.generation.borrow() != began.0 {
            return;
        }
        if entries.len() >= ENTRIES {
            entries.retain(|_, entry| now < entry.until);
        }
        if entries.len() >= ENTRIES {
            entries.clear();
        }
        let until = until.min(now.plus(LIFE));
        entries.insert(
            digest,
            Entry {
                principal: principal.clone(),
                until,
            },
        );
    }

    /// Drops what has died, and every check that is under way.
    pub(super) fn forget(&self, gone: Gone) {
        if matches!(gone, Gone::Nobody) {
            return;
        }
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        self.generation.send_modify(|generation| *generation += 1);
        entries.retain(|_, entry| !gone.includes(&entry.principal));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::principal::{Person, Role};

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const LATER: Timestamp = Timestamp::from_millis(1_900_000_000_000);

    fn signed_in(session: SessionId) -> Principal {
        let credential = Credential::Session(session);
        Principal::Person(Person {
            user: UserId::new(),
            role: Role::Member,
            credential,
        })
    }

    #[test]
    fn an_entry_lives_for_half_a_minute_and_never_longer_than_its_credential() {
        let verified = Verified::new();
        let who = signed_in(SessionId::new());
        verified.put(verified.begin(), [1; 32], &who, NOW, LATER);
        verified.put(
            verified.begin(),
            [2; 32],
            &who,
            NOW,
            NOW.plus(Duration::from_secs(5)),
        );
        for (seconds, first, second) in [(4, true, true), (5, true, false), (30, false, false)] {
            let now = NOW.plus(Duration::from_secs(seconds));
            assert_eq!(verified.get(&[1; 32], now).is_some(), first, "{seconds}");
            assert_eq!(verified.get(&[2; 32], now).is_some(), second, "{seconds}");
        }
    }

    #[test]
    fn a_check_that_began_before_a_change_is_not_noted_after_it() {
        let verified = Verified::new();
        let session = SessionId::new();
        let changes = verified.changes();
        let began = verified.begin();
        verified.forget(Gone::Session(session));
        verified.put(began, [1; 32], &signed_in(session), NOW, LATER);
        assert_eq!(verified.get(&[1; 32], NOW), None);
        assert!(changes.has_changed().expect("the sender is there"));
    }

    #[test]
    fn a_change_drops_what_it_ends_and_nothing_else() {
        let verified = Verified::new();
        let (one, other) = (SessionId::new(), SessionId::new());
        verified.put(verified.begin(), [1; 32], &signed_in(one), NOW, LATER);
        verified.put(verified.begin(), [2; 32], &signed_in(other), NOW, LATER);
        verified.forget(Gone::Session(one));
        assert_eq!(verified.get(&[1; 32], NOW), None);
        assert!(verified.get(&[2; 32], NOW).is_some());
    }

    #[test]
    fn the_map_does_not_grow_without_bound() {
        let verified = Verified::new();
        let who = signed_in(SessionId::new());
        for number in 0..=ENTRIES as u64 {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number.to_be_bytes());
            verified.put(verified.begin(), digest, &who, NOW, LATER);
        }
        assert!(verified.entries.read().expect("not poisoned").len() <= ENTRIES);
    }
}
