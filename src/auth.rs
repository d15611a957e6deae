//! Auth: who is asking, and may they.
//!
//! People prove themselves with a password once and hold a session after that: a browser as an
//! opaque cookie, a program as an access token of ten minutes. Programs that stay hold an API
//! key. All three lead to a [`Principal`], and [`policy`] says what a principal may do.
//!
//! Whatever ends a credential (signing out, disabling the account, revoking the key) ends it at
//! once: what was verified is remembered for at most half a minute, and forgotten when it changes.
//!
//! Only digests of session ids, API keys and the setup token are kept; passwords are kept as
//! argon2id hashes. Logs name ids and counts, never what was presented.

mod accounts;
mod api_key;
mod digest;
mod email;
mod error;
mod keyring;
mod password;
pub mod policy;
mod sessions;
mod setup;
mod strength;
mod throttle;
mod token;
mod verified;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::config::AuthConfig;
use crate::domain::principal::{Action, Principal};
use crate::domain::secret::Secret;
use crate::domain::time::Clock;
use crate::domain::user::User;
use crate::store::{Store, StoreError, WriteTx};

pub use accounts::NewUser;
pub use api_key::{ApiKey, MintedKey, NewKey};
pub use error::AuthError;
pub use policy::{Access, Denied, Permit};
pub use sessions::OwnSession;
pub use setup::NewAdmin;
pub use strength::Weakness;

use password::Passwords;
use setup::SetupToken;
use throttle::Throttle;
use token::Tokens;
use verified::{Gone, Verified};

/// The room. A clone is the same room.
#[derive(Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    config: AuthConfig,
    clock: Clock,
    passwords: Passwords,
    throttle: Throttle,
    tokens: Tokens,
    setup: SetupToken,
    verified: Verified,
}

/// What a request came with.
#[derive(Clone, Copy)]
pub enum Presented<'a> {
    /// The value of the session cookie.
    Cookie(&'a str),
    /// What stands behind `Bearer`: an access token or an API key.
    Bearer(&'a str),
}

/// Somebody who has just signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub user: User,
    /// For programs: sent as `Authorization: Bearer`.
    pub access_token: Secret<String>,
    /// Life of the access token.
    pub expires_in: Duration,
    /// For browsers: the value of the session cookie.
    pub session: Secret<String>,
    /// The session ends after this in any case; the cookie need not live longer.
    pub session_expires_in: Duration,
}

impl Auth {
    /// Opens the room. The key of access tokens is `token.key` in `data`; it is made if it is not
    /// there.
    pub async fn open(
        store: Store,
        config: &AuthConfig,
        clock: Clock,
        data: &Path,
    ) -> Result<Self, AuthError> {
        let inner = Inner {
            store,
            config: config.clone(),
            passwords: Passwords::new(config)?,
            throttle: Throttle::new(config, clock.clone()),
            tokens: Tokens::open(data, config)?,
            setup: SetupToken::default(),
            verified: Verified::new(),
            clock,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Goes up by one whenever some credential may have died. A long stream waits on it and then
    /// asks [`Auth::recheck`] whether its own is still good.
    pub fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.verified.changes()
    }

    /// Makes access tokens with a new key from now on. Those of the key before stay good until
    /// they end, those of the key before that do not.
    pub async fn rotate_token_key(&self, who: &Principal) -> Result<(), AuthError> {
        policy::permit(who, Action::ManageUsers)?;
        let inner = Arc::clone(&self.inner);
        let task = tokio::task::spawn_blocking(move || inner.tokens.rotate());
        task.await.unwrap_or(Err(AuthError::Token))?;
        tracing::info!("token key rotated");
        Ok(())
    }

    /// Writes `f`, and then forgets what was verified of `gone`.
    ///
    /// Both happen even if the caller stops waiting in between: a client that hangs up while it
    /// signs out is signed out.
    async fn change<T: Send + 'static>(
        &self,
        gone: Gone,
        f: impl FnOnce(&mut WriteTx) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let inner = Arc::clone(&self.inner);
        let task = tokio::spawn(async move {
            let result = inner.store.write(f).await;
            inner.verified.forget(gone);
            result
        });
        match task.await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(StoreError::Closed.into()),
        }
    }
}

/// The form in which accounts are found by their address; what is none is nobody's.
pub fn normalise_email(text: &str) -> String {
    email::normalise(text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
