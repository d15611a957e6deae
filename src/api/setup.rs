//! The first start: who becomes the first admin.

use poem::Request;
use poem_openapi::payload::{Json, Response};
use poem_openapi::{Object, OpenApi};

use super::identity;
use super::origin::check_same_site;
use super::problem::Problem;
use super::sessions::{self, SignedInView};
use super::shared::Shared;
use super::tags::Tag;
use crate::auth::NewAdmin;
use crate::domain::secret::Secret;

pub(super) struct Setup(pub Shared);

/// Whether the box waits for its first admin.
#[derive(Object)]
#[oai(rename = "SetupState")]
struct StateView {
    /// Nobody has an account yet: open the link that `privatestack serve` printed.
    needed: bool,
}

/// The first admin.
#[derive(Object)]
#[oai(rename = "SetupRequest", deny_unknown_fields)]
struct SetupBody {
    /// What stands behind `#token=` in the link that `privatestack serve` printed. Only the owner
    /// of the machine, over the control socket, needs none.
    #[oai(validator(max_length = 256))]
    token: Option<String>,
    #[oai(validator(max_length = 200))]
    email: String,
    #[oai(validator(max_length = 200))]
    name: String,
    /// 12 to 128 characters.
    #[oai(validator(max_length = 512), write_only)]
    password: String,
}

#[OpenApi(tag = "Tag::Access")]
impl Setup {
    /// Ask whether the box is set up.
    #[oai(path = "/setup", method = "get", operation_id = "setupState")]
    async fn state(&self) -> Result<Json<StateView>, Problem> {
        let done = self.0.auth.is_set_up().await?;
        Ok(Json(StateView { needed: !done }))
    }

    /// Become the first admin.
    ///
    /// Gone once there is one: nobody becomes admin by being first, only by having the link.
    #[oai(path = "/setup", method = "post", operation_id = "setup")]
    async fn setup(
        &self,
        request: &Request,
        body: Json<SetupBody>,
    ) -> Result<Response<Json<SignedInView>>, Problem> {
        check_same_site(request)?;
        let SetupBody {
            token,
            email,
            name,
            password,
        } = body.0;
        let admin = NewAdmin {
            email,
            name,
            password: Secret::new(password),
        };
        let (auth, from) = (&self.0.auth, identity::address(request));
        let signed_in = match token {
            None if identity::is_operator(request) => {
                let (email, password) = (admin.email.clone(), admin.password.clone());
                auth.create_first_admin(admin).await?;
                auth.sign_in(&email, password, from).await?
            }
            token => auth.setup(&token.unwrap_or_default(), admin, from).await?,
        };
        Ok(sessions::signed_in(&self.0, signed_in))
    }
}
