//! Places and chunks go round between people; the queue says who comes when.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const WIDE: Limits = Limits {
    running: 1,
    waiting: 40,
    waiting_each: 40,
    ..LIMITS
};

impl House {
    fn asks(&self, who: &str, prompt: &str) -> Result<TokenStream, EngineError> {
        let mut request = self.request(prompt);
        request.asker = Asker::named(who);
        self.submit(request)
    }
}

fn ahead(stream: &TokenStream) -> Option<usize> {
    stream.place().map(|place| place.ahead)
}

fn house(limits: Limits) -> (std_mpsc::Sender<()>, House) {
    let (permit, permits) = std_mpsc::channel();
    (permit, House::new(limits, Alphabet::new(Some(permits))))
}

fn go(permit: &std_mpsc::Sender<()>, steps: usize) {
    for _ in 0..steps {
        permit.send(()).expect("the decoder waits for it");
    }
}

#[tokio::test]
async fn thirty_requests_of_one_hold_up_nobody_elses_one() {
    let (permit, house) = house(WIDE);
    let first = house.asks("ada", "y").expect("room");
    house.settle((0, 1));
    let more: Vec<_> = (0..29)
        .map(|_| house.asks("ada", "y").expect("room"))
        .collect();
    let bob = house.asks("bob", "xxy").expect("room");
    assert_eq!(ahead(&bob), Some(0));
    assert_eq!((ahead(&more[0]), ahead(&more[28])), (Some(1), Some(29)));
    go(&permit, 100);
    assert_eq!(hear(bob).await.0, "z");
    assert_eq!(hear(first).await.0, "z");
    for stream in more {
        assert_eq!(hear(stream).await.0, "z");
    }
    // Two steps for an answer: what was under way, and then the other person's.
    let steps = house.decoder.steps();
    assert_eq!(steps.iter().position(|step| *step == (3, 0)), Some(2));
}

#[tokio::test]
async fn places_are_shared_and_told_in_the_order_that_comes() {
    let limits = Limits { running: 2, ..WIDE };
    let (permit, house) = house(limits);
    let mut streams = vec![house.asks("ada", "y").expect("room")];
    house.settle((0, 1));
    // Each prompt is of another length, which tells whose step it is.
    let prompts = [
        ("ada", 2),
        ("bob", 3),
        ("bob", 4),
        ("bob", 5),
        ("cy", 6),
        ("ada", 7),
        ("ada", 8),
    ];
    let limits = prompts.map(|(who, length)| {
        let prompt = format!("{}y", " ".repeat(length - 1));
        house.asks(who, &prompt).expect("room")
    });
    streams.extend(limits);
    let told: Vec<_> = streams.iter().map(ahead).collect();
    // Ada has one place. Bob and Cy come first, then Ada again: everybody had one by then.
    let expected = [
        None,
        Some(2),
        Some(0),
        Some(3),
        Some(5),
        Some(1),
        Some(4),
        Some(6),
    ];
    assert_eq!(told, expected);
    go(&permit, 200);
    for stream in streams {
        assert_eq!(hear(stream).await.0, "z");
    }
    let steps = house.decoder.steps();
    let begun: Vec<usize> = steps
        .iter()
        .filter(|(tokens, held)| *held == 0 && *tokens > 1)
        .map(|(tokens, _)| *tokens)
        .collect();
    assert_eq!(begun, [3, 4, 2, 4, 4, 4, 4], "chunks are of 4 at most");
}

#[tokio::test]
async fn chunks_go_round_between_people_and_reach_every_prompt() {
    for (who, others, most) in [
        // Every second chunk is Bob's, though Ada has three prompts.
        ("bob", 3, 10),
        // Ada's own prompts take turns.
        ("ada", 3, 20),
    ] {
        let limits = Limits { running: 4, ..WIDE };
        let (permit, house) = house(limits);
        let first = house.asks("ada", "w").expect("room");
        house.settle((0, 1));
        let mut streams: Vec<_> = (0..others)
            .map(|_| house.asks("ada", &" ".repeat(20)).expect("room"))
            .collect();
        // Of five chunks the last is shorter and tells when it comes.
        streams.push(house.asks(who, &" ".repeat(19)).expect("room"));
        go(&permit, 400);
        hear(first).await.1.expect("an end");
        for stream in streams {
            hear(stream).await.1.expect("an end");
        }
        let steps = house.decoder.steps();
        let chunks: Vec<usize> = steps.iter().map(|s| s.0).filter(|s| *s > 1).collect();
        let last = chunks.iter().position(|tokens| *tokens == 3);
        assert!(last.is_some_and(|at| at < most), "{who}: {chunks:?}");
    }
}

#[tokio::test]
async fn short_prompts_that_keep_coming_do_not_hold_up_a_long_one() {
    let (permit, house) = house(Limits { running: 2, ..WIDE });
    let long = house.asks("ada", &" ".repeat(19)).expect("room");
    house.settle((0, 1));
    let short: Vec<_> = (0..20)
        .map(|_| {
            let mut request = house.request("yyyy");
            (request.max_tokens, request.asker) = (Some(1), Asker::named("ada"));
            house.submit(request).expect("room")
        })
        .collect();
    go(&permit, 400);
    hear(long).await.1.expect("an end");
    for stream in short {
        assert_eq!(hear(stream).await.0, "z");
    }
    let steps = house.decoder.steps();
    let chunks: Vec<usize> = steps.iter().map(|s| s.0).filter(|s| *s > 1).collect();
    let last = chunks.iter().position(|tokens| *tokens == 3);
    assert!(
        last.is_some_and(|at| at <= 8),
        "every second chunk: {chunks:?}"
    );
}

#[tokio::test]
async fn nobody_fills_the_queue_alone_and_both_refusals_say_when_to_come_again() {
    let limits = Limits {
        waiting: 4,
        waiting_each: 2,
        ..WIDE
    };
    let (permit, house) = house(limits);
    // What holds the only place for a while, so that a pace is known.
    let known = house.asks("ada", "y").expect("room");
    go(&permit, 2);
    hear(known).await.1.expect("an end");
    house.settle((0, 0));
    let mut streams = vec![house.asks("ada", "y").expect("room")];
    house.settle((0, 1));
    for _ in 0..2 {
        streams.push(house.asks("ada", "y").expect("room"));
    }
    let refused = house.asks("ada", "y").expect_err("her share is taken");
    assert!(
        matches!(
            refused,
            EngineError::ShareTaken {
                queued: 2,
                retry: Some(_)
            }
        ),
        "{refused:?}"
    );
    let ada = Asker::named("ada");
    assert!(matches!(
        house.scheduler.has_room(ada),
        Err(EngineError::ShareTaken { .. })
    ));
    for who in ["bob", "cy"] {
        streams.push(house.asks(who, "y").expect("the others have room"));
    }
    for who in ["ada", "dee"] {
        let refused = house.asks(who, "y").expect_err("it is full");
        assert!(
            matches!(
                refused,
                EngineError::Busy {
                    queued: 4,
                    retry: Some(_)
                }
            ),
            "{refused:?}"
        );
    }
    // When one goes, there is room.
    drop(streams.remove(1));
    assert!(house.scheduler.has_room(ada).is_ok());
    go(&permit, 100);
    for stream in streams {
        assert_eq!(hear(stream).await.0, "z");
    }
}

#[tokio::test]
async fn who_waits_hears_of_every_move_and_then_how_long_it_was() {
    let (permit, house) = house(WIDE);
    let mut before = vec![house.asks("ada", "y").expect("room")];
    house.settle((0, 1));
    before.extend(["bob", "cy"].map(|who| house.asks(who, "y").expect("room")));
    let last = house.asks("dee", "y").expect("room");
    assert_eq!(last.waited(), None);
    let told = Mutex::new(Vec::new());
    let heard = AtomicUsize::new(0);
    let waits = last.let_in_telling(
        |place| {
            told.lock().expect("unpoisoned").push(place);
            heard.fetch_add(1, Ordering::Relaxed);
        },
        Duration::ZERO,
    );
    let moves = async {
        for answers in 0..4 {
            while heard.load(Ordering::Relaxed) < (answers + 1).min(3) {
                tokio::task::yield_now().await;
            }
            go(&permit, 2);
        }
    };
    tokio::join!(waits, moves);
    let mut told = told.into_inner().expect("unpoisoned");
    // The same place may be told twice, when something else has changed meanwhile.
    told.dedup_by_key(|place| place.ahead);
    let ahead: Vec<usize> = told.iter().map(|place| place.ahead).collect();
    assert_eq!(ahead, [2, 1, 0]);
    let known: Vec<bool> = told.iter().map(|place| place.eta.is_some()).collect();
    assert_eq!(
        known,
        [false, true, true],
        "nothing is known before one has ended"
    );
    assert_eq!(hear(before.remove(0)).await.0, "z");
    assert!(last.place().is_none());
    let mut last = last;
    assert!(matches!(last.next().await, Some(Ok(Piece::Text { .. }))));
    assert!(last.waited().is_some_and(|waited| !waited.is_zero()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whoever asks and ends, whenever: the next has the fewest places of all that wait, nobody
    /// waits longer than the others' rounds, and what was told is what comes if nobody else does.
    #[test]
    fn the_next_has_the_fewest(steps in prop::collection::vec((0..5_u8, any::<bool>()), 1..120)) {
        let (decoder, tokenizer) = (Alphabet::new(None), tokenizer());
        let mut queue = queue::Queue::default();
        let (mut running, mut passed) = (Vec::<Asker>::new(), std::collections::HashMap::new());
        let places = 3;
        for (ticket, (who, ends)) in (0_u64..).zip(steps) {
            let asker = Asker::named(&who.to_string());
            let mut request = Generate::new(Prompt {
                model: ModelId::from_title("alphabet"),
                tokens: vec![5],
                continues: false,
            });
            request.asker = asker;
            let (sequence, _) = Sequence::new(request, &[], tokenizer.clone(), 64).expect("one");
            queue.push(Waiting {
                ticket,
                sequence,
                decoder: decoder.clone(),
                since: Stopwatch::start(),
                waited: Arc::default(),
            });
            passed.insert(ticket, 0);
            if ends && !running.is_empty() {
                running.remove(0);
            }
            while running.len() < places && let Some(next) = queue.next(&running, |_| true) {
                let (ticket, asker) = (next.ticket, next.asker());
                prop_assert_eq!(queue.ahead(ticket, &running, places), Some(0));
                let held = |asker| running.iter().filter(|other| **other == asker).count();
                for who in 0..5_u8 {
                    let other = Asker::named(&who.to_string());
                    prop_assert!(queue.count_of(other) == 0 || held(other) >= held(asker));
                }
                let count = queue.count_of(asker);
                prop_assert!(queue.let_in(ticket).is_some_and(|w| w.asker() == asker));
                prop_assert_eq!(queue.count_of(asker), count - 1);
                passed.remove(&ticket);
                running.push(asker);
            }
        }
        // From here on nobody comes: the order is the one that was told.
        let mut told: Vec<_> = passed.keys().map(|ticket| {
            (queue.ahead(*ticket, &running, places).expect("it waits"), *ticket)
        }).collect();
        told.sort_unstable();
        for (at, (ahead, ticket)) in told.into_iter().enumerate() {
            prop_assert_eq!(at, ahead);
            if running.len() >= places {
                running.remove(0);
            }
            let next = queue.next(&running, |_| true).map(|next| (next.ticket, next.asker()));
            prop_assert_eq!(next.map(|next| next.0), Some(ticket));
            queue.let_in(ticket);
            running.extend(next.map(|next| next.1));
        }
        prop_assert_eq!(queue.len(), 0);
    }
}
