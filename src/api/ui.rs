//! The embedded web UI: compressed as the browser likes, cached as long as its name says.

use poem::http::{HeaderMap, StatusCode, header};
use poem::{Body, Request, Response, handler};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::Problem;
use crate::domain::fault::Kind;

/// What `npm run build` made; empty in a build without the UI.
#[derive(RustEmbed)]
#[folder = "assets/ui/dist"]
#[allow_missing = true]
struct Files;

/// Paths that the UI does not route itself: a file that is not there is not there.
const NOT_PAGES: [&str; 7] = [
    "api", "v1", "assets", "explorer", "healthz", "readyz", "metrics",
];

const WITHOUT_UI: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<title>PrivateStack</title><h1>PrivateStack</h1>\
<p>This build has no web UI. Make one with <code>make build</code>; the API is at \
<a href=\"/api/openapi.json\">/api/openapi.json</a>.</p></html>";

/// One encoding of a file.
struct Variant {
    file: EmbeddedFile,
    encoding: Option<&'static str>,
}

/// A file of the UI, or its one page for every path that it routes itself.
#[handler]
pub(super) fn serve(request: &Request) -> Result<Response, Problem> {
    let path = request.uri().path().trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    let name = if is_public(path) && Files::get(path).is_some() {
        path
    } else if NOT_PAGES.contains(&first) {
        let message = "there is nothing at this path";
        return Err(Problem::new(Kind::NotFound, "route_not_found", message));
    } else {
        "index.html"
    };
    Ok(file(name, request.headers()).unwrap_or_else(without_ui))
}

/// The API explorer.
#[handler]
pub(super) fn explorer(request: &Request) -> Response {
    file("explorer/index.html", request.headers()).unwrap_or_else(without_ui)
}

/// Whether it is a file of the UI rather than one of its compressed twins.
fn is_public(path: &str) -> bool {
    !path.is_empty() && !path.ends_with(".br") && !path.ends_with(".gz")
}

fn without_ui() -> Response {
    Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-cache")
        .body(WITHOUT_UI)
}

fn file(name: &str, headers: &HeaderMap) -> Option<Response> {
    let Variant { file, encoding } = variant(name, headers)?;
    let tag = format!("\"{}\"", short_hex(&file.metadata.sha256_hash()));
    // A hashed name never changes its content; any other is asked for again.
    let caching = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = Response::builder()
        .header(header::ETAG, &tag)
        .header(header::CACHE_CONTROL, caching)
        .header(header::VARY, "accept-encoding");
    let known = headers.get(header::IF_NONE_MATCH);
    let known = known.and_then(|value| value.to_str().ok());
    if known.is_some_and(|list| list.split(',').any(|known| same_tag(known, &tag))) {
        return Some(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    if let Some(encoding) = encoding {
        response = response.header(header::CONTENT_ENCODING, encoding);
    }
    let response = response.content_type(media_type(name));
    Some(response.body(match file.data {
        std::borrow::Cow::Borrowed(bytes) => Body::from(bytes),
        std::borrow::Cow::Owned(bytes) => Body::from(bytes),
    }))
}

fn same_tag(known: &str, tag: &str) -> bool {
    let known = known.trim();
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
}

/// The smallest encoding that the browser takes.
fn variant(name: &str, headers: &HeaderMap) -> Option<Variant> {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        if !accepts(accepted, encoding) {
            continue;
        }
        if let Some(file) = Files::get(&format!("{name}.{ending}")) {
            let encoding = Some(encoding);
            return Some(Variant { file, encoding });
        }
    }
    let (file, encoding) = (Files::get(name)?, None);
    Some(Variant { file, encoding })
}

/// Whether an `Accept-Encoding` names this one, and not with a quality of 0.
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        named && !refused
    })
}

fn short_hex(digest: &[u8; 32]) -> String {
    digest[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("webmanifest") => "application/manifest+json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_taken_only_where_it_is_wanted() {
        for (accepted, br, gzip) in [
            ("gzip, deflate, br", true, true),
            ("gzip;q=0.5, BR;q=1", true, true),
            ("br;q=0, gzip", false, true),
            ("identity", false, false),
            ("", false, false),
            ("vibrate", false, false),
        ] {
            assert_eq!(accepts(accepted, "br"), br, "{accepted}");
            assert_eq!(accepts(accepted, "gzip"), gzip, "{accepted}");
        }
    }

    #[test]
    fn a_tag_matches_weakly_and_in_lists() {
        for (known, same) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
        ] {
            assert_eq!(same_tag(known, "\"a\""), same, "{known}");
        }
    }
}
