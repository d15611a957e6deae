//! Model files that lie: an error, soon, in little memory; and who talks to another model hears
//! nothing of it.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::domain::time::Stopwatch;
use crate::engine::kernels::Compute;
use crate::engine::kv_cache::Room;
use crate::engine::layers::encoder::Precision;
use crate::engine::template::Template;
use crate::engine::tokenizer::Tokenizer;
use crate::engine::weights::gguf::Gguf;

mod decoders;
mod encoders;

/// What it may take to find out that a file lies. It is a few milliseconds in a release build;
/// the bound is for the slowest machine that tests run on.
const MEMORY: usize = 64 << 20;
const TIME: Duration = Duration::from_secs(20);

/// All that happens to a model's files before it answers.
fn open(path: &Path) -> Result<(), EngineError> {
    arch::inspect(path)?;
    if path.is_dir() {
        let json = std::fs::read(path.join("tokenizer.json")).expect("a file");
        Tokenizer::from_json(&json)?;
    } else {
        let file = Gguf::open(path)?;
        let tokenizer = Arc::new(Tokenizer::from_gguf(&file)?);
        let template = file.get_str("tokenizer.chat_template");
        Template::new(template, tokenizer, Clock::system())?;
    }
    arch::load(path, &Compute::new(1), Room::of(1 << 20), Precision::Bytes)?;
    Ok(())
}

/// Checks that the files at `path` are refused in few words, `word` among them.
fn refused(path: &Path, what: &str, word: &str) {
    let begun = Stopwatch::start();
    let (outcome, most) = heap::peak(|| open(path));
    let error = outcome.expect_err(what).to_string();
    assert!(error.contains(word), "{what}: {error}");
    assert!(error.len() < 400, "{what}: {} bytes", error.len());
    assert!(most < MEMORY, "{what}: {most} bytes of memory");
    assert!(begun.elapsed() < TIME, "{what}: {:?}", begun.elapsed());
}

/// The lengths at which a file of `whole` bytes is cut: each of the first, then every 4 KB.
fn cuts(whole: usize) -> impl Iterator<Item = usize> {
    const EACH: usize = 1024;
    (0..EACH.min(whole)).chain((EACH..whole).step_by(4096))
}

#[tokio::test]
async fn a_model_that_talks_is_not_disturbed_by_files_that_lie() {
    let house = House::new(&small());
    let id = house.chat("babbling", &tiny_model::babbling(SENTENCE));
    let request = house.request(&id, "Talk").await;
    let mut stream = house.engine.generate(request).await.expect("a place");
    let mut heard = String::new();
    let whole = tiny_model::seeded(1);
    let mut lying = tiny_model::seeded_file(1);
    // Nobody multiplies with it until the model is loaded.
    lying.float("llama.rope.freq_base", f32::NAN);
    let lying = house.chat("lying", &lying.finish());
    for length in (0..whole.len()).step_by(4096) {
        let path = house.home.path().join("cut.gguf");
        std::fs::write(&path, &whole[..length]).expect("a file");
        let outcome = house.engine.import(&path, &mut |_, _| ());
        assert!(outcome.is_err(), "cut at {length}");
        let loaded = house.engine.load(&lying).await;
        let error = loaded.expect_err("it lies");
        assert_eq!(error.code(), "model_load_failed", "{error}");
        while let Some(piece) = stream.next().await {
            if let Piece::Text { text, .. } = piece.expect("it talks on") {
                heard.push_str(&text);
                break;
            }
        }
    }
    drop(stream);
    assert!(SENTENCE.repeat(heard.len()).starts_with(&heard), "{heard}");
    assert!(heard.len() > SENTENCE.len());
    let models = house.engine.status().models;
    let names: Vec<_> = models.iter().map(|model| &model.id).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}
