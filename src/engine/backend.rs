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

/// A matrix of zeros, single or half precision, whose memory the system gives page by page as they
/// are written. Panics if it does not fill whole words.
pub(crate) fn zeros(rows: usize, columns: usize, kind: DType) -> Tensor<2> {
    Tensor::from_data(nothing(rows, columns, kind), (&device(), kind))
}

/// A matrix of signed bytes, all zero, given like those of [`zeros`].
pub(crate) fn zero_codes(rows: usize, columns: usize) -> Tensor<2, Int> {
    let data = nothing(rows, columns, DType::I8);
    Tensor::from_data(data, (&device(), DType::I8))
}

fn nothing(rows: usize, columns: usize, kind: DType) -> TensorData {
    let bytes = rows * columns * kind.size();
    assert!(bytes.is_multiple_of(size_of::<u32>()), "whole words");
    let words = vec![0_u32; bytes / size_of::<u32>()];
    let bytes = burn_std::Bytes::from_elems(words);
    TensorData::from_bytes(bytes, Shape::from([rows, columns]), kind)
}
