//! What clients get wrong, and how each of it is answered.

use serde_json::json;

use super::bare;

#[tokio::test]
async fn what_is_wrong_is_said_in_the_dialect_of_the_path() {
    let bare = bare(|_| ()).await;
    let (_, token) = bare.admin().await;
    let auth = ("authorization", token.as_str());
    let long = "x".repeat(2 << 20);
    for (line, headers, body, status, code) in [
        ("GET /api/v1/nope", vec![auth], "", 404, "route_not_found"),
        ("GET /api/nope", vec![], "", 404, "route_not_found"),
        ("GET /v1/nope", vec![auth], "", 404, "route_not_found"),
        ("POST /v1/nope", vec![auth], "{}", 404, "route_not_found"),
        (
            "POST /v1/completions",
            vec![auth],
            "{}",
            404,
            "route_not_found",
        ),
        ("DELETE /v1", vec![auth], "", 404, "route_not_found"),
        ("POST /api/nope", vec![], "{}", 404, "route_not_found"),
        (
            "POST /api/v1/nope",
            vec![auth],
            "{}",
            404,
            "route_not_found",
        ),
        ("GET /assets/nope.js", vec![], "", 404, "route_not_found"),
        (
            "PUT /api/v1/me",
            vec![auth],
            "{}",
            405,
            "method_not_allowed",
        ),
        (
            "TRACE /api/v1/me",
            vec![auth],
            "",
            405,
            "method_not_allowed",
        ),
        (
            "GET /v1/chat/completions",
            vec![auth],
            "",
            405,
            "method_not_allowed",
        ),
        ("GET /api/v1/me", vec![], "", 401, "unauthenticated"),
        ("GET /v1/models", vec![], "", 401, "unauthenticated"),
        (
            "GET /v1/models",
            vec![("authorization", "Bearer nonsense")],
            "",
            401,
            "unauthenticated",
        ),
        (
            "GET /v1/models",
            vec![("authorization", "Basic eDp5")],
            "",
            401,
            "invalid_credential",
        ),
        (
            "GET /v1/models/a/b:c",
            vec![auth],
            "",
            404,
            "model_not_found",
        ),
        (
            "POST /api/v1/workspaces",
            vec![auth],
            "{",
            400,
            "invalid_body",
        ),
        (
            "POST /api/v1/workspaces",
            vec![auth],
            "{\"name\": [1]}",
            400,
            "invalid_body",
        ),
        (
            "POST /api/v1/workspaces",
            vec![auth],
            "{\"name\": \"a\", \"owner\": \"me\"}",
            400,
            "invalid_body",
        ),
        (
            "POST /api/v1/workspaces",
            vec![auth, ("content-type", "text/plain")],
            "{\"name\": \"a\"}",
            415,
            "unsupported_media_type",
        ),
        (
            "POST /v1/chat/completions",
            vec![auth, ("content-type", "text/plain")],
            "{}",
            415,
            "unsupported_media_type",
        ),
        (
            "POST /v1/chat/completions",
            vec![auth],
            "{}",
            400,
            "invalid_body",
        ),
        (
            "POST /api/v1/workspaces",
            vec![auth],
            &long,
            413,
            "body_too_large",
        ),
        (
            "POST /v1/embeddings",
            vec![auth],
            &long,
            413,
            "body_too_large",
        ),
        (
            "GET /api/v1/workspaces/doc_1",
            vec![auth],
            "",
            404,
            "not_found",
        ),
        (
            "GET /api/v1/workspaces/ws_0190a0a0a0a07000a0a0a0a0a0a0a0a0",
            vec![auth],
            "",
            404,
            "workspace_not_found",
        ),
        (
            "GET /api/v1/users?limit=x",
            vec![auth],
            "",
            400,
            "invalid_parameter",
        ),
        (
            "GET /api/v1/me?api_key=psk_1",
            vec![],
            "",
            400,
            "credential_in_query",
        ),
        (
            "GET /",
            vec![("host", "evil.example")],
            "",
            421,
            "unknown_host",
        ),
        (
            "POST /api/v1/models/import",
            vec![auth],
            "{\"path\": \"/x\"}",
            403,
            "operator_only",
        ),
        ("POST /api/v1/setup", vec![], "{}", 400, "invalid_body"),
    ] {
        let reply = bare.send(line, &headers, body.to_owned()).await;
        let openai = line.contains(" /v1");
        let json = reply.json();
        let found = if openai {
            &json["error"]["code"]
        } else {
            &json["code"]
        };
        assert_eq!(
            (reply.status, found),
            (status, &json!(code)),
            "{line}: {}",
            reply.text
        );
        let kind = if openai {
            "application/json"
        } else {
            "application/problem+json"
        };
        assert_eq!(reply.header("content-type"), kind, "{line}");
        assert!(reply.header("x-request-id").starts_with("req_"), "{line}");
        if openai {
            assert_eq!(
                json["error"].as_object().map(|o| o.len()),
                Some(4),
                "{line}"
            );
        } else {
            assert_eq!(json["request_id"], reply.header("x-request-id"), "{line}");
        }
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{line}");
    }
}

#[tokio::test]
async fn an_id_that_is_none_is_named_without_our_types() {
    let bare = bare(|_| ()).await;
    let (_, token) = bare.admin().await;
    let auth = [("authorization", token.as_str())];
    let ws = "ws_0190a0a0a0a07000a0a0a0a0a0a0a0a0";
    for (line, said) in [
        (
            "GET /api/v1/conversations/nope".to_owned(),
            "`nope` is not an id of the form conv_",
        ),
        (
            format!("GET /api/v1/workspaces/{ws}/documents/{ws}"),
            "is not an id of the form doc_",
        ),
    ] {
        let reply = bare.send(&line, &auth, "").await;
        assert_eq!(reply.status, 404, "{line}");
        let detail = reply.json()["detail"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(detail.contains(said), "{line}: {detail}");
        assert!(
            !detail.contains("parse") && !detail.contains("string_"),
            "{detail}"
        );
    }
}
