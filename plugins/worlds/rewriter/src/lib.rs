//! Says what to search for. What a plugin of this world must say; the types are those of `wit/`, and what the host
//! offers is in [`sdk::host`].

#[doc(hidden)]
pub mod bindings {
    #![allow(missing_docs, reason = "generated; the documentation is in wit/")]
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "rewriter-plugin",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "world_rewriter::bindings",
        additional_derives: [PartialEq, Clone],
    });
}

pub use bindings::exports::privatestack::plugin::rewriter::Query;

sdk::world! {
    ($) world_rewriter::rewriter;
    /// What the plugin must say.
    trait Rewriter {
        /// Up to three texts that are searched for beside the question.
        fn rewrite(query: Query) -> Vec<String>;
    }
}
