//! The models of the box.

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
use crate::domain::model::{ModelCard, ModelKind};
use crate::domain::principal::{Action, Principal};
use crate::domain::time::Timestamp;
use crate::engine::{EngineStatus, LoadState};

pub(super) struct Models(pub Shared);

/// What a model is for.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "ModelKind", rename_all = "snake_case")]
enum KindView {
    /// Answers in text.
    Chat,
    /// Turns text into a vector.
    Embedding,
}

/// Where a model is.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "ModelState", rename_all = "snake_case")]
enum StateView {
    /// On disk; it is loaded when it is needed.
    Available,
    Loading,
    /// In memory.
    Loaded,
    /// It could not be loaded.
    Failed,
}

/// One model.
#[derive(Object)]
#[oai(rename = "Model", skip_serializing_if_is_none)]
struct ModelView {
    id: String,
    kind: KindView,
    /// As the file names it, such as `llama` or `bert`.
    architecture: String,
    /// How many weights it has.
    parameters: u64,
    /// The format of most of its weights, such as `Q4_1`.
    quantization: String,
    /// The longest prompt with its answer, in tokens.
    context_tokens: u32,
    /// Length of a vector of an embedding model; 0 for others.
    dimensions: u32,
    /// Licence, as the file states it.
    license: Option<String>,
    /// SHA-256 of the weights file.
    digest: String,
    /// Size of the weights file.
    bytes: u64,
    state: StateView,
    /// Bytes of memory its weights take, if it is loaded.
    memory_bytes: Option<u64>,
    /// Whether it is used when nothing is said.
    default: bool,
    imported_at: Timestamp,
}

/// A model file on the box's own disk.
#[derive(Object)]
#[oai(rename = "ModelImport", deny_unknown_fields)]
struct ImportBody {
    /// A `.gguf` file, a `.whl` that holds a model, or a folder in Hugging Face layout.
    #[oai(validator(max_length = 4096))]
    path: String,
}

/// What was imported.
#[derive(Object)]
#[oai(rename = "ImportedModels")]
struct ImportedView {
    models: Vec<ModelView>,
}

impl Models {
    fn view(&self, card: ModelCard, status: &EngineStatus) -> ModelView {
        let engine = &self.0.engine;
        let (kind, chosen) = match card.kind {
            ModelKind::Chat => (KindView::Chat, engine.default_chat()),
            ModelKind::Embedding => (KindView::Embedding, engine.default_embedding()),
        };
        let loaded = status.models.iter().find(|model| model.id == card.id);
        let (state, memory_bytes) = match loaded.map(|model| &model.state) {
            None => (StateView::Available, None),
            Some(LoadState::Loading) => (StateView::Loading, None),
            Some(LoadState::Loaded { bytes }) => (StateView::Loaded, Some(*bytes)),
            Some(LoadState::Failed { .. }) => (StateView::Failed, None),
        };
        ModelView {
            default: chosen.is_some_and(|chosen| chosen.id == card.id),
            id: card.id.to_string(),
            kind,
            architecture: card.architecture,
            parameters: card.parameters,
            quantization: card.quantization,
            context_tokens: card.context_tokens,
            dimensions: card.dimensions,
            license: card.license,
            digest: card.digest,
            bytes: card.bytes,
            state,
            memory_bytes,
            imported_at: card.imported_at,
        }
    }
}

#[OpenApi(tag = "Tag::Box")]
impl Models {
    /// List the models.
    #[oai(path = "/models", method = "get", operation_id = "listModels")]
    async fn list(
        &self,
        asker: Identity,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<ModelView>>, Problem> {
        permit(&asker.principal, Action::UseModels)?;
        let (engine, wanted) = (&self.0.engine, page(cursor.0, limit.0));
        let part = part(engine.models(), &wanted, |card| card.id.to_string())?;
        let status = engine.status();
        Ok(PageView::of(part, |card| self.view(card, &status)))
    }

    /// Import a model file that lies on the box. Over the control socket only.
    #[oai(path = "/models/import", method = "post", operation_id = "importModel")]
    async fn import(
        &self,
        asker: Identity,
        body: Json<ImportBody>,
    ) -> Result<Json<ImportedView>, Problem> {
        permit(&asker.principal, Action::ManageModels)?;
        if asker.principal != Principal::Operator {
            let message = "only the command line on the box itself imports files";
            return Err(Problem::new(Kind::Forbidden, "operator_only", message)
                .hint("Run `privatestack model import FILE` on the box."));
        }
        let engine = self.0.engine.clone();
        let import = move || engine.import(FilePath::new(&body.0.path), &mut |_, _| ());
        let imported = tokio::task::spawn_blocking(import).await;
        let cards = imported.map_err(|_| Problem::panicked())??;
        let status = self.0.engine.status();
        let models = cards.into_iter().map(|card| self.view(card, &status));
        Ok(Json(ImportedView {
            models: models.collect(),
        }))
    }

    /// Remove a model from memory and from the disk.
    #[oai(path = "/models/:id", method = "delete", operation_id = "deleteModel")]
    async fn remove(&self, asker: Identity, id: Path<String>) -> Result<Done, Problem> {
        permit(&asker.principal, Action::ManageModels)?;
        let engine = self.0.engine.clone();
        let card = engine.model(&id.0).ok_or_else(|| {
            let message = format!("there is no model `{}` on this box", id.0);
            Problem::new(Kind::NotFound, "model_not_found", message)
        })?;
        let removed = tokio::task::spawn_blocking(move || engine.remove(&card.id)).await;
        removed.map_err(|_| Problem::panicked())??;
        Ok(Done::Done)
    }
}
