//! A linear layer, dense or quantised, in row segments that may each be of another format.

use burn::backend::Dispatch;
use burn::module::{Module, Param, ParamId};
use burn::tensor::{Int, Tensor};
use memmap2::MmapMut;

use crate::engine::arch::ModelError;
use crate::engine::backend;
use crate::engine::kernels::Compute;
use crate::engine::kernels::pack::Plan;
use crate::engine::ops;
use crate::engine::ops::blocks::{self, Matrix};
use crate::engine::weights::{RawTensor, Weights, WeightsError};

/// `x · Wᵀ + b`, with `W` packed for the kernels.
#[derive(Module, Debug)]
pub(crate) struct Linear {
    weight: Param<Tensor<1, Int>>,
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    plan: Plan,
    #[module(skip)]
    compute: Compute,
}

impl Linear {
    /// The matrices of these names and row counts, one below the other, all of `columns` columns.
    /// Where they bring biases (`….bias` beside `….weight`), all must.
    pub(crate) fn load(
        weights: &dyn Weights,
        parts: &[(&str, usize)],
        columns: usize,
        compute: &Compute,
    ) -> Result<Self, ModelError> {
        let mut tensors = Vec::new();
        let mut biases = Vec::new();
        for (name, rows) in parts {
            tensors.push(weights.shaped(&format!("{name}.weight"), &[*rows, columns])?);
            let bias = format!("{name}.bias");
            if weights.find(&bias).is_some() {
                biases.extend(weights.shaped(&bias, &[*rows])?.to_f32());
            }
        }
        let rows: usize = parts.iter().map(|(_, rows)| rows).sum();
        if !biases.is_empty() && biases.len() != rows {
            return Err(WeightsError::Missing(format!("a bias beside {}", parts[0].0)).into());
        }
        let (plan, weight) = packed(&tensors, columns, compute)?;
        let bias = (!biases.is_empty()).then(|| param(backend::vector(biases, compute.place())));
        Ok(Self {
            weight,
            bias,
            plan,
            compute: compute.clone(),
        })
    }

    /// `x` is `[tokens, columns]`; gives `[tokens, rows]`.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let out = ops::q_linear(x, self.weight.val(), &self.plan, &self.compute);
        match &self.bias {
            Some(bias) => out + bias.val().unsqueeze(),
            None => out,
        }
    }

    /// The matrix, for an operation that multiplies with it.
    pub(crate) fn matrix(&self) -> Matrix<Dispatch> {
        let bias = self.bias.as_ref().map(Param::val);
        blocks::matrix(self.weight.val(), bias, &self.plan)
    }

    /// Rows of the matrix itself: an embedding, which may be the output matrix as well.
    pub(crate) fn rows(&self, rows: &[u32]) -> Tensor<2> {
        ops::q_rows(self.weight.val(), rows, &self.plan)
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> u64 {
        self.plan.bytes() as u64
    }
}

/// A parameter that is never trained.
pub(super) fn param<const D: usize>(tensor: Tensor<D>) -> Param<Tensor<D>> {
    Param::initialized(ParamId::new(), tensor)
}

/// Packs matrices one below the other into memory of their own, as they are taken where they go.
pub(super) fn packed(
    tensors: &[RawTensor<'_>],
    columns: usize,
    compute: &Compute,
) -> Result<(Plan, Param<Tensor<1, Int>>), ModelError> {
    let segments: Vec<_> = tensors.iter().map(|t| (t.packs_as, t.shape[0])).collect();
    let sources: Vec<_> = tensors.iter().map(|t| (t.format, t.bytes)).collect();
    let plan = match compute
        .place()
        .plain(segments.iter().map(|(format, _)| *format))
    {
        Some(format) => Plan::plain(columns, segments.iter().map(|(_, rows)| rows).sum(), format),
        None => Plan::new(columns, &segments),
    };
    let mut memory = reserve(plan.bytes())?;
    plan.pack(compute.team(), &sources, &mut memory);
    let shared = bytes::Bytes::from_owner(memory);
    let weight = backend::bytes(shared, compute.place())?;
    Ok((plan, Param::initialized(ParamId::new(), weight)))
}

/// Zeroed pages straight from the system; large ones where it gives them, for a model reads all of
/// its weights again and again.
pub(super) fn reserve(bytes: usize) -> Result<MmapMut, ModelError> {
    let memory = MmapMut::map_anon(bytes).map_err(|source| ModelError::Memory { bytes, source })?;
    #[cfg(target_os = "linux")]
    if let Err(error) = memory.advise(memmap2::Advice::HugePage) {
        tracing::debug!(%error, "no large pages for weights");
    }
    Ok(memory)
}
