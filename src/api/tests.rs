//! The real router over real rooms, without a model: what every route has in common.

mod wrong;

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode};
use poem::{Body, Endpoint, Request};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::auth::Auth;
use crate::chat::Chat;
use crate::config::{Config, PluginsConfig};
use crate::domain::time::{Clock, Timestamp};
use crate::engine::Engine;
use crate::net::{Control, call};
use crate::parcels::Parcels;
use crate::plugin::PluginHost;
use crate::rag::Rag;
use crate::store::Store;
use crate::workspaces::Workspaces;

const PASSWORD: &str = "a lantern over quiet water";

/// A box without models and guards.
struct Bare {
    router: Arc<Router>,
    auth: Auth,
    data: tempfile::TempDir,
}

struct Reply {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

async fn bare(change: impl FnOnce(&mut Config)) -> Bare {
    let data = tempfile::tempdir().expect("a folder");
    let mut config = Config::default();
    (config.auth.argon2_memory_kib, config.auth.argon2_passes) = (64, 1);
    change(&mut config);
    let clock = Clock::held(Timestamp::from_millis(1_800_000_000_000));
    let store = Store::open(data.path(), &config.store).expect("a store");
    let models = data.path().join("models");
    let engine = Engine::open(&config.engine, &models, clock.clone()).expect("an engine");
    let auth = Auth::open(store.clone(), &config.auth, clock.clone(), data.path());
    let auth = auth.await.expect("accounts");
    let plugins = PluginsConfig {
        guardrails: Vec::new(),
        ..PluginsConfig::default()
    };
    let host = PluginHost::open(&plugins, data.path()).expect("plugins");
    let workspaces = Workspaces::new(store.clone(), clock.clone());
    let rag = Rag::new(
        store.clone(),
        engine.clone(),
        host.stages(),
        &config.rag,
        clock.clone(),
    );
    let parcels = Parcels::new(
        store.clone(),
        workspaces.clone(),
        rag.clone(),
        &config.rag,
        &config.server,
    );
    let chat = Chat::new(
        store,
        engine.clone(),
        rag.clone(),
        workspaces.clone(),
        host.pipelines(),
        &config.chat,
        clock.clone(),
    );
    let rooms = Rooms {
        auth: auth.clone(),
        workspaces,
        rag,
        chat,
        parcels,
        engine,
        plugins: host,
        clock,
    };
    Bare {
        router: Arc::new(router(rooms, &config.server)),
        auth,
        data,
    }
}

impl Bare {
    /// Sends `METHOD /path` with headers; a body is JSON unless a header says otherwise.
    async fn send(&self, line: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let mut request = Request::builder()
            .method(method.parse().expect("a method"))
            .uri_str(path);
        for (name, value) in [
            ("host", "localhost:8080"),
            ("content-type", "application/json"),
        ] {
            if !headers.iter().any(|(given, _)| *given == name) {
                request = request.header(name, value);
            }
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.get_response(request.body(body)).await;
        let (parts, body) = response.into_parts();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: body.into_string().await.expect("a text body"),
        }
    }

    /// Makes the first admin; the cookie and the access token.
    async fn admin(&self) -> (String, String) {
        let token = self
            .auth
            .setup_token()
            .await
            .expect("open")
            .expect("needed");
        let body = json!({
            "token": token.expose(), "email": "ada@example.org", "name": "Ada",
            "password": PASSWORD,
        });
        let made = self.send("POST /api/v1/setup", &[], body.to_string()).await;
        assert_eq!(made.status, 200, "{}", made.text);
        let cookie = made
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap_or_default();
        let token = made.json()["access_token"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (cookie.to_owned(), format!("Bearer {token}"))
    }
}

#[tokio::test]
async fn a_browser_signs_in_and_out() {
    let bare = bare(|_| ()).await;
    let needed = bare.send("GET /api/v1/setup", &[], "").await;
    assert_eq!(needed.json(), json!({ "needed": true }));
    bare.admin().await;
    let needed = bare.send("GET /api/v1/setup", &[], "").await;
    assert_eq!(needed.json(), json!({ "needed": false }));
    let again = bare.send(
        "POST /api/v1/setup",
        &[],
        r#"{"token": "x", "email": "e@example.org", "name": "E", "password": "quiet lantern 12"}"#,
    );
    assert_eq!(again.await.status, 410);

    let login = json!({ "email": "ada@example.org", "password": PASSWORD }).to_string();
    let foreign = [("origin", "https://evil.example")];
    let refused = bare
        .send("POST /api/v1/auth/login", &foreign, login.clone())
        .await;
    assert_eq!(refused.status, 403, "another site may not sign anybody in");
    let reply = bare.send("POST /api/v1/auth/login", &[], login).await;
    let set = reply.header("set-cookie");
    assert!(set.starts_with("__Host-ps_session="), "{set}");
    for flag in ["; Path=/", "; HttpOnly", "; SameSite=Strict", "; Secure"] {
        assert!(set.contains(flag), "{set}");
    }
    assert!(!set.contains("Domain"), "{set}");

    let cookie = set.split(';').next().unwrap_or_default().to_owned();
    let cookie = ("cookie", cookie.as_str());
    assert_eq!(bare.send("GET /api/v1/me", &[cookie], "").await.status, 200);
    let bare_post = bare.send("POST /api/v1/auth/logout", &[cookie], "").await;
    assert_eq!(bare_post.json()["code"], "cross_site_request");
    let ours = [cookie, ("x-privatestack-csrf", "1")];
    let out = bare.send("POST /api/v1/auth/logout", &ours, "").await;
    assert_eq!(out.status, 204, "{}", out.text);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(bare.send("GET /api/v1/me", &[cookie], "").await.status, 401);
}

#[tokio::test]
async fn every_page_of_the_ui_is_its_one_page() {
    let bare = bare(|_| ()).await;
    for path in ["/", "/login", "/w/ws_1/c/conv_2"] {
        let page = bare.send(&format!("GET {path}"), &[], "").await;
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{path}"
        );
        assert_eq!(page.header("cache-control"), "no-cache", "{path}");
        assert!(
            page.header("content-security-policy")
                .contains("script-src 'self'")
        );
    }
    let spec = bare.send("GET /api/openapi.json", &[], "").await;
    assert_eq!(spec.json()["info"]["title"], "PrivateStack");
}

#[tokio::test]
async fn the_box_says_how_it_is() {
    let bare = bare(|_| ()).await;
    assert_eq!(bare.send("GET /healthz", &[], "").await.status, 200);
    let ready = bare.send("GET /readyz", &[], "").await;
    assert_eq!((ready.status, ready.header("retry-after")), (503, "1"));
    assert_eq!(ready.json()["reason"], "there is no chat model");
    // The peer of a request inside the process is not this machine's loopback.
    assert_eq!(bare.send("GET /metrics", &[], "").await.status, 401);
    let (_, token) = bare.admin().await;
    let auth = [("authorization", token.as_str())];
    let metrics = bare.send("GET /metrics", &auth, "").await;
    assert!(
        metrics.text.contains("http_route=\"/api/v1/setup\""),
        "{}",
        metrics.text
    );
    let system = bare.send("GET /api/v1/system", &auth, "").await;
    assert_eq!(system.json()["ready"], false, "{}", system.text);
    for list in [
        "/v1/models",
        "/api/v1/models",
        "/api/v1/plugins",
        "/api/v1/me/sessions",
    ] {
        let reply = bare.send(&format!("GET {list}"), &auth, "").await;
        assert_eq!(reply.status, 200, "{list}: {}", reply.text);
    }
}

#[tokio::test]
async fn an_asker_who_sends_too_much_has_to_wait() {
    let bare = bare(|config| config.server.requests_per_minute = 3).await;
    let mut last = 0;
    for _ in 0..4 {
        last = bare.send("GET /api/v1/setup", &[], "").await.status;
    }
    assert_eq!(last, 429);
    let reply = bare.send("GET /api/v1/setup", &[], "").await;
    assert_eq!(reply.json()["code"], "rate_limited");
    assert!(!reply.header("retry-after").is_empty());
    // A forwarded address that a client makes up is no other bucket.
    let spoofed = [
        ("x-forwarded-for", "203.0.113.9"),
        ("x-real-ip", "203.0.113.9"),
    ];
    assert_eq!(
        bare.send("GET /api/v1/setup", &spoofed, "").await.status,
        429
    );
}

fn form(field: &str, name: &str, content: &str) -> String {
    format!(
        "--edge\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
         content-type: text/markdown\r\n\r\n{content}\r\n--edge--\r\n"
    )
}

#[tokio::test]
async fn an_upload_is_taken_within_its_limit() {
    let bare = bare(|config| config.server.upload_mib = 2).await;
    let (_, token) = bare.admin().await;
    let auth = ("authorization", token.as_str());
    let made = bare
        .send("POST /api/v1/workspaces", &[auth], r#"{"name": "Stores"}"#)
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap_or_default().to_owned();
    let line = format!("POST /api/v1/workspaces/{id}/documents");
    let multipart = ("content-type", "multipart/form-data; boundary=edge");
    let large = "a".repeat((2 << 20) + 1);
    let larger = "a".repeat(3 << 20);
    for (kind, body, status, code) in [
        (multipart, form("file", "a.md", "# Hello"), 202, Value::Null),
        (
            multipart,
            form("file", "b.md", "# Hello"),
            409,
            json!("document_exists"),
        ),
        (
            multipart,
            form("other", "a.md", "# Hello"),
            400,
            json!("file_missing"),
        ),
        (
            multipart,
            form("file", "a.md", &large),
            413,
            json!("file_too_large"),
        ),
        (
            multipart,
            form("file", "a.md", &larger),
            413,
            json!("body_too_large"),
        ),
        (
            multipart,
            "--edge\r\nnonsense".to_owned(),
            400,
            json!("invalid_body"),
        ),
        (
            ("content-type", "application/json"),
            "{}".to_owned(),
            415,
            json!("unsupported_media_type"),
        ),
    ] {
        let length = body.len().to_string();
        let headers = [auth, kind, ("content-length", length.as_str())];
        let reply = bare.send(&line, &headers, body).await;
        assert_eq!(
            (reply.status, reply.json()["code"].clone()),
            (status, code),
            "{}",
            reply.text
        );
    }
    let list = bare
        .send(
            &format!("GET /api/v1/workspaces/{id}/documents"),
            &[auth],
            "",
        )
        .await;
    assert_eq!(list.json()["items"][0]["title"], "a.md", "{}", list.text);
}

#[tokio::test]
async fn the_owner_of_the_machine_calls_over_the_control_socket() {
    let bare = bare(|_| ()).await;
    bare.admin().await;
    let stop = CancellationToken::new();
    let control = Control::bind(bare.data.path()).expect("a socket");
    let served = tokio::spawn(control.serve(bare.router.clone(), stop.clone()));
    let get = poem::http::Method::GET;
    let users = call(bare.data.path(), get.clone(), "/api/v1/users", None).await;
    let users = users.expect("an answer");
    assert_eq!(users.status, StatusCode::OK);
    let users: Value = serde_json::from_slice(&users.body).expect("JSON");
    assert_eq!(users["items"][0]["email"], "ada@example.org");
    // Running the box opens no workspace.
    let made = json!({ "name": "mine" });
    let post = poem::http::Method::POST;
    let refused = call(bare.data.path(), post, "/api/v1/workspaces", Some(&made)).await;
    assert_eq!(refused.expect("an answer").status, StatusCode::FORBIDDEN);
    stop.cancel();
    served.await.expect("no panic");
}
