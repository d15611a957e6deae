//! The house's classes of error.
//!
//! Each room has one error enum; implementing [`Fault`] states once, next to the error, how the
//! outside is to take it. `api::problem` alone turns that into HTTP.

use std::time::Duration;

/// What class an error is of: who has to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request is wrong as it stands; sending it again will not help.
    Invalid,
    /// Nobody is signed in, or the credential is no longer good.
    Unauthenticated,
    /// Somebody is signed in who may not do this.
    Forbidden,
    /// There is no such thing, or none that the asker may know of.
    NotFound,
    /// The request does not fit the state of things (already exists, already finished).
    Conflict,
    /// It was there once and will not come back.
    Gone,
    /// The body or the file is larger than the limit.
    TooLarge,
    /// The media type is not one the box takes.
    Unsupported,
    /// A guardrail said no. A client must not retry it.
    Blocked,
    /// The asker sends too much; later is fine.
    RateLimited,
    /// The box is full; later is fine.
    Overloaded,
    /// A part that is needed is not there yet (no model, store shutting down).
    Unavailable,
    /// Our fault. The cause goes to the log, not to the client.
    Internal,
}

impl Kind {
    /// How long to wait before trying again where nothing more is known, for the classes where
    /// that helps.
    pub fn retry_after(self) -> Option<Duration> {
        let passes = matches!(
            self,
            Self::RateLimited | Self::Overloaded | Self::Unavailable
        );
        passes.then_some(Duration::from_secs(1))
    }
}

/// An error with a class, a stable code and words for the one who asked.
pub trait Fault: std::error::Error + Send + Sync + 'static {
    /// The class.
    fn kind(&self) -> Kind;

    /// A stable name in snake case that programs compare, such as `document_not_found`.
    fn code(&self) -> &'static str;

    /// What to do about it, in one sentence, if that is not plain from the message.
    fn hint(&self) -> Option<String> {
        None
    }

    /// Which field of the request is meant, if one is.
    fn param(&self) -> Option<String> {
        None
    }

    /// What else programs may want to know, by name: more members of the problem.
    fn facts(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// How long to wait before trying again, for the classes where that helps.
    fn retry_after(&self) -> Option<Duration> {
        self.kind().retry_after()
    }
}
