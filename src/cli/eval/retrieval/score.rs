//! Score: nDCG@10 (Järvelin & Kekäläinen 2002), recall@10, mean reciprocal rank, times.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

/// Documents of a ranking that count.
pub(super) const CUT: usize = 10;

/// What a way to search did over the questions of a set.
#[derive(Default)]
pub(super) struct Score {
    ndcg: f64,
    recall: f64,
    reciprocal: f64,
    questions: usize,
    times: Vec<f64>,
}

impl Score {
    /// Adds a question: the documents in the order in which they were found.
    pub(super) fn add(&mut self, ranked: &[&str], gains: &HashMap<String, f64>, took: Duration) {
        self.questions += 1;
        self.ndcg += ndcg(ranked, gains);
        let mut right = ranked.iter().take(CUT).map(|id| gains.contains_key(*id));
        let found = right.clone().filter(|is| *is).count();
        self.recall += found as f64 / gains.len().max(1) as f64;
        let first = right.position(|is| is);
        self.reciprocal += first.map_or(0.0, |at| 1.0 / (at as f64 + 1.0));
        self.times.push(took.as_secs_f64() * 1e3);
    }

    pub(super) fn text(&self) -> String {
        format!(
            "{:>8.4} {:>9.4} {:>8.4} {:>8.1} {:>8.1}",
            self.mean(self.ndcg),
            self.mean(self.recall),
            self.mean(self.reciprocal),
            self.percentile(0.5),
            self.percentile(0.95)
        )
    }

    pub(super) fn value(&self) -> Value {
        json!({
            "ndcg@10": self.mean(self.ndcg),
            "recall@10": self.mean(self.recall),
            "mrr": self.mean(self.reciprocal),
            "p50_ms": self.percentile(0.5),
            "p95_ms": self.percentile(0.95),
        })
    }

    fn mean(&self, sum: f64) -> f64 {
        sum / self.questions.max(1) as f64
    }

    fn percentile(&self, share: f64) -> f64 {
        percentile(&self.times, share)
    }
}

/// The value that `share` of the values are not above; 0 of none.
pub(super) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// With linear gains, as trec_eval has it.
fn ndcg(ranked: &[&str], gains: &HashMap<String, f64>) -> f64 {
    let discounted = |gains: &mut dyn Iterator<Item = f64>| -> f64 {
        let ranked = gains.take(CUT).enumerate();
        ranked
            .map(|(rank, gain)| gain / (rank as f64 + 2.0).log2())
            .sum()
    };
    let got = discounted(
        &mut ranked
            .iter()
            .map(|id| gains.get(*id).copied().unwrap_or(0.0)),
    );
    let mut best: Vec<f64> = gains.values().copied().collect();
    best.sort_by(|a, b| b.total_cmp(a));
    let most = discounted(&mut best.into_iter());
    if most > 0.0 { got / most } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_order_scores_one_and_the_first_places_count_most() {
        let gains = HashMap::from([("a".to_owned(), 3.0), ("b".to_owned(), 1.0)]);
        assert!((ndcg(&["a", "b", "c"], &gains) - 1.0).abs() < 1e-9);
        assert!((ndcg(&["c"], &gains)).abs() < 1e-9);
        let log3 = 3f64.log2();
        let expected = (1.0 + 3.0 / log3) / (3.0 + 1.0 / log3);
        assert!((ndcg(&["b", "a"], &gains) - expected).abs() < 1e-9);
        let late: Vec<&str> = std::iter::repeat_n("x", CUT).chain(["a"]).collect();
        assert!(ndcg(&late, &gains).abs() < 1e-9, "behind the cut");
    }

    #[test]
    fn recall_counts_right_documents_and_mrr_the_first_of_them() {
        let gains = HashMap::from([("a".to_owned(), 1.0), ("b".to_owned(), 1.0)]);
        let mut score = Score::default();
        score.add(&["x", "a", "y"], &gains, Duration::from_millis(2));
        score.add(&["x"], &gains, Duration::from_millis(4));
        let value = score.value();
        assert_eq!(
            (&value["recall@10"], &value["mrr"]),
            (&json!(0.25), &json!(0.25))
        );
        assert_eq!(value["p95_ms"], json!(4.0));
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values = [5.0, 1.0, 2.0, 4.0, 3.0];
        assert_eq!(percentile(&values, 0.5), 3.0);
        assert_eq!(percentile(&values, 0.95), 5.0);
        assert_eq!(percentile(&[], 0.5), 0.0);
    }
}
