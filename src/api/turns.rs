//! Questions and answers: asking, following an answer as it grows, ending it.

mod view;

pub(super) use view::{FindingView, SideView, SpanView};

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use poem::{IntoResponse, Response};
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema};
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::identity::Identity;
use super::params::{PageView, page, part};
use super::problem::Problem;
use super::shared::Shared;
use super::sse;
use super::tags::Tag;
use super::workspaces::AnswerModeView;
use crate::chat::{Ask, Shown, TurnEvents};
use crate::domain::id::{ConversationId, TurnId};
use crate::domain::principal::Principal;
use view::{EventsView, TurnView};

pub(super) struct Turns(pub Shared);

/// A question.
#[derive(Object)]
#[oai(rename = "TurnRequest", deny_unknown_fields)]
struct AskBody {
    text: String,
    /// Whether the answer comes as an event stream. Otherwise it comes whole, when it is done.
    #[oai(default)]
    stream: bool,
    /// The turn this one follows; absent at the root. The same parent again makes a branch.
    parent: Option<TurnId>,
    /// A model by name; absent for the box's own choice.
    #[oai(validator(max_length = 200))]
    model: Option<String>,
    /// How freely the model picks words, 0 to 2.
    #[oai(validator(minimum(value = "0.0"), maximum(value = "2.0")))]
    temperature: Option<f32>,
    /// Longest answer in tokens.
    #[oai(validator(minimum(value = "1")))]
    max_tokens: Option<u32>,
    /// Who words the answer; absent for what the workspace says.
    mode: Option<AnswerModeView>,
}

/// An answer, whole or as it grows.
enum Answer {
    Whole(Box<Shown>),
    Growing(Response),
}

/// An event stream.
struct Events(Response);

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Whole(turn) => Json(TurnView::from(*turn)).into_response(),
            Self::Growing(response) => response,
        }
    }
}

impl IntoResponse for Events {
    fn into_response(self) -> Response {
        self.0
    }
}

fn whole_media() -> MetaMediaType {
    MetaMediaType {
        content_type: "application/json",
        schema: TurnView::schema_ref(),
    }
}

fn stream_media() -> MetaMediaType {
    let schema = MetaSchema {
        description: Some(
            "Each event has `id` (send the last one as `Last-Event-ID` to go on), `event` and, \
             as `data`, JSON: the property of that name in the schema `TurnEvents`. The first \
             event is `turn`, the last one `done` or `error`.",
        ),
        items: Some(Box::new(EventsView::schema_ref())),
        ..MetaSchema::new_with_format("array", "event-stream")
    };
    MetaMediaType {
        content_type: "text/event-stream",
        schema: MetaSchemaRef::Inline(Box::new(schema)),
    }
}

fn ok(description: &'static str, content: Vec<MetaMediaType>) -> MetaResponses {
    MetaResponses {
        responses: vec![MetaResponse {
            description,
            status: Some(200),
            status_range: None,
            content,
            headers: vec![],
        }],
    }
}

impl ApiResponse for Answer {
    fn meta() -> MetaResponses {
        ok(
            "The turn with its answer, or what happens in it",
            vec![whole_media(), stream_media()],
        )
    }

    fn register(registry: &mut Registry) {
        TurnView::register(registry);
        EventsView::register(registry);
    }
}

impl ApiResponse for Events {
    fn meta() -> MetaResponses {
        ok("What happens in the turn", vec![stream_media()])
    }

    fn register(registry: &mut Registry) {
        EventsView::register(registry);
    }
}

#[OpenApi(tag = "Tag::Conversations")]
impl Turns {
    /// Ask a question.
    ///
    /// The turn is a job of the box: it goes on when the connection is lost, until it is done,
    /// cancelled, or nobody has read it for a minute. With the same `Idempotency-Key` the same
    /// turn is answered again, never a second one made.
    #[oai(
        path = "/conversations/:id/turns",
        method = "post",
        operation_id = "ask"
    )]
    async fn ask(
        &self,
        asker: Identity,
        id: Path<ConversationId>,
        #[oai(name = "Idempotency-Key", validator(max_length = 128))] key: Header<Option<String>>,
        body: Json<AskBody>,
    ) -> Result<Answer, Problem> {
        let (chat, who, stream) = (&self.0.chat, &asker.principal, body.0.stream);
        let turn = chat.ask(who, id.0, question(body.0, key.0)).await?;
        if !stream {
            let turn = chat.wait(who, id.0, turn).await?;
            return Ok(Answer::Whole(Box::new(turn)));
        }
        let events = chat.follow(who, id.0, turn, 0).await?;
        Ok(Answer::Growing(self.stream(asker.principal, events)))
    }

    /// List the turns of a conversation, oldest first.
    ///
    /// They form a tree by `parent`: editing and regenerating make branches.
    #[oai(
        path = "/conversations/:id/turns",
        method = "get",
        operation_id = "listTurns"
    )]
    async fn list(
        &self,
        asker: Identity,
        id: Path<ConversationId>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<TurnView>>, Problem> {
        let turns = self.0.chat.turns(&asker.principal, id.0).await?;
        let part = part(turns, &page(cursor.0, limit.0), |shown| {
            shown.turn.id.to_string()
        })?;
        Ok(PageView::of(part, TurnView::from))
    }

    /// Show a turn, as far as it is.
    #[oai(
        path = "/conversations/:id/turns/:turn",
        method = "get",
        operation_id = "getTurn"
    )]
    async fn show(
        &self,
        asker: Identity,
        id: Path<ConversationId>,
        turn: Path<TurnId>,
    ) -> Result<Json<TurnView>, Problem> {
        let turn = self.0.chat.turn(&asker.principal, id.0, turn.0).await?;
        Ok(Json(turn.into()))
    }

    /// Follow what happens in a turn.
    ///
    /// Begins after `Last-Event-ID`, or with the first event, and ends with the turn.
    #[oai(
        path = "/conversations/:id/turns/:turn/events",
        method = "get",
        operation_id = "followTurn"
    )]
    async fn follow(
        &self,
        asker: Identity,
        id: Path<ConversationId>,
        turn: Path<TurnId>,
        #[oai(name = "Last-Event-ID")] last: Header<Option<u64>>,
    ) -> Result<Events, Problem> {
        let (who, after) = (&asker.principal, last.0.unwrap_or(0));
        let events = self.0.chat.follow(who, id.0, turn.0, after).await?;
        Ok(Events(self.stream(asker.principal, events)))
    }

    /// End a turn. What was let go so far stays.
    #[oai(
        path = "/conversations/:id/turns/:turn/cancel",
        method = "post",
        operation_id = "cancelTurn"
    )]
    async fn cancel(
        &self,
        asker: Identity,
        id: Path<ConversationId>,
        turn: Path<TurnId>,
    ) -> Result<Json<TurnView>, Problem> {
        let turn = self.0.chat.cancel(&asker.principal, id.0, turn.0).await?;
        Ok(Json(turn.into()))
    }
}

impl Turns {
    /// The stream of a turn's events. It ends when the asker's credential does.
    fn stream(&self, who: Principal, events: TurnEvents) -> Response {
        sse::response(frames(self.0.clone(), who, events))
    }
}

fn question(body: AskBody, key: Option<String>) -> Ask {
    Ask {
        text: body.text,
        parent: body.parent,
        idempotency_key: key.filter(|key| !key.is_empty()),
        model: body.model,
        temperature: body.temperature,
        max_tokens: body.max_tokens,
        mode: body.mode.map(Into::into),
    }
}

fn frames(shared: Shared, who: Principal, events: TurnEvents) -> impl Stream<Item = Bytes> {
    let changes = shared.auth.changes();
    stream::unfold(
        (shared, who, events, changes, true),
        |(shared, who, mut events, mut changes, open)| async move {
            if !open {
                return None;
            }
            loop {
                tokio::select! {
                    event = events.next() => {
                        let event = event?;
                        let seq = event.seq;
                        let (name, data) = view::event(event);
                        let frame = sse::frame(Some(seq), Some(name), &data);
                        return Some((frame, (shared, who, events, changes, true)));
                    }
                    // Some credential ended: was it this one?
                    Ok(()) = changes.changed() => {
                        if let Err(error) = shared.auth.recheck(&who).await {
                            let data = Problem::from(error).event();
                            let frame = sse::frame(None, Some("error"), &data);
                            return Some((frame, (shared, who, events, changes, false)));
                        }
                    }
                }
            }
        },
    )
}
