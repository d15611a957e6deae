//! Tiny models written by the tests themselves, so that no story needs a download.
//!
//! * [`reciting`]: a chat model that answers everything with one given sentence.
//! * [`babbling`]: the same, over and over, without ever coming to an end.
//! * [`seeded`]: a chat model of random weights; what it says means nothing but is always the same.
//! * [`write_checkpoint`]: a folder in Hugging Face layout with a chat model that recites.
//! * [`write_encoder`]: a folder in Hugging Face layout with an encoder that puts texts near each
//!   other that share words.
//!
//! A plain module: it knows nothing of the crate, so that unit tests can take it in as well.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]

#[path = "tiny_model/checkpoint.rs"]
mod checkpoint;
#[path = "tiny_model/encoder.rs"]
mod encoder;
#[path = "tiny_model/gguf.rs"]
mod gguf;

use std::collections::HashSet;

pub use checkpoint::write_checkpoint;
pub use encoder::write_encoder;
pub use gguf::GgufFile;

/// The tokens that every tiny chat model has, by number.
pub const END_OF_TEXT: u32 = 0;
pub const IM_START: u32 = 1;
pub const IM_END: u32 = 2;
/// How long a prompt with its answer may be, in tokens; a byte of a prompt is one token.
pub const CONTEXT: u32 = 8192;

const CONTROL: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
const TEMPLATE: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' \
    + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}\
    {{ '<|im_start|>assistant\\n' }}{% endif %}";

/// A GGUF file whose model says `sentence` and ends, whatever it is asked and however it samples.
pub fn reciting(sentence: &str) -> Vec<u8> {
    chain(sentence, "reciting", true)
}

/// A GGUF file whose model says `sentence` again and again.
pub fn babbling(sentence: &str) -> Vec<u8> {
    chain(sentence, "babbling", false)
}

fn chain(sentence: &str, name: &str, ends: bool) -> Vec<u8> {
    let chain = Chain::new(sentence);
    let (mut file, tokens) = chat_model(name, &chain.texts, chain.shape);
    for (name, shape, values) in chain.tensors(tokens, ends) {
        file.tensor(&name, &shape, values);
    }
    file.finish()
}

/// A model of one block that adds nothing, so each token alone decides which one comes next: a
/// token of the prompt calls for the first part of the sentence, each part for the one after it.
struct Chain {
    /// The parts, as the vocabulary writes them; they are its last tokens.
    texts: Vec<String>,
    shape: Shape,
}

/// Name in GGUF, shape, values.
type Tensor = (String, Vec<usize>, Vec<f32>);

impl Chain {
    fn new(sentence: &str) -> Self {
        let texts: Vec<String> = parts(sentence).iter().map(|part| letters(part)).collect();
        let shape = Shape {
            // One lane for the prompt and one for each part; whole blocks of every format.
            hidden: (texts.len() + 1).next_multiple_of(64),
            layers: 1,
            heads: 2,
            kv_heads: 1,
            feed_forward: 64,
        };
        Self { texts, shape }
    }

    /// The weights, where there are `tokens` tokens; whether the sentence ends or begins anew.
    fn tensors(&self, tokens: usize, ends: bool) -> Vec<Tensor> {
        let (shape, parts) = (self.shape, self.texts.len());
        let first = tokens - parts;
        let mut embedding = vec![0.0; tokens * shape.hidden];
        let mut output = vec![0.0; tokens * shape.hidden];
        for token in 0..tokens {
            let lane = (token + 1).saturating_sub(first);
            embedding[token * shape.hidden + lane] = 1.0;
        }
        for lane in 0..=parts {
            let next = match (lane == parts, ends) {
                (false, _) => first + lane,
                (true, true) => IM_END as usize,
                (true, false) => first,
            };
            output[next * shape.hidden + lane] = 8.0;
        }
        let table = |name: &str, values| (name.to_owned(), vec![tokens, shape.hidden], values);
        let mut tensors = vec![
            table("token_embd.weight", embedding),
            table("output.weight", output),
        ];
        tensors.extend(blocks(shape, &mut |length| vec![0.0; length]));
        tensors
    }
}

/// A GGUF file of random weights: two blocks, grouped heads, tied embeddings.
pub fn seeded(seed: u64) -> Vec<u8> {
    seeded_file(seed).finish()
}

/// The same, to be changed before it is finished.
pub fn seeded_file(seed: u64) -> GgufFile {
    let shape = Shape {
        hidden: 64,
        layers: 2,
        heads: 4,
        kv_heads: 2,
        feed_forward: 96,
    };
    random("seeded", seed, shape)
}

/// The same as small as can be: one block, for what is asked a thousand times.
pub fn speck(seed: u64) -> Vec<u8> {
    let shape = Shape {
        hidden: 32,
        layers: 1,
        heads: 2,
        kv_heads: 1,
        feed_forward: 32,
    };
    random("speck", seed, shape).finish()
}

fn random(name: &str, seed: u64, shape: Shape) -> GgufFile {
    let (mut file, tokens) = chat_model(&format!("{name}-{seed}"), &[], shape);
    let mut random = Random(seed);
    let mut weights = |length: usize| (0..length).map(|_| 0.4 * random.signed()).collect();
    file.tensor(
        "token_embd.weight",
        &[tokens, shape.hidden],
        weights(tokens * shape.hidden),
    );
    for (name, shape, values) in blocks(shape, &mut weights) {
        file.tensor(&name, &shape, values);
    }
    file
}

#[derive(Clone, Copy)]
struct Shape {
    hidden: usize,
    layers: usize,
    heads: usize,
    kv_heads: usize,
    feed_forward: usize,
}

/// Control tokens, the 256 bytes, `more`.
fn vocabulary(more: &[String]) -> Vec<String> {
    let bytes = (0..=255_u8).map(|byte| letter(byte).to_string());
    let control = CONTROL.map(str::to_owned).into_iter();
    control.chain(bytes).chain(more.iter().cloned()).collect()
}

/// Metadata and vocabulary: control tokens, the 256 bytes, `more`. Also how many tokens there are.
fn chat_model(name: &str, more: &[String], shape: Shape) -> (GgufFile, usize) {
    let texts = vocabulary(more);
    let mut types = vec![3; CONTROL.len()];
    types.resize(texts.len(), 1);
    let mut file = GgufFile::default();
    file.text("general.architecture", "llama");
    file.text("general.name", name);
    file.text("general.license", "CC0-1.0");
    file.number("general.file_type", 0);
    let number = |n: usize| u32::try_from(n).expect("a tiny model");
    file.number("llama.block_count", number(shape.layers));
    file.number("llama.context_length", CONTEXT);
    file.number("llama.embedding_length", number(shape.hidden));
    file.number("llama.feed_forward_length", number(shape.feed_forward));
    file.number("llama.attention.head_count", number(shape.heads));
    file.number("llama.attention.head_count_kv", number(shape.kv_heads));
    file.number(
        "llama.rope.dimension_count",
        number(shape.hidden / shape.heads),
    );
    file.number("llama.vocab_size", number(texts.len()));
    file.float("llama.rope.freq_base", 10_000.0);
    file.float("llama.attention.layer_norm_rms_epsilon", 1e-5);
    file.text("tokenizer.ggml.model", "gpt2");
    file.text("tokenizer.ggml.pre", "smollm");
    file.texts("tokenizer.ggml.tokens", &texts);
    file.ints("tokenizer.ggml.token_type", &types);
    file.texts("tokenizer.ggml.merges", &[]);
    file.number("tokenizer.ggml.bos_token_id", IM_START);
    file.number("tokenizer.ggml.eos_token_id", IM_END);
    file.flag("tokenizer.ggml.add_bos_token", false);
    file.text("tokenizer.chat_template", TEMPLATE);
    (file, texts.len())
}

fn blocks(shape: Shape, weights: &mut impl FnMut(usize) -> Vec<f32>) -> Vec<Tensor> {
    let narrow = shape.hidden / shape.heads * shape.kv_heads;
    let (hidden, wide) = (shape.hidden, shape.feed_forward);
    let norm = |name: String| (name, vec![hidden], vec![1.0; hidden]);
    let mut tensors = vec![norm("output_norm.weight".to_owned())];
    for layer in 0..shape.layers {
        for (name, rows, columns) in [
            ("attn_q", hidden, hidden),
            ("attn_k", narrow, hidden),
            ("attn_v", narrow, hidden),
            ("attn_output", hidden, hidden),
            ("ffn_gate", wide, hidden),
            ("ffn_up", wide, hidden),
            ("ffn_down", hidden, wide),
        ] {
            let name = format!("blk.{layer}.{name}.weight");
            tensors.push((name, vec![rows, columns], weights(rows * columns)));
        }
        for name in ["attn_norm", "ffn_norm"] {
            tensors.push(norm(format!("blk.{layer}.{name}.weight")));
        }
    }
    tensors
}

/// The sentence word by word, words joined where one would occur twice.
fn parts(sentence: &str) -> Vec<String> {
    assert!(
        sentence.len() > 1,
        "a sentence to recite has at least two bytes"
    );
    let mut used = HashSet::new();
    let mut parts: Vec<String> = Vec::new();
    let mut open = String::new();
    for word in sentence.split_inclusive(' ') {
        open.push_str(word);
        if open.len() > 1 && used.insert(open.clone()) {
            parts.push(std::mem::take(&mut open));
        }
    }
    while !open.is_empty() {
        open.insert_str(0, &parts.pop().unwrap_or_default());
        if used.insert(open.clone()) {
            parts.push(std::mem::take(&mut open));
        }
    }
    parts
}

/// How a byte-level vocabulary writes `text`.
fn letters(text: &str) -> String {
    text.bytes().map(letter).collect()
}

/// GPT-2's letter for a byte.
fn letter(byte: u8) -> char {
    let code = match byte {
        0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => u32::from(byte),
        0..=0x20 => 0x100 + u32::from(byte),
        0x7F..=0xA0 => 0x121 + u32::from(byte - 0x7F),
        0xAD => 0x143,
    };
    char::from_u32(code).expect("a letter")
}

/// SplitMix64, for weights that are the same on every machine.
struct Random(u64);

impl Random {
    /// From -1 to 1.
    fn signed(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        #[allow(
            clippy::cast_precision_loss,
            reason = "24 bits are what a single holds"
        )]
        let fraction = ((z ^ (z >> 31)) >> 40) as f32 / (1_u32 << 24) as f32;
        2.0 * fraction - 1.0
    }
}
