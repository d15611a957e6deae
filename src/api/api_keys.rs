//! Keys for programs that act for a person.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use super::identity::Identity;
use super::params::{Created, Done, PageView, page, part};
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use crate::auth::{ApiKey, MintedKey, NewKey};
use crate::domain::id::{ApiKeyId, UserId, WorkspaceId};
use crate::domain::principal::Scopes;
use crate::domain::time::Timestamp;

pub(super) struct ApiKeys(pub Shared);

/// What a key may be used for.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "Scope", rename_all = "snake_case")]
enum ScopeView {
    /// Ask: `/v1`, turns, reading documents.
    Chat,
    /// Change documents and workspaces.
    Manage,
    /// What an admin may do, if its person is one.
    Admin,
}

/// A key to make.
#[derive(Object)]
#[oai(rename = "ApiKeyRequest", deny_unknown_fields)]
struct KeyBody {
    /// What it is for, in the person's own words.
    #[oai(validator(max_length = 200))]
    name: String,
    /// A workspace that the key is bound to: it opens no other, and `/v1` answers from it.
    workspace: Option<WorkspaceId>,
    /// `chat` and `manage` if nothing is said.
    #[oai(validator(max_items = 3))]
    scopes: Option<Vec<ScopeView>>,
    /// When it stops working; never, if absent.
    expires_at: Option<Timestamp>,
}

/// A new key. `key` is shown this one time.
#[derive(Object)]
#[oai(rename = "MintedApiKey")]
struct MintedView {
    id: ApiKeyId,
    /// Send it as `Authorization: Bearer psk_…`.
    key: String,
}

/// One key, without its secret.
#[derive(Object)]
#[oai(rename = "ApiKey", skip_serializing_if_is_none)]
struct KeyView {
    id: ApiKeyId,
    name: String,
    workspace_id: Option<WorkspaceId>,
    scopes: Vec<ScopeView>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

fn scopes(listed: &[ScopeView]) -> Scopes {
    Scopes {
        chat: listed.contains(&ScopeView::Chat),
        manage: listed.contains(&ScopeView::Manage),
        admin: listed.contains(&ScopeView::Admin),
    }
}

fn listed(scopes: Scopes) -> Vec<ScopeView> {
    [
        (scopes.chat, ScopeView::Chat),
        (scopes.manage, ScopeView::Manage),
        (scopes.admin, ScopeView::Admin),
    ]
    .into_iter()
    .filter_map(|(set, scope)| set.then_some(scope))
    .collect()
}

impl From<KeyBody> for NewKey {
    fn from(body: KeyBody) -> Self {
        Self {
            name: body.name,
            workspace: body.workspace,
            scopes: body.scopes.as_deref().map_or(Scopes::DEFAULT, scopes),
            expires_at: body.expires_at,
        }
    }
}

impl From<MintedKey> for MintedView {
    fn from(minted: MintedKey) -> Self {
        Self {
            id: minted.key.id,
            key: minted.text.expose().clone(),
        }
    }
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            workspace_id: key.workspace,
            scopes: listed(key.scopes),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.used_at,
        }
    }
}

#[OpenApi(tag = "Tag::Access")]
impl ApiKeys {
    /// List one's keys.
    #[oai(path = "/api-keys", method = "get", operation_id = "listApiKeys")]
    async fn list(
        &self,
        asker: Identity,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<KeyView>>, Problem> {
        let keys = self.0.auth.list_keys(&asker.principal).await?;
        let part = part(keys, &page(cursor.0, limit.0), |key| key.id.to_string())?;
        Ok(PageView::of(part, KeyView::from))
    }

    /// Make a key. It is shown once, now.
    #[oai(path = "/api-keys", method = "post", operation_id = "createApiKey")]
    async fn create(
        &self,
        asker: Identity,
        body: Json<KeyBody>,
    ) -> Result<Created<MintedView>, Problem> {
        let minted = self
            .0
            .auth
            .mint_key(&asker.principal, body.0.into())
            .await?;
        Ok(Created::Made(Json(minted.into())))
    }

    /// Revoke a key. It stops working at once.
    #[oai(
        path = "/api-keys/:id",
        method = "delete",
        operation_id = "revokeApiKey"
    )]
    async fn revoke(&self, asker: Identity, id: Path<ApiKeyId>) -> Result<Done, Problem> {
        self.0.auth.revoke_key(&asker.principal, id.0).await?;
        Ok(Done::Done)
    }

    /// List the keys of an account. For admins.
    #[oai(
        path = "/users/:id/api-keys",
        method = "get",
        operation_id = "listUserApiKeys"
    )]
    async fn list_of(
        &self,
        asker: Identity,
        id: Path<UserId>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<KeyView>>, Problem> {
        let keys = self.0.auth.list_keys_of(&asker.principal, id.0).await?;
        let part = part(keys, &page(cursor.0, limit.0), |key| key.id.to_string())?;
        Ok(PageView::of(part, KeyView::from))
    }

    /// Make a key for an account. For the owner of the machine, on the command line.
    #[oai(
        path = "/users/:id/api-keys",
        method = "post",
        operation_id = "createUserApiKey"
    )]
    async fn create_for(
        &self,
        asker: Identity,
        id: Path<UserId>,
        body: Json<KeyBody>,
    ) -> Result<Created<MintedView>, Problem> {
        let new = body.0.into();
        let minted = self
            .0
            .auth
            .mint_key_for(&asker.principal, id.0, new)
            .await?;
        Ok(Created::Made(Json(minted.into())))
    }
}
