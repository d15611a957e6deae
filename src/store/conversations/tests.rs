//! Conversations as their callers see them, and their golden rows.

use super::super::golden::{Row, id};
use super::*;
use crate::config::StoreConfig;
use crate::domain::conversation::{FinishReason, Grounding, Question, Span, Timings, Usage};
use crate::domain::document::Citation;
use crate::domain::model::ModelId;
use crate::domain::verdict::{Edit, Effect, Finding, Side};
use crate::domain::workspace::AnswerMode;
use crate::store::Store;
use crate::store::migrate::answers::{OLD_TURNS, OldTurn};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
}

fn conversation(number: u8, changed: i64) -> Conversation {
    Conversation {
        id: id(number),
        workspace: id(1),
        owner: id(2),
        title: "Notice".to_owned(),
        created_at: at(0),
        updated_at: at(changed),
    }
}

fn turn(number: u8, parent: Option<u8>, state: TurnState) -> Turn {
    Turn {
        id: id(number),
        conversation: id(5),
        parent: parent.map(id),
        question: Question {
            text: "How long is notice, a@b.example?".to_owned(),
            masked: "How long is notice, [EMAIL]?".to_owned(),
            edits: vec![Edit {
                start: 20,
                end: 31,
                replacement: "[EMAIL]".to_owned(),
                label: "EMAIL".to_owned(),
                score: 0.5,
            }],
        },
        answer: "Three months.".to_owned(),
        citations: Vec::new(),
        findings: Vec::new(),
        usage: Usage {
            prompt_tokens: 300,
            completion_tokens: 4,
            cached_tokens: 0,
        },
        model: ModelId::from_title("tiny"),
        state,
        timings: Timings {
            queued_ms: 1,
            retrieval_ms: 2,
            first_token_ms: 3,
            total_ms: 400,
        },
        asked_at: at(1),
        mode: AnswerMode::Model,
        grounding: None,
        unsupported: Vec::new(),
    }
}

fn finding(side: Side, outcome: Effect) -> Finding {
    let document = (side == Side::Retrieved).then(|| id(7));
    let (guard, label) = ("pii".to_owned(), "EMAIL".to_owned());
    Finding {
        side,
        guard,
        label,
        document,
        start: 20,
        end: 31,
        score: 0.5,
        outcome,
    }
}

fn states() -> [TurnState; 7] {
    let failed = || ("interrupted".to_owned(), "the box was restarted".to_owned());
    let (code, message) = failed();
    [
        TurnState::Running,
        TurnState::Done {
            finish: FinishReason::Stop,
        },
        TurnState::Done {
            finish: FinishReason::Length,
        },
        TurnState::Done {
            finish: FinishReason::ContentFilter,
        },
        TurnState::Cancelled,
        TurnState::Failed { code, message },
        TurnState::Done {
            finish: FinishReason::Repetition,
        },
    ]
}

/// A row for each state of a turn, one of them with everything a turn can carry.
pub(in crate::store) fn golden() -> Vec<Row> {
    let thread = conversation(5, 60);
    let mut rows = vec![
        Row::of(CONVERSATIONS, &thread.id, &thread),
        Row::of(OWN_CONVERSATIONS, &place(&thread), &()),
        Row::of(RUNNING_TURNS, &(thread.id, id(6)), &()),
        Row::of(TURN_KEYS, &(thread.id, [8; 32]), &id(6)),
    ];
    for (state, number) in states().into_iter().zip(6..) {
        let turn = turn(number, Some(number - 1), state);
        let key = (turn.conversation, turn.id);
        rows.push(Row::of(OLD_TURNS, &key, &OldTurn::of(&turn)));
        rows.push(Row::of(TURNS, &key, &turn));
    }
    let mut full = turn(0x20, None, TurnState::Running);
    full.findings = vec![
        finding(Side::Input, Effect::Redacted),
        finding(Side::Retrieved, Effect::Dropped),
        finding(Side::Output, Effect::Blocked),
    ];
    full.citations = vec![Citation {
        marker: 1,
        document: id(7),
        title: "handbook.md".to_owned(),
        page: Some(3),
        start: 100,
        end: 120,
        quote: "Notice is three months.".to_owned(),
        answer_end: Some(13),
    }];
    let key = (full.conversation, full.id);
    rows.push(Row::of(OLD_TURNS, &key, &OldTurn::of(&full)));
    full.unsupported = vec![Span { start: 0, end: 13 }];
    for (grounding, number) in [
        (Grounding::Documents, 0x20),
        (Grounding::Open, 0x21),
        (Grounding::Nothing, 0x22),
    ] {
        full.id = id(number);
        full.grounding = Some(grounding);
        full.mode = match grounding {
            Grounding::Nothing => AnswerMode::Quotes,
            _ => AnswerMode::Model,
        };
        rows.push(Row::of(TURNS, &(full.conversation, full.id), &full));
    }
    rows
}

struct Bench {
    store: Store,
    _dir: tempfile::TempDir,
}

fn bench() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &StoreConfig::default()).unwrap();
    Bench { store, _dir: dir }
}

impl Bench {
    fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut WriteTx) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.store.write_blocking(f).unwrap()
    }

    fn begin(&self, number: u8, changed: i64) {
        self.write(move |tx| put(tx, &conversation(number, changed)));
    }

    fn put(&self, number: u8, parent: Option<u8>, state: TurnState) -> bool {
        self.write(move |tx| put_turn(tx, &turn(number, parent, state)))
    }

    fn listed(&self, after: Option<After>, limit: usize) -> Vec<Conversation> {
        self.store
            .read_blocking(|tx| list(tx, id(1), id(2), after, limit))
            .unwrap()
    }
}

#[test]
fn the_conversation_changed_last_comes_first_and_pages_meet() {
    let bench = bench();
    for (number, changed) in [(5, 10), (6, 30), (7, 20), (8, 20)] {
        bench.begin(number, changed);
    }
    bench.begin(5, 40);
    let ids = |list: &[Conversation]| list.iter().map(|c| c.id.as_bytes()[0]).collect::<Vec<_>>();
    let all = bench.listed(None, 10);
    assert_eq!(ids(&all), [5, 6, 8, 7]);
    let after = |c: &Conversation| {
        Some(After {
            updated_at: c.updated_at,
            id: c.id,
        })
    };
    assert_eq!(ids(&bench.listed(None, 2)), [5, 6]);
    assert_eq!(ids(&bench.listed(after(&all[1]), 1)), [8]);
    assert_eq!(ids(&bench.listed(after(&all[2]), 9)), [7]);
    assert_eq!(ids(&bench.listed(after(&all[3]), 9)), [0u8; 0]);
    assert_eq!(
        bench
            .store
            .read_blocking(|tx| count(tx, id(1), id(2)))
            .unwrap(),
        4
    );
}

#[test]
fn a_branch_is_one_line_through_the_tree() {
    let bench = bench();
    bench.begin(5, 0);
    for (number, parent) in [
        (0x10, None),
        (0x11, Some(0x10)),
        (0x12, Some(0x10)),
        (0x13, Some(0x12)),
    ] {
        assert!(bench.put(number, parent, TurnState::Cancelled));
    }
    let line = |leaf| {
        let turns = bench
            .store
            .read_blocking(|tx| branch(tx, id(5), id(leaf)))
            .unwrap();
        turns
            .iter()
            .map(|turn| turn.id.as_bytes()[0])
            .collect::<Vec<_>>()
    };
    assert_eq!(line(0x13), [0x10, 0x12, 0x13]);
    assert_eq!(line(0x11), [0x10, 0x11]);
    assert_eq!(line(0x77), [0u8; 0]);
    assert_eq!(
        bench
            .store
            .read_blocking(|tx| list_turns(tx, id(5)))
            .unwrap()
            .len(),
        4
    );
    assert!(
        bench.put(0x10, Some(0x13), TurnState::Cancelled),
        "a circle"
    );
    assert_eq!(line(0x13), [0x10, 0x12, 0x13]);
}

#[test]
fn a_question_is_asked_again_if_it_was_answered_at_the_same_place_before() {
    let bench = bench();
    bench.begin(5, 0);
    let silent = Turn {
        answer: String::new(),
        ..turn(0x10, None, TurnState::Cancelled)
    };
    bench.write(move |tx| put_turn(tx, &silent));
    bench.put(0x12, None, TurnState::Cancelled);
    bench.put(0x13, Some(0x12), TurnState::Running);
    let other = Turn {
        question: Question {
            text: "Another?".to_owned(),
            ..turn(1, None, TurnState::Running).question
        },
        ..turn(0x14, None, TurnState::Running)
    };
    let asked = |number, parent| turn(number, parent, TurnState::Running);
    for (turn, again) in [
        (asked(0x11, None), false),
        (asked(0x12, None), false),
        (asked(0x14, None), true),
        (asked(0x14, Some(0x12)), true),
        (asked(0x14, Some(0x13)), false),
        (other, false),
    ] {
        let id = turn.id;
        let found = bench
            .store
            .read_blocking(move |tx| is_asked_again(tx, &turn));
        assert_eq!(found.unwrap(), again, "{id}");
    }
}

#[test]
fn a_turn_that_ran_when_the_box_died_is_interrupted_once() {
    let bench = bench();
    bench.begin(5, 0);
    for (number, state) in (0x10..).zip(states()) {
        bench.put(number, None, state);
    }
    let finished = || {
        bench
            .store
            .read_blocking(|tx| get_turn(tx, id(5), id(0x11)))
            .unwrap()
    };
    let before = finished();
    assert_eq!(bench.write(interrupt_running), 1);
    let turn = bench
        .store
        .read_blocking(|tx| get_turn(tx, id(5), id(0x10)))
        .unwrap()
        .unwrap();
    let interrupted = |code: &String| code == "interrupted";
    assert!(matches!(&turn.state, TurnState::Failed { code, .. } if interrupted(code)));
    assert_eq!(turn.answer, "Three months.", "what was released is kept");
    assert_eq!(finished(), before);
    assert_eq!(bench.write(interrupt_running), 0);
}

#[test]
fn a_removed_conversation_takes_everything_along_and_stays_gone() {
    let bench = bench();
    bench.begin(5, 0);
    bench.begin(6, 0);
    bench.put(0x10, None, TurnState::Running);
    bench.write(|tx| put_keyed_turn(tx, id(5), &[8; 32], id(0x10)));
    let keyed = || {
        bench
            .store
            .read_blocking(|tx| keyed_turn(tx, id(5), &[8; 32]))
            .unwrap()
    };
    assert_eq!(keyed(), Some(id(0x10)));
    assert!(bench.write(|tx| remove(tx, id(5))));
    assert!(!bench.write(|tx| remove(tx, id(5))));
    assert!(
        !bench.put(0x10, None, TurnState::Cancelled),
        "a late answer writes nothing"
    );
    assert_eq!(keyed(), None);
    assert_eq!(
        bench
            .store
            .read_blocking(|tx| list_turns(tx, id(5)))
            .unwrap(),
        []
    );
    assert_eq!(bench.store.read_blocking(running_turns).unwrap(), []);
    assert_eq!(bench.listed(None, 9).len(), 1);
}
