//! The room with a store and an engine of its own, for one test.

use crate::engine::tiny_model;
use std::time::Duration;

use crate::auth::policy::{self, Access};
use crate::config::{EngineConfig, StoreConfig};
use crate::domain::document::{Document, DocumentState};
use crate::domain::id::{DocumentId, SessionId, UserId, WorkspaceId};
use crate::domain::principal::{Action, Credential, Person, Principal, Role};
use crate::domain::time::Timestamp;
use crate::domain::workspace::{AnswerSettings, MemberRole, Membership, Workspace};

use crate::store::workspaces;

use super::super::*;

pub(super) struct House {
    pub(super) dir: tempfile::TempDir,
    pub(super) store: Store,
    pub(super) rag: Rag,
}

impl House {
    pub(super) fn open() -> Self {
        Self::open_in(tempfile::tempdir().unwrap())
    }

    fn open_in(dir: tempfile::TempDir) -> Self {
        let store = Store::open(dir.path(), &StoreConfig::default()).unwrap();
        let clock = Clock::held(Timestamp::from_millis(1_000));
        let config = RagConfig {
            documents: 100,
            ..RagConfig::default()
        };
        let rag = Rag::new(
            store.clone(),
            engine(&dir),
            Stages::default(),
            &config,
            clock,
        );
        Self { dir, store, rag }
    }

    /// Gives the box an embedding model; says the digest of its weights.
    pub(super) fn import_encoder(&self) -> String {
        let folder = self.dir.path().join("encoder");
        tiny_model::write_encoder(&folder).unwrap();
        let cards = self
            .rag
            .inner
            .engine
            .import(&folder, &mut |_, _| ())
            .unwrap();
        cards[0].digest.clone()
    }

    /// The box goes down and comes up again.
    pub(super) fn restart(self) -> Self {
        let Self { dir, store, rag } = self;
        drop((store, rag));
        Self::open_in(dir)
    }

    pub(super) async fn settled(&self, access: &Access, id: DocumentId) -> DocumentState {
        for _ in 0..500 {
            let state = self.rag.get(access, id).await.unwrap().state;
            if matches!(
                state,
                DocumentState::Indexed { .. } | DocumentState::Failed { .. }
            ) {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the worker did not come to an end");
    }

    pub(super) async fn upload(
        &self,
        access: &Access,
        title: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<Document, RagError> {
        let upload = Upload {
            title: title.to_owned(),
            media_type: media_type.to_owned(),
            bytes,
            replaces: None,
        };
        self.rag.upload(access, upload).await
    }

    /// What is found by meaning alone.
    pub(super) async fn semantic(
        &self,
        access: &Access,
        question: &str,
    ) -> Result<Vec<Retrieved>, RagError> {
        let search = Search {
            question: question.to_owned(),
            limit: 50,
            method: Method::Semantic,
            ..Search::default()
        };
        self.rag.search(access, search).await
    }

    pub(super) async fn indexed(&self, access: &Access, title: &str, text: &str) -> Document {
        let bytes = text.as_bytes().to_vec();
        let document = self
            .upload(access, title, "text/plain", bytes)
            .await
            .unwrap();
        let state = self.settled(access, document.id).await;
        assert!(matches!(state, DocumentState::Indexed { .. }), "{state:?}");
        document
    }

    pub(super) async fn found(&self, access: &Access, question: &str) -> Vec<String> {
        let found = self.rag.retrieve(access, question, &[], 5).await.unwrap();
        found.into_iter().map(|one| one.passage.text).collect()
    }
}

/// An engine without models.
pub(super) fn engine(dir: &tempfile::TempDir) -> Engine {
    let config = EngineConfig::default();
    Engine::open(&config, &dir.path().join("models"), Clock::system()).unwrap()
}

/// Access to a new workspace, as one of its members has it.
pub(super) async fn access(house: &House) -> Access {
    let user = UserId::new();
    let workspace = opened(house, user).await;
    joined(house, workspace, user, MemberRole::Member).await
}

/// A new workspace.
pub(super) async fn opened(house: &House, by: UserId) -> WorkspaceId {
    let id = WorkspaceId::new();
    let row = Workspace {
        id,
        name: "Plant".to_owned(),
        instructions: String::new(),
        created_at: Timestamp::from_millis(0),
        created_by: by,
        answers: AnswerSettings::default(),
    };
    let write = house.store.write(move |tx| workspaces::put(tx, &row));
    write.await.unwrap();
    id
}

/// Takes somebody into a workspace; the access that this gives.
pub(super) async fn joined(
    house: &House,
    workspace: WorkspaceId,
    user: UserId,
    role: MemberRole,
) -> Access {
    let membership = Membership {
        workspace,
        user,
        role,
        since: Timestamp::from_millis(0),
    };
    let row = membership.clone();
    let write = house
        .store
        .write(move |tx| workspaces::put_member(tx, &row));
    write.await.unwrap();
    let who = Principal::Person(Person {
        user,
        role: Role::Member,
        credential: Credential::Session(SessionId::new()),
    });
    policy::access(&who, Some(&membership), Action::ReadWorkspace).unwrap()
}
