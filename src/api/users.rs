//! The people who have an account. An admin's business.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use super::identity::Identity;
use super::params::{Created, Done, PageView, page};
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use crate::auth::NewUser;
use crate::auth::policy::permit;
use crate::domain::id::UserId;
use crate::domain::page::Page;
use crate::domain::principal::{Action, Role};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::user::User;

pub(super) struct Users(pub Shared);

/// What an account may do on the box as a whole.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "Role", rename_all = "snake_case")]
pub(super) enum RoleView {
    /// Runs the box. Has no right to other people's workspaces.
    Admin,
    /// Uses the box.
    Member,
}

/// One account.
#[derive(Object)]
#[oai(rename = "User")]
pub(super) struct UserView {
    id: UserId,
    email: String,
    name: String,
    role: RoleView,
    /// A disabled account keeps its data and cannot sign in.
    disabled: bool,
    created_at: Timestamp,
}

/// An account to make.
#[derive(Object)]
#[oai(rename = "UserRequest", deny_unknown_fields)]
struct UserBody {
    #[oai(validator(max_length = 200))]
    email: String,
    #[oai(validator(max_length = 200))]
    name: String,
    /// 12 to 128 characters. Tell it to the person, who changes it then.
    #[oai(validator(max_length = 512), write_only)]
    password: String,
    /// `member` if nothing is said.
    role: Option<RoleView>,
}

/// A change of an account; what is absent stays.
#[derive(Object)]
#[oai(rename = "UserChange", deny_unknown_fields)]
struct UserChange {
    /// Disabling ends every session, token and key of the account at once.
    disabled: Option<bool>,
    role: Option<RoleView>,
}

/// A password that an admin sets.
#[derive(Object)]
#[oai(rename = "PasswordReset", deny_unknown_fields)]
struct ResetBody {
    /// 12 to 128 characters. Tell it to the person, who changes it then.
    #[oai(validator(max_length = 512), write_only)]
    password: String,
}

impl From<Role> for RoleView {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Member => Self::Member,
        }
    }
}

impl From<RoleView> for Role {
    fn from(role: RoleView) -> Self {
        match role {
            RoleView::Admin => Self::Admin,
            RoleView::Member => Self::Member,
        }
    }
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            email: user.email,
            name: user.name,
            role: user.role.into(),
            disabled: user.disabled,
            created_at: user.created_at,
        }
    }
}

#[OpenApi(tag = "Tag::Users")]
impl Users {
    /// List the accounts.
    #[oai(path = "/users", method = "get", operation_id = "listUsers")]
    async fn list(
        &self,
        asker: Identity,
        /// Only the account with this address.
        email: Query<Option<String>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<UserView>>, Problem> {
        if let Some(email) = email.0 {
            let items = vec![self.0.auth.find_user(&asker.principal, &email).await?];
            return Ok(PageView::of(Page { items, next: None }, UserView::from));
        }
        let wanted = page(cursor.0, limit.0);
        let users = self.0.auth.list_users(&asker.principal, wanted).await?;
        Ok(PageView::of(users, UserView::from))
    }

    /// Make an account.
    #[oai(path = "/users", method = "post", operation_id = "createUser")]
    async fn create(
        &self,
        asker: Identity,
        body: Json<UserBody>,
    ) -> Result<Created<UserView>, Problem> {
        let user = NewUser {
            email: body.0.email,
            name: body.0.name,
            password: Secret::new(body.0.password),
            role: body.0.role.unwrap_or(RoleView::Member).into(),
        };
        let user = self.0.auth.create_user(&asker.principal, user).await?;
        Ok(Created::Made(Json(user.into())))
    }

    /// Show an account.
    #[oai(path = "/users/:id", method = "get", operation_id = "getUser")]
    async fn show(&self, asker: Identity, id: Path<UserId>) -> Result<Json<UserView>, Problem> {
        let user = self.0.auth.get_user(&asker.principal, id.0).await?;
        Ok(Json(user.into()))
    }

    /// Disable or enable an account, or change its role.
    #[oai(path = "/users/:id", method = "patch", operation_id = "changeUser")]
    async fn change(
        &self,
        asker: Identity,
        id: Path<UserId>,
        body: Json<UserChange>,
    ) -> Result<Json<UserView>, Problem> {
        let (auth, who) = (&self.0.auth, &asker.principal);
        permit(who, Action::ManageUsers)?;
        if let Some(role) = body.0.role {
            auth.set_role(who, id.0, role.into()).await?;
        }
        match body.0.disabled {
            Some(true) => auth.disable_user(who, id.0).await?,
            Some(false) => auth.enable_user(who, id.0).await?,
            None => auth.get_user(who, id.0).await?,
        };
        let user = auth.get_user(who, id.0).await?;
        Ok(Json(user.into()))
    }

    /// Set the password of an account, for somebody who forgot it. Every session of it ends.
    #[oai(
        path = "/users/:id/password",
        method = "post",
        operation_id = "resetPassword"
    )]
    async fn reset(
        &self,
        asker: Identity,
        id: Path<UserId>,
        body: Json<ResetBody>,
    ) -> Result<Done, Problem> {
        let password = Secret::new(body.0.password);
        self.0
            .auth
            .set_password(&asker.principal, id.0, password)
            .await?;
        Ok(Done::Done)
    }
}
