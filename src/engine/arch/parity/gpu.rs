//! Models on a GPU beside the same ones on the CPU. Without a GPU that computes these tests say so
//! and pass.

use super::*;
use crate::engine::arch::parity::tiny::{VOCAB, divergences, mixed, model};
use crate::engine::device::tests::gpu;
use crate::engine::quant::Format;

const TOKENS: usize = 70;

fn tokens(seed: u32) -> Vec<u32> {
    let token = |n: u32| (n.wrapping_add(seed << 16).wrapping_mul(2_654_435_761) >> 9) % 512;
    (1..=TOKENS as u32).map(token).collect()
}

/// The same file on the CPU and on the GPU.
fn both(file: &[u8]) -> Option<(llama::Llama, llama::Llama)> {
    let (_, place) = gpu()?;
    let compute = Compute::new(2).at(place);
    Some((load_gguf(file), load_by(file, &compute, ROOM)))
}

/// Every family, with weights of all formats.
#[test]
fn every_family_says_on_a_gpu_what_it_says_on_the_cpu() {
    for (family, factors) in [
        ("llama", true),
        ("qwen2", false),
        ("qwen3", false),
        ("gemma2", false),
        ("gemma3", false),
    ] {
        let Some((cpu, gpu)) = both(&model(family, factors, mixed)) else {
            return;
        };
        let said = |model: &llama::Llama| {
            let mut cache = model.new_cache(TOKENS, None);
            model.forward_each(&tokens(1), &mut cache).unwrap()
        };
        let (mean, most) = divergences(&said(&cpu), &said(&gpu));
        eprintln!("{family}: KL mean {mean:.1e}, max {most:.1e}");
        // The bounds that hold against llama.cpp: the CPU rounds activations to bytes.
        assert!(mean < 5e-4 && most < 2e-3, "{family}: {mean} {most}");
        assert!(gpu.bytes() > cpu.bytes(), "dense weights take more memory");
    }
}

fn near(a: &[f32], b: &[f32]) -> bool {
    let largest = a.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let apart = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    a.len() == b.len() && apart.fold(0.0, f32::max) < 2e-3 * largest
}

/// However tokens are cut into steps, whoever is in the step beside them, and where a page was
/// found from before: the same logits but for rounding.
#[test]
fn steps_company_and_kept_pages_change_nothing_on_a_gpu() {
    let Some((_, model)) = both(&model("gemma3", false, |_| Format::F16)) else {
        return;
    };
    let (first, second) = (tokens(1), tokens(2));
    let fresh = || model.new_cache(2 * TOKENS, Some(Scope::of(&["ada"])));
    let whole = |tokens: &[u32]| {
        let mut cache = model.new_cache(2 * TOKENS, None);
        model.forward_each(tokens, &mut cache).unwrap()
    };
    let rows = |logits: &[f32], from: usize, to: usize| logits[from * VOCAB..to * VOCAB].to_vec();
    let (first_whole, second_whole) = (whole(&first), whole(&second));
    // In pieces and token by token, across a page.
    let mut cache = fresh();
    let mut pieces = model.forward_each(&first[..29], &mut cache).unwrap();
    for token in &first[29..35] {
        pieces.extend(model.forward(&[*token], &mut cache).unwrap());
    }
    assert!(near(&rows(&first_whole, 0, 35), &pieces));
    // Two in one step, one of them cut back to an earlier place before.
    cache.truncate(20);
    let mut other = fresh();
    let mut parts = [
        Part {
            tokens: &first[20..],
            cache: &mut cache,
            logits: Wanted::Last,
        },
        Part {
            tokens: &second,
            cache: &mut other,
            logits: Wanted::Each,
        },
    ];
    let mut outcomes = model.step(&mut parts).into_iter();
    let mut next = || outcomes.next().unwrap().unwrap().unwrap();
    assert!(near(&rows(&first_whole, TOKENS - 1, TOKENS), &next()));
    assert!(near(&second_whole, &next()));
    // Somebody else of the same scope finds two pages, and goes on from there.
    let mut later = fresh();
    assert_eq!(later.adopt(&first), 64);
    let rest = model.forward_each(&first[64..], &mut later).unwrap();
    assert!(near(&rows(&first_whole, 64, TOKENS), &rest));
    // The first can still go on, for nobody wrote to its pages.
    let on = [&first[..], &second[..3]].concat();
    let expected = rows(&whole(&on), TOKENS, TOKENS + 3);
    let got = model.forward_each(&second[..3], &mut cache).unwrap();
    assert!(near(&expected, &got));
}

/// A trained model in single precision, token by token as its reference has it.
#[test]
fn stories260k_agrees_with_the_reference_on_a_gpu() {
    let Some((_, place)) = gpu() else {
        return;
    };
    let Some(path) = shared("stories260k/stories260K.bin") else {
        return;
    };
    let file = golden::from_llama2_c(&std::fs::read(path).unwrap());
    let model = load_by(&file, &Compute::new(2).at(place), ROOM);
    golden::follows(&model, "golden/stories260k.json", 1e-3);
}
