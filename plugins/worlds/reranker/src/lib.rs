//! Orders passages that were found. What a plugin of this world must say; the types are those of `wit/`, and what the host
//! offers is in [`sdk::host`].

#[doc(hidden)]
pub mod bindings {
    #![allow(missing_docs, reason = "generated; the documentation is in wit/")]
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "reranker-plugin",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "world_reranker::bindings",
        additional_derives: [PartialEq, Clone],
    });
}

pub use bindings::exports::privatestack::plugin::reranker::Ranked;
pub use bindings::privatestack::plugin::documents::Candidate;

sdk::world! {
    ($) world_reranker::reranker;
    /// What the plugin must say.
    trait Reranker {
        /// The best first; a candidate that is not named is left out.
        fn rerank(question: String, candidates: Vec<Candidate>) -> Vec<Ranked>;
    }
}
