//! Conversations inside a workspace.

use super::*;
use crate::domain::id::ConversationId;
use crate::domain::page::PageRequest;

#[tokio::test]
async fn a_conversation_is_its_owners_alone() {
    let bench = Bench::new();
    let (ada, bob) = (
        bench.person("ada", Role::Member),
        bench.person("bob", Role::Member),
    );
    let (legal, other) = (
        bench.opens(&ada, "Legal").await,
        bench.opens(&ada, "Other").await,
    );
    bench.adds(&ada, legal, &bob, MemberRole::Owner).await;
    let open = |who, id| bench.rooms.open(who, id, Action::Chat);
    let (adas, bobs) = (
        open(&ada, legal).await.expect("ok"),
        open(&bob, legal).await.expect("ok"),
    );
    let elsewhere = open(&ada, other).await.expect("ok");
    let talk = bench
        .rooms
        .create_conversation(&adas, " Notice ")
        .await
        .expect("begun");
    assert_eq!(
        (talk.title.as_str(), talk.owner, talk.workspace),
        ("Notice", user(&ada), legal)
    );
    assert_eq!(
        bench
            .rooms
            .get_conversation(&adas, talk.id)
            .await
            .expect("got"),
        talk
    );
    let gone = "conversation_not_found";
    for access in [&bobs, &elsewhere] {
        assert_eq!(
            code(bench.rooms.get_conversation(access, talk.id).await),
            gone
        );
        assert_eq!(
            code(
                bench
                    .rooms
                    .rename_conversation(access, talk.id, "Mine")
                    .await
            ),
            gone
        );
        assert_eq!(
            code(bench.rooms.remove_conversation(access, talk.id).await),
            gone
        );
        let page = bench
            .rooms
            .list_conversations(access, PageRequest::default())
            .await;
        assert_eq!(page.expect("a page").items, []);
    }
    let (access, found) = bench
        .rooms
        .open_conversation(&ada, talk.id, Action::Chat)
        .await
        .expect("opened");
    assert_eq!((access.workspace(), found), (legal, talk.clone()));
    for who in [&bob, &Principal::Operator] {
        let opened = bench
            .rooms
            .open_conversation(who, talk.id, Action::ReadWorkspace)
            .await;
        assert_eq!(code(opened), gone, "{who:?}");
    }
    let bound = with_key(&ada, Some(other), Scopes::ALL);
    assert_eq!(
        code(
            bench
                .rooms
                .open_conversation(&bound, talk.id, Action::Chat)
                .await
        ),
        gone
    );
    let missing = bench
        .rooms
        .open_conversation(&ada, ConversationId::new(), Action::Chat)
        .await;
    assert_eq!(code(missing), gone);
}

#[tokio::test]
async fn who_left_the_workspace_has_left_the_conversation() {
    let bench = Bench::new();
    let (ada, bob) = (
        bench.person("ada", Role::Member),
        bench.person("bob", Role::Member),
    );
    let legal = bench.opens(&ada, "Legal").await;
    bench.adds(&ada, legal, &bob, MemberRole::Member).await;
    let access = bench
        .rooms
        .open(&bob, legal, Action::Chat)
        .await
        .expect("opened");
    let talk = bench
        .rooms
        .create_conversation(&access, "")
        .await
        .expect("begun");
    bench
        .rooms
        .remove_member(&ada, legal, user(&bob))
        .await
        .expect("removed");
    let opened = bench
        .rooms
        .open_conversation(&bob, talk.id, Action::ReadWorkspace)
        .await;
    assert_eq!(code(opened), "conversation_not_found");
    let more = bench.rooms.create_conversation(&access, "").await;
    assert_eq!(code(more), "workspace_not_found", "an old proof");
    bench.adds(&ada, legal, &bob, MemberRole::Member).await;
    assert!(
        bench
            .rooms
            .open_conversation(&bob, talk.id, Action::Chat)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_list_of_conversations_is_read_page_by_page_newest_first() {
    let bench = Bench::new();
    let ada = bench.person("ada", Role::Member);
    let legal = bench.opens(&ada, "Legal").await;
    let access = bench
        .rooms
        .open(&ada, legal, Action::Chat)
        .await
        .expect("opened");
    for title in ["one", "two", "three"] {
        bench.clock.advance(Duration::from_secs(1));
        bench
            .rooms
            .create_conversation(&access, title)
            .await
            .expect("begun");
    }
    let first = PageRequest::new(None, Some(2));
    let first = bench
        .rooms
        .list_conversations(&access, first)
        .await
        .expect("a page");
    let titles = |items: &[crate::domain::conversation::Conversation]| {
        items
            .iter()
            .map(|talk| talk.title.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(titles(&first.items), ["three", "two"]);
    let second = PageRequest::new(first.next, Some(2));
    let second = bench
        .rooms
        .list_conversations(&access, second)
        .await
        .expect("a page");
    assert_eq!(
        (titles(&second.items), second.next),
        (vec!["one".to_owned()], None)
    );
    for bad in ["", "1", "1.2", "x.conv_00000000000000000000000000000000"] {
        let page = PageRequest::new(Some(bad.to_owned()), None);
        let page = bench.rooms.list_conversations(&access, page).await;
        assert_eq!(code(page), "cursor_invalid", "{bad}");
    }
}

#[tokio::test]
async fn titles_are_one_line_and_a_key_without_chat_changes_none() {
    let bench = Bench::new();
    let ada = bench.person("ada", Role::Member);
    let legal = bench.opens(&ada, "Legal").await;
    let access = bench
        .rooms
        .open(&ada, legal, Action::Chat)
        .await
        .expect("opened");
    let talk = bench
        .rooms
        .create_conversation(&access, "")
        .await
        .expect("begun");
    let (longest, longer) = ("ü".repeat(200), "ü".repeat(201));
    let renamed = bench
        .rooms
        .rename_conversation(&access, talk.id, &longest)
        .await;
    assert_eq!(renamed.expect("renamed").updated_at, talk.updated_at);
    for bad in ["a\nb", longer.as_str()] {
        let result = bench.rooms.rename_conversation(&access, talk.id, bad).await;
        assert_eq!(code(result), "title_invalid", "{bad}");
    }
    let key = with_key(
        &ada,
        None,
        Scopes {
            chat: false,
            manage: true,
            admin: false,
        },
    );
    let read = bench
        .rooms
        .open(&key, legal, Action::ReadWorkspace)
        .await
        .expect("opened");
    assert!(bench.rooms.get_conversation(&read, talk.id).await.is_ok());
    let gone = bench.rooms.remove_conversation(&read, talk.id).await;
    assert_eq!(code(gone), "insufficient_scope");
    bench
        .rooms
        .remove_conversation(&access, talk.id)
        .await
        .expect("removed");
    let gone = bench.rooms.get_conversation(&access, talk.id).await;
    assert_eq!(code(gone), "conversation_not_found");
}
