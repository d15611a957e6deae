//! What becomes of a guest's panic.

/// Sends the place of a panic to the host's log; the trap that follows says no more than
/// "unreachable". The message stays here: a failed slice quotes the text that was judged.
pub fn install() {
    #[cfg(target_arch = "wasm32")]
    {
        use crate::bindings::privatestack::plugin::host_log::{Level, log};
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            std::panic::set_hook(Box::new(|info| {
                let place = info
                    .location()
                    .map(|at| format!("{}:{}", at.file(), at.line()));
                log(
                    Level::Error,
                    &format!("panic at {}", place.as_deref().unwrap_or("?")),
                );
            }));
        });
    }
}
