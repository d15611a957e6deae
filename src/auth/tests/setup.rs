//! The first admin.

use super::*;

#[tokio::test]
async fn the_printed_link_makes_the_first_admin_and_is_gone_after() {
    let bench = Bench::new().await;
    let token = bench
        .auth
        .setup_token()
        .await
        .expect("read")
        .expect("no admin yet");
    assert_eq!(token.expose().len(), 43);
    let admin = new_admin(" Ada@Example.org ");
    let ada = bench
        .auth
        .setup(token.expose(), admin, HOME)
        .await
        .expect("set up");
    assert_eq!(
        (ada.user.email.as_str(), ada.user.role),
        ("ada@example.org", Role::Admin)
    );
    let ada = bench.who(ada).await;
    assert_eq!(ada.principal.user(), Some(ada.user));

    let again = bench
        .auth
        .setup(token.expose(), new_admin("eve@example.org"), HOME)
        .await;
    assert_eq!(code(again), "setup_done");
    assert_eq!(
        code(
            bench
                .auth
                .create_first_admin(new_admin("eve@example.org"))
                .await
        ),
        "setup_done"
    );
    assert!(bench.auth.setup_token().await.expect("read").is_none());
    assert!(
        bench
            .restarted(&bench.config)
            .await
            .setup_token()
            .await
            .expect("read")
            .is_none()
    );
}

#[tokio::test]
async fn a_wrong_or_old_token_makes_nobody_admin() {
    let bench = Bench::new().await;
    let none = bench
        .auth
        .setup("", new_admin("eve@example.org"), HOME)
        .await;
    assert_eq!(
        code(none),
        "setup_token_invalid",
        "before any token was printed"
    );
    let old = bench
        .auth
        .setup_token()
        .await
        .expect("read")
        .expect("a token");
    let new = bench
        .auth
        .setup_token()
        .await
        .expect("read")
        .expect("a token");
    for token in ["", "x", old.expose().as_str(), &new.expose()[..42]] {
        let result = bench
            .auth
            .setup(token, new_admin("eve@example.org"), HOME)
            .await;
        assert_eq!(code(result), "setup_token_invalid", "{token}");
    }
    let restarted = bench.restarted(&bench.config).await;
    let result = restarted
        .setup(new.expose(), new_admin("eve@example.org"), HOME)
        .await;
    assert_eq!(
        code(result),
        "setup_token_invalid",
        "a token of the run before"
    );
    assert!(!bench.auth.is_set_up().await.expect("read"));
}

#[tokio::test]
async fn guessing_the_token_is_bounded() {
    let bench = Bench::new().await;
    let token = bench
        .auth
        .setup_token()
        .await
        .expect("read")
        .expect("a token");
    for _ in 0..bench.config.attempts {
        let result = bench
            .auth
            .setup("guess", new_admin("eve@example.org"), HOME)
            .await;
        assert_eq!(code(result), "setup_token_invalid");
    }
    let right = bench
        .auth
        .setup(token.expose(), new_admin("eve@example.org"), HOME)
        .await;
    assert_eq!(code(right), "too_many_attempts");
    let elsewhere = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
    let owner = bench
        .auth
        .setup(token.expose(), new_admin("ada@example.org"), elsewhere)
        .await;
    assert!(
        owner.is_ok(),
        "a guesser elsewhere does not lock the owner out"
    );
}

#[tokio::test]
async fn a_mistake_in_the_form_does_not_use_the_token_up() {
    let bench = Bench::new().await;
    let token = bench
        .auth
        .setup_token()
        .await
        .expect("read")
        .expect("a token");
    for (email, name, password, expected) in [
        ("ada", "Ada", PASSWORD, "email_invalid"),
        ("ada@example.org", " ", PASSWORD, "name_invalid"),
        ("ada@example.org", "Ada", "password1234", "weak_password"),
    ] {
        let (email, name) = (email.to_owned(), name.to_owned());
        let admin = NewAdmin {
            email,
            name,
            password: secret(password),
        };
        for _ in 0..bench.config.attempts {
            let result = bench.auth.setup(token.expose(), admin.clone(), HOME).await;
            assert_eq!(code(result), expected);
        }
    }
    assert!(
        bench
            .auth
            .setup(token.expose(), new_admin("ada@example.org"), HOME)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn of_two_who_come_at_once_one_is_admin() {
    let bench = Bench::new().await;
    let token = bench
        .auth
        .setup_token()
        .await
        .expect("read")
        .expect("a token");
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (auth, token) = (bench.auth.clone(), token.clone());
        racers.spawn(async move {
            let admin = new_admin(&format!("p{number}@example.org"));
            code(auth.setup(token.expose(), admin, HOME).await)
        });
    }
    let results = racers.join_all().await;
    let won = results
        .iter()
        .filter(|code| **code == "no error at all")
        .count();
    assert_eq!(won, 1, "{results:?}");
    for lost in results.iter().filter(|code| **code != "no error at all") {
        // Those who came when the token was used up already are told that it is not valid.
        assert!(
            ["setup_done", "setup_token_invalid"].contains(lost),
            "{lost}"
        );
    }
}
