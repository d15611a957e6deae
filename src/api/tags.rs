//! The chapters of the API's description.

use poem_openapi::Tags;

#[derive(Tags)]
pub(super) enum Tag {
    /// Setting up, signing in, one's own account and API keys.
    Access,
    /// The people who have an account.
    Users,
    /// The walls: who shares documents with whom.
    Workspaces,
    /// What answers draw on.
    Documents,
    /// Questions and answers.
    Conversations,
    /// The models, guardrails and state of the box.
    Box,
}
