//! Signing in and out, and one's own account.

use poem::Request;
use poem::http::header;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Json, Response};
use poem_openapi::{Object, OpenApi};

use super::identity::{self, Identity};
use super::origin::check_same_site;
use super::params::{Done, PageView, page, part};
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use super::users::UserView;
use crate::auth::{OwnSession, SignedIn};
use crate::domain::fault::Kind;
use crate::domain::id::SessionId;
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;

pub(super) struct Sessions(pub Shared);

/// Somebody has just signed in.
#[derive(Object)]
#[oai(rename = "SignedIn")]
pub(super) struct SignedInView {
    /// For programs: send it as `Authorization: Bearer`. Browsers have the cookie.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Life of the access token in seconds.
    expires_in: u64,
    user: UserView,
}

/// Who signs in.
#[derive(Object)]
#[oai(rename = "LoginRequest", deny_unknown_fields)]
struct LoginBody {
    #[oai(validator(max_length = 200))]
    email: String,
    #[oai(validator(max_length = 512), write_only)]
    password: String,
}

/// A change of one's own account.
#[derive(Object)]
#[oai(rename = "MeChange", deny_unknown_fields)]
struct MeBody {
    /// How one wants to be called.
    #[oai(validator(max_length = 200))]
    name: String,
}

/// A new password.
#[derive(Object)]
#[oai(rename = "PasswordChange", deny_unknown_fields)]
struct PasswordBody {
    #[oai(validator(max_length = 512), write_only)]
    current: String,
    /// 12 to 128 characters.
    #[oai(validator(max_length = 512), write_only)]
    new: String,
}

/// A place where one is signed in.
#[derive(Object)]
#[oai(rename = "Session")]
struct SessionView {
    id: SessionId,
    created_at: Timestamp,
    /// When it was last used, to the minute.
    seen_at: Timestamp,
    /// Whether it is the one that asks.
    current: bool,
}

impl From<OwnSession> for SessionView {
    fn from(session: OwnSession) -> Self {
        Self {
            id: session.id,
            created_at: session.created_at,
            seen_at: session.seen_at,
            current: session.current,
        }
    }
}

/// The response to somebody who signed in: the token for programs, the cookie for browsers.
pub(super) fn signed_in(shared: &Shared, signed_in: SignedIn) -> Response<Json<SignedInView>> {
    let cookie = shared.session_cookie(
        signed_in.session.expose(),
        signed_in.session_expires_in.as_secs(),
    );
    let view = SignedInView {
        access_token: signed_in.access_token.expose().clone(),
        token_type: "Bearer".to_owned(),
        expires_in: signed_in.expires_in.as_secs(),
        user: signed_in.user.into(),
    };
    Response::new(Json(view)).header(header::SET_COOKIE, cookie)
}

/// The owner of the machine has no account.
fn nobody() -> Problem {
    Problem::new(
        Kind::NotFound,
        "user_not_found",
        "the operator has no account",
    )
}

#[OpenApi(tag = "Tag::Access")]
impl Sessions {
    /// Sign in.
    #[oai(path = "/auth/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        request: &Request,
        body: Json<LoginBody>,
    ) -> Result<Response<Json<SignedInView>>, Problem> {
        check_same_site(request)?;
        let LoginBody { email, password } = body.0;
        let from = identity::address(request);
        let auth = &self.0.auth;
        let someone = auth.sign_in(&email, Secret::new(password), from).await?;
        Ok(signed_in(&self.0, someone))
    }

    /// Sign out: the session and its tokens end at once.
    #[oai(path = "/auth/logout", method = "post", operation_id = "logout")]
    async fn logout(&self, asker: Identity) -> Result<Response<Done>, Problem> {
        self.0.auth.sign_out(&asker.principal).await?;
        let forget = self.0.session_cookie("", 0);
        Ok(Response::new(Done::Done)
            .header(header::SET_COOKIE, forget)
            .header("clear-site-data", "\"cache\""))
    }

    /// Show who is asking.
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(&self, asker: Identity) -> Result<Json<UserView>, Problem> {
        let me = asker.principal.user().ok_or_else(nobody)?;
        let user = self.0.auth.get_user(&asker.principal, me).await?;
        Ok(Json(user.into()))
    }

    /// Change how one is called.
    #[oai(path = "/me", method = "patch", operation_id = "changeMe")]
    async fn change(&self, asker: Identity, body: Json<MeBody>) -> Result<Json<UserView>, Problem> {
        let user = self
            .0
            .auth
            .rename_self(&asker.principal, &body.0.name)
            .await?;
        Ok(Json(user.into()))
    }

    /// Change one's password. Every other session ends.
    #[oai(
        path = "/me/password",
        method = "post",
        operation_id = "changePassword"
    )]
    async fn password(&self, asker: Identity, body: Json<PasswordBody>) -> Result<Done, Problem> {
        let (current, new) = (Secret::new(body.0.current), Secret::new(body.0.new));
        let auth = &self.0.auth;
        auth.change_password(&asker.principal, current, new).await?;
        Ok(Done::Done)
    }

    /// List where one is signed in.
    #[oai(path = "/me/sessions", method = "get", operation_id = "listSessions")]
    async fn list(
        &self,
        asker: Identity,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<SessionView>>, Problem> {
        let own = self.0.auth.list_sessions(&asker.principal).await?;
        let part = part(own, &page(cursor.0, limit.0), |own| own.id.to_string())?;
        Ok(PageView::of(part, SessionView::from))
    }

    /// Sign out somewhere: that session and its tokens end at once.
    #[oai(
        path = "/me/sessions/:id",
        method = "delete",
        operation_id = "endSession"
    )]
    async fn end(&self, asker: Identity, id: Path<SessionId>) -> Result<Done, Problem> {
        self.0.auth.end_session(&asker.principal, id.0).await?;
        Ok(Done::Done)
    }
}
