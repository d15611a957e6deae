//! Conversations: each is its owner's alone, inside a workspace.
//!
//! Another member of the same workspace is told `conversation_not_found`, as a stranger is.

use super::{WorkspaceError, Workspaces, admit, line};
use crate::auth::policy::{Access, Denied};
use crate::domain::conversation::Conversation;
use crate::domain::id::{ConversationId, SessionId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::principal::{Action, Credential, Person, Principal, Role};
use crate::domain::time::Timestamp;
use crate::store::conversations::{self, After};
use crate::store::{Reads, workspaces};

/// Characters of a title, at most.
const TITLE_CHARS: usize = 200;
/// Conversations of one person in one workspace, at most.
const CONVERSATIONS: usize = 10_000;

impl Workspaces {
    /// Begins a conversation; the title may be empty.
    pub async fn create_conversation(
        &self,
        access: &Access,
        title: &str,
    ) -> Result<Conversation, WorkspaceError> {
        access.demand(Action::Chat)?;
        let now = self.inner.clock.now();
        let conversation = Conversation {
            id: ConversationId::new(),
            workspace: access.workspace(),
            owner: access.user(),
            title: checked_title(title)?,
            created_at: now,
            updated_at: now,
        };
        let made = self.inner.store.write(move |tx| {
            let (workspace, owner) = (conversation.workspace, conversation.owner);
            // The proof may be older than the membership's end, or the workspace's.
            workspaces::membership(tx, workspace, owner)?.ok_or(Denied::WorkspaceNotFound)?;
            if conversations::count(tx, workspace, owner)? >= CONVERSATIONS {
                let what = "conversations in one workspace";
                return Err(WorkspaceError::Full {
                    what,
                    limit: CONVERSATIONS,
                });
            }
            conversations::put(tx, &conversation)?;
            Ok(conversation)
        });
        made.await
    }

    /// The asker's own conversations, the one changed last first.
    pub async fn list_conversations(
        &self,
        access: &Access,
        page: PageRequest,
    ) -> Result<Page<Conversation>, WorkspaceError> {
        access.demand(Action::ReadWorkspace)?;
        let (workspace, owner) = (access.workspace(), access.user());
        let after = page.after.as_deref().map(parse_cursor).transpose()?;
        let limit = page.limit();
        let list = move |tx: &_| conversations::list(tx, workspace, owner, after, limit + 1);
        let conversations = self.inner.store.read(list).await?;
        Ok(Page::cut(conversations, limit, cursor))
    }

    /// One of the asker's own conversations in this workspace.
    pub async fn get_conversation(
        &self,
        access: &Access,
        id: ConversationId,
    ) -> Result<Conversation, WorkspaceError> {
        access.demand(Action::ReadWorkspace)?;
        let access = access.clone();
        self.read(move |tx| own(tx, &access, id)).await
    }

    /// Gives a conversation another title. That moves it nowhere in the list.
    pub async fn rename_conversation(
        &self,
        access: &Access,
        id: ConversationId,
        title: &str,
    ) -> Result<Conversation, WorkspaceError> {
        access.demand(Action::Chat)?;
        let (access, title) = (access.clone(), checked_title(title)?);
        let renamed = self.inner.store.write(move |tx| {
            let mut conversation = own(tx, &access, id)?;
            conversation.title = title;
            conversations::put(tx, &conversation)?;
            Ok::<_, WorkspaceError>(conversation)
        });
        renamed.await
    }

    /// Removes a conversation with its turns.
    pub async fn remove_conversation(
        &self,
        access: &Access,
        id: ConversationId,
    ) -> Result<(), WorkspaceError> {
        access.demand(Action::Chat)?;
        let access = access.clone();
        let removed = self.inner.store.write(move |tx| {
            own(tx, &access, id)?;
            conversations::remove(tx, id)?;
            Ok::<_, WorkspaceError>(())
        });
        removed.await
    }

    /// Opens a conversation by its id alone, for `action` in its workspace. Whoever is not its
    /// owner, or not in its workspace any more, is told that there is none.
    pub async fn open_conversation(
        &self,
        who: &Principal,
        id: ConversationId,
        action: Action,
    ) -> Result<(Access, Conversation), WorkspaceError> {
        let who = who.clone();
        self.read(move |tx| {
            let conversation = conversations::get(tx, id)?;
            let mine = |found: &Conversation| Some(found.owner) == who.user();
            let conversation = conversation.filter(mine);
            let conversation = conversation.ok_or(WorkspaceError::ConversationNotFound)?;
            match admit(tx, &who, conversation.workspace, action) {
                Ok((access, _)) => Ok((access, conversation)),
                Err(WorkspaceError::Denied(Denied::WorkspaceNotFound)) => {
                    Err(WorkspaceError::ConversationNotFound)
                }
                Err(other) => Err(other),
            }
        })
        .await
    }

    /// Opens a conversation on its owner's behalf, for work that a restart broke off. The owner
    /// still has to be a member of the workspace.
    pub async fn reopen_conversation(
        &self,
        id: ConversationId,
        action: Action,
    ) -> Result<Access, WorkspaceError> {
        let found = self
            .inner
            .store
            .read(move |tx| conversations::get(tx, id))
            .await?;
        let conversation = found.ok_or(WorkspaceError::ConversationNotFound)?;
        let owner = Principal::Person(Person {
            user: conversation.owner,
            role: Role::Member,
            // Nobody is signed in: the id names no session, and is good for nothing else.
            credential: Credential::Session(SessionId::new()),
        });
        self.open(&owner, conversation.workspace, action).await
    }
}

fn own(
    tx: &impl Reads,
    access: &Access,
    id: ConversationId,
) -> Result<Conversation, WorkspaceError> {
    let mine = |found: &Conversation| {
        found.workspace == access.workspace() && found.owner == access.user()
    };
    let conversation = conversations::get(tx, id)?.filter(mine);
    conversation.ok_or(WorkspaceError::ConversationNotFound)
}

fn checked_title(title: &str) -> Result<String, WorkspaceError> {
    line(title, 0, TITLE_CHARS).ok_or(WorkspaceError::TitleInvalid { limit: TITLE_CHARS })
}

fn cursor(conversation: &Conversation) -> String {
    format!(
        "{}.{}",
        conversation.updated_at.as_millis(),
        conversation.id
    )
}

fn parse_cursor(text: &str) -> Result<After, WorkspaceError> {
    let parse = || {
        let (millis, id) = text.split_once('.')?;
        let updated_at = Timestamp::from_millis(millis.parse().ok()?);
        Some(After {
            updated_at,
            id: id.parse().ok()?,
        })
    };
    parse().ok_or(WorkspaceError::CursorInvalid)
}
