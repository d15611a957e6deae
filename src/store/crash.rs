//! What is left when the disk fails, the power goes or the process is killed.
//!
//! The law in each case: what was acknowledged is there, whole and in order; what was not is there
//! whole or not at all; and the store opens again by itself.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use redb::{Builder, StorageBackend};

use super::documents::sample;
use super::*;
use crate::domain::document::Document;
use crate::domain::id::DocumentId;

/// What was done to a disk.
#[derive(Clone, Debug)]
enum Done {
    Write(u64, Vec<u8>),
    Length(u64),
    Sync,
}

/// A disk in memory that remembers what was done to it, and fails from the n-th write on.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<Platter>>);

#[derive(Debug, Default)]
struct Platter {
    bytes: Vec<u8>,
    log: Vec<Done>,
    /// Writes that still succeed; without it, all do.
    left: Option<usize>,
}

impl Disk {
    fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Platter {
            bytes,
            ..Platter::default()
        })))
    }

    fn failing_after(writes: usize, bytes: Vec<u8>) -> Self {
        let disk = Self::holding(bytes);
        disk.0.lock().unwrap().left = Some(writes);
        disk
    }

    fn change(&self, done: Done) -> io::Result<()> {
        let mut platter = self.0.lock().unwrap();
        match &mut platter.left {
            Some(0) => return Err(io::Error::from(ErrorKind::StorageFull)),
            Some(left) => *left -= 1,
            None => {}
        }
        apply(&mut platter.bytes, &done);
        platter.log.push(done);
        Ok(())
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().bytes.clone()
    }

    fn log(&self) -> Vec<Done> {
        self.0.lock().unwrap().log.clone()
    }
}

fn apply(bytes: &mut Vec<u8>, done: &Done) {
    match done {
        Done::Write(at, data) => {
            let end = *at as usize + data.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[*at as usize..end].copy_from_slice(data);
        }
        Done::Length(length) => bytes.resize(*length as usize, 0),
        Done::Sync => {}
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let platter = self.0.lock().unwrap();
        let range = offset as usize..offset as usize + out.len();
        let bytes = platter.bytes.get(range).ok_or(ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Done::Length(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.change(Done::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Done::Write(offset, data.to_vec()))
    }
}

fn open_on(disk: &Disk, dir: &Path) -> Result<Store, StoreError> {
    let database = Builder::new().create_with_backend(disk.clone())?;
    Store::start(database, dir, &StoreConfig::default())
}

fn numbers(store: &Store) -> BTreeSet<u8> {
    let rows = |tx: &ReadTx| documents::list(tx, golden::id(1), None, 1000, |_| true);
    let number = |document: Document| document.id.as_bytes()[0];
    store
        .read_blocking(rows)
        .unwrap()
        .into_iter()
        .map(number)
        .collect()
}

fn add(store: &Store, number: u8) -> Result<(), StoreError> {
    store.write_blocking(move |tx| documents::add(tx, &sample(1, number)))
}

/// The sums of the workspace agree with its rows: each write is there whole or not at all.
fn is_whole(store: &Store) -> bool {
    let corpus = store
        .read_blocking(|tx| passages::corpus(tx, golden::id(1)))
        .unwrap();
    corpus.documents as usize == numbers(store).len()
}

#[test]
fn a_disk_that_fails_at_any_point_loses_nothing_and_is_written_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let new = Disk::default();
    drop(open_on(&new, dir.path()).unwrap());
    let mut finished = false;
    for writes in 0.. {
        let disk = Disk::failing_after(writes, new.bytes());
        let mut kept = BTreeSet::new();
        if let Ok(store) = open_on(&disk, dir.path()) {
            for number in 1..=6 {
                match add(&store, number) {
                    Ok(()) => assert!(kept.insert(number) && store.is_writable()),
                    Err(_) => assert!(!store.is_writable(), "after {writes} writes"),
                }
            }
            if !store.is_writable() {
                assert!(matches!(add(&store, 9), Err(StoreError::ReadOnly { .. })));
            }
        }
        finished = kept.len() == 6;
        // The disk is well again and the box is restarted.
        let store = open_on(&Disk::holding(disk.bytes()), dir.path()).unwrap();
        assert!(numbers(&store).is_superset(&kept), "after {writes} writes");
        assert!(is_whole(&store), "after {writes} writes");
        assert!(add(&store, 7).is_ok());
        if finished {
            break;
        }
    }
    assert!(finished);
}

#[test]
fn a_first_start_that_was_cut_short_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("store.new"), b"half a datab").unwrap();
    let store = Store::open(dir.path(), &StoreConfig::default()).unwrap();
    assert!(add(&store, 1).is_ok());
    assert!(!dir.path().join("store.new").exists());
}

/// The disk as a power cut may leave it: what was synced is there, and of what came after, each
/// write is there, or not, or in part, in blocks of 512 bytes.
fn crash_image(log: &[Done], cut: usize, rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = Vec::new();
    let synced = log[..cut]
        .iter()
        .rposition(|done| matches!(done, Done::Sync))
        .unwrap_or(0);
    log[..synced]
        .iter()
        .for_each(|done| apply(&mut bytes, done));
    for done in &log[synced..cut] {
        match done {
            Done::Write(at, data) => {
                for (block, data) in (*at..).step_by(512).zip(data.chunks(512)) {
                    if rng.random_bool(0.5) {
                        apply(&mut bytes, &Done::Write(block, data.to_vec()));
                    }
                }
            }
            done => apply(&mut bytes, done),
        }
    }
    bytes
}

#[test]
fn a_power_cut_at_any_point_keeps_what_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::default();
    let store = open_on(&disk, dir.path()).unwrap();
    // How much had been done when each write was acknowledged.
    let start = disk.log().len();
    let mut acknowledged = Vec::new();
    for number in 1..=8 {
        add(&store, number).unwrap();
        acknowledged.push((disk.log().len(), number));
    }
    let log = disk.log();
    drop(store);
    let mut rng = StdRng::seed_from_u64(20_261_122);
    for cut in (start..=log.len()).step_by(3) {
        let image = Disk::holding(crash_image(&log, cut, &mut rng));
        let store =
            open_on(&image, dir.path()).unwrap_or_else(|error| panic!("cut {cut}: {error}"));
        let kept = numbers(&store);
        let promised = acknowledged.iter().filter(|(done, _)| *done <= cut).count() as u8;
        assert!(
            (1..=promised).all(|number| kept.contains(&number)),
            "cut {cut}: {kept:?}"
        );
        let whole = (1..=kept.len() as u8).all(|number| kept.contains(&number));
        assert!(whole && is_whole(&store), "cut {cut}: {kept:?}");
    }
}

const CHILD: &str = "PRIVATESTACK_CRASH_CHILD";

/// Not a test of its own: what the next one starts and kills.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD) else {
        return;
    };
    let store = Store::open(Path::new(&dir), &StoreConfig::default()).unwrap();
    let writers: Vec<_> = (0..4u8)
        .map(|writer| {
            let store = store.clone();
            std::thread::spawn(move || {
                for round in 0.. {
                    let upload = format!("upload {writer} {round} {}", std::process::id());
                    let blob = store.blobs().put(upload.as_bytes()).unwrap();
                    let mut row = sample(1, 1);
                    (row.id, row.digest) = (DocumentId::new(), blob.digest.clone());
                    let id = row.id;
                    store
                        .write_blocking(move |tx| documents::add(tx, &row))
                        .unwrap();
                    // One line is one write to the pipe, so it is not torn between threads.
                    println!("kept {id}");
                }
            })
        })
        .collect();
    writers
        .into_iter()
        .for_each(|writer| writer.join().unwrap());
}

#[test]
fn a_process_killed_at_any_moment_keeps_what_it_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut kept: BTreeSet<DocumentId> = BTreeSet::new();
    for round in 0..20usize {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "store::crash::child_that_writes_until_it_is_killed",
                "--nocapture",
            ])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Each round is killed after another number of answers; what is in the pipe then counts.
        for _ in 0..3 + round * 7 {
            kept.extend(acknowledged(lines.next().unwrap().unwrap()));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kept.extend(lines.filter_map(|line| acknowledged(line.unwrap())));

        let store = Store::open(dir.path(), &StoreConfig::default()).unwrap();
        let rows = store
            .read_blocking(|tx| documents::list(tx, golden::id(1), None, usize::MAX, |_| true))
            .unwrap();
        let ids: BTreeSet<DocumentId> = rows.iter().map(|document| document.id).collect();
        assert!(ids.is_superset(&kept), "round {round}");
        for document in &rows {
            store.blobs().read(&document.digest).unwrap();
        }
        let corpus = store
            .read_blocking(|tx| passages::corpus(tx, golden::id(1)))
            .unwrap();
        assert_eq!(corpus.documents as usize, rows.len(), "round {round}");
    }
    assert!(kept.len() > 20);
}

fn acknowledged(line: String) -> Option<DocumentId> {
    line.rsplit_once("kept ")
        .and_then(|(_, id)| id.trim().parse().ok())
}
