//! Who is asking, and for what.

use serde::{Deserialize, Serialize};

use super::id::{ApiKeyId, SessionId, UserId, WorkspaceId};

/// What an account may do on the box as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Runs the box: people, models, plugins, settings. Not other people's documents.
    Admin,
    /// Uses the box.
    Member,
}

/// Whoever is asking, authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A person, or a program with one of that person's keys.
    Person(Person),
    /// The owner of the machine, over the control socket. Runs the box, has no workspaces.
    Operator,
}

/// A person who was authenticated, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub user: UserId,
    pub role: Role,
    pub credential: Credential,
}

/// What proved who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The browser's session cookie.
    Session(SessionId),
    /// A PASETO access token, made by signing in.
    Token(SessionId),
    /// An API key; `workspace` is set on a key that opens one workspace only.
    ApiKey {
        id: ApiKeyId,
        workspace: Option<WorkspaceId>,
        scopes: Scopes,
    },
}

/// What an API key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scopes {
    /// Ask: `/v1`, turns, reading documents.
    pub chat: bool,
    /// Change documents and workspaces.
    pub manage: bool,
    /// What an admin may do, if its person is one.
    pub admin: bool,
}

impl Scopes {
    /// Everything its person may do.
    pub const ALL: Self = Self {
        chat: true,
        manage: true,
        admin: true,
    };
    /// What a key gets when nothing is said.
    pub const DEFAULT: Self = Self {
        chat: true,
        manage: true,
        admin: false,
    };
}

impl Principal {
    /// The person behind it, if there is one.
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::Person(person) => Some(person),
            Self::Operator => None,
        }
    }

    /// Who it is, for the log: the id of the account, or the operator.
    pub fn name(&self) -> String {
        match self.user() {
            Some(user) => user.to_string(),
            None => "operator".to_owned(),
        }
    }

    /// The account behind it, if there is one.
    pub fn user(&self) -> Option<UserId> {
        self.person().map(|person| person.user)
    }
}

/// What somebody wants to do. `auth::policy` has one row for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See and change one's own account, sessions and API keys.
    ManageSelf,
    /// See who has an account.
    ListUsers,
    /// Create, disable and change accounts.
    ManageUsers,
    /// Make a workspace.
    CreateWorkspace,
    /// Use the models directly, under the box-wide pipeline.
    UseModels,
    /// Import and remove models.
    ManageModels,
    /// See which plugins there are.
    ListPlugins,
    /// Install, use and remove plugins.
    ManagePlugins,
    /// See the state of the box: queue, memory, versions.
    SeeSystem,
    /// See a workspace: its name, its members, its documents.
    ReadWorkspace,
    /// Ask questions in a workspace.
    Chat,
    /// Upload and delete documents.
    WriteDocuments,
    /// Rename or delete a workspace, invite and remove its members.
    ManageWorkspace,
}

impl Action {
    /// Every action, for tables that must name them all.
    pub const ALL: [Self; 13] = [
        Self::ManageSelf,
        Self::ListUsers,
        Self::ManageUsers,
        Self::CreateWorkspace,
        Self::UseModels,
        Self::ManageModels,
        Self::ListPlugins,
        Self::ManagePlugins,
        Self::SeeSystem,
        Self::ReadWorkspace,
        Self::Chat,
        Self::WriteDocuments,
        Self::ManageWorkspace,
    ];
}
