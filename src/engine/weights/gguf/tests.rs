//! What is written reads back; what lies is refused, and nothing panics or takes memory for it.

use proptest::prelude::*;

use super::writer::Writer;
use super::*;

fn open(bytes: &[u8]) -> Result<Gguf, WeightsError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    Gguf::open(file.path())
}

/// A file with one of everything.
fn sound() -> Vec<u8> {
    let weights: Vec<f32> = (0..64).map(|i| i as f32 / 8.0 - 4.0).collect();
    let texts = [
        &[8, 0, 0, 0],
        &2_u64.to_le_bytes()[..],
        &1_u64.to_le_bytes(),
        b"a",
        &[0; 8],
    ];
    Writer::default()
        .text("general.architecture", "llama")
        .number("llama.block_count", 7)
        .fraction("llama.rope.freq_base", 1e5)
        .raw("flag", 7, &[1])
        .raw("texts", 9, &texts.concat())
        .raw(
            "ints",
            9,
            &[&[1, 0, 0, 0], &2_u64.to_le_bytes()[..], &[0xff, 3]].concat(),
        )
        .tensor("norm", &[64], Format::F32, &weights)
        .tensor("matrix", &[2, 32], Format::Q8_0, &weights)
        .tensor("last", &[2, 32], Format::Q4_1, &weights)
        .finish()
}

#[test]
fn what_is_written_reads_back() {
    let file = open(&sound()).unwrap();
    assert_eq!(file.get_str("general.architecture"), Some("llama"));
    assert_eq!(file.get_u32("llama.block_count"), Some(7));
    assert_eq!(file.get_f32("llama.rope.freq_base"), Some(1e5));
    assert_eq!(file.get_bool("flag"), Some(true));
    let texts = file.get_array("texts").unwrap().strings().unwrap();
    assert_eq!(texts.iter().collect::<Vec<_>>(), ["a", ""]);
    assert_eq!(
        (texts.len(), texts.length(0), texts.get(2)),
        (2, Some(1), None)
    );
    let ints = file.get_array("ints").unwrap().ints().unwrap();
    assert_eq!(ints.collect::<Vec<_>>(), [-1, 3]);
    assert!(matches!(
        file.need_u32("flag"),
        Err(WeightsError::BadKey { .. })
    ));
    assert!(matches!(file.need_u32("none"), Err(WeightsError::NoKey(_))));
    let norm = file.shaped("norm", &[64]).unwrap().to_f32();
    let matrix = file.shaped("matrix", &[2, 32]).unwrap().to_f32();
    let last = file.shaped("last", &[2, 32]).unwrap().to_f32();
    for i in 0..64 {
        assert!(
            (norm[i] - matrix[i]).abs() < 0.02,
            "{} {}",
            norm[i],
            matrix[i]
        );
        assert!((norm[i] - last[i]).abs() < 0.15, "{} {}", norm[i], last[i]);
    }
    assert!(matches!(
        file.shaped("norm", &[32, 2]),
        Err(WeightsError::Shape { .. })
    ));
    assert_eq!(file.census().0, 192);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = sound();
    // The last tensor's 40 bytes are padded to 64; without the padding nothing is missing.
    let needed = whole.len() - 24;
    assert!(open(&whole[..needed]).is_ok());
    for length in (0..needed).step_by(3).chain(needed - 40..needed) {
        assert!(open(&whole[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn lies_are_named() {
    let entry =
        |shape: &[usize], kind, offset| Writer::default().entry("t", shape, kind, offset).finish();
    let huge = usize::MAX / 2 + 1;
    for (bytes, word) in [
        (b"GGML rest".to_vec(), "not a GGUF"),
        ([b"GGUF", &1_u32.to_le_bytes()[..]].concat(), "version 1"),
        (
            [b"GGUF", &3_u32.to_be_bytes()[..]].concat(),
            "version 50331648",
        ),
        (
            [b"GGUF\x03\0\0\0", &u64::MAX.to_le_bytes()[..], &[0; 8]].concat(),
            "tensors",
        ),
        (
            [b"GGUF\x03\0\0\0", &[0; 8][..], &u64::MAX.to_le_bytes()].concat(),
            "metadata",
        ),
        (entry(&[huge, 2], 0, 0), "sound size"),
        (entry(&[huge, 32], 8, 0), "sound size"),
        (entry(&[1 << 40], 0, 0), "cut off"),
        (entry(&[0, 8], 0, 0), "sound size"),
        (entry(&[], 0, 0), "dimensions"),
        (entry(&[1, 1, 1, 1, 1], 0, 0), "dimensions"),
        (entry(&[33], 8, 0), "whole blocks"),
        (entry(&[1], 0, u64::MAX), "sound offset"),
        (entry(&[1], 0, 1 << 40), "cut off"),
        (
            Writer::default()
                .entry("t", &[1], 99, 0)
                .entry("t", &[1], 99, 0)
                .finish(),
            "twice",
        ),
        (
            Writer::default().number("k", 1).number("k", 1).finish(),
            "twice",
        ),
        (
            Writer::default()
                .raw("k", 8, &u64::MAX.to_le_bytes())
                .finish(),
            "cut off",
        ),
        (Writer::default().raw("k", 13, &[]).finish(), "type 13"),
        (
            Writer::default()
                .raw("k", 9, &[9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
                .finish(),
            "array",
        ),
        (
            Writer::default()
                .raw(
                    "k",
                    9,
                    &[&[8, 0, 0, 0], &(u64::MAX / 4).to_le_bytes()[..]].concat(),
                )
                .finish(),
            "cut off",
        ),
        (
            Writer::default().number("general.alignment", 0).finish(),
            "alignment",
        ),
        (
            Writer::default().number("general.alignment", 48).finish(),
            "alignment",
        ),
    ] {
        let error = open(&bytes).expect_err(word).to_string();
        assert!(error.contains(word), "{error:?} does not say {word:?}");
    }
}

#[test]
fn a_type_that_cannot_be_run_is_named_when_it_is_asked_for() {
    let file = open(&Writer::default().entry("blk.0.x", &[256], 10, 0).finish()).unwrap();
    let error = file
        .get("blk.0.x")
        .is_none()
        .then(|| Weights::get(&file, "blk.0.x"));
    let error = error.unwrap().unwrap_err().to_string();
    assert!(
        error.contains("blk.0.x") && error.contains("Q2_K"),
        "{error}"
    );
    assert!(file.unsupported().is_some());
}

proptest! {
    #[test]
    fn noise_in_a_header_never_panics(
        changes in prop::collection::vec((0_usize..400, any::<u8>()), 1..8),
    ) {
        let mut bytes = sound();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        if let Ok(file) = open(&bytes) {
            for (name, _, _) in file.tensors() {
                let _ = file.find(name);
            }
        }
    }
}
