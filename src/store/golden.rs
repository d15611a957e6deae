//! Golden rows: the bytes of sample rows of every table, kept in `tests/golden/rows.txt`.
//!
//! A type that changes under its version changes the bytes, and the test fails. For a new table
//! add its samples to [`rows`] and run `PRIVATESTACK_GOLDEN=write cargo test golden` once; lines
//! that are there already must not change: a changed row needs a new `/n` and a migration.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::Key;
use super::table::{Table, hex};
use super::{
    api_keys, conversations, documents, jobs, migrate, passages, pipelines, plugin_values, plugins,
    schema, sessions, users, workspaces,
};

/// Every sample. Each noun brings its own, with a row for each variant of its enums.
fn rows() -> Vec<Row> {
    [
        vec![Row::of(schema::META, &"layout".to_owned(), &1)],
        users::golden(),
        sessions::golden(),
        api_keys::golden(),
        workspaces::golden(),
        conversations::golden(),
        migrate::documents::golden(),
        documents::golden(),
        jobs::golden(),
        passages::golden(),
        plugins::golden(),
        plugin_values::golden(),
        pipelines::golden(),
    ]
    .concat()
}

/// One row as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    table: &'static str,
    key: String,
    row: String,
}

impl Row {
    /// Encodes a sample, and decodes it again to see that nothing is lost.
    pub(super) fn of<K: Key, V: Serialize + DeserializeOwned>(
        table: Table<K, V>,
        key: &K,
        value: &V,
    ) -> Self {
        let (key, row) = (key.to_bytes(), table.encode(value).unwrap());
        let back: V = table.decode(&key, &row).unwrap();
        assert_eq!(table.encode(&back).unwrap(), row, "{}", table.name());
        assert_eq!(table.key(&key).unwrap().to_bytes(), key, "{}", table.name());
        Self {
            table: table.name(),
            key: hex(&key),
            row: hex(&row),
        }
    }
}

/// An id whose bytes are all `byte`.
pub(super) fn id<I: Key>(byte: u8) -> I {
    I::from_bytes(&[byte; 16]).unwrap()
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/rows.txt");

#[test]
fn golden_rows_of_every_table_are_as_they_were() {
    let line = |row: &Row| format!("{} {} {}\n", row.table, row.key, row.row);
    let now: String = rows().iter().map(line).collect();
    if std::env::var_os("PRIVATESTACK_GOLDEN").is_some_and(|how| how == "write") {
        std::fs::create_dir_all(std::path::Path::new(FILE).parent().unwrap()).unwrap();
        std::fs::write(FILE, &now).unwrap();
    }
    let then = std::fs::read_to_string(FILE).unwrap();
    for old in then.lines() {
        assert!(
            now.lines().any(|new| new == old),
            "a row changed under its version: {old}"
        );
    }
    assert_eq!(
        now, then,
        "new rows: PRIVATESTACK_GOLDEN=write cargo test golden"
    );
}

#[test]
fn golden_rows_leave_no_table_out() {
    for name in schema::NAMES {
        assert!(
            rows().iter().any(|row| row.table == *name),
            "no golden row of {name}"
        );
    }
}
