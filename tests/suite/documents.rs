//! Documents: whose they are, what is taken in, and what is left of them.

use serde_json::json;

use crate::harness::Appliance;

const STORES: &str = "# Stores\n\nHall two holds the pumps.\n\n## Spares\n\n\
    The spare impeller is kept in cabinet 7 behind the boiler. Ask Ines for the key.\n";
const ANSWER: &str = "The spare impeller is kept in cabinet 7.";

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
async fn the_same_file_again_is_named_and_not_taken() {
    let appliance = Appliance::saying(ANSWER).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    let document = ada.uploads(&stores, "stores.md", STORES).await;
    let again = ada.sends_file(&stores, "copy.md", STORES.as_bytes()).await;
    again.is_problem(409, "document_exists");
    let problem = again.json();
    assert_eq!(problem["document_id"], document["id"]);
    assert_eq!(problem["document_title"], "stores.md");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("stores.md") && detail.contains(document["id"].as_str().unwrap()));
    let path = format!("/api/v1/workspaces/{stores}/documents");
    let listed = ada.get(&path).await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);

    let elsewhere = ada.opens_workspace("Elsewhere").await;
    ada.uploads(&elsewhere, "stores.md", STORES).await;
    ada.uploads(&stores, "stores.md", &format!("{STORES}New.\n"))
        .await;
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
