//! Random secrets, and the digests by which they are known again.
//!
//! A secret of 192 bits or more cannot be guessed, so its digest needs no salt and no slow hash.
//! Each use has a context of its own (BLAKE3's key derivation), so that the digest of one kind of
//! credential never stands for another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::domain::secret::Secret;

/// The digest of a secret.
pub(super) type Digest = [u8; 32];

/// What a secret is for.
#[derive(Clone, Copy)]
pub(super) enum Use {
    Session,
    AccessToken,
    ApiKey,
    Setup,
}

impl Use {
    fn context(self) -> &'static str {
        match self {
            Self::Session => "privatestack 2026 session cookie",
            Self::AccessToken => "privatestack 2026 access token",
            Self::ApiKey => "privatestack 2026 api key",
            Self::Setup => "privatestack 2026 setup token",
        }
    }
}

/// The digest by which `secret` is known.
pub(super) fn digest(of: Use, secret: &str) -> Digest {
    blake3::derive_key(of.context(), secret.as_bytes())
}

/// Compares in a time that does not depend on where the two differ.
pub(super) fn same(left: &Digest, right: &Digest) -> bool {
    left.ct_eq(right).into()
}

/// 256 random bits as 43 characters that need no escaping anywhere.
pub(super) fn random_text() -> Result<Secret<String>, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    let text = URL_SAFE_NO_PAD.encode(bytes);
    bytes.zeroize();
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_secret_has_another_digest_for_another_use() {
        let secret = random_text().expect("random bytes");
        assert_eq!(secret.expose().len(), 43);
        let session = digest(Use::Session, secret.expose());
        assert!(same(&session, &digest(Use::Session, secret.expose())));
        for other in [Use::AccessToken, Use::ApiKey, Use::Setup] {
            assert!(!same(&session, &digest(other, secret.expose())));
        }
    }
}
