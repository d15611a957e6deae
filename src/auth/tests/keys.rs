//! API keys.

use super::*;
use crate::domain::id::WorkspaceId;
use crate::domain::principal::{Credential, Scopes};
use crate::domain::workspace::{AnswerSettings, MemberRole, Membership, Workspace};
use crate::store::{api_keys, workspaces};

fn new_key() -> NewKey {
    NewKey {
        name: "cron".to_owned(),
        workspace: None,
        scopes: Scopes::DEFAULT,
        expires_at: None,
    }
}

impl Bench {
    fn workspace_of(&self, user: UserId) -> WorkspaceId {
        let id = WorkspaceId::new();
        let since = self.clock.now();
        let (name, instructions) = ("Legal".to_owned(), String::new());
        let workspace = Workspace {
            id,
            name,
            instructions,
            created_at: since,
            created_by: user,
            answers: AnswerSettings::default(),
        };
        let owner = Membership {
            workspace: id,
            user,
            role: MemberRole::Owner,
            since,
        };
        let write = self.store.write_blocking(move |tx| {
            workspaces::put(tx, &workspace)?;
            workspaces::put_member(tx, &owner)
        });
        write.expect("written");
        id
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_speaks_for_its_person() {
    let (bench, ada) = Bench::set_up().await;
    let minted = bench
        .auth
        .mint_key(&ada.principal, new_key())
        .await
        .expect("a key");
    let who = bench.by_bearer(minted.text.expose()).await.expect("known");
    let id = minted.key.id;
    let credential = Credential::ApiKey {
        id,
        workspace: None,
        scopes: Scopes::DEFAULT,
    };
    let person = who.person().expect("a person");
    assert_eq!((person.user, &person.credential), (ada.user, &credential));
    let listed = bench.auth.list_keys(&ada.principal).await.expect("listed");
    assert_eq!(listed.iter().map(|key| key.id).collect::<Vec<_>>(), [id]);
    let record = bench
        .store
        .read_blocking(|tx| api_keys::get(tx, id))
        .expect("read");
    let digest = record.expect("there").digest;
    assert_eq!(
        digest,
        digest::digest(digest::Use::ApiKey, minted.text.expose())
    );
}

#[tokio::test]
async fn a_key_cannot_make_keys_nor_change_its_person() {
    let (bench, ada) = Bench::set_up().await;
    let all = NewKey {
        scopes: Scopes::ALL,
        ..new_key()
    };
    let minted = bench
        .auth
        .mint_key(&ada.principal, all)
        .await
        .expect("a key");
    let key = bench.by_bearer(minted.text.expose()).await.expect("known");
    assert_eq!(
        code(bench.auth.mint_key(&key, new_key()).await),
        "insufficient_scope"
    );
    assert_eq!(code(bench.auth.list_keys(&key).await), "insufficient_scope");
    assert_eq!(
        code(bench.auth.rename_self(&key, "Eve").await),
        "insufficient_scope"
    );
    let new = secret("wobbly violet teapot");
    let changed = bench
        .auth
        .change_password(&key, secret(PASSWORD), new)
        .await;
    assert_eq!(code(changed), "insufficient_scope");
    assert_eq!(code(bench.auth.sign_out(&key).await), "insufficient_scope");
    assert_eq!(
        code(bench.auth.list_sessions(&key).await),
        "insufficient_scope"
    );
    assert_eq!(code(bench.auth.renew_token(&key).await), "unauthenticated");
}

#[tokio::test]
async fn a_revoked_key_is_dead_at_once_and_only_its_owner_or_an_admin_revokes() {
    let (bench, ada) = Bench::set_up().await;
    bench.makes(&ada, "bob@example.org", Role::Member).await;
    bench.makes(&ada, "eve@example.org", Role::Member).await;
    let (bob, eve) = (
        bench.signs_in("bob@example.org").await,
        bench.signs_in("eve@example.org").await,
    );
    for revoker in [&bob.principal, &ada.principal, &Principal::Operator] {
        let key = bench
            .auth
            .mint_key(&bob.principal, new_key())
            .await
            .expect("a key");
        assert!(bench.by_bearer(key.text.expose()).await.is_some());
        let by_eve = bench.auth.revoke_key(&eve.principal, key.key.id).await;
        assert_eq!(code(by_eve), "api_key_not_found");
        assert!(bench.by_bearer(key.text.expose()).await.is_some());
        bench
            .auth
            .revoke_key(revoker, key.key.id)
            .await
            .expect("revoked");
        assert!(bench.by_bearer(key.text.expose()).await.is_none());
        let principal = Principal::Person(crate::domain::principal::Person {
            user: bob.user,
            role: Role::Member,
            credential: Credential::ApiKey {
                id: key.key.id,
                workspace: None,
                scopes: Scopes::ALL,
            },
        });
        assert_eq!(
            code(bench.auth.recheck(&principal).await),
            "unauthenticated"
        );
    }
}

#[tokio::test]
async fn a_key_ends_when_it_was_said_to() {
    let (bench, ada) = Bench::set_up().await;
    let past = NewKey {
        expires_at: Some(bench.clock.now()),
        ..new_key()
    };
    assert_eq!(
        code(bench.auth.mint_key(&ada.principal, past).await),
        "expires_at_invalid"
    );
    let end = bench.clock.now().plus(Duration::from_secs(70));
    let minted = NewKey {
        expires_at: Some(end),
        ..new_key()
    };
    let minted = bench
        .auth
        .mint_key(&ada.principal, minted)
        .await
        .expect("a key");
    bench.clock.advance(Duration::from_secs(69));
    assert!(bench.by_bearer(minted.text.expose()).await.is_some());
    bench.clock.advance(Duration::from_secs(1));
    assert!(bench.by_bearer(minted.text.expose()).await.is_none());
}

#[tokio::test]
async fn a_key_can_be_bound_to_a_workspace_of_ones_own_only() {
    let (bench, ada) = Bench::set_up().await;
    let bob = bench.makes(&ada, "bob@example.org", Role::Member).await;
    let (own, other) = (bench.workspace_of(ada.user), bench.workspace_of(bob.id));
    let bound = |workspace| NewKey {
        workspace: Some(workspace),
        ..new_key()
    };
    for foreign in [other, WorkspaceId::new()] {
        let minted = bench.auth.mint_key(&ada.principal, bound(foreign)).await;
        assert_eq!(code(minted), "workspace_not_found");
    }
    let minted = bench
        .auth
        .mint_key(&ada.principal, bound(own))
        .await
        .expect("a key");
    let who = bench.by_bearer(minted.text.expose()).await.expect("known");
    assert_eq!(policy::bound_workspace(&who), Some(own));
}

#[tokio::test]
async fn a_key_gets_no_scope_that_its_person_has_not() {
    let (bench, ada) = Bench::set_up().await;
    bench.makes(&ada, "bob@example.org", Role::Member).await;
    let bob = bench.signs_in("bob@example.org").await;
    let all = NewKey {
        scopes: Scopes::ALL,
        ..new_key()
    };
    assert_eq!(
        code(bench.auth.mint_key(&bob.principal, all.clone()).await),
        "scope_invalid"
    );
    let minted = bench
        .auth
        .mint_key(&ada.principal, all)
        .await
        .expect("an admin's key");
    let key = bench.by_bearer(minted.text.expose()).await.expect("known");
    assert!(policy::permit(&key, Action::ManageUsers).is_ok());
    bench
        .auth
        .set_role(&ada.principal, bob.user, Role::Admin)
        .await
        .expect("promoted");
    bench
        .auth
        .set_role(&ada.principal, ada.user, Role::Member)
        .await
        .expect("demoted");
    let key = bench.by_bearer(minted.text.expose()).await.expect("known");
    assert!(
        policy::permit(&key, Action::ManageUsers).is_err(),
        "it follows its person's role"
    );
}

#[tokio::test]
async fn only_the_owner_of_the_machine_makes_keys_for_others() {
    let (bench, ada) = Bench::set_up().await;
    let bob = bench.makes(&ada, "bob@example.org", Role::Member).await;
    let by_admin = bench
        .auth
        .mint_key_for(&ada.principal, bob.id, new_key())
        .await;
    assert_eq!(code(by_admin), "forbidden");
    let minted = bench
        .auth
        .mint_key_for(&Principal::Operator, bob.id, new_key())
        .await;
    let minted = minted.expect("a key");
    let who = bench.by_bearer(minted.text.expose()).await.expect("known");
    assert_eq!(who.user(), Some(bob.id));
    let nobody = bench
        .auth
        .mint_key_for(&Principal::Operator, UserId::new(), new_key())
        .await;
    assert_eq!(code(nobody), "user_not_found");
    let listed = bench
        .auth
        .list_keys_of(&ada.principal, bob.id)
        .await
        .expect("listed");
    assert_eq!(listed.len(), 1);
}

#[tokio::test]
async fn there_is_room_for_fifty_keys() {
    let (bench, ada) = Bench::set_up().await;
    for _ in 0..50 {
        bench
            .auth
            .mint_key(&ada.principal, new_key())
            .await
            .expect("a key");
    }
    let one_more = bench.auth.mint_key(&ada.principal, new_key()).await;
    assert_eq!(code(one_more), "too_many_api_keys");
}

#[tokio::test]
async fn use_of_a_key_is_noted_every_ten_minutes() {
    let (bench, ada) = Bench::set_up().await;
    let minted = bench
        .auth
        .mint_key(&ada.principal, new_key())
        .await
        .expect("a key");
    let used = || {
        let record = bench
            .store
            .read_blocking(|tx| api_keys::get(tx, minted.key.id));
        record.expect("read").expect("there").used_at
    };
    assert_eq!(used(), None);
    let first = bench.clock.now();
    for (minutes, noted) in [
        (0, first),
        (5, first),
        (4, first),
        (1, first.plus(10 * MINUTE)),
    ] {
        bench.clock.advance(minutes * MINUTE);
        assert!(bench.by_bearer(minted.text.expose()).await.is_some());
        assert_eq!(used(), Some(noted), "after {minutes} more minutes");
    }
}
