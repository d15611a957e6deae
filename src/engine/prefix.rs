//! Prompt prefixes that were read before need not be read again: pages of keys and values are
//! found by the name of what they hold.
//!
//! The name of a page is a hash over the name of the page before it and its own tokens, so equal
//! names mean equal beginnings. The first name comes from a [`Scope`]: nobody's prompt finds what
//! somebody else's has left, and so neither content nor timing tells of it.

use super::kernels::attention::PAGE;

/// Who may find what a sequence leaves behind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Scope([u8; 32]);

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scope(…)")
    }
}

impl Scope {
    /// The scope that these facts together stand for: equal lists give equal scopes.
    pub fn of(facts: &[&str]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("privatestack 2026 scope of a prefix");
        for fact in facts {
            hasher.update(&(fact.len() as u64).to_le_bytes());
            hasher.update(fact.as_bytes());
        }
        Self(hasher.finalize().into())
    }
}

/// What a full page holds, and all before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PageName([u8; 32]);

/// Names of full pages, one following from the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain(blake3::Hash);

impl Chain {
    /// The beginning of every chain in a scope.
    pub(super) fn new(scope: Scope) -> Self {
        Self(blake3::Hash::from_bytes(scope.0))
    }

    /// The name of the next page, which holds these tokens.
    pub(super) fn next(&mut self, tokens: &[u32]) -> PageName {
        debug_assert_eq!(tokens.len(), PAGE, "only full pages have names");
        let mut hasher = blake3::Hasher::new_keyed(self.0.as_bytes());
        for token in tokens {
            hasher.update(&token.to_le_bytes());
        }
        self.0 = hasher.finalize();
        PageName(self.0.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_scope_and_everything_before() {
        let (first, second): (Vec<u32>, Vec<u32>) = ((0..32).collect(), (1..33).collect());
        let names = |scope: &[&str], pages: &[&Vec<u32>]| {
            let mut chain = Chain::new(Scope::of(scope));
            pages
                .iter()
                .map(|page| chain.next(page))
                .collect::<Vec<_>>()
        };
        let one = names(&["ws", "ada"], &[&first, &second]);
        assert_eq!(one, names(&["ws", "ada"], &[&first, &second]));
        assert_ne!(one[1], names(&["ws", "ada"], &[&second, &second])[1]);
        for other in [&["ws", "bob"][..], &["wsada"], &["ws", "ada", ""], &[]] {
            assert_ne!(one[0], names(other, &[&first])[0], "{other:?}");
        }
    }
}
