//! A call over the control socket that carries a file, in either direction, as somebody.

use std::path::Path;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::AUTHORIZATION;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::NetError;
use super::control::{Reply, socket_path};

/// Bytes of one piece of a file.
const PIECE_BYTES: usize = 256 << 10;
/// Bytes of an answer that is not the file: what went wrong, or what was made.
const WORDS_BYTES: usize = 1 << 20;

/// What is carried, and for whom.
pub struct Transfer<'a> {
    pub method: Method,
    pub path: &'a str,
    /// An access token or API key.
    pub bearer: &'a str,
    /// The body of the call.
    pub send: Option<File>,
    /// Where the body of an answer goes that is a success.
    pub receive: Option<&'a mut File>,
}

/// Makes the call. It ends when the file is through, however long that takes; a file that is
/// received is synced.
pub async fn transfer(data: &Path, what: Transfer<'_>) -> Result<Reply, NetError> {
    let path = socket_path(data);
    let stream = UnixStream::connect(&path).await;
    let stream = stream.map_err(|source| NetError::NotRunning { path, source })?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let carried = tokio::spawn(connection);
    let request = Request::builder()
        .method(what.method)
        .uri(what.path)
        .header("host", "localhost")
        .header("content-type", "application/octet-stream")
        .header(AUTHORIZATION, format!("Bearer {}", what.bearer))
        .body(body(what.send))
        .map_err(|error| NetError::BadCall(error.to_string()))?;
    let response = sender.send_request(request).await?;
    let reply = match what.receive {
        Some(file) if response.status().is_success() => receive(response, file).await,
        _ => words(response).await,
    };
    carried.abort();
    reply
}

fn body(file: Option<File>) -> BoxBody<Bytes, std::io::Error> {
    let Some(file) = file else {
        return Full::new(Bytes::new())
            .map_err(|never| match never {})
            .boxed();
    };
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE_BYTES];
        let count = file.read(&mut piece).await?;
        piece.truncate(count);
        let frame = Frame::data(Bytes::from(piece));
        Ok((count > 0).then_some((frame, file)))
    });
    BoxBody::new(StreamBody::new(pieces))
}

async fn receive(response: Response<Incoming>, file: &mut File) -> Result<Reply, NetError> {
    let status = response.status();
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame?.into_data() {
            file.write_all(&piece).await?;
        }
    }
    file.flush().await?;
    file.sync_all().await?;
    let body = Bytes::new();
    Ok(Reply { status, body })
}

async fn words(response: Response<Incoming>) -> Result<Reply, NetError> {
    let status = response.status();
    let mut body = response.into_body();
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame?.into_data()
            && all.len() + piece.len() <= WORDS_BYTES
        {
            all.extend_from_slice(&piece);
        }
    }
    let body = all.into();
    Ok(Reply { status, body })
}
