use proptest::prelude::*;

use super::*;

proptest! {
    /// Against the formula written out over all logits in double precision.
    #[test]
    fn logprobs_are_the_log_softmax(
        logits in proptest::collection::vec(
            prop_oneof![9 => -80.0_f32..80.0, 1 => Just(f32::NEG_INFINITY)], 1..300),
        count in 0_usize..30,
    ) {
        prop_assume!(logits.iter().any(|logit| logit.is_finite()));
        let distribution = Distribution::new(&logits).expect("numbers");
        let sum: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
        for (token, logit) in (0_u32..).zip(&logits) {
            let expected = f64::from(*logit) - sum.ln();
            let found = f64::from(distribution.logprob(token));
            prop_assert!(found == expected || (found - expected).abs() < 1e-4 * expected.abs().max(1.0));
        }
        let mut sorted: Vec<u32> = (0_u32..).zip(&logits).map(|(token, _)| token).collect();
        sorted.sort_by(|a, b| logits[*b as usize].total_cmp(&logits[*a as usize]));
        sorted.truncate(count);
        prop_assert_eq!(distribution.likeliest(count), sorted);
    }
}

#[test]
fn logits_that_are_no_numbers_have_no_distribution() {
    for bad in [
        &[f32::NAN, 0.0][..],
        &[f32::INFINITY],
        &[f32::NEG_INFINITY],
        &[],
    ] {
        assert!(Distribution::new(bad).is_err(), "{bad:?}");
    }
}
