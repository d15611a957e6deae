//! A share of cases, with how sure one can be of it.

use serde_json::{Value, json};

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) hits: usize,
    pub(super) cases: usize,
}

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_964;

impl Rate {
    pub(super) fn add(&mut self, hit: bool) {
        self.cases += 1;
        self.hits += usize::from(hit);
    }

    /// The share; `None` of no cases.
    pub(super) fn share(self) -> Option<f64> {
        (self.cases > 0).then(|| self.hits as f64 / self.cases as f64)
    }

    /// Wilson's interval, which holds the true share 95 times in 100 (E. B. Wilson, 1927).
    pub(super) fn interval(self) -> Option<(f64, f64)> {
        let (share, n) = (self.share()?, self.cases as f64);
        let (square, scale) = (Z * Z / n, 1.0 + Z * Z / n);
        let middle = (share + square / 2.0) / scale;
        let half = Z * (share * (1.0 - share) / n + square / (4.0 * n)).sqrt() / scale;
        Some(((middle - half).max(0.0), (middle + half).min(1.0)))
    }

    /// Percent with the interval, for a table.
    pub(super) fn text(self) -> String {
        match (self.share(), self.interval()) {
            (Some(share), Some((low, high))) => format!(
                "{:.1} % ({:.1} to {:.1})",
                share * 100.0,
                low * 100.0,
                high * 100.0
            ),
            _ => "-".to_owned(),
        }
    }

    /// The share, and the interval as a pair; null of no cases.
    pub(super) fn json(self) -> (Value, Value) {
        let pair = self.interval().map(|(low, high)| json!([low, high]));
        (json!(self.share()), pair.unwrap_or(Value::Null))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // From the formula by hand; the normal approximation would give 0 to 0 for the first.
        for (hits, cases, low, high) in [
            (0, 10, 0.0, 0.2775),
            (10, 10, 0.7225, 1.0),
            (5, 10, 0.2366, 0.7634),
            (95, 100, 0.8882, 0.9785),
        ] {
            let (from, to) = Rate { hits, cases }.interval().expect("cases");
            assert!(
                (from - low).abs() < 1e-3 && (to - high).abs() < 1e-3,
                "{hits}/{cases}: {from} {to}"
            );
        }
        assert_eq!(Rate::default().interval(), None);
        assert_eq!(Rate::default().text(), "-");
    }
}
