//! A layer of an encoder: attention of each text to itself, then a feed-forward layer, each added
//! to what came in and normalised.

use std::sync::Arc;

use burn::backend::Dispatch;
use burn::module::{Module, Param, ParamId};
use burn::tensor::{Int, Tensor};

use super::linear::{packed, param, reserve};
use super::norm::LayerNorm;
use crate::engine::arch::ModelError;
use crate::engine::backend;
use crate::engine::kernels::Compute;
use crate::engine::kernels::encoder::Plan;
use crate::engine::kernels::{bytes, pack};
use crate::engine::ops::encoder as ops;
use crate::engine::weights::{RawTensor, Weights, WeightsError};

/// How precise an encoder's weights are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// Rounded to int8, where their sizes allow it.
    Bytes,
    /// As the file has them.
    Plain,
}

/// The sizes of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) width: usize,
    pub(crate) inner: usize,
    pub(crate) heads: usize,
    /// What its norms add under the root.
    pub(crate) eps: f32,
}

/// One layer.
#[derive(Module, Debug)]
pub(crate) struct EncoderLayer {
    inputs: Affine,
    output: Affine,
    output_norm: LayerNorm,
    up: Affine,
    down: Affine,
    norm: LayerNorm,
    heads: usize,
    #[module(skip)]
    compute: Compute,
}

impl EncoderLayer {
    /// The layer whose tensors are named `PREFIX.…`.
    pub(crate) fn load(
        weights: &dyn Weights,
        prefix: &str,
        sizes: Sizes,
        precision: Precision,
        compute: &Compute,
    ) -> Result<Self, ModelError> {
        let Sizes { width, inner, .. } = sizes;
        let matrix = |names: &[&str], rows: usize, columns: usize| {
            let names: Vec<_> = names.iter().map(|n| format!("{prefix}.{n}")).collect();
            Affine::load(weights, &names, (rows, columns), precision, compute)
        };
        let norm = |name: &str| {
            LayerNorm::load(
                weights,
                &format!("{prefix}.{name}"),
                width,
                sizes.eps,
                compute,
            )
        };
        Ok(Self {
            inputs: matrix(&["attn_q", "attn_k", "attn_v"], width, width)?,
            output: matrix(&["attn_output"], width, width)?,
            output_norm: norm("attn_output_norm")?,
            up: matrix(&["ffn_up"], inner, width)?,
            down: matrix(&["ffn_down"], width, inner)?,
            norm: norm("layer_output_norm")?,
            heads: sizes.heads,
            compute: compute.clone(),
        })
    }

    /// `x` holds texts of `lengths` rows each, one below the other.
    pub(crate) fn forward(&self, x: Tensor<2>, lengths: &Arc<[usize]>) -> Tensor<2> {
        let layer = ops::Layer {
            inputs: self.inputs.matrix(),
            output: self.output.matrix(),
            output_norm: self.output_norm.norm(),
            up: self.up.matrix(),
            down: self.down.matrix(),
            norm: self.norm.norm(),
            heads: self.heads,
        };
        ops::encoder_layer(x, layer, ops::Lengths(lengths.clone()), &self.compute)
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> u64 {
        let all = [&self.inputs, &self.output, &self.up, &self.down];
        all.iter().map(|matrix| matrix.plan.bytes() as u64).sum()
    }
}

/// `x · Wᵀ + b`.
#[derive(Module, Debug)]
struct Affine {
    weight: Param<Tensor<1, Int>>,
    bias: Param<Tensor<1>>,
    #[module(skip)]
    plan: Plan,
}

impl Affine {
    fn matrix(&self) -> ops::Matrix<Dispatch> {
        ops::Matrix {
            weight: self.weight.val().into_dispatch(),
            bias: self.bias.val().into_dispatch(),
            plan: self.plan.clone(),
        }
    }

    /// Matrices of `rows` rows each, one below the other, and their biases (zero where there is none).
    fn load(
        weights: &dyn Weights,
        names: &[String],
        (rows, columns): (usize, usize),
        precision: Precision,
        compute: &Compute,
    ) -> Result<Self, ModelError> {
        let (mut tensors, mut biases) = (Vec::new(), Vec::new());
        for name in names {
            tensors.push(weights.shaped(&format!("{name}.weight"), &[rows, columns])?);
            let bias = format!("{name}.bias");
            match weights.find(&bias) {
                Some(_) => biases.extend(weights.shaped(&bias, &[rows])?.to_f32()),
                None => biases.resize(biases.len() + rows, 0.0),
            }
        }
        let (plan, weight) = match precision {
            Precision::Bytes if bytes::Plan::suits(rows, columns) => {
                let plan = bytes::Plan {
                    rows: rows * tensors.len(),
                    columns,
                };
                (Plan::Bytes(plan), round(&tensors, plan, compute)?)
            }
            _ => {
                let (plan, weight) = dense(&tensors, columns, compute)?;
                (Plan::Plain(plan), weight)
            }
        };
        Ok(Self {
            weight,
            bias: param(backend::vector(biases, compute.place())),
            plan,
        })
    }
}

/// The matrices as they are.
fn dense(
    tensors: &[RawTensor<'_>],
    columns: usize,
    compute: &Compute,
) -> Result<(pack::Plan, Param<Tensor<1, Int>>), ModelError> {
    if let Some(other) = tensors.iter().find(|t| !t.format.is_dense()) {
        let (name, kind) = ("of an encoder".to_owned(), other.format.name().to_owned());
        return Err(WeightsError::Unsupported { name, kind }.into());
    }
    packed(tensors, columns, compute)
}

/// The matrices rounded to bytes.
fn round(
    tensors: &[RawTensor<'_>],
    plan: bytes::Plan,
    compute: &Compute,
) -> Result<Param<Tensor<1, Int>>, ModelError> {
    let mut memory = reserve(plan.bytes())?;
    let each = plan.rows / tensors.len();
    plan.pack(compute.team(), &mut memory, |row, out| {
        let tensor = &tensors[row / each];
        let length = tensor.bytes.len() / each;
        let bytes = &tensor.bytes[row % each * length..][..length];
        tensor.format.dequantize(bytes, out);
    });
    let weight = backend::bytes(::bytes::Bytes::from_owner(memory), compute.place())?;
    Ok(Param::initialized(ParamId::new(), weight))
}
