//! A file in a form: read whole, within its limit, before anything else sees it.

use std::time::Duration;

use poem::web::{Field, Multipart};
use poem::{FromRequest, Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use tokio::io::AsyncReadExt;
use tokio::sync::OwnedSemaphorePermit;

use super::identity;
use super::problem::Problem;
use crate::domain::fault::Kind;

/// The one field of the form.
const FIELD: &str = "file";

/// An uploaded file: the field `file` of a multipart form.
pub(super) struct FileForm {
    /// The name it came with; not fit to be a path.
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
    /// Holds one of the places for uploads until the file is stored.
    pub place: OwnedSemaphorePermit,
}

impl<'a> ApiExtractor<'a> for FileForm {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(_registry: &mut Registry) {}

    fn request_meta() -> Option<MetaRequest> {
        let file = MetaSchema {
            description: Some("The file, with its name."),
            ..MetaSchema::new_with_format("string", "binary")
        };
        let form = MetaSchema {
            required: vec![FIELD],
            properties: vec![(FIELD, MetaSchemaRef::Inline(Box::new(file)))],
            ..MetaSchema::new("object")
        };
        Some(MetaRequest {
            description: Some("A form with one file"),
            content: vec![MetaMediaType {
                content_type: "multipart/form-data",
                schema: MetaSchemaRef::Inline(Box::new(form)),
            }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let shared = identity::shared(request);
        let limit = shared.upload_bytes;
        let place = shared
            .uploads
            .clone()
            .try_acquire_owned()
            .map_err(|_| busy())?;
        let mut form = <Multipart as FromRequest>::from_request(request, body).await?;
        while let Some(field) = form.next_field().await? {
            if field.name() == Some(FIELD) {
                return Ok(read(field, limit, place).await?);
            }
        }
        let message = "the form has no field `file`";
        Err(Problem::new(Kind::Invalid, "file_missing", message)
            .param(FIELD)
            .into())
    }
}

async fn read(field: Field, limit: u64, place: OwnedSemaphorePermit) -> Result<FileForm, Problem> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let media_type = field
        .content_type()
        .unwrap_or("application/octet-stream")
        .to_owned();
    let mut bytes = Vec::new();
    let reader = std::pin::pin!(field.into_async_read());
    let read = reader.take(limit + 1).read_to_end(&mut bytes).await;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    read.map_err(|_| Problem::new(Kind::Invalid, "body_unreadable", "the upload broke off"))?;
    if name.is_empty() {
        let message = "the file has no name";
        return Err(Problem::new(Kind::Invalid, "file_name_missing", message).param(FIELD));
    }
    Ok(FileForm {
        name,
        media_type,
        bytes,
        place,
    })
}

fn busy() -> Problem {
    let message = "other uploads are being taken in";
    Problem::new(Kind::Overloaded, "uploads_busy", message).retry_after(Duration::from_secs(2))
}

fn too_large(limit: u64) -> Problem {
    let message = format!("the file is larger than {} MiB", limit >> 20);
    Problem::new(Kind::TooLarge, "file_too_large", message)
        .param(FIELD)
        .hint("Split it, or raise server.upload_mib in the settings.")
}
