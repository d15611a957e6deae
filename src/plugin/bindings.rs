//! The bindings over `wit/`, and nothing else.

wasmtime::component::bindgen!({
    path: "wit",
    world: "guardrail-plugin",
    ownership: Borrowing { duplicate_if_necessary: true },
});
