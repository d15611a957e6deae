//! Who may see what judges the texts of a workspace, and who may change it.

use super::{WorkspaceError, Workspaces, admit};
use crate::auth::policy::{Denied, permit};
use crate::domain::id::WorkspaceId;
use crate::domain::principal::{Action, Principal};
use crate::store::workspaces;

impl Workspaces {
    /// Whether the asker may change what judges the texts of a workspace; an error if that person
    /// may not even see it.
    ///
    /// Members see it. Changing it is for those who run the box: an owner of a workspace cannot
    /// take a guard away. Running the box opens no workspace, so an admin has to be a member; the
    /// operator, who is in none, may always, since somebody must when a plugin is gone.
    pub async fn governs(&self, who: &Principal, id: WorkspaceId) -> Result<bool, WorkspaceError> {
        let who = who.clone();
        self.read(move |tx| {
            let may_change = permit(&who, Action::ManagePlugins).is_ok();
            match who.person() {
                Some(_) => drop(admit(tx, &who, id, Action::ReadWorkspace)?),
                None if !may_change => return Err(Denied::WorkspaceNotFound.into()),
                None => drop(workspaces::get(tx, id)?.ok_or(Denied::WorkspaceNotFound)?),
            }
            Ok(may_change)
        })
        .await
    }

    /// Asks that the asker may change what judges the texts of a workspace.
    pub async fn govern(&self, who: &Principal, id: WorkspaceId) -> Result<(), WorkspaceError> {
        self.governs(who, id).await?;
        permit(who, Action::ManagePlugins)?;
        Ok(())
    }
}
