//! From a guest's file to a component that asks for nothing it may not have.

use wasmtime::Engine;
use wasmtime::component::Component;
use wit_component::ComponentEncoder;

use super::PluginError;

/// Everything that a guest may import. Types count as an import, though there is nothing to call.
const GRANTED: [&str; 4] = [
    "privatestack:plugin/types@0.1.0",
    "privatestack:plugin/host-log@0.1.0",
    "privatestack:plugin/host-config@0.1.0",
    "privatestack:plugin/host-clock@0.1.0",
];

/// The bytes of a component. A core module, which is what Rust makes for
/// `wasm32-unknown-unknown`, is wrapped into one after the description that it carries.
pub(super) fn of(plugin: &str, wasm: &[u8]) -> Result<Vec<u8>, PluginError> {
    let wrong = |why: String| PluginError::Load {
        plugin: plugin.to_owned(),
        why,
    };
    // The header: "\0asm", a version of 16 bits, then 0 for a core module and 1 for a component.
    match wasm {
        [0, b'a', b's', b'm', _, _, 0, 0, ..] => {}
        [0, b'a', b's', b'm', _, _, 1, 0, ..] => return Ok(wasm.to_vec()),
        _ => return Err(wrong("it is not a WebAssembly file".to_owned())),
    }
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true);
    let component = encoder.module(wasm).and_then(|encoder| encoder.encode());
    component.map_err(|error| wrong(format!("it is no guest of ours: {error:#}")))
}

/// Refuses a component that imports anything beyond what guests get.
pub(super) fn check_imports(
    plugin: &str,
    engine: &Engine,
    component: &Component,
) -> Result<(), PluginError> {
    let kind = component.component_type();
    let foreign = kind
        .imports(engine)
        .find(|(name, _)| !GRANTED.contains(name));
    match foreign {
        None => Ok(()),
        Some((import, _)) => {
            let (plugin, import) = (plugin.to_owned(), import.to_owned());
            Err(PluginError::Import { plugin, import })
        }
    }
}
