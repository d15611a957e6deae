//! Many models on a box with room for few.

use super::*;

/// Tiny models are far below one MiB, so room is counted in memories of one MiB each.
fn room_for(models: u32, default: &str) -> EngineConfig {
    EngineConfig {
        chat_model: default.to_owned(),
        memory_mib: models + 1,
        kv_cache_mib: 1,
        ..small()
    }
}

fn loaded(house: &House) -> Vec<String> {
    let models = house.engine.status().models;
    let loaded = models
        .into_iter()
        .filter(|model| matches!(model.state, LoadState::Loaded { .. }));
    loaded.map(|model| model.id.to_string()).collect()
}

async fn ask(house: &House, id: &ModelId) -> TokenStream {
    let request = house.request(id, "Where?").await;
    house.engine.generate(request).await.expect("room")
}

#[tokio::test]
async fn the_model_that_has_rested_longest_makes_room_and_the_default_last() {
    // The first is the default, by its name; they are told apart by their weights.
    let name = House::new(&small()).chat("first", &tiny_model::seeded(1));
    let house = House::new(&room_for(2, name.as_str()));
    let ids = [1, 2, 3].map(|seed| house.chat("model", &tiny_model::seeded(seed)));
    assert_eq!(ids[0], name);
    for (asked, there) in [
        (0, vec![0]),
        (1, vec![0, 1]),
        (2, vec![0, 2]),
        (1, vec![0, 1]),
    ] {
        house.engine.load(&ids[asked]).await.expect("it fits");
        let there: Vec<_> = there.into_iter().map(|at| ids[at].to_string()).collect();
        assert_eq!(loaded(&house), there, "after {}", ids[asked]);
    }
    let status = house.engine.status();
    assert_eq!(status.memory_budget, 3 << 20);
    assert!(status.memory_taken > 2 << 20 && status.memory_taken < 3 << 20);
}

#[tokio::test]
async fn a_model_that_answers_is_not_sent_away() {
    let house = House::new(&room_for(1, ""));
    let first = house.chat("first", &tiny_model::babbling(SENTENCE));
    let second = house.chat("second", &tiny_model::reciting(SENTENCE));
    let mut endless = house.request(&first, "Go on").await;
    endless.ignore_end = true;
    let mut talking = house.engine.generate(endless).await.expect("room");
    talking.next().await.expect("it talks").expect("no error");
    // Let go by its admin it still takes its memory, as long as somebody listens.
    for unload in [false, true] {
        if unload {
            house.engine.unload(&first).await.expect("unloaded");
        }
        let refused = house.engine.load(&second).await.expect_err("no room");
        assert_eq!(
            (refused.code(), refused.kind()),
            ("model_does_not_fit", Kind::Overloaded)
        );
    }
    drop(talking);
    // The place is free once the engine has noticed, within a token.
    for _ in 0..1000 {
        if house.engine.load(&second).await.is_ok() {
            let (text, ..) = house.answer(house.request(&second, "Where?").await).await;
            assert_eq!(text, SENTENCE);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("the memory did not become free");
}

#[tokio::test]
async fn a_model_that_never_fits_is_refused_with_the_figures() {
    let mut config = room_for(1, "");
    (config.memory_mib, config.kv_cache_mib) = (2, 4);
    let house = House::new(&config);
    let id = house.chat("large", &tiny_model::seeded(1));
    let refused = house.engine.load(&id).await.expect_err("no room");
    assert_eq!(refused.kind(), Kind::Unavailable);
    let text = refused.to_string();
    assert!(
        text.contains("needs 5 MiB") && text.contains("take 2 MiB"),
        "{text}"
    );
    assert!(loaded(&house).is_empty());
    let status = &house.engine.status().models[0];
    assert_eq!(status.state, LoadState::Failed { reason: text });
    assert_eq!(house.engine.status().memory_taken, 0);
}

#[tokio::test]
async fn answers_wait_for_the_memory_of_others_on_the_same_model() {
    // Room for less than is wanted: the model gets what there is, and answers share it.
    let house = House::new(&EngineConfig {
        memory_mib: 70,
        kv_cache_mib: 1024,
        batch_sequences: 8,
        ..small()
    });
    let id = house.chat("reciting", &tiny_model::reciting(SENTENCE));
    let streams = futures_util::future::join_all((0..8).map(|_| ask(&house, &id))).await;
    for mut stream in streams {
        let mut text = String::new();
        while let Some(piece) = stream.next().await {
            if let Piece::Text { text: more, .. } = piece.expect("no error") {
                text.push_str(&more);
            }
        }
        assert_eq!(text, SENTENCE);
    }
    assert!(house.engine.status().memory_taken <= 70 << 20);
}

/// What a model remembers as bytes, it remembers in the same memory, and more of it.
#[tokio::test]
async fn longer_conversations_fit_where_keys_and_values_are_bytes() {
    let mut limits = Vec::new();
    for kv_cache_int8 in [false, true] {
        let house = House::new(&EngineConfig {
            kv_cache_mib: 1,
            kv_cache_int8,
            ..small()
        });
        let id = house.chat("seeded", &tiny_model::seeded(1));
        house.engine.load(&id).await.expect("it fits");
        let request = house.request(&id, &"x".repeat(2500)).await;
        let request = Generate {
            max_tokens: Some(2),
            ignore_end: true,
            ..request
        };
        if kv_cache_int8 {
            let (_, finish, usage) = house.answer(request).await;
            assert_eq!((finish, usage.completion_tokens), (FinishReason::Length, 2));
        } else {
            let refused = house.engine.generate(request).await.map(drop);
            let error = refused.expect_err("it is too long");
            assert_eq!(error.code(), "context_length_exceeded");
        }
        limits.push(house.engine.limits(&id).expect("a limit"));
    }
    // A token is 128 numbers in two layers, and 8 heads of 16 with a scale each.
    assert_eq!(limits, [(1 << 20) / 512, (1 << 20) / 160 / 32 * 32]);
}
