//! Guests that do what they must not: each is contained, its text is stopped, and others go on.

mod leaks;
mod marks;
mod sides;

use std::path::Path;
use std::sync::Mutex;

use crate::config::PluginsConfig;
use crate::domain::fault::Fault;
use crate::domain::verdict::{Side, Verdict};
use crate::pipeline::{Misjudged, Pipeline, StageError, Step, Subject};

use super::faulty::{self, Does, Faulty};
use super::*;

const LOOP: Does = Does::Runs("(loop $again (br $again)) (i32.const 0)");
const PANIC: Does = Does::Runs("unreachable");
const DIVE: Does = Does::Runs("(call $deeper (i32.const 0))");
const EAT: Does =
    Does::Runs("(loop $again (drop (memory.grow (i32.const 16))) (br $again)) (i32.const 0)");
const WILD: Does = Does::Runs("(i32.load (i32.const 0x7fff0000))");
const CHATTER: Does = Does::Runs(
    "(local $n i32)
     (loop $again
       (call $log (i32.const 3) (local.get $text) (local.get $len))
       (local.set $n (i32.add (local.get $n) (i32.const 1)))
       (br_if $again (i32.lt_u (local.get $n) (i32.const 1000))))
     (i32.const 0x100)",
);

/// Calls the host once more than it may.
const NAG: Does = Does::Runs(
    "(local $n i32)
     (loop $again
       (call $log (i32.const 0) (local.get $text) (i32.const 0))
       (local.set $n (i32.add (local.get $n) (i32.const 1)))
       (br_if $again (i32.lt_u (local.get $n) (i32.const 1001))))
     (i32.const 0x100)",
);

fn config() -> PluginsConfig {
    let guardrails = vec!["faulty".to_owned()];
    PluginsConfig {
        guardrails,
        check_ms: 100,
        push_ms: 100,
        ..PluginsConfig::default()
    }
}

fn host_in(data: &Path, guest: &Faulty) -> Result<PluginHost, PluginError> {
    // A test's guests live as long as the test run; the host takes what is built in.
    let file = Bundled {
        name: "faulty",
        wasm: guest.wasm().leak(),
    };
    PluginHost::load(&config(), data, &[file], false)
}

fn guard(guest: &Faulty) -> (PluginHost, Arc<dyn Guardrail>) {
    let data = tempfile::tempdir().unwrap();
    let host = host_in(data.path(), guest).unwrap();
    let guard = host.guardrails().remove(0);
    (host, guard)
}

fn subject(text: &str) -> Subject {
    Subject::new(Side::Input, text.to_owned())
}

fn why<T: std::fmt::Debug>(answer: Result<T, StageError>) -> String {
    match answer.unwrap_err() {
        StageError::Failed { guard, why } => {
            assert_eq!(guard, "faulty");
            why
        }
        other => panic!("not a failure: {other:?}"),
    }
}

#[test]
fn a_guest_that_runs_wild_is_stopped_and_the_next_call_finds_a_new_one() {
    for (does, reason) in [
        (LOOP, "it took too long"),
        (PANIC, "it panicked"),
        (DIVE, "it called itself too deeply"),
        (EAT, "it wanted more memory than it may have"),
        (WILD, "it crashed"),
        (NAG, "it called the host too often"),
        (
            Does::Answers(faulty::redact_endless()),
            "it broke the calling convention",
        ),
        (
            Does::Runs("(i32.const 0x7fffffff)"),
            "it broke the calling convention",
        ),
        (
            Does::Answers(vec![9, 0, 0, 0]),
            "it broke the calling convention",
        ),
    ] {
        let (host, guard) = guard(&Faulty::check(does.clone()));
        for round in 0..3 {
            assert_eq!(
                why(guard.check(&subject("hello"))),
                reason,
                "{does:?}, round {round}"
            );
        }
        // The same guest's streams, which do no harm, still work beside it.
        let mut session = guard.session(Side::Output).unwrap();
        let step = session
            .push(&Subject::new(Side::Output, "hello".to_owned()))
            .unwrap();
        assert_eq!(
            step,
            Step::Emit {
                upto: 5,
                edits: Vec::new(),
                notes: Vec::new()
            }
        );
        assert_eq!(host.list()[0].state, PluginState::Ready);
    }
}

#[test]
fn a_guest_that_lies_about_a_text_is_not_believed() {
    let lies = [
        ("past the end", vec![faulty::edit(0, 99)]),
        ("within a character", vec![faulty::edit(0, 1)]),
        ("backwards", vec![faulty::edit(4, 2)]),
        ("empty", vec![faulty::edit(4, 4)]),
        ("out of order", vec![faulty::edit(4, 6), faulty::edit(2, 3)]),
        ("overlapping", vec![faulty::edit(2, 5), faulty::edit(4, 6)]),
        (
            "at the end of numbers",
            vec![faulty::edit(u32::MAX - 1, u32::MAX)],
        ),
    ];
    for (lie, edits) in lies {
        let (_host, guard) = guard(&Faulty::check(Does::Answers(faulty::redact(&edits))));
        why(guard.check(&subject("über alles")));
        println!("refused: {lie}");
    }
    for (lie, edit) in faulty::odd_edits() {
        let (_host, guard) = guard(&Faulty::check(Does::Answers(faulty::redact(&[edit]))));
        assert!(guard.check(&subject("hello")).is_err(), "{lie}");
    }
    let (_host, guard) = guard(&Faulty::check(Does::Answers(faulty::block(0, 99))));
    assert_eq!(
        why(guard.check(&subject("hello"))),
        Misjudged::Span.to_string()
    );
}

#[test]
fn an_honest_guest_is_believed() {
    let edits = [faulty::edit(0, 2), faulty::edit(3, 5)];
    let (_host, guard) = guard(&Faulty::check(Does::Answers(faulty::redact(&edits))));
    match guard.check(&subject("über alles")).unwrap() {
        Verdict::Mark { edits, .. } => {
            let spans: Vec<_> = edits.iter().map(|edit| (edit.start, edit.end)).collect();
            assert_eq!(spans, [(0, 2), (3, 5)]);
            assert_eq!(
                (edits[0].label.as_str(), edits[0].replacement.as_str()),
                ("EMAIL", "[EMAIL]")
            );
        }
        other => panic!("{other:?}"),
    }
}

/// What `work` writes to the log, down to the finest level.
fn logged(work: impl FnOnce()) -> String {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || Sink(sink.clone()))
        .finish();
    tracing::subscriber::with_default(subscriber, work);
    String::from_utf8(lines.lock().unwrap().clone()).unwrap()
}

struct Sink(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_guest_may_not_flood_the_log_nor_put_texts_into_it() {
    let (_host, guard) = guard(&Faulty::check(CHATTER));
    let log = logged(|| {
        assert_eq!(
            guard.check(&subject("the canary sings")).unwrap(),
            Verdict::Pass
        );
    });
    assert!(!log.contains("canary"), "{log}");
    assert_eq!(
        log.lines().filter(|line| line.contains("bytes=16")).count(),
        100
    );
}

#[test]
fn lines_of_a_reviewed_guest_are_shown_bounded_and_escaped() {
    let data = tempfile::tempdir().unwrap();
    let file = Bundled {
        name: "faulty",
        wasm: Faulty::check(CHATTER).wasm().leak(),
    };
    let host = PluginHost::load(&config(), data.path(), &[file], true).unwrap();
    let guard = host.guardrails().remove(0);
    let text = format!("panic at lib.rs:1\n\u{1b}[31m{}", "x".repeat(1000));
    let log = logged(|| drop(guard.check(&subject(&text)).unwrap()));
    assert!(log.contains("panic at lib.rs:1\\n"), "{log}");
    assert!(!log.contains('\u{1b}') && !log.contains(&"x".repeat(200)));
}

#[test]
fn a_failure_never_quotes_the_text() {
    for does in [
        LOOP,
        PANIC,
        WILD,
        Does::Answers(faulty::redact(&[faulty::edit(0, 99)])),
    ] {
        let (_host, guard) = guard(&Faulty::check(does));
        let mut said = String::new();
        let log = logged(|| said = format!("{:?}", guard.check(&subject("the canary sings"))));
        assert!(
            !log.contains("canary") && !said.contains("canary"),
            "{log} {said}"
        );
        assert!(log.contains("faulty"), "a fault leaves a line: {log}");
    }
}

#[test]
fn what_is_built_in_is_what_is_configured() {
    let data = tempfile::tempdir().unwrap();
    let config = PluginsConfig::default();
    let host = PluginHost::open(&config, data.path()).expect("run `make plugins` first");
    let guards = host.guardrails();
    let names: Vec<&str> = guards.iter().map(|guard| guard.name()).collect();
    assert_eq!(names, config.guardrails);
    for card in host.list() {
        assert_eq!(card.state, PluginState::Ready);
        let says = !card.labels.is_empty() || card.world != World::Guardrail;
        assert!(!card.summary.is_empty() && says, "{card:?}");
    }
}

#[tokio::test]
async fn a_stream_fails_closed_whatever_its_guest_does() {
    let grow = vec![faulty::edit(0, 9)];
    for (lie, does) in [
        (
            "releases what is not there",
            Does::Answers(faulty::emit(99, &[])),
        ),
        (
            "releases half a character",
            Does::Answers(faulty::emit(1, &[])),
        ),
        (
            "edits beyond what it releases",
            Does::Answers(faulty::emit(2, &grow)),
        ),
        ("loops", LOOP),
        ("panics", PANIC),
        ("eats", EAT),
    ] {
        let (host, _) = guard(&Faulty::push(does));
        let pipeline = Pipeline::new(host.guardrails(), &config());
        let mut release = pipeline.release();
        let error = release.push("über alles").await.unwrap_err();
        assert_eq!(error.code(), "guardrail_failed", "{lie}");
        // Nothing more comes, not even by asking again.
        release.push("more").await.unwrap_err();
        release.finish().await.unwrap_err();
        // Whole texts and other streams are judged as before.
        assert_eq!(
            pipeline.admit(Side::Input, "hello").await.unwrap().text,
            "hello"
        );
    }
}

#[tokio::test]
async fn a_guest_that_holds_back_too_much_is_stopped_at_the_bound() {
    let hold = Does::Answers(faulty::pass());
    let (host, _) = guard(&Faulty::push(hold));
    let bound = config().hold_bytes as usize;
    let mut release = Pipeline::new(host.guardrails(), &config()).release();
    assert_eq!(release.push(&"x".repeat(bound)).await.unwrap().text, "");
    let error = release.push("x").await.unwrap_err();
    assert_eq!(error.code(), "guardrail_failed");
}

#[tokio::test]
async fn a_guest_stops_a_stream_and_says_where() {
    let (host, _) = guard(&Faulty::push(Does::Answers(faulty::block(2, 5))));
    let mut release = Pipeline::new(host.guardrails(), &config()).release();
    let released = release.push("hello").await.unwrap();
    let stopped = released.stopped.unwrap();
    assert_eq!(
        (
            stopped.guard.as_str(),
            stopped.reason.start,
            stopped.reason.end
        ),
        ("faulty", 2, 5)
    );
    assert_eq!(released.text, "");
    assert_eq!(release.finish().await.unwrap().stopped.unwrap(), stopped);
}

#[test]
fn faults_are_shown_to_those_who_run_the_box() {
    let (host, guard) = guard(&Faulty::check(PANIC));
    for _ in 0..FAILING {
        why(guard.check(&subject("hello")));
    }
    assert_eq!(
        host.list()[0].state,
        PluginState::Failing { faults: FAILING }
    );
}

#[test]
fn only_a_guest_that_fails_whatever_it_is_asked_is_left_alone() {
    let (_host, hopeless) = guard(&Faulty::check(PANIC));
    for _ in 0..FAILING {
        assert_eq!(why(hopeless.check(&subject("hello"))), "it panicked");
    }
    let rests = "it failed several times and is left alone for a while";
    assert_eq!(why(hopeless.check(&subject("hello"))), rests);
    let (_host, picky) = guard(&Faulty::check(Does::Runs(
        "(if (i32.gt_u (local.get $len) (i32.const 5)) (then unreachable)) (i32.const 0x100)",
    )));
    for _ in 0..3 * FAILING {
        assert_eq!(why(picky.check(&subject("a hostile text"))), "it panicked");
        assert_eq!(picky.check(&subject("hello")).unwrap(), Verdict::Pass);
    }
}

#[test]
fn a_guest_that_asks_for_more_than_it_gets_is_refused() {
    let imports = r#"(import "wasi:cli/environment@0.2.0" "get-environment" (func (param i32)))"#;
    let data = tempfile::tempdir().unwrap();
    let error = host_in(
        data.path(),
        &Faulty {
            imports,
            ..Faulty::meek()
        },
    )
    .err()
    .unwrap();
    assert!(
        error.to_string().contains("wasi:cli/environment"),
        "{error}"
    );
    let file = Bundled {
        name: "faulty",
        wasm: b"\0asm\x09\0\0\0 not wasm",
    };
    PluginHost::load(&config(), data.path(), &[file], false)
        .err()
        .unwrap();
    let file = Bundled {
        name: "faulty",
        wasm: b"#!/bin/sh",
    };
    PluginHost::load(&config(), data.path(), &[file], false)
        .err()
        .unwrap();
}

#[test]
fn a_misspelt_guardrail_stops_the_start() {
    let data = tempfile::tempdir().unwrap();
    let file = Bundled {
        name: "faulty",
        wasm: Faulty::meek().wasm().leak(),
    };
    let open = |names: &[&str]| {
        let guardrails = names.iter().map(|name| (*name).to_owned()).collect();
        PluginHost::load(
            &PluginsConfig {
                guardrails,
                ..config()
            },
            data.path(),
            &[file],
            false,
        )
    };
    assert_eq!(open(&["fualty"]).err().unwrap().code(), "plugin_unknown");
    assert_eq!(
        open(&["faulty", "faulty"]).err().unwrap().code(),
        "plugin_named_twice"
    );
    assert_eq!(open(&[]).unwrap().guardrails().len(), 0);
}

#[test]
fn instances_are_bounded_and_come_back() {
    let (_host, guard) = guard(&Faulty::meek());
    let mut open = Vec::new();
    let refused = loop {
        match guard.session(Side::Output) {
            Ok(session) => open.push(session),
            Err(error) => break error,
        }
    };
    assert_eq!((refused.code(), open.len()), ("guardrails_busy", 64));
    open.clear();
    guard.check(&subject("hello")).unwrap();
}

#[test]
fn many_threads_share_one_guest_while_another_misbehaves() {
    let (_good, good) = guard(&Faulty::meek());
    let (_bad, bad) = guard(&Faulty::check(LOOP));
    std::thread::scope(|threads| {
        threads.spawn(|| (0..3).for_each(|_| drop(bad.check(&subject("hello")).unwrap_err())));
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..1000 {
                    assert_eq!(good.check(&subject("hello")).unwrap(), Verdict::Pass);
                }
            });
        }
    });
}

/// Runs this test again in a process that may only use so many addresses: 100 GiB leave no room
/// for the pool, 3 GiB not even for one memory of 4 GiB.
#[test]
fn guests_run_where_addresses_are_scarce() {
    const INSIDE: &str = "PRIVATESTACK_TEST_SCARCE";
    if std::env::var_os(INSIDE).is_some() {
        let (_host, good) = guard(&Faulty::meek());
        assert_eq!(good.check(&subject("hello")).unwrap(), Verdict::Pass);
        let (_host, bad) = guard(&Faulty::check(EAT));
        assert_eq!(
            why(bad.check(&subject("hello"))),
            "it wanted more memory than it may have"
        );
        let (_host, bad) = guard(&Faulty::check(WILD));
        assert_eq!(why(bad.check(&subject("hello"))), "it crashed");
        return;
    }
    let test = std::env::current_exe().unwrap();
    for kib in [100 << 20, 3 << 20] {
        let script = format!("ulimit -v {kib}; exec \"$0\" --exact \"$1\"");
        let name = "plugin::tests::guests_run_where_addresses_are_scarce";
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .args([test.as_os_str(), name.as_ref()])
            .env(INSIDE, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{kib} KiB: {said}"
        );
    }
}
