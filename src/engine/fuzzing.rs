//! What the fuzzers call (`tests/fuzz`), and what `make test` replays their corpus with: each
//! function takes bytes as a file from outside could hold them, and may do anything but panic.

use std::sync::{Arc, LazyLock};

use super::EngineError;
use super::arch::{self, ModelError, Part, Wanted};
use super::kernels::Compute;
use super::kv_cache::Room;
use super::template::Template;
use super::tokenizer::{Detokenizer, Tokenizer};
use super::weights::gguf::Gguf;
use super::weights::map::FileMap;
use super::weights::safetensors::Safetensors;
use super::weights::{Weights, WeightsError};
use crate::domain::conversation::{Author, Message};
use crate::domain::time::Clock;

static COMPUTE: LazyLock<Compute> = LazyLock::new(|| Compute::new(1));

/// What a model's memory for conversations may take.
const ROOM: Room = Room {
    bytes: 1 << 20,
    rounded: false,
};
/// More weights than this are not computed with: time is better spent on other files.
const MOST_WEIGHTS: u64 = 1 << 16;
/// What tokenizers are asked: words, digits, spaces, signs, other scripts, control tokens.
const TEXT: &str = "The impeller's 1234  \t\n\u{E9}e\u{301} \u{4F60}\u{597D} \u{1F999}\u{200D} ... \
    <|im_end|></s>[SEP]\u{0}\u{FEFF} \u{2581}<0x0A>";

/// The bytes as a GGUF file: header, tensors, and a word of the model.
pub fn gguf(bytes: &[u8]) {
    let Ok(file) = Gguf::read(FileMap::of_bytes(bytes)) else {
        return;
    };
    let weights = file.census().0;
    for (name, shape, _) in file.tensors() {
        if let Some(Ok(tensor)) = file.find(name) {
            assert_eq!(tensor.shape, shape);
            if tensor.shape.iter().product::<usize>() as u64 <= MOST_WEIGHTS {
                drop(tensor.to_f32());
            }
        }
    }
    if weights <= MOST_WEIGHTS {
        // What can be wrong with it is its own affair.
        let _ = word(&file);
    }
}

/// Runs the model on a few tokens.
fn word(file: &Gguf) -> Result<(), ModelError> {
    let model = arch::decoder(file, &COMPUTE, ROOM)?;
    let mut cache = model.new_cache(16, None);
    for tokens in [&[0, 1, 2, 1][..], &[0]] {
        let part = Part {
            tokens,
            cache: &mut cache,
            logits: Wanted::Last,
        };
        let logits = model.step(&mut [part]).pop().transpose()?.flatten();
        assert_eq!(logits.map(|all| all.len()), Some(model.facts().vocab));
    }
    Ok(())
}

/// The bytes as a safetensors file.
pub fn safetensors(bytes: &[u8]) {
    let Ok(file) = Safetensors::read(FileMap::of_bytes(bytes)) else {
        return;
    };
    let weights = file.census().0;
    for name in file.names() {
        let tensor = file.get(name);
        if let Ok(tensor) = tensor
            && weights <= MOST_WEIGHTS
        {
            drop(tensor.to_f32());
        }
        if let Ok((table, format, [rows, columns])) = file.table(name) {
            let bytes = rows
                .checked_mul(columns)
                .and_then(|all| format.bytes_of(all));
            assert_eq!(bytes, Some(table.len()));
        }
    }
    assert!(matches!(file.get("none"), Err(WeightsError::Missing(_))));
}

/// The bytes as a tokenizer: a GGUF file's with its chat template, or a `tokenizer.json`.
pub fn tokenizer(bytes: &[u8]) {
    let (tokenizer, template) = match Gguf::read(FileMap::of_bytes(bytes)) {
        Ok(file) => {
            let template = file.get_str("tokenizer.chat_template").map(str::to_owned);
            (Tokenizer::from_gguf(&file), template)
        }
        Err(_) => (Tokenizer::from_json(bytes), None),
    };
    let Ok(tokenizer) = tokenizer else { return };
    // A template may fail; what it makes must not panic.
    let _ = speak(Arc::new(tokenizer), template.as_deref());
}

/// Asks the tokenizer for all that is asked of it while a question is answered.
fn speak(tokenizer: Arc<Tokenizer>, template: Option<&str>) -> Result<(), EngineError> {
    let tokens = tokenizer.encode_whole(TEXT)?;
    let mut stream = Detokenizer::new(tokenizer.clone(), false);
    for token in tokens.into_iter().chain(0..8).chain([u32::MAX]) {
        stream.push(token);
        tokenizer.name(token);
    }
    stream.finish();
    tokenizer.words(0xFF);
    let template = Template::new(template, tokenizer, Clock::system())?;
    let talk = [Author::System, Author::User].map(|author| Message {
        author,
        text: TEXT.to_owned(),
    });
    template.prompt(&talk).map(|_| ())
}

#[cfg(test)]
mod tests;
