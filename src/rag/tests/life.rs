//! What people do with a document once it is there: file it, keep it to some, replace it, call it
//! off, try it again.

use super::house::{House, access, joined, opened};
use crate::auth::policy::{Access, Denied};
use crate::domain::document::{Document, DocumentState, FailureCode};
use crate::domain::id::UserId;
use crate::domain::page::PageRequest;
use crate::domain::workspace::MemberRole;
use crate::rag::{
    Changes, DocumentEvent, Filter, Heard, Method, Progress, Rag, RagError, Search, Upload,
};

/// An owner, two members, and their workspace.
async fn team(house: &House) -> (Access, Access, Access) {
    let owner = UserId::new();
    let workspace = opened(house, owner).await;
    (
        joined(house, workspace, owner, MemberRole::Owner).await,
        joined(house, workspace, UserId::new(), MemberRole::Member).await,
        joined(house, workspace, UserId::new(), MemberRole::Member).await,
    )
}

fn only(members: &[UserId]) -> Changes {
    Changes {
        members: Some(Some(members.to_vec())),
        ..Changes::default()
    }
}

async fn listed(rag: &Rag, access: &Access, filter: &Filter) -> Vec<String> {
    let page = rag.list(access, filter, &PageRequest::default()).await;
    let items = page.unwrap().items.into_iter();
    items.map(|document| document.title).collect()
}

#[tokio::test]
async fn a_document_for_some_is_not_there_for_others() {
    let house = House::open();
    let (ada, bob, eve) = team(&house).await;
    let worker = house.rag.start();
    let pay = house
        .indexed(&bob, "pay.txt", "The pay of the turner is twelve crowns.")
        .await;
    house
        .indexed(&eve, "menu.txt", "On Monday the turner eats soup.")
        .await;
    let shut = house.rag.change(&bob, pay.id, only(&[])).await.unwrap();
    assert_eq!(shut.members, Some(Vec::new()));

    for (who, sees) in [(&ada, true), (&bob, true), (&eve, false)] {
        assert_eq!(
            house.found(who, "pay turner").await.len(),
            1 + usize::from(sees)
        );
        assert_eq!(house.rag.get(who, pay.id).await.is_ok(), sees);
        assert_eq!(house.rag.text(who, pay.id).await.is_ok(), sees);
        assert_eq!(house.rag.file(who, pay.id).await.is_ok(), sees);
        let page = PageRequest::default();
        assert_eq!(house.rag.passages(who, pay.id, &page).await.is_ok(), sees);
        let titles = listed(&house.rag, who, &Filter::default()).await;
        assert_eq!(titles.len(), 1 + usize::from(sees), "{titles:?}");
    }
    assert!(matches!(
        house.rag.remove(&eve, pay.id).await,
        Err(RagError::NotFound)
    ));
    assert!(matches!(
        house.rag.change(&eve, pay.id, only(&[eve.user()])).await,
        Err(RagError::NotFound)
    ));

    // Who has the same file is not told that somebody else has it.
    let twin = b"The pay of the turner is twelve crowns.".to_vec();
    assert!(
        house
            .upload(&eve, "mine.txt", "", twin.clone())
            .await
            .is_ok()
    );
    assert!(matches!(
        house.upload(&ada, "hers.txt", "", twin).await,
        Err(RagError::Exists(_))
    ));

    house
        .rag
        .change(&ada, pay.id, only(&[eve.user()]))
        .await
        .unwrap();
    assert!(house.rag.get(&eve, pay.id).await.is_ok());
    assert!(matches!(
        house.rag.change(&eve, pay.id, only(&[])).await,
        Err(RagError::Denied(Denied::Forbidden))
    ));
    let stranger = only(&[UserId::new()]);
    assert!(matches!(
        house.rag.change(&ada, pay.id, stranger).await,
        Err(RagError::NotMember)
    ));
    worker.stop().await;
}

#[tokio::test]
async fn a_search_is_narrowed_before_anything_is_ranked() {
    let house = House::open();
    let access = access(&house).await;
    let worker = house.rag.start();
    let mut ids = Vec::new();
    for number in 0..90 {
        let text = format!("Note {number}: the pump runs and runs and runs.");
        let title = format!("note {number}.txt");
        let document = house.upload(&access, &title, "", text.into());
        ids.push(document.await.unwrap().id);
    }
    let plan = house
        .indexed(
            &access,
            "Plan.MD",
            "A long text in which a pump is named once, near its end.",
        )
        .await;
    for id in ids {
        house.settled(&access, id).await;
    }
    let tags = Changes {
        tags: Some(vec![" plant ".to_owned(), "plant".to_owned()]),
        ..Changes::default()
    };
    let filed = house.rag.change(&access, plan.id, tags).await.unwrap();
    assert_eq!(filed.tags, ["plant"]);

    for filter in [
        Filter {
            documents: vec![plan.id],
            ..Filter::default()
        },
        Filter {
            tags: vec!["other".to_owned(), "plant".to_owned()],
            ..Filter::default()
        },
        Filter {
            kinds: vec!["md".to_owned()],
            ..Filter::default()
        },
        Filter {
            title: Some("pLAN".to_owned()),
            progress: Some(Progress::Indexed),
            ..Filter::default()
        },
    ] {
        assert_eq!(listed(&house.rag, &access, &filter).await, ["Plan.MD"]);
        let search = Search {
            question: "pump".to_owned(),
            limit: 5,
            method: Method::Lexical,
            filter,
            ..Search::default()
        };
        let found = house.rag.search(&access, search).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].title, "Plan.MD");
        let by_words = found[0].why.words.unwrap();
        assert_eq!(
            by_words.rank, 1,
            "it competes with nothing that is left out"
        );
        assert_eq!(found[0].highlights("Pumps?"), [23..27]);
    }
    let later = Filter {
        from: Some(
            house
                .rag
                .inner
                .clock
                .now()
                .plus(std::time::Duration::from_secs(1)),
        ),
        ..Filter::default()
    };
    assert!(listed(&house.rag, &access, &later).await.is_empty());
    worker.stop().await;
}

async fn next_version(house: &House, access: &Access, of: &Document, text: &str) -> Document {
    let upload = Upload {
        title: of.title.clone(),
        bytes: text.as_bytes().to_vec(),
        replaces: Some(of.id),
        ..Upload::default()
    };
    house.rag.upload(access, upload).await.unwrap()
}

#[tokio::test]
async fn a_new_version_takes_the_place_of_the_old_one_once_it_is_whole() {
    let house = House::open();
    let access = access(&house).await;
    let worker = house.rag.start();
    let first = house
        .indexed(&access, "rules.txt", "Holidays: twenty days a year.")
        .await;
    let tags = Changes {
        tags: Some(vec!["staff".to_owned()]),
        ..only(&[])
    };
    house.rag.change(&access, first.id, tags).await.unwrap();
    worker.stop().await;

    // The box reads nothing at the moment: the old one answers.
    let second = next_version(&house, &access, &first, "Holidays: thirty days a year.").await;
    assert_eq!((second.version, second.replaces), (2, Some(first.id)));
    assert_eq!(
        house.found(&access, "holidays").await,
        ["Holidays: twenty days a year."]
    );
    let worker = house.rag.start();
    house.settled(&access, second.id).await;
    assert_eq!(
        house.found(&access, "holidays").await,
        ["Holidays: thirty days a year."]
    );
    let now = house.rag.get(&access, second.id).await.unwrap();
    assert_eq!((now.replaces, now.tags.len()), (None, 1));
    assert_eq!(now.members, Some(Vec::new()), "seen by the same people");
    assert!(house.rag.get(&access, first.id).await.is_err());

    // What cannot be read replaces nothing.
    let third = next_version(&house, &access, &second, " \n ").await;
    let state = house.settled(&access, third.id).await;
    assert!(matches!(state, DocumentState::Failed { .. }));
    assert_eq!(house.found(&access, "holidays").await.len(), 1);
    worker.stop().await;
}

#[tokio::test]
async fn a_job_is_called_off_and_begun_again() {
    let house = House::open();
    let access = access(&house).await;
    let text = b"The spare key is under the mat.".to_vec();
    let document = house.upload(&access, "a.txt", "", text).await.unwrap();
    assert!(matches!(
        house.rag.retry(&access, document.id).await,
        Err(RagError::NotFailed)
    ));
    let off = house.rag.cancel(&access, document.id).await.unwrap();
    assert!(matches!(
        off.state,
        DocumentState::Failed {
            code: FailureCode::Cancelled,
            ..
        }
    ));
    let worker = house.rag.start();
    let other = house.indexed(&access, "b.txt", "The spare wheel.").await;
    assert_eq!(house.found(&access, "spare").await, ["The spare wheel."]);

    let again = house.rag.retry(&access, document.id).await.unwrap();
    assert_eq!(again.state, DocumentState::Queued);
    house.settled(&access, document.id).await;
    assert_eq!(house.found(&access, "spare").await.len(), 2);
    assert!(matches!(
        house.rag.cancel(&access, other.id).await,
        Err(RagError::Settled)
    ));
    worker.stop().await;
}

#[tokio::test]
async fn a_new_title_is_found() {
    let house = House::open();
    let access = access(&house).await;
    let worker = house.rag.start();
    let document = house
        .indexed(&access, "scan0001.txt", "Twelve crowns.")
        .await;
    assert!(house.found(&access, "invoice").await.is_empty());
    let title = Changes {
        title: Some("../Invoice of May.txt".to_owned()),
        ..Changes::default()
    };
    let named = house.rag.change(&access, document.id, title).await.unwrap();
    assert_eq!(named.title, "Invoice of May.txt");
    for attempt in 0.. {
        if house.found(&access, "invoice").await.len() == 1 {
            break;
        }
        assert!(attempt < 500, "it is not indexed anew");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_watcher_hears_of_what_is_theirs() {
    let house = House::open();
    let (ada, bob, eve) = team(&house).await;
    let stranger = access(&house).await;
    let early = house
        .upload(&bob, "early.txt", "", b"Early words.".to_vec())
        .await
        .unwrap();
    let mut watch = house.rag.watch(&eve).await.unwrap();
    assert_eq!(watch.next().await, Some(Heard::Change(early.id)));

    let elsewhere = b"Words elsewhere.".to_vec();
    house
        .upload(&stranger, "x.txt", "", elsewhere)
        .await
        .unwrap();
    house.rag.change(&bob, early.id, only(&[])).await.unwrap();
    assert_eq!(watch.next().await, Some(Heard::Change(early.id)));
    assert!(house.rag.seen(&eve, early.id).await.unwrap().is_none());
    let seen = house.rag.seen(&ada, early.id).await.unwrap();
    assert!(matches!(seen, Some(DocumentEvent::Changed(..))));

    house.rag.remove(&ada, early.id).await.unwrap();
    assert_eq!(watch.next().await, Some(Heard::Change(early.id)));
    let seen = house.rag.seen(&ada, early.id).await.unwrap();
    assert!(matches!(seen, Some(DocumentEvent::Removed(_))));
}
