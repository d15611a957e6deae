//! Key: bytes that sort as the key does.
//!
//! Numbers are big-endian, ids are their 16 bytes, text ends in `00 00` with `00` inside it
//! written as `00 FF`, and a tuple is its parts one after the other. So the rows of one workspace
//! stand together and a prefix of a tuple is a range of its table.

use std::fmt;

use crate::domain::graph::EntityKey;
use crate::domain::id::{
    ApiKeyId, ConversationId, DocumentId, RequestId, SessionId, TurnId, UserId, WorkspaceId,
};
use crate::domain::time::Timestamp;

/// A value that can stand as the key of a row.
pub trait Key: Sized + fmt::Debug {
    /// Appends its bytes; they sort as the values do, also inside a tuple.
    fn write(&self, out: &mut Vec<u8>);

    /// Takes one off the front of `bytes`; `None` if that is not how such a key is written.
    fn read(bytes: &mut &[u8]) -> Option<Self>;

    /// Its bytes alone.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(40);
        self.write(&mut out);
        out
    }

    /// The key that has exactly these bytes.
    fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let key = Self::read(&mut bytes)?;
        bytes.is_empty().then_some(key)
    }
}

/// Keys whose bytes begin with the bytes of a `P`.
pub trait StartsWith<P: Key>: Key {}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = bytes.split_at_checked(count)?;
    *bytes = tail;
    Some(head)
}

impl<const N: usize> Key for [u8; N] {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes, N)?.try_into().ok()
    }
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl Key for $number {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            fn read(bytes: &mut &[u8]) -> Option<Self> {
                Key::read(bytes).map(Self::from_be_bytes)
            }
        }
    )* };
}

numbers!(u8, u16, u32, u64);

macro_rules! ids {
    ($($id:ty),*) => { $(
        impl Key for $id {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.as_bytes());
            }

            fn read(bytes: &mut &[u8]) -> Option<Self> {
                Key::read(bytes).map(Self::from_bytes)
            }
        }
    )* };
}

ids!(
    ApiKeyId,
    ConversationId,
    DocumentId,
    RequestId,
    SessionId,
    TurnId,
    UserId,
    WorkspaceId
);

impl Key for Timestamp {
    fn write(&self, out: &mut Vec<u8>) {
        // With the sign flipped, moments before 1970 sort before those after.
        (self.as_millis().cast_unsigned() ^ (1 << 63)).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let flipped = u64::read(bytes)? ^ (1 << 63);
        Some(Self::from_millis(flipped.cast_signed()))
    }
}

impl Key for String {
    fn write(&self, out: &mut Vec<u8>) {
        for byte in self.bytes() {
            out.push(byte);
            if byte == 0 {
                out.push(0xFF);
            }
        }
        out.extend_from_slice(&[0, 0]);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let mut text = Vec::new();
        loop {
            match take(bytes, 1)? {
                [0] => match take(bytes, 1)? {
                    [0] => return Self::from_utf8(text).ok(),
                    [0xFF] => text.push(0),
                    _ => return None,
                },
                other => text.extend_from_slice(other),
            }
        }
    }
}

/// The beginning of a text, for ranges: it has no end mark, so it is never the key of a row.
#[derive(Debug)]
pub(super) struct Stem<'a>(pub(super) &'a str);

impl Key for Stem<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.to_owned().write(out);
        out.truncate(out.len() - 2);
    }

    fn read(_: &mut &[u8]) -> Option<Self> {
        None
    }
}

impl Key for EntityKey {
    fn write(&self, out: &mut Vec<u8>) {
        self.as_str().to_owned().write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        String::read(bytes)?.parse().ok()
    }
}

macro_rules! tuples {
    ($(($($part:ident $index:tt),*))*) => { $(
        impl<$($part: Key),*> Key for ($($part,)*) {
            fn write(&self, out: &mut Vec<u8>) {
                $(self.$index.write(out);)*
            }

            fn read(bytes: &mut &[u8]) -> Option<Self> {
                Some(($($part::read(bytes)?,)*))
            }
        }
    )* };
}

tuples! { (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) }

impl<A: Key, B: Key> StartsWith<A> for (A, B) {}
impl<A: Key, B: Key, C: Key> StartsWith<A> for (A, B, C) {}
impl<A: Key, B: Key, C: Key> StartsWith<(A, B)> for (A, B, C) {}
impl<A: Key, C: Key> StartsWith<(A, Stem<'_>)> for (A, String, C) {}
impl<A: Key, C: Key> StartsWith<(A, Stem<'_>)> for (A, EntityKey, C) {}
impl<A: Key, B: Key, C: Key, D: Key> StartsWith<A> for (A, B, C, D) {}
impl<A: Key, B: Key, C: Key, D: Key> StartsWith<(A, B)> for (A, B, C, D) {}
impl<A: Key, B: Key, C: Key, D: Key> StartsWith<(A, B, C)> for (A, B, C, D) {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Sample = (String, u32, String, u64);

    proptest! {
        #[test]
        fn bytes_sort_as_keys_do(left: Sample, right: Sample) {
            prop_assert_eq!(left.to_bytes().cmp(&right.to_bytes()), left.cmp(&right));
        }

        #[test]
        fn texts_with_zeros_sort_as_texts_do(left in "[\0\u{1}a]{0,5}", right in "[\0\u{1}a]{0,5}") {
            let (a, b) = ((left.clone(), 1u8), (right.clone(), 1u8));
            prop_assert_eq!(a.to_bytes().cmp(&b.to_bytes()), left.cmp(&right));
        }

        #[test]
        fn a_stem_begins_the_texts_that_begin_with_it(text in "[\0a-b]{0,6}", stem in "[\0a-b]{0,3}") {
            let (bytes, prefix) = ((1u8, text.clone()).to_bytes(), (1u8, Stem(&stem)).to_bytes());
            prop_assert_eq!(bytes.starts_with(&prefix), text.starts_with(&stem));
        }

        #[test]
        fn a_key_reads_back(key: Sample, millis: i64) {
            let when = Timestamp::from_millis(millis);
            prop_assert_eq!(Sample::from_bytes(&key.to_bytes()), Some(key));
            prop_assert_eq!(Timestamp::from_bytes(&when.to_bytes()), Some(when));
        }

        #[test]
        fn moments_sort_as_bytes(left: i64, right: i64) {
            let bytes = |millis| Timestamp::from_millis(millis).to_bytes();
            prop_assert_eq!(bytes(left).cmp(&bytes(right)), left.cmp(&right));
        }

        #[test]
        fn any_bytes_are_a_key_or_none(bytes: Vec<u8>) {
            if let Some(key) = Sample::from_bytes(&bytes) {
                prop_assert_eq!(key.to_bytes(), bytes);
            }
        }
    }
}
