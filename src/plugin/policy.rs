//! What judges the texts of each workspace: the box's own guardrails, or stages of its own.
//!
//! Stages of a workspace are plugins of the box, in another order, under other settings, without
//! some or with more. They share compiled code; instances are never shared between settings. The
//! box says which guards no workspace goes without (`plugins.required`).

mod cases;
mod check;
mod error;
mod made;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::domain::id::WorkspaceId;
use crate::domain::principal::Principal;
use crate::domain::verdict::Side;
use crate::pipeline::{Guardrail, Pipeline, Tried};
use crate::store::{Store, pipelines, workspaces};

use super::bindings::guardrail::GuardrailPlugin;
use super::guest::Guest;
use super::role::Role;
use super::{PluginError, PluginHost, Usage, World};

pub use crate::store::pipelines::{Outcome, Part, PolicyCase, Stage};
pub use error::PolicyError;

use made::Made;

/// What texts go through, by where they are asked. Cheap to clone.
#[derive(Clone)]
pub struct Pipelines(PluginHost);

/// The workspaces that have stages of their own.
#[derive(Default)]
pub(super) struct Policies(RwLock<HashMap<WorkspaceId, Policy>>);

/// The stages of one workspace.
struct Policy {
    /// As they were set.
    stages: Vec<Stage>,
    cases: Vec<PolicyCase>,
    /// What became of them, with the guards that the box requires.
    made: Vec<Made>,
    pipeline: Pipeline,
}

/// What judges the texts of a workspace, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyCard {
    /// It is what judges all texts of the box.
    pub inherited: bool,
    /// In the order they are asked.
    pub stages: Vec<StageCard>,
    /// Guards that must be among them, active.
    pub required: Vec<String>,
    /// What they must make of some texts.
    pub cases: Vec<PolicyCase>,
}

/// One stage, and how it is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageCard {
    pub stage: Stage,
    /// False: its plugin is gone or broken, and if it is active no text goes on.
    pub works: bool,
    /// Of one in shadow: the texts it judged since it was set or the box was started, and those
    /// it objected to.
    pub shadowed: Option<(u64, u64)>,
}

impl Pipelines {
    /// What texts in this workspace go through, or texts that are asked in none.
    pub fn of(&self, workspace: Option<WorkspaceId>) -> Pipeline {
        let policies = self.0.policies();
        let own = workspace.and_then(|id| policies.get(&id));
        own.map_or_else(|| self.0.pipeline(), |own| own.pipeline.clone())
    }
}

impl PluginHost {
    /// What texts go through, wherever they are asked; it changes when plugins or stages do.
    pub fn pipelines(&self) -> Pipelines {
        Pipelines(self.clone())
    }

    /// What judges the texts of a workspace.
    pub fn policy(&self, workspace: WorkspaceId) -> PolicyCard {
        let (inherited, made) = self.made_for(workspace);
        PolicyCard {
            inherited,
            stages: made.iter().map(Made::card).collect(),
            required: self.required().to_vec(),
            cases: self.cases_of(workspace),
        }
    }

    fn cases_of(&self, workspace: WorkspaceId) -> Vec<PolicyCase> {
        let policies = self.policies();
        let own = policies.get(&workspace);
        own.map_or_else(Vec::new, |own| own.cases.clone())
    }

    /// Gives a workspace stages of its own, which must keep its cases: `cases`, or those that it
    /// has. Texts that are being judged, and answers under way,
    /// end with those they began with.
    pub async fn set_policy(
        &self,
        workspace: WorkspaceId,
        stages: Vec<Stage>,
        cases: Option<Vec<PolicyCase>>,
        by: &Principal,
    ) -> Result<PolicyCard, PolicyError> {
        let (store, _) = self.books()?;
        let _one = self.0.changing.lock().await;
        check::sound(&stages, &self.list(), self.required())?;
        let made = self.make(&stages, &self.made_for(workspace).1);
        let trial = made.clone();
        super::installed::blocking(move || made::probe(&trial)).await??;
        let cases = cases.unwrap_or_else(|| self.cases_of(workspace));
        cases::sound(&cases)?;
        cases::kept(&self.pipeline(), &made, &cases).await?;
        let record = pipelines::PipelineRecord {
            stages: stages.clone(),
            cases: cases.clone(),
        };
        let kept = store.write(move |tx| {
            let found = workspaces::get(tx, workspace)?;
            found.ok_or(PolicyError::WorkspaceNotFound)?;
            Ok::<_, PolicyError>(pipelines::put(tx, workspace, &record)?)
        });
        kept.await?;
        let names: Vec<_> = stages.iter().map(|one| one.plugin.as_str()).collect();
        let (by, names) = (named(by), names.join(", "));
        tracing::info!(%workspace, by, stages = names, "a workspace got stages of its own");
        self.put_policy(workspace, (stages, cases), made);
        Ok(self.policy(workspace))
    }

    /// Takes a workspace back to what judges all texts of the box.
    pub async fn clear_policy(
        &self,
        workspace: WorkspaceId,
        by: &Principal,
    ) -> Result<PolicyCard, PolicyError> {
        let (store, _) = self.books()?;
        let _one = self.0.changing.lock().await;
        let removed = store.write(move |tx| pipelines::remove(tx, workspace));
        removed.await?;
        let by = named(by);
        tracing::info!(%workspace, by, "a workspace goes by the stages of the box");
        self.forget_policy(workspace);
        Ok(self.policy(workspace))
    }

    /// Forgets the stages of a workspace that was removed.
    pub fn forget_policy(&self, workspace: WorkspaceId) {
        self.policies_mut().remove(&workspace);
    }

    /// Judges a text as these stages would, or those that the workspace has, and tells what each
    /// says. Nothing of the text is kept.
    pub async fn try_policy(
        &self,
        workspace: WorkspaceId,
        draft: Option<Vec<Stage>>,
        side: Side,
        text: &str,
    ) -> Result<Tried, PolicyError> {
        let (_, mut made) = self.made_for(workspace);
        if let Some(draft) = draft {
            check::sound(&draft, &self.list(), self.required())?;
            made = self.make(&draft, &made);
        }
        let trials = made.iter().filter_map(Made::trial).collect();
        Ok(self.pipeline().try_out(trials, side, text).await?)
    }

    /// Reads which workspaces have stages of their own.
    pub(super) async fn restore_policies(&self, store: &Store) -> Result<(), PluginError> {
        for name in self.required() {
            if self.loaded(name).is_none() {
                tracing::error!(
                    name,
                    "plugins.required names a plugin that is not there or broken: \
                     workspaces with stages of their own are stopped"
                );
            }
        }
        for (workspace, record) in store.read(pipelines::all).await? {
            let made = self.make(&record.stages, &[]);
            self.put_policy(workspace, (record.stages, record.cases), made);
        }
        Ok(())
    }

    /// Plugins came, went or are others now.
    pub(super) fn policies_changed(&self) {
        for (workspace, policy) in self.policies_mut().iter_mut() {
            policy.made = self.make(&policy.stages, &policy.made);
            policy.pipeline.exchange(self.guards_of(&policy.made));
            warn_of(*workspace, &policy.made);
        }
    }

    fn put_policy(
        &self,
        workspace: WorkspaceId,
        (stages, cases): (Vec<Stage>, Vec<PolicyCase>),
        made: Vec<Made>,
    ) {
        warn_of(workspace, &made);
        let guards = self.guards_of(&made);
        let mut policies = self.policies_mut();
        // A text on its way holds the pipeline itself, so it is the guards that are exchanged.
        let pipeline = match policies.remove(&workspace) {
            Some(before) => {
                before.pipeline.exchange(guards);
                before.pipeline
            }
            None => self.pipeline().beside(guards),
        };
        let policy = Policy {
            stages,
            cases,
            made,
            pipeline,
        };
        policies.insert(workspace, policy);
    }

    /// What of them stands among the guardrails, behind the formatters, which form all answers.
    fn guards_of(&self, made: &[Made]) -> Vec<Arc<dyn Guardrail>> {
        let mut guards = self.formatters();
        guards.extend(made::guardrails(made));
        guards
    }

    /// Whether a workspace goes by the box's stages, and what those that it goes by are made of.
    fn made_for(&self, workspace: WorkspaceId) -> (bool, Vec<Made>) {
        if let Some(own) = self.policies().get(&workspace) {
            return (false, own.made.clone());
        }
        let made = self.box_stages().into_iter();
        (true, made.map(|stage| self.make_one(stage, &[])).collect())
    }

    /// The stages with those that the box requires; what did not change is taken from `before`.
    fn make(&self, stages: &[Stage], before: &[Made]) -> Vec<Made> {
        let stages = check::with_required(stages.to_vec(), self.required());
        let made = stages.into_iter();
        made.map(|stage| self.make_one(stage, before)).collect()
    }

    fn make_one(&self, stage: Stage, before: &[Made]) -> Made {
        let base = self.loaded(&stage.plugin);
        let kept = before.iter().find(|one| one.is(&stage, base.as_ref()));
        kept.cloned().unwrap_or_else(|| Made::of(stage, base))
    }

    /// What judges all texts of the box, said as stages.
    fn box_stages(&self) -> Vec<Stage> {
        let mut cards: Vec<_> = self.0.built_in.iter().map(|one| &one.card).collect();
        cards.retain(|card| card.position.is_some());
        cards.sort_by_key(|card| card.position);
        let stage = |plugin: &str, part| Stage {
            plugin: plugin.to_owned(),
            part,
            settings: Default::default(),
        };
        let built_in = cards.iter().map(|card| stage(&card.name, Part::Active));
        let mut stages: Vec<_> = built_in.collect();
        let installed = self.installed();
        for one in installed
            .iter()
            .filter(|one| one.world() == World::Guardrail)
        {
            match one.usage() {
                Usage::Off => {}
                Usage::Shadow => stages.push(stage(one.name(), Part::Shadow)),
                Usage::Active => stages.push(stage(one.name(), Part::Active)),
            }
        }
        stages
    }

    /// The guard of this name, if it is there and could be loaded.
    fn loaded(&self, name: &str) -> Option<Arc<Guest<GuardrailPlugin>>> {
        let built_in = self.0.built_in.iter().find(|one| one.card.name == name);
        if let Some(plugin) = built_in {
            return plugin.guest.as_ref().and_then(Role::guard).cloned();
        }
        let installed = self.installed();
        let found = installed.iter().find(|one| one.name() == name);
        found.and_then(|one| one.role()?.guard().cloned())
    }

    fn required(&self) -> &[String] {
        &self.0.loader.config.required
    }

    fn policies(&self) -> RwLockReadGuard<'_, HashMap<WorkspaceId, Policy>> {
        let policies = self.0.policies.0.read();
        policies.unwrap_or_else(PoisonError::into_inner)
    }

    fn policies_mut(&self) -> RwLockWriteGuard<'_, HashMap<WorkspaceId, Policy>> {
        let policies = self.0.policies.0.write();
        policies.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says which guards keep a workspace's texts from going on.
fn warn_of(workspace: WorkspaceId, made: &[Made]) {
    for card in made.iter().map(Made::card) {
        if !card.works && card.stage.part == Part::Active {
            let plugin = card.stage.plugin;
            tracing::error!(%workspace, plugin, "a stage is gone or broken: no text goes on");
        }
    }
}

/// Who it was, for the log.
fn named(by: &Principal) -> String {
    let user = by.user();
    user.map_or_else(|| "operator".to_owned(), |user| user.to_string())
}
