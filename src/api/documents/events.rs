//! The documents of a workspace as a stream of events.

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use poem::{IntoResponse, Response};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema};
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::{ToJSON, Type};
use poem_openapi::{ApiResponse, Object};

use super::view::DocumentView;
use crate::api::identity::Identity;
use crate::api::problem::Problem;
use crate::api::shared::Shared;
use crate::api::sse;
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::domain::principal::Action;
use crate::rag::{DocumentEvent, Heard, Watch};

/// A document that is deleted.
#[derive(Object)]
#[oai(rename = "RemovedDocument")]
struct RemovedView {
    id: DocumentId,
}

/// The data of each kind of event.
#[derive(Object)]
#[oai(rename = "DocumentEvents")]
struct EventsView {
    /// A document is new or not what it was.
    document: DocumentView,
    removed: RemovedView,
}

/// An event stream.
pub(super) struct Events(Response);

impl Events {
    /// What `watch` hears, for as long as `asker` may hear it.
    pub(super) fn of(shared: Shared, asker: Identity, watch: Watch, id: WorkspaceId) -> Self {
        let following = Following {
            changes: shared.auth.changes(),
            shared,
            asker,
            watch,
            id,
        };
        Self(sse::response(frames(following)))
    }
}

impl IntoResponse for Events {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Events {
    fn meta() -> MetaResponses {
        let schema = MetaSchema {
            description: Some(
                "Each event has `event` and, as `data`, JSON: the property of that name in the \
                 schema `DocumentEvents`.",
            ),
            items: Some(Box::new(EventsView::schema_ref())),
            ..MetaSchema::new_with_format("array", "event-stream")
        };
        let content = MetaMediaType {
            content_type: "text/event-stream",
            schema: MetaSchemaRef::Inline(Box::new(schema)),
        };
        MetaResponses {
            responses: vec![MetaResponse {
                description: "What happens to the documents",
                status: Some(200),
                status_range: None,
                content: vec![content],
                headers: vec![],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        EventsView::register(registry);
    }
}

struct Following {
    shared: Shared,
    asker: Identity,
    watch: Watch,
    id: WorkspaceId,
    /// Moves when some credential ends.
    changes: tokio::sync::watch::Receiver<u64>,
}

fn frames(following: Following) -> impl Stream<Item = Bytes> {
    stream::unfold(Some(following), |following| async {
        let mut following = following?;
        match following.next().await {
            Ok(frame) => Some((frame?, Some(following))),
            Err(problem) => {
                let frame = sse::frame(None, Some("error"), &problem.event());
                Some((frame, None))
            }
        }
    })
}

impl Following {
    /// The next event that the asker may still hear; none when the box stops.
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            tokio::select! {
                heard = self.watch.next() => {
                    let Some(heard) = heard else { return Ok(None) };
                    // Membership may have ended since the last event.
                    let access = self.shared.open(&self.asker, self.id, Action::ReadWorkspace).await?;
                    match heard {
                        Heard::TooMuch => {
                            self.shared.rag.catch_up(&access, &mut self.watch).await?;
                        }
                        Heard::Change(id) => {
                            if let Some(event) = self.shared.rag.seen(&access, id).await? {
                                return Ok(Some(frame(event)));
                            }
                        }
                    }
                }
                // Some credential ended: was it this one?
                Ok(()) = self.changes.changed() => {
                    self.shared.auth.recheck(&self.asker.principal).await?;
                }
            }
        }
    }
}

fn frame(event: DocumentEvent) -> Bytes {
    let (name, data) = match event {
        DocumentEvent::Changed(document, eta) => {
            ("document", DocumentView::of(*document, eta).to_json())
        }
        DocumentEvent::Removed(id) => ("removed", RemovedView { id }.to_json()),
    };
    sse::frame(None, Some(name), &data.unwrap_or_default())
}
