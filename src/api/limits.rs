//! How much one asker may send: bytes of a body, requests a minute, uploads at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use poem::Body;
use tokio::time::{Sleep, sleep};

use crate::domain::fault::{Fault, Kind};
use crate::domain::id::UserId;
use crate::domain::time::Stopwatch;

/// Largest body that is not an upload, in bytes.
pub(super) const JSON_BYTES: u64 = 1024 * 1024;
/// Largest workspace that is taken in, in bytes. It is read as it comes; each document in it is held
/// to the limit of uploads.
pub(super) const PARCEL_BYTES: u64 = 64 << 30;
/// What a multipart body may hold beside its file, in bytes.
pub(super) const FORM_BYTES: u64 = 64 * 1024;
/// A body that sends nothing for this long is given up.
const BODY_PAUSE: Duration = Duration::from_secs(30);
/// Askers that are remembered at once; more make the most patient ones be forgotten.
const ASKERS: usize = 16 * 1024;

/// What is wrong with a body.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum BodyFault {
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("the body stopped coming")]
    TooSlow,
}

impl Fault for BodyFault {
    fn kind(&self) -> Kind {
        match self {
            Self::TooLarge { .. } => Kind::TooLarge,
            Self::TooSlow => Kind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "body_too_large",
            Self::TooSlow => "body_too_slow",
        }
    }
}

impl BodyFault {
    /// The fault that made an I/O error, however deep it was wrapped.
    pub(super) fn within(error: &std::io::Error) -> Option<Self> {
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error.get_ref()?);
        while let Some(error) = next {
            if let Some(fault) = error.downcast_ref::<Self>() {
                return Some(fault.clone());
            }
            // An I/O error keeps what it wraps out of its source chain.
            next = match error.downcast_ref::<std::io::Error>() {
                Some(io) => io.get_ref().map(|inner| inner as _),
                None => error.source(),
            };
        }
        None
    }
}

/// The same body, which fails once it is larger than `limit` or pauses too long.
pub(super) fn bounded(body: Body, limit: u64) -> Body {
    bounded_by(body, limit, BODY_PAUSE)
}

fn bounded_by(body: Body, limit: u64, patience: Duration) -> Body {
    Body::from_bytes_stream(Bounded {
        inner: body.into_bytes_stream().boxed(),
        left: limit,
        limit,
        patience,
        pause: Box::pin(sleep(patience)),
    })
}

struct Bounded<S> {
    inner: S,
    left: u64,
    limit: u64,
    patience: Duration,
    pause: Pin<Box<Sleep>>,
}

impl<S: Stream<Item = std::io::Result<Bytes>> + Unpin> Stream for Bounded<S> {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Poll::Ready(next) = self.inner.poll_next_unpin(cx) else {
            return match self.pause.as_mut().poll(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(()) => {
                    Poll::Ready(Some(Err(std::io::Error::other(BodyFault::TooSlow))))
                }
            };
        };
        let Some(Ok(piece)) = next else {
            return Poll::Ready(next);
        };
        self.pause = Box::pin(sleep(self.patience));
        match self.left.checked_sub(piece.len() as u64) {
            Some(left) => {
                self.left = left;
                Poll::Ready(Some(Ok(piece)))
            }
            None => {
                let fault = BodyFault::TooLarge { limit: self.limit };
                Poll::Ready(Some(Err(std::io::Error::other(fault))))
            }
        }
    }
}

/// Too many requests from one asker.
#[derive(Debug, thiserror::Error)]
#[error("too many requests")]
pub(super) struct TooMany {
    wait: Duration,
}

impl Fault for TooMany {
    fn kind(&self) -> Kind {
        Kind::RateLimited
    }

    fn code(&self) -> &'static str {
        "rate_limited"
    }

    fn retry_after(&self) -> Option<Duration> {
        Some(self.wait)
    }
}

/// Who is counted: a person once known, an address before that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Asker {
    Person(UserId),
    Address(IpAddr),
}

/// A token bucket for each asker: a minute's worth may come at once, then it trickles.
pub(super) struct Rate {
    per_minute: f64,
    clock: Stopwatch,
    buckets: Mutex<HashMap<Asker, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    /// Since the start of the [`Rate`].
    at: Duration,
}

impl Rate {
    pub(super) fn new(per_minute: u32) -> Self {
        Self {
            per_minute: f64::from(per_minute.max(1)),
            clock: Stopwatch::start(),
            buckets: Mutex::default(),
        }
    }

    /// Counts one request.
    pub(super) fn take(&self, asker: Asker) -> Result<(), TooMany> {
        self.take_at(asker, self.clock.elapsed())
    }

    fn take_at(&self, asker: Asker, now: Duration) -> Result<(), TooMany> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ASKERS && !buckets.contains_key(&asker) {
            self.forget(&mut buckets, now);
        }
        let bucket = buckets.entry(asker).or_insert(Bucket {
            tokens: self.per_minute,
            at: now,
        });
        bucket.tokens = self.filled(*bucket, now);
        bucket.at = now;
        if bucket.tokens < 1.0 {
            let seconds = (1.0 - bucket.tokens) * 60.0 / self.per_minute;
            return Err(TooMany {
                wait: Duration::from_secs_f64(seconds),
            });
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    fn filled(&self, bucket: Bucket, now: Duration) -> f64 {
        let passed = now.saturating_sub(bucket.at).as_secs_f64();
        (bucket.tokens + passed * self.per_minute / 60.0).min(self.per_minute)
    }

    /// Drops the buckets that are full again; if every asker is busy, all start anew.
    fn forget(&self, buckets: &mut HashMap<Asker, Bucket>, now: Duration) {
        buckets.retain(|_, bucket| self.filled(*bucket, now) < self.per_minute);
        if buckets.len() >= ASKERS {
            buckets.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Asker {
        Asker::Address(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn a_minutes_worth_may_come_at_once_and_then_it_trickles() {
        let rate = Rate::new(60);
        let now = Duration::from_secs(5);
        for n in 0..60 {
            assert!(rate.take_at(address(1), now).is_ok(), "{n}");
        }
        let refused = rate.take_at(address(1), now).expect_err("the 61st");
        assert_eq!(refused.retry_after(), Some(Duration::from_secs(1)));
        assert!(rate.take_at(address(2), now).is_ok(), "somebody else");
        let later = now + Duration::from_millis(1001);
        assert!(rate.take_at(address(1), later).is_ok());
        assert!(rate.take_at(address(1), later).is_err());
    }

    #[test]
    fn memory_of_askers_is_bounded() {
        let rate = Rate::new(60);
        for n in 0..2 * ASKERS as u32 {
            let asker = Asker::Address(IpAddr::from(n.to_be_bytes()));
            assert!(rate.take_at(asker, Duration::ZERO).is_ok());
        }
        assert!(rate.buckets.lock().expect("no panic").len() <= ASKERS);
    }

    #[tokio::test]
    async fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
        for (length, limit, fits) in [(10, 10, true), (11, 10, false), (0, 0, true)] {
            let read = bounded(Body::from(vec![7; length]), limit)
                .into_bytes()
                .await;
            assert_eq!(read.is_ok(), fits, "{length} of {limit}");
            if let Err(poem::error::ReadBodyError::Io(error)) = read {
                let fault = BodyFault::within(&error);
                assert!(matches!(fault, Some(BodyFault::TooLarge { limit: 10 })));
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_stops_coming_is_given_up() {
        let endless = futures_util::stream::pending::<std::io::Result<Bytes>>();
        let read = bounded_by(
            Body::from_bytes_stream(endless),
            10,
            Duration::from_millis(20),
        );
        let read = read.into_bytes().await;
        let Err(poem::error::ReadBodyError::Io(error)) = read else {
            panic!("it waited");
        };
        assert!(matches!(
            BodyFault::within(&error),
            Some(BodyFault::TooSlow)
        ));
    }
}
