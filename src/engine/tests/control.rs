//! What requests ask beside an answer: logprobs, constraints, seeds.

use super::*;
use crate::engine::kv_cache::Room;
use crate::engine::layers::encoder::Precision;

impl House {
    pub(super) async fn pieces(
        &self,
        request: Generate,
    ) -> (String, Vec<TokenLogprob>, FinishReason) {
        let mut stream = self.engine.generate(request).await.expect("a place");
        let (mut text, mut tokens) = (String::new(), Vec::new());
        loop {
            match stream.next().await.expect("an end").expect("no error") {
                Piece::Text {
                    text: more,
                    logprobs,
                    ..
                } => {
                    text.push_str(&more);
                    tokens.extend(logprobs);
                    let sent = u32::try_from(text.len()).expect("short");
                    assert!(
                        tokens.iter().all(|token| token.end <= sent),
                        "told too early"
                    );
                }
                Piece::End { finish, .. } => return (text, tokens, finish),
            }
        }
    }
}

/// Each stretch of the text is what its tokens say together.
fn agree(text: &str, tokens: &[TokenLogprob]) {
    let mut at = 0;
    for together in tokens.chunk_by(|a, b| (a.start, a.end) == (b.start, b.end)) {
        let (start, end) = (together[0].start as usize, together[0].end as usize);
        assert_eq!(start, at, "nothing is left out of {text:?}");
        let bytes = together.iter().flat_map(|token| token.said.bytes.clone());
        let bytes: Vec<u8> = bytes.flatten().collect();
        assert_eq!(String::from_utf8_lossy(&bytes), &text[start..end]);
        at = end;
    }
    assert_eq!(at, text.len(), "{text:?}");
}

#[tokio::test]
async fn logprobs_go_with_the_text_of_half_characters_and_stop_texts() {
    let house = House::new(&small());
    let reciting = house.chat("reciting", &tiny_model::reciting(SENTENCE));
    let seeded = house.chat("seeded", &tiny_model::seeded(9));
    for (model, stop, most) in [
        (&reciting, None, None),
        (&reciting, Some("locker 4,"), None),
        // Single bytes that hardly ever make a character, and characters of more than one.
        (&seeded, None, Some(200)),
    ] {
        let mut request = house.request(model, "Where?").await;
        request.sampling = Sampling::default().with_seed(4);
        request.max_tokens = most;
        request.stop = stop.map(str::to_owned).into_iter().collect();
        request.logprobs = Some(3);
        let (text, tokens, _) = house.pieces(request.clone()).await;
        assert!(!tokens.is_empty());
        if stop.is_none() {
            agree(&text, &tokens);
        }
        for token in &tokens {
            let others = &token.alternatives;
            assert_eq!(others.len(), 3);
            assert!(others.is_sorted_by(|a, b| a.logprob >= b.logprob));
            assert!(others.iter().map(|other| other.logprob.exp()).sum::<f32>() <= 1.001);
            assert!(token.said.logprob <= others[0].logprob + 1e-6);
        }
        request.logprobs = None;
        assert_eq!(
            house.pieces(request).await.0,
            text,
            "asking changes nothing"
        );
    }
}

#[tokio::test]
async fn the_first_logprob_is_the_models_own() {
    let house = House::new(&small());
    let file = house.home.path().join("own.gguf");
    std::fs::write(&file, tiny_model::seeded(3)).expect("a file");
    let compute = kernels::Compute::new(1);
    let arch::LoadedModel::Decoder(decoder) =
        arch::load(&file, &compute, Room::of(1 << 20), Precision::Plain).expect("loads")
    else {
        panic!("a model that answers");
    };
    let model = house.import(&file);
    let mut request = house.request(&model, "Hm?").await;
    let mut cache = decoder.new_cache(request.prompt.tokens.len(), None);
    let logits = decoder
        .forward(&request.prompt.tokens, &mut cache)
        .expect("logits");
    let sum: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
    // Penalties, temperature and a constraint leave the numbers alone.
    request.sampling = Sampling::new(0.3, 0.5)
        .and_then(|s| s.with_presence_penalty(2.0))
        .expect("in range")
        .with_seed(1);
    request.constraint = Some(Constraint::regex("[a-c]{3}").expect("an expression"));
    request.logprobs = Some(0);
    let (text, tokens, finish) = house.pieces(request).await;
    assert_eq!(
        (text.len(), tokens.len(), finish),
        (3, 3, FinishReason::Stop)
    );
    let first = usize::from(text.as_bytes()[0]) + 3;
    let expected = f64::from(logits[first]) - sum.ln();
    let found = f64::from(tokens[0].said.logprob);
    assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
}

#[tokio::test]
async fn a_seed_gives_one_answer_whatever_batch_and_threads() {
    let mut all = Vec::new();
    for (threads, together) in [(1, 1), (2, 4), (3, 2)] {
        let house = House::new(&EngineConfig {
            threads,
            batch_sequences: together,
            prefill_chunk_tokens: 5 * together,
            ..EngineConfig::default()
        });
        let id = house.chat("seeded", &tiny_model::seeded(5));
        let ask = async |seed: u64| {
            let mut request = house.request(&id, "Tell me about number four").await;
            request.sampling = Sampling::new(0.8, 0.95)
                .and_then(|s| s.with_repetition_penalty(1.1))
                .expect("in range")
                .with_seed(seed);
            request.max_tokens = Some(24);
            if seed.is_multiple_of(2) {
                let schema = serde_json::json!({ "type": "object", "properties": {
                    "a": { "type": "string", "maxLength": 5 } }, "required": ["a"],
                    "additionalProperties": false });
                request.constraint = Some(Constraint::json_schema(schema).expect("a schema"));
            }
            house.pieces(request).await
        };
        let answers = tokio::join!(ask(1), ask(2), ask(3), ask(4));
        all.push([answers.0, answers.1, answers.2, answers.3]);
    }
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
    assert_ne!(all[0][0].0, all[0][2].0, "seeds differ");
}

#[tokio::test]
async fn a_constraint_ends_with_its_text_or_with_the_last_token() {
    let house = House::new(&small());
    let id = house.chat("babbling", &tiny_model::babbling(SENTENCE));
    for (expression, most, text, finish) in [
        ("Yes\\.", None, "Yes.", FinishReason::Stop),
        ("Yes\\.", Some(4), "Yes.", FinishReason::Stop),
        ("Yes\\.", Some(3), "Yes", FinishReason::Length),
    ] {
        for ignore_end in [false, true] {
            let mut request = house.request(&id, "Well?").await;
            request.constraint = Some(Constraint::regex(expression).expect("an expression"));
            (request.max_tokens, request.ignore_end) = (most, ignore_end);
            let (said, _, ended) = house.pieces(request).await;
            assert_eq!((said.as_str(), ended), (text, finish), "{most:?}");
        }
    }
    let mut request = house.request(&id, "Well?").await;
    request.constraint = Some(Constraint::regex("(").expect("it is only short"));
    let error = house
        .engine
        .generate(request)
        .await
        .expect_err("no expression");
    assert_eq!(error.kind(), Kind::Invalid);
    assert_eq!(error.param().as_deref(), Some("guided_regex"));
}
