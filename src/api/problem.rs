//! The one place where an error becomes HTTP.
//!
//! Every [`Fault`] of every room turns into a [`Problem`] by one blanket conversion. A problem is
//! rendered last, when the request's path says which dialect is spoken: problem+json (RFC 9457)
//! under `/api`, an OpenAI error object under `/v1`. Once a stream has begun it is an `error`
//! event ([`Problem::event`]). Errors that poem raises itself (no such route, a body that is not
//! JSON) come the same way, by [`Problem::of`].

mod foreign;

use std::borrow::Cow;
use std::time::Duration;

use poem::error::ResponseError;
use poem::http::{StatusCode, header};
use poem::{Body, Response};
use poem_openapi::ApiResponse;
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type;
use serde_json::json;

use crate::domain::fault::{Fault, Kind};
use crate::domain::id::RequestId;

/// An error on its way out.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Problem {
    kind: Kind,
    /// Set where the kind alone does not say it (405, 408, 421).
    status: Option<StatusCode>,
    code: Cow<'static, str>,
    message: String,
    hint: Option<String>,
    param: Option<String>,
    facts: Vec<(&'static str, String)>,
    retry_after: Option<Duration>,
    /// For the log alone.
    cause: Option<String>,
}

/// Which family of clients is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// problem+json.
    Problem,
    /// `{"error": {"message", "type", "param", "code"}}`.
    OpenAi,
}

impl Dialect {
    /// The dialect of everything under this path.
    pub fn of(path: &str) -> Self {
        match path.strip_prefix("/v1") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Self::OpenAi,
            _ => Self::Problem,
        }
    }
}

impl<F: Fault> From<F> for Problem {
    fn from(fault: F) -> Self {
        let kind = fault.kind();
        let internal = kind == Kind::Internal;
        Self {
            kind,
            status: None,
            code: Cow::Borrowed(fault.code()),
            message: if internal {
                "something went wrong on the box".to_owned()
            } else {
                fault.to_string()
            },
            hint: fault.hint(),
            param: fault.param(),
            facts: fault.facts(),
            retry_after: fault.retry_after(),
            cause: (internal || kind == Kind::Unavailable).then(|| chain(&fault)),
        }
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

impl Problem {
    /// A problem that arises in this room.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: None,
            code: Cow::Borrowed(code),
            message: message.into(),
            hint: None,
            param: None,
            facts: Vec::new(),
            retry_after: None,
            cause: None,
        }
    }

    /// The same with a sentence about what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same about one field of the request.
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// The same with a time to wait.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The same with another status than its kind has.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// What a handler that panicked answers.
    pub fn panicked() -> Self {
        Self::new(
            Kind::Internal,
            "internal",
            "something went wrong on the box",
        )
    }

    /// Its stable name.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whoever has to look into it: us, and then the log gets a line.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The HTTP status.
    pub fn http_status(&self) -> StatusCode {
        self.status.unwrap_or(match self.kind {
            Kind::Invalid | Kind::Blocked => StatusCode::BAD_REQUEST,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::Gone => StatusCode::GONE,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Kind::Overloaded | Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        })
    }

    /// The problem behind any error of the router: ours untouched, poem's own translated.
    pub fn of(error: &poem::Error) -> Self {
        if let Some(ours) = error.downcast_ref::<Self>() {
            return ours.clone();
        }
        foreign::of_parser(error).unwrap_or_else(|| foreign::of_status(error))
    }

    /// The response, in the dialect of the path that was asked for.
    pub fn render(&self, dialect: Dialect, request: RequestId) -> Response {
        let status = self.http_status();
        let (content_type, body) = match dialect {
            Dialect::Problem => ("application/problem+json", self.problem_json(request)),
            Dialect::OpenAi => ("application/json", self.openai_json()),
        };
        let mut response = Response::builder()
            .status(status)
            .content_type(content_type)
            .body(Body::from(body.to_string()));
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, wait_seconds(wait).into());
        }
        if status == StatusCode::UNAUTHORIZED {
            let bearer = header::HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }

    /// The data of an `error` event of a turn.
    pub fn event(&self) -> serde_json::Value {
        json!({ "code": self.code, "message": self.message })
    }

    /// An OpenAI error object.
    pub fn openai_json(&self) -> serde_json::Value {
        let kind = match self.http_status().as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        let message = match &self.hint {
            Some(hint) => format!("{}. {hint}", self.message),
            None => self.message.clone(),
        };
        json!({ "error": {
            "message": message, "type": kind, "param": self.param, "code": self.code,
        }})
    }

    fn problem_json(&self, request: RequestId) -> serde_json::Value {
        let status = self.http_status();
        let mut body = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "detail": self.message,
            "code": self.code,
            "request_id": request,
        });
        for (name, value) in [("hint", &self.hint), ("param", &self.param)] {
            if let Some(value) = value {
                body[name] = json!(value);
            }
        }
        for (name, value) in &self.facts {
            body[*name] = json!(value);
        }
        body
    }
}

/// Whole seconds, rounded up, at least one: zero would invite a client to try at once.
fn wait_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1000).clamp(1, 86_400) as u64
}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        self.http_status()
    }
}

/// What went wrong, and what to do about it (RFC 9457).
#[derive(poem_openapi::Object)]
#[oai(rename = "Problem")]
struct ProblemView {
    /// Always `about:blank`: `code` says which problem it is.
    #[oai(rename = "type")]
    kind: String,
    /// The HTTP status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened.
    detail: String,
    /// A stable name that programs compare.
    code: String,
    /// What to do about it.
    hint: Option<String>,
    /// The field of the request that is meant.
    param: Option<String>,
    /// With `document_exists`: the document that is there.
    document_id: Option<String>,
    document_title: Option<String>,
    /// The request, as the log names it.
    request_id: String,
}

impl ApiResponse for Problem {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "What went wrong, and what to do about it",
                status: None,
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: "application/problem+json",
                    schema: ProblemView::schema_ref(),
                }],
                headers: vec![],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        <Json<ProblemView> as ApiResponse>::register(registry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the disk said {0:?}")]
    struct Broken(Kind);

    impl Fault for Broken {
        fn kind(&self) -> Kind {
            self.0
        }

        fn code(&self) -> &'static str {
            "broken"
        }
    }

    #[test]
    fn every_kind_has_its_status_in_both_dialects() {
        for (kind, status, openai) in [
            (Kind::Invalid, 400, "invalid_request_error"),
            (Kind::Unauthenticated, 401, "authentication_error"),
            (Kind::Forbidden, 403, "permission_error"),
            (Kind::NotFound, 404, "invalid_request_error"),
            (Kind::Conflict, 409, "invalid_request_error"),
            (Kind::Gone, 410, "invalid_request_error"),
            (Kind::TooLarge, 413, "invalid_request_error"),
            (Kind::Unsupported, 415, "invalid_request_error"),
            (Kind::Blocked, 400, "invalid_request_error"),
            (Kind::RateLimited, 429, "rate_limit_error"),
            (Kind::Overloaded, 503, "server_error"),
            (Kind::Unavailable, 503, "server_error"),
            (Kind::Internal, 500, "server_error"),
        ] {
            let problem = Problem::from(Broken(kind));
            assert_eq!(problem.http_status().as_u16(), status, "{kind:?}");
            let body = problem.openai_json();
            assert_eq!(body["error"]["type"], openai, "{kind:?}");
            assert_eq!(body["error"]["code"], "broken", "{kind:?}");
            assert!(
                body["error"]
                    .as_object()
                    .is_some_and(|o| o.contains_key("param"))
            );
            let retry = problem.render(Dialect::Problem, RequestId::new());
            let waits = matches!(
                kind,
                Kind::RateLimited | Kind::Overloaded | Kind::Unavailable
            );
            assert_eq!(retry.header("retry-after").is_some(), waits, "{kind:?}");
        }
    }

    #[test]
    fn our_own_faults_are_not_told() {
        let problem = Problem::from(Broken(Kind::Internal));
        assert!(!problem.openai_json().to_string().contains("disk"));
        assert!(problem.cause().is_some_and(|cause| cause.contains("disk")));
        let told = Problem::from(Broken(Kind::Conflict));
        assert!(
            told.problem_json(RequestId::new())["detail"]
                .to_string()
                .contains("disk")
        );
    }

    #[test]
    fn the_path_says_the_dialect() {
        for (path, dialect) in [
            ("/v1/models", Dialect::OpenAi),
            ("/v1", Dialect::OpenAi),
            ("/v10", Dialect::Problem),
            ("/api/v1/me", Dialect::Problem),
        ] {
            assert_eq!(Dialect::of(path), dialect, "{path}");
        }
    }
}
