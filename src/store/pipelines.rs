//! What judges the texts of a workspace, where that is not what judges those of the whole box.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::schema::PIPELINES;
use super::{Reads, StoreError, WriteTx};
use crate::domain::id::WorkspaceId;
use crate::domain::verdict::Side;

/// The stages of one workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineRecord {
    /// In the order they are asked.
    pub stages: Vec<Stage>,
    /// What the stages must make of some texts, whatever they are changed to.
    pub cases: Vec<PolicyCase>,
}

/// A text and what must become of it in a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyCase {
    /// What it shows.
    pub name: String,
    pub side: Side,
    pub text: String,
    pub outcome: Outcome,
}

/// What becomes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Passed,
    /// Something was replaced.
    Changed,
    /// Something is shown, and the text stays as it is.
    Noted,
    Blocked,
}

/// One plugin at its place in a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    pub plugin: String,
    pub part: Part,
    /// What the workspace sets; what it does not set is as on the box.
    pub settings: BTreeMap<String, String>,
}

/// What a plugin has to say in a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// It is asked, and nothing comes of what it says but a count.
    Shadow,
    /// It is asked, and what it says is done.
    Active,
}

/// All of them.
pub fn all(tx: &impl Reads) -> Result<Vec<(WorkspaceId, PipelineRecord)>, StoreError> {
    tx.all(PIPELINES).collect()
}

/// Gives a workspace stages of its own.
pub fn put(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    record: &PipelineRecord,
) -> Result<(), StoreError> {
    tx.put(PIPELINES, &workspace, record)
}

/// Takes a workspace's own stages away; false if it had none.
pub fn remove(tx: &mut WriteTx, workspace: WorkspaceId) -> Result<bool, StoreError> {
    tx.remove(PIPELINES, &workspace)
}

#[cfg(test)]
pub(super) fn golden() -> Vec<super::golden::Row> {
    let stage = |plugin: &str, part, settings: &[(&str, &str)]| Stage {
        plugin: plugin.to_owned(),
        part,
        settings: settings
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let record = PipelineRecord {
        stages: vec![
            stage("secrets", Part::Active, &[]),
            stage("pii", Part::Shadow, &[("note", "PERSON"), ("off", "")]),
        ],
        cases: [
            (Side::Input, Outcome::Passed),
            (Side::Retrieved, Outcome::Changed),
            (Side::Output, Outcome::Noted),
            (Side::Input, Outcome::Blocked),
        ]
        .map(|(side, outcome)| PolicyCase {
            name: "a".to_owned(),
            side,
            text: "b".to_owned(),
            outcome,
        })
        .to_vec(),
    };
    vec![super::golden::Row::of(
        PIPELINES,
        &super::golden::id(1),
        &record,
    )]
}
