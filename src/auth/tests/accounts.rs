//! Accounts: made, disabled, changed.

use super::*;
use crate::domain::page::PageRequest;

#[tokio::test]
async fn an_admin_makes_accounts_and_a_member_does_not() {
    let (bench, ada) = Bench::set_up().await;
    bench.makes(&ada, "bob@example.org", Role::Member).await;
    let bob = bench.signs_in("BOB@example.org").await;
    let eve = || NewUser {
        email: "eve@example.org".to_owned(),
        name: "Eve".to_owned(),
        password: secret(PASSWORD),
        role: Role::Admin,
    };
    assert_eq!(
        code(bench.auth.create_user(&bob.principal, eve()).await),
        "forbidden"
    );
    assert_eq!(
        code(
            bench
                .auth
                .list_users(&bob.principal, PageRequest::default())
                .await
        ),
        "forbidden"
    );
    assert_eq!(
        code(bench.auth.get_user(&bob.principal, ada.user).await),
        "forbidden"
    );
    assert_eq!(
        code(
            bench
                .auth
                .set_role(&bob.principal, bob.user, Role::Admin)
                .await
        ),
        "forbidden"
    );
    assert!(
        bench.auth.get_user(&bob.principal, bob.user).await.is_ok(),
        "one's own"
    );
    assert!(
        bench
            .auth
            .create_user(&Principal::Operator, eve())
            .await
            .is_ok()
    );
    let again = NewUser {
        email: "EVE@example.org".to_owned(),
        ..eve()
    };
    assert_eq!(
        code(bench.auth.create_user(&ada.principal, again).await),
        "email_taken"
    );
    let missing = bench.auth.get_user(&ada.principal, UserId::new()).await;
    assert_eq!(code(missing), "user_not_found");
    let found = bench
        .auth
        .find_user(&Principal::Operator, " Bob@example.org")
        .await;
    assert_eq!(found.expect("found").id, bob.user);
}

#[tokio::test]
async fn a_list_of_accounts_is_read_page_by_page() {
    let (bench, ada) = Bench::set_up().await;
    for number in 0..4 {
        bench
            .makes(&ada, &format!("p{number}@example.org"), Role::Member)
            .await;
    }
    let (mut emails, mut after) = (Vec::new(), None);
    loop {
        let page = PageRequest::new(after.take(), Some(2));
        let page = bench
            .auth
            .list_users(&ada.principal, page)
            .await
            .expect("a page");
        assert!(page.items.len() <= 2);
        emails.extend(page.items.into_iter().map(|user| user.email));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let expected = ["ada", "p0", "p1", "p2", "p3"].map(|name| format!("{name}@example.org"));
    assert_eq!(emails, expected);
    let bad = PageRequest::new(Some("page 2".to_owned()), None);
    assert_eq!(
        code(bench.auth.list_users(&ada.principal, bad).await),
        "cursor_invalid"
    );
}

#[tokio::test]
async fn disabling_an_account_ends_everything_it_holds_at_once() {
    let (bench, ada) = Bench::set_up().await;
    bench.makes(&ada, "bob@example.org", Role::Member).await;
    let bob = bench.signs_in("bob@example.org").await;
    let key = NewKey {
        name: "cron".to_owned(),
        workspace: None,
        scopes: crate::domain::principal::Scopes::DEFAULT,
        expires_at: None,
    };
    let key = bench
        .auth
        .mint_key(&bob.principal, key)
        .await
        .expect("a key")
        .text;
    assert!(bench.by_bearer(key.expose()).await.is_some());
    assert!(bench.by_bearer(&bob.token).await.is_some());

    let disabled = bench
        .auth
        .disable_user(&ada.principal, bob.user)
        .await
        .expect("disabled");
    assert!(disabled.disabled);
    assert!(bench.by_cookie(&bob).await.is_none());
    assert!(bench.by_bearer(&bob.token).await.is_none());
    assert!(bench.by_bearer(key.expose()).await.is_none());
    assert_eq!(
        code(bench.auth.recheck(&bob.principal).await),
        "unauthenticated"
    );
    let code = bench
        .fails_to_sign_in("bob@example.org", PASSWORD, HOME)
        .await;
    assert_eq!(code, "invalid_credentials");

    bench
        .auth
        .enable_user(&ada.principal, bob.user)
        .await
        .expect("enabled");
    assert!(
        bench.by_cookie(&bob).await.is_none(),
        "the old session stays ended"
    );
    assert!(bench.by_bearer(&bob.token).await.is_none());
    assert!(
        bench.by_bearer(key.expose()).await.is_some(),
        "the key works again"
    );
    bench.signs_in("bob@example.org").await;
}

#[tokio::test]
async fn the_last_admin_who_can_sign_in_stays() {
    let (bench, ada) = Bench::set_up().await;
    let bob = bench.makes(&ada, "bob@example.org", Role::Admin).await;
    bench
        .auth
        .disable_user(&ada.principal, bob.id)
        .await
        .expect("there is Ada");
    let who = &Principal::Operator;
    assert_eq!(
        code(bench.auth.disable_user(who, ada.user).await),
        "last_admin"
    );
    assert_eq!(
        code(bench.auth.set_role(who, ada.user, Role::Member).await),
        "last_admin"
    );
    bench
        .auth
        .set_role(who, bob.id, Role::Member)
        .await
        .expect("a disabled admin does not count");
    bench
        .auth
        .set_role(who, bob.id, Role::Admin)
        .await
        .expect("nor is a role taken from anybody");
    bench.auth.enable_user(who, bob.id).await.expect("enabled");
    bench
        .auth
        .set_role(who, ada.user, Role::Member)
        .await
        .expect("there is Bob");
    assert_eq!(
        code(bench.auth.disable_user(who, bob.id).await),
        "last_admin"
    );
    bench
        .auth
        .disable_user(who, ada.user)
        .await
        .expect("a member");
}

#[tokio::test]
async fn a_role_changes_at_once() {
    let (bench, ada) = Bench::set_up().await;
    bench.makes(&ada, "bob@example.org", Role::Member).await;
    let bob = bench.signs_in("bob@example.org").await;
    bench
        .auth
        .set_role(&ada.principal, bob.user, Role::Admin)
        .await
        .expect("changed");
    let now = bench.by_cookie(&bob).await.expect("still signed in");
    assert_eq!(now.person().map(|person| person.role), Some(Role::Admin));
    assert!(
        bench.by_bearer(&bob.token).await.is_none(),
        "a token of the old role"
    );
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let (bench, ada) = Bench::set_up().await;
    let elsewhere = bench.signs_in("ada@example.org").await;
    let change = |current: &str, new: &str| {
        bench
            .auth
            .change_password(&ada.principal, secret(current), secret(new))
    };
    let new = "wobbly violet teapot";
    assert_eq!(
        code(change("wrong horse battery", new).await),
        "wrong_password"
    );
    assert_eq!(
        code(change(PASSWORD, "ada ada@example").await),
        "weak_password"
    );
    change(PASSWORD, new).await.expect("changed");
    assert!(bench.by_cookie(&ada).await.is_some());
    assert!(bench.by_cookie(&elsewhere).await.is_none());
    assert!(bench.by_bearer(&elsewhere.token).await.is_none());
    let code = bench
        .fails_to_sign_in("ada@example.org", PASSWORD, HOME)
        .await;
    assert_eq!(code, "invalid_credentials");
    assert!(
        bench
            .auth
            .sign_in("ada@example.org", secret(new), HOME)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn somebody_at_an_open_browser_cannot_guess_the_password() {
    let (bench, ada) = Bench::set_up().await;
    let change = |current: &str| {
        bench.auth.change_password(
            &ada.principal,
            secret(current),
            secret("wobbly violet teapot"),
        )
    };
    for _ in 0..bench.config.attempts {
        assert_eq!(code(change("wrong horse battery").await), "wrong_password");
    }
    assert_eq!(code(change(PASSWORD).await), "too_many_attempts");
}

#[tokio::test]
async fn a_lost_password_is_set_by_an_admin_and_signs_everybody_out() {
    let (bench, ada) = Bench::set_up().await;
    bench.makes(&ada, "bob@example.org", Role::Member).await;
    let bob = bench.signs_in("bob@example.org").await;
    let new = "wobbly violet teapot";
    let own = bench
        .auth
        .set_password(&bob.principal, bob.user, secret(new))
        .await;
    assert_eq!(code(own), "forbidden");
    bench
        .auth
        .set_password(&ada.principal, bob.user, secret(new))
        .await
        .expect("set");
    assert!(bench.by_cookie(&bob).await.is_none());
    assert!(
        bench
            .auth
            .sign_in("bob@example.org", secret(new), HOME)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_name_is_changed_by_its_bearer() {
    let (bench, ada) = Bench::set_up().await;
    let user = bench
        .auth
        .rename_self(&ada.principal, " Ada L. ")
        .await
        .expect("renamed");
    assert_eq!(user.name, "Ada L.");
    assert_eq!(
        code(bench.auth.rename_self(&ada.principal, "\n").await),
        "name_invalid"
    );
}
