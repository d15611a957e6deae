//! The background worker: restarts, documents that go while it is at them, models that come.

use std::time::Duration;

use super::house::{House, access};
use crate::domain::document::{DocumentState, FailureCode};
use crate::domain::time::Timestamp;
use crate::store::jobs::{self, Job};
use crate::store::{ReadTx, passages};

#[tokio::test]
async fn uploads_that_were_acknowledged_are_indexed_after_a_restart() {
    let house = House::open();
    let access = access(&house).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let text = format!("Note {number}: the marker is word{number}.");
        let document = house
            .upload(&access, "note.txt", "", text.into_bytes())
            .await
            .unwrap();
        assert_eq!(document.state, DocumentState::Queued);
        ids.push(document.id);
    }
    // No worker ran; the box stops.
    let house = house.restart();
    assert!(house.found(&access, "word3").await.is_empty());
    let worker = house.rag.start();
    for (number, id) in ids.into_iter().enumerate() {
        assert_eq!(
            house.settled(&access, id).await,
            DocumentState::Indexed { passages: 1 }
        );
        let found = house.found(&access, &format!("word{number}")).await;
        assert_eq!(
            found,
            [format!("Note {number}: the marker is word{number}.")]
        );
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_document_that_keeps_bringing_the_box_down_is_given_up() {
    let house = House::open();
    let access = access(&house).await;
    let document = house
        .upload(&access, "a.txt", "", b"words".to_vec())
        .await
        .unwrap();
    let job = Job {
        workspace: access.workspace(),
        attempts: 1000,
        queued_at: Timestamp::default(),
    };
    house
        .store
        .write(move |tx| jobs::put(tx, document.id, &job))
        .await
        .unwrap();
    let worker = house.rag.start();
    let state = house.settled(&access, document.id).await;
    assert!(
        matches!(
            state,
            DocumentState::Failed {
                code: FailureCode::Internal,
                ..
            }
        ),
        "{state:?}"
    );
    worker.stop().await;
}

#[tokio::test]
async fn deleting_while_the_worker_is_at_it_is_safe() {
    let house = House::open();
    let access = access(&house).await;
    let worker = house.rag.start();
    let text = "The pump hums and the valve sings all night long. ".repeat(400);
    for _ in 0..20 {
        let document = house
            .upload(&access, "song.txt", "", text.clone().into_bytes())
            .await
            .unwrap();
        house.rag.remove(&access, document.id).await.unwrap();
    }
    let last = house
        .indexed(&access, "last.txt", "The last word is zebra.")
        .await;
    assert!(house.found(&access, "pump valve").await.is_empty());
    assert_eq!(house.found(&access, "zebra").await.len(), 1);
    house.rag.remove(&access, last.id).await.unwrap();
    let corpus = house
        .store
        .read_blocking(|tx| passages::corpus(tx, access.workspace()))
        .unwrap();
    assert_eq!((corpus.documents, corpus.passages, corpus.words), (0, 0, 0));
    worker.stop().await;
}

#[tokio::test]
async fn with_a_model_passages_are_found_by_what_they_mean() {
    let house = House::open();
    let (ours, theirs) = (access(&house).await, access(&house).await);
    let worker = house.rag.start();
    let early = house
        .indexed(&ours, "early.txt", "The impeller is in the cellar.")
        .await;
    let model = house.import_encoder();
    let text = "Pumps need oil in winter. ".repeat(60) + &"0123456789abcdef".repeat(200);
    let late = house.indexed(&ours, "late.md", &text).await;
    house
        .indexed(&theirs, "other.txt", "The impeller is at the neighbours'.")
        .await;

    // The worker comes back to what was indexed before there was a model.
    for document in [early.id, late.id] {
        let workspace = ours.workspace();
        for attempt in 0.. {
            let read = move |tx: &ReadTx| passages::index(tx, workspace, document);
            if house
                .store
                .read(read)
                .await
                .unwrap()
                .unwrap()
                .model
                .as_ref()
                == Some(&model)
            {
                break;
            }
            assert!(attempt < 500, "no vectors came");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let semantic = |question| house.semantic(&ours, question);
    // Pieces of the word are shared, the word is not: only the vectors can tell.
    let found = semantic("impellers").await.unwrap();
    assert_eq!(found[0].passage.document, early.id);
    assert!(
        found
            .iter()
            .all(|one| one.passage.text != "The impeller is at the neighbours'.")
    );
    let all = semantic("Pumps need oil in winter. 0123456789abcdef")
        .await
        .unwrap();
    let long = house.rag.text(&ours, late.id).await.unwrap();
    assert!(
        all.iter()
            .filter(|one| one.passage.document == late.id)
            .count()
            > 3
    );
    assert!(all.iter().all(|one| one.passage.document != late.id
        || long[one.passage.start as usize..one.passage.end as usize] == one.passage.text));
    let question = "impeller ".repeat(5000);
    assert!(
        !semantic(&question).await.unwrap().is_empty(),
        "a question that does not fit"
    );

    house.rag.remove(&ours, early.id).await.unwrap();
    let found = house.semantic(&ours, "impeller").await.unwrap();
    assert!(found.iter().all(|one| one.passage.document != early.id));
    worker.stop().await;
}
