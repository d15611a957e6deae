//! Which stages a workspace may have.

use super::super::{PluginCard, PluginState, World};
use super::{Part, PolicyError, Stage};

/// Stages of one workspace, at most.
pub(super) const STAGES: usize = 16;
/// Settings of one stage, at most.
pub(super) const SETTINGS: usize = 32;
/// Bytes of one setting, at most.
pub(super) const VALUE_BYTES: usize = 4096;

/// Checks stages that somebody wants: a typing error must not switch a guard off.
pub(super) fn sound(
    stages: &[Stage],
    plugins: &[PluginCard],
    required: &[String],
) -> Result<(), PolicyError> {
    if stages.len() > STAGES {
        return Err(PolicyError::TooMany { limit: STAGES });
    }
    for (index, stage) in stages.iter().enumerate() {
        let name = &stage.plugin;
        if stages[..index].iter().any(|one| one.plugin == *name) {
            return Err(PolicyError::Twice { name: name.clone() });
        }
        let judges = |card: &&PluginCard| card.world == World::Guardrail && card.name == *name;
        let card = plugins.iter().find(judges);
        let card = card.ok_or_else(|| PolicyError::Unknown { name: name.clone() })?;
        if card.state == PluginState::Broken {
            return Err(PolicyError::Broken { name: name.clone() });
        }
        settings(stage, card)?;
    }
    let active = |name: &&String| !stages.iter().any(|stage| is_active(stage, name));
    match required.iter().find(active) {
        Some(name) => Err(PolicyError::Required { name: name.clone() }),
        None => Ok(()),
    }
}

/// The stages with what the box requires: what is missing is asked first, what is in shadow is
/// active at its place.
pub(super) fn with_required(mut stages: Vec<Stage>, required: &[String]) -> Vec<Stage> {
    let mut missing = Vec::new();
    for name in required {
        match stages.iter_mut().find(|stage| stage.plugin == *name) {
            Some(stage) => stage.part = Part::Active,
            None => missing.push(Stage {
                plugin: name.clone(),
                part: Part::Active,
                settings: Default::default(),
            }),
        }
    }
    missing.extend(stages);
    missing
}

fn settings(stage: &Stage, card: &PluginCard) -> Result<(), PolicyError> {
    let plugin = || card.name.clone();
    if stage.settings.len() > SETTINGS {
        let (plugin, limit) = (plugin(), SETTINGS);
        return Err(PolicyError::Settings { plugin, limit });
    }
    for (key, value) in &stage.settings {
        let (plugin, key) = (plugin(), key.clone());
        if !card.settings.iter().any(|known| known.key == key) {
            return Err(PolicyError::Setting { plugin, key });
        }
        let strange = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if value.len() > VALUE_BYTES || value.chars().any(strange) {
            let limit = VALUE_BYTES;
            return Err(PolicyError::Value { plugin, key, limit });
        }
    }
    Ok(())
}

fn is_active(stage: &Stage, name: &str) -> bool {
    stage.plugin == name && stage.part == Part::Active
}
