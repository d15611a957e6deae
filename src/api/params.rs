//! How the house's own values look in JSON, paths and queries.

use std::borrow::Cow;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{
    ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type,
};
use poem_openapi::{ApiResponse, Object, payload::Json};
use serde_json::Value;

use super::problem::Problem;
use crate::domain::fault::Kind;
use crate::domain::graph::EntityKey;
use crate::domain::id::{
    ApiKeyId, ConversationId, DocumentId, SessionId, TurnId, UserId, WorkspaceId,
};
use crate::domain::page::{Page, PageRequest};
use crate::domain::time::Timestamp;

/// A value that is one string in JSON.
macro_rules! text_type {
    ($name:ty, $schema:expr, $parse:expr, $print:expr) => {
        impl Type for $name {
            const IS_REQUIRED: bool = true;

            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                concat!("string_", stringify!($name)).into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(self.as_raw_value().into_iter())
            }
        }

        impl ParseFromJSON for $name {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                match value.unwrap_or_default() {
                    Value::String(text) => $parse(&text).map_err(ParseError::custom),
                    other => Err(ParseError::expected_type(other)),
                }
            }
        }

        impl ParseFromParameter for $name {
            fn parse_from_parameter(text: &str) -> ParseResult<Self> {
                $parse(text).map_err(ParseError::custom)
            }
        }

        impl ToJSON for $name {
            fn to_json(&self) -> Option<Value> {
                Some(Value::String($print(self)))
            }
        }
    };
}

text_type!(
    EntityKey,
    MetaSchema {
        pattern: Some("^(person|organisation|place|date|id|term):.+$".to_owned()),
        ..MetaSchema::new("string")
    },
    |text: &str| text.parse::<EntityKey>(),
    |key: &EntityKey| key.to_string()
);

macro_rules! id_type {
    ($($name:ident),*) => {$(
        text_type!(
            $name,
            MetaSchema {
                pattern: Some(format!("^{}_[0-9a-f]{{32}}$", $name::PREFIX)),
                ..MetaSchema::new("string")
            },
            |text: &str| text.parse::<$name>(),
            |id: &$name| id.to_string()
        );
    )*};
}

id_type!(
    SessionId,
    ApiKeyId,
    ConversationId,
    DocumentId,
    TurnId,
    UserId,
    WorkspaceId
);

text_type!(
    Timestamp,
    MetaSchema::new_with_format("string", "date-time"),
    parse_time,
    print_time
);

/// RFC 3339 with milliseconds, in UTC.
pub(super) fn print_time(time: &Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(time.as_millis()) {
        Ok(time) => format!("{time:.3}"),
        Err(_) => "9999-12-30T22:00:00.000Z".to_owned(),
    }
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    text.parse::<jiff::Timestamp>()
        .map(|time| Timestamp::from_millis(time.as_millisecond()))
        .map_err(|_| "not a moment such as 2026-11-30T12:00:00Z".to_owned())
}

/// A score in JSON. Guards mean no more than four places, and the nearest single is no short
/// decimal: 0.99 would be read as 0.9900000095367432.
pub(super) fn score(score: f32) -> f64 {
    (f64::from(score) * 1e4).round() / 1e4
}

/// The page that `cursor` and `limit` of a query ask for.
pub(super) fn page(cursor: Option<String>, limit: Option<u32>) -> PageRequest {
    PageRequest::new(cursor.filter(|cursor| !cursor.is_empty()), limit)
}

/// The page of a list that is here whole; the cursor is the id of the last item before.
pub(super) fn part<T>(
    items: Vec<T>,
    wanted: &PageRequest,
    id: impl Fn(&T) -> String,
) -> Result<Page<T>, Problem> {
    let start = match &wanted.after {
        None => 0,
        Some(after) => {
            let at = items.iter().position(|item| id(item) == *after);
            1 + at.ok_or_else(|| {
                let message = "this is not a cursor of this list";
                Problem::new(Kind::Invalid, "cursor_invalid", message).param("cursor")
            })?
        }
    };
    let rest: Vec<T> = items.into_iter().skip(start).collect();
    Ok(Page::cut(rest, wanted.limit(), id))
}

/// Some items of a list.
#[derive(Object)]
#[oai(rename = "Page", skip_serializing_if_is_none)]
pub(super) struct PageView<T: ParseFromJSON + ToJSON + Send + Sync> {
    pub items: Vec<T>,
    /// What to send as `cursor` for the items that follow; absent on the last page.
    pub next_cursor: Option<String>,
}

impl<T: ParseFromJSON + ToJSON + Send + Sync> PageView<T> {
    /// The page as clients see it.
    pub(super) fn of<U>(page: Page<U>, view: impl FnMut(U) -> T) -> Json<Self> {
        let Page { items, next } = page.map(view);
        Json(Self {
            items,
            next_cursor: next,
        })
    }
}

/// Something new was made.
#[derive(ApiResponse)]
pub(super) enum Created<T: ParseFromJSON + ToJSON + Send + Sync> {
    /// It was made
    #[oai(status = 201)]
    Made(Json<T>),
}

/// It is done; there is nothing to say.
#[derive(ApiResponse)]
pub(super) enum Done {
    /// It is done
    #[oai(status = 204)]
    Done,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_rfc_3339_both_ways() {
        let time = Timestamp::from_millis(1_795_000_000_123);
        let text = print_time(&time);
        assert_eq!(text, "2026-11-18T11:06:40.123Z");
        assert_eq!(parse_time(&text), Ok(time));
        assert_eq!(parse_time("2026-11-18T12:06:40.123+01:00"), Ok(time));
        for wrong in ["", "yesterday", "2026-11-18", "1795000000"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
        let _ = print_time(&Timestamp::from_millis(i64::MAX));
    }

    #[test]
    fn a_score_has_four_places_at_most() {
        for (single, printed) in [
            (0.99, "0.99"),
            (0.1, "0.1"),
            (1.0, "1.0"),
            (0.0, "0.0"),
            (0.123_456, "0.1235"),
        ] {
            assert_eq!(Value::from(score(single)).to_string(), printed);
        }
    }

    #[test]
    fn a_whole_list_is_read_page_by_page() {
        let read = |after: Option<&str>| {
            let wanted = PageRequest::new(after.map(str::to_owned), Some(2));
            part(vec![1, 2, 3], &wanted, i32::to_string)
        };
        let first = read(None).expect("the first page");
        assert_eq!(
            (first.items, first.next.as_deref()),
            (vec![1, 2], Some("2"))
        );
        let last = read(Some("2")).expect("the last page");
        assert_eq!((last.items, last.next), (vec![3], None));
        assert!(read(Some("9")).is_err());
    }

    #[test]
    fn an_id_is_parsed_only_with_its_prefix() {
        let id = WorkspaceId::new();
        let json = id.to_json();
        assert_eq!(WorkspaceId::parse_from_json(json.clone()).ok(), Some(id));
        assert!(DocumentId::parse_from_json(json).is_err());
        assert!(WorkspaceId::parse_from_json(Some(Value::from(7))).is_err());
    }
}
