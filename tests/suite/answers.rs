//! Asking a workspace's documents, and what of it belongs to whom.

use serde_json::json;

use crate::harness::Appliance;
use crate::tiny_model;

const STORES: &str = "# Stores\n\nHall two holds the pumps.\n\n## Spares\n\n\
    The spare impeller is kept in cabinet 7 behind the boiler. Ask Ines for the key.\n";
const ANSWER: &str = "The spare impeller is kept in cabinet 7.";
/// Said over and over; too short to be taken for a circle.
const WATER: &str = "Water runs. ";

#[tokio::test]
async fn a_question_is_answered_with_a_quote_from_the_document() {
    let appliance = Appliance::saying(ANSWER).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    let document = ada.uploads(&stores, "stores.md", STORES).await;
    assert_eq!(document["state"], "indexed");

    let conversation = ada.opens_conversation(&stores).await;
    let turn = ada
        .asks(&conversation, "Where is the spare impeller kept?")
        .await
        .ok();
    assert_eq!(turn["text"], ANSWER);
    assert_eq!(turn["finish"], "stop");
    let citation = &turn["citations"][0];
    assert_eq!(citation["document_id"], document["id"]);
    let (start, end) = (
        citation["start"].as_u64().unwrap(),
        citation["end"].as_u64().unwrap(),
    );
    assert_eq!(
        &STORES[start as usize..end as usize],
        citation["quote"].as_str().unwrap()
    );
    assert!(citation["quote"].as_str().unwrap().contains("cabinet 7"));
    assert!(turn["usage"]["prompt_tokens"].as_u64().unwrap() > 20);

    let named = ada
        .get(&format!("/api/v1/conversations/{conversation}"))
        .await
        .ok();
    assert_eq!(named["title"], "Where is the spare impeller kept?");
}

#[tokio::test]
async fn an_answer_that_goes_in_circles_is_ended_and_the_circle_is_not_shown() {
    let circle = format!("{ANSWER} Ask Ines for the key. ");
    let appliance = Appliance::with(&tiny_model::babbling(&circle), |_| {}).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    ada.uploads(&stores, "stores.md", STORES).await;
    let conversation = ada.opens_conversation(&stores).await;
    let turn = ada.asks(&conversation, "Where is the impeller?").await.ok();
    assert_eq!(turn["text"].as_str().map(str::trim), Some(circle.trim()));
    assert_eq!(
        (&turn["state"], &turn["finish"]),
        (&json!("done"), &json!("repetition"))
    );
    assert!(turn["usage"]["prompt_tokens"].as_u64() > Some(20), "{turn}");
    let ends: Vec<_> = turn["citations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cited| cited["answer_end"].as_u64().unwrap() as usize)
        .collect();
    assert_eq!(ends, [ANSWER.len(), circle.trim().len()]);
}

#[tokio::test]
async fn an_answer_does_not_begin_with_the_frame_of_the_prompt() {
    let echo = format!("Passage 3 from latin2.txt: {ANSWER}");
    let appliance = Appliance::saying(&echo).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    ada.uploads(&stores, "stores.md", STORES).await;
    let question = "Where is the impeller?";
    let conversation = ada.opens_conversation(&stores).await;
    let turn = ada.asks(&conversation, question).await.ok();
    assert_eq!(turn["text"], ANSWER);

    let body = json!({
        "model": turn["model"], "messages": [{ "role": "user", "content": question }],
    });
    for (headers, said) in [
        (vec![("x-privatestack-workspace", stores.as_str())], ANSWER),
        (vec![], echo.as_str()),
    ] {
        let (post, path) = (poem::http::Method::POST, "/v1/chat/completions");
        let answer = ada
            .call_with(post, path, Some(body.clone()), &headers)
            .await
            .ok();
        assert_eq!(answer["choices"][0]["message"]["content"], said);
    }
}

#[tokio::test]
async fn asking_again_gives_another_answer() {
    let appliance = Appliance::with(&tiny_model::seeded(7), |config| {
        config.chat.answer_tokens = 24;
    })
    .await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    let conversation = ada.opens_conversation(&stores).await;
    let path = format!("/api/v1/conversations/{conversation}/turns");
    let mut said = Vec::new();
    for temperature in [json!(null), json!(null), json!(0.0)] {
        let body = json!({ "text": "One?", "stream": false, "temperature": temperature });
        said.push(ada.post(&path, body).await.ok()["text"].clone());
    }
    assert_ne!(said[0], json!(""));
    assert_ne!(said[0], said[1], "asked again");
    assert_eq!(said[0], said[2], "asked for the likeliest words");
}

#[tokio::test]
async fn a_stream_can_be_left_and_read_again() {
    let appliance = Appliance::saying(ANSWER).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    ada.uploads(&stores, "stores.md", STORES).await;
    let conversation = ada.opens_conversation(&stores).await;

    let stream = ada
        .asks_streamed(&conversation, "Where is the impeller?")
        .await;
    let kind = stream.headers["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/event-stream"), "{kind}");
    let events = stream.events();
    assert_eq!(events.first().unwrap().0, "turn");
    assert_eq!(events.last().unwrap().0, "done");
    let said = |events: &[(String, serde_json::Value)]| -> String {
        let deltas = events.iter().filter(|(name, _)| name == "delta");
        deltas
            .map(|(_, data)| data["text"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(said(&events), ANSWER);

    let turn = events[0].1["id"].as_str().unwrap();
    let path = format!("/api/v1/conversations/{conversation}/turns/{turn}/events");
    let again = ada
        .call_with(
            poem::http::Method::GET,
            &path,
            None,
            &[("last-event-id", "1")],
        )
        .await
        .events();
    assert_eq!(said(&again), ANSWER);
    assert!(
        again.iter().all(|(name, _)| name != "turn"),
        "event 1 was read already"
    );
}

#[tokio::test]
async fn a_conversation_branches_and_remembers() {
    let appliance = Appliance::saying(ANSWER).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    let conversation = ada.opens_conversation(&stores).await;
    let path = format!("/api/v1/conversations/{conversation}/turns");

    let first = ada.asks(&conversation, "One?").await.ok();
    let follow = |text: &str| json!({ "text": text, "parent": first["id"], "stream": false });
    let left = ada.post(&path, follow("Two?")).await.ok();
    let right = ada.post(&path, follow("Two, again?")).await.ok();
    assert_eq!(left["parent"], right["parent"]);
    assert!(left["usage"]["prompt_tokens"].as_u64() > first["usage"]["prompt_tokens"].as_u64());
    assert_eq!(
        ada.get(&path).await.ok()["items"].as_array().unwrap().len(),
        3
    );

    let stranger = json!({ "text": "?", "parent": "turn_0190a0a0a0a07000a0a0a0a0a0a0a0a0" });
    ada.post(&path, stranger)
        .await
        .is_problem(404, "turn_not_found");
}

#[tokio::test]
async fn the_same_idempotency_key_asks_once() {
    let appliance = Appliance::saying(ANSWER).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    let conversation = ada.opens_conversation(&stores).await;
    let path = format!("/api/v1/conversations/{conversation}/turns");
    let mut seen = Vec::new();
    for _ in 0..2 {
        let body = json!({ "text": "Once?", "stream": false });
        let post = poem::http::Method::POST;
        let key = [("idempotency-key", "k-1")];
        seen.push(ada.call_with(post, &path, Some(body), &key).await.ok()["id"].clone());
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(
        ada.get(&path).await.ok()["items"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn a_turn_can_be_stopped_and_keeps_what_was_said() {
    let model = tiny_model::babbling(WATER);
    let appliance = Appliance::with(&model, |config| config.chat.answer_tokens = 4096).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    let conversation = ada.opens_conversation(&stores).await;
    let path = format!("/api/v1/conversations/{conversation}/turns");

    let asked = ada.post(&path, json!({ "text": "Talk.", "stream": true }));
    let stopped = async {
        let turn = loop {
            let turns = ada.get(&path).await.ok();
            match turns["items"][0]["id"].as_str() {
                Some(id) => break id.to_owned(),
                None => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        };
        ada.post(&format!("{path}/{turn}/cancel"), json!({}))
            .await
            .ok()
    };
    let (stream, turn) = tokio::join!(asked, stopped);
    assert_eq!(turn["state"], "cancelled", "{turn}");
    assert!(stream.events().iter().any(|(name, _)| name == "done"));
    ada.until_load((0, 0)).await;
}

#[tokio::test]
async fn only_who_waits_behind_others_is_told_so() {
    let appliance = Appliance::with(&tiny_model::babbling(WATER), |config| {
        config.engine.batch_sequences = 1;
        config.chat.answer_tokens = 4096;
    })
    .await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    let conversation = ada.opens_conversation(&stores).await;
    let path = format!("/api/v1/conversations/{conversation}/turns");
    let (ada, conversation) = (&ada, &conversation);
    let ahead = async |load| {
        ada.until_load(load).await;
        let events = ada.asks_streamed(conversation, "Talk.").await.events();
        let queued = events.into_iter().find(|(name, _)| name == "queued");
        queued.map(|(_, data)| data["ahead"].as_u64().unwrap())
    };
    let stopped = async {
        ada.until_load((1, 2)).await;
        let turns = ada.get(&path).await.ok();
        for turn in turns["items"].as_array().unwrap().iter().rev() {
            let id = turn["id"].as_str().unwrap();
            ada.post(&format!("{path}/{id}/cancel"), json!({}))
                .await
                .ok();
        }
    };
    let (first, second, third, ()) =
        tokio::join!(ahead((0, 0)), ahead((1, 0)), ahead((1, 1)), stopped);
    assert_eq!((first, second, third), (None, None, Some(1)));
}

#[tokio::test]
async fn the_second_turn_reads_only_what_is_new() {
    let appliance = Appliance::saying(ANSWER).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    ada.uploads(&stores, "stores.md", STORES).await;
    let conversation = ada.opens_conversation(&stores).await;
    let path = format!("/api/v1/conversations/{conversation}/turns");
    let (mut parent, mut turns) = (json!(null), Vec::new());
    for question in [
        "Where is the spare impeller kept?",
        "Who has the key of the cabinet?",
        "Where are the pumps in the hall?",
    ] {
        let body = json!({ "text": question, "parent": parent, "stream": false });
        let turn = ada.post(&path, body).await.ok();
        parent = turn["id"].clone();
        turns.push(turn);
    }
    let tokens = |turn: usize, of: &str| turns[turn]["usage"][of].as_u64().unwrap();
    // A byte of a prompt is one token of this model, and what was read is kept in pages of 32.
    let said = |turn: usize| ["question", "text"].map(|of| turns[turn][of].as_str().unwrap().len());
    let page = |tokens: u64| tokens / 32 * 32;
    let rules = tokens(1, "cached_tokens");
    assert!(
        rules > 250,
        "what the model is told stays as it is: {}",
        turns[1]
    );
    let first: u64 = said(0).iter().map(|bytes| *bytes as u64).sum();
    let kept = tokens(2, "cached_tokens");
    assert!(
        kept >= page(rules + first),
        "and so does what was said: {}",
        turns[2]
    );
    assert!(kept < tokens(2, "prompt_tokens"));
}
