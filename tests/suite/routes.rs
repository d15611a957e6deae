//! Every route × everybody: nobody gets in without a credential, and a wall is a wall.

use std::time::Duration;

use poem::http::Method;
use privatestack::api::{RouteFact, routes};
use serde_json::{Value, json};

use crate::harness::{Appliance, Person};

/// What the parameters of a path stand for in this story.
struct Ids {
    workspace: String,
    document: String,
    conversation: String,
    turn: String,
    user: String,
}

impl Ids {
    async fn of(owner: &Person<'_>) -> Self {
        let workspace = owner.opens_workspace("Secrets").await;
        let document = owner
            .uploads(&workspace, "plan.txt", "The plan is to wait.")
            .await;
        let conversation = owner.opens_conversation(&workspace).await;
        let turn = owner.asks(&conversation, "What is the plan?").await.ok();
        let text = |value: &Value| value["id"].as_str().expect("an id").to_owned();
        let (document, turn) = (text(&document), text(&turn));
        Ids {
            workspace,
            document,
            conversation,
            turn,
            user: owner.id.clone(),
        }
    }

    fn fill(&self, path: &str) -> String {
        let id = if path.contains("/conversations/{id}") {
            &self.conversation
        } else if path.contains("/users/{id}") {
            &self.user
        } else {
            &self.workspace
        };
        path.replace("{id}", id)
            .replace("{document}", &self.document)
            .replace("{turn}", &self.turn)
            .replace("{user}", &self.user)
    }
}

async fn tries(person: &Person<'_>, route: &RouteFact, path: &str) -> u16 {
    let method: Method = route.method.parse().expect("a method");
    let body = matches!(route.method.as_str(), "POST" | "PATCH").then(|| json!({}));
    person.call(method, path, body).await.status.as_u16()
}

fn inside_the_wall(route: &RouteFact) -> bool {
    route.path.contains("/workspaces/{id}") || route.path.contains("/conversations/{id}")
}

fn admins_only(route: &RouteFact) -> bool {
    route.path.starts_with("/api/v1/users")
        || route.path == "/api/v1/models/import"
        || (route.path == "/api/v1/models/{id}" && route.method == "DELETE")
}

#[tokio::test]
async fn every_route_lets_in_whom_it_should() {
    let appliance = Appliance::saying("Wait.").await;
    let ada = appliance.admin("ada").await;
    let carol = appliance.person(&ada, "carol").await;
    let bob = appliance.person(&ada, "bob").await;
    let ids = Ids::of(&carol).await;
    let other = bob.opens_workspace("Other").await;
    let key = bob
        .mints_key(json!({ "name": "bound", "workspace": other }))
        .await;
    let (nobody, bound) = (bob.with_bearer(""), bob.with_bearer(&key));
    let facts = routes();
    assert!(facts.len() > 30, "{} routes", facts.len());

    for route in facts.iter().filter(|route| route.secured) {
        let path = ids.fill(&route.path);
        let at = format!("{} {}", route.method, route.path);
        assert_eq!(tries(&nobody, route, &path).await, 401, "nobody, {at}");
        let forged = bob.with_bearer("v4.local.AAAA");
        assert_eq!(
            tries(&forged, route, &path).await,
            401,
            "a forged token, {at}"
        );
        if inside_the_wall(route) {
            for (who, person) in [("stranger", &bob), ("admin", &ada), ("foreign key", &bound)] {
                let status = tries(person, route, &path).await;
                let hidden = status == 404 || (route.method != "GET" && status == 400);
                assert!(hidden || status == 415, "{who} got {status} from {at}");
            }
        }
        if admins_only(route) {
            let status = tries(&bob, route, &path).await;
            assert!(
                [400, 403, 404].contains(&status),
                "a member got {status} from {at}"
            );
            assert_ne!(tries(&bound, route, &path).await, 200, "a bound key, {at}");
        }
    }

    // The owner still has everything, and then her token is too old.
    let path = format!(
        "/api/v1/workspaces/{}/documents/{}",
        ids.workspace, ids.document
    );
    carol.get(&path).await.ok();
    appliance.clock.advance(Duration::from_secs(11 * 60));
    for route in facts.iter().filter(|route| route.secured) {
        let path = ids.fill(&route.path);
        let at = format!("{} {}", route.method, route.path);
        assert_eq!(
            tries(&carol, route, &path).await,
            401,
            "an expired token, {at}"
        );
    }
}

#[tokio::test]
async fn signing_out_is_effective_at_once() {
    let appliance = Appliance::saying("Hello.").await;
    let ada = appliance.admin("ada").await;
    ada.get("/api/v1/me").await.ok();
    assert!(
        ada.post("/api/v1/auth/logout", json!({}))
            .await
            .status
            .is_success()
    );
    assert_eq!(ada.get("/api/v1/me").await.status, 401);
}

#[tokio::test]
async fn a_disabled_account_and_its_keys_are_shut_out_at_once() {
    let appliance = Appliance::saying("Hello.").await;
    let ada = appliance.admin("ada").await;
    let bob = appliance.person(&ada, "bob").await;
    let key = bob.mints_key(json!({ "name": "laptop" })).await;
    bob.with_bearer(&key).get("/v1/models").await.ok();
    let path = format!("/api/v1/users/{}", bob.id);
    ada.call(Method::PATCH, &path, Some(json!({ "disabled": true })))
        .await
        .ok();
    assert_eq!(bob.get("/api/v1/me").await.status, 401);
    assert_eq!(bob.with_bearer(&key).get("/v1/models").await.status, 401);
}
