//! The plugins that judge what goes in and out.

use std::fs::File;
use std::io::Read;
use std::path::Path as FilePath;

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use super::identity::Identity;
use super::params::{Done, PageView, page, part};
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use crate::auth::policy::permit;
use crate::domain::fault::Kind;
use crate::domain::principal::{Action, Principal};
use crate::plugin::{Capability, Origin, PACKAGE_BYTES, PluginCard, PluginState, Usage, World};

pub(super) struct Plugins(pub Shared);

/// What a plugin can be used as.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "PluginWorld", rename_all = "snake_case")]
enum WorldView {
    /// Judges texts.
    Guardrail,
    /// Gives answers their form.
    Formatter,
    /// Reads the text out of files.
    Extractor,
    /// Cuts texts into passages.
    Chunker,
    /// Says what to search for.
    Rewriter,
    /// Orders what was found.
    Reranker,
}

/// How a plugin is doing.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "PluginState", rename_all = "snake_case")]
enum StateView {
    Ready,
    /// It failed several times lately; texts it cannot judge are stopped.
    Failing,
    /// It could not be loaded; where it is in use, no text goes on.
    Broken,
    /// It is installed and not used.
    Off,
    /// It judges, and nothing comes of it but the counts `judged` and `objections`.
    Shadow,
}

/// Where a plugin came from.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "PluginOrigin", rename_all = "snake_case")]
pub(super) enum OriginView {
    BuiltIn,
    Installed,
}

/// What a plugin may call.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "PluginCapability", rename_all = "snake_case")]
enum CapabilityView {
    /// Lines for the log; of an installed plugin they are counted and not shown.
    Log,
    /// Its own settings.
    Config,
    /// The time of day.
    Clock,
    /// To remember a few values.
    Kv,
    /// The box's embedding model.
    Embed,
}

/// Whether an installed plugin is used.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "PluginUsage", rename_all = "snake_case")]
enum UsageView {
    Off,
    /// It judges, and nothing comes of it but a count.
    Shadow,
    Active,
}

/// A plugin package on the box's own disk.
#[derive(Object)]
#[oai(rename = "PluginInstall", deny_unknown_fields)]
struct InstallBody {
    /// A `.psp` file.
    #[oai(validator(max_length = 4096))]
    path: String,
}

/// How an installed plugin is to be used.
#[derive(Object)]
#[oai(rename = "PluginChange", deny_unknown_fields)]
struct ChangeBody {
    usage: UsageView,
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
    /// Texts it judged in shadow.
    judged: Option<u64>,
    /// How many of those it objected to.
    objections: Option<u64>,
    origin: OriginView,
    /// What an installed plugin may call.
    capabilities: Vec<CapabilityView>,
    /// SHA-256 of its file.
    digest: String,
}

impl From<PluginCard> for PluginView {
    fn from(card: PluginCard) -> Self {
        let shadowed = match card.state {
            PluginState::Shadow { judged, objections } => Some((judged, objections)),
            _ => None,
        };
        Self {
            judged: shadowed.map(|(judged, _)| judged),
            objections: shadowed.map(|(_, objections)| objections),
            origin: card.origin.into(),
            capabilities: card.capabilities.into_iter().map(Into::into).collect(),
            name: card.name,
            version: card.version,
            summary: card.summary,
            labels: card.labels,
            world: match card.world {
                World::Guardrail => WorldView::Guardrail,
                World::Formatter => WorldView::Formatter,
                World::Extractor => WorldView::Extractor,
                World::Chunker => WorldView::Chunker,
                World::Rewriter => WorldView::Rewriter,
                World::Reranker => WorldView::Reranker,
            },
            position: card.position,
            state: match card.state {
                PluginState::Ready => StateView::Ready,
                PluginState::Failing { .. } => StateView::Failing,
                PluginState::Broken => StateView::Broken,
                PluginState::Off => StateView::Off,
                PluginState::Shadow { .. } => StateView::Shadow,
            },
            digest: card.digest,
        }
    }
}

impl From<Origin> for OriginView {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::BuiltIn => Self::BuiltIn,
            Origin::Installed => Self::Installed,
        }
    }
}

impl From<Capability> for CapabilityView {
    fn from(capability: Capability) -> Self {
        match capability {
            Capability::Log => Self::Log,
            Capability::Config => Self::Config,
            Capability::Clock => Self::Clock,
            Capability::Kv => Self::Kv,
            Capability::Embed => Self::Embed,
        }
    }
}

impl From<UsageView> for Usage {
    fn from(usage: UsageView) -> Self {
        match usage {
            UsageView::Off => Self::Off,
            UsageView::Shadow => Self::Shadow,
            UsageView::Active => Self::Active,
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

    /// Install a plugin package that lies on the box. Over the control socket only.
    ///
    /// It is verified, compiled and tried on its own cases; then it is there, turned off. One of
    /// the same name is replaced while streams run, and used as that was used.
    #[oai(
        path = "/plugins/install",
        method = "post",
        operation_id = "installPlugin"
    )]
    async fn install(
        &self,
        asker: Identity,
        body: Json<InstallBody>,
    ) -> Result<Json<PluginView>, Problem> {
        permit(&asker.principal, Action::ManagePlugins)?;
        if asker.principal != Principal::Operator {
            let message = "only the command line on the box itself installs plugins";
            return Err(Problem::new(Kind::Forbidden, "operator_only", message)
                .hint("Run `privatestack plugin install FILE` on the box."));
        }
        let read = move || read_package(FilePath::new(&body.0.path));
        let read = tokio::task::spawn_blocking(read).await;
        let bytes = read.map_err(|_| Problem::panicked())??;
        Ok(Json(self.0.plugins.install(bytes).await?.into()))
    }

    /// Use an installed plugin, or stop using it. Streams under way end as they began.
    #[oai(
        path = "/plugins/:name",
        method = "patch",
        operation_id = "changePlugin"
    )]
    async fn change(
        &self,
        asker: Identity,
        name: Path<String>,
        body: Json<ChangeBody>,
    ) -> Result<Json<PluginView>, Problem> {
        permit(&asker.principal, Action::ManagePlugins)?;
        let usage = body.0.usage.into();
        let card = self.0.plugins.set_usage(&name.0, usage).await?;
        Ok(Json(card.into()))
    }

    /// Remove an installed plugin.
    #[oai(
        path = "/plugins/:name",
        method = "delete",
        operation_id = "deletePlugin"
    )]
    async fn remove(&self, asker: Identity, name: Path<String>) -> Result<Done, Problem> {
        permit(&asker.principal, Action::ManagePlugins)?;
        self.0.plugins.remove(&name.0).await?;
        Ok(Done::Done)
    }
}

/// Reads a file of at most the size of a package.
fn read_package(path: &FilePath) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let file = File::open(path).and_then(|file| {
        let mut file = file.take(PACKAGE_BYTES + 1);
        file.read_to_end(&mut bytes)
    });
    match file {
        Ok(_) => Ok(bytes),
        Err(error) => {
            let message = format!("{} cannot be read: {error}", path.display());
            Err(Problem::new(
                Kind::NotFound,
                "package_not_readable",
                message,
            ))
        }
    }
}
