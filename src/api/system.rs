//! The state of the box: for admins as JSON, for machines as plain answers.

use poem::http::{StatusCode, header};
use poem::{Request, Response, handler};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use serde_json::json;

use super::identity::{self, Identity, identify};
use super::metrics::{self, Gauges};
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use crate::auth::policy::permit;
use crate::domain::fault::Kind;
use crate::domain::principal::Action;
use crate::engine::{EngineStatus, LoadState};

/// The version of the binary.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) struct System(pub Shared);

/// What the engine is doing.
#[derive(Object)]
#[oai(rename = "Queue")]
struct QueueView {
    /// Answers that are being made.
    running: u64,
    /// Answers that wait.
    waiting: u64,
}

/// The state of the box.
#[derive(Object)]
#[oai(rename = "System", skip_serializing_if_is_none)]
struct SystemView {
    version: String,
    uptime_seconds: u64,
    /// Whether questions can be answered now.
    ready: bool,
    /// Why not, if not.
    reason: Option<String>,
    /// Memory of the whole process.
    memory_bytes: u64,
    /// Memory that all models together may take.
    models_memory_limit_bytes: u64,
    /// Memory that the loaded models may come to take: weights, and what their answers remember.
    models_memory_bytes: u64,
    /// What models that answer run on: `cpu`, or a GPU such as `vulkan:0 (its name)`.
    device: String,
    /// The model that answers when nothing is said.
    chat_model: Option<String>,
    /// The model that makes vectors; without one, documents are found by words alone.
    embedding_model: Option<String>,
    queue: QueueView,
}

#[OpenApi(tag = "Tag::Box")]
impl System {
    /// Show the state of the box. For admins.
    #[oai(path = "/system", method = "get", operation_id = "system")]
    async fn show(&self, asker: Identity) -> Result<Json<SystemView>, Problem> {
        permit(&asker.principal, Action::SeeSystem)?;
        let engine = &self.0.engine;
        let status = engine.status();
        let reason = not_ready(&self.0).await;
        Ok(Json(SystemView {
            version: VERSION.to_owned(),
            uptime_seconds: self.0.uptime().as_secs(),
            ready: reason.is_none(),
            reason,
            memory_bytes: metrics::resident_bytes(),
            models_memory_limit_bytes: status.memory_budget,
            models_memory_bytes: status.memory_taken,
            device: status.device,
            chat_model: engine.default_chat().map(|card| card.id.to_string()),
            embedding_model: engine.default_embedding().map(|card| card.id.to_string()),
            queue: QueueView {
                running: status.running as u64,
                waiting: status.queued as u64,
            },
        }))
    }
}

/// Why questions cannot be answered now; `None` if they can.
async fn not_ready(shared: &Shared) -> Option<String> {
    if shared.auth.is_set_up().await.is_err() {
        return Some("the database does not answer".to_owned());
    }
    let Some(card) = shared.engine.default_chat() else {
        return Some("there is no chat model".to_owned());
    };
    let EngineStatus { models, .. } = shared.engine.status();
    match models.into_iter().find(|model| model.id == card.id) {
        Some(model) => match model.state {
            LoadState::Loaded { .. } => None,
            LoadState::Loading => Some("the chat model is loading".to_owned()),
            LoadState::Failed { .. } => Some("the chat model could not be loaded".to_owned()),
        },
        None => Some("the chat model is not loaded yet".to_owned()),
    }
}

/// Whether the process is alive.
#[handler]
pub(super) fn healthz() -> Response {
    json_response(StatusCode::OK, &json!({ "status": "ok" }))
}

/// Whether questions can be answered.
#[handler]
pub(super) async fn readyz(request: &Request) -> Response {
    match not_ready(identity::shared(request)).await {
        None => json_response(StatusCode::OK, &json!({ "status": "ready" })),
        Some(reason) => {
            let body = json!({ "status": "not_ready", "reason": reason });
            let mut response = json_response(StatusCode::SERVICE_UNAVAILABLE, &body);
            response.headers_mut().insert(header::RETRY_AFTER, 1.into());
            response
        }
    }
}

/// The counters in Prometheus' text format: for this machine, or for who may see the system.
#[handler]
pub(super) async fn prometheus(request: &Request) -> Result<Response, Problem> {
    let shared = identity::shared(request);
    let nearby = identity::address(request).is_loopback() && !forwarded(request);
    if !nearby {
        permit(&identify(request).await?, Action::SeeSystem)?;
    }
    let status = shared.engine.status();
    let gauges = Gauges {
        uptime: shared.uptime(),
        running: status.running,
        queued: status.queued,
        models_memory: (status.memory_taken, status.memory_budget),
        ready: not_ready(shared).await.is_none(),
        plugins: shared.plugins.counts(),
    };
    let text = shared.metrics.render(&gauges);
    Ok(Response::builder()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(text))
}

/// Whether a proxy on this machine passed it on: then it is not from this machine.
fn forwarded(request: &Request) -> bool {
    ["forwarded", "x-forwarded-for", "x-real-ip", "via"]
        .iter()
        .any(|name| request.headers().contains_key(*name))
}

fn json_response(status: StatusCode, body: &serde_json::Value) -> Response {
    Response::builder()
        .status(status)
        .content_type("application/json")
        .body(body.to_string())
}

/// What is under `/api` and `/v1` and is no route is not the UI's either.
#[handler]
pub(super) fn nothing() -> Result<(), Problem> {
    let message = "there is nothing at this path";
    Err(Problem::new(Kind::NotFound, "route_not_found", message))
}
