//! The bindings over `wit/`, one module for each world, and nothing else. What worlds share is made
//! once, with the guardrail.

pub(super) mod guardrail {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "guardrail-plugin",
        imports: { default: trappable },
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

/// A world that shares what stands here beside it; its calls are rare and own what they hand over.
macro_rules! world {
    ($module:ident, $world:literal, $($interface:literal: $shared:path),*) => {
        pub(super) mod $module {
            wasmtime::component::bindgen!({
                path: "wit",
                world: $world,
                imports: { default: trappable },
                with: {
                    "privatestack:plugin/host-log": super::guardrail::privatestack::plugin::host_log,
                    "privatestack:plugin/host-config": super::guardrail::privatestack::plugin::host_config,
                    "privatestack:plugin/host-clock": super::guardrail::privatestack::plugin::host_clock,
                    "privatestack:plugin/host-kv": super::guardrail::privatestack::plugin::host_kv,
                    "privatestack:plugin/host-embed": super::guardrail::privatestack::plugin::host_embed,
                    $($interface: $shared),*
                },
            });
        }
    };
}

world!(
    extractor, "extractor-plugin",
    "privatestack:plugin/types": super::guardrail::privatestack::plugin::types
);
world!(
    chunker, "chunker-plugin",
    "privatestack:plugin/types": super::guardrail::privatestack::plugin::types,
    "privatestack:plugin/documents": super::extractor::privatestack::plugin::documents
);
world!(rewriter, "rewriter-plugin",);
world!(
    reranker, "reranker-plugin",
    "privatestack:plugin/types": super::guardrail::privatestack::plugin::types,
    "privatestack:plugin/documents": super::extractor::privatestack::plugin::documents
);
world!(
    formatter, "formatter-plugin",
    "privatestack:plugin/types": super::guardrail::privatestack::plugin::types
);
