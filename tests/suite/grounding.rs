//! What an answer stands on: the documents, nothing, or their own words.

use serde_json::json;

use crate::harness::Appliance;

const STORES: &str = "# Stores\n\nHall two holds the pumps.\n\n## Spares\n\n\
    The spare impeller is kept in cabinet 7 behind the boiler. Ask Ines for the key.\n";
const ANSWER: &str = "The spare impeller is kept in cabinet 7.";

#[tokio::test]
async fn what_the_documents_do_not_say_is_marked_in_the_answer() {
    let said = format!("Sure! {ANSWER} The moon is made of green cheese.");
    let appliance = Appliance::saying(&said).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    ada.uploads(&stores, "stores.md", STORES).await;
    let conversation = ada.opens_conversation(&stores).await;
    let question = "Where is the spare impeller kept?";
    let events = ada.asks_streamed(&conversation, question).await.events();
    let (_, told) = events.iter().find(|(name, _)| name == "citations").unwrap();
    let turn = &events.last().unwrap().1;
    assert_eq!(turn["text"], said);
    assert_eq!(turn["grounding"], "documents");
    for view in [told, turn] {
        let spans = view["unsupported"].as_array().unwrap();
        assert_eq!(spans.len(), 1, "{view}");
        let place = |end: &str| spans[0][end].as_u64().unwrap() as usize;
        let marked = &said[place("start")..place("end")];
        assert_eq!(marked, "The moon is made of green cheese.");
        assert_eq!(view["citations"].as_array().unwrap().len(), 1, "{view}");
    }

    let elsewhere = ada.opens_workspace("Empty").await;
    let conversation = ada.opens_conversation(&elsewhere).await;
    let turn = ada.asks(&conversation, question).await.ok();
    assert_eq!(turn["grounding"], "open");
    assert_eq!(
        turn["unsupported"],
        json!([]),
        "there is nothing to check it by"
    );
}

#[tokio::test]
async fn what_no_document_says_is_not_invented() {
    let appliance = Appliance::saying(ANSWER).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    ada.uploads(&stores, "stores.md", STORES).await;
    let ask = async |question: &str| {
        let conversation = ada.opens_conversation(&stores).await;
        ada.asks(&conversation, question).await.ok()
    };
    for (question, answer) in [
        (
            "How many weeks of vacation does Portugal grant?",
            "The documents in this workspace do not say anything about that.",
        ),
        (
            "Wie viel Urlaub gewährt Portugal?",
            "Dazu steht in den Dokumenten dieses Arbeitsbereichs nichts.",
        ),
        (
            "Combien de jours de congé le Portugal donne-t-il ?",
            "Les documents de cet espace de travail n’en disent rien.",
        ),
        (
            "¿Cuántos días de vacaciones da Portugal?",
            "Los documentos de este espacio de trabajo no dicen nada al respecto.",
        ),
    ] {
        let turn = ask(question).await;
        assert_eq!(turn["text"], answer, "{turn}");
        assert_eq!(
            (&turn["grounding"], &turn["finish"]),
            (&json!("none"), &json!("stop"))
        );
        assert_eq!(
            (&turn["citations"], &turn["unsupported"]),
            (&json!([]), &json!([]))
        );
        assert_eq!(turn["usage"]["prompt_tokens"], 0, "no model is asked");
    }
    for question in ["Hello!", "Thank you.", "Where is the spare impeller kept?"] {
        assert_eq!(ask(question).await["text"], ANSWER, "{question}");
    }

    let question = "How many weeks of vacation does Portugal grant?";
    let model = ask("Hello!").await["model"].clone();
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": question }] });
    let headers = [("x-privatestack-workspace", stores.as_str())];
    let (post, path) = (poem::http::Method::POST, "/v1/chat/completions");
    let answer = ada.call_with(post, path, Some(body), &headers).await.ok();
    let said = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(
        said.starts_with("The documents in this workspace do not say"),
        "{said}"
    );

    let path = format!("/api/v1/workspaces/{stores}");
    let patch = poem::http::Method::PATCH;
    let off = json!({ "answers": { "least": 0.0 } });
    ada.call(patch.clone(), &path, Some(off)).await.ok();
    assert_eq!(ask(question).await["text"], ANSWER, "whatever was found");
    let wrong = json!({ "answers": { "least": 1.5 } });
    let refused = ada.call(patch, &path, Some(wrong)).await;
    assert!(refused.status.is_client_error(), "{}", refused.text);
}

#[tokio::test]
async fn a_follow_up_goes_on_with_the_question_before_it() {
    let appliance = Appliance::saying(ANSWER).await;
    let ada = appliance.admin("ada").await;
    let stores = ada.opens_workspace("Stores").await;
    ada.uploads(&stores, "stores.md", STORES).await;
    let conversation = ada.opens_conversation(&stores).await;
    let first = "Where is the spare impeller kept behind the boiler?";
    let first = ada.asks(&conversation, first).await.ok();
    let path = format!("/api/v1/conversations/{conversation}/turns");
    let body = json!({ "text": "Even in winter?", "parent": first["id"], "stream": false });
    let turn = ada.post(&path, body).await.ok();
    assert_eq!(turn["text"], ANSWER, "{turn}");
}

#[tokio::test]
async fn quotes_need_no_model_and_keep_documents_apart() {
    const GATE: &str = "# Gate\n\nThe spare key of the boiler room hangs at the gate.\n\n\
        Lunch is at noon, write to ada@lovelace.example.\n";
    let appliance = Appliance::saying("Never said.").await;
    let ada = appliance.admin("ada").await;
    let models = ada.get("/api/v1/models").await.ok();
    let chat = models["items"].as_array().unwrap().iter();
    let chat = chat.filter(|model| model["kind"] == "chat");
    for model in chat.map(|model| model["id"].as_str().unwrap()) {
        let path = format!("/api/v1/models/{model}");
        assert!(ada.delete(&path).await.status.is_success());
    }
    let stores = ada.opens_workspace("Stores").await;
    let texts = [("stores.md", STORES), ("gate.md", GATE)];
    let mut ids = Vec::new();
    for (name, text) in texts {
        ids.push(ada.uploads(&stores, name, text).await["id"].clone());
    }
    let path = format!("/api/v1/workspaces/{stores}");
    let change = json!({ "answers": { "mode": "quotes" } });
    let changed = ada.call(poem::http::Method::PATCH, &path, Some(change));
    assert_eq!(changed.await.ok()["answers"]["mode"], "quotes");

    let conversation = ada.opens_conversation(&stores).await;
    let question = "Where are the spare impeller and the spare key of the boiler room?";
    let events = ada.asks_streamed(&conversation, question).await.events();
    let deltas = events.iter().filter(|(name, _)| name == "delta");
    let streamed: String = deltas
        .map(|(_, data)| data["text"].as_str().unwrap().to_owned())
        .collect();
    let turn = &events.last().unwrap().1;
    assert_eq!(turn["text"], streamed.as_str());
    assert_eq!(
        (&turn["model"], &turn["mode"], &turn["finish"]),
        (&json!("quotes"), &json!("quotes"), &json!("stop"))
    );
    for (title, _) in texts {
        assert_eq!(
            streamed.matches(&format!("**{title}**")).count(),
            1,
            "{streamed}"
        );
    }
    let citations = turn["citations"].as_array().unwrap();
    assert!(citations.len() >= 2, "{turn}");
    for (number, cited) in citations.iter().enumerate() {
        assert_eq!(cited["marker"], number + 1);
        let place = |end: &str| cited[end].as_u64().unwrap() as usize;
        let at = ids
            .iter()
            .position(|id| *id == cited["document_id"])
            .unwrap();
        let quote = cited["quote"].as_str().unwrap();
        assert_eq!(&texts[at].1[place("start")..place("end")], quote);
        assert!(streamed[..place("answer_end")].ends_with(quote), "{turn}");
    }

    let turn = ada
        .asks(&conversation, "When is lunch, and whom do I write to?")
        .await
        .ok();
    let text = turn["text"].as_str().unwrap();
    assert!(
        text.ends_with("[EMAIL].") && !text.contains("lovelace"),
        "{turn}"
    );
    assert_eq!(turn["citations"][0]["answer_end"], text.len());
    let turn = ada
        .asks(&conversation, "How much vacation does Portugal grant?")
        .await
        .ok();
    assert_eq!(
        (&turn["grounding"], &turn["citations"]),
        (&json!("none"), &json!([]))
    );

    let turns = format!("/api/v1/conversations/{conversation}/turns");
    let model = json!({ "text": question, "stream": false, "mode": "model" });
    ada.post(&turns, model).await.is_problem(503, "no_model");
}
