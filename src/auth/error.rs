//! What goes wrong when people prove who they are.

use std::path::PathBuf;
use std::time::Duration;

use super::policy::Denied;
use super::strength::Weakness;
use crate::domain::fault::{Fault, Kind};
use crate::store::StoreError;

/// What goes wrong when people prove who they are, or accounts are changed.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Which of the two was wrong is not said, nor whether the account is there or disabled.
    #[error("the e-mail address or the password is wrong")]
    InvalidCredentials,
    /// Nothing was presented that is good now: unknown, expired, revoked or tampered with.
    #[error("sign in first, or send a valid API key")]
    Unauthenticated,
    #[error("the current password is wrong")]
    WrongPassword,
    #[error("too many failed attempts; wait {} seconds", wait.as_secs())]
    TooManyAttempts { wait: Duration },
    /// All places in the queue for password hashing are taken.
    #[error("too many people are signing in at this moment")]
    Busy,
    #[error("the setup link is not valid any more")]
    SetupTokenInvalid,
    #[error("this box is set up already")]
    SetupDone,
    #[error("there is an account with this e-mail address already")]
    EmailTaken,
    #[error("this is not an e-mail address")]
    EmailInvalid,
    #[error("a name has 1 to {limit} characters, none of them a control character")]
    NameInvalid { limit: usize },
    #[error("{0}")]
    WeakPassword(Weakness),
    #[error("there is no such account")]
    UserNotFound,
    #[error("there is no such session")]
    SessionNotFound,
    #[error("there is no such API key")]
    KeyNotFound,
    #[error("there are {limit} API keys already, and no more than that are allowed")]
    TooManyKeys { limit: usize },
    #[error("the end of an API key must lie in the future")]
    ExpiryInvalid,
    #[error("an API key for this account cannot have the scope `admin`")]
    ScopeInvalid,
    #[error("this is the last admin who can sign in; make another one first")]
    LastAdmin,
    #[error("this is not a cursor of this list")]
    CursorInvalid,
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the cost of password hashes is out of range: {reason}")]
    HashCost { reason: String },
    #[error("a stored password hash cannot be read")]
    HashUnreadable,
    #[error("{}: {reason}", path.display())]
    KeyFile { path: PathBuf, reason: String },
    #[error("the machine gave no random bytes")]
    Random(#[from] getrandom::Error),
    #[error("an access token could not be made")]
    Token,
}

impl Fault for AuthError {
    fn kind(&self) -> Kind {
        match self {
            Self::InvalidCredentials | Self::Unauthenticated | Self::SetupTokenInvalid => {
                Kind::Unauthenticated
            }
            Self::WrongPassword
            | Self::EmailInvalid
            | Self::NameInvalid { .. }
            | Self::WeakPassword(_)
            | Self::ExpiryInvalid
            | Self::ScopeInvalid
            | Self::CursorInvalid => Kind::Invalid,
            Self::TooManyAttempts { .. } => Kind::RateLimited,
            Self::Busy => Kind::Overloaded,
            Self::SetupDone => Kind::Gone,
            Self::EmailTaken | Self::TooManyKeys { .. } | Self::LastAdmin => Kind::Conflict,
            Self::UserNotFound | Self::SessionNotFound | Self::KeyNotFound => Kind::NotFound,
            Self::Denied(denied) => denied.kind(),
            Self::Store(error) => error.kind(),
            Self::HashCost { .. }
            | Self::HashUnreadable
            | Self::KeyFile { .. }
            | Self::Random(_)
            | Self::Token => Kind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::InvalidCredentials => "invalid_credentials",
            Self::Unauthenticated => "unauthenticated",
            Self::WrongPassword => "wrong_password",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::Busy => "sign_in_busy",
            Self::SetupTokenInvalid => "setup_token_invalid",
            Self::SetupDone => "setup_done",
            Self::EmailTaken => "email_taken",
            Self::EmailInvalid => "email_invalid",
            Self::NameInvalid { .. } => "name_invalid",
            Self::WeakPassword(_) => "weak_password",
            Self::UserNotFound => "user_not_found",
            Self::SessionNotFound => "session_not_found",
            Self::KeyNotFound => "api_key_not_found",
            Self::TooManyKeys { .. } => "too_many_api_keys",
            Self::ExpiryInvalid => "expires_at_invalid",
            Self::ScopeInvalid => "scope_invalid",
            Self::LastAdmin => "last_admin",
            Self::CursorInvalid => "cursor_invalid",
            Self::Denied(denied) => denied.code(),
            Self::Store(error) => error.code(),
            Self::HashCost { .. } => "hash_cost_invalid",
            Self::HashUnreadable => "password_hash_unreadable",
            Self::KeyFile { .. } => "token_key_unusable",
            Self::Random(_) => "no_random_bytes",
            Self::Token => "token_failed",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::SetupTokenInvalid => {
                "Open the link that `privatestack serve` printed last; every start makes a new one."
            }
            Self::SetupDone => "Sign in instead.",
            Self::WeakPassword(weakness) => return Some(weakness.hint().to_owned()),
            Self::TooManyKeys { .. } => "Revoke one that is not used any more.",
            Self::HashCost { .. } => "Look at auth.argon2_memory_kib and auth.argon2_passes.",
            Self::KeyFile { .. } => {
                "Only the owner may have this file (mode 0600). Removing it signs out programs \
                 that hold an access token, nothing more."
            }
            Self::Denied(denied) => return denied.hint(),
            Self::Store(error) => return error.hint(),
            _ => return None,
        };
        Some(hint.to_owned())
    }

    fn param(&self) -> Option<String> {
        let param = match self {
            Self::WrongPassword => "current_password",
            Self::SetupTokenInvalid => "token",
            Self::EmailTaken | Self::EmailInvalid => "email",
            Self::NameInvalid { .. } => "name",
            Self::WeakPassword(_) => "password",
            Self::ExpiryInvalid => "expires_at",
            Self::ScopeInvalid => "scopes",
            Self::CursorInvalid => "after",
            Self::Denied(denied) => return denied.param(),
            Self::Store(error) => return error.param(),
            _ => return None,
        };
        Some(param.to_owned())
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyAttempts { wait } => Some(*wait),
            Self::Busy => Some(Duration::from_secs(2)),
            Self::Store(error) => error.retry_after(),
            _ => None,
        }
    }
}
