//! What the host offers to a guest whose manifest asks for it.
//!
//! In tests, which run without a host, nothing is logged, and set is what [`set`] sets.

use crate::Level;

/// A line for the people who run the box. Never log the text that is judged.
pub fn log(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::privatestack::plugin::host_log::log(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = (level, message);
}

/// A setting of this plugin, as it was written; `None` where it is not set. It does not change
/// while an instance lives, so reading it once is enough.
pub fn config(key: &str) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::privatestack::plugin::host_config::get(key);
    #[cfg(not(target_arch = "wasm32"))]
    return tests::get(key);
}

/// A value that an earlier call kept under this key.
pub fn kv_get(key: &str) -> Option<Vec<u8>> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::privatestack::plugin::host_kv::get(key);
    #[cfg(not(target_arch = "wasm32"))]
    return tests::kv_get(key);
}

/// Keeps a value under this key; false where it is too long or there is no room.
pub fn kv_set(key: &str, value: &[u8]) -> bool {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::privatestack::plugin::host_kv::set(key, value).is_ok();
    #[cfg(not(target_arch = "wasm32"))]
    return tests::kv_set(key, value);
}

/// A vector of length 1 for each text, by the box's embedding model; `None` where there is none,
/// and in tests.
pub fn embed(question: bool, texts: &[String]) -> Option<Vec<Vec<f32>>> {
    #[cfg(target_arch = "wasm32")]
    {
        use crate::bindings::privatestack::plugin::host_embed::{Purpose, embed};
        let purpose = match question {
            true => Purpose::Question,
            false => Purpose::Passage,
        };
        embed(purpose, texts).ok()
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = (question, texts);
        None
    }
}

/// What stands for the host's settings where there is no host.
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    thread_local! {
        static SETTINGS: RefCell<BTreeMap<String, String>> = RefCell::default();
        static KEPT: RefCell<BTreeMap<String, Vec<u8>>> = RefCell::default();
    }

    pub(super) fn kv_get(key: &str) -> Option<Vec<u8>> {
        KEPT.with_borrow(|kept| kept.get(key).cloned())
    }

    pub(super) fn kv_set(key: &str, value: &[u8]) -> bool {
        KEPT.with_borrow_mut(|kept| kept.insert(key.to_owned(), value.to_vec()));
        true
    }

    pub(super) fn get(key: &str) -> Option<String> {
        SETTINGS.with_borrow(|settings| settings.get(key).cloned())
    }

    #[cfg(feature = "testing")]
    pub(super) fn set(key: &str, value: &str) {
        SETTINGS.with_borrow_mut(|settings| settings.insert(key.to_owned(), value.to_owned()));
    }
}

/// Sets what [`config`] answers on this thread, for tests.
#[cfg(all(feature = "testing", not(target_arch = "wasm32")))]
pub fn set(key: &str, value: &str) {
    tests::set(key, value);
}

/// Milliseconds since 1970, UTC, to the next ten.
pub fn now_ms() -> u64 {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::privatestack::plugin::host_clock::now_ms();
    #[cfg(not(target_arch = "wasm32"))]
    {
        #[allow(clippy::disallowed_methods, reason = "there is no host to ask")]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| since.as_millis() as u64)
    }
}
