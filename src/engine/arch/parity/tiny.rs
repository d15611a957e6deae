//! Tiny models of every format and family against llama.cpp.
//!
//! The models are made of chance by the rule of `tests/reference/tiny_llama_cpp.py`, which
//! recorded llama.cpp's logits: both sides write the same bytes and need no file between them.

use serde::Deserialize;

use super::*;
use crate::engine::quant::Format;
use crate::engine::weights::gguf::writer::Writer;

pub(super) const WIDTH: usize = 256;
pub(super) const INNER: usize = 512;
pub(super) const LAYERS: usize = 2;
pub(super) const HEADS: usize = 4;
pub(super) const KV: usize = 2;
pub(super) const SIZE: usize = 64;
pub(super) const VOCAB: usize = 512;

#[derive(Deserialize)]
struct Head {
    tokens: Vec<u32>,
    positions: usize,
    models: Vec<(String, String)>,
}

/// Bytes that follow from a name: SplitMix64 seeded by its FNV-1a hash.
fn stream(name: &str) -> impl Iterator<Item = u8> {
    let seed = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    });
    let mut state = seed;
    let words = std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    });
    words.flat_map(u64::to_le_bytes)
}

/// Numbers between `-spread` and `spread`.
pub(super) fn floats(name: &str, count: usize, spread: f32) -> Vec<f32> {
    let bytes: Vec<u8> = stream(name).take(4 * count).collect();
    let unit = |word: &[u8; 4]| (u32::from_le_bytes(*word) >> 8) as f32 / (1 << 23) as f32 - 1.0;
    let words = bytes.as_chunks::<4>().0.iter();
    words.map(|word| unit(word) * spread).collect()
}

/// What one step of a code's scale must be for weights of standard deviation 1, and the minimum
/// in such steps.
fn steps(format: Format) -> (f32, Option<f32>) {
    match format {
        Format::Q8_0 => (73.9, None),
        Format::Q4_0 => (4.61, None),
        Format::Q4_1 => (4.61, Some(-7.5)),
        Format::Q5_0 => (9.23, None),
        Format::Q5_1 => (9.23, Some(-15.5)),
        Format::Q4_K => (257.0, Some(7.5)),
        Format::Q5_K => (524.0, Some(15.5)),
        Format::Q6_K => (895.0, None),
        Format::F32 | Format::F16 | Format::BF16 => (1.0, None),
    }
}

/// The bytes of a tensor of `weights` weights.
fn tensor(name: &str, weights: usize, format: Format, deviation: f32) -> Vec<u8> {
    if format.is_dense() {
        let weights = floats(name, weights, deviation * 1.732_050_8);
        let bytes = |weight: f32| match format {
            Format::F32 => weight.to_le_bytes().to_vec(),
            Format::F16 => half::f16::from_f32(weight).to_le_bytes().to_vec(),
            _ => weight.to_le_bytes()[2..].to_vec(),
        };
        return weights.into_iter().flat_map(bytes).collect();
    }
    let mut data: Vec<u8> = stream(name)
        .take(format.bytes_of(weights).unwrap())
        .collect();
    let (steps, least) = steps(format);
    let half = |number: f32| half::f16::from_f32(number).to_le_bytes();
    let scale = half(deviation / steps);
    for block in data.chunks_exact_mut(format.block_bytes()) {
        match format {
            Format::Q6_K => {
                block[192..208]
                    .iter_mut()
                    .for_each(|scale| *scale = 32 + (*scale & 31));
                block[208..].copy_from_slice(&scale);
            }
            _ => block[..2].copy_from_slice(&scale),
        }
        if format == Format::Q8_0 {
            let lowest = block[2..].iter_mut().filter(|code| **code == 0x80);
            lowest.for_each(|code| *code = 0x81);
        }
        if let Some(least) = least {
            block[2..4].copy_from_slice(&half(deviation / steps * least));
        }
    }
    data
}

/// The format of a tensor in the models that mix them.
pub(super) fn mixed(kind: &str) -> Format {
    match kind {
        "attn_q" => Format::Q4_K,
        "attn_k" | "token_embd" => Format::Q6_K,
        "attn_v" => Format::Q5_0,
        "attn_output" => Format::Q8_0,
        "ffn_gate" => Format::Q4_0,
        "ffn_up" => Format::Q5_K,
        "ffn_down" => Format::Q5_1,
        _ => Format::Q4_1,
    }
}

fn layers(family: &str) -> usize {
    match family {
        "gemma3" => 6,
        _ => LAYERS,
    }
}

pub(super) fn header(family: &str) -> Writer {
    let number = |n: usize| u32::try_from(n).unwrap();
    let key = |key: &str| format!("{family}.{key}");
    let mut file = Writer::default();
    if family.starts_with("gemma") {
        file = file.number(&key("attention.sliding_window"), 16);
    }
    if family == "gemma2" {
        file = file.fraction(&key("attn_logit_softcapping"), 4.0);
        file = file.fraction(&key("final_logit_softcapping"), 6.0);
    }
    if family == "gemma3" {
        file = file.text(&key("rope.scaling.type"), "linear");
        file = file.fraction(&key("rope.scaling.factor"), 8.0);
    }
    file.text("general.architecture", family)
        .number(&key("context_length"), 256)
        .number(&key("embedding_length"), number(WIDTH))
        .number(&key("block_count"), number(layers(family)))
        .number(&key("feed_forward_length"), number(INNER))
        .number(&key("attention.head_count"), number(HEADS))
        .number(&key("attention.head_count_kv"), number(KV))
        .number(&key("attention.key_length"), number(SIZE))
        .number(&key("attention.value_length"), number(SIZE))
        .fraction(&key("rope.freq_base"), 10_000.0)
        .fraction(&key("attention.layer_norm_rms_epsilon"), 1e-5)
}

/// The model's file.
pub(super) fn model(family: &str, factors: bool, format: impl Fn(&str) -> Format) -> Vec<u8> {
    let gemma = family.starts_with("gemma");
    let matrix = |file: Writer, name: &str, rows: usize, columns: usize, deviation: f32| {
        let format = format(name.rsplit('.').next().unwrap());
        let name = format!("{name}.weight");
        let bytes = tensor(&name, rows * columns, format, deviation);
        file.tensor_bytes(&name, &[rows, columns], format, &bytes)
    };
    let vector = |file: Writer, name: &str, count: usize, base: f32, spread: f32| {
        let numbers: Vec<f32> = floats(name, count, spread)
            .iter()
            .map(|x| base + x)
            .collect();
        file.tensor(name, &[count], Format::F32, &numbers)
    };
    let spread = if gemma { 0.0625 } else { 0.5 };
    let mut file = matrix(header(family), "token_embd", VOCAB, WIDTH, spread);
    if factors {
        file = vector(file, "rope_freqs.weight", SIZE / 2, 4.0, 3.0);
    }
    for layer in 0..layers(family) {
        let name = |part: &str| format!("blk.{layer}.{part}");
        for norm in ["attn_norm.weight", "ffn_norm.weight"] {
            file = vector(file, &name(norm), WIDTH, 1.0, 0.2);
        }
        for (part, rows, columns, deviation) in [
            ("attn_q", HEADS * SIZE, WIDTH, 0.08),
            ("attn_k", KV * SIZE, WIDTH, 0.08),
            ("attn_v", KV * SIZE, WIDTH, 0.06),
            ("attn_output", WIDTH, HEADS * SIZE, 0.05),
            ("ffn_gate", INNER, WIDTH, 0.06),
            ("ffn_up", INNER, WIDTH, 0.06),
            ("ffn_down", WIDTH, INNER, 0.04),
        ] {
            file = matrix(file, &name(part), rows, columns, deviation);
        }
        for norm in ["post_attention_norm.weight", "post_ffw_norm.weight"] {
            if gemma {
                file = vector(file, &name(norm), WIDTH, 1.0, 0.2);
            }
        }
        for (part, rows) in [("q", HEADS * SIZE), ("k", KV * SIZE), ("v", KV * SIZE)] {
            if family == "qwen2" {
                file = vector(file, &name(&format!("attn_{part}.bias")), rows, 0.0, 0.3);
            }
            if matches!(family, "qwen3" | "gemma3") && part != "v" {
                file = vector(
                    file,
                    &name(&format!("attn_{part}_norm.weight")),
                    SIZE,
                    1.0,
                    0.2,
                );
            }
        }
    }
    file = vector(file, "output_norm.weight", WIDTH, 1.0, 0.2);
    if !gemma {
        file = matrix(file, "output", VOCAB, WIDTH, 0.0625);
    }
    file.finish()
}

/// The logits `[tokens, vocab]` after each of `tokens`, whole and token by token bit for bit alike.
fn logits(model: &llama::Llama, tokens: &[u32]) -> Vec<f32> {
    let mut cache = model.new_cache(tokens.len(), None);
    let whole = model.forward_each(tokens, &mut cache).unwrap();
    let mut cache = model.new_cache(tokens.len(), None);
    let mut stepped = model.forward_each(&tokens[..7], &mut cache).unwrap();
    for token in &tokens[7..] {
        stepped.extend(model.forward(&[*token], &mut cache).unwrap());
    }
    assert!(whole == stepped, "whole and token by token, bit for bit");
    whole
}

/// Logarithms of the probabilities that `logits` are.
pub(super) fn logs(logits: &[f32]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let norm = logits
        .iter()
        .map(|l| f64::from(l - most).exp())
        .sum::<f64>()
        .ln();
    logits.iter().map(|l| f64::from(l - most) - norm).collect()
}

/// Kullback-Leibler divergence of two distributions, given as logits.
pub(super) fn divergence(of: &[f32], from: &[f32]) -> f64 {
    let pairs = logs(of).into_iter().zip(logs(from));
    pairs.map(|(p, q)| p.exp() * (p - q)).sum()
}

/// Mean and largest divergence of all distributions, one after the other.
pub(super) fn divergences(of: &[f32], from: &[f32]) -> (f64, f64) {
    assert_eq!(of.len(), from.len());
    let pairs = of.chunks(VOCAB).zip(from.chunks(VOCAB));
    let each: Vec<f64> = pairs.map(|(p, q)| divergence(p, q)).collect();
    let most = each.iter().copied().fold(0.0, f64::max);
    (each.iter().sum::<f64>() / each.len() as f64, most)
}

/// With pages of bytes, which llama.cpp's numbers were not made with, they agree with our own.
#[test]
fn every_format_and_family_agrees_with_llama_cpp() {
    let bytes = reference("tiny_llama_cpp.bin");
    let cut = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let head: Head = serde_json::from_slice(&bytes[..cut]).unwrap();
    let size = head.positions * VOCAB * 2;
    for ((family, format), recorded) in head.models.iter().zip(bytes[cut + 1..].chunks(size)) {
        let found = Format::ALL.iter().find(|(_, known)| known.name() == format);
        let file = match found {
            Some((_, format)) => model(family, false, |_| *format),
            None => model(family, format == "rope_freqs", mixed),
        };
        let theirs = recorded.as_chunks::<2>().0.iter();
        let theirs: Vec<f32> = theirs
            .map(|half| half::f16::from_le_bytes(*half).to_f32())
            .collect();
        let all = logits(&load_gguf(&file), &head.tokens);
        let ours = &all[(head.tokens.len() - head.positions) * VOCAB..];
        let (mean, most) = divergences(&theirs, ours);
        let rounded = logits(&load_in(&file, ROUNDED), &head.tokens);
        let (rounded_mean, rounded_most) = divergences(&all, &rounded);
        eprintln!(
            "{family} {format}: KL mean {mean:.1e}, max {most:.1e}; \
             of pages of bytes mean {rounded_mean:.1e}, max {rounded_most:.1e}"
        );
        assert!(
            mean < 5e-4 && most < 2e-3,
            "{family} {format}: {mean} {most}"
        );
        assert!(
            rounded_mean > 0.0 && rounded_mean < 1e-3 && rounded_most < 1e-2,
            "{family} {format}: {rounded_mean} {rounded_most}"
        );
    }
}

/// In the same memory, and all of it can be used.
#[test]
fn as_bytes_nearly_twice_as_many_tokens_are_remembered() {
    let file = model("llama", false, |_| Format::Q8_0);
    for (rounded, tokens) in [(false, 128), (true, 224)] {
        let bytes = 128 << 10;
        let model = load_in(&file, Room { bytes, rounded });
        assert!(model.cache_bytes(tokens) <= bytes && model.cache_bytes(tokens + 1) > bytes);
        assert!(model.has_room(tokens) && !model.has_room(tokens + 1));
        let mut cache = model.new_cache(tokens + 1, None);
        let read: Vec<u32> = (0..VOCAB as u32).cycle().take(tokens).collect();
        assert!(model.forward(&read, &mut cache).is_ok());
        let full = model.forward(&[1], &mut cache);
        assert!(matches!(full, Err(ModelError::NoPages { .. })), "{full:?}");
    }
}
