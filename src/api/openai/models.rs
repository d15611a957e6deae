//! `GET /v1/models`.

use poem::web::Path;
use poem::{Request, Response, handler};
use serde_json::{Value, json};

use super::answer;
use crate::api::identity::{self, Signed};
use crate::api::problem::Problem;
use crate::auth::policy::permit;
use crate::domain::fault::Kind;
use crate::domain::model::{ModelCard, ModelKind};
use crate::domain::principal::Action;

fn view(card: &ModelCard) -> Value {
    let capability = match card.kind {
        ModelKind::Chat => "chat",
        ModelKind::Embedding => "embeddings",
    };
    json!({
        "id": card.id.as_str(),
        "object": "model",
        "created": card.imported_at.as_secs(),
        "owned_by": "privatestack",
        "context_length": card.context_tokens,
        "capabilities": [capability],
    })
}

#[handler]
pub(in crate::api) async fn list(
    request: &Request,
    Signed(who): Signed,
) -> Result<Response, Problem> {
    permit(&who, Action::UseModels)?;
    let cards = identity::shared(request).engine.models();
    let data: Vec<Value> = cards.iter().map(view).collect();
    Ok(answer(&json!({ "object": "list", "data": data })))
}

#[handler]
pub(in crate::api) async fn show(
    request: &Request,
    Signed(who): Signed,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    permit(&who, Action::UseModels)?;
    let card = identity::shared(request).engine.model(&id);
    let card = card.ok_or_else(|| {
        let message = format!("the model `{id}` does not exist on this box");
        Problem::new(Kind::NotFound, "model_not_found", message).param("model")
    })?;
    Ok(answer(&view(&card)))
}
