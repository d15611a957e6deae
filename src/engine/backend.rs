//! The one file that names a burn backend.

use burn::tensor::{DType, Device, Int, Shape, Tensor, TensorData};

/// The device that models run on: burn's portable CPU backend, carried by our own kernels.
pub(crate) fn device() -> Device {
    Device::flex()
}

/// A vector of floats.
pub(crate) fn vector(values: Vec<f32>) -> Tensor<1> {
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), &device())
}

/// A matrix of floats, row by row. Panics if `values` does not fill its rows.
pub(crate) fn matrix(values: Vec<f32>, rows: usize, columns: usize) -> Tensor<2> {
    assert_eq!(values.len(), rows * columns, "a matrix is full");
    Tensor::from_data(TensorData::new(values, [rows, columns]), &device())
}

/// Bytes as they are, not copied.
pub(crate) fn bytes(shared: bytes::Bytes) -> Tensor<1, Int> {
    let length = shared.len();
    let bytes = burn_std::Bytes::from_shared(shared, burn_std::AllocationProperty::Other);
    let data = TensorData::from_bytes(bytes, Shape::from([length]), DType::U8);
    Tensor::from_data(data, (&device(), DType::U8))
}
