//! Cuts texts into passages. What a plugin of this world must say; the types are those of `wit/`, and what the host
//! offers is in [`sdk::host`].

#[doc(hidden)]
pub mod bindings {
    #![allow(missing_docs, reason = "generated; the documentation is in wit/")]
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "chunker-plugin",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "world_chunker::bindings",
        additional_derives: [PartialEq, Clone],
    });
}

pub use bindings::privatestack::plugin::documents::{Lengths, Markup, Passage};
pub use bindings::privatestack::plugin::types::Span;

sdk::world! {
    ($) world_chunker::chunker;
    /// What the plugin must say.
    trait Chunker {
        /// Passages in order, without overlap; none: as the box cuts.
        fn cut(text: String, markup: Markup, lengths: Lengths) -> Vec<Passage>;
    }
}
