//! How freely a turn picks its words.

use super::{ChatError, Inner};
use crate::config::ChatConfig;
use crate::domain::conversation::Turn;
use crate::engine::{EngineError, Sampling};
use crate::store::conversations;

impl Inner {
    /// The sampling of a turn; `asked` is what the request says.
    pub(super) async fn sampling(
        &self,
        turn: &Turn,
        asked: Option<f32>,
    ) -> Result<Sampling, ChatError> {
        let again = match asked {
            Some(_) => false,
            None => {
                let turn = turn.clone();
                let read = self
                    .store
                    .read(move |tx| conversations::is_asked_again(tx, &turn));
                read.await?
            }
        };
        let config = &self.config;
        let sampling = Sampling::new(temperature(asked, again, config), config.top_p as f32)
            .and_then(|s| s.with_repetition_penalty(config.repetition_penalty as f32));
        Ok(sampling.map_err(EngineError::from)?)
    }
}

/// Who asks the same again wants another answer, which greedy sampling never gives.
fn temperature(asked: Option<f32>, again: bool, config: &ChatConfig) -> f32 {
    let usual = if again {
        config.temperature.max(config.again_temperature)
    } else {
        config.temperature
    };
    asked.unwrap_or(usual as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_asked_again_is_answered_more_freely() {
        let config = |temperature| ChatConfig {
            temperature,
            again_temperature: 0.5,
            ..ChatConfig::default()
        };
        for (asked, again, set, expected) in [
            (None, false, 0.0, 0.0),
            (None, true, 0.0, 0.5),
            (None, true, 1.5, 1.5),
            (Some(0.0), true, 0.0, 0.0),
            (Some(2.0), false, 1.5, 2.0),
        ] {
            let found = temperature(asked, again, &config(set));
            assert!(
                (found - expected).abs() < f32::EPSILON,
                "{asked:?} {again} {set}: {found}"
            );
        }
    }
}
