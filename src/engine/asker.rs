//! Whose an answer is: all that the queue needs to know of people to be fair between them.

/// Somebody who asks, as the queue sees them. All of a person's keys, sessions and workspaces
/// count as one. Those of whom nothing is said ([`Asker::default`]: the box itself, its operator)
/// count as one together, and alone have no bound but the queue's.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Asker([u8; 16]);

impl std::fmt::Debug for Asker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asker(…)")
    }
}

impl Asker {
    /// The asker of this name, such as the id of an account: equal names are the same asker.
    pub fn named(name: &str) -> Self {
        let digest = blake3::derive_key("privatestack 2026 asker in the queue", name.as_bytes());
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        Self(half)
    }
}
