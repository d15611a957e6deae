//! Watch: the documents of a workspace as they change, for as long as somebody looks.
//!
//! A [`Watch`] says which document changed and nothing of it. What it is now is read anew with a
//! proof of access as fresh as the reader likes, so that somebody who was shut out meanwhile is
//! told nothing more.

use std::collections::VecDeque;

use tokio::sync::broadcast::{self, error::RecvError};

use crate::auth::policy::Access;
use crate::domain::document::Document;
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::domain::page::PageRequest;

use super::board::{Change, Eta};
use super::filter::{Filter, Progress};
use super::sight::Sight;
use super::{Rag, RagError};

/// Unfinished documents that a watcher is told of at first, or when it missed some changes.
const FIRST: u32 = 200;

/// What happened to a document.
#[derive(Clone, Debug)]
pub enum DocumentEvent {
    Changed(Box<Document>, Option<Eta>),
    Removed(DocumentId),
}

/// Hears of the changes in one workspace.
pub struct Watch {
    workspace: WorkspaceId,
    changes: broadcast::Receiver<Change>,
    due: VecDeque<DocumentId>,
}

/// What a [`Watch`] heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// This document is not what it was.
    Change(DocumentId),
    /// More than could be kept: look for yourself, with [`Rag::catch_up`].
    TooMuch,
}

impl Watch {
    /// The next change; none when the box stops.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some(id) = self.due.pop_front() {
                return Some(Heard::Change(id));
            }
            match self.changes.recv().await {
                Ok(change) if change.workspace == self.workspace => {
                    return Some(Heard::Change(change.document));
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return Some(Heard::TooMuch),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

impl Rag {
    /// Hears of every document that is not done, and then of each that changes.
    pub async fn watch(&self, access: &Access) -> Result<Watch, RagError> {
        let mut watch = Watch {
            workspace: access.workspace(),
            changes: self.inner.board.changes(),
            due: VecDeque::new(),
        };
        self.catch_up(access, &mut watch).await?;
        Ok(watch)
    }

    /// Makes a watch hear of every document that is not done.
    pub async fn catch_up(&self, access: &Access, watch: &mut Watch) -> Result<(), RagError> {
        let filter = Filter {
            progress: Some(Progress::Working),
            ..Filter::default()
        };
        let page = PageRequest::new(None, Some(FIRST));
        let found = self.list(access, &filter, &page).await?;
        watch.due = found.items.into_iter().rev().map(|one| one.id).collect();
        Ok(())
    }

    /// What a change looks like to this asker; nothing, if the document is not theirs to see.
    pub async fn seen(
        &self,
        access: &Access,
        id: DocumentId,
    ) -> Result<Option<DocumentEvent>, RagError> {
        let access = access.clone();
        let read = self.inner.store.read(move |tx| {
            let sight = Sight::of(tx, &access)?;
            Ok((sight.sees(id), sight.document(tx, id)?))
        });
        Ok(match read.await? {
            (false, _) => None,
            (true, None) => Some(DocumentEvent::Removed(id)),
            (true, Some(document)) => {
                let document = self.up_to_date(document);
                Some(DocumentEvent::Changed(Box::new(document), self.eta(id)))
            }
        })
    }
}
