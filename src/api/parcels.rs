//! Workspaces as one file, to keep or to take to another box.

use poem::Body;
use poem::http::header;
use poem_openapi::param::Path;
use poem_openapi::payload::{Binary, Json, Response};
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::identity::Identity;
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use crate::domain::fault::Kind;
use crate::domain::id::WorkspaceId;
use crate::parcels::Taken;

pub(super) struct Parcels(pub Shared);

/// What became of a parcel.
#[derive(Object)]
#[oai(rename = "ImportedWorkspace")]
struct TakenView {
    /// The new workspace; who took it in owns it.
    workspace_id: WorkspaceId,
    name: String,
    /// Documents that will be indexed.
    documents: u32,
}

#[derive(ApiResponse)]
enum Imported {
    /// The workspace is there; its documents are indexed one after the other
    #[oai(status = 201)]
    Imported(Json<TakenView>),
}

impl From<Taken> for TakenView {
    fn from(taken: Taken) -> Self {
        let workspace = taken.workspace.workspace;
        Self {
            workspace_id: workspace.id,
            name: workspace.name,
            documents: taken.documents,
        }
    }
}

#[OpenApi(tag = "Tag::Workspaces")]
impl Parcels {
    /// Export a workspace with the originals of its documents.
    ///
    /// A tar file: `manifest.json`, then `originals/DIGEST`. Only an owner may. A transfer that ends
    /// early is not whole: something changed meanwhile.
    #[oai(
        path = "/workspaces/:id/export",
        method = "get",
        operation_id = "exportWorkspace"
    )]
    async fn export(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
    ) -> Result<Response<Binary<Body>>, Problem> {
        let parcel = self.0.parcels.export(&asker.principal, id.0).await?;
        let name = format!("attachment; filename=\"{}.tar\"", id.0);
        Ok(Response::new(Binary(Body::from_bytes_stream(parcel)))
            .header(header::CONTENT_DISPOSITION, name))
    }

    /// Make a workspace of an exported one.
    ///
    /// All of it comes in or none. Its documents are indexed anew; who sends it is who uploads.
    #[oai(
        path = "/workspaces/import",
        method = "post",
        operation_id = "importWorkspace"
    )]
    async fn import(&self, asker: Identity, parcel: Binary<Body>) -> Result<Imported, Problem> {
        let place = self.0.uploads.clone().try_acquire_owned();
        let place = place.map_err(|_| {
            let message = "other uploads are being taken in";
            Problem::new(Kind::Overloaded, "uploads_busy", message)
        })?;
        let stream = Box::pin(parcel.0.into_bytes_stream());
        let taken = self.0.parcels.import(&asker.principal, stream).await?;
        drop(place);
        Ok(Imported::Imported(Json(taken.into())))
    }
}
