//! The description of the whole API: what poem-openapi knows of `/api/v1`, and what is written by
//! hand of the rest.

use std::collections::HashMap;
use std::marker::PhantomData;

use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use poem_openapi::registry::{MetaApi, Registry};
use poem_openapi::{OpenApi, OpenApiService};
use serde_json::{Map, Value};

use super::Api;
use super::system::VERSION;

/// `/v1`, `/healthz`, `/readyz` and `/metrics`: plain handlers, described by hand.
const BY_HAND: &str = include_str!("openapi.json");

const ABOUT: &str = "A private AI assistant for a team: your documents, models that run on the \
box. Errors under /api are problem+json (RFC 9457), under /v1 OpenAI error objects. Lists are \
read page by page: send `next_cursor` as `cursor`. Every response has `x-request-id`.";

/// What is known of an API without the rooms behind it.
struct Described<T>(PhantomData<T>);

impl<T: OpenApi> OpenApi for Described<T> {
    fn meta() -> Vec<MetaApi> {
        T::meta()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn add_routes(self, _: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {}
}

/// The description as JSON, always the same for the same build.
pub fn openapi() -> String {
    let service = OpenApiService::new(Described::<Api>(PhantomData), "PrivateStack", VERSION)
        .description(ABOUT)
        .server("/")
        .url_prefix("/api/v1");
    let mut whole = parse(&service.spec());
    merge(&mut whole, parse(BY_HAND));
    let mut text = serde_json::to_string_pretty(&tidy(whole)).expect("a JSON value is JSON");
    text.push('\n');
    text
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("the description is JSON; a test makes it")
}

/// Adds everything of `other` that is not there.
fn merge(whole: &mut Value, other: Value) {
    match (whole, other) {
        (Value::Object(whole), Value::Object(other)) => {
            for (key, value) in other {
                match whole.get_mut(&key) {
                    Some(place) => merge(place, value),
                    None => {
                        whole.insert(key, value);
                    }
                }
            }
        }
        (Value::Array(whole), Value::Array(other)) => whole.extend(other),
        (whole, other) => *whole = other,
    }
}

/// Keys in order, and media types without the parameters that poem-openapi puts in them.
fn tidy(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            let tidied = entries.into_iter().map(|(key, value)| {
                let key = key.replace("; charset=utf-8", "");
                (key, tidy(value))
            });
            Value::Object(tidied.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(tidy).collect()),
        other => other,
    }
}

/// One route of the box, as its description has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteFact {
    pub method: String,
    /// With its parameters in braces, such as `/api/v1/workspaces/{id}`.
    pub path: String,
    /// Whether it needs somebody signed in.
    pub secured: bool,
}

/// Every route that is described, for tests that walk them all.
pub fn routes() -> Vec<RouteFact> {
    let whole = parse(&openapi());
    let mut facts = Vec::new();
    for (path, methods) in whole["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            facts.push(RouteFact {
                method: method.to_uppercase(),
                path: path.clone(),
                secured: operation.get("security").is_some(),
            });
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `PRIVATESTACK_WRITE_GOLDEN=1 cargo nextest run` (or `make openapi`) writes it anew.
    #[test]
    fn the_description_is_the_golden_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/openapi.json");
        let made = openapi();
        if std::env::var_os("PRIVATESTACK_WRITE_GOLDEN").is_some() {
            std::fs::write(path, &made).expect("the golden file can be written");
        }
        let golden = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            golden == made,
            "tests/golden/openapi.json is not what the code says"
        );
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let whole = parse(&openapi());
        let mut missing = Vec::new();
        visit(&whole, &mut |reference| {
            let path = reference.trim_start_matches('#');
            if whole.pointer(path).is_none() {
                missing.push(reference.to_owned());
            }
        });
        assert!(missing.is_empty(), "{missing:?}");
    }

    fn visit(value: &Value, found: &mut impl FnMut(&str)) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value.as_str() {
                        Some(reference) if key == "$ref" => found(reference),
                        _ => visit(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| visit(item, found)),
            _ => {}
        }
    }

    #[test]
    fn only_these_routes_need_nobody_signed_in() {
        let open: Vec<String> = routes()
            .into_iter()
            .filter(|route| !route.secured)
            .map(|route| format!("{} {}", route.method, route.path))
            .collect();
        let expected = [
            "POST /api/v1/auth/login",
            "GET /api/v1/setup",
            "POST /api/v1/setup",
            "GET /healthz",
            "GET /metrics",
            "GET /readyz",
        ];
        assert_eq!(open, expected);
    }
}
