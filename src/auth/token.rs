//! Access tokens: PASETO v4.local, encrypted and authenticated, good for ten minutes.
//!
//! A token names the session it comes from, so it ends with that session, and the account's
//! epoch, so disabling the account ends it too. The footer names the key; the implicit assertion
//! binds the token to this one use.

use std::path::Path;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use pasetors::Local;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};
use serde::{Deserialize, Serialize};

use super::AuthError;
use super::keyring::Keyring;
use crate::config::AuthConfig;
use crate::domain::id::{SessionId, UserId};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;

const AUDIENCE: &str = "privatestack";
const TYPE: &str = "access";
const ASSERTION: &[u8] = b"privatestack access token, first form";
/// How far the clock may have been set back since a token was made.
const CLOCK_SLACK: Duration = Duration::from_secs(60);

/// What a token says, once it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    /// The account's epoch when the token was made.
    pub(super) epoch: u32,
    pub(super) until: Timestamp,
}

/// The claims as they stand in the token; times are RFC 3339, as PASETO wants them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    aud: String,
    typ: String,
    sub: UserId,
    sid: SessionId,
    ver: u32,
    iat: String,
    exp: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Footer {
    kid: String,
}

/// Makes and opens tokens.
pub(super) struct Tokens {
    keyring: RwLock<Keyring>,
    life: Duration,
}

impl Tokens {
    pub(super) fn open(data: &Path, config: &AuthConfig) -> Result<Self, AuthError> {
        let life = Duration::from_secs(config.access_token_s.into());
        Ok(Self {
            keyring: RwLock::new(Keyring::open(data)?),
            life,
        })
    }

    /// How long a new token is good.
    pub(super) fn life(&self) -> Duration {
        self.life
    }

    /// A token of this session.
    pub(super) fn make(
        &self,
        user: UserId,
        session: SessionId,
        epoch: u32,
        now: Timestamp,
    ) -> Result<Secret<String>, AuthError> {
        let body = Body {
            aud: AUDIENCE.to_owned(),
            typ: TYPE.to_owned(),
            sub: user,
            sid: session,
            ver: epoch,
            iat: written(now)?,
            exp: written(now.plus(self.life))?,
        };
        let body = serde_json::to_vec(&body).map_err(|_| AuthError::Token)?;
        self.seal(&body)
    }

    fn seal(&self, body: &[u8]) -> Result<Secret<String>, AuthError> {
        let keyring = self.keyring.read().unwrap_or_else(PoisonError::into_inner);
        let key = keyring.present();
        let footer = serde_json::to_vec(&Footer {
            kid: key.id.clone(),
        });
        let footer = footer.map_err(|_| AuthError::Token)?;
        LocalToken::encrypt(&key.key, body, Some(&footer), Some(ASSERTION))
            .map(Secret::new)
            .map_err(|_| AuthError::Token)
    }

    /// What a token says, if it is one of ours, whole, and not over.
    pub(super) fn read(&self, text: &str, now: Timestamp) -> Result<Claims, AuthError> {
        self.decrypt(text)
            .and_then(|body| claims(&body, now))
            .ok_or(AuthError::Unauthenticated)
    }

    fn decrypt(&self, text: &str) -> Option<Body> {
        let token = UntrustedToken::<Local, V4>::try_from(text).ok()?;
        let footer: Footer = serde_json::from_slice(token.untrusted_footer()).ok()?;
        let keyring = self.keyring.read().unwrap_or_else(PoisonError::into_inner);
        // The footer only picks one of our own keys; it is authenticated with the rest.
        let key = keyring.find(&footer.kid)?;
        let trusted = LocalToken::decrypt(&key.key, &token, None, Some(ASSERTION)).ok()?;
        serde_json::from_str(trusted.payload()).ok()
    }

    /// A new key makes tokens from now on; those of the key before stay good until they end.
    pub(super) fn rotate(&self) -> Result<(), AuthError> {
        self.keyring
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .rotate()
    }
}

fn claims(body: &Body, now: Timestamp) -> Option<Claims> {
    let (made, until) = (moment(&body.iat)?, moment(&body.exp)?);
    let ours = body.aud == AUDIENCE && body.typ == TYPE;
    let present = made <= now.plus(CLOCK_SLACK) && now < until;
    (ours && present).then_some(Claims {
        user: body.sub,
        session: body.sid,
        epoch: body.ver,
        until,
    })
}

fn written(time: Timestamp) -> Result<String, AuthError> {
    let time = jiff::Timestamp::from_millisecond(time.as_millis()).map_err(|_| AuthError::Token)?;
    Ok(time.to_string())
}

fn moment(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(time.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use pasetors::keys::{Generate, SymmetricKey};

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_123);

    struct Bench {
        tokens: Tokens,
        user: UserId,
        session: SessionId,
        _data: tempfile::TempDir,
    }

    fn bench() -> Bench {
        let data = tempfile::tempdir().expect("a folder");
        let tokens = Tokens::open(data.path(), &AuthConfig::default()).expect("keys");
        Bench {
            tokens,
            user: UserId::new(),
            session: SessionId::new(),
            _data: data,
        }
    }

    impl Bench {
        fn token(&self) -> String {
            let made = self
                .tokens
                .make(self.user, self.session, 7, NOW)
                .expect("made");
            made.expose().clone()
        }

        fn reads(&self, text: &str, now: Timestamp) -> bool {
            self.tokens.read(text, now).is_ok()
        }

        /// A token of our key with these claims in place of the usual ones.
        fn with(&self, claim: &str, value: serde_json::Value) -> String {
            let mut body = serde_json::json!({
                "aud": AUDIENCE, "typ": TYPE, "sub": self.user, "sid": self.session, "ver": 7,
                "iat": "2027-01-15T08:00:00Z", "exp": "2027-01-15T08:10:00Z",
            });
            body[claim] = value;
            self.tokens
                .seal(body.to_string().as_bytes())
                .expect("made")
                .expose()
                .clone()
        }
    }

    #[test]
    fn a_token_says_who_it_is_of_until_it_ends() {
        let bench = bench();
        let token = bench.token();
        assert!(token.starts_with("v4.local."));
        let until = NOW.plus(Duration::from_secs(600));
        let expected = Claims {
            user: bench.user,
            session: bench.session,
            epoch: 7,
            until,
        };
        assert_eq!(bench.tokens.read(&token, NOW).ok(), Some(expected));
        assert!(bench.reads(&token, Timestamp::from_millis(until.as_millis() - 1)));
        assert!(!bench.reads(&token, until));
        let an_hour_before = Timestamp::from_millis(NOW.as_millis() - 3_600_000);
        assert!(
            !bench.reads(&token, an_hour_before),
            "a token from the future"
        );
    }

    #[test]
    fn a_token_that_was_touched_is_refused() {
        let bench = bench();
        let token = bench.token();
        for at in (0..token.len()).step_by(3) {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let text = String::from_utf8(bytes).expect("ASCII");
            assert!(!bench.reads(&text, NOW), "byte {at}");
        }
        let (head, _) = token.rsplit_once('.').expect("a footer");
        for text in [
            "",
            "v4.local.",
            head,
            &token[..token.len() - 1],
            &format!("{token}.x"),
        ] {
            assert!(!bench.reads(text, NOW), "{text}");
        }
    }

    #[test]
    fn a_token_for_another_use_or_of_another_key_is_refused() {
        let bench = bench();
        assert!(
            bench.reads(&bench.with("ver", 7.into()), NOW),
            "the bench itself is right"
        );
        for (claim, value) in [
            ("aud", "elsewhere"),
            ("typ", "refresh"),
            ("sub", "ws_00000000000000000000000000000000"),
            ("exp", "2027-01-15T07:00:00Z"),
            ("iat", "2027-01-15T09:00:00Z"),
            ("nbf", "2027-01-15T07:00:00Z"),
        ] {
            assert!(
                !bench.reads(&bench.with(claim, value.into()), NOW),
                "{claim}"
            );
        }
        let other = self::bench();
        assert!(!bench.reads(&other.token(), NOW), "another box");
        let body = br#"{"aud":"privatestack"}"#;
        let key = SymmetricKey::<V4>::generate().expect("a key");
        let kid = bench
            .tokens
            .keyring
            .read()
            .expect("not poisoned")
            .present()
            .id
            .clone();
        let footer = serde_json::to_vec(&Footer { kid }).expect("JSON");
        let forged = LocalToken::encrypt(&key, body, Some(&footer), Some(ASSERTION));
        assert!(
            !bench.reads(&forged.expect("made"), NOW),
            "another key under our id"
        );
        let keyring = bench.tokens.keyring.read().expect("not poisoned");
        let elsewhere = LocalToken::encrypt(&keyring.present().key, body, Some(&footer), None);
        drop(keyring);
        assert!(
            !bench.reads(&elsewhere.expect("made"), NOW),
            "another implicit assertion"
        );
    }

    #[test]
    fn a_rotation_leaves_running_tokens_good() {
        let bench = bench();
        let token = bench.token();
        bench.tokens.rotate().expect("rotated");
        assert!(bench.reads(&token, NOW) && bench.reads(&bench.token(), NOW));
        bench.tokens.rotate().expect("rotated");
        assert!(!bench.reads(&token, NOW));
    }
}
