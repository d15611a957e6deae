//! Who was served last, and when.

use std::collections::HashMap;

use crate::engine::Asker;

/// Askers that are remembered. Of more, those served longest ago are forgotten, which changes
/// nothing as long as fewer wait at once: never served and served longest ago are the same.
const REMEMBERED: usize = 1024;

/// When each asker was served last, in steps of whatever serves them.
#[derive(Debug, Default)]
pub(super) struct Recency {
    served: HashMap<Asker, u64>,
}

impl Recency {
    /// When `asker` was served last; 0 for never.
    pub(super) fn last(&self, asker: Asker) -> u64 {
        self.served.get(&asker).copied().unwrap_or(0)
    }

    /// Notes that `asker` is served at `step`.
    pub(super) fn serve(&mut self, asker: Asker, step: u64) {
        self.served.insert(asker, step);
        if self.served.len() > REMEMBERED {
            let longest_ago = self.served.iter().min_by_key(|(_, step)| **step);
            if let Some(asker) = longest_ago.map(|(asker, _)| *asker) {
                self.served.remove(&asker);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_served_longest_ago_is_forgotten_first() {
        let mut recency = Recency::default();
        let asker = |n: u64| Asker::named(&n.to_string());
        for n in 1..=REMEMBERED as u64 + 2 {
            recency.serve(asker(n), n);
            recency.serve(asker(1), n);
        }
        let (most, served) = (REMEMBERED as u64 + 2, |n| recency.last(asker(n)));
        assert_eq!((served(1), served(2), served(3)), (most, 0, 0));
        assert_eq!((served(4), served(most)), (4, most));
        assert_eq!(recency.served.len(), REMEMBERED);
    }
}
