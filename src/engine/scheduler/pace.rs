//! How long answers take of late, and so how long others have to wait for them.

use std::time::Duration;

/// An answer counts for one in this many, and less and less as others follow.
const MEMORY: u32 = 8;

/// A moving average of how long answers held their places.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    held: Option<Duration>,
}

impl Pace {
    /// Notes that an answer held its place for so long, whichever way it ended.
    pub(super) fn note(&mut self, held: Duration) {
        self.held = Some(match self.held {
            None => held,
            Some(average) => (average * (MEMORY - 1) + held) / MEMORY,
        });
    }

    /// How long it takes until `places` have become free one after the other, of `running` that
    /// are taken; none as long as no answer has ended.
    pub(super) fn until_free(&self, places: usize, running: usize) -> Option<Duration> {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let all = self.held?.checked_mul(count(places))?;
        Some(all / count(running).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_before_something_is_known() {
        let seconds = Duration::from_secs;
        let mut pace = Pace::default();
        assert_eq!(pace.until_free(1, 1), None);
        pace.note(seconds(8));
        for (places, running, expected) in [(1, 1, 8), (1, 4, 2), (3, 4, 6), (2, 0, 16), (0, 1, 0)]
        {
            assert_eq!(pace.until_free(places, running), Some(seconds(expected)));
        }
        pace.note(seconds(16));
        assert_eq!(pace.until_free(1, 1), Some(seconds(9)));
        for _ in 0..100 {
            pace.note(seconds(1));
        }
        let settled = pace.until_free(1, 1).expect("it is known");
        assert!(
            settled.abs_diff(seconds(1)) < Duration::from_millis(1),
            "{settled:?}"
        );
        assert_eq!(pace.until_free(usize::MAX, 1), Some(settled * u32::MAX));
    }
}
