//! Who is asked about which texts.

use super::*;
use crate::plugin::{Package, Workbench};

const MANIFEST: &str = "id = \"faulty\"\nversion = \"0.1.0\"\nworld = \"guardrail\"\nwit = \"0.1\"\n\
    summary = \"Traps.\"\ncapabilities = [\"log\"]\nsides = [\"input\", \"retrieved\"]\n";

const CASES: &str = "[[case]]\nname = \"a\"\nside = \"input\"\ntext = \"a\"\nblocked = \"NONE\"\n";

/// It traps whenever it is asked, so what passes was not shown to it.
#[tokio::test]
async fn a_guard_is_asked_only_about_the_sides_that_it_judges() {
    let guest = Faulty {
        push: Does::Runs("(unreachable)"),
        ..Faulty::check(Does::Runs("(unreachable)"))
    };
    let package = Package::new(MANIFEST, guest.wasm(), CASES).expect("a package");
    let bench = Workbench::open(&config(), package).expect("a workbench");
    for (side, asked) in [
        (Side::Input, true),
        (Side::Retrieved, true),
        (Side::Output, false),
    ] {
        let judged = bench.judge(side, "text");
        assert_eq!(judged.is_err(), asked, "{side:?}: {judged:?}");
    }
    let streamed = bench.stream("text", 1).expect("nobody judges answers");
    assert_eq!(streamed.text, "text");
    let judge = bench.judge_of().expect("a guardrail");
    let pipeline = Pipeline::new(vec![judge], &config());
    let passages = pipeline.admit_passages(vec!["text".to_owned()]).await;
    assert!(
        matches!(
            passages.as_deref(),
            Ok([crate::pipeline::PassageVerdict::Dropped(_)])
        ),
        "{passages:?}"
    );
}
