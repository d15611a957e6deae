//! The drawing itself: penalties, candidates, one token.

use std::collections::{HashMap, VecDeque};

use super::Sampling;
use crate::engine::logits;

/// How many of the last tokens, prompt included, the repetition penalty looks at (llama.cpp's
/// `repeat_last_n`): far enough against loops, near enough to let an answer quote its sources.
const REPETITION_WINDOW: usize = 64;

/// The model's output cannot be drawn from: not a number, infinite, or nothing left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the logits are not numbers")]
pub(crate) struct BadLogits;

/// Draws the tokens of one answer; remembers what was said.
#[derive(Debug)]
pub(crate) struct Sampler {
    sampling: Sampling,
    random: SplitMix64,
    recent: VecDeque<u32>,
    answered: HashMap<u32, u32>,
}

impl Sampler {
    /// A sampler for an answer to `prompt`.
    pub(crate) fn new(sampling: Sampling, prompt: &[u32]) -> Self {
        let seed = sampling.seed.unwrap_or_else(rand::random);
        let start = prompt.len().saturating_sub(REPETITION_WINDOW);
        Self {
            sampling,
            random: SplitMix64(seed),
            recent: prompt[start..].iter().copied().collect(),
            answered: HashMap::new(),
        }
    }

    /// Draws a token by `logits`, `[vocabulary]`, which are changed, and remembers it.
    pub(crate) fn pick(&mut self, logits: &mut [f32]) -> Result<u32, BadLogits> {
        if logits::any_bad(logits) {
            return Err(BadLogits);
        }
        self.penalise(logits);
        let token = if self.sampling.temperature == 0.0 {
            most_likely(logits)
        } else {
            self.draw(logits)
        };
        let token = token.ok_or(BadLogits)?;
        self.remember(token);
        Ok(token)
    }

    fn remember(&mut self, token: u32) {
        if self.recent.len() == REPETITION_WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(token);
        *self.answered.entry(token).or_default() += 1;
    }

    fn penalise(&self, logits: &mut [f32]) {
        let sampling = &self.sampling;
        if sampling.repetition_penalty != 1.0 {
            let mut seen: Vec<u32> = self.recent.iter().copied().collect();
            seen.sort_unstable();
            seen.dedup();
            for token in seen {
                if let Some(logit) = logits.get_mut(token as usize) {
                    // Dividing a negative logit would raise it (Keskar et al. 2019, section 4.1).
                    let penalty = sampling.repetition_penalty;
                    *logit = if *logit > 0.0 {
                        *logit / penalty
                    } else {
                        *logit * penalty
                    };
                }
            }
        }
        if sampling.frequency_penalty == 0.0 && sampling.presence_penalty == 0.0 {
            return;
        }
        for (token, times) in &self.answered {
            if let Some(logit) = logits.get_mut(*token as usize) {
                #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^24")]
                let times = *times as f32;
                *logit -= sampling.frequency_penalty * times + sampling.presence_penalty;
            }
        }
    }

    fn draw(&mut self, logits: &[f32]) -> Option<u32> {
        let best = logits::largest(logits);
        if best == f32::NEG_INFINITY {
            return None;
        }
        let candidates = self.candidates(logits, best);
        let temperature = f64::from(self.sampling.temperature);
        let weigh = |logit: f32| (f64::from(logit - best) / temperature).exp();
        let total: f64 = candidates.iter().map(|c| weigh(c.logit)).sum();
        let mut left = self.random.fraction() * total;
        for candidate in &candidates {
            left -= weigh(candidate.logit);
            if left < 0.0 {
                return Some(candidate.token);
            }
        }
        // Rounding can leave a crumb over; the likeliest always has weight 1.
        candidates
            .iter()
            .max_by(|a, b| a.logit.total_cmp(&b.logit))
            .map(|c| c.token)
    }

    /// What may be drawn after top-k, top-p and min-p; never empty.
    fn candidates(&self, logits: &[f32], best: f32) -> Vec<Candidate> {
        let sampling = &self.sampling;
        let all = (0_u32..).zip(logits).map(|(token, logit)| Candidate {
            token,
            logit: *logit,
        });
        let mut kept: Vec<Candidate> = all.filter(|c| c.logit > f32::NEG_INFINITY).collect();
        if sampling.top_k > 0 && (sampling.top_k as usize) < kept.len() {
            let k = sampling.top_k as usize;
            kept.select_nth_unstable_by(k - 1, Candidate::order);
            kept.truncate(k);
        }
        if sampling.top_p < 1.0 {
            keep_nucleus(&mut kept, best, f64::from(sampling.top_p));
        }
        if sampling.min_p > 0.0 {
            let floor = best + sampling.min_p.ln();
            kept.retain(|c| c.logit >= floor);
        }
        // One order whatever was cut, so that a seed means the same draw on every path.
        kept.sort_unstable_by_key(|c| c.token);
        kept
    }
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    token: u32,
    logit: f32,
}

impl Candidate {
    /// Likeliest first, of equals the lower id.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        other
            .logit
            .total_cmp(&self.logit)
            .then(self.token.cmp(&other.token))
    }
}

/// Keeps the likeliest candidates that together make up `share` of the whole (Holtzman et al.
/// 2020); at least one. Sorts only as many as it needs, for a vocabulary has up to 256 k tokens.
fn keep_nucleus(kept: &mut Vec<Candidate>, best: f32, share: f64) {
    let weigh = |c: &Candidate| f64::from(c.logit - best).exp();
    let wanted = share * kept.iter().map(weigh).sum::<f64>();
    let mut sorted = 0;
    let (mut gathered, mut count) = (0.0, 0);
    while count < kept.len() {
        if count == sorted {
            let next = (sorted * 8).max(128).min(kept.len());
            if next < kept.len() {
                kept[sorted..].select_nth_unstable_by(next - 1 - sorted, Candidate::order);
            }
            kept[sorted..next].sort_unstable_by(Candidate::order);
            sorted = next;
        }
        gathered += weigh(&kept[count]);
        count += 1;
        if gathered >= wanted {
            break;
        }
    }
    kept.truncate(count);
}

fn most_likely(logits: &[f32]) -> Option<u32> {
    let best = Some(logits::largest(logits)).filter(|best| *best > f32::NEG_INFINITY)?;
    u32::try_from(logits::find(logits, best)?).ok()
}

/// SplitMix64 (Steele, Lea and Flood 2014): small, and the same everywhere for all time, which a
/// library's "standard" generator does not promise.
#[derive(Debug)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to just below 1, in steps of 2^-53.
    #[allow(
        clippy::cast_precision_loss,
        reason = "53 bits are what a double holds"
    )]
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(sampling: Sampling, logits: &[f32], length: usize) -> Vec<u32> {
        let mut sampler = Sampler::new(sampling, &[]);
        let pick = |_| sampler.pick(&mut logits.to_vec()).expect("numbers");
        (0..length).map(pick).collect()
    }

    #[test]
    fn splitmix_gives_the_published_numbers() {
        let mut random = SplitMix64(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973];
        assert_eq!([random.next(), random.next()], expected);
    }

    #[test]
    fn greedy_takes_the_likeliest_and_of_equals_the_first() {
        assert_eq!(
            answer(Sampling::greedy(), &[0.0, 3.0, 3.0, -1.0], 2),
            [1, 1]
        );
    }

    #[test]
    fn a_seed_repeats_and_other_seeds_differ() {
        let logits: Vec<f32> = (0..500_u16).map(|i| f32::from(i % 7)).collect();
        let of = |seed| answer(Sampling::default().with_seed(seed), &logits, 32);
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn draws_follow_the_distribution() {
        let logits = [0.0, 3.0_f32.ln()];
        let drawn = answer(Sampling::default().with_seed(1), &logits, 8000);
        let ones = drawn.iter().filter(|t| **t == 1).count();
        assert!(
            (5840..6160).contains(&ones),
            "{ones} of 8000 where 6000 are expected"
        );
    }

    #[test]
    fn each_cut_leaves_what_it_says() {
        // Probabilities 0.5, 0.25, 0.125, 0.0625, 0.0625.
        let logits = [0.0, -1.0, -2.0, -3.0, -3.0].map(|e: f32| e * std::f32::consts::LN_2);
        let base = Sampling::default().with_seed(3);
        for (sampling, kept) in [
            (base, 5),
            (base.with_top_k(2), 2),
            (base.with_top_k(99), 5),
            (Sampling { top_p: 0.7, ..base }, 2),
            (Sampling { top_p: 0.0, ..base }, 1),
            (base.with_min_p(0.24).expect("in range"), 3),
            (base.with_min_p(1.0).expect("in range"), 1),
        ] {
            let mut seen = answer(sampling, &logits, 4000);
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), kept, "{sampling:?}");
        }
    }

    #[test]
    fn penalties_push_away_from_what_was_said() {
        let logits = [1.0, 0.9, -5.0];
        let greedy = Sampling::greedy();
        let repeated = greedy.with_repetition_penalty(1.5).expect("in range");
        assert_eq!(answer(repeated, &logits, 2), [0, 1]);
        let present = greedy.with_presence_penalty(0.5).expect("in range");
        assert_eq!(answer(present, &logits, 3), [0, 1, 0]);
        let frequent = greedy.with_frequency_penalty(0.15).expect("in range");
        assert_eq!(answer(frequent, &logits, 4), [0, 1, 0, 1]);
        let mut after_prompt = Sampler::new(repeated, &[0]);
        assert_eq!(after_prompt.pick(&mut logits.to_vec()), Ok(1));
    }

    #[test]
    fn logits_that_are_no_numbers_are_an_error() {
        for bad in [f32::NAN, f32::INFINITY] {
            for sampling in [Sampling::greedy(), Sampling::default()] {
                let mut sampler = Sampler::new(sampling, &[]);
                assert_eq!(sampler.pick(&mut [0.0, bad]), Err(BadLogits));
                assert_eq!(sampler.pick(&mut [f32::NEG_INFINITY; 2]), Err(BadLogits));
                assert_eq!(sampler.pick(&mut []), Err(BadLogits));
            }
        }
    }

    proptest! {
        /// Whatever the numbers, a token comes out that was in, and masked ones never do.
        #[test]
        fn a_pick_is_a_token_that_was_not_masked(
            logits in proptest::collection::vec(
                prop_oneof![4 => -50.0_f32..50.0, 1 => Just(f32::NEG_INFINITY)], 1..400),
            temperature in 0.0_f32..=2.0, top_p in 0.0_f32..=1.0, top_k in 0_u32..500,
            min_p in 0.0_f32..=1.0, penalty in 0.1_f32..=4.0, seed: u64,
        ) {
            let sampling = Sampling::new(temperature, top_p).expect("in range")
                .with_top_k(top_k).with_min_p(min_p).expect("in range")
                .with_repetition_penalty(penalty).expect("in range").with_seed(seed);
            let mut sampler = Sampler::new(sampling, &[0, 5]);
            let masked = logits.iter().all(|l| *l == f32::NEG_INFINITY);
            for _ in 0..3 {
                match sampler.pick(&mut logits.clone()) {
                    Ok(token) => prop_assert!(logits[token as usize] > f32::NEG_INFINITY),
                    Err(BadLogits) => prop_assert!(masked),
                }
            }
        }

        /// The nucleus found by partial sorting is the one found by sorting everything.
        #[test]
        fn the_nucleus_is_the_shortest_head_with_its_share(
            logits in proptest::collection::vec(-9.0_f32..9.0, 1..3000), share in 0.0_f64..1.0,
        ) {
            let best = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let all: Vec<Candidate> = (0_u32..).zip(&logits)
                .map(|(token, logit)| Candidate { token, logit: *logit }).collect();
            let mut quick = all.clone();
            keep_nucleus(&mut quick, best, share);
            let mut slow = all.clone();
            slow.sort_by(Candidate::order);
            let weigh = |c: &Candidate| f64::from(c.logit - best).exp();
            let wanted = share * all.iter().map(weigh).sum::<f64>();
            let mut sum = 0.0;
            let head = slow.iter().position(|c| { sum += weigh(c); sum >= wanted });
            slow.truncate(head.map_or(slow.len(), |at| at + 1));
            prop_assert_eq!(
                quick.iter().map(|c| c.token).collect::<Vec<_>>(),
                slow.iter().map(|c| c.token).collect::<Vec<_>>()
            );
        }
    }
}
