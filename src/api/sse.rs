//! Event streams (HTML standard, section 9.2): frames, and the comments that keep them open.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use poem::http::header::{self, HeaderName};
use poem::{Body, Response};
use serde_json::Value;
use tokio::time::{Sleep, sleep};

/// A stream that says nothing for this long gets a comment, so that no proxy closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
const COMMENT: &str = ": keep-alive\n\n";

/// One event. JSON has no line breaks, so its data is one line.
pub(super) fn frame(id: Option<u64>, event: Option<&str>, data: &Value) -> Bytes {
    use std::fmt::Write as _;
    let mut text = String::new();
    let written = (|| {
        if let Some(id) = id {
            writeln!(text, "id: {id}")?;
        }
        if let Some(event) = event {
            writeln!(text, "event: {event}")?;
        }
        write!(text, "data: {data}\n\n")
    })();
    written.expect("writing to a string cannot fail");
    Bytes::from(text)
}

/// The response that sends these frames as they come.
pub(super) fn response(frames: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    response_with(frames, KEEP_ALIVE)
}

fn response_with(
    frames: impl Stream<Item = Bytes> + Send + 'static,
    patience: Duration,
) -> Response {
    let kept = KeptAlive {
        frames: frames.boxed(),
        patience,
        silence: Box::pin(sleep(patience)),
    };
    Response::builder()
        .content_type("text/event-stream")
        .header(header::CACHE_CONTROL, "no-cache, no-store")
        // Buffering proxies would hold words back until the answer is complete.
        .header(HeaderName::from_static("x-accel-buffering"), "no")
        .body(Body::from_bytes_stream(kept.map(Ok::<_, std::io::Error>)))
}

struct KeptAlive {
    frames: BoxStream<'static, Bytes>,
    patience: Duration,
    silence: Pin<Box<Sleep>>,
}

impl Stream for KeptAlive {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Poll::Ready(next) = self.frames.poll_next_unpin(cx) {
            self.silence = Box::pin(sleep(self.patience));
            return Poll::Ready(next);
        }
        match self.silence.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                self.silence = Box::pin(sleep(self.patience));
                // The new timer has to be polled once to wake us.
                cx.waker().wake_by_ref();
                Poll::Ready(Some(Bytes::from_static(COMMENT.as_bytes())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_one_event() {
        let data = serde_json::json!({ "text": "two\nlines" });
        assert_eq!(
            &frame(Some(7), Some("delta"), &data)[..],
            b"id: 7\nevent: delta\ndata: {\"text\":\"two\\nlines\"}\n\n"
        );
        assert_eq!(&frame(None, None, &data)[..6], b"data: ");
    }

    #[tokio::test]
    async fn silence_is_filled_with_comments() {
        let late = futures_util::stream::once(async {
            sleep(Duration::from_millis(130)).await;
            Bytes::from_static(b"data: 1\n\n")
        });
        let response = response_with(late, Duration::from_millis(50));
        assert_eq!(response.content_type(), Some("text/event-stream"));
        let body = response.into_body().into_string().await.expect("text");
        assert_eq!(body, format!("{COMMENT}{COMMENT}data: 1\n\n"));
    }
}
