//! People and programs at the door: stories with the real store, a folder of its own and a clock
//! that is held.

mod accounts;
mod keys;
mod sessions;
mod setup;

use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::config::StoreConfig;
use crate::domain::fault::Fault;
use crate::domain::id::UserId;
use crate::domain::principal::Role;
use crate::domain::time::Timestamp;

const PASSWORD: &str = "correct horse battery";
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

struct Bench {
    auth: Auth,
    store: Store,
    clock: Clock,
    config: AuthConfig,
    data: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        // The cost of a hash is not what these stories are about.
        let cheap = AuthConfig {
            argon2_memory_kib: 64,
            argon2_passes: 1,
            ..AuthConfig::default()
        };
        let clock = Clock::held(Timestamp::from_millis(1_800_000_000_000));
        let store = Store::open(data.path(), &StoreConfig::default()).expect("a store");
        let auth = Auth::open(store.clone(), &cheap, clock.clone(), data.path()).await;
        let auth = auth.expect("auth opens");
        Self {
            auth,
            store,
            clock,
            config: cheap,
            data,
        }
    }

    /// A box with one admin, Ada.
    async fn set_up() -> (Self, Who) {
        let bench = Self::new().await;
        let admin = new_admin("ada@example.org");
        bench
            .auth
            .create_first_admin(admin)
            .await
            .expect("the first admin");
        let ada = bench.signs_in("ada@example.org").await;
        (bench, ada)
    }

    /// The same data after a restart, with these settings.
    async fn restarted(&self, config: &AuthConfig) -> Auth {
        let (store, clock) = (self.store.clone(), self.clock.clone());
        Auth::open(store, config, clock, self.data.path())
            .await
            .expect("auth opens again")
    }

    async fn makes(&self, admin: &Who, email: &str, role: Role) -> User {
        let new = NewUser {
            email: email.to_owned(),
            name: "Somebody".to_owned(),
            password: secret(PASSWORD),
            role,
        };
        self.auth
            .create_user(&admin.principal, new)
            .await
            .expect("an account")
    }

    async fn signs_in(&self, email: &str) -> Who {
        let signed_in = self
            .auth
            .sign_in(email, secret(PASSWORD), HOME)
            .await
            .expect("signs in");
        self.who(signed_in).await
    }

    async fn who(&self, signed_in: SignedIn) -> Who {
        let cookie = signed_in.session.expose().clone();
        let token = signed_in.access_token.expose().clone();
        let principal = self.auth.authenticate(Presented::Cookie(&cookie)).await;
        let (user, principal) = (signed_in.user.id, principal.expect("the cookie is good"));
        Who {
            user,
            cookie,
            token,
            principal,
        }
    }

    async fn by_cookie(&self, who: &Who) -> Option<Principal> {
        known(self.auth.authenticate(Presented::Cookie(&who.cookie)).await)
    }

    async fn by_bearer(&self, text: &str) -> Option<Principal> {
        known(self.auth.authenticate(Presented::Bearer(text)).await)
    }

    async fn fails_to_sign_in(&self, email: &str, password: &str, from: IpAddr) -> &'static str {
        code(self.auth.sign_in(email, secret(password), from).await)
    }
}

/// Somebody who is signed in.
struct Who {
    user: UserId,
    cookie: String,
    token: String,
    principal: Principal,
}

fn known(result: Result<Principal, AuthError>) -> Option<Principal> {
    match result {
        Ok(principal) => Some(principal),
        Err(AuthError::Unauthenticated) => None,
        Err(other) => panic!("{other}"),
    }
}

fn code<T>(result: Result<T, AuthError>) -> &'static str {
    result.err().map_or("no error at all", |error| error.code())
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn new_admin(email: &str) -> NewAdmin {
    NewAdmin {
        email: email.to_owned(),
        name: "Ada".to_owned(),
        password: secret(PASSWORD),
    }
}
