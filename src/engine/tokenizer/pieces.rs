//! What each token says, for a whole vocabulary in two lists: a box for each token would take some
//! 50 bytes more, and vocabularies have up to 262,144.

/// What all tokens say, by number.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    bytes: Vec<u8>,
    /// Where each one's bytes end; those before it say where they begin.
    ends: Vec<u32>,
    /// Tokens of which a reader should see nothing. They have no bytes.
    hidden: Vec<bool>,
}

/// What one token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'p> {
    /// Nothing that a reader should see.
    Hidden,
    /// These bytes: perhaps only a part of a character.
    Bytes(&'p [u8]),
}

impl Pieces {
    /// So many tokens that say nothing.
    pub(super) fn hidden(count: usize) -> Self {
        Self {
            bytes: Vec::new(),
            ends: vec![0; count],
            hidden: vec![true; count],
        }
    }

    /// Adds what the next token says. The bytes of all must fit 4 GiB: vocabularies are bounded
    /// to far less before they are read.
    pub(super) fn push(&mut self, piece: Piece<'_>) {
        if let Piece::Bytes(bytes) = piece {
            self.bytes.extend_from_slice(bytes);
        }
        let end = u32::try_from(self.bytes.len());
        self.ends.push(end.expect("vocabularies are bounded"));
        self.hidden.push(piece == Piece::Hidden);
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// What token `token` says, if there is one.
    pub(super) fn get(&self, token: u32) -> Option<Piece<'_>> {
        let at = token as usize;
        let end = *self.ends.get(at)? as usize;
        if self.hidden[at] {
            return Some(Piece::Hidden);
        }
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(Piece::Bytes(&self.bytes[start as usize..end]))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Piece<'_>> {
        (0_u32..).map_while(|token| self.get(token))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_token_says_what_it_was_given(
            said in prop::collection::vec(prop::option::of(prop::collection::vec(any::<u8>(), 0..6)), 0..20),
        ) {
            let given: Vec<Piece<'_>> = said
                .iter()
                .map(|said| said.as_deref().map_or(Piece::Hidden, Piece::Bytes))
                .collect();
            let mut pieces = Pieces::default();
            given.iter().for_each(|given| pieces.push(*given));
            prop_assert_eq!(pieces.iter().collect::<Vec<_>>(), given);
            prop_assert_eq!(pieces.len(), said.len());
            prop_assert_eq!(pieces.get(u32::try_from(said.len()).expect("few")), None);
        }
    }
}
