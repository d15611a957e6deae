//! What a child process does to try out a GPU: multiplies matrices there as models do, and
//! compares. It may crash; that is what the child is for.

use super::{Answer, Gpu, Place, trial};
use crate::config::Device;
use crate::engine::backend::{self, cube};
use crate::engine::kernels::Compute;
use crate::engine::kernels::pack::Plan;
use crate::engine::ops;
use crate::engine::quant::Format;

/// Sizes that fill no tile of any kernel.
const TOKENS: usize = 5;
const COLUMNS: usize = 96;
const ROWS: usize = 71;
/// How far a product may be from the exact one, in parts of the largest.
const SINGLE: f64 = 1e-4;
const HALF: f64 = 5e-3;

/// The line that answers whether models can run on `device`.
pub(in crate::engine) fn run(device: Device) -> Result<String, String> {
    let found = cube::find(device)?;
    let gpu = |half| Gpu {
        number: found.number,
        half,
    };
    multiply(gpu(false), Format::F32, SINGLE)?;
    let half = multiply(gpu(true), Format::F16, HALF).is_ok();
    let answer = Answer {
        gpu: gpu(half),
        name: found.name,
        memory: found.memory,
        software: found.software,
    };
    let line = serde_json::to_string(&answer).map_err(|error| error.to_string())?;
    Ok(format!("{}{line}", trial::MARK))
}

fn multiply(gpu: Gpu, format: Format, tolerance: f64) -> Result<(), String> {
    let place = Place::Gpu(gpu);
    let (x, weights) = (numbers(TOKENS * COLUMNS, 1), numbers(ROWS * COLUMNS, 2));
    let source: Vec<u8> = weights.iter().flat_map(|w| w.to_le_bytes()).collect();
    let compute = Compute::new(1).at(place);
    let plan = Plan::plain(COLUMNS, ROWS, format);
    let mut laid = vec![0; plan.bytes()];
    plan.pack(compute.team(), &[(Format::F32, &source)], &mut laid);
    let weight = backend::bytes(laid.into(), place).map_err(|error| error.to_string())?;
    let tensor = backend::matrix(x.clone(), (TOKENS, COLUMNS), place);
    let product = ops::q_linear(tensor, weight, &plan, &compute);
    let product = product.try_into_data().map_err(|error| error.to_string())?;
    let product = product.try_into_vec::<f32>();
    let product = product.map_err(|error| format!("{error:?}"))?;
    let (mut most, mut worst) = (0.0_f64, 0.0_f64);
    for (token, row) in x.chunks(COLUMNS).enumerate() {
        for (number, weights) in weights.chunks(COLUMNS).enumerate() {
            let terms = row.iter().zip(weights);
            let exact: f64 = terms.map(|(x, w)| f64::from(*x) * f64::from(*w)).sum();
            most = most.max(exact.abs());
            let apart = (f64::from(product[token * ROWS + number]) - exact).abs();
            // A number that is none is as far as can be.
            worst = worst.max(if apart.is_nan() { f64::INFINITY } else { apart });
        }
    }
    match worst <= tolerance * most {
        true => Ok(()),
        false => Err(format!("it multiplies wrong: {worst} apart of {most}")),
    }
}

/// Numbers between -1 and 1 that follow from a seed.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f32::from((state >> 16) as u16) / f32::from(u16::MAX) * 2.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}
