//! What documents speak of, and how it hangs together.
//!
//! Every span counts bytes of the document's stored text and lies at character boundaries.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What sort of thing an entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EntityKind {
    Person,
    Organisation,
    Place,
    Date,
    /// The number of an invoice, a ticket, a part, a standard.
    Id,
    /// A word that a document defines or abbreviates.
    Term,
}

impl EntityKind {
    pub const ALL: [Self; 6] = [
        Self::Person,
        Self::Organisation,
        Self::Place,
        Self::Date,
        Self::Id,
        Self::Term,
    ];

    /// Its name in keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Place => "place",
            Self::Date => "date",
            Self::Id => "id",
            Self::Term => "term",
        }
    }
}

/// How an entity is known everywhere in a workspace: its kind, `:` and its name in small letters
/// without accents, such as `person:anna weber`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityKey(String);

impl EntityKey {
    /// Bytes of a key, at most.
    pub const LONGEST: usize = 120;

    /// The key of an entity of this kind; `name` is folded already.
    pub fn new(kind: EntityKind, name: &str) -> Self {
        let mut key = format!("{}:{name}", kind.name());
        key.truncate(key.floor_char_boundary(Self::LONGEST));
        Self(key)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folded name alone.
    pub fn name(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, name)| name)
    }

    pub fn kind(&self) -> EntityKind {
        let kind = |kind: &EntityKind| self.0.starts_with(kind.name());
        // A key is made with its kind in front, or parsed only with it.
        EntityKind::ALL
            .into_iter()
            .find(kind)
            .unwrap_or(EntityKind::Term)
    }
}

impl fmt::Display for EntityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EntityKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = |kind: &str| EntityKind::ALL.iter().any(|one| one.name() == kind);
        match text.split_once(':') {
            Some((kind, name))
                if known(kind) && !name.is_empty() && text.len() <= Self::LONGEST =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err("not the key of an entity such as `person:anna weber`".to_owned()),
        }
    }
}

/// Bytes `start..end` of a document's stored text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// One place where an entity is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    pub span: Span,
    /// Ordinal of the passage in which it begins.
    pub passage: u32,
}

/// How two entities belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EdgeKind {
    /// They are named in one sentence or one passage.
    CoMention,
    /// The second stands in what defines the first, a term.
    Definition,
    /// The first is short for the second.
    SameAs,
}

impl EdgeKind {
    /// Its name for clients.
    pub fn name(self) -> &'static str {
        match self {
            Self::CoMention => "co_mention",
            Self::Definition => "definition",
            Self::SameAs => "same_as",
        }
    }
}

/// What one document says of one entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    pub key: EntityKey,
    /// The name as the document writes it most fully.
    pub label: String,
    /// How often it is named.
    pub count: u32,
    /// The first places where it is named, in order.
    pub mentions: Vec<Mention>,
    /// What defines it, if it is a term.
    pub definitions: Vec<Mention>,
}

/// How two entities of one document belong together. Of a co-mention, `from` is the lower index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Indices into [`Graph::entities`].
    pub from: u32,
    pub to: u32,
    pub kind: EdgeKind,
    /// Grows with each place that says so.
    pub weight: u32,
    /// The first of the places that say so, in order.
    pub spans: Vec<Span>,
}

/// What one document speaks of; the strongest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub entities: Vec<Entity>,
    pub edges: Vec<Edge>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_kind_and_a_name() {
        for kind in EntityKind::ALL {
            let key = EntityKey::new(kind, "anna weber");
            assert_eq!(key.to_string().parse(), Ok(key.clone()));
            assert_eq!((key.kind(), key.name()), (kind, "anna weber"));
        }
        let long = "x".repeat(200);
        for wrong in ["", "person", "person:", "pet:rex", &format!("id:{long}")] {
            assert!(wrong.parse::<EntityKey>().is_err(), "{wrong}");
        }
        let cut = EntityKey::new(EntityKind::Term, &"ü".repeat(100));
        assert!(cut.as_str().len() <= EntityKey::LONGEST);
        assert_eq!(cut.to_string().parse(), Ok(cut));
    }
}
