//! GGUF files that lie.

use super::*;
use crate::engine::tiny_model::GgufFile;

/// Writes the bytes to a file and checks that they are refused.
fn refused(bytes: &[u8], what: &str, word: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).expect("a file");
    super::refused(&path, what, word);
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let whole = tiny_model::seeded(1);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.gguf");
    for length in cuts(whole.len()).chain([whole.len() - 1]) {
        std::fs::write(&path, &whole[..length]).expect("a file");
        super::refused(&path, &format!("cut at {length}"), "");
    }
    std::fs::write(&path, &whole).expect("a file");
    open(&path).expect("the whole file is a model");
}

/// A change to a file that makes a liar of it.
type Change = fn(&mut GgufFile);

/// Changes, and what the error says of them.
fn check(changes: &[(Change, &str)]) {
    for (number, (change, word)) in changes.iter().enumerate() {
        let mut file = tiny_model::seeded_file(1);
        change(&mut file);
        refused(&file.finish(), &format!("change {number}"), word);
    }
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    check(&[
        (|f| f.number("llama.block_count", 0), "above zero"),
        (
            |f| f.number("llama.block_count", u32::MAX),
            "number of layers",
        ),
        (|f| f.number("llama.block_count", 1000), "blk.2."),
        (
            |f| f.raw("llama.block_count", 10, &(1_u64 << 32).to_le_bytes()),
            "below 2^32",
        ),
        (
            |f| f.raw("llama.block_count", 11, &(-1_i64).to_le_bytes()),
            "below 2^32",
        ),
        (|f| f.text("llama.block_count", "2"), "below 2^32"),
        (|f| f.remove("llama.block_count"), "block_count"),
        (|f| f.number("llama.attention.head_count", 0), "above zero"),
        (|f| f.number("llama.attention.head_count", 3), "number of"),
        (
            |f| f.number("llama.attention.head_count", 128),
            "turning lanes",
        ),
        (
            |f| f.number("llama.attention.head_count", u32::MAX),
            "number of",
        ),
        (
            |f| f.number("llama.attention.head_count_kv", 0),
            "above zero",
        ),
        (
            |f| f.number("llama.attention.head_count_kv", u32::MAX),
            "key heads",
        ),
        (
            |f| f.number("llama.attention.key_length", u32::MAX),
            "turning lanes",
        ),
        (
            |f| {
                for key in ["rope.dimension_count", "attention.key_length"] {
                    f.number(&format!("llama.{key}"), u32::MAX);
                }
                for key in ["attention.value_length", "attention.head_count"] {
                    f.number(&format!("llama.{key}"), u32::MAX);
                }
                f.number("llama.attention.head_count_kv", u32::MAX);
            },
            "size of a head",
        ),
        (|f| f.number("llama.embedding_length", 0), "above zero"),
        (
            |f| f.number("llama.embedding_length", u32::MAX),
            "turning lanes",
        ),
        (|f| f.number("llama.embedding_length", 67), "shape"),
        (|f| f.number("llama.feed_forward_length", 0), "above zero"),
        (|f| f.number("llama.feed_forward_length", u32::MAX), "shape"),
        (|f| f.number("llama.context_length", 0), "above zero"),
        (
            |f| f.text("llama.attention.layer_norm_rms_epsilon", "1"),
            "fraction",
        ),
        (|f| f.float("llama.rope.freq_base", f32::NAN), "angles"),
        (|f| f.float("llama.rope.freq_base", f32::INFINITY), "angles"),
        (|f| f.float("llama.rope.freq_base", 0.0), "angles"),
        (|f| f.text("llama.rope.scaling.type", "yarn"), "yarn"),
        (|f| f.number("general.architecture", 7), "a text"),
        (|f| f.text("general.architecture", "tree"), "tree"),
        (
            |f| f.text("general.architecture", &"x".repeat(1 << 20)),
            "xxx",
        ),
        (|f| f.remove("general.architecture"), "general.architecture"),
    ]);
}

#[test]
fn vocabularies_that_contradict_themselves_are_refused() {
    check(&[
        (|f| f.ints("tokenizer.ggml.tokens", &[1, 2]), "tokens"),
        (|f| f.text("tokenizer.ggml.tokens", "a"), "tokens"),
        (|f| f.remove("tokenizer.ggml.tokens"), "tokens"),
        (|f| f.ints("tokenizer.ggml.token_type", &[1]), "type"),
        (
            |f| f.floats("tokenizer.ggml.token_type", &[1.0; 259]),
            "type",
        ),
        (|f| f.text("tokenizer.ggml.merges", "a b"), "merges"),
        (
            |f| f.texts("tokenizer.ggml.merges", &["a no".to_owned()]),
            "merge",
        ),
        (
            |f| f.texts("tokenizer.ggml.merges", &["m".repeat(1 << 20)]),
            "merge",
        ),
        (|f| f.text("tokenizer.ggml.model", "t5"), "`t5`"),
        (|f| f.text("tokenizer.ggml.model", "llama"), "score"),
        (|f| f.text("tokenizer.ggml.model", "bert"), "unknown words"),
        (|f| f.text("tokenizer.ggml.pre", "tomorrow"), "tomorrow"),
        (
            |f| f.text("tokenizer.chat_template", &"x".repeat(300_000)),
            "chat template",
        ),
        (
            |f| f.text("tokenizer.chat_template", "{% for x in y %}"),
            "chat template",
        ),
        (
            |f| f.text("tokenizer.chat_template", &"{{(".repeat(50_000)),
            "chat template",
        ),
    ]);
}

#[test]
fn values_that_the_format_does_not_allow_are_refused() {
    check(&[
        (|f| f.number("general.alignment", 0), "alignment"),
        (|f| f.number("general.alignment", 48), "alignment"),
        (|f| f.number("general.alignment", 1 << 20), "alignment"),
        (|f| f.text("general.alignment", "32"), "alignment"),
        (
            |f| f.raw("general.alignment", 11, &(-32_i64).to_le_bytes()),
            "alignment",
        ),
        (|f| f.raw("a", 13, &[]), "type 13"),
        (|f| f.raw("a", 8, &u64::MAX.to_le_bytes()), "cut off"),
        (|f| f.raw("a", 9, &array(0, u64::MAX)), "cut off"),
        (|f| f.raw("a", 9, &array(8, 1 << 40)), "cut off"),
        (|f| f.raw("a", 9, &array(12, u64::MAX / 8)), "cut off"),
        (|f| f.raw("a", 9, &array(9, 1)), "array of type 9"),
        (|f| f.raw("a", 9, &array(77, 0)), "array of type 77"),
        (
            |f| f.raw("a", 9, &[&array(10, 1)[..], &[0xFF; 8]].concat()),
            "63 bits",
        ),
        (|f| f.number(&"k".repeat(70_000), 1), "too long"),
        (|f| f.tensor(&"t".repeat(65), &[1], vec![1.0]), "too long"),
    ]);
}

/// The head of an array value: the type of its elements and their number.
fn array(kind: u32, count: u64) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &count.to_le_bytes()].concat()
}

/// Files of many megabytes: what they say is refused before it is copied.
#[test]
fn what_is_huge_is_refused_in_little_memory() {
    check(&[
        (|f| f.text("a", &"x".repeat(20 << 20)), "too long"),
        (
            |f| (0..300).for_each(|n| f.text(&format!("a{n}"), &"x".repeat(100_000))),
            "too long",
        ),
        (
            |f| f.raw("a", 9, &[array(0, 5 << 20), vec![0; 5 << 20]].concat()),
            "too long",
        ),
        (
            |f| f.texts("tokenizer.ggml.tokens", &vec![String::new(); 600_000]),
            "too many",
        ),
        (
            |f| f.texts("tokenizer.ggml.tokens", &["x".repeat(30 << 20)]),
            "too long",
        ),
        (
            |f| f.texts("tokenizer.ggml.tokens", &vec!["x".repeat(1000); 20_000]),
            "too long",
        ),
        (
            |f| f.texts("tokenizer.ggml.merges", &vec!["a b".to_owned(); 1_200_000]),
            "too many",
        ),
        (
            |f| {
                let texts: Vec<_> = (1..1000).map(|n| "a".repeat(n)).collect();
                f.text("tokenizer.ggml.model", "llama");
                f.floats("tokenizer.ggml.scores", &vec![0.0; texts.len()]);
                f.ints("tokenizer.ggml.token_type", &vec![1; texts.len()]);
                f.texts("tokenizer.ggml.tokens", &texts);
            },
            "cut in two",
        ),
        (
            |f| {
                let texts: Vec<_> = (1..500).map(|n| "a".repeat(n)).collect();
                f.text("tokenizer.ggml.model", "llama");
                f.floats("tokenizer.ggml.scores", &vec![0.0; texts.len()]);
                f.ints("tokenizer.ggml.token_type", &vec![1; texts.len()]);
                f.texts("tokenizer.ggml.tokens", &texts);
            },
            "too many ways",
        ),
    ]);
}

/// Puts `value` over the bytes at `at`.
fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

#[test]
fn tensors_that_lie_about_their_place_are_refused() {
    let whole = tiny_model::seeded(1);
    let find = |name: &str| {
        let name = [&(name.len() as u64).to_le_bytes()[..], name.as_bytes()].concat();
        let at = whole.windows(name.len()).position(|w| w == name);
        at.expect("a tensor") + name.len()
    };
    // Behind a name: how many sides, the sides, the type, the offset.
    let (matrix, norm) = (find("blk.0.attn_k.weight"), find("blk.1.ffn_norm.weight"));
    let embedding = find("token_embd.weight");
    let (huge, far) = (u64::MAX.to_le_bytes(), (1_u64 << 40).to_le_bytes());
    let offset = |bytes: &[u8]| u64::from_le_bytes(bytes[norm + 16..norm + 24].try_into().unwrap());
    let unaligned = (offset(&whole) + 4).to_le_bytes();
    let four = |n: u32| n.to_le_bytes();
    for (at, value, word) in [
        (0, &b"GGML"[..], "not a GGUF"),
        (4, &four(1), "version 1"),
        (4, &four(3 << 24), "version"),
        (8, &huge, "tensors"),
        (8, &(1_u64 << 40).to_le_bytes(), "tensors"),
        (8, &60_000_u64.to_le_bytes(), ""),
        (16, &huge, "metadata"),
        (16, &60_000_u64.to_le_bytes(), ""),
        (matrix, &four(0), "dimensions"),
        (matrix, &four(5), "dimensions"),
        (matrix, &four(u32::MAX), "dimensions"),
        (matrix + 4, &huge, "sound size"),
        (matrix + 4, &0_u64.to_le_bytes(), "sound size"),
        (matrix + 4, &far, "cut off"),
        (matrix + 4, &32_u64.to_le_bytes(), "shape"),
        (embedding + 12, &far, "cut off"),
        (matrix + 20, &four(10), "Q2_K"),
        (matrix + 20, &four(12), "whole blocks"),
        (matrix + 20, &four(99), "99"),
        (matrix + 20, &four(u32::MAX), "cannot run"),
        (norm + 16, &huge, "sound offset"),
        (norm + 16, &far, "cut off"),
        (norm + 16, &unaligned, "sound offset"),
        (norm + 16, &0_u64.to_le_bytes(), "overlap"),
        (norm - 21, b"blk.0.ffn_norm.weight", "twice"),
        (norm - 21, b"blk.7.ffn_norm.weight", "missing"),
    ] {
        let mut bytes = whole.clone();
        put(&mut bytes, at, value);
        refused(&bytes, &format!("{value:?} at {at}"), word);
    }
}
