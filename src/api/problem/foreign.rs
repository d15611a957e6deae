//! Errors that poem raises itself, in our words.

use poem::error::{MethodNotAllowedError, NotFoundError, ParseMultipartError, ReadBodyError};
use poem::http::StatusCode;
use poem_openapi::error::{
    ContentTypeError, ParseParamError, ParsePathError, ParseRequestPayloadError,
};

use super::Problem;
use crate::api::limits::BodyFault;
use crate::domain::fault::Kind;

/// What poem's and poem-openapi's parsers say.
pub(super) fn of_parser(error: &poem::Error) -> Option<Problem> {
    if let Some(fault) = body_fault(error) {
        return Some(fault);
    }
    if let Some(wrong) = error.downcast_ref::<ParsePathError>() {
        // A malformed id names nothing that exists.
        let message = format!("there is no such thing: {}", without_types(&wrong.reason));
        return Some(Problem::new(Kind::NotFound, "not_found", message));
    }
    if let Some(wrong) = error.downcast_ref::<ParseParamError>() {
        let message = without_types(&wrong.reason);
        let problem = Problem::new(Kind::Invalid, "invalid_parameter", message);
        return Some(problem.param(wrong.name));
    }
    if let Some(wrong) = error.downcast_ref::<ParseRequestPayloadError>() {
        return Some(Problem::new(
            Kind::Invalid,
            "invalid_body",
            without_types(&wrong.reason),
        ));
    }
    if let Some(wrong) = error.downcast_ref::<ContentTypeError>() {
        let problem = Problem::new(
            Kind::Unsupported,
            "unsupported_media_type",
            wrong.to_string(),
        );
        return Some(problem.hint("Send application/json."));
    }
    if let Some(wrong) = error.downcast_ref::<ParseMultipartError>() {
        return Some(match wrong {
            ParseMultipartError::InvalidContentType(_)
            | ParseMultipartError::ContentTypeRequired => Problem::new(
                Kind::Unsupported,
                "unsupported_media_type",
                "the body is not multipart/form-data",
            ),
            _ => Problem::new(Kind::Invalid, "invalid_body", wrong.to_string()),
        });
    }
    None
}

/// What a parser says, without `failed to parse "T": ` before it: T is what we call a type inside.
/// Where it adds in which object of the description that was, this stays.
fn without_types(reason: &str) -> String {
    let mut said = reason.to_owned();
    while let Some((before, named)) = said.split_once("failed to parse \"")
        && let Some((_, after)) = named.split_once("\": ")
    {
        said = format!("{before}{after}");
    }
    said
}

fn body_fault(error: &poem::Error) -> Option<Problem> {
    match error.downcast_ref::<ReadBodyError>()? {
        ReadBodyError::PayloadTooLarge => Some(BodyFault::TooLarge { limit: 0 }.into()),
        ReadBodyError::Io(io) => Some(BodyFault::within(io).map_or_else(
            || Problem::new(Kind::Invalid, "body_unreadable", "the body broke off"),
            Problem::from,
        )),
        _ => None,
    }
}

/// What is left says no more than its status.
pub(super) fn of_status(error: &poem::Error) -> Problem {
    if error.is::<NotFoundError>() {
        return Problem::new(
            Kind::NotFound,
            "route_not_found",
            "there is nothing at this path",
        );
    }
    if error.is::<MethodNotAllowedError>() {
        let message = "this path does not take that method";
        return Problem::new(Kind::Invalid, "method_not_allowed", message)
            .status(StatusCode::METHOD_NOT_ALLOWED);
    }
    let status = error.status();
    if status.is_server_error() {
        let mut problem = Problem::panicked();
        problem.cause = Some(error.to_string());
        return problem;
    }
    let (kind, code) = match status {
        StatusCode::NOT_FOUND => (Kind::NotFound, "not_found"),
        StatusCode::PAYLOAD_TOO_LARGE => (Kind::TooLarge, "body_too_large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (Kind::Unsupported, "unsupported_media_type"),
        _ => (Kind::Invalid, "invalid_request"),
    };
    Problem::new(kind, code, error.to_string()).status(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poems_own_errors_get_a_code() {
        for (error, status, code) in [
            (poem::Error::from(NotFoundError), 404, "route_not_found"),
            (MethodNotAllowedError.into(), 405, "method_not_allowed"),
            (
                poem::Error::from_status(StatusCode::BAD_GATEWAY),
                500,
                "internal",
            ),
            (
                Problem::new(Kind::Gone, "setup_done", "done").into(),
                410,
                "setup_done",
            ),
        ] {
            let problem = Problem::of(&error);
            assert_eq!(
                (problem.http_status().as_u16(), problem.code()),
                (status, code)
            );
        }
    }

    #[test]
    fn our_types_are_not_told() {
        let id = "`nope` is not an id of the form conv_ followed by 32 hexadecimal digits";
        let within = format!("{id} (occurred while parsing \"AskRequest\")");
        let plain = "Expected input type \"string\", found null.";
        for (reason, said) in [
            (
                format!("failed to parse \"string_ConversationId\": {id}"),
                id,
            ),
            (format!("failed to parse \"T\": {within}"), &within),
            (
                format!("failed to parse \"U\": failed to parse \"T\": {id}"),
                id,
            ),
            (plain.to_owned(), plain),
            ("failed to parse \"".to_owned(), "failed to parse \""),
        ] {
            assert_eq!(without_types(&reason), said, "{reason}");
        }
    }
}
