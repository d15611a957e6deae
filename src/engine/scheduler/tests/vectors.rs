//! Texts that wait for their vectors, beside answers.

use super::*;

#[tokio::test]
async fn vectors_come_in_order_and_in_portions() {
    let house = House::new(LIMITS, Alphabet::new(None));
    let encoder = lengths();
    let texts: Vec<usize> = (1..=40).collect();
    let vectors = house
        .embed(&encoder, &texts)
        .await
        .expect("a reply")
        .expect("vectors");
    let numbers: Vec<f32> = vectors.concat();
    assert_eq!(numbers, (1..=40_u8).map(f32::from).collect::<Vec<f32>>());
    assert_eq!(*encoder.batches.lock().expect("unpoisoned"), [16, 16, 8]);
    let none = house
        .embed(&encoder, &[])
        .await
        .expect("a reply")
        .expect("no vectors");
    assert!(none.is_empty());
    // One text may be longer than a portion.
    let long = house
        .embed(&encoder, &[5000, 1])
        .await
        .expect("a reply")
        .expect("vectors");
    assert_eq!(long.len(), 2);
}

#[tokio::test]
async fn vectors_and_answers_share_the_device() {
    let (permit, permits) = std_mpsc::channel();
    let house = House::new(LIMITS, Alphabet::new(Some(permits)));
    let encoder = lengths();
    let answer = house.ask("a");
    house.settle((0, 1));
    let vectors = house.embed(&encoder, &[200; 12]);
    for _ in 0..30 {
        permit.send(()).expect("the decoder waits");
    }
    let (answer, vectors) = tokio::join!(hear(answer), vectors);
    assert_eq!(answer.0.len(), 25);
    assert_eq!(vectors.expect("a reply").expect("vectors").len(), 12);
    let (reply, failed) = oneshot::channel();
    let texts = vec![vec![13]];
    let job = EmbedJob {
        encoder: encoder.clone(),
        texts,
        reply,
    };
    house.scheduler.embed(job).expect("room");
    assert!(matches!(failed.await, Ok(Err(EngineError::Compute { .. }))));
    assert_eq!(
        house
            .embed(&encoder, &[1])
            .await
            .expect("a reply")
            .expect("vectors")
            .len(),
        1
    );
}
