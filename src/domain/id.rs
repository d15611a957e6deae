//! Identifiers: UUIDv7 newtypes that print with a prefix and parse only with it.
//!
//! `ws_0190…` never parses as a `DocumentId`, so a mixed-up id is an error at the door and not a
//! lookup in the wrong table. In JSON an id is its text; in a stored row it is 16 bytes that sort
//! by creation time (RFC 9562, version 7).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// What is wrong with the text of an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of the form {prefix}_ followed by 32 hexadecimal digits")]
pub struct IdError {
    /// The prefix that was expected.
    pub prefix: &'static str,
    /// The start of what came instead.
    pub text: String,
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, IdError> {
    let error = || IdError {
        prefix,
        text: text.chars().take(48).collect(),
    };
    let hex = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or_else(error)?;
    let lower = hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !lower {
        return Err(error());
    }
    Uuid::try_parse(hex).map_err(|_| error())
}

fn write_text<S: Serializer>(text: &dyn fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(text)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text of such an id begins with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id; ids made later sort later.
            #[allow(clippy::new_without_default, reason = "two defaults would differ")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The 16 bytes of the UUID, as stored.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id with these bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    write_text(self, serializer)
                } else {
                    self.0.into_bytes().serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = String::deserialize(deserializer)?;
                    text.parse().map_err(serde::de::Error::custom)
                } else {
                    <[u8; 16]>::deserialize(deserializer).map(Self::from_bytes)
                }
            }
        }
    };
}

id! {
    /// One person's account.
    UserId, "usr"
}
id! {
    /// One signed-in browser, or the sign-in behind an access token.
    SessionId, "ses"
}
id! {
    /// One API key (its record, not its secret).
    ApiKeyId, "key"
}
id! {
    /// One workspace: the wall that documents and conversations never cross.
    WorkspaceId, "ws"
}
id! {
    /// One conversation.
    ConversationId, "conv"
}
id! {
    /// One question with its answer.
    TurnId, "turn"
}
id! {
    /// One uploaded document.
    DocumentId, "doc"
}
id! {
    /// One HTTP request, as the log and the `x-request-id` header name it.
    RequestId, "req"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_prints_with_its_prefix_and_parses_only_with_it() {
        let id = WorkspaceId::new();
        let text = id.to_string();
        assert!(text.starts_with("ws_"));
        assert_eq!(text.parse::<WorkspaceId>(), Ok(id));
        assert!(text.parse::<DocumentId>().is_err());
        for bad in [
            "",
            "ws_",
            "ws",
            "ws_0190",
            &text[3..],
            &text.to_uppercase(),
            &format!("{text}0"),
        ] {
            assert!(bad.parse::<WorkspaceId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn json_has_the_text_and_a_row_has_sixteen_bytes() {
        let id = DocumentId::new();
        let json = serde_json::to_string(&id).expect("an id is a JSON string");
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(
            serde_json::from_str::<DocumentId>(&json).expect("round trip"),
            id
        );
        let row = postcard::to_stdvec(&id).expect("an id is a row");
        assert_eq!(row, id.as_bytes());
        assert_eq!(
            postcard::from_bytes::<DocumentId>(&row).expect("round trip"),
            id
        );
    }
}
