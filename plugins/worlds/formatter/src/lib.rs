//! Gives answers their form. What a plugin of this world must say, and how it becomes what the host calls. The types are
//! those of `wit/`; the host's offers are in [`sdk::host`].

use std::marker::PhantomData;

use sdk::hook;

#[doc(hidden)]
pub mod bindings {
    #![allow(missing_docs, reason = "generated; the documentation is in wit/")]
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "formatter-plugin",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "world_formatter::bindings",
        additional_derives: [PartialEq, Clone],
    });
}

#[doc(hidden)]
pub use bindings::export_bindings;
pub use bindings::exports::privatestack::plugin::formatter::{
    Change, Emission, GuestSession, Session,
};
pub use bindings::exports::privatestack::plugin::lifecycle::{Description, Guest as Lifecycle};
use bindings::exports::privatestack::plugin::{formatter, lifecycle};
pub use bindings::privatestack::plugin::types::Span;

/// What the plugin must say.
pub trait Formatter: 'static {
    /// Forms one stream, to the same end as [`Formatter::format`].
    type Session: GuestSession;

    /// Changes of a whole answer, in order, without overlap.
    fn format(answer: String) -> Vec<Change>;
}

/// Makes a type that is [`Lifecycle`] and [`Formatter`] the guest of this library.
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

impl<P: Formatter> formatter::Guest for Exported<P> {
    type Session = P::Session;

    fn format(answer: String) -> Vec<Change> {
        hook::install();
        P::format(answer)
    }
}
