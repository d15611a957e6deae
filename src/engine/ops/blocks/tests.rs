//! A fat operation gives what its default body gives, bit for bit: the same kernels do the same
//! sums, only where the numbers lie between two steps differs.

use burn::tensor::DType;

use super::super::Span;
use super::super::tests::{apart, hold_the_same, noise, pages, tensor, weight};
use super::*;
use crate::engine::kernels::Pairing;
use crate::engine::kernels::attention::Heads;
use crate::engine::quant::Format;
use crate::engine::weights::gguf::writer::encode;
use burn::backend::Flex;
use burn_flex::FlexTensor;

const HEADS: Heads = Heads {
    query: 6,
    kv: 2,
    size: 16,
};
const WIDTH: usize = 96;

/// A matrix of segments of these formats and row counts.
fn matrix(parts: &[(Format, usize)], columns: usize, biased: bool, seed: u32) -> Matrix<Flex> {
    let plan = Plan::new(columns, parts);
    let sources: Vec<_> = parts
        .iter()
        .zip(seed..)
        .map(|((format, rows), seed)| encode(*format, &noise(rows * columns, seed)))
        .collect();
    let sources: Vec<&[u8]> = sources.iter().map(Vec::as_slice).collect();
    Matrix {
        weight: weight(&plan, &sources, &Compute::new(1)),
        bias: match biased {
            true => Bias::Each(vector(plan.rows(), seed)),
            false => Bias::None,
        },
        plan,
    }
}

fn vector(length: usize, seed: u32) -> FlexTensor {
    tensor(1, length, seed).reshape([length].into())
}

/// Models of one format, and of several in one matrix.
fn formats() -> [[Format; 3]; 4] {
    [
        [Format::Q8_0; 3],
        [Format::Q4_0, Format::Q8_0, Format::Q5_1],
        [Format::F32; 3],
        [Format::Q4_1, Format::F16, Format::Q5_0],
    ]
}

/// Bit for bit, and not nothing.
fn same(a: &FlexTensor, b: &FlexTensor) {
    assert_eq!(a.to_contiguous().bytes(), b.to_contiguous().bytes());
}

fn attention_weights([q, k, v]: [Format; 3], biased: bool, normed: bool) -> AttentionWeights<Flex> {
    let queries = HEADS.query * HEADS.size;
    let parts = [(q, queries), (k, HEADS.kv_row()), (v, HEADS.kv_row())];
    AttentionWeights {
        norm: vector(WIDTH, 3),
        inputs: matrix(&parts, WIDTH, biased, 5),
        heads: match normed {
            true => HeadNorms::Each {
                queries: vector(HEADS.size, 6),
                keys: vector(HEADS.size, 7),
            },
            false => HeadNorms::None,
        },
        output: matrix(&[(v, WIDTH)], queries, biased, 8),
    }
}

#[test]
fn attention_blocks_do_what_their_parts_do() {
    let own = |past, tokens, table: [u32; 3]| Span {
        past,
        tokens,
        table: table.into(),
    };
    let steps: [&[Span]; 4] = [
        &[own(5, 1, [1, 0, 2])],
        &[own(0, 70, [2, 0, 1])],
        &[own(40, 30, [0, 1, 3]), own(3, 1, [2, 4, 5])],
        &[
            own(31, 1, [5, 0, 1]),
            own(32, 1, [2, 3, 4]),
            own(0, 9, [6, 7, 8]),
        ],
    ];
    let (mut pairings, mut options) = (
        [Pairing::Neighbours, Pairing::Halves].into_iter().cycle(),
        [(false, false), (true, false), (false, true)]
            .into_iter()
            .cycle(),
    );
    for (spans, formats) in steps.iter().flat_map(|s| formats().map(|f| (*s, f))) {
        let (biased, normed) = options.next().expect("a cycle");
        let pairing = pairings.next().expect("a cycle");
        let tokens = spans.iter().map(|span| span.tokens).sum();
        let how = AttentionBlock {
            attending: Attending {
                heads: HEADS,
                spans: spans.into(),
                view: crate::engine::ops::View::default(),
            },
            turn: Turn {
                heads: HEADS.query + HEADS.kv,
                size: HEADS.size,
                pairing,
            },
            eps: 1e-5,
        };
        let kinds = [DType::F16, DType::F32, DType::I8];
        for (kind, threads) in kinds.into_iter().zip([1, 2, 3]).chain([(DType::F16, 3)]) {
            let compute = Compute::new(threads);
            let (x, angles) = (tensor(tokens, WIDTH, 9), tensor(tokens, HEADS.size, 10));
            let weights = || attention_weights(formats, biased, normed);
            let kept = pages(9, HEADS, kind).into();
            let (a, how_b) = (angles.clone(), how.clone());
            let slow =
                portable::attention_block::<Flex>(x.clone(), a, weights(), kept, how_b, &compute);
            let [keys, values] = pages(9, HEADS, kind);
            let fast = Flex::attention_block(
                x.clone(),
                angles,
                weights(),
                keys,
                values,
                how.clone(),
                compute,
            );
            same(&fast.0, &slow.0);
            hold_the_same(&fast.1, &slow.1);
            hold_the_same(&fast.2, &slow.2);
            assert!(apart(&fast.0, &x) > 0.01, "something was added");
        }
    }
}

#[test]
fn feed_forward_blocks_do_what_their_parts_do() {
    const INNER: usize = 160;
    for [gate, up, down] in formats() {
        for (tokens, biased) in [(1, false), (3, true), (33, false)] {
            let weights = || FeedForwardWeights {
                norm: vector(WIDTH, 3),
                inputs: matrix(&[(gate, INNER), (up, INNER)], WIDTH, biased, 11),
                output: matrix(&[(down, WIDTH)], INNER, biased, 12),
            };
            let x = tensor(tokens, WIDTH, 13);
            let compute = Compute::new(3);
            let slow = portable::feed_forward_block::<Flex>(x.clone(), weights(), 1e-5, &compute);
            let fast = Flex::feed_forward_block(x.clone(), weights(), 1e-5, compute);
            same(&fast, &slow);
            assert!(apart(&fast, &x) > 0.01, "something was added");
        }
    }
}

#[test]
fn heads_take_the_rows_that_are_wanted() {
    for [format, ..] in formats() {
        let head = || matrix(&[(format, 50)], WIDTH, false, 14);
        let (x, norm) = (tensor(20, WIDTH, 15), vector(WIDTH, 16));
        let rows = Rows(vec![19, 0, 7, 7].into());
        let compute = Compute::new(2);
        let slow =
            portable::lm_head::<Flex>(x.clone(), &rows, norm.clone(), head(), 1e-5, &compute);
        let fast = Flex::lm_head(x, rows, norm, head(), 1e-5, compute);
        same(&fast, &slow);
        let row = |row: usize| fast.narrow(0, row, 1);
        same(&row(2), &row(3));
        assert!(apart(&row(0), &row(1)) > 0.01, "each row has its own");
    }
}

/// Two sequences that are given the same page to write would overwrite each other.
#[test]
#[should_panic(expected = "pages have one writer")]
fn a_page_has_one_writer() {
    let span = |table: [u32; 1]| Span {
        past: 3,
        tokens: 2,
        table: table.into(),
    };
    let how = AttentionBlock {
        attending: Attending {
            heads: HEADS,
            spans: [span([1]), span([1])].into(),
            view: crate::engine::ops::View::default(),
        },
        turn: Turn {
            heads: HEADS.query + HEADS.kv,
            size: HEADS.size,
            pairing: Pairing::Halves,
        },
        eps: 1e-5,
    };
    let [keys, values] = pages(2, HEADS, DType::F16);
    Flex::attention_block(
        tensor(4, WIDTH, 9),
        tensor(4, HEADS.size, 10),
        attention_weights([Format::Q8_0; 3], false, false),
        keys,
        values,
        how,
        Compute::new(2),
    );
}
