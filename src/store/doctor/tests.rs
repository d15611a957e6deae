//! What the doctor finds, and what is there after it mended.

use std::io::Read;

use super::super::documents::sample;
use super::super::passages::{Index, Indexed, Posting};
use super::super::schema::{
    BLOB_NAMES, CORPORA, DOCUMENTS, GRAPHS, JOBS, LANGUAGES, PASSAGES, POSTINGS, TERMS, TEXTS,
    WORKSPACES,
};
use super::super::{ReadTx, Store, WriteTx, documents, golden, jobs, passages};
use super::*;
use crate::domain::document::{DocumentState, Passage};
use crate::domain::time::Timestamp;
use crate::domain::workspace::{AnswerSettings, Workspace};

const SECRET: &str = "The combination of the safe is nine, four, seven.";

/// A box with two documents in one workspace, closed; the secret stands in the second.
fn house() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &StoreConfig::default()).unwrap();
    for (number, text) in [(2, "The pump is blue.".to_owned()), (3, SECRET.repeat(400))] {
        let blob = store.blobs().put(text.as_bytes()).unwrap();
        let mut row = sample(1, number);
        row.digest = blob.digest.clone();
        row.bytes = blob.bytes;
        row.state = DocumentState::Indexed { passages: 1 };
        store
            .write_blocking::<_, StoreError>(move |tx| {
                workspace(tx)?;
                documents::add(tx, &row)?;
                passages::put(tx, golden::id(1), row.id, &indexed(&text, &row))
            })
            .unwrap();
    }
    drop(store);
    dir
}

fn workspace(tx: &mut WriteTx) -> Result<(), StoreError> {
    let row = Workspace {
        id: golden::id(1),
        name: "Plant".to_owned(),
        instructions: String::new(),
        answers: AnswerSettings::default(),
        created_at: Timestamp::from_millis(1),
        created_by: golden::id(9),
    };
    tx.put(WORKSPACES, &row.id, &row)
}

fn indexed(text: &str, row: &crate::domain::document::Document) -> Indexed {
    let passage = Passage {
        document: row.id,
        ordinal: 0,
        start: 0,
        end: text.len() as u32,
        page: None,
        headings: Vec::new(),
        text: text.to_owned(),
    };
    let posting = Posting {
        ordinal: 0,
        count: 1,
        length: 4,
    };
    Indexed {
        index: Index {
            passages: 1,
            words: 4,
            terms: vec!["the".to_owned()],
            ..Index::default()
        },
        text: text.to_owned(),
        passages: vec![passage],
        vectors: Vec::new(),
        postings: vec![vec![posting]],
        ..Indexed::default()
    }
}

fn doctor(dir: &tempfile::TempDir) -> Doctor {
    Doctor::open(dir.path(), &StoreConfig::default()).unwrap()
}

/// What is wrong, by kind and place.
fn wrong(doctor: &Doctor) -> Vec<(Kind, &'static str)> {
    let found = doctor.examine(true).unwrap().findings;
    found.iter().map(|one| (one.kind, one.place)).collect()
}

/// Changes rows behind the store's back.
fn harm(dir: &tempfile::TempDir, f: impl Fn(&mut WriteTx) -> Result<(), StoreError>) {
    let doctor = doctor(dir);
    let mut tx = WriteTx::begin(&doctor.database, false).unwrap();
    f(&mut tx).unwrap();
    tx.keep();
    tx.commit().unwrap();
}

type Harm = fn(&mut WriteTx) -> Result<(), StoreError>;

#[test]
fn a_box_that_is_whole_has_no_findings() {
    let dir = house();
    let checkup = doctor(&dir).examine(true).unwrap();
    assert_eq!(checkup.findings, []);
    for (place, count) in [("documents/2", 2), ("passages/1", 2), ("blobs", 2)] {
        assert!(checkup.looked.contains(&(place, count)), "{checkup:?}");
    }
}

#[test]
fn what_is_wrong_is_named_and_mended() {
    let cases: [(&str, Harm, Kind, &str); 12] = [
        (
            "a text without a document",
            |tx| tx.put(TEXTS, &(golden::id(1), golden::id(7)), &"left".to_owned()),
            Kind::Leftover,
            "texts/1",
        ),
        (
            "a posting without a document",
            |tx| {
                let key = (golden::id(1), "left".to_owned(), golden::id(7));
                tx.put(POSTINGS, &key, &Vec::new())
            },
            Kind::Leftover,
            "postings/1",
        ),
        (
            "a term that no passage has",
            |tx| tx.put(TERMS, &(golden::id(1), "left".to_owned()), &3),
            Kind::Leftover,
            "terms/1",
        ),
        (
            "a term that is counted too often",
            |tx| tx.put(TERMS, &(golden::id(1), "the".to_owned()), &5),
            Kind::Contradiction,
            "terms/1",
        ),
        (
            "sums of a workspace",
            |tx| tx.put(CORPORA, &golden::id(1), &Default::default()),
            Kind::Contradiction,
            "corpora/1",
        ),
        (
            "a language that no document is in",
            |tx| tx.put(LANGUAGES, &(golden::id(1), "de".to_owned()), &3),
            Kind::Contradiction,
            "languages/1",
        ),
        (
            "what no document speaks of",
            |tx| tx.put(GRAPHS, &(golden::id(1), golden::id(7)), &Vec::new()),
            Kind::Leftover,
            "graphs/1",
        ),
        (
            "work for no document",
            |tx| {
                let job = jobs::Job {
                    workspace: golden::id(1),
                    attempts: 0,
                    queued_at: Timestamp::from_millis(1),
                };
                tx.put(JOBS, &golden::id(7), &job)
            },
            Kind::Leftover,
            "jobs/1",
        ),
        (
            "an upload's name of no document",
            |tx| tx.put(BLOB_NAMES, &([3; 32], golden::id(1), golden::id(7)), &()),
            Kind::Leftover,
            "blob_names/1",
        ),
        (
            "a document without its index",
            |tx| passages::remove(tx, golden::id(1), golden::id(2)),
            Kind::Missing,
            "jobs/1",
        ),
        (
            "an index without its passages",
            |tx| {
                tx.remove(PASSAGES, &(golden::id(1), golden::id(2), 0))
                    .map(drop)
            },
            Kind::Contradiction,
            "indexes/1",
        ),
        (
            "a document of no workspace",
            |tx| tx.put(DOCUMENTS, &(golden::id(7), golden::id(8)), &sample(7, 8)),
            Kind::Leftover,
            "documents/2",
        ),
    ];
    for (name, broken, kind, place) in cases {
        let dir = house();
        harm(&dir, broken);
        let doctor = doctor(&dir);
        assert!(
            wrong(&doctor).contains(&(kind, place)),
            "{name}: {:?}",
            wrong(&doctor)
        );
        assert!(doctor.mend().unwrap() > 0, "{name}");
        // What is to be indexed again waits for the box, and is no whole index until then.
        let left = wrong(&doctor);
        match name {
            "an index without its passages" => assert_eq!(left, [(kind, place)], "{name}"),
            _ => assert_eq!(left, [], "{name}"),
        }
    }
}

#[test]
fn uploads_that_are_too_many_missing_or_changed_are_told_apart() {
    let dir = house();
    let blobs = Blobs::open(&dir.path().join("blobs")).unwrap();
    let extra = blobs.put(b"nobody's").unwrap().digest.clone();
    std::fs::write(dir.path().join("blobs/tmp/half"), b"ha").unwrap();
    let one = doctor(&dir);
    let leftovers = [(Kind::Leftover, "blobs"), (Kind::Leftover, "blobs")];
    assert_eq!(wrong(&one), leftovers);
    one.mend().unwrap();
    assert_eq!(wrong(&one), []);
    assert!(blobs.read(&extra).is_err());

    let mut files = Vec::new();
    for shelf in blobs.shelves().unwrap() {
        let digests = blobs.on_shelf(&shelf).unwrap();
        files.extend(digests.into_iter().map(|digest| shelf.join(digest)));
    }
    let bytes = std::fs::read(&files[0]).unwrap();
    std::fs::write(&files[0], vec![b'x'; bytes.len()]).unwrap();
    std::fs::remove_file(&files[1]).unwrap();
    assert_eq!(
        wrong(&one),
        [(Kind::Missing, "blobs"), (Kind::Damaged, "blobs")]
    );
    let shallow = one.examine(false).unwrap().findings;
    assert_eq!(shallow.len(), 1, "the length is as it was: {shallow:?}");
    one.mend().unwrap();
    assert_eq!(wrong(&one).len(), 2, "nothing can give them back");
}

#[test]
fn a_deleted_text_is_gone_from_the_rows_and_after_compacting_from_the_file() {
    let dir = house();
    let one = doctor(&dir);
    let found = one.find(SECRET.as_bytes()).unwrap();
    assert!(!found.is_gone() && found.blobs.len() == 1, "{found:?}");
    drop(one);

    let store = Store::open(dir.path(), &StoreConfig::default()).unwrap();
    let removed = store.write_blocking(|tx| documents::remove(tx, golden::id(1), golden::id(3)));
    assert!(removed.unwrap().is_some());
    drop(store);
    let one = doctor(&dir);
    assert_eq!(wrong(&one), []);
    let found = one.find(SECRET.as_bytes()).unwrap();
    assert!(found.is_gone(), "{found:?}");
    assert!(found.in_file > 0, "freed pages hold it: {found:?}");

    // Another name of the old file shows what became of its bytes.
    let mut old = std::fs::File::open(dir.path().join("store.redb")).unwrap();
    let (one, done) = one.compact().unwrap();
    assert!(done.rows > 5, "{done:?}");
    let found = one.find(SECRET.as_bytes()).unwrap();
    assert_eq!((found.is_gone(), found.in_file), (true, 0));
    let mut bytes = Vec::new();
    old.read_to_end(&mut bytes).unwrap();
    assert!(
        bytes.iter().all(|byte| *byte == 0),
        "the old file is overwritten"
    );
    assert_eq!(wrong(&one), []);
    drop(one);
    let store = Store::open(dir.path(), &StoreConfig::default()).unwrap();
    let read = |tx: &ReadTx| passages::text(tx, golden::id(1), golden::id(2));
    let kept = store.read_blocking(read).unwrap();
    assert_eq!(kept.as_deref(), Some("The pump is blue."));
}

#[test]
fn compacting_that_was_cut_short_leaves_one_good_database() {
    let dir = house();
    let path = |name: &str| dir.path().join(name);
    // Before the new file was whole; then with both names on the old one.
    std::fs::write(path("store.compact"), b"half a database").unwrap();
    assert_eq!(wrong(&doctor(&dir)), []);
    std::fs::hard_link(path("store.redb"), path("store.old")).unwrap();
    assert_eq!(wrong(&doctor(&dir)), []);
    // After the new one took its place.
    std::fs::write(path("store.old"), SECRET).unwrap();
    let mut old = std::fs::File::open(path("store.old")).unwrap();
    drop(Store::open(dir.path(), &StoreConfig::default()).unwrap());
    let mut bytes = Vec::new();
    old.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, vec![0; SECRET.len()]);
    for name in ["store.compact", "store.old"] {
        assert!(!path(name).exists(), "{name}");
    }
}

#[test]
fn a_box_that_runs_or_was_never_there_is_left_alone() {
    let dir = house();
    let store = Store::open(dir.path(), &StoreConfig::default()).unwrap();
    let refused = Doctor::open(dir.path(), &StoreConfig::default()).err();
    assert!(
        matches!(refused, Some(StoreError::AlreadyOpen { .. })),
        "{refused:?}"
    );
    drop(store);
    let empty = tempfile::tempdir().unwrap();
    let refused = Doctor::open(empty.path(), &StoreConfig::default()).err();
    assert!(
        matches!(refused, Some(StoreError::File { .. })),
        "{refused:?}"
    );
    assert!(!empty.path().join("store.redb").exists());
}
