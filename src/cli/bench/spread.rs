//! Numbers of several rounds: the one in the middle, and how far the others lie from it.

use serde_json::{Value, json};

/// What a measurement gave in each round.
#[derive(Clone, Debug)]
pub(super) struct Spread(Vec<f64>);

impl Spread {
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The number in the middle, or between the two that are; 0 if there is none.
    pub(super) fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        match (self.0.len() % 2, self.0.get(middle)) {
            (_, None) => 0.0,
            (1, Some(value)) => *value,
            (_, Some(value)) => (self.0[middle - 1] + value) / 2.0,
        }
    }

    fn ends(&self) -> (f64, f64) {
        let end = |value: Option<&f64>| value.copied().unwrap_or(0.0);
        (end(self.0.first()), end(self.0.last()))
    }

    /// `median (least–most)`, each divided by `unit`.
    pub(super) fn text(&self, unit: f64, digits: usize) -> String {
        let (least, most) = self.ends();
        let [median, least, most] =
            [self.median(), least, most].map(|value| format!("{:.digits$}", value / unit));
        format!("{median:>9}  ({least}–{most})")
    }

    pub(super) fn json(&self) -> Value {
        let (least, most) = self.ends();
        json!({ "median": self.median(), "least": least, "most": most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_ends_do_not_depend_on_the_order() {
        for (values, median, least, most) in [
            (&[][..], 0.0, 0.0, 0.0),
            (&[3.0], 3.0, 3.0, 3.0),
            (&[9.0, 1.0], 5.0, 1.0, 9.0),
            (&[5.0, 1.0, 40.0, 2.0, 3.0], 3.0, 1.0, 40.0),
        ] {
            let spread = Spread::of(values.iter().copied());
            let expected = json!({ "median": median, "least": least, "most": most });
            assert_eq!(spread.json(), expected, "{values:?}");
        }
    }
}
