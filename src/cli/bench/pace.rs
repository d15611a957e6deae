//! How fast several answers come while all of them are being made.

/// One answer as it came.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    /// When each piece came, in seconds, and how many tokens it took.
    pub(super) steps: Vec<(f64, u32)>,
    /// When the last one came.
    pub(super) ended: f64,
    /// Tokens of the prompt that were not read again.
    pub(super) cached_tokens: u32,
}

impl Answer {
    fn began(&self) -> f64 {
        self.steps.first().map_or(self.ended, |(at, _)| *at)
    }
}

/// Tokens per second of all answers together, from when the last has begun until the first has
/// ended; none if they were never made at the same time.
///
/// Answers under way say their tokens in the same steps of the engine, so the span begins and ends
/// with a step. Tokens are counted half a step later, lest those of the first step count for some
/// answers and not for others.
pub(super) fn together(answers: &[Answer]) -> Option<f64> {
    let last = answers
        .iter()
        .max_by(|a, b| a.began().total_cmp(&b.began()))?;
    let from = last.began();
    let to = answers
        .iter()
        .map(|answer| answer.ended)
        .min_by(f64::total_cmp)?;
    let within = |(at, _): &&(f64, u32)| from < *at && *at <= to;
    let steps = last.steps.iter().filter(within).count();
    if steps == 0 {
        return None;
    }
    let half = (to - from) / steps as f64 / 2.0;
    let counted = |(at, _): &&(f64, u32)| from + half < *at && *at <= to + half;
    let tokens: u32 = answers
        .iter()
        .flat_map(|answer| answer.steps.iter().filter(counted))
        .map(|(_, tokens)| tokens)
        .sum();
    Some(f64::from(tokens) / (to - from))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer of `tokens` tokens, the first at `from`, one each `step` seconds.
    fn answer(from: f64, step: f64, tokens: u32) -> Answer {
        let steps: Vec<_> = (0..tokens)
            .map(|n| (from + f64::from(n) * step, 1))
            .collect();
        let ended = steps.last().map_or(from, |(at, _)| *at);
        Answer {
            steps,
            ended,
            ..Answer::default()
        }
    }

    #[test]
    fn only_steps_that_all_answers_share_count() {
        let near = 1e-6;
        for (what, answers, expected) in [
            ("alone", vec![answer(1.0, 0.1, 11)], Some(10.0)),
            (
                "one came earlier",
                vec![answer(0.0, 0.1, 40), answer(2.0, 0.1, 11)],
                Some(20.0),
            ),
            (
                "heard a moment sooner and later",
                vec![
                    answer(2.0 - near, 0.1, 30),
                    answer(2.0, 0.1, 11),
                    answer(2.0 + near, 0.1, 30),
                ],
                Some(30.0),
            ),
            (
                "one after the other",
                vec![answer(0.0, 0.1, 5), answer(2.0, 0.1, 5)],
                None,
            ),
            ("a single token", vec![answer(1.0, 0.1, 1)], None),
            ("none", Vec::new(), None),
        ] {
            match (together(&answers), expected) {
                (Some(rate), Some(expected)) => {
                    assert!((rate - expected).abs() < 0.01, "{what}: {rate}");
                }
                (rate, expected) => assert_eq!(rate, expected, "{what}"),
            }
        }
    }
}
