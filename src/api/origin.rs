//! Where a request says it comes from and goes to: DNS rebinding, cross-site requests.

use std::net::IpAddr;

use poem::Request;
use poem::http::{HeaderMap, Method, StatusCode, header};

use super::problem::Problem;
use crate::domain::fault::Kind;

/// The header that our own scripts send with what changes something. Another site cannot send
/// it without asking first (CORS), and is told no.
pub(super) const CSRF_HEADER: &str = "x-privatestack-csrf";

/// The host that a request is for, without its port, in lower case.
fn host_name(host: &str) -> String {
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        },
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// What the request names as its host, with the port: `Host`, or the authority of HTTP/2.
fn host_of(request: &Request) -> Option<&str> {
    let authority = request.original_uri().authority();
    authority
        .map(|authority| authority.as_str())
        .or_else(|| text(request.headers(), header::HOST.as_str()))
}

/// Refuses a request for a name that is not ours: a foreign page whose name was pointed at this
/// address (DNS rebinding) would otherwise read our answers. An address is nobody's name.
pub(super) fn check_host(request: &Request, hosts: &[String]) -> Result<(), Problem> {
    let Some(host) = host_of(request) else {
        let message = "the request does not say which host it is for";
        return Err(Problem::new(Kind::Invalid, "host_missing", message));
    };
    let name = host_name(host);
    let ours = name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok()
        || hosts.iter().any(|known| known.eq_ignore_ascii_case(&name));
    if ours {
        return Ok(());
    }
    let message = "this box does not answer for that host name";
    Err(Problem::new(Kind::Invalid, "unknown_host", message)
        .hint("Add the name to server.hosts in the settings.")
        .status(StatusCode::MISDIRECTED_REQUEST))
}

/// Refuses what a browser says comes from another site. Asked wherever a cookie is used or set.
pub(super) fn check_same_site(request: &Request) -> Result<(), Problem> {
    if is_safe(request.method()) {
        return Ok(());
    }
    let headers = request.headers();
    let foreign_fetch =
        text(headers, "sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let origin = text(headers, header::ORIGIN.as_str());
    let foreign_origin = origin.is_some_and(|origin| !is_own(origin, host_of(request)));
    if foreign_fetch || foreign_origin {
        return Err(cross_site());
    }
    Ok(())
}

/// As [`check_same_site`], and asks for a sign that a page of ours sent it: our header, or what
/// a browser adds and no page can forge.
pub(super) fn check_own_page(request: &Request) -> Result<(), Problem> {
    check_same_site(request)?;
    let headers = request.headers();
    let shown = headers.contains_key(CSRF_HEADER)
        || text(headers, "sec-fetch-site") == Some("same-origin")
        || headers.contains_key(header::ORIGIN);
    if is_safe(request.method()) || shown {
        return Ok(());
    }
    Err(cross_site())
}

fn cross_site() -> Problem {
    let message = "a session cookie is taken from our own pages only";
    Problem::new(Kind::Forbidden, "cross_site_request", message)
        .hint("Send the header x-privatestack-csrf: 1, or use a token instead of the cookie.")
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn is_own(origin: &str, host: Option<&str>) -> bool {
    let authority = origin.split_once("://").map(|(_, rest)| rest);
    matches!((authority, host), (Some(a), Some(h)) if a.eq_ignore_ascii_case(h))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, headers: &[(&str, &str)]) -> Request {
        let mut builder = Request::builder().method(method);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.finish()
    }

    #[test]
    fn only_our_own_names_are_answered() {
        let hosts = ["Box.Example".to_owned()];
        for (host, ours) in [
            ("localhost:8080", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("LOCALHOST", true),
            ("box.example:443", true),
            ("box.example.", true),
            ("evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:8080", false),
            ("", false),
        ] {
            let asked = request(Method::GET, &[("host", host)]);
            assert_eq!(check_host(&asked, &hosts).is_ok(), ours, "{host}");
        }
        assert!(check_host(&request(Method::GET, &[]), &hosts).is_err());
    }

    #[test]
    fn a_cookie_works_from_our_own_pages_only() {
        let host = ("host", "box.example:8080");
        for (headers, own) in [
            (vec![], false),
            (vec![("x-privatestack-csrf", "1")], true),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("origin", "http://box.example:8080")], true),
            (vec![("origin", "http://evil.example")], false),
            (vec![("origin", "null")], false),
            (vec![("origin", "http://box.example")], false),
            (
                vec![
                    ("sec-fetch-site", "cross-site"),
                    ("x-privatestack-csrf", "1"),
                ],
                false,
            ),
            (vec![("sec-fetch-site", "same-site")], false),
        ] {
            let mut all = headers.clone();
            all.push(host);
            let post = check_own_page(&request(Method::POST, &all));
            assert_eq!(post.is_ok(), own, "{headers:?}");
            assert!(check_own_page(&request(Method::GET, &all)).is_ok());
        }
    }
}
