//! The bindings over `wit/`, and nothing else.

wasmtime::component::bindgen!({
    path: "wit",
    world: "guardrail-plugin",
    imports: { default: trappable },
    ownership: Borrowing { duplicate_if_necessary: true },
});
