//! What a guest is written against: the bindings over `wit/`, a macro that exports a guard, what
//! the host offers ([`host`]), and the two things every guard needs and none should write twice: the way from the normalised view
//! back to the text ([`map`]), and a stream that redacts as the whole text would be ([`window`]).
//!
//! The other worlds are the small crates in `plugins/worlds`, on this one.
//!
//! Everything but the export itself also compiles for the host, so rules are tested there.

mod guard;
pub mod hook;
pub mod host;
pub mod map;
#[cfg(feature = "testing")]
pub mod testing;
pub mod window;
mod world;

#[doc(hidden)]
pub mod bindings {
    #![allow(missing_docs, reason = "generated; the documentation is in wit/")]
    wit_bindgen::generate!({
        path: "../../wit",
        world: "guardrail-plugin",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "sdk::bindings",
        additional_derives: [PartialEq, Clone],
    });
}

#[doc(hidden)]
pub use bindings::export_bindings;

pub use bindings::exports::privatestack::plugin::guardrail::{
    Emission, GuestSession, Session, Step,
};
pub use bindings::exports::privatestack::plugin::lifecycle::{Description, Guest as Lifecycle};
pub use bindings::privatestack::plugin::host_log::Level;
pub use bindings::privatestack::plugin::types::{
    Decoded, Disguise, Edit, Finding, Reason, Run, Side, Span, Subject, Verdict,
};
pub use guard::{Exported, Guardrail};

/// Makes a type that is [`Lifecycle`] and [`Guardrail`] the guest of this library.
#[macro_export]
macro_rules! export {
    ($guard:ident) => {
        #[cfg(target_arch = "wasm32")]
        type Guest = $crate::Exported<$guard>;
        #[cfg(target_arch = "wasm32")]
        $crate::export_bindings!(Guest with_types_in $crate::bindings);
    };
}

/// A finding with one span; offsets are bytes of the subject's text.
pub fn finding(span: std::ops::Range<usize>, label: &str, score: f32) -> Finding {
    Finding {
        span: Span {
            start: offset(span.start),
            end: offset(span.end),
        },
        label: label.to_owned(),
        score,
    }
}

/// The host refuses texts of 4 GiB long before they get here.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).expect("a text is shorter than 4 GiB")
}
