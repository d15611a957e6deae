//! Cases of a workspace: texts and what must become of them, whatever its guardrails are changed to.

use poem::http::Method;
use serde_json::{Value, json};

use crate::harness::Appliance;
use crate::pipelines::{MAIL, names, path, signed_in, stage};

#[tokio::test]
async fn stages_that_do_not_keep_the_cases_of_a_workspace_are_refused() {
    let mut appliance = Appliance::saying("Noted.").await;
    let lab = {
        let ada = appliance.admin("ada").await;
        ada.opens_workspace("Lab").await
    };
    let case = |name: &str, text: &str, outcome: &str| json!({ "name": name, "side": "input", "text": text, "outcome": outcome });
    let cases = json!([
        case(
            "an address is hidden",
            &format!("Write to {MAIL}."),
            "changed"
        ),
        case(
            "shifts are no secret",
            "When does the shift begin?",
            "passed"
        ),
    ]);
    let both = json!([stage("secrets"), stage("pii")]);
    let ada = signed_in(&appliance, "ada").await;
    let at = path(&lab);
    let put = |stages: Value, cases: Option<Value>| {
        let mut body = json!({ "stages": stages });
        if let Some(cases) = cases {
            body["cases"] = cases;
        }
        ada.call(Method::PUT, &at, Some(body))
    };
    let alone = json!([stage("secrets")]);
    put(alone.clone(), Some(cases.clone()))
        .await
        .is_problem(422, "case_not_kept");
    let set = put(both.clone(), Some(cases.clone())).await.ok();
    assert_eq!(set["cases"], cases);
    drop(ada);
    // They are there after a restart, and hold for changes that do not speak of them.
    appliance.restart().await;
    let ada = signed_in(&appliance, "ada").await;
    let put = |body: Value| ada.call(Method::PUT, &at, Some(body));
    let refused = put(json!({ "stages": alone })).await;
    refused.is_problem(422, "case_not_kept");
    assert!(
        refused.text.contains("an address is hidden"),
        "{}",
        refused.text
    );
    let kept = ada.get(&path(&lab)).await.ok();
    assert_eq!(
        (names(&kept), &kept["cases"]),
        (vec!["secrets", "pii"], &cases)
    );
    put(json!({ "stages": alone, "cases": [] })).await.ok();
    let twice = json!([case("a", "b", "passed"), case("a", "c", "passed")]);
    put(json!({ "stages": both, "cases": twice }))
        .await
        .is_problem(422, "cases_invalid");
}
