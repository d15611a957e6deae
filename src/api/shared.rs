//! What all handlers share: the rooms they call, and the counters of this one.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::identity::{COOKIE, Identity, PLAIN_COOKIE};
use super::limits::Rate;
use super::metrics::Metrics;
use super::problem::Problem;
use crate::auth::{Access, Auth};
use crate::chat::Chat;
use crate::config::ServerConfig;
use crate::domain::id::WorkspaceId;
use crate::domain::principal::Action;
use crate::domain::time::{Clock, Stopwatch};
use crate::engine::Engine;
use crate::parcels::Parcels;
use crate::plugin::PluginHost;
use crate::rag::Rag;
use crate::workspaces::Workspaces;

/// Uploads that are taken in at once; each is held in memory until it is stored.
const UPLOADS: usize = 4;

/// The rooms that handlers call.
#[derive(Clone)]
pub struct Rooms {
    pub auth: Auth,
    pub workspaces: Workspaces,
    pub rag: Rag,
    pub chat: Chat,
    pub parcels: Parcels,
    pub engine: Engine,
    pub plugins: PluginHost,
    pub clock: Clock,
}

/// The rooms, the settings and the counters. A clone is the same.
#[derive(Clone)]
pub(super) struct Shared(Arc<Inner>);

pub(super) struct Inner {
    rooms: Rooms,
    pub rate: Rate,
    pub metrics: Metrics,
    pub uploads: Arc<Semaphore>,
    pub hosts: Vec<String>,
    pub upload_bytes: u64,
    started: Stopwatch,
    /// Plain HTTP beyond loopback, asked for by name: no browser takes a locked cookie there.
    plain: bool,
}

impl Deref for Shared {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Deref for Inner {
    type Target = Rooms;

    fn deref(&self) -> &Rooms {
        &self.rooms
    }
}

impl Shared {
    pub(super) fn new(rooms: Rooms, config: &ServerConfig) -> Self {
        let plain = config.insecure_http && !is_loopback(&config.listen);
        if plain {
            tracing::warn!(
                "plain HTTP: passwords and session cookies cross the network unprotected"
            );
        }
        Self(Arc::new(Inner {
            rooms,
            rate: Rate::new(config.requests_per_minute),
            metrics: Metrics::default(),
            uploads: Arc::new(Semaphore::new(UPLOADS)),
            hosts: config.hosts.clone(),
            upload_bytes: u64::from(config.upload_mib) << 20,
            started: Stopwatch::start(),
            plain,
        }))
    }

    /// The proof that the asker may do `action` in that workspace.
    pub(super) async fn open(
        &self,
        asker: &Identity,
        workspace: WorkspaceId,
        action: Action,
    ) -> Result<Access, Problem> {
        Ok(self
            .workspaces
            .open(&asker.principal, workspace, action)
            .await?)
    }
}

impl Inner {
    /// How long the router has been there.
    pub(super) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// The name of the session cookie on this box.
    pub(super) fn cookie_name(&self) -> &'static str {
        if self.plain { PLAIN_COOKIE } else { COOKIE }
    }

    /// The `Set-Cookie` that keeps a session, or with 0 seconds forgets it.
    pub(super) fn session_cookie(&self, value: &str, seconds: u64) -> String {
        let name = self.cookie_name();
        let secure = if self.plain { "" } else { "; Secure" };
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
    }
}

/// Whether an address to listen on is loopback; a name counts if it is `localhost`.
fn is_loopback(listen: &str) -> bool {
    match listen.parse::<std::net::SocketAddr>() {
        Ok(address) => address.ip().is_loopback(),
        Err(_) => listen.split(':').next() == Some("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn loopback_is_known_by_address_and_name() {
        for (listen, yes) in [
            ("127.0.0.1:8080", true),
            ("[::1]:0", true),
            ("localhost:8080", true),
            ("0.0.0.0:8080", false),
            ("192.168.0.9:80", false),
            ("localhost.example:80", false),
        ] {
            assert_eq!(is_loopback(listen), yes, "{listen}");
        }
    }
}
