//! Who is in a workspace.

use super::*;

#[tokio::test]
async fn an_owner_invites_by_address_and_the_guest_sees_the_others() {
    let bench = Bench::new();
    let (ada, bob) = (
        bench.person("ada", Role::Member),
        bench.person("bob", Role::Member),
    );
    let legal = bench.opens(&ada, "Legal").await;
    let by_email = || Invitee::Email(" BOB@Example.org".to_owned());
    let added = bench
        .rooms
        .add_member(&ada, legal, by_email(), MemberRole::Member)
        .await;
    assert_eq!(added.expect("added").email, "bob@example.org");
    let again = bench
        .rooms
        .add_member(&ada, legal, by_email(), MemberRole::Owner)
        .await;
    assert_eq!(code(again), "member_exists");
    let members = bench.rooms.members(&bob, legal).await.expect("listed");
    let shown = |member: &Member| (member.name.clone(), member.membership.role);
    let mut shown: Vec<_> = members.iter().map(shown).collect();
    shown.sort_by(|left, right| left.0.cmp(&right.0));
    let expected = [("ada", MemberRole::Owner), ("bob", MemberRole::Member)];
    assert_eq!(shown, expected.map(|(name, role)| (name.to_owned(), role)));
}

#[tokio::test]
async fn only_people_with_an_account_in_use_are_invited_and_only_by_owners() {
    let bench = Bench::new();
    let (ada, bob) = (
        bench.person("ada", Role::Member),
        bench.person("bob", Role::Member),
    );
    let eve = bench.person("eve", Role::Member);
    let legal = bench.opens(&ada, "Legal").await;
    bench.adds(&ada, legal, &bob, MemberRole::Member).await;
    let by_member =
        bench
            .rooms
            .add_member(&bob, legal, Invitee::User(user(&eve)), MemberRole::Owner);
    assert_eq!(code(by_member.await), "forbidden");
    let gone = user(&eve);
    let disabled = bench.store.write_blocking(move |tx| {
        let mut account = users::get(tx, gone)?.expect("there");
        account.user.disabled = true;
        users::put(tx, &account)
    });
    disabled.expect("written");
    for invitee in [
        Invitee::User(gone),
        Invitee::User(UserId::new()),
        Invitee::Email("eve@example.org".to_owned()),
        Invitee::Email("nobody@example.org".to_owned()),
        Invitee::Email("no address".to_owned()),
    ] {
        let result = bench
            .rooms
            .add_member(&ada, legal, invitee.clone(), MemberRole::Member)
            .await;
        assert_eq!(code(result), "user_not_found", "{invitee:?}");
    }
}

#[tokio::test]
async fn the_last_owner_stays_and_can_hand_over() {
    let bench = Bench::new();
    let (ada, bob) = (
        bench.person("ada", Role::Member),
        bench.person("bob", Role::Member),
    );
    let legal = bench.opens(&ada, "Legal").await;
    bench.adds(&ada, legal, &bob, MemberRole::Member).await;
    let (one, two) = (user(&ada), user(&bob));
    let member = MemberRole::Member;
    assert_eq!(
        code(bench.rooms.remove_member(&ada, legal, one).await),
        "last_owner"
    );
    assert_eq!(
        code(bench.rooms.set_member_role(&ada, legal, one, member).await),
        "last_owner"
    );
    let by_bob = bench
        .rooms
        .set_member_role(&bob, legal, two, MemberRole::Owner)
        .await;
    assert_eq!(code(by_bob), "forbidden");
    let promoted = bench
        .rooms
        .set_member_role(&ada, legal, two, MemberRole::Owner)
        .await;
    assert_eq!(
        promoted.expect("promoted").membership.role,
        MemberRole::Owner
    );
    bench
        .rooms
        .remove_member(&ada, legal, one)
        .await
        .expect("leaves");
    assert_eq!(
        code(bench.rooms.get(&ada, legal).await),
        "workspace_not_found"
    );
    assert_eq!(
        code(bench.rooms.remove_member(&bob, legal, one).await),
        "member_not_found"
    );
}

#[tokio::test]
async fn members_leave_and_are_removed_at_once() {
    let bench = Bench::new();
    let (ada, bob) = (
        bench.person("ada", Role::Member),
        bench.person("bob", Role::Member),
    );
    let eve = bench.person("eve", Role::Member);
    let legal = bench.opens(&ada, "Legal").await;
    for who in [&bob, &eve] {
        bench.adds(&ada, legal, who, MemberRole::Member).await;
    }
    let by_bob = bench.rooms.remove_member(&bob, legal, user(&eve)).await;
    assert_eq!(code(by_bob), "forbidden");
    let chat_key = with_key(
        &bob,
        None,
        Scopes {
            chat: true,
            manage: false,
            admin: false,
        },
    );
    let by_key = bench
        .rooms
        .remove_member(&chat_key, legal, user(&bob))
        .await;
    assert_eq!(code(by_key), "insufficient_scope");
    bench
        .rooms
        .remove_member(&bob, legal, user(&bob))
        .await
        .expect("leaves");
    bench
        .rooms
        .remove_member(&ada, legal, user(&eve))
        .await
        .expect("removed");
    for who in [&bob, &eve] {
        let opened = bench.rooms.open(who, legal, Action::ReadWorkspace).await;
        assert_eq!(code(opened), "workspace_not_found");
    }
}
