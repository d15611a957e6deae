//! Stories about waiting: whose turn it is, who is refused, and what each is told.

use serde_json::{Value, json};

use crate::harness::{Appliance, Person, Reply};
use crate::tiny_model;

const WATER: &str = "The water is quiet tonight. ";

async fn opens(person: &Person<'_>) -> String {
    let workspace = person.opens_workspace("Own").await;
    person.opens_conversation(&workspace).await
}

/// Asks for an answer of a few tokens, streamed.
async fn asks(person: &Person<'_>, conversation: &str) -> Reply {
    let path = format!("/api/v1/conversations/{conversation}/turns");
    let body = json!({ "text": "Talk.", "stream": true, "max_tokens": 5 });
    person.post(&path, body).await
}

fn named<'a>(events: &'a [(String, Value)], name: &str) -> Option<&'a Value> {
    let mut found = events.iter().filter(|(other, _)| other == name);
    found.next().map(|(_, data)| data)
}

#[tokio::test]
async fn the_queue_goes_round_between_people_and_refuses_with_a_time() {
    let appliance = Appliance::with(&tiny_model::babbling(WATER), |config| {
        let engine = &mut config.engine;
        (engine.batch_sequences, engine.queue_sequences) = (1, 4);
        engine.queue_per_person = 2;
        config.chat.answer_tokens = 4096;
    })
    .await;
    let ada = appliance.admin("ada").await;
    let bob = appliance.person(&ada, "bob").await;
    let cy = appliance.person(&ada, "cy").await;
    // A key of hers is nobody else.
    let script = ada.with_bearer(&ada.mints_key(json!({ "name": "script" })).await);
    let models = ada.get("/v1/models").await.ok();
    let mut ids = models["data"]
        .as_array()
        .expect("models")
        .iter()
        .map(|model| &model["id"]);
    let model = ids.find(|id| id.as_str().is_some_and(|id| id.starts_with("babbling")));
    let call = |most: u32| {
        json!({ "model": model, "max_tokens": most,
                "messages": [{ "role": "user", "content": "Talk." }] })
    };
    let [at_adas, at_bobs, at_cys] = [opens(&ada).await, opens(&bob).await, opens(&cy).await];

    let over = tokio::sync::Notify::new();
    let long = async {
        tokio::select! {
            ended = script.post("/v1/chat/completions", call(8000)) => panic!("{}", ended.text),
            () = over.notified() => {}
        }
    };
    let scripted = async |waiting| {
        ada.until_load((1, waiting)).await;
        script.post("/v1/chat/completions", call(5)).await
    };
    let bobs = async {
        ada.until_load((1, 2)).await;
        let refused = script.post("/v1/chat/completions", call(5)).await;
        let turn = asks(&ada, &at_adas).await;
        (refused, turn, asks(&bob, &at_bobs).await)
    };
    let cys = async {
        ada.until_load((1, 3)).await;
        asks(&cy, &at_cys).await
    };
    let last = async {
        ada.until_load((1, 4)).await;
        let refused = asks(&cy, &at_cys).await;
        over.notify_one();
        refused
    };
    let ((), first, second, bobs, cys, full) =
        tokio::join!(long, scripted(0), scripted(1), bobs, cys, last);

    let (refused, turn, bobs) = bobs;
    assert_eq!(refused.status, 429, "{}", refused.text);
    assert_eq!(refused.json()["error"]["code"], "too_many_waiting");
    turn.is_problem(429, "too_many_waiting");
    full.is_problem(503, "engine_busy");
    for refused in [&refused, &turn, &full] {
        assert_eq!(refused.headers["retry-after"], "1", "nothing is known yet");
    }
    let (bobs, cys) = (bobs.events(), cys.events());
    assert_eq!(named(&bobs, "queued"), None, "Bob is the next");
    let told = named(&cys, "queued").expect("Bob is before Cy");
    assert_eq!(*told, json!({ "ahead": 1 }));
    let waited = |events| {
        let done = named(events, "done").expect("an answer");
        assert_eq!(done["usage"]["completion_tokens"], 5, "{done}");
        done["timings"]["queued_ms"].as_u64().expect("a number")
    };
    assert!(waited(&bobs) > 0 && waited(&cys) > 0);
    for scripts in [first, second] {
        assert_eq!(scripts.ok()["usage"]["completion_tokens"], 5);
    }
    ada.until_load((0, 0)).await;
}
