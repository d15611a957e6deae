//! One connection, HTTP/1.1 or HTTP/2, from its first byte to its last.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::http::uri::Scheme;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint, IntoResponse, Request};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

/// Answers that one HTTP/2 connection may have running.
const STREAMS: u32 = 128;
/// Largest request head, in bytes.
const HEAD_BYTES: usize = 64 * 1024;
const HEAD_BYTES_H2: u32 = 16 * 1024;
/// HTTP/2 peers are asked this often whether they are still there, and have as long to answer.
const PING: Duration = Duration::from_secs(20);

/// Marks a request that came over the control socket from the owner of the machine.
///
/// Only this room makes one, so a request cannot claim it.
#[derive(Clone, Copy, Debug)]
pub struct Operator(());

/// Where a connection came from.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    Network {
        local: SocketAddr,
        remote: SocketAddr,
    },
    Control,
}

/// What all connections share.
#[derive(Clone)]
pub(super) struct Wire {
    header_timeout: Duration,
    /// Finish what runs, then close.
    stop: CancellationToken,
    /// Close now.
    end: CancellationToken,
}

impl Wire {
    pub(super) fn new(header_timeout: Duration, stop: CancellationToken) -> Self {
        Self {
            header_timeout,
            stop,
            end: CancellationToken::new(),
        }
    }

    /// Closes every connection, whatever it is doing.
    pub(super) fn end(&self) {
        self.end.cancel();
    }
}

/// Serves one connection until the peer leaves, a deadline passes or the box stops.
pub(super) async fn serve<I, E>(io: I, app: Arc<E>, origin: Origin, wire: &Wire)
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    E: Endpoint + 'static,
    E::Output: IntoResponse,
{
    let begun = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let begun = begun.clone();
        move |request: hyper::Request<Incoming>| {
            begun.store(true, Ordering::Relaxed);
            let app = app.clone();
            async move {
                let response = app.get_response(received(request, origin)).await;
                Ok::<hyper::Response<_>, Infallible>(response.into())
            }
        }
    });
    let builder = builder(wire.header_timeout);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(io), service));
    // hyper's own header timeout starts after it knows which version of HTTP is spoken, so a
    // peer that says nothing at all needs this one.
    let mut first_request = pin!(tokio::time::sleep(wire.header_timeout));
    let (mut waiting, mut stopping) = (true, false);
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            () = wire.end.cancelled() => return,
            () = wire.stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = first_request.as_mut(), if waiting => {
                waiting = false;
                if !begun.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    }
}

fn builder(header_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES_H2)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}

fn received(request: hyper::Request<Incoming>, origin: Origin) -> Request {
    match origin {
        Origin::Network { local, remote } => {
            let (local, remote) = (LocalAddr(local.into()), RemoteAddr(remote.into()));
            Request::from((request, local, remote, Scheme::HTTP))
        }
        Origin::Control => {
            let here = || Addr::custom("control", "control.sock");
            let (local, remote) = (LocalAddr(here()), RemoteAddr(here()));
            let mut request = Request::from((request, local, remote, Scheme::HTTP));
            request.extensions_mut().insert(Operator(()));
            request
        }
    }
}
