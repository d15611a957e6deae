//! Between a thread that reads or writes in its own time, and a stream that comes or goes.

use std::io::{self, BufWriter, Read, Write};
use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;

use super::ParcelError;

pub use bytes::Bytes;

/// A parcel on its way.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Pieces that wait, and bytes of each.
const PIECES: usize = 4;
const PIECE_BYTES: usize = 256 << 10;

/// What `write` writes on a thread of its own. If it fails, the stream ends with an error and not
/// as a whole one does; if nobody reads any more, `write` gets an error.
pub(super) fn written(
    write: impl FnOnce(&mut dyn Write) -> Result<(), ParcelError> + Send + 'static,
) -> ByteStream {
    let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(PIECES);
    tokio::task::spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(PIECE_BYTES, Sender(sender.clone()));
        let done = write(&mut out).and_then(|()| Ok(out.flush()?));
        if let Err(error) = done {
            tracing::warn!(%error, "an export broke off");
            // Nobody may be there any more to be told.
            sender
                .blocking_send(Err(io::Error::other(error.to_string())))
                .ok();
        }
    });
    let next = |mut receiver: mpsc::Receiver<_>| async move {
        receiver.recv().await.map(|piece| (piece, receiver))
    };
    Box::pin(futures_util::stream::unfold(receiver, next))
}

struct Sender(mpsc::Sender<io::Result<Bytes>>);

impl Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        let sent = self.0.blocking_send(Ok(piece));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The stream, to be read on a thread of its own.
pub(super) fn reader(mut stream: ByteStream) -> impl Read + Send + 'static {
    let (sender, receiver) = mpsc::channel(PIECES);
    tokio::spawn(async move {
        while let Some(piece) = stream.next().await {
            if sender.send(piece).await.is_err() {
                break;
            }
        }
    });
    Receiver {
        pieces: receiver,
        piece: Bytes::new(),
    }
}

struct Receiver {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Receiver {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = out.len().min(self.piece.len());
        out[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
