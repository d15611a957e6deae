//! Net: how connections come in.
//!
//! Our own accept loop: a request head has a deadline, connections are counted for the box and
//! for each address, a failing `accept` waits before it is tried again, and stopping lets running
//! answers finish until a deadline. [`Control`] serves the same router over a Unix socket in the
//! data folder, for the owner of the machine.

mod connection;
mod control;
mod gate;
mod transfer;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use poem::{Endpoint, IntoResponse};
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::ServerConfig;
use connection::{Origin, Wire};
use gate::Gate;

pub use connection::Operator;
pub use control::{Control, Reply, call, socket_path};
pub use transfer::{Transfer, transfer};

/// Connections that the kernel keeps waiting for us.
const BACKLOG: u32 = 1024;
/// Pause after a failed `accept`: without it, running out of file descriptors is a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What can go wrong on the way in.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    #[error("`{listen}` is not an address and port to listen on: {source}")]
    Address {
        listen: String,
        source: std::io::Error,
    },
    #[error(
        "`{listen}` is not a loopback address, and plain HTTP would carry passwords over the \
         network unprotected; set server.insecure_http = true to do it all the same"
    )]
    PlainHttp { listen: String },
    #[error("cannot listen on {address}: {source}")]
    Bind {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("cannot open the control socket {path}: {source}")]
    ControlSocket {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("no box is running here: {path} does not answer ({source})")]
    NotRunning {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the running box broke off the call: {0}")]
    Call(#[from] hyper::Error),
    #[error("a call cannot be made of `{0}`")]
    BadCall(String),
    #[error("the running box did not answer within {0:?}")]
    TooSlow(Duration),
    #[error("the file of the transfer: {0}")]
    File(#[from] std::io::Error),
}

/// A bound address, ready to serve.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    connections: u32,
    connections_per_address: u32,
    header_timeout: Duration,
    drain: Duration,
}

impl Listener {
    /// Binds the configured address. Anything but loopback has to be asked for by name while
    /// there is no TLS.
    pub async fn bind(config: &ServerConfig) -> Result<Self, NetError> {
        let address = resolve(&config.listen).await?;
        if !address.ip().is_loopback() && !config.insecure_http {
            return Err(NetError::PlainHttp {
                listen: config.listen.clone(),
            });
        }
        let socket = open(address).map_err(|source| NetError::Bind { address, source })?;
        let address = socket
            .local_addr()
            .map_err(|source| NetError::Bind { address, source })?;
        Ok(Self {
            socket,
            address,
            connections: config.connections.max(1),
            connections_per_address: config.connections_per_address.max(1),
            header_timeout: Duration::from_secs(config.header_timeout_s.max(1).into()),
            drain: Duration::from_secs(config.drain_s.into()),
        })
    }

    /// Where it listens; the port is the real one where the settings said 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `app` until `stop`, then lets running answers finish until the drain deadline.
    pub async fn serve<E>(self, app: Arc<E>, stop: CancellationToken)
    where
        E: Endpoint + 'static,
        E::Output: IntoResponse,
    {
        let gate = Gate::new(self.connections, self.connections_per_address);
        let wire = Wire::new(self.header_timeout, stop.clone());
        let tasks = TaskTracker::new();
        loop {
            // The slot is taken first: what is beyond the cap waits in the kernel's queue.
            let slot = tokio::select! {
                slot = gate.slot() => slot,
                () = stop.cancelled() => break,
            };
            let stream = tokio::select! {
                stream = accept(&self.socket) => stream,
                () = stop.cancelled() => break,
            };
            let Some((stream, remote)) = stream else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let Some(pass) = gate.admit(remote.ip(), slot) else {
                tracing::debug!("an address has too many connections; one was closed");
                continue;
            };
            let (app, wire, local) = (app.clone(), wire.clone(), self.address);
            tasks.spawn(async move {
                let origin = Origin::Network { local, remote };
                connection::serve(stream, app, origin, &wire).await;
                drop(pass);
            });
        }
        drop(self.socket);
        drain(&tasks, &wire, self.drain).await;
    }
}

/// Waits for connections to finish, and ends those that have not by the deadline.
async fn drain(tasks: &TaskTracker, wire: &Wire, patience: Duration) {
    tasks.close();
    if tokio::time::timeout(patience, tasks.wait()).await.is_err() {
        tracing::warn!(connections = tasks.len(), "closing what has not finished");
        wire.end();
        tasks.wait().await;
    }
}

/// The next connection; `None` if there was an error, after which the caller pauses.
async fn accept(socket: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    match socket.accept().await {
        Ok((stream, remote)) => {
            // Small pieces of an answer must not wait for each other (RFC 896).
            if stream.set_nodelay(true).is_err() {
                return None;
            }
            Some((stream, remote))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            None
        }
    }
}

async fn resolve(listen: &str) -> Result<SocketAddr, NetError> {
    let failed = |source| NetError::Address {
        listen: listen.to_owned(),
        source,
    };
    let mut found = lookup_host(listen).await.map_err(failed)?;
    found
        .next()
        .ok_or_else(|| failed(std::io::Error::other("the name has no address")))
}

fn open(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address.ip() {
        IpAddr::V4(_) => TcpSocket::new_v4()?,
        IpAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    // Accepted sockets inherit it: a peer that vanished is noticed even if nothing is sent.
    socket.set_keepalive(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests;
