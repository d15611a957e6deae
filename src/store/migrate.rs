//! Migrations: numbered steps from one layout of the tables to the next.
//!
//! They run before anything is served, each in a transaction of its own together with its number,
//! so a crash in between resumes at the step it was in.

pub(super) mod answers;
pub(super) mod documents;

use redb::Database;

use super::StoreError;
use super::schema::{LAYOUT, META};
use super::transaction::{ReadTx, Reads, WriteTx};

/// One step: from the layout before it to layout `to`.
struct Migration {
    to: u32,
    apply: fn(&mut WriteTx) -> Result<(), StoreError>,
}

/// In order. Layout 1 is the first; its tables come into being when they are first written.
const MIGRATIONS: &[Migration] = &[
    Migration {
        to: 1,
        apply: |_| Ok(()),
    },
    Migration {
        to: 2,
        apply: documents::describe,
    },
    Migration {
        to: 3,
        apply: answers::apply,
    },
];

/// Brings the file up to this version's layout, or refuses a file of a newer one.
pub(super) fn run(database: &Database) -> Result<(), StoreError> {
    run_steps(database, MIGRATIONS, LAYOUT)
}

fn run_steps(database: &Database, steps: &[Migration], known: u32) -> Result<(), StoreError> {
    let name = "layout".to_owned();
    let found = ReadTx::begin(database)?.get(META, &name)?.unwrap_or(0);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for step in steps.iter().filter(|step| step.to > found) {
        let mut tx = WriteTx::begin(database, true)?;
        (step.apply)(&mut tx)?;
        tx.put(META, &name, &step.to)?;
        tx.keep();
        tx.commit()?;
        tracing::info!(layout = step.to, "store was brought to a new layout");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::table::Table;

    const OLD: Table<u32, u32> = Table::new("numbers/1");
    const NEW: Table<u32, String> = Table::new("numbers/2");

    fn to_text(tx: &mut WriteTx) -> Result<(), StoreError> {
        let rows: Vec<_> = tx.all(OLD).collect::<Result<_, _>>()?;
        for (key, value) in rows {
            tx.put(NEW, &key, &value.to_string())?;
            tx.remove(OLD, &key)?;
        }
        Ok(())
    }

    fn fill(tx: &mut WriteTx) -> Result<(), StoreError> {
        tx.put(OLD, &1, &10)
    }

    fn fail(tx: &mut WriteTx) -> Result<(), StoreError> {
        to_text(tx)?;
        Err(StoreError::Missing("a thing"))
    }

    const STEPS: &[Migration] = &[
        Migration { to: 1, apply: fill },
        Migration {
            to: 2,
            apply: to_text,
        },
    ];

    fn database(dir: &tempfile::TempDir) -> Database {
        Database::create(dir.path().join("store.redb")).unwrap()
    }

    #[test]
    fn steps_run_once_each_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let database = database(&dir);
        run_steps(&database, &STEPS[..1], 1).unwrap();
        assert_eq!(
            ReadTx::begin(&database).unwrap().get(OLD, &1).unwrap(),
            Some(10)
        );
        run_steps(&database, STEPS, 2).unwrap();
        run_steps(&database, STEPS, 2).unwrap();
        let tx = ReadTx::begin(&database).unwrap();
        assert_eq!(tx.get(NEW, &1).unwrap(), Some("10".to_owned()));
        assert_eq!(tx.get(OLD, &1).unwrap(), None);
    }

    #[test]
    fn a_failed_step_leaves_the_layout_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let database = database(&dir);
        let broken = [
            Migration { to: 1, apply: fill },
            Migration { to: 2, apply: fail },
        ];
        assert!(run_steps(&database, &broken, 2).is_err());
        let tx = ReadTx::begin(&database).unwrap();
        assert_eq!(tx.get(OLD, &1).unwrap(), Some(10));
        assert_eq!(tx.get(NEW, &1).unwrap(), None);
        drop(tx);
        run_steps(&database, STEPS, 2).unwrap();
    }

    #[test]
    fn a_newer_file_is_refused_with_both_numbers() {
        let dir = tempfile::tempdir().unwrap();
        let database = database(&dir);
        run_steps(&database, STEPS, 2).unwrap();
        let error = run_steps(&database, &STEPS[..1], 1).unwrap_err();
        assert!(
            matches!(error, StoreError::Newer { found: 2, known: 1 }),
            "{error}"
        );
    }

    #[test]
    fn the_last_step_is_the_layout() {
        assert_eq!(MIGRATIONS.last().unwrap().to, LAYOUT);
        assert!(
            MIGRATIONS
                .windows(2)
                .all(|pair| pair[0].to + 1 == pair[1].to)
        );
    }
}
