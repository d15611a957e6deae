//! How stages and what they say look in JSON.

use std::collections::BTreeMap;

use poem_openapi::{Enum, Object};

use crate::api::plugins::OriginView;
use crate::api::turns::{FindingView, SideView};
use crate::domain::verdict::Edit;
use crate::pipeline::{Said, StageError, Tried, TriedStage};
use crate::plugin::{
    Outcome, Part, PluginCard, PluginState, PolicyCard, PolicyCase, SettingCard, Stage, StageCard,
    World,
};

/// What a plugin has to say in a pipeline.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "StageUse", rename_all = "snake_case")]
enum UseView {
    /// What it says is done.
    Active,
    /// It is asked, and nothing comes of it but a count.
    Shadow,
}

/// A setting and what it is set to.
#[derive(Object)]
#[oai(rename = "SettingValue", deny_unknown_fields)]
struct SettingValue {
    key: String,
    value: String,
}

/// One stage as it is wanted.
#[derive(Object)]
#[oai(rename = "StageRequest", deny_unknown_fields)]
pub(super) struct StageBody {
    /// The name of a plugin.
    #[oai(validator(max_length = 48))]
    plugin: String,
    #[oai(rename = "use")]
    part: UseView,
    /// What it is not told here is as on the box.
    #[oai(default)]
    settings: Vec<SettingValue>,
}

/// The stages that a workspace is to have, in the order they are asked.
#[derive(Object)]
#[oai(rename = "PipelineRequest", deny_unknown_fields)]
pub(super) struct PipelineBody {
    pub(super) stages: Vec<StageBody>,
    /// What they must make of some texts, now and after every later change; absent: the cases that
    /// the workspace has.
    pub(super) cases: Option<Vec<CaseView>>,
}

/// A text and what must become of it.
#[derive(Object)]
#[oai(rename = "PipelineCase", deny_unknown_fields)]
pub(super) struct CaseView {
    /// What it shows.
    name: String,
    /// Which way it is going.
    side: SideView,
    text: String,
    outcome: OutcomeView,
}

/// What becomes of a text.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "CaseOutcome", rename_all = "snake_case")]
enum OutcomeView {
    Passed,
    /// Something was replaced.
    Changed,
    /// Something is shown, and the text stays as it is.
    Noted,
    Blocked,
}

impl From<CaseView> for PolicyCase {
    fn from(case: CaseView) -> Self {
        Self {
            name: case.name,
            side: case.side.into(),
            text: case.text,
            outcome: match case.outcome {
                OutcomeView::Passed => Outcome::Passed,
                OutcomeView::Changed => Outcome::Changed,
                OutcomeView::Noted => Outcome::Noted,
                OutcomeView::Blocked => Outcome::Blocked,
            },
        }
    }
}

impl From<PolicyCase> for CaseView {
    fn from(case: PolicyCase) -> Self {
        Self {
            name: case.name,
            side: case.side.into(),
            text: case.text,
            outcome: match case.outcome {
                Outcome::Passed => OutcomeView::Passed,
                Outcome::Changed => OutcomeView::Changed,
                Outcome::Noted => OutcomeView::Noted,
                Outcome::Blocked => OutcomeView::Blocked,
            },
        }
    }
}

/// A text to try.
#[derive(Object)]
#[oai(rename = "PipelineTry", deny_unknown_fields)]
pub(super) struct TryBody {
    /// Which way it is going.
    pub(super) side: SideView,
    /// 64 KiB at most.
    pub(super) text: String,
    /// Stages that are not set yet; absent: those of the workspace.
    pub(super) stages: Option<Vec<StageBody>>,
}

/// One stage as it is.
#[derive(Object)]
#[oai(rename = "Stage", skip_serializing_if_is_none)]
struct StageView {
    plugin: String,
    #[oai(rename = "use")]
    part: UseView,
    /// What the workspace sets.
    settings: Vec<SettingValue>,
    /// False: the plugin is gone or broken. If it is active, no text goes on until the stages are
    /// changed.
    works: bool,
    /// Texts that it judged in shadow since it was set or the box was started.
    judged: Option<u64>,
    /// How many of those it objected to.
    objections: Option<u64>,
}

/// A setting that a plugin reads.
#[derive(Object)]
#[oai(rename = "Setting", skip_serializing_if_is_none)]
struct SettingView {
    key: String,
    /// What it does, in one sentence.
    summary: String,
    /// What it is where the workspace sets nothing; shown to those who may change it.
    default: Option<String>,
}

/// A plugin that can be a stage.
#[derive(Object)]
#[oai(rename = "StagePlugin")]
struct AvailableView {
    name: String,
    version: String,
    /// What it does, in one sentence.
    summary: String,
    origin: OriginView,
    /// False: it could not be loaded.
    works: bool,
    settings: Vec<SettingView>,
}

/// What judges the texts of a workspace.
#[derive(Object)]
#[oai(rename = "Pipeline")]
pub(super) struct PipelineView {
    /// It is what judges all texts of the box.
    inherited: bool,
    /// Whether the asker may change it.
    editable: bool,
    /// In the order they are asked.
    stages: Vec<StageView>,
    /// Plugins that must be among them, active.
    required: Vec<String>,
    /// What the stages must make of some texts.
    cases: Vec<CaseView>,
    /// Plugins that can be stages.
    available: Vec<AvailableView>,
}

/// What a stage, or all of them, made of a text.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "TryOutcome", rename_all = "snake_case")]
enum SaidView {
    Passed,
    /// Something was replaced.
    Changed,
    /// Something is shown, and the text stays as it is.
    Noted,
    /// The text does not go on.
    Blocked,
    /// A stage did not do its work, so the text does not go on.
    Failed,
}

/// One replacement in the text that was tried.
#[derive(Object)]
#[oai(rename = "TryEdit")]
struct EditView {
    /// Bytes of the text as it was sent.
    start: u32,
    end: u32,
    /// What stands there afterwards.
    replacement: String,
    label: String,
}

/// What one stage said.
#[derive(Object)]
#[oai(rename = "TriedStage")]
struct TriedStageView {
    plugin: String,
    outcome: SaidView,
    findings: Vec<FindingView>,
    /// How long it took, in microseconds.
    micros: u64,
}

/// What became of a text that was tried.
#[derive(Object)]
#[oai(rename = "PipelineTried", skip_serializing_if_is_none)]
pub(super) struct TriedView {
    outcome: SaidView,
    /// The text as it goes on; as it was sent if it does not.
    text: String,
    edits: Vec<EditView>,
    /// What people would be shown: without what stages in shadow found.
    findings: Vec<FindingView>,
    /// Why it does not go on.
    reason: Option<String>,
    /// The stages that were asked: none after one that ended it.
    stages: Vec<TriedStageView>,
}

impl StageBody {
    /// The stage; an error names a setting that is there twice.
    pub(super) fn stage(self) -> Result<Stage, String> {
        let mut settings = BTreeMap::new();
        for SettingValue { key, value } in self.settings {
            if settings.contains_key(&key) {
                return Err(key);
            }
            settings.insert(key, value);
        }
        Ok(Stage {
            plugin: self.plugin,
            part: self.part.into(),
            settings,
        })
    }
}

impl PipelineView {
    pub(super) fn of(policy: PolicyCard, plugins: Vec<PluginCard>, editable: bool) -> Self {
        let available = plugins
            .into_iter()
            .filter(|card| card.world == World::Guardrail);
        Self {
            inherited: policy.inherited,
            editable,
            stages: policy.stages.into_iter().map(Into::into).collect(),
            required: policy.required,
            cases: policy.cases.into_iter().map(Into::into).collect(),
            available: available
                .map(|card| AvailableView::of(card, editable))
                .collect(),
        }
    }
}

impl AvailableView {
    fn of(card: PluginCard, editable: bool) -> Self {
        let setting = |setting: SettingCard| SettingView {
            key: setting.key,
            summary: setting.summary,
            default: setting.default.filter(|_| editable),
        };
        Self {
            name: card.name,
            version: card.version,
            summary: card.summary,
            origin: card.origin.into(),
            works: card.state != PluginState::Broken,
            settings: card.settings.into_iter().map(setting).collect(),
        }
    }
}

impl From<StageCard> for StageView {
    fn from(card: StageCard) -> Self {
        let settings = card.stage.settings.into_iter();
        Self {
            plugin: card.stage.plugin,
            part: card.stage.part.into(),
            settings: settings
                .map(|(key, value)| SettingValue { key, value })
                .collect(),
            works: card.works,
            judged: card.shadowed.map(|(judged, _)| judged),
            objections: card.shadowed.map(|(_, objections)| objections),
        }
    }
}

impl From<Tried> for TriedView {
    fn from(tried: Tried) -> Self {
        Self {
            outcome: tried.said().into(),
            reason: tried.stopped.as_ref().map(StageError::to_string),
            text: tried.text,
            edits: tried.edits.into_iter().map(Into::into).collect(),
            findings: tried.findings.into_iter().map(Into::into).collect(),
            stages: tried.stages.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<TriedStage> for TriedStageView {
    fn from(stage: TriedStage) -> Self {
        Self {
            plugin: stage.guard,
            outcome: stage.said.into(),
            findings: stage.findings.into_iter().map(Into::into).collect(),
            micros: stage.micros,
        }
    }
}

impl From<Edit> for EditView {
    fn from(edit: Edit) -> Self {
        Self {
            start: edit.start,
            end: edit.end,
            replacement: edit.replacement,
            label: edit.label,
        }
    }
}

impl From<Said> for SaidView {
    fn from(said: Said) -> Self {
        match said {
            Said::Passed => Self::Passed,
            Said::Changed => Self::Changed,
            Said::Noted => Self::Noted,
            Said::Blocked => Self::Blocked,
            Said::Failed => Self::Failed,
        }
    }
}

impl From<Part> for UseView {
    fn from(part: Part) -> Self {
        match part {
            Part::Active => Self::Active,
            Part::Shadow => Self::Shadow,
        }
    }
}

impl From<UseView> for Part {
    fn from(part: UseView) -> Self {
        match part {
            UseView::Active => Self::Active,
            UseView::Shadow => Self::Shadow,
        }
    }
}
