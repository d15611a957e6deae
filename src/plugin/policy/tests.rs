//! Workspaces with stages of their own, while plugins come, go and change.

use crate::domain::fault::Fault;
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::domain::workspace::{AnswerSettings, Workspace};
use crate::pipeline::{Release, Said, StageError};
use crate::plugin::faulty::{self, Does, Faulty};
use crate::plugin::installed::tests::{BLOCKS, Desk, MANIFEST, PASSES, blocking_guest};

use super::*;

const BY: Principal = Principal::Operator;

/// A workspace that is there.
async fn room(desk: &Desk) -> WorkspaceId {
    let id = WorkspaceId::new();
    let workspace = Workspace {
        id,
        name: "Room".to_owned(),
        instructions: String::new(),
        created_at: Timestamp::from_millis(0),
        created_by: UserId::new(),
        answers: AnswerSettings::default(),
    };
    let write = desk.store.write(move |tx| workspaces::put(tx, &workspace));
    write.await.unwrap();
    id
}

fn stage(plugin: &str, part: Part, settings: &[(&str, &str)]) -> Stage {
    let settings = settings.iter();
    Stage {
        plugin: plugin.to_owned(),
        part,
        settings: settings
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

fn active() -> Vec<Stage> {
    vec![stage("faulty", Part::Active, &[])]
}

async fn judge(desk: &Desk, workspace: Option<WorkspaceId>) -> Result<String, StageError> {
    let pipeline = desk.host.pipelines().of(workspace);
    let admitted = pipeline.admit(Side::Input, "hello").await;
    admitted.map(|admitted| admitted.text)
}

async fn installs(desk: &Desk, guest: &Faulty, cases: &str) {
    desk.host
        .install(desk.signed(guest, cases), false)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_plugin_that_is_removed_stops_those_who_use_it_until_they_change() {
    let mut desk = Desk::open().await;
    let (legal, lab) = (room(&desk).await, room(&desk).await);
    installs(&desk, &Faulty::meek(), PASSES).await;
    let card = desk
        .host
        .set_policy(legal, active(), None, &BY)
        .await
        .unwrap();
    assert!(!card.inherited && card.stages[0].works);
    assert_eq!(judge(&desk, Some(legal)).await.unwrap(), "hello");

    desk.host.remove("faulty").await.unwrap();
    for restarted in [false, true] {
        if restarted {
            desk.restart().await;
        }
        let stopped = judge(&desk, Some(legal)).await.unwrap_err();
        assert!(matches!(stopped, StageError::Failed { .. }), "{stopped}");
        assert!(!desk.host.policy(legal).stages[0].works);
        assert_eq!(judge(&desk, Some(lab)).await.unwrap(), "hello");
        assert_eq!(judge(&desk, None).await.unwrap(), "hello");
    }
    let again = desk.host.set_policy(legal, active(), None, &BY).await;
    assert_eq!(again.unwrap_err().code(), "stage_unknown");
    // Installed again, it is asked again.
    installs(&desk, &blocking_guest(), BLOCKS).await;
    let refused = judge(&desk, Some(legal)).await.unwrap_err();
    assert!(matches!(refused, StageError::Blocked { .. }), "{refused}");
    desk.host.clear_policy(legal, &BY).await.unwrap();
    assert_eq!(judge(&desk, Some(legal)).await.unwrap(), "hello");
    desk.restart().await;
    assert!(desk.host.policy(legal).inherited);
}

#[tokio::test]
async fn a_shadow_that_is_gone_stops_nothing() {
    let desk = Desk::open().await;
    let legal = room(&desk).await;
    installs(&desk, &blocking_guest(), BLOCKS).await;
    let shadow = vec![stage("faulty", Part::Shadow, &[])];
    desk.host
        .set_policy(legal, shadow, None, &BY)
        .await
        .unwrap();
    for _ in 0..3 {
        assert_eq!(judge(&desk, Some(legal)).await.unwrap(), "hello");
    }
    let tried = desk.host.try_policy(legal, None, Side::Input, "hello");
    let tried = tried.await.unwrap();
    assert_eq!((tried.said(), tried.findings.len()), (Said::Passed, 0));
    assert_eq!(tried.stages[0].said, Said::Blocked, "what it would do");
    let card = &desk.host.policy(legal).stages[0];
    assert_eq!(card.shadowed, Some((3, 3)), "a trial is not counted");
    // Another plugin comes and goes: the counts stay.
    let other = MANIFEST.replace("summary = \"For", "summary = \"Again for");
    let bytes = desk.signed_as(&Faulty::meek(), &other, PASSES);
    desk.host.policies_changed();
    assert_eq!(desk.host.policy(legal).stages[0].shadowed, Some((3, 3)));
    desk.host.install(bytes, false).await.unwrap();
    assert_eq!(desk.host.policy(legal).stages[0].shadowed, Some((0, 0)));
    desk.host.remove("faulty").await.unwrap();
    assert_eq!(judge(&desk, Some(legal)).await.unwrap(), "hello");
    assert!(!desk.host.policy(legal).stages[0].works);
}

#[tokio::test]
async fn what_the_box_requires_cannot_be_left_out() {
    let mut desk = Desk::open().await;
    let legal = room(&desk).await;
    installs(&desk, &blocking_guest(), BLOCKS).await;
    desk.host
        .set_policy(legal, Vec::new(), None, &BY)
        .await
        .unwrap();
    assert_eq!(judge(&desk, Some(legal)).await.unwrap(), "hello");
    // The box comes back with another setting: what is stored lacks the guard, and gets it.
    desk.config.required = vec!["faulty".to_owned()];
    desk.restart().await;
    assert!(judge(&desk, Some(legal)).await.is_err());
    let card = desk.host.policy(legal);
    assert_eq!((card.stages.len(), card.stages[0].works), (1, true));
    for stages in [Vec::new(), vec![stage("faulty", Part::Shadow, &[])]] {
        let refused = desk
            .host
            .set_policy(legal, stages, None, &BY)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "stage_required");
        assert!(refused.to_string().contains("faulty"), "{refused}");
    }
    desk.host
        .set_policy(legal, active(), None, &BY)
        .await
        .unwrap();
    // One that is not there lets nothing pass where there are stages, and stops nobody else.
    desk.config.required = vec!["absent".to_owned()];
    desk.restart().await;
    let stopped = judge(&desk, Some(legal)).await.unwrap_err();
    assert!(matches!(stopped, StageError::Failed { guard, .. } if guard == "absent"));
    assert_eq!(judge(&desk, None).await.unwrap(), "hello");
}

#[test]
fn a_required_guard_is_asked_first_or_at_its_own_place() {
    let given = [
        stage("b", Part::Shadow, &[("k", "v")]),
        stage("c", Part::Active, &[]),
    ];
    let required = ["a".to_owned(), "b".to_owned()];
    let found = check::with_required(given.to_vec(), &required);
    assert_eq!(
        found,
        [
            stage("a", Part::Active, &[]),
            stage("b", Part::Active, &[("k", "v")]),
            stage("c", Part::Active, &[]),
        ]
    );
}

async fn push(stream: &mut Release, text: &str) -> (String, bool) {
    let released = stream.push(text).await.unwrap();
    (released.text, released.stopped.is_some())
}

#[tokio::test]
async fn stages_change_while_twenty_streams_run() {
    let desk = Desk::open().await;
    let legal = room(&desk).await;
    let stopping = Faulty {
        check: Does::Answers(faulty::block(0, 2)),
        ..Faulty::push(Does::Answers(faulty::block(0, 0)))
    };
    installs(&desk, &stopping, BLOCKS).await;
    desk.host
        .set_policy(legal, Vec::new(), None, &BY)
        .await
        .unwrap();
    let pipeline = desk.host.pipelines().of(Some(legal));
    let mut streams: Vec<Release> = (0..20).map(|_| pipeline.release()).collect();
    for stream in &mut streams {
        assert_eq!(push(stream, "one ").await, ("one ".to_owned(), false));
    }
    desk.host
        .set_policy(legal, active(), None, &BY)
        .await
        .unwrap();
    for stream in &mut streams {
        assert_eq!(push(stream, "two").await, ("two".to_owned(), false));
    }
    let mut fresh = pipeline.release();
    assert_eq!(push(&mut fresh, "one").await, (String::new(), true));
    desk.host.clear_policy(legal, &BY).await.unwrap();
    let mut fresh = desk.host.pipelines().of(Some(legal)).release();
    assert_eq!(push(&mut fresh, "one").await, ("one".to_owned(), false));
    for mut stream in streams {
        assert!(stream.finish().await.unwrap().stopped.is_none());
    }
}

#[tokio::test]
async fn stages_that_are_not_sound_are_refused_and_change_nothing() {
    let desk = Desk::open().await;
    let legal = room(&desk).await;
    let declared = format!("{MANIFEST}[config.words]\nsummary = \"Words.\"\ndefault = \"a\"\n");
    let bytes = desk.signed_as(&Faulty::meek(), &declared, PASSES);
    desk.host.install(bytes, false).await.unwrap();
    let card = &desk.host.list()[0];
    assert_eq!(card.settings[0].default.as_deref(), Some("a"));
    let one = |settings: &[(&str, &str)]| vec![stage("faulty", Part::Active, settings)];
    let (fits, long) = ("x".repeat(4096), "x".repeat(4097));
    desk.host
        .set_policy(legal, one(&[("words", &fits)]), None, &BY)
        .await
        .unwrap();
    for (stages, code) in [
        (one(&[("words", &long)]), "setting_invalid"),
        (one(&[("words", "a\u{1b}[2J")]), "setting_invalid"),
        (one(&[("wrods", "a")]), "setting_unknown"),
        ([active(), active()].concat(), "stage_twice"),
        (vec![active()[0].clone(); 17], "too_many_stages"),
        (vec![stage("fualty", Part::Shadow, &[])], "stage_unknown"),
    ] {
        let tried = desk
            .host
            .try_policy(legal, Some(stages.clone()), Side::Input, "hello");
        assert_eq!(tried.await.unwrap_err().code(), code);
        let refused = desk.host.set_policy(legal, stages, None, &BY).await;
        assert_eq!(refused.unwrap_err().code(), code);
    }
    let kept = &desk.host.policy(legal).stages[0].stage;
    assert_eq!(kept.settings["words"], fits);
    let nowhere = desk
        .host
        .set_policy(WorkspaceId::new(), active(), None, &BY);
    assert_eq!(nowhere.await.unwrap_err().code(), "workspace_not_found");
}

#[tokio::test]
async fn settings_under_which_a_plugin_cannot_judge_are_refused() {
    let desk = Desk::open().await;
    let legal = room(&desk).await;
    let declared = format!("{MANIFEST}[config.words]\nsummary = \"Words.\"\n");
    // It does its work on what its case asks, and on nothing longer.
    let picky = Faulty::check(Does::Runs(
        "(if (i32.gt_u (local.get $len) (i32.const 5)) (then unreachable))
         (i32.store (i32.const 0x1000) (i32.const 0)) (i32.const 0x1000)",
    ));
    let bytes = desk.signed_as(&picky, &declared, PASSES);
    desk.host.install(bytes, false).await.unwrap();
    let stages = vec![stage("faulty", Part::Active, &[("words", "a")])];
    let refused = desk
        .host
        .set_policy(legal, stages, None, &BY)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "stage_fails", "{refused}");
    assert!(desk.host.policy(legal).inherited);
}

#[tokio::test]
async fn many_workspaces_share_few_instances() {
    let desk = Desk::with(|config| config.instances = 4).await;
    let declared = format!(
        "{MANIFEST}[config.words]\nsummary = \"Words.\"\n\
         [limits]\nmemory_mib = 8\n"
    );
    let declared = declared.replace("[config", "isolation = \"pooled\"\n[config");
    let bytes = desk.signed_as(&Faulty::meek(), &declared, PASSES);
    desk.host.install(bytes, false).await.unwrap();
    let mut rooms = Vec::new();
    for number in 0..12 {
        let id = room(&desk).await;
        let words = number.to_string();
        let stages = vec![stage("faulty", Part::Active, &[("words", &words)])];
        desk.host.set_policy(id, stages, None, &BY).await.unwrap();
        rooms.push(id);
    }
    for _ in 0..2 {
        for id in &rooms {
            assert_eq!(judge(&desk, Some(*id)).await.unwrap(), "hello");
        }
    }
}
