//! What `/v1` clients ask of an answer: logprobs, a schema, an expression, one of some texts.

use serde_json::{Value, json};

use crate::fits;
use crate::harness::{Appliance, Person};
use crate::tiny_model;

async fn ask(person: &Person<'_>, extra: Value) -> Value {
    let listed = person.get("/v1/models").await.ok();
    let models = listed["data"].as_array().expect("models").clone();
    let chat = models
        .iter()
        .map(|model| &model["id"])
        .find(|id| !id.as_str().unwrap_or("").contains("encoder"));
    let mut body = json!({ "model": chat.expect("a chat model"), "max_tokens": 600,
                           "messages": [{ "role": "user", "content": "What do I do?" }] });
    for (key, value) in extra.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}

/// Text, logprobs and end of an answer, whole or streamed.
async fn answer(
    person: &Person<'_>,
    mut extra: Value,
    stream: bool,
) -> (String, Vec<Value>, String) {
    extra["stream"] = json!(stream);
    let reply = person
        .post("/v1/chat/completions", ask(person, extra).await)
        .await;
    let mut choices = Vec::new();
    if stream {
        let events = reply.events();
        choices.extend(events.iter().map(|(_, chunk)| chunk["choices"][0].clone()));
    } else {
        choices.push(reply.ok()["choices"][0].clone());
    }
    let (mut text, mut tokens, mut finish) = (String::new(), Vec::new(), String::new());
    for choice in &choices {
        let said = choice["delta"]["content"].as_str();
        text.push_str(said.or(choice["message"]["content"].as_str()).unwrap_or(""));
        let content = choice["logprobs"]["content"].as_array();
        tokens.extend(content.into_iter().flatten().cloned());
        finish.push_str(choice["finish_reason"].as_str().unwrap_or(""));
    }
    (text, tokens, finish)
}

#[tokio::test]
async fn logprobs_have_openais_shape_whole_and_streamed() {
    let sentence = "Ask Zo\u{EB} \u{1F999} twice.";
    let appliance = Appliance::saying(sentence).await;
    let ada = appliance.admin("ada").await;
    let extra = json!({ "logprobs": true, "top_logprobs": 2 });
    let (text, tokens, _) = answer(&ada, extra.clone(), false).await;
    let streamed = answer(&ada, extra, true).await;
    assert_eq!((&streamed.0, &streamed.1), (&text, &tokens));
    assert_eq!(text, sentence);
    let bytes = tokens
        .iter()
        .flat_map(|token| token["bytes"].as_array().expect("bytes"));
    let bytes: Vec<u8> = bytes
        .map(|b| u8::try_from(b.as_u64().unwrap()).unwrap())
        .collect();
    assert_eq!(String::from_utf8(bytes).expect("text"), sentence);
    for token in &tokens {
        let keys: Vec<_> = token.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["token", "logprob", "bytes", "top_logprobs"]);
        let top = token["top_logprobs"].as_array().expect("a list");
        assert_eq!(top.len(), 2);
        assert_eq!(top[0]["token"], token["token"], "it says what is likeliest");
        assert_eq!(top[0]["logprob"], token["logprob"]);
        assert!(
            token["logprob"]
                .as_f64()
                .is_some_and(|p| (-5.0..=0.0).contains(&p))
        );
    }
    let (_, tokens, _) = answer(&ada, json!({ "logprobs": true }), false).await;
    assert!(
        tokens
            .iter()
            .all(|token| token["top_logprobs"] == json!([]))
    );
    let plain = ada
        .post("/v1/chat/completions", ask(&ada, json!({})).await)
        .await
        .ok();
    assert_eq!(plain["choices"][0]["logprobs"], Value::Null);
}

#[tokio::test]
async fn logprobs_do_not_tell_what_a_guard_withheld() {
    let (mail, card, key) = (
        "ada@lovelace.example",
        "4111 1111 1111 1111",
        "AKIAIOSFODNN7EXAMPLQ",
    );
    let leaky = format!("Write to {mail}, pay with {card}, sign in with {key} please.");
    let appliance = Appliance::saying(&leaky).await;
    let ada = appliance.admin("ada").await;
    for stream in [false, true] {
        let extra = json!({ "logprobs": true, "top_logprobs": 5, "stream": stream });
        let reply = ada
            .post("/v1/chat/completions", ask(&ada, extra.clone()).await)
            .await;
        for secret in [mail, "ada@", "4111", "1111", key, "AKIA"] {
            assert!(
                !reply.text.contains(secret),
                "{secret} is in: {}",
                reply.text
            );
        }
        let (text, tokens, _) = answer(&ada, extra, stream).await;
        assert!(
            text.contains("[EMAIL]") && text.contains("[AWS_ACCESS_KEY]"),
            "{text}"
        );
        let said: Vec<_> = tokens
            .iter()
            .map(|token| token["token"].as_str().unwrap())
            .collect();
        assert!(said.concat().starts_with("Write to "), "{said:?}");
        for visible in ["pay ", "sign ", "in "] {
            assert!(
                said.contains(&visible),
                "{visible} was not withheld: {said:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_model_without_a_mind_keeps_to_every_schema() {
    let appliance = Appliance::with(&tiny_model::seeded(5), |_| {}).await;
    let ada = appliance.admin("ada").await;
    let person = json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "maxLength": 6 },
            "age": { "type": "integer", "minimum": 0, "maximum": 130 },
            "tags": { "type": "array", "items": { "enum": ["r\u{E9}d", "blue"] }, "maxItems": 2 },
            "boss": { "anyOf": [{ "type": "null" }, { "type": "boolean" }] }
        },
        "required": ["name", "age", "tags", "boss"],
        "additionalProperties": false
    });
    for (number, schema) in [
        person,
        json!({ "type": "array", "items": { "type": "null" }, "minItems": 2, "maxItems": 3 }),
    ]
    .iter()
    .enumerate()
    {
        for seed in 0..3 {
            let format = json!({ "type": "json_schema",
                "json_schema": { "name": "it", "strict": true, "schema": schema } });
            let extra = json!({ "response_format": format, "seed": seed,
                "temperature": if seed == 0 { 0.0 } else { 1.2 }, "frequency_penalty": 0.5 });
            let (text, _, finish) = answer(&ada, extra.clone(), seed == 1).await;
            assert_eq!(finish, "stop", "{text}");
            let value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text:?}: {e}"));
            assert_eq!(
                fits::misfit(schema, &value),
                None,
                "schema {number}, seed {seed}"
            );
            assert_eq!(answer(&ada, extra, false).await.0, text, "a seed repeats");
        }
    }
    let extra = json!({ "response_format": { "type": "json_object" }, "max_tokens": 1 });
    let (text, _, finish) = answer(&ada, extra, false).await;
    assert!(
        text.starts_with('{') && finish == "length",
        "{text} {finish}"
    );
}

#[tokio::test]
async fn an_expression_and_a_choice_are_kept_or_refused_by_name() {
    let appliance = Appliance::with(&tiny_model::seeded(6), |_| {}).await;
    let ada = appliance.admin("ada").await;
    for stream in [false, true] {
        let extra = json!({ "guided_choice": ["ja, gern", "nein \u{1F999}"], "seed": 1 });
        let (text, _, finish) = answer(&ada, extra, stream).await;
        assert!(
            ["ja, gern", "nein \u{1F999}"].contains(&text.as_str()),
            "{text}"
        );
        assert_eq!(finish, "stop");
        let extra = json!({ "guided_regex": r"[0-2][0-9]:[0-5][0-9]", "temperature": 0 });
        let (text, _, _) = answer(&ada, extra, stream).await;
        assert!(text.len() == 5 && text.as_bytes()[2] == b':', "{text}");
    }
    let schema = |schema: Value| json!({ "response_format": { "type": "json_schema", "json_schema": { "name": "x", "schema": schema } } });
    let at = "response_format.json_schema.schema";
    for (extra, param) in [
        (
            schema(json!({ "properties": { "a": { "not": {} } } })),
            format!("{at}.properties.a.not"),
        ),
        (schema(json!({ "type": "strange" })), at.to_owned()),
        (schema(json!({ "$ref": "#/nowhere" })), at.to_owned()),
        (json!({ "guided_regex": "(" }), "guided_regex".to_owned()),
        (json!({ "guided_choice": [] }), "guided_choice".to_owned()),
        (
            json!({ "logprobs": true, "top_logprobs": 21 }),
            "top_logprobs".to_owned(),
        ),
    ] {
        let reply = ada
            .post("/v1/chat/completions", ask(&ada, extra.clone()).await)
            .await;
        assert_eq!(reply.status, 400, "{extra}: {}", reply.text);
        assert_eq!(reply.json()["error"]["param"], param, "{extra}");
    }
}
