//! The words of a text, counted, and how many of them two texts share.

use std::collections::HashMap;

/// Runs of letters and digits, in small letters, each as often as it stands there.
#[derive(Debug, Default)]
pub(super) struct Words(HashMap<String, usize>);

/// How many words are in both texts, in the one that was read and in the one that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Matched {
    pub(super) both: usize,
    pub(super) read: usize,
    pub(super) known: usize,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let mut words = HashMap::new();
        let parts = text.split(|c: char| !c.is_alphanumeric());
        for word in parts.filter(|word| !word.is_empty()) {
            *words.entry(word.to_lowercase()).or_default() += 1;
        }
        Self(words)
    }

    pub(super) fn count(&self) -> usize {
        self.0.values().sum()
    }
}

pub(super) fn compare(read: &Words, known: &Words) -> Matched {
    let shared = known.0.iter().map(|(word, count)| {
        let found = read.0.get(word).copied().unwrap_or(0);
        found.min(*count)
    });
    Matched {
        both: shared.sum(),
        read: read.count(),
        known: known.count(),
    }
}

impl Matched {
    /// The share of the known words that were read; 1 of none.
    pub(super) fn recall(self) -> f64 {
        share(self.both, self.known)
    }

    /// The share of the words that were read that are known; 1 of none.
    pub(super) fn precision(self) -> f64 {
        share(self.both, self.read)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            both: self.both + other.both,
            read: self.read + other.read,
            known: self.known + other.known,
        }
    }
}

fn share(part: usize, whole: usize) -> f64 {
    match whole {
        0 => 1.0,
        whole => part as f64 / whole as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_as_often_as_they_stand_there() {
        for (read, known, both, recall, precision) in [
            ("One, two; two!", "two ONE two", 3, 1.0, 1.0),
            ("two two two", "two", 1, 1.0, 1.0 / 3.0),
            ("Straße 9", "straße neun", 1, 0.5, 0.5),
            ("", "", 0, 1.0, 1.0),
            ("", "lost", 0, 0.0, 1.0),
            ("made up", "", 0, 1.0, 0.0),
        ] {
            let matched = compare(&Words::of(read), &Words::of(known));
            assert_eq!(matched.both, both, "{read}");
            assert_eq!(matched.recall(), recall, "{read}");
            assert_eq!(matched.precision(), precision, "{read}");
        }
    }
}
