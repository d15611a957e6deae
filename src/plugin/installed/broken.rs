//! What stands in the place of a plugin that cannot be loaded.

use crate::domain::verdict::{Side, Verdict};
use crate::pipeline::{GuardSession, Guardrail, StageError, Subject};
use crate::store::plugins::PluginRecord;

use super::super::{Origin, Plugin, PluginCard, PluginState, World, compiled};

/// Judges nothing, so nothing goes on.
pub(in crate::plugin) struct Broken(pub(in crate::plugin) String);

impl Broken {
    fn fault(&self) -> StageError {
        StageError::failed(&self.0, "it could not be loaded")
    }
}

impl Guardrail for Broken {
    fn name(&self) -> &str {
        &self.0
    }

    fn check(&self, _: &Subject) -> Result<Verdict, StageError> {
        Err(self.fault())
    }

    fn session(&self, _: Side) -> Result<Box<dyn GuardSession>, StageError> {
        Err(self.fault())
    }
}

/// All that is known of it.
pub(super) fn plugin(record: &PluginRecord) -> Plugin {
    Plugin {
        card: PluginCard {
            name: record.id.clone(),
            version: String::new(),
            summary: String::new(),
            labels: Vec::new(),
            digest: compiled::hex(&record.digest),
            world: World::Guardrail,
            position: None,
            state: PluginState::Broken,
            origin: Origin::Installed,
            capabilities: Vec::new(),
            settings: Vec::new(),
        },
        guest: None,
    }
}
