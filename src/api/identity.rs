//! Who is asking: the one place where a credential becomes a principal.
//!
//! A bearer (access token or API key) or the session cookie, never both paths apart: every route
//! that needs somebody goes through [`identify`]. A cookie is taken from our own pages only.

use std::net::IpAddr;

use poem::http::header;
use poem::{Addr, FromRequest, Request, RequestBody};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::limits::Asker;
use super::origin::check_own_page;
use super::problem::Problem;
use super::shared::Shared;
use crate::auth::Presented;
use crate::domain::fault::Kind;
use crate::domain::principal::Principal;
use crate::net::Operator;

/// The session cookie where the browser may keep it locked to this origin (TLS, loopback).
pub(super) const COOKIE: &str = "__Host-ps_session";
/// The session cookie over plain HTTP that was asked for by name.
pub(super) const PLAIN_COOKIE: &str = "ps_session";

/// Whoever is asking, authenticated. A handler that takes this needs somebody signed in.
pub(super) struct Identity {
    pub principal: Principal,
}

impl<'a> ApiExtractor<'a> for Identity {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        let scheme = |ty, description| MetaSecurityScheme {
            ty,
            description: Some(description),
            name: None,
            key_in: None,
            scheme: None,
            bearer_format: None,
            flows: None,
            openid_connect_url: None,
        };
        let mut bearer = scheme(
            "http",
            "An access token of `auth/login`, or an API key `psk_…`.",
        );
        bearer.scheme = Some("bearer");
        let mut cookie = scheme(
            "apiKey",
            "The browser's session. What changes something also needs `x-privatestack-csrf: 1`.",
        );
        (cookie.name, cookie.key_in) = (Some(COOKIE), Some("cookie"));
        registry.create_security_scheme("bearer", bearer);
        registry.create_security_scheme("session", cookie);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec!["bearer", "session"]
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let principal = identify(request).await?;
        Ok(Self { principal })
    }
}

/// Somebody signed in, for handlers outside poem-openapi.
pub(super) struct Signed(pub Principal);

impl<'a> FromRequest<'a> for Signed {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self(identify(request).await?))
    }
}

/// Who sent this request. Counts it against the person, or against the address if it is nobody.
pub(super) async fn identify(request: &Request) -> Result<Principal, Problem> {
    // The owner of the machine may also come as somebody: less is always allowed.
    if is_operator(request) && !request.headers().contains_key(header::AUTHORIZATION) {
        return Ok(Principal::Operator);
    }
    let shared = shared(request);
    let address = Asker::Address(address(request));
    let presented = presented(request, shared.cookie_name())?;
    let Some(presented) = presented else {
        shared.rate.take(address)?;
        return Err(nobody());
    };
    if let Presented::Cookie(_) = presented {
        check_own_page(request)?;
    }
    match shared.auth.authenticate(presented).await {
        Ok(principal) => {
            if let Some(user) = principal.user() {
                shared.rate.take(Asker::Person(user))?;
            }
            Ok(principal)
        }
        Err(error) => {
            shared.rate.take(address)?;
            Err(error.into())
        }
    }
}

fn nobody() -> Problem {
    let message = "nobody is signed in";
    Problem::new(Kind::Unauthenticated, "unauthenticated", message)
        .hint("Send an access token or an API key as `Authorization: Bearer …`, or sign in.")
}

/// Whether it came over the control socket.
pub(super) fn is_operator(request: &Request) -> bool {
    request.extensions().get::<Operator>().is_some()
}

/// The peer's address; unspecified where there is none (a test, the control socket).
pub(super) fn address(request: &Request) -> IpAddr {
    let unknown = IpAddr::from([0, 0, 0, 0]);
    match &request.remote_addr().0 {
        Addr::SocketAddr(address) => match address.ip().to_canonical() {
            IpAddr::V6(v6) if !v6.is_loopback() => {
                // One customer has a /64; its last half is no second asker.
                let network = v6.to_bits() & !u128::from(u64::MAX);
                IpAddr::V6(network.into())
            }
            other => other,
        },
        _ => unknown,
    }
}

/// What the request shows to prove who sent it.
fn presented<'a>(request: &'a Request, cookie: &str) -> Result<Option<Presented<'a>>, Problem> {
    let unreadable = || {
        let message = "the Authorization header is not `Bearer` and a token";
        Problem::new(Kind::Unauthenticated, "invalid_credential", message)
    };
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let value = value.to_str().map_err(|_| unreadable())?;
        let (scheme, token) = value.split_once(' ').ok_or_else(unreadable)?;
        if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
            return Err(unreadable());
        }
        return Ok(Some(Presented::Bearer(token.trim())));
    }
    Ok(session_cookie(request, cookie).map(Presented::Cookie))
}

/// The value of the session cookie.
fn session_cookie<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let lines = request.headers().get_all(header::COOKIE);
    lines
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

/// The house behind the router.
pub(super) fn shared(request: &Request) -> &Shared {
    request
        .extensions()
        .get::<Shared>()
        .expect("the front puts the house on every request")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_is_read_whole_and_a_cookie_by_its_name() {
        let asked = |name: &str, value: &str| Request::builder().header(name, value).finish();
        let request = asked("authorization", "bearer  psk_1 ");
        let found = presented(&request, COOKIE).expect("readable");
        assert!(matches!(found, Some(Presented::Bearer("psk_1"))));
        for wrong in ["Basic abc", "Bearer", "Bearer  ", ""] {
            assert!(
                presented(&asked("authorization", wrong), COOKIE).is_err(),
                "{wrong}"
            );
        }
        for (line, value) in [
            ("a=b; __Host-ps_session=abc; c=d", Some("abc")),
            ("ps_session=abc", None),
            ("__Host-ps_session=", None),
            ("x__Host-ps_session=abc", None),
        ] {
            assert_eq!(
                session_cookie(&asked("cookie", line), COOKIE),
                value,
                "{line}"
            );
        }
    }
}
