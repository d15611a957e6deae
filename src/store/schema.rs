//! Every table of the house on one page.
//!
//! A row's layout never changes under its name: a changed row is a new `/n`, with a migration
//! that reads the old table (`migrate.rs`) and new golden rows (`golden.rs`).

use crate::domain::conversation::{Conversation, Turn};
use crate::domain::document::{Document, Passage};
use crate::domain::graph::EntityKey;
use crate::domain::id::{
    ApiKeyId, ConversationId, DocumentId, SessionId, TurnId, UserId, WorkspaceId,
};
use crate::domain::workspace::{Membership, Workspace};

use super::api_keys::KeyRecord;
use super::conversations::Place;
use super::graph::{Known, Link};
use super::jobs::{Job, Staged};
use super::passages::{Corpus, Index, Posting, VectorBlock};
use super::pipelines::PipelineRecord;
use super::plugins::PluginRecord;
use super::sessions::Session;
use super::table::Table;
use super::users::Account;

/// The layout that this version reads and writes: the number of the last migration.
pub(super) const LAYOUT: u32 = 3;

macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident: $key:ty => $value:ty, $name:literal;)*) => {
        $($(#[$doc])* pub(super) const $table: Table<$key, $value> = Table::new($name);)*

        /// Their names.
        pub(super) const NAMES: &[&str] = &[$($name),*];
    };
}

tables! {
    /// Facts about the file itself: `layout` is the number of the last migration.
    META: String => u32, "meta/1";

    // Accounts and what proves them.
    USERS: UserId => Account, "users/1";
    /// From the normalised address to the account.
    USER_EMAILS: String => UserId, "user_emails/1";
    SESSIONS: SessionId => Session, "sessions/1";
    /// From the digest of the cookie to the session.
    SESSION_DIGESTS: [u8; 32] => SessionId, "session_digests/1";
    USER_SESSIONS: (UserId, SessionId) => (), "user_sessions/1";
    API_KEYS: ApiKeyId => KeyRecord, "api_keys/1";
    USER_API_KEYS: (UserId, ApiKeyId) => (), "user_api_keys/1";

    // Workspaces and who is in them.
    WORKSPACES: WorkspaceId => Workspace, "workspaces/2";
    MEMBERS: (WorkspaceId, UserId) => Membership, "members/1";
    /// The same the other way round: where an account is a member.
    USER_WORKSPACES: (UserId, WorkspaceId) => (), "user_workspaces/1";

    // Conversations.
    CONVERSATIONS: ConversationId => Conversation, "conversations/1";
    /// Where a list finds them: of one owner in one workspace, by the time of the last change.
    OWN_CONVERSATIONS: Place => (), "own_conversations/1";
    TURNS: (ConversationId, TurnId) => Turn, "turns/2";
    /// Turns that are being answered; what is left of it after a crash was interrupted.
    RUNNING_TURNS: (ConversationId, TurnId) => (), "running_turns/1";
    /// From the digest of an idempotency key to the turn that it made.
    TURN_KEYS: (ConversationId, [u8; 32]) => TurnId, "turn_keys/1";

    // Documents.
    DOCUMENTS: (WorkspaceId, DocumentId) => Document, "documents/2";
    /// Of documents that not every member of the workspace may look at: who may.
    RESTRICTIONS: (WorkspaceId, DocumentId) => Vec<UserId>, "restrictions/1";
    /// How many documents of a workspace are in a language.
    LANGUAGES: (WorkspaceId, String) => u32, "languages/1";
    /// Which documents name a blob, by the bytes of its digest.
    BLOB_NAMES: ([u8; 32], WorkspaceId, DocumentId) => (), "blob_names/1";
    /// Blobs whose last document is gone, until the file is gone too.
    DISCARDS: [u8; 32] => (), "discards/1";
    /// Documents that wait for the ingest worker, oldest first.
    JOBS: DocumentId => Job, "jobs/1";
    /// What a job has done already, so that a box that stopped in the middle goes on from there.
    STAGED: DocumentId => Staged, "staged/1";
    /// By number of the block within the document.
    STAGED_VECTORS: (DocumentId, u32) => VectorBlock, "staged_vectors/1";

    // What retrieval reads. The workspace comes first, so no search leaves it.
    CORPORA: WorkspaceId => Corpus, "corpora/1";
    INDEXES: (WorkspaceId, DocumentId) => Index, "indexes/1";
    TEXTS: (WorkspaceId, DocumentId) => String, "texts/1";
    PASSAGES: (WorkspaceId, DocumentId, u32) => Passage, "passages/1";
    /// By number of the block within the document.
    VECTORS: (WorkspaceId, DocumentId, u32) => VectorBlock, "vectors/1";
    /// How many passages have the term.
    TERMS: (WorkspaceId, String) => u32, "terms/1";
    POSTINGS: (WorkspaceId, String, DocumentId) => Vec<Posting>, "postings/1";

    // What documents speak of.
    ENTITIES: (WorkspaceId, EntityKey, DocumentId) => Known, "entities/1";
    /// What each is tied to, in one document; both ends have the tie.
    LINKS: (WorkspaceId, EntityKey, DocumentId) => Vec<Link>, "links/1";
    /// From a word of a name to the entity; how many documents name it.
    ENTITY_WORDS: (WorkspaceId, String, EntityKey) => u32, "entity_words/1";
    /// The entities of a document, strongest first.
    GRAPHS: (WorkspaceId, DocumentId) => Vec<EntityKey>, "graphs/1";

    // Plugins beside those that are built in.
    PLUGINS: String => PluginRecord, "plugins/1";
    /// What plugins keep for themselves, by plugin and key.
    PLUGIN_VALUES: (String, String) => Vec<u8>, "plugin_values/1";
    /// Of the workspaces that do not go by the box's own pipeline.
    PIPELINES: WorkspaceId => PipelineRecord, "pipelines/1";
}
