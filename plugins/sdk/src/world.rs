//! What the crates in `plugins/worlds` have in common: a plugin's trait, and how it becomes the
//! guest of its world with its panics told to the host.

/// Makes the trait that a plugin of a world must have, and the macro `export` that makes a type
/// with it the guest of its library. To be used beside the `bindings` of the world, in the crate that
/// is named; the sign in brackets is needed by the macro within.
#[macro_export]
macro_rules! world {
    (
        ($d:tt) $own:ident::$module:ident;
        $(#[$about:meta])*
        trait $plugin:ident {
            $(with $kind:ident: $bound:path;)?
            $($(#[$call_about:meta])* fn $call:ident($($name:ident: $type:ty),*) -> $answer:ty;)+
        }
    ) => {
        #[doc(hidden)]
        pub use bindings::export_bindings;
        pub use bindings::exports::privatestack::plugin::lifecycle::{
            Description, Guest as Lifecycle,
        };

        $(#[$about])*
        pub trait $plugin: 'static {
            $(
                /// Does one stream to the same end as the whole.
                type $kind: $bound;
            )?
            $($(#[$call_about])* fn $call($($name: $type),*) -> $answer;)+
        }

        /// What `export` exports: the plugin with its panics told to the host.
        pub struct Exported<P>(std::marker::PhantomData<P>);

        impl<P: Lifecycle> Lifecycle for Exported<P> {
            fn describe() -> Description {
                $crate::hook::install();
                P::describe()
            }
        }

        impl<P: $plugin> bindings::exports::privatestack::plugin::$module::Guest for Exported<P> {
            $(type $kind = P::$kind;)?

            $(fn $call($($name: $type),*) -> $answer {
                $crate::hook::install();
                P::$call($($name),*)
            })+
        }

        /// Makes a type that has the traits of this world the guest of this library.
        #[macro_export]
        macro_rules! export {
            ($d plugin:ident) => {
                #[cfg(target_arch = "wasm32")]
                type Guest = $own::Exported<$d plugin>;
                #[cfg(target_arch = "wasm32")]
                $own::export_bindings!(Guest with_types_in $own::bindings);
            };
        }
    };
}
