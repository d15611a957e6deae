//! Yard: a store of its own for the time of a measurement, with the models of the box.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::super::super::Context;
use super::DEPTH;
use super::score::{CUT, Score};
use super::set::Set;
use crate::auth::{Access, policy};
use crate::config::RagConfig;
use crate::domain::document::DocumentState;
use crate::domain::id::{DocumentId, SessionId, UserId, WorkspaceId};
use crate::domain::principal::{Action, Credential, Person, Principal, Role};
use crate::domain::time::{Clock, Stopwatch};
use crate::domain::workspace::{AnswerSettings, MemberRole, Membership, Workspace};
use crate::engine::Engine;
use crate::plugin::PluginHost;
use crate::rag::{Rag, Search, Upload, Worker};
use crate::store::{Store, jobs, passages, workspaces};

/// Rooms to measure in.
pub(super) struct Yard {
    pub(super) store: Store,
    pub(super) rag: Rag,
    worker: Worker,
    /// Keeps the plugins that stages are made of.
    _plugins: PluginHost,
}

impl Yard {
    pub(super) async fn open(context: &Context, folder: &Path) -> anyhow::Result<Self> {
        let (config, clock) = (&context.config, Clock::system());
        let store = Store::open(folder, &config.store)?;
        let models = context.data.join("models");
        let engine = Engine::open(&config.engine, &models, clock.clone())?;
        if engine.default_embedding().is_none() {
            eprintln!("There is no embedding model on this box: nothing is found by meaning.");
        }
        let plugins = PluginHost::open(&config.plugins, &context.data)?;
        let room = RagConfig {
            documents: u32::MAX,
            ..config.rag.clone()
        };
        let rag = Rag::new(store.clone(), engine, plugins.stages(), &room, clock);
        let worker = rag.start();
        Ok(Self {
            store,
            rag,
            worker,
            _plugins: plugins,
        })
    }

    pub(super) async fn close(self) {
        self.worker.stop().await;
    }

    /// A new workspace, with the access of its owner.
    pub(super) async fn workspace(&self) -> anyhow::Result<Access> {
        let (workspace, user, since) = (WorkspaceId::new(), UserId::new(), Clock::system().now());
        let row = Workspace {
            id: workspace,
            name: "measured".to_owned(),
            instructions: String::new(),
            answers: AnswerSettings::default(),
            created_at: since,
            created_by: user,
        };
        let member = Membership {
            workspace,
            user,
            role: MemberRole::Owner,
            since,
        };
        let membership = member.clone();
        let write = self.store.write(move |tx| {
            workspaces::put(tx, &row)?;
            workspaces::put_member(tx, &member)
        });
        write.await?;
        let who = Principal::Person(Person {
            user,
            role: Role::Member,
            credential: Credential::Session(SessionId::new()),
        });
        Ok(policy::access(
            &who,
            Some(&membership),
            Action::ReadWorkspace,
        )?)
    }

    /// Uploads the documents of a set and waits until all are indexed; says which is which.
    pub(super) async fn take_in(
        &self,
        access: &Access,
        set: &Set,
    ) -> anyhow::Result<HashMap<DocumentId, String>> {
        let mut names = HashMap::new();
        for one in &set.documents {
            let upload = Upload {
                title: one.file_name(),
                media_type: "text/plain".to_owned(),
                bytes: one.text.clone().into_bytes(),
                replaces: None,
            };
            match self.rag.upload(access, upload).await {
                Ok(document) => drop(names.insert(document.id, one.id.clone())),
                // Sets have the same text twice, and empty ones.
                Err(crate::rag::RagError::Exists(twin)) => {
                    eprintln!(
                        "{}: {} is the same text as {:?}",
                        set.name,
                        one.id,
                        names.get(&twin.id)
                    );
                }
                Err(error) => return Err(error).with_context(|| one.id.clone()),
            }
        }
        while self.store.read(|tx| jobs::count(tx, 1)).await? > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for (id, name) in &names {
            if let DocumentState::Failed { hint, .. } = self.rag.get(access, *id).await?.state {
                eprintln!("{}: {name}: {hint}", set.name);
            }
        }
        Ok(names)
    }

    /// Passages that were made of a workspace.
    pub(super) async fn passages(&self, access: &Access) -> anyhow::Result<u64> {
        let workspace = access.workspace();
        let corpus = self.store.read(move |tx| passages::corpus(tx, workspace));
        Ok(corpus.await?.passages)
    }

    /// Asks the questions of a set, in one way to search.
    pub(super) async fn ask(
        &self,
        access: &Access,
        set: &Set,
        names: &HashMap<DocumentId, String>,
        way: &Search,
    ) -> anyhow::Result<Score> {
        let mut score = Score::default();
        for (question, gains) in set.judged() {
            let search = Search {
                question: question.text.clone(),
                limit: DEPTH,
                ..way.clone()
            };
            let watch = Stopwatch::start();
            let found = self.rag.search(access, search).await?;
            let took = watch.elapsed();
            let mut seen = HashSet::new();
            let ranked = found.iter().map(|one| one.passage.document);
            let ranked = ranked.filter(|id| seen.insert(*id)).take(CUT);
            let ranked = ranked.filter_map(|id| names.get(&id).map(String::as_str));
            score.add(&ranked.collect::<Vec<_>>(), gains, took);
        }
        if set.judged().next().is_none() {
            bail!("{}: no question has a judgement", set.name);
        }
        Ok(score)
    }
}
