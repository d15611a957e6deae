//! What every request goes through, in order: its name, its host, its body's limit, its handler;
//! and on the way out its error's dialect, its headers, its count.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use poem::http::{Method, StatusCode, header};
use poem::{Endpoint, PathPattern, Request, Response};
use tracing::Instrument;

use super::headers::dress;
use super::identity::{address, is_operator};
use super::limits::{Asker, BodyFault, FORM_BYTES, JSON_BYTES, PARCEL_BYTES, bounded};
use super::origin::check_host;
use super::problem::{Dialect, Problem};
use super::shared::Shared;
use crate::domain::fault::Kind;
use crate::domain::id::RequestId;
use crate::domain::time::Stopwatch;

/// Credentials in a query end in logs and histories; these names are refused there.
const QUERY_SECRETS: [&str; 4] = ["access_token", "api_key", "token", "password"];

/// The router with everything that is the same for all routes.
pub(super) struct Front<E> {
    inner: E,
    shared: Shared,
}

impl<E: Endpoint<Output = Response>> Front<E> {
    pub(super) fn new(inner: E, shared: Shared) -> Self {
        Self { inner, shared }
    }

    async fn pass(&self, mut request: Request) -> poem::Result<Response> {
        self.admit(&mut request)?;
        let answered = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        answered.await.unwrap_or_else(|_| {
            tracing::error!("a handler panicked");
            Err(Problem::panicked().into())
        })
    }

    /// Everything that is asked before the handler.
    fn admit(&self, request: &mut Request) -> Result<(), Problem> {
        request.extensions_mut().insert(self.shared.clone());
        if !is_operator(request) {
            check_host(request, &self.shared.hosts)?;
            check_query(request)?;
            if is_anonymous(request) {
                self.shared.rate.take(Asker::Address(address(request)))?;
            }
        }
        self.limit_body(request)
    }

    fn limit_body(&self, request: &mut Request) -> Result<(), Problem> {
        let limit = if is_upload(request) {
            self.shared.upload_bytes + FORM_BYTES
        } else if request.uri().path() == "/api/v1/workspaces/import" {
            PARCEL_BYTES
        } else {
            JSON_BYTES
        };
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|bytes| bytes > limit) {
            return Err(BodyFault::TooLarge { limit }.into());
        }
        if announced != Some(0) && !matches!(*request.method(), Method::GET | Method::HEAD) {
            let body = request.take_body();
            request.set_body(bounded(body, limit));
        }
        Ok(())
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for Front<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let (id, watch) = (RequestId::new(), Stopwatch::start());
        let active = self.shared.metrics.begin();
        let (path, method) = (request.uri().path().to_owned(), request.method().clone());
        let span = tracing::info_span!("request", %id);
        let result = self.pass(request).instrument(span.clone()).await;
        let _entered = span.enter();
        let (mut response, route) = settle(result, Dialect::of(&path), id);
        dress(&mut response, &path, id);
        let (status, took) = (response.status(), watch.elapsed());
        let metrics = &self.shared.metrics;
        metrics.count(&route, method.as_str(), status.as_u16(), took);
        drop(active);
        let status = status.as_u16();
        tracing::debug!(%method, %route, status, ms = took.as_millis(), "answered");
        Ok(response)
    }
}

/// The response, and the pattern of the route that made it.
fn settle(result: poem::Result<Response>, dialect: Dialect, id: RequestId) -> (Response, String) {
    let pattern = |found: Option<&PathPattern>| {
        found.map_or_else(|| "none".to_owned(), |found| found.0.to_string())
    };
    match result {
        Ok(response) => {
            let route = pattern(response.data::<PathPattern>());
            (response, route)
        }
        Err(error) => {
            let route = pattern(error.data::<PathPattern>());
            let problem = Problem::of(&error);
            let code = problem.code();
            match (problem.http_status(), problem.cause()) {
                (StatusCode::INTERNAL_SERVER_ERROR, cause) => {
                    tracing::error!(code, cause = cause.unwrap_or_default(), "failed");
                }
                (_, Some(cause)) => tracing::warn!(code, cause, "not available"),
                (_, None) => tracing::debug!(code, "refused"),
            }
            (problem.render(dialect, id), route)
        }
    }
}

fn is_anonymous(request: &Request) -> bool {
    let headers = request.headers();
    !headers.contains_key(header::AUTHORIZATION) && !headers.contains_key(header::COOKIE)
}

/// The route of uploads, which takes more than a small JSON body.
fn is_upload(request: &Request) -> bool {
    let path = request.uri().path();
    path.starts_with("/api/v1/workspaces/") && path.ends_with("/documents")
}

fn check_query(request: &Request) -> Result<(), Problem> {
    let query = request.uri().query().unwrap_or_default();
    let mut names = query
        .split('&')
        .map(|pair| pair.split('=').next().unwrap_or_default());
    if names.any(|name| QUERY_SECRETS.contains(&name)) {
        let message = "a credential does not belong into the address";
        return Err(Problem::new(Kind::Invalid, "credential_in_query", message)
            .hint("Send it as `Authorization: Bearer …`."));
    }
    Ok(())
}
