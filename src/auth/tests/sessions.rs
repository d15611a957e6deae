//! Signing in, being known again, signing out.

use super::*;
use crate::domain::principal::Credential;
use crate::store::sessions;

#[tokio::test]
async fn a_password_opens_a_session_for_browser_and_program() {
    let (bench, ada) = Bench::set_up().await;
    let by_cookie = bench.by_cookie(&ada).await.expect("known");
    let by_token = bench.by_bearer(&ada.token).await.expect("known");
    assert_eq!(by_cookie.user(), Some(ada.user));
    let credential = |who: &Principal| who.person().map(|person| person.credential.clone());
    let (Some(Credential::Session(cookie)), Some(Credential::Token(token))) =
        (credential(&by_cookie), credential(&by_token))
    else {
        panic!("{by_cookie:?} and {by_token:?}");
    };
    assert_eq!(cookie, token, "both are the same session");
}

#[tokio::test]
async fn nobody_learns_whether_an_account_is_there() {
    let (bench, ada) = Bench::set_up().await;
    let bob = bench.makes(&ada, "bob@example.org", Role::Member).await;
    bench
        .auth
        .disable_user(&ada.principal, bob.id)
        .await
        .expect("disabled");
    for (email, password) in [
        ("ada@example.org", "wrong horse battery"),
        ("nobody@example.org", PASSWORD),
        ("bob@example.org", PASSWORD),
        ("not an address", PASSWORD),
        ("", ""),
    ] {
        let code = bench.fails_to_sign_in(email, password, HOME).await;
        assert_eq!(code, "invalid_credentials", "{email}");
    }
}

#[tokio::test]
async fn guessing_a_password_is_stopped_and_the_owner_elsewhere_is_not() {
    let (bench, _) = Bench::set_up().await;
    let eve = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
    for _ in 0..bench.config.attempts {
        let code = bench
            .fails_to_sign_in("Ada@example.org", "wrong horse battery", eve)
            .await;
        assert_eq!(code, "invalid_credentials");
    }
    let right = bench
        .auth
        .sign_in("ada@example.org", secret(PASSWORD), eve)
        .await;
    let error = right.expect_err("refused before the password is looked at");
    assert_eq!(
        (error.code(), error.kind()),
        ("too_many_attempts", crate::domain::fault::Kind::RateLimited)
    );
    assert_eq!(error.retry_after(), Some(Duration::from_secs(900)));
    bench.signs_in("ada@example.org").await;
    bench.clock.advance(Duration::from_secs(900));
    assert!(
        bench
            .auth
            .sign_in("ada@example.org", secret(PASSWORD), eve)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn signing_out_ends_cookie_and_token_at_once_and_no_other_session() {
    let (bench, ada) = Bench::set_up().await;
    let elsewhere = bench.signs_in("ada@example.org").await;
    assert!(
        bench.by_bearer(&ada.token).await.is_some(),
        "remembered as good"
    );
    let changes = bench.auth.changes();
    bench
        .auth
        .sign_out(&ada.principal)
        .await
        .expect("signed out");
    assert!(changes.has_changed().expect("open"), "streams are told");
    assert_eq!(
        code(bench.auth.recheck(&ada.principal).await),
        "unauthenticated"
    );
    assert!(bench.by_cookie(&ada).await.is_none());
    assert!(bench.by_bearer(&ada.token).await.is_none());
    assert!(bench.by_cookie(&elsewhere).await.is_some());
    assert!(bench.auth.recheck(&elsewhere.principal).await.is_ok());
    assert!(
        bench.auth.sign_out(&ada.principal).await.is_ok(),
        "twice does no harm"
    );
}

#[tokio::test]
async fn a_client_that_hangs_up_while_it_signs_out_is_signed_out() {
    let (bench, ada) = Bench::set_up().await;
    assert!(bench.by_cookie(&ada).await.is_some(), "remembered as good");
    {
        let mut leaving = Box::pin(bench.auth.sign_out(&ada.principal));
        assert!(futures_util::poll!(&mut leaving).is_pending());
    }
    let watch = crate::domain::time::Stopwatch::start();
    while bench.by_cookie(&ada).await.is_some() {
        assert!(watch.elapsed() < MINUTE, "still signed in");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_lost_laptop_is_signed_out_from_elsewhere() {
    let (bench, ada) = Bench::set_up().await;
    bench.clock.advance(MINUTE);
    let laptop = bench.signs_in("ada@example.org").await;
    bench.makes(&ada, "bob@example.org", Role::Member).await;
    let bob = bench.signs_in("bob@example.org").await;
    let listed = bench
        .auth
        .list_sessions(&ada.principal)
        .await
        .expect("listed");
    let current: Vec<bool> = listed.iter().map(|session| session.current).collect();
    assert_eq!(current, [true, false]);
    let lost = listed[1].id;
    let by_bob = bench.auth.end_session(&bob.principal, lost).await;
    assert_eq!(code(by_bob), "session_not_found");
    assert!(bench.by_cookie(&laptop).await.is_some());
    bench
        .auth
        .end_session(&ada.principal, lost)
        .await
        .expect("ended");
    assert!(bench.by_cookie(&laptop).await.is_none());
    assert!(bench.by_bearer(&laptop.token).await.is_none());
    assert!(bench.by_cookie(&ada).await.is_some());
}

#[tokio::test]
async fn a_session_ends_after_twelve_idle_hours() {
    let (bench, ada) = Bench::set_up().await;
    for _ in 0..5 {
        bench.clock.advance(11 * HOUR);
        assert!(
            bench.by_cookie(&ada).await.is_some(),
            "used every eleven hours"
        );
    }
    bench.clock.advance(12 * HOUR - MINUTE);
    assert!(bench.by_cookie(&ada).await.is_some());
    bench.clock.advance(12 * HOUR);
    assert!(bench.by_cookie(&ada).await.is_none());
    let left = bench
        .store
        .read_blocking(|tx| sessions::of_user(tx, ada.user));
    assert_eq!(left.expect("read"), [], "its row is removed");
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_in_any_case() {
    let (bench, ada) = Bench::set_up().await;
    for hours in (0..30 * 24 - 6).step_by(6) {
        assert!(bench.by_cookie(&ada).await.is_some(), "hour {hours}");
        bench.clock.advance(6 * HOUR);
    }
    bench.clock.advance(6 * HOUR);
    assert!(bench.by_cookie(&ada).await.is_none());
}

#[tokio::test]
async fn use_is_noted_to_the_minute_and_not_more_often() {
    let (bench, ada) = Bench::set_up().await;
    let seen = || {
        let sessions = bench
            .store
            .read_blocking(|tx| sessions::of_user(tx, ada.user));
        sessions.expect("read")[0].seen_at
    };
    let first = seen();
    for seconds in [31, 28] {
        bench.clock.advance(Duration::from_secs(seconds));
        assert!(bench.by_cookie(&ada).await.is_some());
        assert_eq!(seen(), first);
    }
    bench.clock.advance(Duration::from_secs(31));
    assert!(bench.by_cookie(&ada).await.is_some());
    assert_eq!(seen(), bench.clock.now());
}

#[tokio::test]
async fn a_token_lives_ten_minutes_and_a_browser_gets_another() {
    let (bench, ada) = Bench::set_up().await;
    bench.clock.advance(Duration::from_secs(599));
    assert!(bench.by_bearer(&ada.token).await.is_some());
    bench.clock.advance(Duration::from_secs(1));
    assert!(
        bench.by_bearer(&ada.token).await.is_none(),
        "also where it was remembered"
    );
    let (token, life) = bench
        .auth
        .renew_token(&ada.principal)
        .await
        .expect("renewed");
    assert_eq!(life, Duration::from_secs(600));
    let by_token = bench.by_bearer(token.expose()).await.expect("known");
    assert_eq!(
        code(bench.auth.renew_token(&by_token).await),
        "unauthenticated"
    );
}

#[tokio::test]
async fn one_credential_never_passes_for_another() {
    let (bench, ada) = Bench::set_up().await;
    assert!(bench.by_bearer(&ada.cookie).await.is_none());
    let as_cookie = bench.auth.authenticate(Presented::Cookie(&ada.token)).await;
    assert_eq!(code(as_cookie), "unauthenticated");
    let setup = digest::digest(digest::Use::Setup, &ada.cookie);
    assert_ne!(setup, digest::digest(digest::Use::Session, &ada.cookie));
    let long = "x".repeat(100_000);
    for text in [
        "",
        " ",
        "v4.local.",
        "v4.public.AAAA",
        "psk_",
        "Bearer",
        long.as_str(),
    ] {
        assert!(bench.by_bearer(text).await.is_none(), "{:.20}", text);
        let cookie = bench.auth.authenticate(Presented::Cookie(text)).await;
        assert_eq!(code(cookie), "unauthenticated", "{:.20}", text);
    }
    let (other, _) = Bench::set_up().await;
    assert!(
        other.by_bearer(&ada.token).await.is_none(),
        "a token of another box"
    );
}

#[tokio::test]
async fn tokens_and_sessions_outlive_a_restart() {
    let (bench, ada) = Bench::set_up().await;
    let auth = bench.restarted(&bench.config).await;
    assert!(
        auth.authenticate(Presented::Cookie(&ada.cookie))
            .await
            .is_ok()
    );
    assert!(
        auth.authenticate(Presented::Bearer(&ada.token))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_oldest_session_makes_room_for_a_new_one() {
    let (bench, ada) = Bench::set_up().await;
    let mut last = None;
    for _ in 0..32 {
        bench.clock.advance(MINUTE);
        last = Some(bench.signs_in("ada@example.org").await);
    }
    bench.clock.advance(MINUTE);
    assert!(bench.by_cookie(&ada).await.is_none());
    assert!(bench.by_cookie(&last.expect("32 of them")).await.is_some());
    let all = bench
        .store
        .read_blocking(|tx| sessions::of_user(tx, ada.user));
    assert_eq!(all.expect("read").len(), 32);
}

#[tokio::test]
async fn a_hash_of_an_older_cost_is_renewed_at_sign_in() {
    let (bench, ada) = Bench::set_up().await;
    let dearer = AuthConfig {
        argon2_memory_kib: 128,
        ..bench.config.clone()
    };
    let auth = bench.restarted(&dearer).await;
    let stored = || {
        let account = bench
            .store
            .read_blocking(|tx| crate::store::users::get(tx, ada.user));
        account.expect("read").expect("there").password
    };
    assert!(stored().contains("m=64,"));
    auth.sign_in("ada@example.org", secret(PASSWORD), HOME)
        .await
        .expect("signs in");
    assert!(stored().contains("m=128,"));
    auth.sign_in("ada@example.org", secret(PASSWORD), HOME)
        .await
        .expect("signs in again");
}

#[tokio::test]
async fn neither_store_nor_key_file_holds_what_people_hold() {
    let (bench, ada) = Bench::set_up().await;
    let mut bytes = std::fs::read(bench.data.path().join("store.redb")).expect("the store");
    bytes.extend(std::fs::read(bench.data.path().join("token.key")).expect("the key"));
    assert!(contains(&bytes, b"ada@example.org"), "the search works");
    for secret in [PASSWORD, &ada.cookie, &ada.token] {
        assert!(!contains(&bytes, secret.as_bytes()));
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}
