//! The setting `engine.device`: where models run.

use serde::{Deserialize, Serialize};

/// Where models that answer run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Device {
    /// On a GPU, if this build can use one and one is there that computes right; else on the CPU.
    #[default]
    Auto,
    Cpu,
    /// The GPU of this number among those that Vulkan names.
    Vulkan(u16),
    /// The GPU of this number among those that CUDA names.
    Cuda(u16),
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Vulkan(number) => write!(f, "vulkan:{number}"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        device.to_string()
    }
}

/// What a text says that names no device.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is not a device; write \"auto\", \"cpu\", or a kind and a number such as \"vulkan:0\" \
     or \"cuda:0\""
)]
pub struct NoDevice(String);

impl TryFrom<String> for Device {
    type Error = NoDevice;

    fn try_from(text: String) -> Result<Self, NoDevice> {
        text.parse()
    }
}

impl std::str::FromStr for Device {
    type Err = NoDevice;

    fn from_str(text: &str) -> Result<Self, NoDevice> {
        let none = || NoDevice(text.to_owned());
        let (kind, number) = match text {
            "auto" => return Ok(Self::Auto),
            "cpu" => return Ok(Self::Cpu),
            _ => text.split_once(':').ok_or_else(none)?,
        };
        // `parse` would take a sign.
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|_| digits).ok_or_else(none)?;
        match kind {
            "vulkan" => Ok(Self::Vulkan(number)),
            "cuda" => Ok(Self::Cuda(number)),
            _ => Err(none()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_read_as_it_is_written() {
        for device in [
            Device::Auto,
            Device::Cpu,
            Device::Vulkan(0),
            Device::Vulkan(12),
            Device::Cuda(3),
        ] {
            assert_eq!(device.to_string().parse::<Device>().ok(), Some(device));
        }
    }

    #[test]
    fn what_is_none_is_refused_with_a_hint() {
        for text in [
            "",
            "gpu",
            "GPU",
            "Cpu",
            "vulkan",
            "vulkan:",
            "vulkan:-1",
            "vulkan:+1",
            "cuda:0x1",
            "cuda:70000",
            "metal:0",
            "vulkan:0:0",
            " cpu",
        ] {
            let error = text.parse::<Device>().expect_err(text).to_string();
            assert!(error.contains(&format!("{text:?}")) && error.contains("vulkan:0"));
        }
    }
}
