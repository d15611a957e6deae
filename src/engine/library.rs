//! Library: the models on disk. Files in, cards out.
//!
//! A model is a folder `models/<id>/` with its card, `card.json`, and its weights: `model.gguf`,
//! or `model.safetensors` with `config.json`, `tokenizer.json` and what else there was of use. An import is written beside the
//! others under a name that is no model's, synced, and renamed, so a folder that has a model's
//! name has the whole model. Names from outside never become paths.

mod card;
mod parcel;
mod prefixes;
mod shards;
mod speech;
mod staging;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use super::EngineError;
use super::arch;
use super::tokenizer::Tokenizer;
use super::weights::gguf::Gguf;
use crate::domain::model::{ModelCard, ModelId, ModelKind};
use crate::domain::time::Clock;

use card::Description;
use parcel::{Candidate, Parcel};
use speech::Speech;
use staging::Staging;

const CARD: &str = "card.json";
const GGUF: &str = "model.gguf";
const SAFETENSORS: &str = "model.safetensors";
const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
/// What a model may bring along: roles of its tokens, chat template, how it is run.
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
const TEMPLATE: &str = "chat_template.jinja";
const GENERATION: &str = "generation_config.json";
/// The same of a sentence encoder: its window, its parts, how a vector is made of rows.
const SENTENCE: &str = "sentence_bert_config.json";
const MODULES: &str = "modules.json";
const POOLING: &str = "pooling.json";
const PROMPTS: &str = "config_sentence_transformers.json";
const LOCK: &str = ".lock";
/// What folders begin with that are no models: imports and removals that are under way.
const UNDER_WAY: &str = ".import-";
/// Largest `card.json` and `tokenizer.json`.
const CARD_BYTES: u64 = 64 << 10;
const TOKENIZER_BYTES: u64 = 16 << 20;

/// The models on disk.
#[derive(Debug)]
pub(crate) struct Library {
    folder: PathBuf,
    clock: Clock,
    cards: RwLock<BTreeMap<ModelId, ModelCard>>,
}

impl Library {
    /// Reads the cards in `folder`, which is made if it is not there. What an import left behind
    /// that never ended is swept away; what is no model is left alone and logged.
    pub(crate) fn open(folder: &Path, clock: Clock) -> Result<Self, EngineError> {
        fs::create_dir_all(folder).map_err(|e| failed("make the models folder", e))?;
        let library = Self {
            folder: folder.to_owned(),
            clock,
            cards: RwLock::default(),
        };
        let mut cards = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(|e| failed("list the models folder", e))? {
            let entry = entry.map_err(|e| failed("list the models folder", e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            match read_card(&entry.path(), &name) {
                Ok(card) => drop(cards.insert(card.id.clone(), card)),
                Err(error) => tracing::warn!(%error, "a folder among the models is no model"),
            }
        }
        library.sweep()?;
        *library
            .cards
            .write()
            .unwrap_or_else(PoisonError::into_inner) = cards;
        Ok(library)
    }

    /// Every card, by name.
    pub(crate) fn cards(&self) -> Vec<ModelCard> {
        let cards = self.cards.read().unwrap_or_else(PoisonError::into_inner);
        cards.values().cloned().collect()
    }

    /// The card of the model with this name, written as its id or in any other case.
    pub(crate) fn card(&self, name: &str) -> Option<ModelCard> {
        let cards = self.cards.read().unwrap_or_else(PoisonError::into_inner);
        cards.get(&ModelId::from_title(name)).cloned()
    }

    /// The model of this kind that was imported last.
    pub(crate) fn newest(&self, kind: ModelKind) -> Option<ModelCard> {
        let of_kind = self.cards().into_iter().filter(|card| card.kind == kind);
        of_kind.max_by_key(|card| card.imported_at)
    }

    /// Where the model's weights are: what `arch::load` takes.
    pub(crate) fn weights(&self, id: &ModelId) -> PathBuf {
        weights(&self.folder.join(id.as_str()))
    }

    /// The model's tokenizer and, if it brings one, its chat template.
    pub(crate) fn tokenizer(
        &self,
        id: &ModelId,
    ) -> Result<(Tokenizer, Option<String>), EngineError> {
        tokenizer(&self.folder.join(id.as_str()))
    }

    /// Takes in every model that is in `file`. A model whose weights are here is not kept twice.
    pub(crate) fn import(
        &self,
        file: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Vec<ModelCard>, EngineError> {
        let mut parcel = Parcel::open(file)?;
        let candidates = parcel.candidates()?;
        let _lock = self.lock()?;
        let total: u64 = candidates.iter().map(Candidate::bytes).sum();
        let mut cards = Vec::new();
        let mut before = 0;
        progress(0, total);
        for candidate in &candidates {
            let mut done = |bytes| progress(before + bytes, total);
            cards.push(self.take_in(&mut parcel, candidate, &mut done)?);
            before += candidate.bytes();
        }
        Ok(cards)
    }

    fn take_in(
        &self,
        parcel: &mut Parcel,
        candidate: &Candidate,
        done: &mut dyn FnMut(u64),
    ) -> Result<ModelCard, EngineError> {
        let staging = Staging::new(&self.folder)?;
        let digest = staging.receive(parcel, candidate, done)?;
        if let Some(known) = self.cards().into_iter().find(|card| card.digest == digest) {
            return Ok(known);
        }
        // A file that cannot be run is found out now, not when somebody asks a question; the card
        // first, for it takes less memory to find a lie there.
        let described = Description::read(parcel, candidate);
        let now = self.clock.now();
        let mut card = card::make(staging.path(), candidate, described, digest, now)?;
        tokenizer(staging.path())?;
        card.id = self.unused(&card.id);
        let json = serde_json::to_vec_pretty(&card).expect("a card is plain data");
        staging.write(CARD, &json)?;
        staging.place(&self.folder.join(card.id.as_str()))?;
        let mut cards = self.cards.write().unwrap_or_else(PoisonError::into_inner);
        cards.insert(card.id.clone(), card.clone());
        tracing::info!(model = %card.id, bytes = card.bytes, "a model was imported");
        Ok(card)
    }

    /// `id`, or `id-2` and so on if a folder of that name is there.
    fn unused(&self, id: &ModelId) -> ModelId {
        let numbered = (2_u32..).map(|n| ModelId::from_title(&format!("{id}-{n}")));
        let mut names = std::iter::once(id.clone()).chain(numbered);
        let free = |id: &ModelId| !self.folder.join(id.as_str()).exists();
        names
            .find(free)
            .expect("there are more numbers than folders")
    }

    /// Removes a model's files.
    pub(crate) fn remove(&self, id: &ModelId) -> Result<(), EngineError> {
        let unknown = || EngineError::UnknownModel {
            name: id.to_string(),
        };
        let _lock = self.lock()?;
        let mut cards = self.cards.write().unwrap_or_else(PoisonError::into_inner);
        let card = cards.get(id).ok_or_else(unknown)?;
        let from = self.folder.join(card.id.as_str());
        // Away in one step; a removal that is interrupted is swept at the next start.
        let away = self
            .folder
            .join(format!("{UNDER_WAY}{}", uuid::Uuid::new_v4()));
        let gone = fs::rename(&from, &away).and_then(|()| fs::remove_dir_all(&away));
        gone.map_err(|e| failed("remove the model's folder", e))?;
        cards.remove(id);
        Ok(())
    }

    /// One import or removal at a time, other processes' included.
    fn lock(&self) -> Result<File, EngineError> {
        let lock = self.open_lock()?;
        lock.lock()
            .map_err(|e| failed("lock the models folder", e))?;
        Ok(lock)
    }

    fn open_lock(&self) -> Result<File, EngineError> {
        let open = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(LOCK));
        open.map_err(|e| failed("lock the models folder", e))
    }

    /// Removes what imports left behind, unless one is under way in another process.
    fn sweep(&self) -> Result<(), EngineError> {
        let lock = self.open_lock()?;
        if lock.try_lock().is_err() {
            return Ok(());
        }
        let entries =
            fs::read_dir(&self.folder).map_err(|e| failed("list the models folder", e))?;
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(UNDER_WAY) {
                fs::remove_dir_all(entry.path()).map_err(|e| failed("sweep an old import", e))?;
            }
        }
        Ok(())
    }
}

/// The card in a model's folder, if it is the card of what is there.
fn read_card(folder: &Path, name: &str) -> Result<ModelCard, EngineError> {
    let wrong = |what: &str| EngineError::Damaged {
        what: format!("{name}: {what}"),
    };
    let json = read_bounded(&folder.join(CARD), CARD_BYTES)?;
    let card: ModelCard = serde_json::from_slice(&json).map_err(|e| wrong(&e.to_string()))?;
    if card.id.as_str() != name || ModelId::from_title(name) != card.id {
        return Err(wrong("its card is that of another model"));
    }
    let path = weights_file(folder);
    let size = fs::metadata(&path)
        .map_err(|e| failed("find the model's weights", e))?
        .len();
    if size != card.bytes {
        return Err(wrong("its weights are not as long as its card says"));
    }
    Ok(card)
}

/// What `arch::load` takes for the model in `folder`.
fn weights(folder: &Path) -> PathBuf {
    let file = weights_file(folder);
    if file.ends_with(GGUF) {
        file
    } else {
        folder.to_owned()
    }
}

fn weights_file(folder: &Path) -> PathBuf {
    let gguf = folder.join(GGUF);
    if gguf.exists() {
        gguf
    } else {
        folder.join(SAFETENSORS)
    }
}

fn tokenizer(folder: &Path) -> Result<(Tokenizer, Option<String>), EngineError> {
    let gguf = folder.join(GGUF);
    if !gguf.exists() {
        let json = read_bounded(&folder.join(TOKENIZER), TOKENIZER_BYTES)?;
        if !arch::is_decoder(folder)? {
            return Ok((Tokenizer::from_json(&json)?, None));
        }
        let speech = Speech::read(folder)?;
        let tokenizer = Tokenizer::of_checkpoint(&json, &speech.roles)?;
        return Ok((tokenizer, speech.template));
    }
    let file = Gguf::open(&gguf)?;
    let template = file.get_str("tokenizer.chat_template").map(str::to_owned);
    let tokenizer = Tokenizer::from_gguf(&file)?;
    let (tokens, rows) = (
        tokenizer.vocabulary(),
        file.get_shape("token_embd.weight")?[0],
    );
    if tokens > rows {
        let what = format!("its tokenizer has {tokens} tokens where its weights have {rows}");
        return Err(EngineError::Damaged { what });
    }
    Ok((tokenizer, template))
}

fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>, EngineError> {
    let read = || -> io::Result<Vec<u8>> {
        let file = File::open(path)?;
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, most + 1), &mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|e| failed("read a file of the model", e))?;
    if bytes.len() as u64 > most {
        let what = format!("a file is longer than {most} bytes");
        return Err(EngineError::Damaged { what });
    }
    Ok(bytes)
}

fn failed(action: &str, source: io::Error) -> EngineError {
    EngineError::Io {
        action: action.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
