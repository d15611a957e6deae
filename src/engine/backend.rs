//! The one file that names a burn backend; [`cube`] has what only GPUs need.

#[cfg(feature = "gpu")]
pub(crate) mod cube;

use burn::tensor::{DType, Device, Int, Shape, Tensor, TensorData};

use super::arch::ModelError;
use super::device::Place;

/// The device of a place: burn's portable CPU backend, carried by our own kernels, or a GPU by its
/// Cube backends.
pub(crate) fn device(place: Place) -> Device {
    match place {
        Place::Cpu => Device::flex(),
        #[cfg(feature = "gpu")]
        Place::Gpu(gpu) => cube::device(gpu),
        #[cfg(not(feature = "gpu"))]
        Place::Gpu(_) => unreachable!("a build without GPUs chooses none"),
    }
}

/// A vector of floats.
pub(crate) fn vector(values: Vec<f32>, place: Place) -> Tensor<1> {
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), &device(place))
}

/// A matrix of floats, row by row. Panics if `values` does not fill its rows.
pub(crate) fn matrix(values: Vec<f32>, (rows, columns): (usize, usize), place: Place) -> Tensor<2> {
    assert_eq!(values.len(), rows * columns, "a matrix is full");
    Tensor::from_data(TensorData::new(values, [rows, columns]), &device(place))
}

/// The bytes of weights: as they are and not copied, or on a GPU, as words.
pub(crate) fn bytes(shared: bytes::Bytes, place: Place) -> Result<Tensor<1, Int>, ModelError> {
    #[cfg(feature = "gpu")]
    if let Place::Gpu(gpu) = place {
        return cube::words(shared, gpu);
    }
    let length = shared.len();
    let bytes = burn_std::Bytes::from_shared(shared, burn_std::AllocationProperty::Other);
    let data = TensorData::from_bytes(bytes, Shape::from([length]), DType::U8);
    Ok(Tensor::from_data(data, (&device(place), DType::U8)))
}

/// A matrix of zeros, single or half precision. On the CPU the system gives its memory page by
/// page as they are written, on a GPU it is taken at once. Panics if it does not fill whole words.
pub(crate) fn zeros(rows: usize, columns: usize, kind: DType, place: Place) -> Tensor<2> {
    #[cfg(feature = "gpu")]
    if let Place::Gpu(gpu) = place {
        return cube::zeros(rows, columns, kind, gpu);
    }
    Tensor::from_data(nothing(rows, columns, kind), (&device(place), kind))
}

/// A matrix of signed bytes, all zero, on the CPU, given like those of [`zeros`].
pub(crate) fn zero_codes(rows: usize, columns: usize) -> Tensor<2, Int> {
    let data = nothing(rows, columns, DType::I8);
    Tensor::from_data(data, (&device(Place::Cpu), DType::I8))
}

/// Waits until the device has done all that it was given, and says what went wrong there.
pub(crate) fn settle(place: Place) -> Result<(), ModelError> {
    let failed = |error: burn::tensor::ExecutionError| ModelError::Device {
        reason: error.to_string(),
    };
    match place {
        Place::Cpu => Ok(()),
        Place::Gpu(_) => device(place).sync().map_err(failed),
    }
}

fn nothing(rows: usize, columns: usize, kind: DType) -> TensorData {
    let bytes = rows * columns * kind.size();
    assert!(bytes.is_multiple_of(size_of::<u32>()), "whole words");
    let words = vec![0_u32; bytes / size_of::<u32>()];
    let bytes = burn_std::Bytes::from_elems(words);
    TensorData::from_bytes(bytes, Shape::from([rows, columns]), kind)
}
