//! GPUs, by burn's Cube backends: which there are, and tensors on them.

use burn::tensor::{DType, Device, Int, Shape, Tensor, TensorData};
use burn_cubecl::CubeDevice;
use burn_cubecl::cubecl::device::DeviceId;

use crate::config;
use crate::engine::arch::ModelError;
use crate::engine::device::Gpu;

/// The GPU of this number. Its driver is asked when it is first used, and may panic then.
pub(super) fn device(gpu: Gpu) -> Device {
    Device::new(cube(gpu.number))
}

fn cube((kind, index): (u16, u16)) -> CubeDevice {
    CubeDevice::from_id(DeviceId::new(kind, index))
}

/// A GPU that was found, and not tried out yet.
pub(crate) struct Found {
    pub(crate) number: (u16, u16),
    /// As it names itself.
    pub(crate) name: String,
    /// Bytes of memory that it has, if its driver says.
    pub(crate) memory: Option<u64>,
    /// It is a CPU.
    pub(crate) software: bool,
}

/// The GPU that the settings mean; an error says how many there are. Drivers may panic.
pub(crate) fn find(wanted: config::Device) -> Result<Found, String> {
    let (all, number) = match wanted {
        #[cfg(feature = "vulkan-wgsl")]
        config::Device::Vulkan(number) => (vulkan::all(), number),
        #[cfg(feature = "cuda")]
        config::Device::Cuda(number) => {
            let first = CubeDevice::Cuda(burn::backend::CudaDevice::new(0));
            (like(&first).collect(), number)
        }
        other => return Err(format!("this build finds no device {other}")),
    };
    let all: Vec<CubeDevice> = all;
    let count = all.len();
    let found = all.into_iter().nth(usize::from(number));
    let device = found.ok_or_else(|| format!("there is none; devices of this kind: {count}"))?;
    let (id, client) = (device.to_id(), device.client());
    let properties = client.properties();
    Ok(Found {
        number: (id.type_id, id.index_id),
        name: properties.identity.name.clone(),
        memory: properties.memory.max_memory(),
        #[cfg(feature = "vulkan-wgsl")]
        software: vulkan::is_software(&device),
        #[cfg(not(feature = "vulkan-wgsl"))]
        software: false,
    })
}

/// All devices of the same kind as one, which need not be there.
fn like(one: &CubeDevice) -> impl Iterator<Item = CubeDevice> + use<> {
    let all = CubeDevice::enumerate(one.to_id()).into_iter();
    all.map(CubeDevice::from_id)
}

#[cfg(feature = "vulkan-wgsl")]
mod vulkan {
    use burn::backend::{WgpuBackend, WgpuDevice, WgpuDeviceKind};

    use super::{CubeDevice, like};

    /// All of Vulkan's: cards, then what is built into a processor, then the rest.
    pub(super) fn all() -> Vec<CubeDevice> {
        let kinds = [
            WgpuDeviceKind::DiscreteGpu(0),
            WgpuDeviceKind::IntegratedGpu(0),
            WgpuDeviceKind::VirtualGpu(0),
            WgpuDeviceKind::Other(0),
            WgpuDeviceKind::Cpu,
        ];
        let first = |kind| CubeDevice::Wgpu(WgpuDevice::new(kind).on(WgpuBackend::Vulkan));
        kinds
            .into_iter()
            .flat_map(|kind| like(&first(kind)))
            .collect()
    }

    /// Whether it is a driver that computes on the CPU.
    pub(super) fn is_software(device: &CubeDevice) -> bool {
        matches!(device, CubeDevice::Wgpu(device) if device.kind == WgpuDeviceKind::Cpu)
    }
}

/// The bytes of weights, which must be whole words; they stay as long as the model does.
pub(super) fn words(shared: bytes::Bytes, gpu: Gpu) -> Result<Tensor<1, Int>, ModelError> {
    fits(shared.len(), gpu)?;
    assert!(shared.len().is_multiple_of(size_of::<i32>()), "whole words");
    let device = device(gpu);
    let length = shared.len() / size_of::<i32>();
    let bytes = burn_std::Bytes::from_shared(shared, burn_std::AllocationProperty::Other);
    let data = TensorData::from_bytes(bytes, Shape::from([length]), DType::I32);
    let make = |data| Tensor::from_data(data, (&device, DType::I32));
    Ok(device.memory_persistent_allocations(data, make))
}

/// A matrix of zeros. Its rows lie one after the other, without the gaps that a device may put
/// between those of a matrix: operations see it in another shape, too.
pub(super) fn zeros(rows: usize, columns: usize, kind: DType, gpu: Gpu) -> Tensor<2> {
    let device = device(gpu);
    let make = |length| Tensor::<1>::zeros([length], (&device, kind));
    let flat = device.memory_persistent_allocations(rows * columns, make);
    flat.reshape([rows, columns])
}

/// Whether the GPU takes this many bytes in one piece.
pub(crate) fn fits(bytes: usize, gpu: Gpu) -> Result<(), ModelError> {
    let most = cube(gpu.number).client().properties().memory.max_page_size;
    match bytes as u64 > most {
        true => Err(ModelError::Device {
            reason: format!("it takes no {bytes} bytes in one piece, but {most} at most"),
        }),
        false => Ok(()),
    }
}
