//! The store as its callers see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use super::documents::sample;
use super::*;
use crate::domain::id::DocumentId;

fn open(dir: &tempfile::TempDir) -> Store {
    Store::open(dir.path(), &StoreConfig::default()).unwrap()
}

fn add(store: &Store, workspace: u8, document: u8) {
    let row = sample(workspace, document);
    store
        .write_blocking(move |tx| documents::add(tx, &row))
        .unwrap();
}

/// Keeps the writer busy with one write until the sender is dropped.
fn occupy(store: &Store) -> (Sender<()>, std::thread::JoinHandle<Result<(), StoreError>>) {
    let (hold, held) = channel::<()>();
    let (begin, begun) = channel::<()>();
    let store = store.clone();
    let write = std::thread::spawn(move || {
        store.write_blocking(move |_| {
            begin.send(()).unwrap();
            held.recv().ok();
            Ok(())
        })
    });
    begun.recv().unwrap();
    (hold, write)
}

fn titles(store: &Store, workspace: u8) -> usize {
    let id = golden::id(workspace);
    store
        .read_blocking(|tx| documents::list(tx, id, None, 1000, |_| true))
        .unwrap()
        .len()
}

#[test]
fn what_was_acknowledged_is_there_after_a_stop_without_warning() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    for number in 1..=5 {
        add(&store, 1, number);
        // The file as a crash at this moment would leave it.
        let crashed = tempfile::tempdir().unwrap();
        std::fs::copy(
            dir.path().join("store.redb"),
            crashed.path().join("store.redb"),
        )
        .unwrap();
        assert_eq!(titles(&open(&crashed), 1), usize::from(number));
    }
    drop(store);
    assert_eq!(titles(&open(&dir), 1), 5);
}

#[test]
fn a_second_store_on_the_same_folder_is_refused_clearly() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(&dir);
    let error = Store::open(dir.path(), &StoreConfig::default())
        .err()
        .unwrap();
    assert!(matches!(error, StoreError::AlreadyOpen { .. }), "{error}");
    assert!(error.to_string().contains("in use by another process"));
}

#[test]
fn a_file_that_is_not_a_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.redb");
    std::fs::write(&path, b"precious").unwrap();
    let error = Store::open(dir.path(), &StoreConfig::default())
        .err()
        .unwrap();
    assert_eq!(error.code(), "store_corrupt");
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_or_panicking_write_takes_back_its_own_rows_only() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let writes = (1..=40u8).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .write(move |tx| {
                    documents::add(tx, &sample(1, number))?;
                    match number % 4 {
                        0 => Err(StoreError::Missing("the thing")),
                        1 => panic!("a mistake of ours"),
                        _ => Ok(number),
                    }
                })
                .await
        })
    });
    let mut lost = 0;
    for (write, number) in writes.collect::<Vec<_>>().into_iter().zip(1..) {
        match (number % 4, write.await.unwrap()) {
            (0, Err(StoreError::Missing(_))) => {}
            (1, Err(StoreError::Lost)) => lost += 1,
            (_, Ok(written)) => assert_eq!(written, number),
            (_, Err(error)) => panic!("write {number}: {error}"),
        }
    }
    assert_eq!(lost, 10);
    assert_eq!(titles(&store, 1), 20);
    let corpus = store
        .read(|tx| passages::corpus(tx, golden::id(1)))
        .await
        .unwrap();
    assert_eq!(
        corpus.documents, 20,
        "the journal restores rows that were there before"
    );
    assert!(store.is_writable());
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_come_together_are_committed_together() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let (hold, first) = occupy(&store);
    let seen = Arc::new(AtomicUsize::new(0));
    let rest: Vec<_> = (1..=50u8)
        .map(|number| {
            let (store, seen) = (store.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                store
                    .write::<_, StoreError>(move |tx| {
                        documents::add(tx, &sample(1, number))?;
                        seen.fetch_max(
                            documents::list(tx, golden::id(1), None, 99, |_| true)?.len(),
                            Ordering::Relaxed,
                        );
                        Ok(())
                    })
                    .await
            })
        })
        .collect();
    while store.queue_depth() < 50 {
        tokio::task::yield_now().await;
    }
    drop(hold);
    first.join().unwrap().unwrap();
    for write in rest {
        write.await.unwrap().unwrap();
    }
    assert_eq!(
        seen.load(Ordering::Relaxed),
        50,
        "later writes see the earlier ones of a batch"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_instead_of_growing() {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        queue_writes: 2,
        batch_writes: 1,
        ..StoreConfig::default()
    };
    let store = Store::open(dir.path(), &config).unwrap();
    let (hold, busy) = occupy(&store);
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.write::<_, StoreError>(|_| Ok(())).await })
        })
        .collect();
    while waiting.iter().filter(|write| write.is_finished()).count() < 1 {
        tokio::task::yield_now().await;
    }
    drop(hold);
    busy.join().unwrap().unwrap();
    let mut refused = Vec::new();
    for write in waiting {
        refused.extend(write.await.unwrap().err());
    }
    assert!(
        matches!(refused.as_slice(), [StoreError::Busy]),
        "{refused:?}"
    );
    assert_eq!(refused[0].kind(), Kind::Overloaded);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_drains_the_queue_and_then_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let writes: Vec<_> = (1..=20u8)
        .map(|number| {
            let store = store.clone();
            async move {
                store
                    .write(move |tx| documents::add(tx, &sample(1, number)))
                    .await
            }
        })
        .collect();
    let writes = futures_util::future::join_all(writes).await;
    assert!(writes.iter().all(Result::is_ok));
    store.clone().close().await;
    let late = store.write::<(), StoreError>(|_| Ok(())).await;
    assert!(matches!(late, Err(StoreError::Closed)));
    assert_eq!(
        titles(&store, 1),
        20,
        "reads go on until the last handle goes"
    );
    drop(store);
    assert_eq!(titles(&open(&dir), 1), 20);
}

#[test]
fn lists_are_newest_first_paged_and_inside_their_workspace() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    store
        .write_blocking::<_, StoreError>(|tx| {
            for number in 1..=200 {
                documents::add(tx, &sample(1, number))?;
            }
            documents::add(tx, &sample(2, 7))
        })
        .unwrap();
    let page = |after| {
        store
            .read_blocking(|tx| documents::list(tx, golden::id(1), after, 150, |_| true))
            .unwrap()
    };
    let first = page(None);
    let second = page(Some(first.last().unwrap().id));
    let ids: Vec<DocumentId> = first
        .iter()
        .chain(&second)
        .map(|document| document.id)
        .collect();
    let expected: Vec<DocumentId> = (1..=200).rev().map(golden::id).collect();
    assert_eq!(ids, expected);
    assert_eq!(titles(&store, 2), 1);
}

/// A document of one passage with these terms, each once.
fn indexed(terms: &[&str]) -> passages::Indexed {
    let posting = passages::Posting {
        ordinal: 0,
        count: 1,
        length: 3,
    };
    passages::Indexed {
        index: passages::Index {
            passages: 1,
            terms: terms.iter().map(|term| (*term).to_owned()).collect(),
            ..passages::Index::default()
        },
        postings: vec![vec![posting]; terms.len()],
        ..passages::Indexed::default()
    }
}

#[test]
fn how_many_passages_have_a_term_is_right_after_every_change() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let frequencies = || {
        let read = |tx: &ReadTx| {
            let of = |term| passages::frequency(tx, golden::id(1), term);
            Ok((of("pump")?, of("valve")?))
        };
        store.read_blocking(read).unwrap()
    };
    let put = |document: u8, terms: &'static [&'static str]| {
        store
            .write_blocking::<_, StoreError>(move |tx| {
                passages::put(tx, golden::id(1), golden::id(document), &indexed(terms))
            })
            .unwrap();
    };
    for document in [1, 2] {
        add(&store, 1, document);
        put(document, &["pump", "valve"]);
    }
    assert_eq!(frequencies(), (2, 2));
    // Indexed anew, with other words.
    put(2, &["pump"]);
    assert_eq!(frequencies(), (2, 1));
    for (document, left) in [(1, (1, 0)), (2, (0, 0))] {
        store
            .write_blocking(move |tx| documents::remove(tx, golden::id(1), golden::id(document)))
            .unwrap();
        assert_eq!(frequencies(), left, "without document {document}");
    }
}
