//! The wall: who shares documents with whom.

use serde::{Deserialize, Serialize};

use super::id::{UserId, WorkspaceId};
use super::time::Timestamp;

/// One workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    /// What the model is told before every question; empty for the house's own words.
    pub instructions: String,
    pub created_at: Timestamp,
    pub created_by: UserId,
    pub answers: AnswerSettings,
}

/// How questions are answered from a workspace's documents.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerSettings {
    pub mode: AnswerMode,
    /// How well the best passage must fit a question, 0 to 1, for the question to be answered;
    /// below it the house says that the documents do not say. 0 asks the model whatever was found.
    pub least: f32,
    /// Whether a search also goes from what it found to what is named together with it.
    pub hops: bool,
}

impl AnswerSettings {
    /// In a simulation this silences 1 in 300 of XQuAD's English questions over their own documents
    /// and catches 17 in 20 of those that only others answer; a box caught 38 of 50
    /// (`docs/RETRIEVAL.md`, "Answers").
    pub const LEAST: f32 = 0.25;
}

impl Default for AnswerSettings {
    fn default() -> Self {
        Self {
            mode: AnswerMode::Model,
            least: Self::LEAST,
            hops: false,
        }
    }
}

/// Who words an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerMode {
    /// A model, from what the documents say.
    #[default]
    Model,
    /// The documents themselves: the answer is made of quotes, and no model is asked.
    Quotes,
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
