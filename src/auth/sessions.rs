//! Signing in, being known again, signing out.

use std::net::IpAddr;
use std::time::Duration;

use super::digest::{Digest, Use, digest, random_text};
use super::policy::permit;
use super::verified::Gone;
use super::{Auth, AuthError, Denied, Presented, SignedIn, api_key, email};
use crate::domain::id::{ApiKeyId, SessionId, UserId};
use crate::domain::principal::{Action, Credential, Person, Principal};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::store::sessions::Session;
use crate::store::users::Account;
use crate::store::{Reads, StoreError, WriteTx, sessions, users};

/// Longest credential that is looked at.
const LONGEST_BYTES: usize = 1024;
/// Sessions of one account; signing in once more ends the one that was not used for longest.
const SESSIONS: usize = 32;
/// The use of a session is noted no more often than this.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// One of one's own sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnSession {
    pub id: SessionId,
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// It is the one that asks.
    pub current: bool,
}

impl OwnSession {
    fn of(session: &Session, current: SessionId) -> Self {
        let Session {
            id,
            created_at,
            seen_at,
            ..
        } = *session;
        Self {
            id,
            created_at,
            seen_at,
            current: id == current,
        }
    }
}

/// By what a session is found.
#[derive(Clone, Copy)]
enum Handle {
    Digest(Digest),
    Id(SessionId),
}

impl Auth {
    /// Signs somebody in. Failed attempts are counted per account and network before anything is
    /// hashed; an account that does not exist takes as long as a wrong password.
    pub async fn sign_in(
        &self,
        email: &str,
        password: Secret<String>,
        from: IpAddr,
    ) -> Result<SignedIn, AuthError> {
        // What is no address has no account, and is to look no different.
        let address = email::normalise(email).unwrap_or_default();
        let attempt = self.inner.throttle.admit(&address, from)?;
        let result = self.sign_in_counted(address, password).await;
        match &result {
            Ok(_) => self.inner.throttle.forgive(attempt),
            Err(AuthError::InvalidCredentials) => tracing::info!("a sign-in failed"),
            Err(_) => self.inner.throttle.take_back(attempt),
        }
        result
    }

    async fn sign_in_counted(
        &self,
        address: String,
        password: Secret<String>,
    ) -> Result<SignedIn, AuthError> {
        let account = self
            .inner
            .store
            .read(move |tx| users::by_email(tx, &address))
            .await?;
        let stored = account.as_ref().map(|account| account.password.clone());
        let checked = self
            .inner
            .passwords
            .check(password.clone(), stored.clone())
            .await?;
        let account = account.filter(|account| checked.matches && !account.user.disabled);
        let (Some(account), Some(stored)) = (account, stored) else {
            return Err(AuthError::InvalidCredentials);
        };
        let renewed = if checked.outdated {
            // A box that is too busy for it renews the hash another time.
            self.inner.passwords.hash(password).await.ok()
        } else {
            None
        };
        let (id, auth) = (account.user.id, self.clone());
        let (cookie, user, session) = self
            .change(Gone::Nobody, move |tx| {
                let account = users::get(tx, id)?.filter(|now| {
                    // Both may have changed while the password was hashed.
                    now.password == stored && !now.user.disabled
                });
                let mut account = account.ok_or(AuthError::InvalidCredentials)?;
                if let Some(renewed) = renewed {
                    account.password = renewed;
                    users::put(tx, &account)?;
                }
                auth.start_session(tx, &account)
            })
            .await?;
        tracing::info!(user = %user.user.id, %session, "signed in");
        self.signed_in(cookie, &user, session)
    }

    /// Adds a session to the account, in the writer's transaction.
    pub(super) fn start_session(
        &self,
        tx: &mut WriteTx,
        account: &Account,
    ) -> Result<(Secret<String>, Account, SessionId), AuthError> {
        let now = self.inner.clock.now();
        let user = account.user.id;
        let mut running = Vec::new();
        for session in sessions::of_user(tx, user)? {
            if self.ends(&session) <= now {
                sessions::remove(tx, session.id)?;
            } else {
                running.push((session.seen_at, session.id));
            }
        }
        running.sort_unstable();
        let surplus = (running.len() + 1).saturating_sub(SESSIONS);
        for (_, id) in running.into_iter().take(surplus) {
            sessions::remove(tx, id)?;
        }
        let cookie = random_text()?;
        let session = Session {
            id: SessionId::new(),
            user,
            digest: digest(Use::Session, cookie.expose()),
            created_at: now,
            seen_at: now,
        };
        sessions::insert(tx, &session)?;
        Ok((cookie, account.clone(), session.id))
    }

    pub(super) fn signed_in(
        &self,
        cookie: Secret<String>,
        account: &Account,
        session: SessionId,
    ) -> Result<SignedIn, AuthError> {
        let now = self.inner.clock.now();
        let tokens = &self.inner.tokens;
        Ok(SignedIn {
            user: account.user.clone(),
            access_token: tokens.make(account.user.id, session, account.epoch, now)?,
            expires_in: tokens.life(),
            session: cookie,
            session_expires_in: self.absolute(),
        })
    }

    /// A new access token for a browser's session. Only the cookie can ask for one: a token that
    /// could renew itself would never end.
    pub async fn renew_token(
        &self,
        who: &Principal,
    ) -> Result<(Secret<String>, Duration), AuthError> {
        let Some(Credential::Session(session)) = who.person().map(|person| &person.credential)
        else {
            return Err(AuthError::Unauthenticated);
        };
        let (account, session, _) = self.live_session(Handle::Id(*session)).await?;
        let (tokens, now) = (&self.inner.tokens, self.inner.clock.now());
        let token = tokens.make(account.user.id, session.id, account.epoch, now)?;
        Ok((token, tokens.life()))
    }

    /// Who presented this. Everything that is not good now is [`AuthError::Unauthenticated`].
    pub async fn authenticate(&self, credential: Presented<'_>) -> Result<Principal, AuthError> {
        let (text, of) = match credential {
            Presented::Cookie(text) => (text, Use::Session),
            Presented::Bearer(text) if text.starts_with(api_key::PREFIX) => (text, Use::ApiKey),
            Presented::Bearer(text) => (text, Use::AccessToken),
        };
        if text.is_empty() || text.len() > LONGEST_BYTES {
            return Err(AuthError::Unauthenticated);
        }
        let now = self.inner.clock.now();
        let digest = digest(of, text);
        if let Some(principal) = self.inner.verified.get(&digest, now) {
            return Ok(principal);
        }
        let began = self.inner.verified.begin();
        let (principal, until) = match of {
            Use::Session => self.check_cookie(digest).await?,
            Use::ApiKey => self.check_key(text, digest).await?,
            Use::AccessToken | Use::Setup => self.check_token(text).await?,
        };
        self.inner
            .verified
            .put(began, digest, &principal, now, until);
        Ok(principal)
    }

    async fn check_cookie(&self, cookie: Digest) -> Result<(Principal, Timestamp), AuthError> {
        let (account, session, until) = self.live_session(Handle::Digest(cookie)).await?;
        Ok((person(&account, Credential::Session(session.id)), until))
    }

    async fn check_token(&self, text: &str) -> Result<(Principal, Timestamp), AuthError> {
        let claims = self.inner.tokens.read(text, self.inner.clock.now())?;
        let (account, session, until) = self.live_session(Handle::Id(claims.session)).await?;
        if account.user.id != claims.user || account.epoch != claims.epoch {
            return Err(AuthError::Unauthenticated);
        }
        let credential = Credential::Token(session.id);
        Ok((person(&account, credential), until.min(claims.until)))
    }

    /// The session and its account, if neither is over; notes that it was used.
    async fn live_session(
        &self,
        handle: Handle,
    ) -> Result<(Account, Session, Timestamp), AuthError> {
        let found = self.inner.store.read(move |tx| find(tx, handle)).await?;
        let (session, account) = found.ok_or(AuthError::Unauthenticated)?;
        let (now, id) = (self.inner.clock.now(), session.id);
        if self.ends(&session) <= now {
            self.change(Gone::Session(id), move |tx| Ok(sessions::remove(tx, id)?))
                .await?;
            return Err(AuthError::Unauthenticated);
        }
        if account.user.disabled {
            return Err(AuthError::Unauthenticated);
        }
        let mut session = session;
        if now.since(session.seen_at) >= SEEN_EVERY {
            session.seen_at = now;
            let touched = self
                .inner
                .store
                .write(move |tx| sessions::touch(tx, id, now))
                .await;
            // A box that is busy writing still knows its people.
            if !written(touched)? {
                return Err(AuthError::Unauthenticated);
            }
        }
        let until = self.ends(&session);
        Ok((account, session, until))
    }

    /// When a session ends if it is not used again.
    fn ends(&self, session: &Session) -> Timestamp {
        let idle = Duration::from_secs(self.inner.config.session_idle_s.into());
        session
            .seen_at
            .plus(idle)
            .min(session.created_at.plus(self.absolute()))
    }

    fn absolute(&self) -> Duration {
        Duration::from_secs(self.inner.config.session_absolute_s.into())
    }

    /// Ends the session that `who` came with, by cookie or token, at once.
    pub async fn sign_out(&self, who: &Principal) -> Result<(), AuthError> {
        let (_, id) = signed_in_as(who)?;
        self.change(Gone::Session(id), move |tx| Ok(sessions::remove(tx, id)?))
            .await?;
        tracing::info!(session = %id, "signed out");
        Ok(())
    }

    /// Where one is signed in, oldest first.
    pub async fn list_sessions(&self, who: &Principal) -> Result<Vec<OwnSession>, AuthError> {
        let (user, current) = signed_in_as(who)?;
        let now = self.inner.clock.now();
        let all = self
            .inner
            .store
            .read(move |tx| sessions::of_user(tx, user))
            .await?;
        let live = all.into_iter().filter(|session| self.ends(session) > now);
        Ok(live
            .map(|session| OwnSession::of(&session, current))
            .collect())
    }

    /// Ends one of one's own sessions, such as that of a lost laptop.
    pub async fn end_session(&self, who: &Principal, id: SessionId) -> Result<(), AuthError> {
        let (user, _) = signed_in_as(who)?;
        self.change(Gone::Session(id), move |tx| {
            let own = sessions::get(tx, id)?.filter(|session| session.user == user);
            own.ok_or(AuthError::SessionNotFound)?;
            Ok(sessions::remove(tx, id)?)
        })
        .await?;
        tracing::info!(session = %id, "session ended");
        Ok(())
    }

    /// Whether what `who` came with is still good; for streams that run for long.
    pub async fn recheck(&self, who: &Principal) -> Result<(), AuthError> {
        let Principal::Person(person) = who else {
            return Ok(());
        };
        match &person.credential {
            Credential::Session(id) | Credential::Token(id) => {
                self.live_session(Handle::Id(*id)).await?;
            }
            Credential::ApiKey { id, .. } => self.recheck_key(*id, person.user).await?,
        }
        Ok(())
    }

    async fn recheck_key(&self, id: ApiKeyId, user: UserId) -> Result<(), AuthError> {
        let now = self.inner.clock.now();
        let live = self
            .inner
            .store
            .read(move |tx| api_key::is_live(tx, id, user, now))
            .await?;
        if live {
            Ok(())
        } else {
            Err(AuthError::Unauthenticated)
        }
    }
}

/// The account and the session of somebody who has signed in, and not of an API key.
pub(super) fn signed_in_as(who: &Principal) -> Result<(UserId, SessionId), AuthError> {
    let person = permit(who, Action::ManageSelf)?
        .principal()
        .person()
        .cloned();
    match person.map(|person| (person.user, person.credential)) {
        Some((user, Credential::Session(id) | Credential::Token(id))) => Ok((user, id)),
        Some((_, Credential::ApiKey { .. })) | None => Err(Denied::Forbidden.into()),
    }
}

/// The principal that an account becomes by a credential.
pub(super) fn person(account: &Account, credential: Credential) -> Principal {
    let user = &account.user;
    Principal::Person(Person {
        user: user.id,
        role: user.role,
        credential,
    })
}

/// The outcome of a note that is not worth failing a request for: true unless the row is gone.
pub(super) fn written(result: Result<bool, StoreError>) -> Result<bool, AuthError> {
    match result {
        Ok(there) => Ok(there),
        Err(error) => {
            tracing::warn!(%error, "the use of a credential was not noted");
            Ok(true)
        }
    }
}

fn find(tx: &impl Reads, handle: Handle) -> Result<Option<(Session, Account)>, StoreError> {
    let session = match handle {
        Handle::Digest(digest) => sessions::by_digest(tx, &digest)?,
        Handle::Id(id) => sessions::get(tx, id)?,
    };
    let Some(session) = session else {
        return Ok(None);
    };
    let account = users::get(tx, session.user)?;
    Ok(account.map(|account| (session, account)))
}
