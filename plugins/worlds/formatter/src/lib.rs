//! Gives answers their form. What a plugin of this world must say; the types are those of `wit/`, and what the host
//! offers is in [`sdk::host`].

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

pub use bindings::exports::privatestack::plugin::formatter::{
    Change, Emission, GuestSession, Session,
};
pub use bindings::privatestack::plugin::types::Span;

sdk::world! {
    ($) world_formatter::formatter;
    /// What the plugin must say.
    trait Formatter {
        with Session: GuestSession;
        /// Changes of a whole answer, in order, without overlap.
        fn format(answer: String) -> Vec<Change>;
    }
}
