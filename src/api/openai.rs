//! The family under `/v1` that OpenAI's clients speak.
//!
//! Plain poem handlers: this is the hot path. Their description is written by hand in
//! `openapi.json` beside the router, and a test keeps the two together. Fields we do not know are
//! ignored; a field that would change the answer and that we cannot honour is refused by name.

pub(super) mod chat;
pub(super) mod embeddings;
mod form;
mod logprobs;
pub(super) mod models;
mod reply;
mod wire;

use poem::http::header;
use poem::{FromRequest, Request, RequestBody, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::domain::fault::Kind;

/// A JSON body, read by serde straight into its type.
pub(super) struct JsonBody<T>(pub T);

impl<'a, T: DeserializeOwned> FromRequest<'a> for JsonBody<T> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(is_json);
        if !json {
            let message = "the content type of the body is not application/json";
            return Err(Problem::new(Kind::Unsupported, "unsupported_media_type", message).into());
        }
        let bytes = body.take()?.into_bytes().await?;
        let value = serde_json::from_slice(&bytes).map_err(|error| {
            Problem::new(
                Kind::Invalid,
                "invalid_body",
                format!("the body is wrong: {error}"),
            )
        })?;
        Ok(Self(value))
    }
}

/// `application/json`, with or without parameters. A form or plain text is not: those a foreign
/// page may send without asking.
fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

fn answer(body: &impl Serialize) -> Response {
    let text = serde_json::to_vec(body).expect("our own wire types are JSON");
    Response::builder()
        .content_type("application/json")
        .body(text)
}

fn wrong(param: &str, message: impl Into<String>) -> Problem {
    Problem::new(Kind::Invalid, "invalid_value", message).param(param)
}

/// A part of the API that this box does not have: said by name, never ignored.
fn unsupported(param: &str, message: impl Into<String>) -> Problem {
    Problem::new(Kind::Invalid, "unsupported_parameter", message).param(param)
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn only_json_is_json() {
        for (content_type, yes) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("text/plain; application/json", false),
            ("", false),
        ] {
            assert_eq!(is_json(content_type), yes, "{content_type}");
        }
    }
}
