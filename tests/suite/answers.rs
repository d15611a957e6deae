//! Asking a workspace's documents, and what of it belongs to whom.

use serde_json::json;

use crate::harness::Appliance;
use crate::tiny_model;

const STORES: &str = "# Stores\n\nHall two holds the pumps.\n\n## Spares\n\n\
    The spare impeller is kept in cabinet 7 behind the boiler. Ask Ines for the key.\n";
const ANSWER: &str = "The spare impeller is kept in cabinet 7.";

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
    let model = tiny_model::babbling("Water runs and runs. ");
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
    // The slot is free within one token, not within the same instant.
    for left in (0..200).rev() {
        let system = ada.get("/api/v1/system").await.ok();
        if system["queue"]["running"] == 0 {
            break;
        }
        assert!(left > 0, "the slot was not freed: {system}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_document_stays_inside_its_workspace() {
    let appliance = Appliance::saying(ANSWER).await;
    let ada = appliance.admin("ada").await;
    let bob = appliance.person(&ada, "bob").await;
    let stores = ada.opens_workspace("Stores").await;
    let document = ada.uploads(&stores, "stores.md", STORES).await;
    let id = document["id"].as_str().unwrap();

    let base = format!("/api/v1/workspaces/{stores}");
    bob.get(&base).await.is_problem(404, "workspace_not_found");
    bob.get(&format!("{base}/documents/{id}"))
        .await
        .is_problem(404, "workspace_not_found");
    bob.get(&format!("{base}/documents/{id}/text"))
        .await
        .is_problem(404, "workspace_not_found");

    let own = bob.opens_workspace("Own").await;
    let conversation = bob.opens_conversation(&own).await;
    let turn = bob
        .asks(&conversation, "Where is the spare impeller kept?")
        .await
        .ok();
    assert_eq!(turn["citations"], json!([]));

    let theirs = ada.opens_conversation(&stores).await;
    bob.asks(&theirs, "?")
        .await
        .is_problem(404, "conversation_not_found");
    ada.post(
        &format!("{base}/members"),
        json!({ "email": "bob@example.org", "role": "member" }),
    )
    .await
    .ok();
    bob.get(&format!("{base}/documents/{id}")).await.ok();
    bob.asks(&theirs, "?")
        .await
        .is_problem(404, "conversation_not_found");
}

#[tokio::test]
async fn files_without_text_fail_loudly() {
    let appliance = Appliance::saying(ANSWER).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    for (name, content, code) in [
        ("empty.txt", &b""[..], "empty"),
        ("blank.md", b" \n\t\n", "empty"),
        ("binary.txt", b"\x00\x01\x02\xff\x00", "unreadable"),
    ] {
        let reply = ada.sends_file(&stores, name, content).await;
        let problem = reply.json();
        if reply.status == 202 {
            let id = problem["id"].as_str().unwrap();
            let shown = ada.until_settled(&stores, id).await;
            assert_eq!(shown["state"], "failed", "{name}: {shown}");
            assert_eq!(shown["code"], code, "{name}: {shown}");
            assert!(!shown["hint"].as_str().unwrap_or("").is_empty(), "{name}");
        } else {
            assert!(
                problem["code"].as_str().unwrap().contains(code),
                "{name}: {problem}"
            );
        }
    }
}

#[tokio::test]
async fn a_deleted_document_is_gone_from_answers_and_stays_gone() {
    let mut appliance = Appliance::saying(ANSWER).await;
    {
        let ada = appliance.admin("ada").await;
        let stores = ada.opens_workspace("Stores").await;
        let document = ada.uploads(&stores, "stores.md", STORES).await;
        let id = document["id"].as_str().unwrap();
        let path = format!("/api/v1/workspaces/{stores}/documents/{id}");
        assert!(ada.delete(&path).await.status.is_success());
        ada.get(&path).await.is_problem(404, "document_not_found");
        let conversation = ada.opens_conversation(&stores).await;
        let turn = ada
            .asks(&conversation, "Where is the spare impeller kept?")
            .await
            .ok();
        assert_eq!(turn["citations"], json!([]));
    }
    appliance.restart().await;
    let blobs = appliance.folder.path().join("data/blobs");
    let left = walk(&blobs);
    assert!(left.is_empty(), "{left:?}");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    entries
        .flat_map(|entry| {
            if entry.path().is_dir() {
                walk(&entry.path())
            } else {
                vec![entry.path()]
            }
        })
        .collect()
}
