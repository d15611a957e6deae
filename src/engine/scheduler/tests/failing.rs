//! Steps that fail while others have a part in them.

use super::*;

#[tokio::test]
async fn a_step_that_fails_in_company_takes_nobody_along() {
    for (bad, said, panics) in [
        ("!", "panicked", true),
        ("?", "none", false),
        ("%", "not numbers", false),
    ] {
        let (permit, permits) = std_mpsc::channel();
        let limits = Limits {
            running: 4,
            waiting: 4,
            ..LIMITS
        };
        let house = House::new(limits, Alphabet::new(Some(permits)));
        let first = house.ask("a");
        house.settle((0, 1));
        // One prompt is read in each turn: the bad one beside two answers under way.
        let [second, bad, third] = ["h", bad, "m"].map(|prompt| house.ask(prompt));
        for _ in 0..200 {
            permit.send(()).expect("the decoder waits for it");
        }
        let error = hear(bad).await.1.expect_err("it is bad").to_string();
        assert!(error.contains(said), "{error}");
        for (stream, from) in [(first, b'a'), (second, b'h'), (third, b'm')] {
            let expected: String = (from + 1..=b'z').map(char::from).collect();
            assert_eq!(hear(stream).await.0, expected);
        }
        let (groups, steps) = (house.decoder.groups(), house.decoder.steps());
        let alone = groups.windows(4).any(|groups| *groups == [3, 1, 1, 1]);
        assert_eq!(alone, panics, "{groups:?}");
        if panics {
            // Each goes on from where it was: a, h, and the bad one, which fails again.
            assert_eq!(steps[3..6], [(1, 2), (1, 1), (1, 0)], "{steps:?}");
            assert_eq!(steps[6..9], steps[3..6], "{steps:?}");
        }
        house.settle((0, 0));
    }
}
