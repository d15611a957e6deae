//! From a guest's file to a component that asks for nothing it may not have.

use wasmtime::Engine;
use wasmtime::component::Component;
use wit_component::ComponentEncoder;

use super::PluginError;
use super::package::Capability;

/// Types count as an import, though there is nothing to call.
const TYPES: [&str; 2] = [
    "privatestack:plugin/types@0.1.0",
    "privatestack:plugin/documents@0.1.0",
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

/// Refuses a component that imports what no guest gets, or what its manifest does not ask for.
pub(super) fn check_imports(
    plugin: &str,
    engine: &Engine,
    component: &Component,
    granted: &[Capability],
) -> Result<(), PluginError> {
    for import in imports(engine, component) {
        let plugin = plugin.to_owned();
        match Capability::of(&import) {
            Some(asked) if granted.contains(&asked) => {}
            Some(asked) => {
                return Err(PluginError::Ungranted {
                    plugin,
                    import,
                    capability: asked.name().to_owned(),
                });
            }
            None => return Err(PluginError::Import { plugin, import }),
        }
    }
    Ok(())
}

/// What a component imports that can be called.
pub(super) fn imports(engine: &Engine, component: &Component) -> Vec<String> {
    let kind = component.component_type();
    let names = kind.imports(engine).map(|(name, _)| name.to_owned());
    names
        .filter(|name| !TYPES.contains(&name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::config::PluginsConfig;
    use crate::domain::fault::Fault;

    use super::super::sandbox::Sandbox;
    use super::*;

    #[test]
    fn a_component_that_imports_files_is_refused_by_name() {
        let component =
            wat::parse_str(r#"(component (import "wasi:filesystem/types@0.2.0" (instance)))"#)
                .unwrap();
        let sandbox = Sandbox::new(&PluginsConfig::default()).unwrap();
        let component = wasmtime::component::Component::new(sandbox.engine(), component).unwrap();
        let error =
            check_imports("nosy", sandbox.engine(), &component, &Capability::ALL).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the plugin nosy asks for wasi:filesystem/types@0.2.0, which plugins do not get"
        );
        assert!(error.hint().unwrap().contains("stub-wasi"));
    }
}
