//! The graph of a workspace: what people see of it, and what is left of a document in it.

use poem::http::Method;
use serde_json::{Value, json};

use crate::harness::Appliance;

const PLANT: &str = "# Plant\n\nNora Brandt keeps the spare of pump Q-19 in Basel. Brandt calls \
    Helvetia Analytics AG (the \"Supplier\") for parts.\n";
const TRIP: &str = "In March 2024 Helvetia Analytics AG moved to Lyon with Peter Lang.\n";

fn keys(list: &Value) -> Vec<&str> {
    let list = list.as_array().expect("a list");
    list.iter()
        .map(|one| one["key"].as_str().expect("a key"))
        .collect()
}

#[tokio::test]
async fn what_documents_speak_of_is_shown_to_members_and_goes_with_the_document() {
    let appliance = Appliance::saying("Yes.").await;
    let ada = appliance.admin("ada").await;
    let bob = appliance.person(&ada, "bob").await;
    let plant = ada.opens_workspace("Plant").await;
    let first = ada.uploads(&plant, "plant.md", PLANT).await;
    let trip = ada.uploads(&plant, "trip.txt", TRIP).await;

    let base = format!("/api/v1/workspaces/{plant}");
    for path in ["graph", "entities", "entities/person:nora%20brandt"] {
        let reply = bob.get(&format!("{base}/{path}")).await;
        reply.is_problem(404, "workspace_not_found");
    }
    let own = bob.opens_workspace("Own").await;
    let graph = bob
        .get(&format!("/api/v1/workspaces/{own}/graph"))
        .await
        .ok();
    assert_eq!(graph, json!({ "nodes": [], "edges": [] }));
    let foreign = format!("/api/v1/workspaces/{own}/entities/person:nora%20brandt");
    bob.get(&foreign).await.is_problem(404, "entity_not_found");

    ada.post(
        &format!("{base}/members"),
        json!({ "email": "bob@example.org", "role": "member" }),
    )
    .await
    .ok();
    let list = bob.get(&format!("{base}/entities?kind=person")).await.ok();
    assert_eq!(
        keys(&list["items"]),
        ["person:nora brandt", "person:peter lang"]
    );
    let found = bob.get(&format!("{base}/entities?q=helv%20ana")).await.ok();
    let helvetia = &found["items"][0];
    assert_eq!(helvetia["label"], "Helvetia Analytics AG");
    assert_eq!(
        (
            helvetia["documents"].as_u64(),
            helvetia["mentions"].as_u64()
        ),
        (Some(2), Some(2))
    );

    let nora = bob
        .get(&format!("{base}/entities/person:nora%20brandt"))
        .await
        .ok();
    let place = &nora["mentions"][0];
    assert_eq!(place["document_id"], first["id"]);
    assert_eq!(
        place["sentence"],
        "Nora Brandt keeps the spare of pump Q-19 in Basel."
    );
    let text = format!(
        "{base}/documents/{}/text",
        first["id"].as_str().expect("an id")
    );
    let text = bob.get(&text).await.text;
    let range = place["start"].as_u64().expect("a start") as usize
        ..place["end"].as_u64().expect("an end") as usize;
    assert_eq!(&text[range], "Nora Brandt");

    let around = bob
        .get(&format!("{base}/graph?around=term:supplier"))
        .await
        .ok();
    assert_eq!(around["nodes"][0]["key"], "term:supplier");
    let defines = around["edges"]
        .as_array()
        .expect("edges")
        .iter()
        .find(|edge| edge["kind"] == "definition");
    assert_eq!(
        defines.expect("an edge")["to"],
        "organisation:helvetia analytics"
    );

    let path = format!("{base}/documents/{}", trip["id"].as_str().expect("an id"));
    assert!(ada.delete(&path).await.status.is_success());
    let graph = bob.get(&format!("{base}/graph")).await.ok();
    for gone in ["person:peter lang", "place:lyon", "date:2024-03"] {
        assert!(!keys(&graph["nodes"]).contains(&gone), "{gone}");
        bob.get(&format!("{base}/entities/{}", gone.replace(' ', "%20")))
            .await
            .is_problem(404, "entity_not_found");
    }
    assert!(
        graph["nodes"]
            .as_array()
            .expect("nodes")
            .iter()
            .all(|node| node["documents"] == 1)
    );
    let list = bob.get(&format!("{base}/entities?q=lang")).await.ok();
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn what_is_no_key_and_no_cursor_is_said_so() {
    let appliance = Appliance::saying("Yes.").await;
    let ada = appliance.admin("ada").await;
    let plant = ada.opens_workspace("Plant").await;
    let base = format!("/api/v1/workspaces/{plant}");
    for path in [
        "entities/nobody",
        "graph?around=pet:rex",
        "entities?kind=pet",
        "entities?cursor=x",
    ] {
        let reply = ada.get(&format!("{base}/{path}")).await;
        assert!(reply.status.is_client_error(), "{path}: {}", reply.text);
    }
}

#[tokio::test]
async fn what_a_document_names_is_shown_to_those_who_may_see_it() {
    let appliance = Appliance::saying("Yes.").await;
    let ada = appliance.admin("ada").await;
    let bob = appliance.person(&ada, "bob").await;
    let plant = ada.opens_workspace("Plant").await;
    let base = format!("/api/v1/workspaces/{plant}");
    let member = json!({ "email": "bob@example.org", "role": "member" });
    ada.post(&format!("{base}/members"), member).await.ok();
    ada.uploads(&plant, "plant.md", PLANT).await;
    let trip = ada.uploads(&plant, "trip.txt", TRIP).await;
    let path = format!("{base}/documents/{}", trip["id"].as_str().expect("an id"));
    let lang = format!("{base}/entities/person:peter%20lang");
    bob.get(&lang).await.ok();

    let only_ada = json!({ "members": [] });
    ada.call(Method::PATCH, &path, Some(only_ada)).await.ok();
    bob.get(&lang).await.is_problem(404, "entity_not_found");
    ada.get(&lang).await.ok();
    let graph = bob.get(&format!("{base}/graph")).await.ok();
    assert!(!keys(&graph["nodes"]).contains(&"place:lyon"));
    let helvetia = format!("{base}/entities/organisation:helvetia%20analytics");
    assert_eq!(bob.get(&helvetia).await.ok()["entity"]["documents"], 1);
    assert_eq!(ada.get(&helvetia).await.ok()["entity"]["documents"], 2);
}
