//! What sequences share: steps, and the beginnings of prompts.

use super::*;

#[tokio::test]
async fn what_was_read_is_not_read_again_for_the_same_person() {
    let limits = Limits {
        chunk_tokens: 64,
        ..LIMITS
    };
    let house = House::new(limits, Alphabet::new(None));
    for (who, expected) in [
        (Some("ada"), 0),
        (Some("ada"), 32),
        (Some("bob"), 0),
        (None, 0),
        (None, 0),
        (Some("ada"), 32),
    ] {
        let mut request = house.request(&format!("{}x", " ".repeat(45)));
        request.scope = who.map(|who| Scope::of(&[who]));
        let mut stream = house.submit(request).expect("there is room");
        let (mut text, mut cached) = (String::new(), None);
        while let Some(piece) = stream.next().await {
            match piece.expect("an answer") {
                Piece::Text { text: more, .. } => text.push_str(&more),
                Piece::End { usage, .. } => cached = Some(usage.cached_tokens),
            }
        }
        assert_eq!((text.as_str(), cached), ("yz", Some(expected)), "{who:?}");
    }
    let read: usize = house.decoder.steps().iter().map(|(tokens, _)| tokens).sum();
    assert_eq!(read, 6 * (46 + 2) - 2 * 32);
}

#[tokio::test]
async fn answers_under_way_are_stepped_together() {
    let (permit, permits) = std_mpsc::channel();
    let limits = Limits {
        running: 4,
        ..LIMITS
    };
    let house = House::new(limits, Alphabet::new(Some(permits)));
    let first = house.ask("w");
    house.settle((0, 1));
    let others = ["v", "u"].map(|letter| house.ask(letter));
    for _ in 0..100 {
        permit.send(()).expect("the decoder waits for it");
    }
    assert_eq!(hear(first).await.0, "xyz");
    let [second, third] = others;
    assert_eq!(hear(second).await.0, "wxyz");
    assert_eq!(hear(third).await.0, "vwxyz");
    // 4 + 5 + 6 tokens were given, most of them in company.
    let groups = house.decoder.groups();
    assert_eq!(groups.iter().sum::<usize>(), 15, "{groups:?}");
    assert!(groups.contains(&3), "{groups:?}");
}

#[tokio::test]
async fn a_model_without_memory_holds_up_its_own_and_nobody_elses() {
    let (permit, permits) = std_mpsc::channel();
    let limits = Limits {
        running: 4,
        ..LIMITS
    };
    let house = House::new(limits, Alphabet::with(Some(permits), 64 / PAGE));
    let other = Alphabet::new(None);
    let long = house.ask("w");
    house.settle((0, 1));
    let waits = house.ask("y");
    house.settle((1, 1));
    let passes = house.submit_to(other, house.request("x")).expect("room");
    permit.send(()).expect("the decoder waits");
    house.settle((1, 2));
    assert_eq!(waits.place().map(|place| place.ahead), Some(0));
    for _ in 0..100 {
        permit.send(()).expect("the decoder waits");
    }
    assert_eq!(hear(passes).await.0, "yz");
    assert_eq!(hear(long).await.0, "xyz");
    assert_eq!(hear(waits).await.0, "z");
}
