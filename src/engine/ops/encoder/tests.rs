//! A fat operation gives what its default body gives.

use super::super::tests::{apart, noise, tensor};
use super::*;
use crate::engine::backend;
use crate::engine::device::Place;
use crate::engine::kernels::{bytes, pack};
use crate::engine::quant::Format;
use crate::engine::weights::gguf::writer::encode;

const WIDTH: usize = 128;
const INNER: usize = 192;

fn vector(length: usize, seed: u32) -> FlexTensor {
    tensor(1, length, seed).reshape([length].into())
}

fn packed(memory: Vec<u8>) -> FlexTensor {
    let bytes = backend::bytes(memory.into(), Place::Cpu).unwrap();
    bytes
        .try_into_primitive::<Flex>()
        .expect("the only backend there is")
}

/// Rounded to bytes, or of two dense formats one below the other.
fn matrix(rounded: bool, rows: usize, columns: usize, seed: u32) -> Matrix<Flex> {
    let team = Compute::new(1);
    // Of the size that keeps sums of products near 1.
    let root = (columns as f32).sqrt().recip();
    let numbers: Vec<f32> = noise(rows * columns, seed)
        .iter()
        .map(|x| x * root)
        .collect();
    let (plan, memory) = if rounded {
        let plan = bytes::Plan { rows, columns };
        let mut memory = vec![0; plan.bytes()];
        plan.pack(team.team(), &mut memory, |row, out| {
            out.copy_from_slice(&numbers[row * columns..][..columns]);
        });
        (Plan::Bytes(plan), memory)
    } else {
        let formats = [Format::F32, Format::BF16];
        let half = rows / 2;
        let plan = pack::Plan::new(columns, &formats.map(|format| (format, half)));
        let parts = numbers.chunks(half * columns).zip(formats);
        let sources: Vec<_> = parts.map(|(part, format)| encode(format, part)).collect();
        let sources = sources.iter().map(Vec::as_slice);
        let sources: Vec<_> = formats.into_iter().zip(sources).collect();
        let mut memory = vec![0; plan.bytes()];
        plan.pack(team.team(), &sources, &mut memory);
        (Plan::Plain(plan), memory)
    };
    Matrix {
        weight: packed(memory),
        bias: vector(rows, seed + 1),
        plan,
    }
}

fn norm(seed: u32) -> Norm<Flex> {
    Norm {
        weight: vector(WIDTH, seed),
        bias: vector(WIDTH, seed + 1),
        eps: 1e-12,
    }
}

#[test]
fn a_layer_does_what_its_parts_do() {
    let lengths: [&[usize]; 4] = [&[1], &[70], &[3, 33, 1, 64], &[40; 5]];
    for (rounded, tolerance) in [(false, 2e-5), (true, 6e-2)] {
        for (number, lengths) in lengths.into_iter().enumerate() {
            let layer = Layer {
                inputs: matrix(rounded, 3 * WIDTH, WIDTH, 1),
                output: matrix(rounded, WIDTH, WIDTH, 3),
                output_norm: norm(5),
                up: matrix(rounded, INNER, WIDTH, 7),
                down: matrix(rounded, WIDTH, INNER, 9),
                norm: norm(11),
                heads: [4, 2, 8, 1][number],
            };
            let x = tensor(lengths.iter().sum(), WIDTH, 13);
            let slow = plain_layer::<Flex>(x.clone(), &layer, lengths);
            let alike = |threads: usize| {
                let (x, layer, lengths) = (x.clone(), layer.clone(), Lengths(lengths.into()));
                Flex::encoder_layer(x, layer, lengths, Compute::new(threads))
            };
            let (one, three) = (alike(1), alike(3));
            assert_eq!(one.bytes(), three.bytes(), "threads change nothing");
            let apart = apart(&one, &slow);
            assert!(apart < tolerance, "{rounded} {lengths:?}: {apart}");
        }
    }
}

#[test]
fn a_norm_does_what_its_parts_do() {
    for rows in [1, 40] {
        let x = tensor(rows, WIDTH, 3);
        let slow = plain_norm::<Flex>(x.clone(), &norm(4));
        assert!(apart(&Flex::layer_norm(x, norm(4), Compute::new(2)), &slow) < 1e-5);
    }
}
