//! An appliance in a temporary folder and the people who use it.
//!
//! Everything is real: the router, the store, the plugins, the engine with a tiny model that
//! recites a sentence. No ports and no sleeps; the clock is ours.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use poem::http::{HeaderMap, Method, StatusCode, header};
use poem::{Body, Endpoint, Request, Response};
use privatestack::api::Router;
use privatestack::app::App;
use privatestack::config::Config;
use privatestack::domain::time::{Clock, Timestamp};
use privatestack::engine::Engine;
use serde_json::{Value, json};

use crate::tiny_model;

pub(crate) const PASSWORD: &str = "a lantern over quiet water";

/// A box of its own.
pub(crate) struct Appliance {
    app: Option<App>,
    pub config: Config,
    pub clock: Clock,
    pub folder: tempfile::TempDir,
}

impl Appliance {
    /// A box whose model says `sentence` to everything, with an embedding model.
    pub(crate) async fn saying(sentence: &str) -> Self {
        Self::with(&tiny_model::reciting(sentence), |_| {}).await
    }

    /// A box with this chat model and changed settings.
    pub(crate) async fn with(model: &[u8], change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("tiny.gguf"), model).expect("a model file");
        Self::of(folder, "tiny.gguf", change).await
    }

    /// A box whose model says `sentence` and came as Hugging Face ships models, in two files.
    pub(crate) async fn of_checkpoint(sentence: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = folder.path().join("Tiny-Instruct");
        tiny_model::write_checkpoint(&source, sentence, 2).expect("a checkpoint");
        Self::of(folder, "Tiny-Instruct", |_| {}).await
    }

    /// A box with the chat model that is in its folder under this name.
    pub(crate) async fn of(
        folder: tempfile::TempDir,
        model: &str,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config::default();
        // Cheap hashes: these stories are not about the cost of a password.
        (config.auth.argon2_memory_kib, config.auth.argon2_passes) = (64, 1);
        config.server.requests_per_minute = 100_000;
        config.engine.threads = 1;
        change(&mut config);
        let clock = Clock::held(Timestamp::from_millis(1_800_000_000_000));
        import(&config, folder.path(), model);
        let mut appliance = Self {
            app: None,
            config,
            clock,
            folder,
        };
        appliance.start().await;
        appliance
    }

    async fn start(&mut self) {
        let data = self.folder.path().join("data");
        std::fs::create_dir_all(&data).expect("a data folder");
        let made = self.folder.path().join("models");
        if made.exists() {
            // Commands that ran before have made an empty one.
            let _ = std::fs::remove_dir_all(data.join("models"));
            std::fs::rename(made, data.join("models")).expect("models move in");
        }
        let app = App::open(&self.config, &data, self.clock.clone()).await;
        self.app = Some(app.expect("the box opens"));
        self.until_ready().await;
    }

    async fn until_ready(&self) {
        for _ in 0..600 {
            if self
                .send(Method::GET, "/readyz", None, HeaderMap::new())
                .await
                .status()
                == 200
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the box did not get ready");
    }

    /// Stops the box and opens its data folder again.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    /// Stops the box, so that its data folder may be looked into.
    pub(crate) async fn stop(&mut self) {
        self.app.take().expect("it runs").close().await;
    }

    pub(crate) fn app(&self) -> &App {
        self.app.as_ref().expect("it runs")
    }

    pub(crate) fn router(&self) -> Arc<Router> {
        self.app().router()
    }

    /// The first person, who makes themselves the admin.
    pub(crate) async fn admin(&self, name: &str) -> Person<'_> {
        let token = self.app().setup_token().await.expect("the store is open");
        let token = token.expect("nobody is admin yet");
        let body = json!({
            "token": token.expose().as_str(), "email": format!("{name}@example.org"),
            "name": name, "password": PASSWORD,
        });
        let person = Person {
            appliance: self,
            bearer: String::new(),
            id: String::new(),
        };
        let made = person.post("/api/v1/setup", body).await.ok();
        person.signed_in(&made)
    }

    /// Somebody with an account, made by `admin`.
    pub(crate) async fn person(&self, admin: &Person<'_>, name: &str) -> Person<'_> {
        let email = format!("{name}@example.org");
        let body = json!({
            "email": email, "name": name, "password": PASSWORD, "role": "member",
        });
        admin.post("/api/v1/users", body).await.ok();
        let person = Person {
            appliance: self,
            bearer: String::new(),
            id: String::new(),
        };
        let login = json!({ "email": email, "password": PASSWORD });
        let made = person.post("/api/v1/auth/login", login).await.ok();
        person.signed_in(&made)
    }

    /// Sends one request to the router.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: HeaderMap,
    ) -> Response {
        let mut request = Request::builder().method(method).uri_str(path).finish();
        *request.headers_mut() = headers;
        request
            .headers_mut()
            .insert(header::HOST, "localhost".parse().expect("a host"));
        if let Some(body) = body {
            request.set_body(Body::from(body));
        }
        self.router().get_response(request).await
    }
}

fn import(config: &Config, scratch: &Path, chat: &str) {
    let models = scratch.join("models");
    let engine = Engine::open(&config.engine, &models, Clock::system()).expect("an engine");
    let chat = scratch.join(chat);
    engine.import(&chat, &mut |_, _| {}).expect("a chat model");
    let folder = scratch.join("encoder");
    std::fs::create_dir_all(&folder).expect("a folder");
    tiny_model::write_encoder(&folder).expect("an encoder");
    engine
        .import(&folder, &mut |_, _| {})
        .expect("an embedding model");
    engine.shutdown();
}

/// Somebody who calls the API with a token or a key.
pub(crate) struct Person<'a> {
    pub appliance: &'a Appliance,
    pub bearer: String,
    pub id: String,
}

/// What came back.
pub(crate) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text);
        self.json()
    }

    /// Asserts a problem of the product's API.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) {
        let found = (self.status.as_u16(), self.json()["code"].clone());
        assert_eq!(found, (status, json!(code)), "{}", self.text);
    }

    /// The events of a stream: name and JSON.
    pub(crate) fn events(&self) -> Vec<(String, Value)> {
        let mut events = Vec::new();
        for block in self.text.split("\n\n") {
            let field = |name: &str| {
                let prefix = format!("{name}:");
                let line = block.lines().find_map(|line| line.strip_prefix(&prefix));
                line.map(|value| value.trim().to_owned())
            };
            if let Some(data) = field("data") {
                let value = serde_json::from_str(&data).unwrap_or(Value::String(data));
                events.push((field("event").unwrap_or_default(), value));
            }
        }
        events
    }
}

impl<'a> Person<'a> {
    fn signed_in(mut self, made: &Value) -> Person<'a> {
        self.bearer = made["access_token"]
            .as_str()
            .expect("an access token")
            .to_owned();
        self.id = made["user"]["id"].as_str().expect("a user").to_owned();
        self
    }

    /// The same person with another credential.
    pub(crate) fn with_bearer(&self, bearer: &str) -> Person<'a> {
        let (appliance, id) = (self.appliance, self.id.clone());
        Person {
            appliance,
            bearer: bearer.to_owned(),
            id,
        }
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        self.call_with(method, path, body, &[]).await
    }

    pub(crate) async fn call_with(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        extra: &[(&'static str, &str)],
    ) -> Reply {
        let mut headers = HeaderMap::new();
        if body.is_some() {
            headers.insert(
                header::CONTENT_TYPE,
                "application/json".parse().expect("a type"),
            );
        }
        for (name, value) in extra {
            headers.insert(*name, value.parse().expect("a header"));
        }
        let body = body.map(|value| value.to_string().into_bytes());
        self.send(method, path, body, headers).await
    }

    /// Sends any body.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        mut headers: HeaderMap,
    ) -> Reply {
        if !self.bearer.is_empty() {
            let value = format!("Bearer {}", self.bearer).parse().expect("a header");
            headers.insert(header::AUTHORIZATION, value);
        }
        let response = self.appliance.send(method, path, body, headers).await;
        let (parts, body) = response.into_parts();
        let text = body.into_string().await.expect("a text body");
        Reply {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }

    pub(crate) async fn opens_workspace(&self, name: &str) -> String {
        let made = self
            .post("/api/v1/workspaces", json!({ "name": name }))
            .await
            .ok();
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Uploads a document; what the box answered.
    pub(crate) async fn sends_file(&self, workspace: &str, name: &str, content: &[u8]) -> Reply {
        const EDGE: &str = "edge-of-the-story";
        let head = format!(
            "--{EDGE}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             content-type: application/octet-stream\r\n\r\n"
        );
        let body = [
            head.as_bytes(),
            content,
            format!("\r\n--{EDGE}--\r\n").as_bytes(),
        ]
        .concat();
        let mut headers = HeaderMap::new();
        let kind = format!("multipart/form-data; boundary={EDGE}")
            .parse()
            .expect("a type");
        headers.insert(header::CONTENT_TYPE, kind);
        let path = format!("/api/v1/workspaces/{workspace}/documents");
        self.send(Method::POST, &path, Some(body), headers).await
    }

    /// Uploads a document and waits until it is indexed or has failed.
    pub(crate) async fn uploads(&self, workspace: &str, name: &str, content: &str) -> Value {
        let reply = self.sends_file(workspace, name, content.as_bytes()).await;
        assert_eq!(reply.status, 202, "{}", reply.text);
        let id = reply.json()["id"].as_str().expect("an id").to_owned();
        self.until_settled(workspace, &id).await
    }

    pub(crate) async fn until_settled(&self, workspace: &str, document: &str) -> Value {
        let path = format!("/api/v1/workspaces/{workspace}/documents/{document}");
        for _ in 0..1200 {
            let shown = self.get(&path).await.ok();
            if shown["state"] == "indexed" || shown["state"] == "failed" {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the document was not read");
    }

    pub(crate) async fn opens_conversation(&self, workspace: &str) -> String {
        let path = format!("/api/v1/workspaces/{workspace}/conversations");
        let made = self.post(&path, json!({})).await.ok();
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Asks in a conversation and waits for the whole turn.
    pub(crate) async fn asks(&self, conversation: &str, text: &str) -> Reply {
        let path = format!("/api/v1/conversations/{conversation}/turns");
        self.post(&path, json!({ "text": text, "stream": false }))
            .await
    }

    /// Asks in a conversation and reads the stream to its end.
    pub(crate) async fn asks_streamed(&self, conversation: &str, text: &str) -> Reply {
        let path = format!("/api/v1/conversations/{conversation}/turns");
        self.post(&path, json!({ "text": text, "stream": true }))
            .await
    }

    /// Waits until so many answers are being made, and so many wait. For admins.
    pub(crate) async fn until_load(&self, (running, waiting): (u64, u64)) {
        let mut system = json!(null);
        for _ in 0..400 {
            system = self.get("/api/v1/system").await.ok();
            let queue = &system["queue"];
            if *queue == json!({ "running": running, "waiting": waiting }) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{running} running and {waiting} waiting were not seen: {system}");
    }

    /// Makes an API key.
    pub(crate) async fn mints_key(&self, body: Value) -> String {
        let made = self.post("/api/v1/api-keys", body).await.ok();
        made["key"].as_str().expect("a key").to_owned()
    }
}
