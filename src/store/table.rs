//! Table<K, V>: typed rows over byte tables.
//!
//! A row is one version byte, the number in the table's name, and then the value in postcard.
//! Decoding happens here because redb's own `Value::from_bytes` cannot fail.

use std::marker::PhantomData;
use std::ops::Bound;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::codec::Key;
use super::transaction::Reads;

/// A table by its name, such as `documents/1`, with the types of its keys and values.
pub struct Table<K, V> {
    name: &'static str,
    version: u8,
    row: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Table<K, V> {}

impl<K, V> Table<K, V> {
    /// The table of this name; it ends in `/` and the version of its layout, 1 to 255.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            version: version(name),
            row: PhantomData,
        }
    }

    /// Its name, with the version.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

const fn version(name: &str) -> u8 {
    let bytes = name.as_bytes();
    let mut at = bytes.len();
    let mut unit = 1u32;
    let mut version = 0u32;
    while at > 0 && bytes[at - 1] != b'/' {
        at -= 1;
        assert!(bytes[at].is_ascii_digit(), "a table's name ends in /NUMBER");
        version += (bytes[at] - b'0') as u32 * unit;
        unit *= 10;
    }
    assert!(
        at > 1 && version > 0 && version < 256,
        "a table's name ends in /1 to /255"
    );
    version as u8
}

impl<K: Key, V> Table<K, V> {
    pub(super) fn key(&self, bytes: &[u8]) -> Result<K, StoreError> {
        K::from_bytes(bytes).ok_or_else(|| self.corrupt(bytes, "the key is of another form"))
    }

    /// Decodes a row into a type with the same layout as `V`, which may borrow from it.
    pub(super) fn decode<'a, T: Deserialize<'a>>(
        &self,
        key: &[u8],
        row: &'a [u8],
    ) -> Result<T, StoreError> {
        let Some((&version, value)) = row.split_first() else {
            return Err(self.corrupt(key, "the row is empty"));
        };
        if version != self.version {
            return Err(self.corrupt(key, &format!("the row has layout {version}")));
        }
        match postcard::take_from_bytes(value) {
            Ok((value, [])) => Ok(value),
            Ok((_, rest)) => Err(self.corrupt(key, &format!("{} bytes are left over", rest.len()))),
            Err(error) => Err(self.corrupt(key, &error.to_string())),
        }
    }

    fn corrupt(&self, key: &[u8], reason: &str) -> StoreError {
        let key = match K::from_bytes(key) {
            Some(key) => format!("{key:?}"),
            None => hex(key),
        };
        StoreError::Corrupt {
            table: self.name,
            key,
            reason: reason.to_owned(),
        }
    }
}

impl<K: Key, V: Serialize> Table<K, V> {
    pub(super) fn encode(&self, value: &V) -> Result<Vec<u8>, StoreError> {
        postcard::to_extend(value, vec![self.version]).map_err(|error| StoreError::Unwritable {
            table: self.name,
            reason: error.to_string(),
        })
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A range of keys, as bytes.
#[derive(Clone, Debug)]
pub struct Span {
    pub(super) start: Bound<Vec<u8>>,
    pub(super) end: Bound<Vec<u8>>,
}

impl Span {
    pub(super) fn all() -> Self {
        Self {
            start: Bound::Unbounded,
            end: Bound::Unbounded,
        }
    }

    /// Every key that begins with these bytes.
    pub(super) fn prefix(bytes: Vec<u8>) -> Self {
        let end = match successor(&bytes) {
            Some(next) => Bound::Excluded(next),
            None => Bound::Unbounded,
        };
        Self {
            start: Bound::Included(bytes),
            end,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        use Bound::{Excluded, Included, Unbounded};
        match (&self.start, &self.end) {
            (Included(start), Included(end)) => start > end,
            (Included(start) | Excluded(start), Excluded(end)) => start >= end,
            (Excluded(start), Included(end)) => start >= end,
            (Unbounded, _) | (_, Unbounded) => false,
        }
    }
}

/// The first bytes that sort after everything beginning with these.
fn successor(bytes: &[u8]) -> Option<Vec<u8>> {
    let last = bytes.iter().rposition(|&byte| byte != 0xFF)?;
    let mut next = bytes[..=last].to_vec();
    next[last] += 1;
    Some(next)
}

/// Rows of a table in the order of their keys, read a page at a time.
pub struct Rows<'tx, R: Reads + ?Sized, K, V> {
    tx: &'tx R,
    table: Table<K, V>,
    span: Span,
    reverse: bool,
    page: std::vec::IntoIter<(Vec<u8>, Vec<u8>)>,
    done: bool,
}

/// Rows fetched at once: the tree is walked down once for each page.
const PAGE: usize = 128;

impl<'tx, R: Reads + ?Sized, K: Key, V> Rows<'tx, R, K, V> {
    pub(super) fn new(tx: &'tx R, table: Table<K, V>, span: Span) -> Self {
        let done = span.is_empty();
        Self {
            tx,
            table,
            span,
            reverse: false,
            page: Vec::new().into_iter(),
            done,
        }
    }

    /// The last row first. Ids sort by age, so that is newest first.
    #[must_use]
    pub fn newest_first(mut self) -> Self {
        self.reverse = true;
        self
    }

    /// Goes on behind this key, in the direction of travel: a cursor of a list.
    #[must_use]
    pub fn after(mut self, key: &K) -> Self {
        self.pass(key.to_bytes());
        self
    }

    /// Goes on behind `key` if there is one.
    #[must_use]
    pub fn after_some(self, key: Option<&K>) -> Self {
        match key {
            Some(key) => self.after(key),
            None => self,
        }
    }

    fn pass(&mut self, key: Vec<u8>) {
        let end = if self.reverse {
            &mut self.span.end
        } else {
            &mut self.span.start
        };
        *end = Bound::Excluded(key);
        self.done |= self.span.is_empty();
    }

    fn fetch(&mut self) -> Result<(), StoreError> {
        let page = self
            .tx
            .page(self.table.name, &self.span, self.reverse, PAGE)?;
        match page.last() {
            Some((key, _)) if page.len() == PAGE => self.pass(key.clone()),
            _ => self.done = true,
        }
        self.page = page.into_iter();
        Ok(())
    }
}

impl<R: Reads + ?Sized, K: Key, V: DeserializeOwned> Iterator for Rows<'_, R, K, V> {
    type Item = Result<(K, V), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0
            && !self.done
            && let Err(error) = self.fetch()
        {
            self.done = true;
            return Some(Err(error));
        }
        let (key, row) = self.page.next()?;
        let value = self.table.decode(&key, &row);
        Some(self.table.key(&key).and_then(|key| Ok((key, value?))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_carries_the_version_of_its_rows() {
        assert_eq!(Table::<u32, u32>::new("things/1").version, 1);
        assert_eq!(Table::<u32, u32>::new("things/217").version, 217);
    }

    #[test]
    fn a_row_of_another_layout_is_an_error_that_names_the_place() {
        let table = Table::<u32, String>::new("things/2");
        let row = table.encode(&"kept".to_owned()).unwrap();
        assert_eq!(
            table.decode::<String>(&7u32.to_bytes(), &row).unwrap(),
            "kept"
        );
        let long = [row.as_slice(), &[0]].concat();
        let old = [&[1], &row[1..]].concat();
        for bad in [&[][..], &row[..3], &long, &old] {
            let error = table
                .decode::<String>(&7u32.to_bytes(), bad)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("things/2") && error.contains("key 7"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_prefix_ends_before_its_successor() {
        assert_eq!(successor(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(successor(&[1, 0xFF]), Some(vec![2]));
        assert_eq!(successor(&[0xFF]), None);
        assert!(!Span::prefix(vec![0xFF]).is_empty());
    }
}
