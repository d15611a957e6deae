//! Documents from upload to answer, through the real store, without a model.

mod graph;
mod house;
mod life;
mod likeness;
mod walls;
mod worker;

use crate::auth::policy::Denied;
use crate::domain::document::{DocumentState, FailureCode};
use crate::domain::page::PageRequest;
use crate::store::{passages, workspaces};

use super::upload::fit_title;
use super::*;
use house::{House, access, engine};

const HANDBOOK: &str = "# Plant handbook\n\n## Spares\n\nThe spare impeller is kept in cabinet 7, \
                        behind the compressor.\n\n## Shifts\n\nThe night shift begins at ten.\n";

#[tokio::test]
async fn a_question_finds_the_passage_that_answers_it() {
    let house = House::open();
    let access = access(&house).await;
    let worker = house.rag.start();
    let handbook = house.indexed(&access, "handbook.md", HANDBOOK).await;
    house
        .indexed(&access, "menu.txt", "On Monday there is soup with bread.")
        .await;

    let found = house
        .rag
        .retrieve(&access, "Where is the spare impeller kept?", &[], 3)
        .await
        .unwrap();
    let best = &found[0];
    assert_eq!(
        (best.passage.document, best.title.as_str()),
        (handbook.id, "handbook.md")
    );
    assert!(best.passage.text.contains("cabinet 7"));
    let text = house.rag.text(&access, handbook.id).await.unwrap();
    let range = best.passage.start as usize..best.passage.end as usize;
    assert_eq!(text[range], best.passage.text);
    assert_eq!(
        house.found(&access, "soup").await,
        ["On Monday there is soup with bread."]
    );
    assert!(house.found(&access, "zebra").await.is_empty());
    assert!(house.found(&access, " … ").await.is_empty());
    worker.stop().await;
}

#[tokio::test]
async fn no_search_and_no_id_leaves_the_workspace() {
    let house = House::open();
    let (ours, theirs) = (access(&house).await, access(&house).await);
    let worker = house.rag.start();
    let document = house
        .indexed(&ours, "secret.txt", "The launch code is swordfish.")
        .await;
    house
        .indexed(&theirs, "other.txt", "Nothing about any launch.")
        .await;

    assert_eq!(
        house.found(&theirs, "launch code swordfish").await,
        ["Nothing about any launch."]
    );
    assert!(matches!(
        house.rag.get(&theirs, document.id).await,
        Err(RagError::NotFound)
    ));
    assert!(matches!(
        house.rag.text(&theirs, document.id).await,
        Err(RagError::NotFound)
    ));
    assert!(matches!(
        house.rag.remove(&theirs, document.id).await,
        Err(RagError::NotFound)
    ));
    let page = house
        .rag
        .list(&theirs, &Filter::default(), &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(page.items.len(), 1);
    worker.stop().await;
}

#[tokio::test]
async fn a_deleted_document_leaves_nothing_behind() {
    let house = House::open();
    let (access, other) = (access(&house).await, access(&house).await);
    let worker = house.rag.start();
    let kept = house
        .indexed(&access, "kept.txt", "The spare key is under the mat.")
        .await;
    let lost = house
        .indexed(&access, "lost.txt", "The spare wheel is in the boot.")
        .await;
    let twin = house
        .indexed(&other, "twin.txt", "The spare wheel is in the boot.")
        .await;
    assert_eq!(lost.digest, twin.digest);

    house.rag.remove(&access, lost.id).await.unwrap();
    assert!(
        house.store.blobs().read(&lost.digest).is_ok(),
        "the twin has it still"
    );
    house.rag.remove(&other, twin.id).await.unwrap();
    for attempt in 0.. {
        if house.store.blobs().read(&lost.digest).is_err() {
            break;
        }
        assert!(attempt < 500, "the file is not swept");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(matches!(
        house.rag.remove(&other, twin.id).await,
        Err(RagError::NotFound)
    ));
    assert_eq!(
        house.found(&access, "spare").await,
        ["The spare key is under the mat."]
    );
    assert!(house.found(&access, "wheel boot").await.is_empty());

    house.rag.remove(&access, kept.id).await.unwrap();
    let corpus = house
        .store
        .read_blocking(|tx| passages::corpus(tx, access.workspace()))
        .unwrap();
    assert_eq!((corpus.documents, corpus.passages, corpus.words), (0, 0, 0));
    worker.stop().await;
}

#[tokio::test]
async fn the_same_file_is_taken_once_into_each_workspace() {
    let house = House::open();
    let (ours, theirs) = (access(&house).await, access(&house).await);
    let upload =
        |access, title, bytes: &'static [u8]| house.upload(access, title, "", bytes.to_vec());
    // Whether it is being indexed or has been makes no difference.
    let first = upload(&ours, "a.txt", b"The key is here.").await.unwrap();
    let worker = house.rag.start();
    for _ in 0..2 {
        match upload(&ours, "b.txt", b"The key is here.").await {
            Err(RagError::Exists(there)) => {
                assert_eq!((there.id, &*there.title), (first.id, "a.txt"))
            }
            other => panic!("{other:?}"),
        }
        house.settled(&ours, first.id).await;
    }
    assert!(upload(&theirs, "a.txt", b"The key is here.").await.is_ok());
    assert!(upload(&ours, "a.txt", b"The key is there.").await.is_ok());
    // What failed may be tried again, and what was deleted may come back.
    for _ in 0..2 {
        let failed = upload(&ours, "c.txt", b"a\0b").await.unwrap();
        house.settled(&ours, failed.id).await;
    }
    house.rag.remove(&ours, first.id).await.unwrap();
    assert!(upload(&ours, "a.txt", b"The key is here.").await.is_ok());
    worker.stop().await;
}

#[tokio::test]
async fn what_cannot_be_indexed_says_why() {
    let house = House::open();
    let access = access(&house).await;
    let worker = house.rag.start();
    for (title, bytes, expected) in [
        ("empty.txt", &b""[..], FailureCode::Empty),
        ("blank.md", b" \n\n\t", FailureCode::Empty),
        ("scan.txt", b"%PDF-1.4 \0\0", FailureCode::Unreadable),
        ("data.txt", b"a\0b\0c", FailureCode::Unreadable),
    ] {
        let document = house
            .upload(&access, title, "text/plain", bytes.to_vec())
            .await
            .unwrap();
        match house.settled(&access, document.id).await {
            DocumentState::Failed { code, hint, .. } => {
                assert_eq!(code, expected, "{title}");
                assert!(!hint.is_empty(), "{title}");
            }
            state => panic!("{title}: {state:?}"),
        }
        let text = house.rag.text(&access, document.id).await;
        assert!(matches!(text, Err(RagError::NotIndexed)));
        house.rag.remove(&access, document.id).await.unwrap();
    }
    worker.stop().await;
}

#[tokio::test]
async fn limits_are_met_from_both_sides() {
    let house = House::open();
    let access = access(&house).await;
    for number in 0..100 {
        let upload = house.upload(&access, "a.txt", "", format!("{number}").into_bytes());
        upload.await.unwrap();
    }
    let full = house
        .upload(&access, "a.txt", "", b"one more".to_vec())
        .await;
    assert!(matches!(full, Err(RagError::Full { limit: 100 })));
    let config = RagConfig {
        text_mib: 1,
        ..RagConfig::default()
    };
    let small = Rag::new(
        house.store.clone(),
        engine(&house.dir),
        Stages::default(),
        &config,
        Clock::system(),
    );
    let access = super::tests::access(&house).await;
    assert!(small.upload(&access, of_bytes(2 << 20)).await.is_ok());
    let large = small.upload(&access, of_bytes((2 << 20) + 1)).await;
    assert!(matches!(large, Err(RagError::TooLarge { .. })));
}

#[tokio::test]
async fn a_workspace_that_was_removed_takes_nothing_in_and_keeps_nothing() {
    let house = House::open();
    let access = access(&house).await;
    let worker = house.rag.start();
    let document = house
        .indexed(&access, "a.txt", "The spare key is under the mat.")
        .await;
    let workspace = access.workspace();
    let removed = house
        .store
        .write(move |tx| workspaces::remove(tx, workspace))
        .await
        .unwrap();
    assert_eq!(removed, 1);
    while house.store.blobs().read(&document.digest).is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(house.found(&access, "spare key").await.is_empty());
    let late = house.upload(&access, "b.txt", "", b"words".to_vec()).await;
    assert!(matches!(
        late,
        Err(RagError::Denied(Denied::WorkspaceNotFound))
    ));
    worker.stop().await;
}

#[tokio::test]
async fn lists_are_paged_newest_first() {
    let house = House::open();
    let access = access(&house).await;
    for number in 0..5 {
        let title = format!("{number}.txt");
        house
            .upload(&access, &title, "", title.clone().into_bytes())
            .await
            .unwrap();
    }
    let mut titles = Vec::new();
    let mut after = None;
    loop {
        let page = house
            .rag
            .list(
                &access,
                &Filter::default(),
                &PageRequest::new(after, Some(2)),
            )
            .await
            .unwrap();
        titles.extend(page.items.into_iter().map(|document| document.title));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(titles, ["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"]);
    let bad = PageRequest::new(Some("ws_1".to_owned()), None);
    assert!(matches!(
        house.rag.list(&access, &Filter::default(), &bad).await,
        Err(RagError::Cursor)
    ));
}

#[test]
fn titles_are_made_fit_to_show() {
    for (given, shown) in [
        ("report.md", "report.md"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\plan.txt", "plan.txt"),
        ("in\u{202E}txt.exe\n", "intxt.exe"),
        ("", "document"),
        ("dir/", "document"),
    ] {
        assert_eq!(fit_title(given), shown, "{given:?}");
    }
    assert_eq!(fit_title(&"ü".repeat(500)).chars().count(), 200);
}

fn of_bytes(count: usize) -> Upload {
    Upload {
        title: "a.txt".to_owned(),
        bytes: vec![b'a'; count],
        ..Upload::default()
    }
}
