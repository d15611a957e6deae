//! What every response carries: the request's id, and what browsers may do with it.

use poem::Response;
use poem::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::domain::id::RequestId;

/// The name of a request in every response, log line and problem.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Nothing but this box, no inline script or style, nobody may frame it; markup is never made
/// from text (trusted types, of which the UI needs none).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; form-action 'self'; \
    base-uri 'none'; object-src 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// The same for the API explorer, which sets markup (through its own sanitiser).
const EXPLORER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; \
    base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Puts the house's headers on a response.
pub(super) fn dress(response: &mut Response, path: &str, id: RequestId) {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = if is_explorer(path) {
        EXPLORER_POLICY
    } else {
        POLICY
    };
    set_default(headers, header::CONTENT_SECURITY_POLICY, policy);
    // Answers are somebody's own; only the UI's files say otherwise themselves.
    set_default(headers, header::CACHE_CONTROL, "no-store");
    let id = HeaderValue::try_from(id.to_string()).expect("an id is printable ASCII");
    headers.insert(REQUEST_ID, id);
}

fn is_explorer(path: &str) -> bool {
    path == "/api/docs" || path.starts_with("/explorer/")
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_response_is_dressed() {
        let mut response = Response::builder().body("x");
        let id = RequestId::new();
        dress(&mut response, "/api/v1/me", id);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(response.header(name), Some(value), "{name}");
        }
        assert_eq!(response.header("x-request-id"), Some(&*id.to_string()));
        let policy = response.header("content-security-policy").expect("set");
        assert!(policy.contains("trusted-types 'none'") && !policy.contains("unsafe"));
        assert!(!policy.contains("  "), "{policy}");
    }

    #[test]
    fn what_a_handler_said_of_caching_stays() {
        let mut response = Response::builder()
            .header("cache-control", "no-cache")
            .body("x");
        dress(&mut response, "/api/docs", RequestId::new());
        assert_eq!(response.header("cache-control"), Some("no-cache"));
        let policy = response.header("content-security-policy").expect("set");
        assert!(!policy.contains("trusted-types"));
    }
}
