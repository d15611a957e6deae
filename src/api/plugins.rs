//! The plugins that judge what goes in and out.

use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use super::identity::Identity;
use super::params::{PageView, page, part};
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use crate::auth::policy::permit;
use crate::domain::principal::Action;
use crate::plugin::{PluginCard, PluginState, World};

pub(super) struct Plugins(pub Shared);

/// What a plugin can be used as.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "PluginWorld", rename_all = "snake_case")]
enum WorldView {
    Guardrail,
}

/// How a plugin is doing.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "PluginState", rename_all = "snake_case")]
enum StateView {
    Ready,
    /// It failed several times lately; texts it cannot judge are stopped.
    Failing,
}

/// One plugin.
#[derive(Object)]
#[oai(rename = "Plugin", skip_serializing_if_is_none)]
struct PluginView {
    name: String,
    version: String,
    /// What it does, in one sentence.
    summary: String,
    /// The labels it may give, such as `EMAIL`.
    labels: Vec<String>,
    world: WorldView,
    /// Its place among the guardrails that every text passes, from 0; absent: not in use.
    position: Option<u32>,
    state: StateView,
    /// SHA-256 of its file.
    digest: String,
}

impl From<PluginCard> for PluginView {
    fn from(card: PluginCard) -> Self {
        Self {
            name: card.name,
            version: card.version,
            summary: card.summary,
            labels: card.labels,
            world: match card.world {
                World::Guardrail => WorldView::Guardrail,
            },
            position: card.position,
            state: match card.state {
                PluginState::Ready => StateView::Ready,
                PluginState::Failing { .. } => StateView::Failing,
            },
            digest: card.digest,
        }
    }
}

#[OpenApi(tag = "Tag::Box")]
impl Plugins {
    /// List the plugins.
    #[oai(path = "/plugins", method = "get", operation_id = "listPlugins")]
    async fn list(
        &self,
        asker: Identity,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<PluginView>>, Problem> {
        permit(&asker.principal, Action::ListPlugins)?;
        let wanted = page(cursor.0, limit.0);
        let part = part(self.0.plugins.list(), &wanted, |card| card.name.clone())?;
        Ok(PageView::of(part, PluginView::from))
    }
}
