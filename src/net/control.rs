//! The control socket: the same router for the owner of the machine, and the way to call it.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use poem::{Endpoint, IntoResponse};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{self, Origin, Wire};
use super::gate::Gate;
use super::{ACCEPT_PAUSE, NetError, drain};

/// Commands that may talk to the box at once.
const CONNECTIONS: u32 = 16;
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Commands get this long to finish when the box stops.
const DRAIN: Duration = Duration::from_secs(5);
/// Longest call: importing a large model hashes all of it.
const CALL_TIMEOUT: Duration = Duration::from_secs(3600);

/// Where the control socket of a data folder is.
pub fn socket_path(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// The bound control socket.
pub struct Control {
    socket: UnixListener,
    path: PathBuf,
    /// Whose processes may call, beside root: the owner of the socket file.
    owner: u32,
}

impl Control {
    /// Opens the control socket of the data folder, taking the place of one left behind.
    pub fn bind(data: &Path) -> Result<Self, NetError> {
        let path = socket_path(data);
        let failed = |source| NetError::ControlSocket {
            path: path.clone(),
            source,
        };
        // Made under another name, so that it never stands there before only its owner may use it.
        let fresh = data.join(format!(".control.{}.sock", std::process::id()));
        let _ = std::fs::remove_file(&fresh);
        let socket = UnixListener::bind(&fresh).map_err(failed)?;
        std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
        std::fs::rename(&fresh, &path).map_err(failed)?;
        let owner = std::fs::metadata(&path).map_err(failed)?.uid();
        Ok(Self {
            socket,
            path,
            owner,
        })
    }

    /// Serves `app` until `stop`; every request carries [`super::Operator`].
    pub async fn serve<E>(self, app: Arc<E>, stop: CancellationToken)
    where
        E: Endpoint + 'static,
        E::Output: IntoResponse,
    {
        let gate = Gate::new(CONNECTIONS, CONNECTIONS);
        let wire = Wire::new(HEADER_TIMEOUT, stop.clone());
        let tasks = TaskTracker::new();
        loop {
            let slot = tokio::select! {
                slot = gate.slot() => slot,
                () = stop.cancelled() => break,
            };
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = stop.cancelled() => break,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            if !self.may_call(&stream) {
                tracing::warn!("somebody else tried the control socket");
                continue;
            }
            let (app, wire) = (app.clone(), wire.clone());
            tasks.spawn(async move {
                connection::serve(stream, app, Origin::Control, &wire).await;
                drop(slot);
            });
        }
        drain(&tasks, &wire, DRAIN).await;
        let _ = std::fs::remove_file(&self.path);
    }

    fn may_call(&self, stream: &UnixStream) -> bool {
        stream
            .peer_cred()
            .is_ok_and(|peer| peer.uid() == self.owner || peer.uid() == 0)
    }
}

/// What the box answered to a [`call`].
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub body: Bytes,
}

/// Calls the box that runs on this data folder, as the owner of the machine.
///
/// `path` is a path of the API, such as `/api/v1/users`; `body` is JSON.
pub async fn call(
    data: &Path,
    method: Method,
    path: &str,
    body: Option<&serde_json::Value>,
) -> Result<Reply, NetError> {
    let socket = socket_path(data);
    let stream = UnixStream::connect(&socket)
        .await
        .map_err(|source| NetError::NotRunning {
            path: socket,
            source,
        })?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let carried = tokio::spawn(connection);
    let answer = tokio::time::timeout(CALL_TIMEOUT, async {
        let response = sender.send_request(request(method, path, body)?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok(Reply { status, body })
    })
    .await;
    carried.abort();
    answer.unwrap_or(Err(NetError::TooSlow(CALL_TIMEOUT)))
}

fn request(
    method: Method,
    path: &str,
    body: Option<&serde_json::Value>,
) -> Result<Request<Full<Bytes>>, NetError> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost");
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let bytes = body.map(|json| Bytes::from(json.to_string()));
    request
        .body(Full::new(bytes.unwrap_or_default()))
        .map_err(|error| NetError::BadCall(error.to_string()))
}
