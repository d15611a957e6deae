//! The wall: who shares documents with whom.

use serde::{Deserialize, Serialize};

use super::id::{UserId, WorkspaceId};
use super::time::Timestamp;

/// One workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    /// What the model is told before every question; empty for the house's own words.
    pub instructions: String,
    pub created_at: Timestamp,
    pub created_by: UserId,
}

/// What a member may do inside one workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MemberRole {
    /// May also rename and delete it and decide who is in it.
    Owner,
    /// May ask, upload and delete documents.
    Member,
}

/// One person's place in one workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub role: MemberRole,
    pub since: Timestamp,
}
