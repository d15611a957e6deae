//! Passes over the logits of a whole vocabulary, which has up to 262,144 tokens. They run once for
//! each token of each answer, on one thread while the others wait, so they have no branch in the
//! loop that would keep the compiler from taking several numbers at once.

/// Numbers that are looked at side by side.
const WIDE: usize = 16;

/// The bits of infinity; those of what is not a number are larger.
const INFINITY: u32 = f32::INFINITY.to_bits();
const SIGN: u32 = 1 << 31;

/// Whether all are numbers, and finite.
pub(crate) fn all_finite(logits: &[f32]) -> bool {
    !any(logits, |logit| logit.to_bits() & !SIGN >= INFINITY)
}

/// Whether one is not a number, or infinite; minus infinity is allowed.
pub(crate) fn any_bad(logits: &[f32]) -> bool {
    any(logits, |logit| {
        (logit.to_bits() & !SIGN > INFINITY) | (logit.to_bits() == INFINITY)
    })
}

/// The largest; minus infinity where there is none. None may be not a number.
pub(crate) fn largest(logits: &[f32]) -> f32 {
    let (wide, rest) = logits.as_chunks::<WIDE>();
    let mut most = [f32::NEG_INFINITY; WIDE];
    for logits in wide {
        for (most, logit) in most.iter_mut().zip(logits) {
            *most = if *logit > *most { *logit } else { *most };
        }
    }
    let all = most.iter().chain(rest);
    all.copied().fold(f32::NEG_INFINITY, f32::max)
}

/// Where the first one is that equals `wanted`.
pub(crate) fn find(logits: &[f32], wanted: f32) -> Option<usize> {
    let (wide, _) = logits.as_chunks::<WIDE>();
    let here = |logits: &[f32; WIDE]| logits.iter().fold(false, |any, l| any | (*l == wanted));
    let start = wide.iter().position(here).unwrap_or(wide.len()) * WIDE;
    let within = logits[start..].iter().position(|logit| *logit == wanted);
    within.map(|at| start + at)
}

/// Whether one of them is so. All are looked at.
fn any(logits: &[f32], is: impl Fn(f32) -> bool) -> bool {
    let (wide, rest) = logits.as_chunks::<WIDE>();
    let mut found = [false; WIDE];
    for logits in wide {
        for (found, logit) in found.iter_mut().zip(logits) {
            *found |= is(*logit);
        }
    }
    found.contains(&true) || rest.iter().any(|logit| is(*logit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn logit() -> impl Strategy<Value = f32> {
        prop_oneof![
            60 => -3_i8..3,
            1 => Just(i8::MIN),
            1 => Just(i8::MAX),
            1 => Just(100_i8),
        ]
        .prop_map(|n| match n {
            i8::MIN => f32::NEG_INFINITY,
            i8::MAX => f32::INFINITY,
            100 => -f32::NAN,
            n => f32::from(n) / 2.0,
        })
    }

    proptest! {
        #[test]
        fn they_see_what_a_plain_loop_sees(logits in prop::collection::vec(logit(), 0..100)) {
            prop_assert_eq!(all_finite(&logits), logits.iter().all(|l| l.is_finite()));
            let bad = logits.iter().any(|l| l.is_nan() || *l == f32::INFINITY);
            prop_assert_eq!(any_bad(&logits), bad);
            prop_assume!(!bad);
            let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            prop_assert_eq!(largest(&logits), most);
            for wanted in [most, -0.0, 7.0] {
                let first = logits.iter().position(|l| *l == wanted);
                prop_assert_eq!(find(&logits, wanted), first);
            }
        }
    }
}
