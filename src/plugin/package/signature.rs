//! Who stands behind a package: PASETO v4.public (Ed25519) over a statement of its parts.

use std::fmt;

use pasetors::Public;
use pasetors::keys::{AsymmetricKeyPair, AsymmetricPublicKey, AsymmetricSecretKey, Generate};
use pasetors::paserk::FormatAsPaserk;
use pasetors::token::UntrustedToken;
use pasetors::version4::{PublicToken, V4};

use super::super::PluginError;
use crate::domain::secret::Secret;

/// Bound into each signature, so that none made for another purpose counts.
const PURPOSE: &[u8] = b"privatestack plugin package, version 1";

/// A publisher's public key, as PASERK `k4.public.…`.
#[derive(Clone, PartialEq, Eq)]
pub struct PublisherKey(String);

impl PublisherKey {
    /// Reads a key as `plugins.publishers` and the command line give it.
    pub fn parse(text: &str) -> Result<Self, PluginError> {
        let text = text.trim();
        AsymmetricPublicKey::<V4>::try_from(text).map_err(|_| PluginError::Key {
            why: "a publisher's key begins with k4.public.",
        })?;
        Ok(Self(text.to_owned()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `token` is this key's signature under `statement`.
    pub(super) fn signed(&self, token: &str, statement: &str) -> bool {
        let Ok(key) = AsymmetricPublicKey::<V4>::try_from(self.0.as_str()) else {
            return false;
        };
        let Ok(token) = UntrustedToken::<Public, V4>::try_from(token.trim()) else {
            return false;
        };
        let verified = PublicToken::verify(&key, &token, None, Some(PURPOSE));
        verified.is_ok_and(|token| token.payload() == statement)
    }
}

impl fmt::Debug for PublisherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A publisher's secret key, as PASERK `k4.secret.…`.
pub struct SigningKey(Secret<String>, PublisherKey);

impl SigningKey {
    /// A new key.
    pub fn generate() -> Result<Self, PluginError> {
        let failed = PluginError::Key {
            why: "the machine gives no random numbers",
        };
        let pair = AsymmetricKeyPair::<V4>::generate().map_err(|_| failed)?;
        let mut text = String::new();
        let written = pair.secret.fmt(&mut text);
        written.map_err(|_| PluginError::Key {
            why: "it cannot be written",
        })?;
        Self::parse(&text)
    }

    /// Reads a key file's text.
    pub fn parse(text: &str) -> Result<Self, PluginError> {
        let wrong = || PluginError::Key {
            why: "a signing key begins with k4.secret.; make one with `plugin keygen`",
        };
        let text = text.trim();
        let secret = AsymmetricSecretKey::<V4>::try_from(text).map_err(|_| wrong())?;
        let public = AsymmetricPublicKey::<V4>::try_from(&secret).map_err(|_| wrong())?;
        let mut name = String::new();
        public.fmt(&mut name).map_err(|_| wrong())?;
        Ok(Self(Secret::new(text.to_owned()), PublisherKey(name)))
    }

    /// What others know it by.
    pub fn publisher(&self) -> PublisherKey {
        self.1.clone()
    }

    /// The key as text, to be kept where nobody else reads it.
    pub fn secret(&self) -> &Secret<String> {
        &self.0
    }

    pub(super) fn sign(&self, statement: &str) -> Result<String, PluginError> {
        let wrong = |_| PluginError::Key {
            why: "it cannot sign",
        };
        let key = AsymmetricSecretKey::<V4>::try_from(self.0.expose().as_str()).map_err(wrong)?;
        PublicToken::sign(&key, statement.as_bytes(), None, Some(PURPOSE)).map_err(wrong)
    }
}
