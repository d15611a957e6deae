//! Orders passages that were found. What a plugin of this world must say, and how it becomes what the host calls. The types are
//! those of `wit/`; the host's offers are in [`sdk::host`].

use std::marker::PhantomData;

use sdk::hook;

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

#[doc(hidden)]
pub use bindings::export_bindings;
pub use bindings::exports::privatestack::plugin::lifecycle::{Description, Guest as Lifecycle};
pub use bindings::exports::privatestack::plugin::reranker::Ranked;
use bindings::exports::privatestack::plugin::{lifecycle, reranker};
pub use bindings::privatestack::plugin::documents::Candidate;

/// What the plugin must say.
pub trait Reranker: 'static {
    /// The best first; a candidate that is not named is left out.
    fn rerank(question: String, candidates: Vec<Candidate>) -> Vec<Ranked>;
}

/// Makes a type that is [`Lifecycle`] and [`Reranker`] the guest of this library.
#[macro_export]
macro_rules! export {
    ($plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        type Guest = $crate::Exported<$plugin>;
        #[cfg(target_arch = "wasm32")]
        $crate::export_bindings!(Guest with_types_in $crate::bindings);
    };
}

/// What [`export`] exports: the plugin with its panics told to the host.
pub struct Exported<P>(PhantomData<P>);

impl<P: Lifecycle> lifecycle::Guest for Exported<P> {
    fn describe() -> Description {
        hook::install();
        P::describe()
    }
}

impl<P: Reranker> reranker::Guest for Exported<P> {
    fn rerank(question: String, candidates: Vec<Candidate>) -> Vec<Ranked> {
        hook::install();
        P::rerank(question, candidates)
    }
}
