//! API keys: `psk_<id>_<secret><check>`, shown once, kept as a digest.
//!
//! The id finds the record, the secret is 192 random bits, and the check is a short digest of
//! both, so that a mistyped key is refused without a read. All of it is lower-case hexadecimal:
//! easy to select with a double click, and easy for scanners of leaked secrets to recognise.

use std::fmt::Write as _;
use std::time::Duration;

use zeroize::Zeroize;

use super::digest::{Digest, Use, digest, same};
use super::policy::{self, permit};
use super::sessions::{person, written};
use super::verified::Gone;
use super::{Auth, AuthError, Denied, email};
use crate::domain::id::{ApiKeyId, UserId, WorkspaceId};
use crate::domain::principal::{Action, Credential, Principal, Role, Scopes};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::store::api_keys::KeyRecord;
use crate::store::{Reads, StoreError, WriteTx, api_keys, users, workspaces};

/// What a key begins with.
pub(super) const PREFIX: &str = "psk_";
const ID_DIGITS: usize = 32;
const SECRET_BYTES: usize = 24;
const CHECK_BYTES: usize = 4;
/// Keys of one account.
const KEYS: usize = 50;
/// The use of a key is noted no more often than this.
const USED_EVERY: Duration = Duration::from_secs(600);

/// One API key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub user: UserId,
    pub name: String,
    /// The one workspace it opens; `None` for all of that person's.
    pub workspace: Option<WorkspaceId>,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// To ten minutes.
    pub used_at: Option<Timestamp>,
}

impl From<KeyRecord> for ApiKey {
    fn from(record: KeyRecord) -> Self {
        let KeyRecord {
            id,
            user,
            name,
            digest: _,
            workspace,
            scopes,
            ..
        } = record;
        let KeyRecord {
            created_at,
            expires_at,
            used_at,
            ..
        } = record;
        Self {
            id,
            user,
            name,
            workspace,
            scopes,
            created_at,
            expires_at,
            used_at,
        }
    }
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub workspace: Option<WorkspaceId>,
    pub scopes: Scopes,
    pub expires_at: Option<Timestamp>,
}

/// A key that was just made; the only time its text is seen.
#[derive(Clone, Debug)]
pub struct MintedKey {
    pub key: ApiKey,
    pub text: Secret<String>,
}

impl Auth {
    /// Makes a key of one's own. Needs a session: a key cannot make another one.
    pub async fn mint_key(&self, who: &Principal, new: NewKey) -> Result<MintedKey, AuthError> {
        permit(who, Action::ManageSelf)?;
        let owner = who.user().ok_or(Denied::Forbidden)?;
        self.mint(owner, new).await
    }

    /// Makes a key for somebody's account. Only the owner of the machine may: an admin with a
    /// key of somebody else would be in that person's workspaces.
    pub async fn mint_key_for(
        &self,
        who: &Principal,
        owner: UserId,
        new: NewKey,
    ) -> Result<MintedKey, AuthError> {
        permit(who, Action::ManageUsers)?;
        match who {
            Principal::Operator => self.mint(owner, new).await,
            Principal::Person(_) => Err(Denied::Forbidden.into()),
        }
    }

    async fn mint(&self, owner: UserId, new: NewKey) -> Result<MintedKey, AuthError> {
        let now = self.inner.clock.now();
        let name = email::name(&new.name)?;
        if new.expires_at.is_some_and(|end| end <= now) {
            return Err(AuthError::ExpiryInvalid);
        }
        let id = ApiKeyId::new();
        let text = new_text(id)?;
        let record = KeyRecord {
            id,
            user: owner,
            name,
            digest: digest(Use::ApiKey, text.expose()),
            workspace: new.workspace,
            scopes: new.scopes,
            created_at: now,
            expires_at: new.expires_at,
            used_at: None,
        };
        let record = self
            .change(Gone::Nobody, move |tx| insert(tx, record))
            .await?;
        tracing::info!(user = %owner, key = %id, "API key made");
        Ok(MintedKey {
            key: record.into(),
            text,
        })
    }

    /// One's own keys, oldest first.
    pub async fn list_keys(&self, who: &Principal) -> Result<Vec<ApiKey>, AuthError> {
        permit(who, Action::ManageSelf)?;
        let owner = who.user().ok_or(Denied::Forbidden)?;
        self.keys_of(owner).await
    }

    /// Somebody's keys, for whoever runs the box.
    pub async fn list_keys_of(
        &self,
        who: &Principal,
        owner: UserId,
    ) -> Result<Vec<ApiKey>, AuthError> {
        permit(who, Action::ManageUsers)?;
        self.keys_of(owner).await
    }

    async fn keys_of(&self, owner: UserId) -> Result<Vec<ApiKey>, AuthError> {
        let records = self
            .inner
            .store
            .read(move |tx| api_keys::of_user(tx, owner))
            .await?;
        Ok(records.into_iter().map(ApiKey::from).collect())
    }

    /// Revokes a key; it is dead when this returns. Whoever manages accounts may revoke all.
    pub async fn revoke_key(&self, who: &Principal, id: ApiKeyId) -> Result<(), AuthError> {
        let any = permit(who, Action::ManageUsers).is_ok();
        if !any {
            permit(who, Action::ManageSelf)?;
        }
        let asker = who.user();
        self.change(Gone::Key(id), move |tx| {
            let record = api_keys::get(tx, id)?.filter(|key| any || Some(key.user) == asker);
            record.ok_or(AuthError::KeyNotFound)?;
            Ok(api_keys::remove(tx, id)?)
        })
        .await?;
        tracing::info!(key = %id, "API key revoked");
        Ok(())
    }

    /// Who presents this key, and until when that is known without asking again.
    pub(super) async fn check_key(
        &self,
        text: &str,
        presented: Digest,
    ) -> Result<(Principal, Timestamp), AuthError> {
        let id = parse(text).ok_or(AuthError::Unauthenticated)?;
        let now = self.inner.clock.now();
        let found = self
            .inner
            .store
            .read(move |tx| {
                let Some(key) = api_keys::get(tx, id)? else {
                    return Ok(None);
                };
                Ok(users::get(tx, key.user)?.map(|account| (key, account)))
            })
            .await?;
        let (key, account) = found.ok_or(AuthError::Unauthenticated)?;
        let over = key.expires_at.is_some_and(|end| end <= now);
        if !same(&key.digest, &presented) || over || account.user.disabled {
            return Err(AuthError::Unauthenticated);
        }
        if key.used_at.is_none_or(|used| now.since(used) >= USED_EVERY) {
            let touched = self
                .inner
                .store
                .write(move |tx| api_keys::touch(tx, id, now))
                .await;
            if !written(touched)? {
                return Err(AuthError::Unauthenticated);
            }
        }
        let until = key.expires_at.unwrap_or(Timestamp::from_millis(i64::MAX));
        let credential = Credential::ApiKey {
            id,
            workspace: key.workspace,
            scopes: key.scopes,
        };
        Ok((person(&account, credential), until))
    }
}

/// Is this key of this account still good?
pub(super) fn is_live(
    tx: &impl Reads,
    id: ApiKeyId,
    user: UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let key = api_keys::get(tx, id)?;
    let live =
        key.is_some_and(|key| key.user == user && key.expires_at.is_none_or(|end| end > now));
    let account = users::get(tx, user)?;
    Ok(live && account.is_some_and(|account| !account.user.disabled))
}

fn insert(tx: &mut WriteTx, record: KeyRecord) -> Result<KeyRecord, AuthError> {
    let account = users::get(tx, record.user)?.ok_or(AuthError::UserNotFound)?;
    if record.scopes.admin && account.user.role != Role::Admin {
        return Err(AuthError::ScopeInvalid);
    }
    if let Some(workspace) = record.workspace {
        // Asked with the key that is to be: it must at least be able to read there.
        let scopes = Scopes {
            chat: true,
            ..record.scopes
        };
        let credential = Credential::ApiKey {
            id: record.id,
            workspace: Some(workspace),
            scopes,
        };
        let membership = workspaces::membership(tx, workspace, record.user)?;
        let who = person(&account, credential);
        policy::access(&who, membership.as_ref(), Action::ReadWorkspace)?;
    }
    if api_keys::of_user(tx, record.user)?.len() >= KEYS {
        return Err(AuthError::TooManyKeys { limit: KEYS });
    }
    api_keys::insert(tx, &record)?;
    Ok(record)
}

/// The text of a new key.
fn new_text(id: ApiKeyId) -> Result<Secret<String>, AuthError> {
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret)?;
    let digits = (SECRET_BYTES + CHECK_BYTES) * 2;
    let mut text = String::with_capacity(PREFIX.len() + ID_DIGITS + 1 + digits);
    text.push_str(PREFIX);
    write_hex(&mut text, id.as_bytes());
    text.push('_');
    write_hex(&mut text, &secret);
    secret.zeroize();
    let check = check(&text);
    write_hex(&mut text, &check);
    Ok(Secret::new(text))
}

fn write_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
}

/// A short digest of everything before it.
fn check(text: &str) -> [u8; CHECK_BYTES] {
    let hash = blake3::hash(text.as_bytes());
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&hash.as_bytes()[..CHECK_BYTES]);
    check
}

/// The id in the text of a key, if it is one at all.
fn parse(text: &str) -> Option<ApiKeyId> {
    let (body, end) = text.split_at_checked(text.len().checked_sub(CHECK_BYTES * 2)?)?;
    let mut expected = String::with_capacity(CHECK_BYTES * 2);
    write_hex(&mut expected, &check(body));
    let (id, secret) = body.strip_prefix(PREFIX)?.split_once('_')?;
    let whole = end == expected && secret.len() == SECRET_BYTES * 2;
    let id = if whole { id } else { return None };
    format!("{}_{id}", ApiKeyId::PREFIX).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_record_and_a_mistyped_one_is_none() {
        let id = ApiKeyId::new();
        let text = new_text(id).expect("random bytes");
        let text = text.expose();
        assert_eq!(text.len(), 4 + 32 + 1 + 48 + 8);
        assert_eq!(parse(text), Some(id));
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            let mistyped = String::from_utf8(bytes).expect("ASCII");
            assert_eq!(parse(&mistyped), None, "digit {at}");
        }
        for bad in [
            "",
            "psk_",
            "psk__",
            &text[..text.len() - 1],
            "psk_ä",
            "ääääääää",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
