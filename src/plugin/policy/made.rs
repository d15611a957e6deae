//! A stage of a workspace with the guest that does its work.

use std::sync::Arc;

use crate::domain::verdict::Side;
use crate::pipeline::{Guardrail, StageError, Subject, Trial};

use super::super::bindings::guardrail::GuardrailPlugin;
use super::super::guard::Guard;
use super::super::guest::Guest;
use super::super::installed::Broken;
use super::super::shadow::Shadow;
use super::{Part, PolicyError, Stage, StageCard};

/// Any text will do: what is asked is whether the guest does its work at all.
const PROBE: &str = "The meeting moved to Thursday.";

/// A stage and what became of it.
#[derive(Clone)]
pub(super) struct Made {
    stage: Stage,
    /// The guest as it runs for the whole box; `None`: gone or broken.
    base: Option<Arc<Guest<GuardrailPlugin>>>,
    /// The same under the settings of the workspace.
    guest: Option<Arc<Guest<GuardrailPlugin>>>,
}

impl Made {
    /// A guest of its own for a stage that sets something, and for one in shadow, which is counted
    /// for itself.
    pub(super) fn of(stage: Stage, base: Option<Arc<Guest<GuardrailPlugin>>>) -> Self {
        let as_it_is = stage.settings.is_empty() && stage.part == Part::Active;
        let guest = base.as_ref().map(|base| match as_it_is {
            true => base.clone(),
            false => Arc::new(base.with_settings(&stage.settings)),
        });
        Self { stage, base, guest }
    }

    /// Whether it is what this stage would be made into.
    pub(super) fn is(&self, stage: &Stage, base: Option<&Arc<Guest<GuardrailPlugin>>>) -> bool {
        let same = match (&self.base, base) {
            (Some(ours), Some(theirs)) => Arc::ptr_eq(ours, theirs),
            (None, None) => true,
            _ => false,
        };
        same && self.stage == *stage
    }

    pub(super) fn card(&self) -> StageCard {
        let guest = self.guest.as_ref();
        let shadow = guest.filter(|_| self.stage.part == Part::Shadow);
        StageCard {
            stage: self.stage.clone(),
            works: guest.is_some(),
            shadowed: shadow.map(|guest| guest.shadowed()),
        }
    }

    /// It as something to be tried. One in shadow that is gone says nothing.
    pub(super) fn trial(&self) -> Option<Trial> {
        let shadow = self.stage.part == Part::Shadow;
        let guard: Arc<dyn Guardrail> = match &self.guest {
            Some(guest) => Arc::new(Guard(guest.clone())),
            None if shadow => return None,
            None => Arc::new(Broken(self.stage.plugin.clone())),
        };
        Some(Trial { guard, shadow })
    }

    fn guardrail(&self) -> Option<Arc<dyn Guardrail>> {
        Some(match (self.stage.part, self.guest.clone()) {
            (Part::Active, Some(guest)) => Arc::new(Guard(guest)),
            (Part::Active, None) => Arc::new(Broken(self.stage.plugin.clone())),
            (Part::Shadow, Some(guest)) => Arc::new(Shadow(Guard(guest))),
            (Part::Shadow, None) => return None,
        })
    }
}

/// What of them stands among the guardrails.
pub(super) fn guardrails(made: &[Made]) -> Vec<Arc<dyn Guardrail>> {
    made.iter().filter_map(Made::guardrail).collect()
}

/// Whether each does its work under its settings. Blocks.
pub(super) fn probe(made: &[Made]) -> Result<(), PolicyError> {
    for one in made.iter().filter(|one| !one.stage.settings.is_empty()) {
        let Some(guest) = &one.guest else { continue };
        let judged = Guard(guest.clone()).check(&Subject::new(Side::Input, PROBE.to_owned()));
        if let Err(StageError::Failed { why, .. }) = judged {
            let plugin = one.stage.plugin.clone();
            return Err(PolicyError::Fails { plugin, why });
        }
    }
    Ok(())
}
