//! A layer of an encoder as one operation.

use std::sync::Arc;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, ExtensionType, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Tensor, TensorData};
use burn_flex::FlexTensor;

use super::flex::{floats, size};
use super::portable;
use crate::engine::kernels::Compute;
use crate::engine::kernels::encoder::{self, Plan};

/// A packed matrix `[rows, columns]` and what is added to its products, `[rows]`.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Matrix<B: Backend> {
    pub(crate) weight: IntTensor<B>,
    pub(crate) bias: FloatTensor<B>,
    pub(crate) plan: Plan,
}

/// A layer norm: scale and shift, `[width]` each, and what is added under the root.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Norm<B: Backend> {
    pub(crate) weight: FloatTensor<B>,
    pub(crate) bias: FloatTensor<B>,
    pub(crate) eps: f32,
}

/// The weights of a layer.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Layer<B: Backend> {
    /// Queries, keys and values, one below the other.
    #[extension_type]
    pub(crate) inputs: Matrix<B>,
    #[extension_type]
    pub(crate) output: Matrix<B>,
    #[extension_type]
    pub(crate) output_norm: Norm<B>,
    #[extension_type]
    pub(crate) up: Matrix<B>,
    #[extension_type]
    pub(crate) down: Matrix<B>,
    #[extension_type]
    pub(crate) norm: Norm<B>,
    pub(crate) heads: usize,
}

/// Rows of each text, in the order in which they lie one below the other.
#[derive(Clone, Debug)]
pub(crate) struct Lengths(pub(crate) Arc<[usize]>);

/// The operations of encoders.
#[backend_extension(Flex)]
pub(crate) trait EncoderOps: Backend {
    /// `x` (`[tokens, width]`) after a layer: attention of each text to itself, added and
    /// normalised, then `down(gelu(up(x)))`, added and normalised.
    fn encoder_layer(
        x: FloatTensor<Self>,
        #[extension_type] layer: Layer<Self>,
        lengths: Lengths,
        compute: Compute,
    ) -> FloatTensor<Self> {
        let _ = compute;
        plain_layer::<Self>(x, &layer, &lengths.0)
    }

    /// Each row of `x` less its mean, divided by its deviation, scaled and shifted.
    fn layer_norm(
        x: FloatTensor<Self>,
        #[extension_type] norm: Norm<Self>,
        compute: Compute,
    ) -> FloatTensor<Self> {
        let _ = compute;
        plain_norm::<Self>(x, &norm)
    }
}

/// [`EncoderOps::encoder_layer`] on tensors.
pub(crate) fn encoder_layer(
    x: Tensor<2>,
    layer: Layer<Dispatch>,
    lengths: Lengths,
    compute: &Compute,
) -> Tensor<2> {
    let (x, compute) = (x.into_dispatch(), compute.clone());
    let out = <Dispatch as EncoderOps>::encoder_layer(x, layer, lengths, compute);
    Tensor::from_dispatch(out)
}

/// [`EncoderOps::layer_norm`] on tensors.
pub(crate) fn layer_norm(x: Tensor<2>, norm: Norm<Dispatch>, compute: &Compute) -> Tensor<2> {
    let (x, compute) = (x.into_dispatch(), compute.clone());
    Tensor::from_dispatch(<Dispatch as EncoderOps>::layer_norm(x, norm, compute))
}

impl EncoderOps for Flex {
    fn encoder_layer(
        mut x: FlexTensor,
        layer: Layer<Self>,
        lengths: Lengths,
        compute: Compute,
    ) -> FlexTensor {
        let layer = encoder::Layer {
            heads: layer.heads,
            inputs: layer.inputs.lend(),
            output: layer.output.lend(),
            output_norm: layer.output_norm.lend(),
            up: layer.up.lend(),
            down: layer.down.lend(),
            norm: layer.norm.lend(),
        };
        encoder::run(&compute, &layer, &lengths.0, whole(&mut x));
        x
    }

    fn layer_norm(mut x: FlexTensor, norm: Norm<Self>, compute: Compute) -> FlexTensor {
        encoder::norm(&compute, norm.lend(), whole(&mut x));
        x
    }
}

impl Matrix<Flex> {
    fn lend(&self) -> encoder::Matrix<'_> {
        encoder::Matrix {
            plan: &self.plan,
            packed: self.weight.bytes(),
            bias: floats(&self.bias),
        }
    }
}

impl Norm<Flex> {
    fn lend(&self) -> encoder::Norm<'_> {
        encoder::Norm {
            weight: floats(&self.weight),
            bias: floats(&self.bias),
            eps: self.eps,
        }
    }
}

/// A tensor's numbers, to be written in place: it is copied first if somebody else holds it.
fn whole(x: &mut FlexTensor) -> &mut [f32] {
    // A view must not be written through its storage, which is larger.
    let (rows, columns) = size(x);
    assert!(rows * columns == floats(x).len() && floats(x).len() == x.storage::<f32>().len());
    x.storage_mut()
}

/// A vector as a matrix of one row.
fn row<B: Backend>(vector: FloatTensor<B>) -> FloatTensor<B> {
    let length = vector.shape()[0];
    B::float_reshape(vector, Shape::from([1, length]))
}

fn plain_layer<B: Backend>(
    x: FloatTensor<B>,
    layer: &Layer<B>,
    lengths: &[usize],
) -> FloatTensor<B> {
    let times = |x: FloatTensor<B>, matrix: &Matrix<B>| {
        let weight = unpack::<B>(matrix.weight.clone(), &matrix.plan, &x);
        let product = B::float_matmul(x, B::float_transpose(weight));
        B::float_add(product, row::<B>(matrix.bias.clone()))
    };
    let (inputs, mut first) = (times(x.clone(), &layer.inputs), 0);
    let mut attended = Vec::new();
    for length in lengths {
        let ranges = [(first, first + length), (0, inputs.shape()[1])];
        let own = portable::cut::<B>(inputs.clone(), &ranges);
        attended.push(plain_attend::<B>(own, layer.heads));
        first += length;
    }
    let attended = times(B::float_cat(attended, 0), &layer.output);
    let x = plain_norm::<B>(B::float_add(x, attended), &layer.output_norm);
    let inner = times(x.clone(), &layer.up);
    let inner = <B as burn::backend::ops::ActivationOps<B>>::gelu(inner);
    plain_norm::<B>(B::float_add(x, times(inner, &layer.down)), &layer.norm)
}

/// The weights of a packed matrix, on the device of `beside`.
fn unpack<B: Backend>(
    weight: IntTensor<B>,
    plan: &Plan,
    beside: &FloatTensor<B>,
) -> FloatTensor<B> {
    let packed = portable::on_host::<B>(weight);
    let mut numbers = vec![0.0; plan.rows() * plan.columns()];
    for (number, out) in numbers.chunks_exact_mut(plan.columns()).enumerate() {
        plan.row(packed.as_bytes(), number, out);
    }
    let data = TensorData::new(numbers, [plan.rows(), plan.columns()]);
    B::float_from_data(data, &beside.device())
}

fn plain_norm<B: Backend>(x: FloatTensor<B>, norm: &Norm<B>) -> FloatTensor<B> {
    let centred = B::float_sub(x.clone(), B::float_mean_dim(x, 1));
    let squares = B::float_mul(centred.clone(), centred.clone());
    let variance = B::float_add_scalar(B::float_mean_dim(squares, 1), norm.eps.into());
    let unit = B::float_div(centred, B::float_sqrt(variance));
    let scaled = B::float_mul(unit, row::<B>(norm.weight.clone()));
    B::float_add(scaled, row::<B>(norm.bias.clone()))
}

/// Every row of one text attends to all of them. `rows` is `[tokens, 3 * width]`.
fn plain_attend<B: Backend>(rows: FloatTensor<B>, heads: usize) -> FloatTensor<B> {
    let shape = rows.shape();
    let (tokens, width) = (shape[0], shape[1] / 3);
    let size = width / heads;
    let side = |which: usize| {
        let ranges = [(0, tokens), (which * width, (which + 1) * width)];
        let part = portable::cut::<B>(rows.clone(), &ranges);
        B::float_swap_dims(
            B::float_reshape(part, Shape::from([tokens, heads, size])),
            0,
            1,
        )
    };
    #[allow(clippy::cast_precision_loss, reason = "heads are small")]
    let scale = (size as f32).sqrt().recip();
    let scores = B::float_matmul(side(0), B::float_transpose(side(1)));
    let weights = B::softmax(B::float_mul_scalar(scores, scale.into()), 2);
    let out = B::float_matmul(weights, side(2));
    B::float_reshape(B::float_swap_dims(out, 0, 1), Shape::from([tokens, width]))
}

#[cfg(test)]
mod tests;
