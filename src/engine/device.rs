//! Which device runs the models that answer: the CPU, or a GPU that was seen to compute right.
//!
//! A driver that is broken or not there may end the process that first uses it, so a GPU is tried
//! out by a child process ([`trial`]), which multiplies matrices there ([`probe`]) and says what
//! came of it. Nothing here knows burn; [`super::backend`] makes tensors where a [`Place`] says.

#[cfg(feature = "gpu")]
pub(super) mod probe;
#[cfg(any(test, feature = "gpu"))]
mod trial;

use serde::{Deserialize, Serialize};

use super::quant::Format;
use crate::config::Device;

/// Where a model's tensors are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    #[default]
    Cpu,
    Gpu(Gpu),
}

/// A GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gpu {
    /// Its number, as cubecl has it: the kind of device, and which of that kind.
    pub(crate) number: (u16, u16),
    /// Whether it multiplies half precision right; else weights are kept in single precision.
    pub(crate) half: bool,
}

impl Place {
    /// The format in which a matrix that has parts of these formats is kept there, row by row;
    /// none where it is packed for the CPU's kernels.
    pub(crate) fn plain(self, parts: impl IntoIterator<Item = Format>) -> Option<Format> {
        let Self::Gpu(gpu) = self else {
            return None;
        };
        let single = !gpu.half || parts.into_iter().any(|format| format == Format::F32);
        Some(if single { Format::F32 } else { Format::F16 })
    }

    /// Bytes that a model takes there, of a file that has `bytes` of them for its `parameters`.
    pub(crate) fn bytes_of(self, bytes: u64, parameters: u64) -> u64 {
        match self {
            Self::Cpu => bytes,
            Self::Gpu(gpu) => parameters.saturating_mul(if gpu.half { 2 } else { 4 }),
        }
    }
}

/// What a child process found out about a GPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) gpu: Gpu,
    /// As it names itself.
    pub(crate) name: String,
    /// Bytes of memory that it has, if its driver says.
    pub(crate) memory: Option<u64>,
    /// It is a CPU that plays a GPU (lavapipe, for instance), and slower than our kernels.
    pub(crate) software: bool,
}

/// The device that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) place: Place,
    /// As the settings name it, and as it names itself.
    pub(crate) name: String,
    /// Bytes of memory of a GPU, if its driver says.
    pub(crate) memory: Option<u64>,
}

/// Chooses the device that the settings ask for; what cannot be had becomes the CPU. Says in one
/// line of the log what was chosen, and why not a GPU. Blocks while a GPU is tried out, for half a
/// minute at most.
pub(crate) fn choose(wanted: Device) -> Chosen {
    let decision = decide(wanted, BUILT, try_out);
    let (device, cause) = (&decision.chosen.name, &decision.cause);
    match decision.wished_for_more {
        true => tracing::warn!(%device, %cause, "models that answer run on the CPU"),
        false if cause.is_empty() => tracing::info!(%device, "models that answer run here"),
        false => tracing::info!(%device, %cause, "models that answer run here"),
    }
    decision.chosen
}

/// What this build can use beside the CPU, best first.
const BUILT: &[Device] = &[
    #[cfg(feature = "cuda")]
    Device::Cuda(0),
    #[cfg(feature = "vulkan-wgsl")]
    Device::Vulkan(0),
];

#[cfg(feature = "gpu")]
fn try_out(device: Device) -> Result<Answer, String> {
    let command = trial::command(device)
        .map_err(|error| format!("this program cannot start itself again: {error}"))?;
    trial::ask(command, trial::PATIENCE)
}

#[cfg(not(feature = "gpu"))]
fn try_out(device: Device) -> Result<Answer, String> {
    Err(format!("this build cannot use {device}"))
}

#[derive(Debug, PartialEq, Eq)]
struct Decision {
    chosen: Chosen,
    /// Why it is not a GPU; may be empty.
    cause: String,
    /// The settings name a GPU that cannot be had.
    wished_for_more: bool,
}

fn decide(
    wanted: Device,
    built: &[Device],
    try_out: impl Fn(Device) -> Result<Answer, String>,
) -> Decision {
    let same_kind =
        |built: &Device| std::mem::discriminant(built) == std::mem::discriminant(&wanted);
    let (tried, wished) = match wanted {
        Device::Cpu => (Vec::new(), false),
        Device::Auto => (built.to_vec(), false),
        named if built.iter().any(same_kind) => (vec![named], true),
        named => {
            let kind = named.to_string();
            let feature = kind.split(':').next().unwrap_or_default();
            let cause = format!("{named}: this program was built without the feature {feature}");
            return cpu(vec![cause], true);
        }
    };
    let mut causes = Vec::new();
    for device in tried {
        match try_out(device) {
            Ok(answer) if answer.software && !wished => {
                causes.push(format!("{device}: {} is a CPU, too", answer.name));
            }
            Ok(answer) => {
                let chosen = Chosen {
                    place: Place::Gpu(answer.gpu),
                    name: format!("{device} ({})", answer.name),
                    memory: answer.memory,
                };
                return Decision {
                    chosen,
                    cause: String::new(),
                    wished_for_more: false,
                };
            }
            Err(cause) => causes.push(format!("{device}: {cause}")),
        }
    }
    cpu(causes, wished)
}

fn cpu(causes: Vec<String>, wished_for_more: bool) -> Decision {
    Decision {
        chosen: Chosen {
            place: Place::Cpu,
            name: Device::Cpu.to_string(),
            memory: None,
        },
        cause: causes.join("; "),
        wished_for_more,
    }
}

#[cfg(test)]
pub(super) mod tests;
