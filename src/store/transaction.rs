//! Transactions: a snapshot to read, and the writer's own with a journal to take back one write.

use std::cell::{Cell, RefCell};
use std::ops::{Bound, ControlFlow};

use redb::{
    Database, Durability, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable,
    TableDefinition, TableError, WriteTransaction,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::codec::{Key, StartsWith};
use super::table::{Rows, Span, Table};

type Bytes = &'static [u8];
/// Key and row, as bytes.
pub(super) type Row = (Vec<u8>, Vec<u8>);
/// What is called with each row of a visit.
pub(super) type Visitor<'v> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError> + 'v;

const fn definition(name: &'static str) -> TableDefinition<'static, Bytes, Bytes> {
    TableDefinition::new(name)
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::ReadTx {}
    impl Sealed for super::WriteTx {}
}

/// What both transactions can do. Queries are written against it, so that they run in either.
pub trait Reads: sealed::Sealed {
    #[doc(hidden)]
    fn row(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    #[doc(hidden)]
    fn visit_rows(
        &self,
        table: &'static str,
        span: &Span,
        reverse: bool,
        visitor: &mut Visitor<'_>,
    ) -> Result<(), StoreError>;

    #[doc(hidden)]
    fn page(
        &self,
        table: &'static str,
        span: &Span,
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        self.visit_rows(table, span, reverse, &mut |key, row| {
            rows.push((key.to_vec(), row.to_vec()));
            let full = rows.len() >= limit;
            Ok(if full {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
        Ok(rows)
    }

    /// The value at `key`.
    fn get<K: Key, V: DeserializeOwned>(
        &self,
        table: Table<K, V>,
        key: &K,
    ) -> Result<Option<V>, StoreError> {
        let key = key.to_bytes();
        let row = self.row(table.name(), &key)?;
        row.map(|row| table.decode(&key, &row)).transpose()
    }

    /// Is there a row at `key`?
    fn has<K: Key, V>(&self, table: Table<K, V>, key: &K) -> Result<bool, StoreError> {
        Ok(self.row(table.name(), &key.to_bytes())?.is_some())
    }

    /// Every row.
    fn all<K: Key, V: DeserializeOwned>(&self, table: Table<K, V>) -> Rows<'_, Self, K, V> {
        Rows::new(self, table, Span::all())
    }

    /// The rows whose keys begin with `prefix`.
    fn prefix<P: Key, K: StartsWith<P>, V: DeserializeOwned>(
        &self,
        table: Table<K, V>,
        prefix: &P,
    ) -> Rows<'_, Self, K, V> {
        Rows::new(self, table, Span::prefix(prefix.to_bytes()))
    }

    /// Calls `f` with each row under `prefix` where it lies, without copying it.
    fn visit<P: Key, K: StartsWith<P>, V>(
        &self,
        table: Table<K, V>,
        prefix: &P,
        mut f: impl FnMut(K, Raw<'_, K, V>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>
    where
        Self: Sized,
    {
        let span = Span::prefix(prefix.to_bytes());
        self.visit_rows(table.name(), &span, false, &mut |key, row| {
            f(table.key(key)?, Raw { table, key, row })?;
            Ok(ControlFlow::Continue(()))
        })
    }
}

/// A row where it lies.
pub struct Raw<'a, K, V> {
    table: Table<K, V>,
    key: &'a [u8],
    row: &'a [u8],
}

impl<'a, K: Key, V> Raw<'a, K, V> {
    /// Decodes it as a type with the layout of `V`, which may borrow from it.
    pub(super) fn decode<T: Deserialize<'a>>(&self) -> Result<T, StoreError> {
        self.table.decode(self.key, self.row)
    }
}

/// A snapshot: what was committed when it began, and nothing that came later.
pub struct ReadTx {
    transaction: ReadTransaction,
    open: RefCell<Vec<(&'static str, ReadOnlyTable<Bytes, Bytes>)>>,
}

impl ReadTx {
    pub(super) fn begin(database: &Database) -> Result<Self, StoreError> {
        Ok(Self {
            transaction: database.begin_read()?,
            open: RefCell::default(),
        })
    }

    /// Runs `f` on the table; `None` if nothing was ever written to it.
    fn with<T>(
        &self,
        name: &'static str,
        f: impl FnOnce(&ReadOnlyTable<Bytes, Bytes>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut open = self.open.borrow_mut();
        let at = match open.iter().position(|(known, _)| *known == name) {
            Some(at) => at,
            None => match self.transaction.open_table(definition(name)) {
                Ok(table) => {
                    open.push((name, table));
                    open.len() - 1
                }
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            },
        };
        drop(open);
        let open = self.open.borrow();
        f(&open[at].1).map(Some)
    }
}

impl ReadTx {
    /// The tables that are there, those of other versions of the program among them.
    pub(super) fn table_names(&self) -> Result<Vec<String>, StoreError> {
        use redb::TableHandle;
        let tables = self.transaction.list_tables()?;
        Ok(tables.map(|table| table.name().to_owned()).collect())
    }

    /// Whether a table, known or not, has no rows.
    pub(super) fn is_empty(&self, name: &str) -> Result<bool, StoreError> {
        let mut empty = true;
        self.visit_named(name, &Span::all(), &mut |_, _| {
            empty = false;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(empty)
    }

    /// Visits the rows of a table by its name, known or not.
    pub(super) fn visit_named(
        &self,
        name: &str,
        span: &Span,
        visitor: &mut Visitor<'_>,
    ) -> Result<(), StoreError> {
        let definition: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new(name);
        let table = self.transaction.open_table(definition)?;
        walk(table.range::<&[u8]>(bounds(span))?, false, visitor)
    }
}

impl Reads for ReadTx {
    fn row(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.with(table, |table| {
            Ok(table.get(key)?.map(|row| row.value().to_vec()))
        })?;
        Ok(row.flatten())
    }

    fn visit_rows(
        &self,
        table: &'static str,
        span: &Span,
        reverse: bool,
        visitor: &mut Visitor<'_>,
    ) -> Result<(), StoreError> {
        let rows = self.with(table, |table| Ok(table.range::<&[u8]>(bounds(span))?))?;
        match rows {
            Some(rows) => walk(rows, reverse, visitor),
            None => Ok(()),
        }
    }
}

fn bounds(span: &Span) -> (Bound<&[u8]>, Bound<&[u8]>) {
    (
        span.start.as_ref().map(Vec::as_slice),
        span.end.as_ref().map(Vec::as_slice),
    )
}

fn walk(
    mut rows: redb::Range<'_, Bytes, Bytes>,
    reverse: bool,
    visitor: &mut Visitor<'_>,
) -> Result<(), StoreError> {
    loop {
        let next = if reverse {
            rows.next_back()
        } else {
            rows.next()
        };
        let Some(row) = next else { return Ok(()) };
        let (key, row) = row?;
        if visitor(key.value(), row.value())?.is_break() {
            return Ok(());
        }
    }
}

/// The writer's transaction. Each write runs between [`WriteTx::keep`] and the next; one that
/// fails is taken back by its journal.
pub struct WriteTx {
    transaction: WriteTransaction,
    /// What stood in each row that the present write touched, oldest first.
    journal: Vec<Before>,
    /// Inside redb: a panic there leaves the transaction in an unknown state.
    inside: Cell<bool>,
    dirty: bool,
    /// Something was queued that is to be done once this is durable.
    sweep: bool,
}

struct Before {
    table: &'static str,
    key: Vec<u8>,
    row: Option<Vec<u8>>,
}

impl WriteTx {
    pub(super) fn begin(database: &Database, quick_repair: bool) -> Result<Self, StoreError> {
        let mut transaction = database.begin_write()?;
        transaction
            .set_durability(Durability::Immediate)
            .map_err(|error| StoreError::NotCommitted {
                reason: error.to_string(),
            })?;
        // People control the data: a torn write must not be able to look whole (redb design.md).
        transaction.set_two_phase_commit(true);
        transaction.set_quick_repair(quick_repair);
        Ok(Self {
            transaction,
            journal: Vec::new(),
            inside: Cell::new(false),
            dirty: false,
            sweep: false,
        })
    }

    /// Puts `value` at `key`, in place of what stood there.
    pub(super) fn put<K: Key, V: Serialize>(
        &mut self,
        table: Table<K, V>,
        key: &K,
        value: &V,
    ) -> Result<(), StoreError> {
        let row = table.encode(value)?;
        self.swap(table.name(), key.to_bytes(), Some(row)).map(drop)
    }

    /// Removes the row at `key`; false if there was none.
    pub(super) fn remove<K: Key, V>(
        &mut self,
        table: Table<K, V>,
        key: &K,
    ) -> Result<bool, StoreError> {
        self.swap(table.name(), key.to_bytes(), None)
    }

    /// Removes a row by its bytes.
    pub(super) fn remove_row(
        &mut self,
        table: &'static str,
        key: Vec<u8>,
    ) -> Result<(), StoreError> {
        self.swap(table, key, None).map(drop)
    }

    /// Puts rows as they are into a table that nobody else writes; they cannot be taken back.
    pub(super) fn copy_in(&mut self, name: &str, rows: Vec<Row>) -> Result<(), StoreError> {
        let definition: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new(name);
        let mut table = self.transaction.open_table(definition)?;
        for (key, row) in &rows {
            table.insert(key.as_slice(), row.as_slice())?;
        }
        Ok(())
    }

    /// Removes every row whose key begins with `prefix`; says how many.
    pub(super) fn remove_prefix<P: Key, K: StartsWith<P>, V>(
        &mut self,
        table: Table<K, V>,
        prefix: &P,
    ) -> Result<u64, StoreError> {
        let span = Span::prefix(prefix.to_bytes());
        let mut removed = 0;
        loop {
            let mut keys = Vec::new();
            self.visit_rows(table.name(), &span, false, &mut |key, _| {
                keys.push(key.to_vec());
                let full = keys.len() >= 4096;
                Ok(if full {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })?;
            if keys.is_empty() {
                return Ok(removed);
            }
            removed += keys.len() as u64;
            self.swap_many(table.name(), keys.into_iter().map(|key| (key, None)))?;
        }
    }

    /// Puts many rows of one table; cheaper than one by one.
    pub(super) fn put_many<'r, K: Key + 'r, V: Serialize + 'r>(
        &mut self,
        table: Table<K, V>,
        rows: impl IntoIterator<Item = (K, &'r V)>,
    ) -> Result<(), StoreError> {
        let mut encoded = Vec::new();
        for (key, value) in rows {
            encoded.push((key.to_bytes(), Some(table.encode(value)?)));
        }
        self.swap_many(table.name(), encoded.into_iter())
    }

    /// Removes many rows of one table.
    pub(super) fn remove_many<K: Key, V>(
        &mut self,
        table: Table<K, V>,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<(), StoreError> {
        self.swap_many(
            table.name(),
            keys.into_iter().map(|key| (key.to_bytes(), None)),
        )
    }

    fn swap(
        &mut self,
        table: &'static str,
        key: Vec<u8>,
        row: Option<Vec<u8>>,
    ) -> Result<bool, StoreError> {
        self.swap_many(table, std::iter::once((key, row)))?;
        Ok(self
            .journal
            .last()
            .is_some_and(|before| before.row.is_some()))
    }

    fn swap_many(
        &mut self,
        name: &'static str,
        rows: impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)>,
    ) -> Result<(), StoreError> {
        self.inside.set(true);
        let mut table = self.transaction.open_table(definition(name))?;
        for (key, row) in rows {
            let before = match &row {
                Some(row) => table.insert(key.as_slice(), row.as_slice())?,
                None => table.remove(key.as_slice())?,
            };
            let before = before.map(|row| row.value().to_vec());
            self.journal.push(Before {
                table: name,
                key,
                row: before,
            });
        }
        drop(table);
        self.inside.set(false);
        Ok(())
    }

    /// Ends the present write: what it did stays.
    pub(super) fn keep(&mut self) {
        self.dirty |= !self.journal.is_empty();
        self.journal.clear();
    }

    /// Ends the present write: what it did is undone, newest first.
    pub(super) fn take_back(&mut self) -> Result<(), StoreError> {
        self.inside.set(true);
        while let Some(before) = self.journal.pop() {
            let mut table = self.transaction.open_table(definition(before.table))?;
            match &before.row {
                Some(row) => table.insert(before.key.as_slice(), row.as_slice())?,
                None => table.remove(before.key.as_slice())?,
            };
        }
        self.inside.set(false);
        Ok(())
    }

    /// Has the sweeper look at what is to be discarded, once this is durable.
    pub(super) fn ask_for_sweep(&mut self) {
        self.sweep = true;
    }

    pub(super) fn asks_for_sweep(&self) -> bool {
        self.sweep
    }

    /// Did a failure or a panic hit inside the database engine?
    pub(super) fn is_broken(&self) -> bool {
        self.inside.get()
    }

    /// Makes what was kept durable; a transaction that kept nothing is dropped.
    pub(super) fn commit(self) -> Result<(), StoreError> {
        if self.dirty {
            Ok(self.transaction.commit()?)
        } else {
            Ok(self.transaction.abort()?)
        }
    }

    /// Commits even if nothing changed.
    pub(super) fn commit_always(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit()?)
    }

    /// Drops everything.
    pub(super) fn abort(self) -> Result<(), StoreError> {
        Ok(self.transaction.abort()?)
    }
}

impl Reads for WriteTx {
    fn row(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inside.set(true);
        let table = self.transaction.open_table(definition(table))?;
        let row = table.get(key)?.map(|row| row.value().to_vec());
        self.inside.set(false);
        Ok(row)
    }

    fn visit_rows(
        &self,
        table: &'static str,
        span: &Span,
        reverse: bool,
        visitor: &mut Visitor<'_>,
    ) -> Result<(), StoreError> {
        self.inside.set(true);
        let table = self.transaction.open_table(definition(table))?;
        let rows = table.range::<&[u8]>(bounds(span))?;
        let result = walk(rows, reverse, visitor);
        self.inside.set(false);
        result
    }
}
