//! The first admin: by the link that `serve` prints, or on the command line.
//!
//! Nobody becomes admin by being first to find the box. The link carries 256 random bits, a new
//! token at every start, of which only the digest stays in memory. Whether an admin exists is
//! decided inside the transaction that writes one, so two who come at once cannot both win.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::accounts::{NewUser, Prepared};
use super::digest::{Digest, Use, digest, random_text, same};
use super::verified::Gone;
use super::{Auth, AuthError, SignedIn};
use crate::domain::principal::Role;
use crate::domain::secret::Secret;
use crate::domain::user::User;
use crate::store::{WriteTx, users};

/// Under what name failed attempts at the setup link are counted.
const COUNTED_AS: &str = "setup link";

/// The digest of the token that was printed, until it was used.
#[derive(Default)]
pub(super) struct SetupToken {
    digest: Mutex<Option<Digest>>,
    /// An admin was seen; since the last one stays, that never changes back.
    done: AtomicBool,
}

impl SetupToken {
    fn put(&self, digest: Option<Digest>) {
        *self.digest.lock().unwrap_or_else(PoisonError::into_inner) = digest;
    }

    fn is(&self, presented: &Digest) -> bool {
        let kept = *self.digest.lock().unwrap_or_else(PoisonError::into_inner);
        kept.is_some_and(|kept| same(&kept, presented))
    }
}

impl Auth {
    /// A new setup token to print, in place of the one before; `None` once an admin exists.
    pub async fn setup_token(&self) -> Result<Option<Secret<String>>, AuthError> {
        if self.is_set_up().await? {
            return Ok(None);
        }
        let token = random_text()?;
        self.inner
            .setup
            .put(Some(digest(Use::Setup, token.expose())));
        Ok(Some(token))
    }

    /// Whether an admin exists.
    pub async fn is_set_up(&self) -> Result<bool, AuthError> {
        let done = &self.inner.setup.done;
        if !done.load(Ordering::Acquire) && self.inner.store.read(users::has_admin).await? {
            done.store(true, Ordering::Release);
        }
        Ok(done.load(Ordering::Acquire))
    }

    /// Makes the first admin and signs that person in. Gone once an admin exists.
    pub async fn setup(
        &self,
        token: &str,
        admin: NewAdmin,
        from: IpAddr,
    ) -> Result<SignedIn, AuthError> {
        if self.is_set_up().await? {
            return Err(AuthError::SetupDone);
        }
        let attempt = self.inner.throttle.admit(COUNTED_AS, from)?;
        if !self.inner.setup.is(&digest(Use::Setup, token)) {
            tracing::warn!("the setup link was tried with a wrong token");
            return Err(AuthError::SetupTokenInvalid);
        }
        self.inner.throttle.take_back(attempt);
        let prepared = self.prepare(admin.into_user()).await?;
        let auth = self.clone();
        let (cookie, account, session) = self
            .change(Gone::Nobody, move |tx| {
                let account = first_admin(tx, prepared)?;
                auth.start_session(tx, &account)
            })
            .await?;
        self.inner.setup.put(None);
        tracing::info!(user = %account.user.id, "the box is set up");
        self.signed_in(cookie, &account, session)
    }

    /// Makes the first admin for the owner of the machine, on the command line.
    pub async fn create_first_admin(&self, admin: NewAdmin) -> Result<User, AuthError> {
        if self.is_set_up().await? {
            return Err(AuthError::SetupDone);
        }
        let prepared = self.prepare(admin.into_user()).await?;
        let account = self
            .change(Gone::Nobody, move |tx| first_admin(tx, prepared))
            .await?;
        self.inner.setup.put(None);
        tracing::info!(user = %account.user.id, "the box is set up");
        Ok(account.user)
    }
}

/// Who is to be the first admin.
#[derive(Clone, Debug)]
pub struct NewAdmin {
    pub email: String,
    pub name: String,
    pub password: Secret<String>,
}

impl NewAdmin {
    fn into_user(self) -> NewUser {
        let Self {
            email,
            name,
            password,
        } = self;
        NewUser {
            email,
            name,
            password,
            role: Role::Admin,
        }
    }
}

fn first_admin(tx: &mut WriteTx, prepared: Prepared) -> Result<users::Account, AuthError> {
    if users::has_admin(tx)? {
        return Err(AuthError::SetupDone);
    }
    prepared.insert(tx)
}
