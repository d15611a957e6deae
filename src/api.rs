//! Api: the HTTP of the box.
//!
//! Three families behind one front: `/api/v1` is the product's own, described by poem-openapi;
//! `/v1` is what OpenAI's clients speak; everything else is the web UI. A handler is parse, one
//! call, render: no rule of the house is decided here.

mod api_keys;
mod conversations;
mod documents;
mod front;
mod graph;
mod headers;
mod identity;
mod limits;
mod metrics;
mod models;
mod openai;
mod origin;
mod params;
mod parcels;
mod pipelines;
mod plugins;
mod problem;
mod search;
mod sessions;
mod setup;
mod shared;
mod spec;
mod sse;
mod system;
mod tags;
mod turns;
mod ui;
mod upload;
mod users;
mod workspaces;

use poem::endpoint::{BoxEndpoint, make_sync};
use poem::{Endpoint, EndpointExt, Request, Response, Route, get, post};
use poem_openapi::OpenApiService;

use crate::config::ServerConfig;
use front::Front;
use shared::Shared;

pub use problem::{Dialect, Problem};
pub use shared::Rooms;
pub use spec::{RouteFact, openapi, routes};

/// The nouns of `/api/v1`.
type Api = (
    setup::Setup,
    sessions::Sessions,
    api_keys::ApiKeys,
    users::Users,
    workspaces::Workspaces,
    parcels::Parcels,
    documents::Documents,
    graph::Graph,
    search::Searches,
    conversations::Conversations,
    turns::Turns,
    models::Models,
    plugins::Plugins,
    pipelines::Pipelines,
    system::System,
);

/// Every route of the box, ready to be served.
pub struct Router(BoxEndpoint<'static>);

impl Endpoint for Router {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        self.0.call(request).await
    }
}

/// Puts the routes over the rooms.
pub fn router(rooms: Rooms, config: &ServerConfig) -> Router {
    let shared = Shared::new(rooms, config);
    let routes = Route::new()
        .nest("/api/v1", product(&shared))
        .at("/api/openapi.json", get(description()))
        .at("/api/docs", get(ui::explorer))
        .at("/v1/models", get(openai::models::list))
        .at("/v1/models/*id", get(openai::models::show))
        .at("/v1/chat/completions", post(openai::chat::create))
        .at("/v1/embeddings", post(openai::embeddings::create))
        .at("/healthz", get(system::healthz))
        .at("/readyz", get(system::readyz))
        .at("/metrics", get(system::prometheus))
        .at("/api", system::nothing)
        .at("/api/*path", system::nothing)
        .at("/v1", system::nothing)
        .at("/v1/*path", system::nothing)
        .at("/", get(ui::serve))
        .at("/*path", get(ui::serve));
    Router(Front::new(routes, shared).boxed())
}

fn product(shared: &Shared) -> impl Endpoint<Output = Response> + use<> {
    let room = || shared.clone();
    let api: Api = (
        setup::Setup(room()),
        sessions::Sessions(room()),
        api_keys::ApiKeys(room()),
        users::Users(room()),
        workspaces::Workspaces(room()),
        parcels::Parcels(room()),
        documents::Documents(room()),
        graph::Graph(room()),
        search::Searches(room()),
        conversations::Conversations(room()),
        turns::Turns(room()),
        models::Models(room()),
        plugins::Plugins(room()),
        pipelines::Pipelines(room()),
        system::System(room()),
    );
    use poem::IntoEndpoint;
    OpenApiService::new(api, "PrivateStack", system::VERSION).into_endpoint()
}

fn description() -> impl Endpoint<Output = Response> {
    let text = openapi();
    make_sync(move |_| {
        Response::builder()
            .content_type("application/json")
            .header("cache-control", "no-cache")
            .body(text.clone())
    })
}

#[cfg(test)]
mod tests;
