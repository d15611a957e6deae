//! Reads the text out of files. What a plugin of this world must say; the types are those of `wit/`, and what the host
//! offers is in [`sdk::host`].

#[doc(hidden)]
pub mod bindings {
    #![allow(missing_docs, reason = "generated; the documentation is in wit/")]
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "extractor-plugin",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "world_extractor::bindings",
        additional_derives: [PartialEq, Clone],
    });
}

pub use bindings::exports::privatestack::plugin::extractor::Kinds;
pub use bindings::privatestack::plugin::documents::{Extracted, Failure, File, Markup, Page};

sdk::world! {
    ($) world_extractor::extractor;
    /// What the plugin must say.
    trait Extractor {
        /// What it reads.
        fn reads() -> Kinds;
        /// The text of a file, or why it has none.
        fn extract(file: File) -> Result<Extracted, Failure>;
    }
}
