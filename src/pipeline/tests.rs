//! Texts through chains of guards written for the purpose: whole, in passages and in streams.

use futures_util::FutureExt;
use proptest::prelude::*;

use crate::domain::fault::Fault;
use crate::domain::verdict::{self, Effect, Reason, Verdict};

use super::draft::Draft;
use super::*;

/// Replaces some words; refuses texts with another; holds back as much of a stream as the
/// longest word could need.
struct Words {
    name: &'static str,
    hidden: &'static [(&'static str, &'static str)],
    refused: Option<&'static str>,
}

impl Words {
    fn edits(&self, view: &View, emitted: u32) -> Vec<Edit> {
        let mut edits = Vec::new();
        for (word, replacement) in self.hidden {
            for (at, _) in view.text().match_indices(word) {
                let span = view.to_text(at as u32..(at + word.len()) as u32);
                edits.push(Edit {
                    start: span.start,
                    end: span.end,
                    replacement: (*replacement).to_owned(),
                    label: "WORD".to_owned(),
                    score: 1.0,
                });
            }
        }
        edits.sort_by_key(|edit| edit.start);
        edits.retain(|edit| edit.end <= emitted);
        edits
    }

    fn reason(&self, view: &View) -> Option<Reason> {
        let word = self.refused?;
        let at = view.text().find(word)? as u32;
        let span = view.to_text(at..at + word.len() as u32);
        Some(Reason {
            label: "REFUSED".to_owned(),
            message: "That word is refused here.".to_owned(),
            score: 0.9,
            start: span.start,
            end: span.end,
        })
    }

    /// How far a stream may go on: up to the last space, which no word has.
    fn safe(&self, held: &str) -> u32 {
        held.rfind(' ').map_or(0, |at| at + 1) as u32
    }
}

impl Guardrail for &'static Words {
    fn name(&self) -> &str {
        self.name
    }

    fn check(&self, subject: &Subject) -> Result<Verdict, StageError> {
        if let Some(reason) = self.reason(&subject.view) {
            return Ok(Verdict::Block(reason));
        }
        match self.edits(&subject.view, u32::MAX) {
            edits if edits.is_empty() => Ok(Verdict::Pass),
            edits => {
                let notes = Vec::new();
                Ok(Verdict::Mark { edits, notes })
            }
        }
    }

    fn session(&self, _side: Side) -> Result<Box<dyn GuardSession>, StageError> {
        Ok(Box::new(*self))
    }
}

impl GuardSession for &'static Words {
    fn push(&mut self, held: &Subject) -> Result<Step, StageError> {
        match (self.reason(&held.view), self.safe(&held.text)) {
            (Some(reason), _) => Ok(Step::Stop(reason)),
            (None, 0) => Ok(Step::Hold),
            (None, upto) => Ok(Step::Emit {
                upto,
                edits: self.edits(&held.view, upto),
                notes: Vec::new(),
            }),
        }
    }

    fn finish(&mut self, held: &Subject) -> Result<Step, StageError> {
        match self.reason(&held.view) {
            Some(reason) => Ok(Step::Stop(reason)),
            None => {
                let upto = held.text.len() as u32;
                Ok(Step::Emit {
                    upto,
                    edits: self.edits(&held.view, upto),
                    notes: Vec::new(),
                })
            }
        }
    }
}

static FIRST: Words = Words {
    name: "first",
    hidden: &[("bob", "[NAME]"), ("x", "")],
    refused: None,
};
static SECOND: Words = Words {
    name: "second",
    hidden: &[("[NAME]/secret", "[PAIR]"), ("pin", "[P]")],
    refused: None,
};
static THIRD: Words = Words {
    name: "third",
    hidden: &[],
    refused: Some("danger"),
};

fn pipeline(guards: &[&'static Words]) -> Pipeline {
    let guards = guards
        .iter()
        .map(|guard| Arc::new(*guard) as Arc<dyn Guardrail>)
        .collect();
    Pipeline::new(guards, &PluginsConfig::default())
}

#[tokio::test]
async fn each_guard_sees_what_the_one_before_left_and_all_is_told_in_the_original() {
    let text = "ask bob/secret for the pin, bob";
    let admitted = pipeline(&[&FIRST, &SECOND, &THIRD])
        .admit(Side::Input, text)
        .await
        .unwrap();
    assert_eq!(admitted.text, "ask [PAIR] for the [P], [NAME]");
    assert_eq!(verdict::apply(text, &admitted.edits), admitted.text);
    let spans: Vec<_> = admitted
        .findings
        .iter()
        .map(|it| (it.guard.as_str(), &text[it.start as usize..it.end as usize]))
        .collect();
    let expected = [
        ("first", "bob"),
        ("second", "bob/secret"),
        ("second", "pin"),
        ("first", "bob"),
    ];
    assert_eq!(spans, expected);
}

#[tokio::test]
async fn a_block_says_who_and_where_in_the_original() {
    let text = "bob in dаnger"; // with a Cyrillic а
    let error = pipeline(&[&FIRST, &THIRD])
        .admit(Side::Input, text)
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("blocked_by_guardrail", "That word is refused here.")
    );
    let finding = error.finding().unwrap();
    assert_eq!(
        (finding.guard.as_str(), finding.outcome),
        ("third", Effect::Blocked)
    );
    assert_eq!(
        &text[finding.start as usize..finding.end as usize],
        "dаnger"
    );
}

#[tokio::test]
async fn an_injected_passage_is_dropped_and_the_others_stay() {
    let passages = ["bob was here", "danger", "nothing"]
        .map(str::to_owned)
        .to_vec();
    let verdicts = pipeline(&[&FIRST, &THIRD])
        .admit_passages(passages)
        .await
        .unwrap();
    match &verdicts[..] {
        [
            PassageVerdict::Kept(a),
            PassageVerdict::Dropped(found),
            PassageVerdict::Kept(b),
        ] => {
            assert_eq!(
                (a.text.as_str(), b.text.as_str()),
                ("[NAME] was here", "nothing")
            );
            assert_eq!(
                (found[0].outcome, found[0].side),
                (Effect::Dropped, Side::Retrieved)
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn texts_up_to_the_limit_are_judged_and_longer_ones_refused() {
    let pipeline = pipeline(&[&FIRST]);
    let longest = "a".repeat(TEXT_BYTES);
    assert_eq!(
        pipeline.admit(Side::Input, &longest).await.unwrap().text,
        longest
    );
    let error = pipeline
        .admit(Side::Input, &(longest + "a"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "text_too_long");
}

/// Pushes the pieces and returns everything that came out.
async fn stream(pipeline: &Pipeline, pieces: &[&str]) -> Result<Released, StageError> {
    let mut release = pipeline.release();
    let mut all = Released::default();
    let mut add = |next: Released| {
        all.text.push_str(&next.text);
        all.edits.extend(next.edits);
        all.findings.extend(next.findings);
        all.stopped = next.stopped;
    };
    for piece in pieces {
        add(release.push(piece).await?);
    }
    add(release.finish().await?);
    Ok(all)
}

#[tokio::test]
async fn a_stream_gives_what_the_whole_text_gives_however_it_is_cut() {
    let pipeline = pipeline(&[&FIRST, &SECOND, &THIRD]);
    let text = "ask bob/secret for the pin, bob axis pin";
    let whole = pipeline.admit(Side::Output, text).await.unwrap();
    for size in [1, 2, 3, 5, 8, 100] {
        let bytes: Vec<&str> = text
            .as_bytes()
            .chunks(size)
            .map(|it| str::from_utf8(it).unwrap())
            .collect();
        let mut released = stream(&pipeline, &bytes).await.unwrap();
        released.findings.sort_by_key(|it| (it.start, it.end));
        assert_eq!(released.text, whole.text, "in pieces of {size}");
        assert_eq!(released.findings, whole.findings, "in pieces of {size}");
        assert_eq!(
            verdict::apply(text, &released.edits),
            released.text,
            "in pieces of {size}"
        );
    }
}

#[tokio::test]
async fn a_stopped_stream_stays_stopped_and_lets_nothing_out() {
    let pipeline = pipeline(&[&FIRST, &THIRD]);
    let mut release = pipeline.release();
    assert_eq!(
        release.push("all is well ").await.unwrap().text,
        "all is well "
    );
    let stopped = release.push("bob danger ").await.unwrap();
    assert_eq!(stopped.text, "");
    assert_eq!(stopped.stopped.as_ref().unwrap().reason.start, 16);
    for released in [
        release.push("more").await.unwrap(),
        release.finish().await.unwrap(),
    ] {
        assert_eq!(
            (released.text.as_str(), released.stopped),
            ("", stopped.stopped.clone())
        );
    }
}

#[tokio::test]
async fn a_word_without_an_end_hits_the_bound() {
    let pipeline = pipeline(&[&FIRST]);
    let bound = PluginsConfig::default().hold_bytes as usize;
    assert!(stream(&pipeline, &[&"a".repeat(bound)]).await.is_ok());
    let error = stream(&pipeline, &[&"a".repeat(bound + 1)])
        .await
        .unwrap_err();
    assert_eq!(error.code(), "guardrail_failed");
    // Letters of four bytes that the guard sees as one are counted as one.
    assert!(stream(&pipeline, &[&"𝐚".repeat(bound)]).await.is_ok());
    assert!(stream(&pipeline, &[&"𝐚".repeat(bound + 1)]).await.is_err());
}

#[tokio::test]
async fn an_abandoned_push_ends_the_stream() {
    let pipeline = pipeline(&[&FIRST]);
    let mut release = pipeline.release();
    let all = pipeline.0.slots.available_permits();
    let taken = pipeline.0.slots.acquire_many(all as u32).await.unwrap();
    assert!(release.push("hello ").now_or_never().is_none());
    drop(taken);
    assert_eq!(
        release.push("more").await.unwrap_err().code(),
        "guardrails_stopped"
    );
}

#[tokio::test]
async fn a_flood_of_texts_is_refused_and_streams_go_on() {
    let pipeline = pipeline(&[&FIRST]);
    let all = pipeline.0.slots.available_permits();
    let taken = pipeline.0.slots.acquire_many(all as u32).await.unwrap();
    let mut waiting: Vec<_> = (0..WAITING)
        .map(|_| Box::pin(pipeline.admit(Side::Input, "bob")))
        .collect();
    assert!(waiting.iter_mut().all(|one| one.now_or_never().is_none()));
    let error = pipeline.admit(Side::Input, "bob").await.unwrap_err();
    assert_eq!(
        (error.code(), error.retry_after().is_some()),
        ("guardrails_busy", true)
    );
    let mut release = pipeline.release();
    let mut push = Box::pin(release.push("bob "));
    assert!((&mut push).now_or_never().is_none());
    // Those who give up make room for others.
    waiting.truncate(WAITING - 1);
    assert!(
        Box::pin(pipeline.admit(Side::Input, "bob"))
            .now_or_never()
            .is_none()
    );
    drop(taken);
    for one in waiting {
        assert_eq!(one.await.unwrap().text, "[NAME]");
    }
    assert_eq!(push.await.unwrap().text, "[NAME] ");
}

/// Replaces every `k`, and what follows it, as one thing of unknown length: an edit that ends an
/// emission goes on at the start of the next.
struct Endless;

impl Guardrail for Endless {
    fn name(&self) -> &str {
        "endless"
    }

    fn check(&self, _: &Subject) -> Result<Verdict, StageError> {
        Ok(Verdict::Pass)
    }

    fn session(&self, _: Side) -> Result<Box<dyn GuardSession>, StageError> {
        Ok(Box::new(Going(false)))
    }
}

struct Going(bool);

impl GuardSession for Going {
    fn push(&mut self, held: &Subject) -> Result<Step, StageError> {
        let mut edits = Vec::new();
        let starts = if self.0 { Some(0) } else { held.text.find('k') };
        let after = starts.unwrap_or(0);
        let ends = held.text[after..]
            .find(' ')
            .map_or(held.text.len(), |at| after + at);
        if let Some(start) = starts.filter(|start| *start < ends) {
            let replacement = if self.0 { "" } else { "[KEY]" }.to_owned();
            let (label, score) = ("KEY".to_owned(), 1.0);
            let (start, end) = (start as u32, ends as u32);
            edits.push(Edit {
                start,
                end,
                replacement,
                label,
                score,
            });
        }
        self.0 = ends == held.text.len() && !edits.is_empty();
        Ok(Step::Emit {
            upto: held.text.len() as u32,
            edits,
            notes: Vec::new(),
        })
    }

    fn finish(&mut self, held: &Subject) -> Result<Step, StageError> {
        self.push(held)
    }
}

#[tokio::test]
async fn what_is_replaced_in_many_pieces_is_one_finding() {
    let guards: Vec<Arc<dyn Guardrail>> = vec![Arc::new(Endless)];
    let pipeline = Pipeline::new(guards, &PluginsConfig::default());
    for pieces in [
        &["a k12", "345", "67", "8 b"][..],
        &["a k1", "2345678", " b"],
        &["a k12345678", " ", "b"],
    ] {
        let released = stream(&pipeline, pieces).await.unwrap();
        assert_eq!(released.text, "a [KEY] b", "{pieces:?}");
        let spans: Vec<_> = released
            .findings
            .iter()
            .map(|it| (it.start, it.end))
            .collect();
        assert_eq!(spans, [(2, 11)], "{pieces:?}");
    }
}

fn cut(text: &str, marks: &[(u8, u8)], replacements: &[&str]) -> Vec<Edit> {
    let mut borders: Vec<u32> = marks
        .iter()
        .flat_map(|(a, b)| [*a, *b])
        .map(|at| u32::from(at) % (text.len() as u32 + 1))
        .collect();
    borders.sort_unstable();
    borders.dedup();
    borders.retain(|at| text.is_char_boundary(*at as usize));
    let edit = |(index, pair): (usize, &[u32])| Edit {
        start: pair[0],
        end: pair[1],
        replacement: replacements[index % replacements.len()].to_owned(),
        label: "X".to_owned(),
        score: 1.0,
    };
    borders.chunks_exact(2).enumerate().map(edit).collect()
}

proptest! {
    /// Whatever two guards replace, the edits in original offsets make the same text.
    #[test]
    fn edits_compose(
        text in "[a-cé]{1,40}",
        first in prop::collection::vec((0u8..80, 0u8..80), 0..4),
        second in prop::collection::vec((0u8..80, 0u8..80), 0..4),
        third in prop::collection::vec((0u8..80, 0u8..80), 0..4),
    ) {
        let mut draft = Draft::original(text.clone(), 0);
        for marks in [first, second, third] {
            let edits = cut(draft.text(), &marks, &["[X]", "", "y"]);
            check_edits(draft.text(), &edits).unwrap();
            let findings = draft.apply(edits, Side::Input, "guard");
            for finding in findings {
                prop_assert!(text.get(finding.start as usize..finding.end as usize).is_some());
            }
            let edits = draft.edits();
            check_edits(&text, &edits).unwrap();
            prop_assert_eq!(verdict::apply(&text, &edits), draft.text());
        }
        let all = draft.origin(0, draft.text().len() as u32);
        prop_assert!(draft.is_empty() || (all.0 <= all.1 && all.1 as usize <= text.len()));
    }

    /// A draft that is taken from in pieces loses nothing.
    #[test]
    fn pieces_make_the_whole(
        text in "[a-cé]{1,40}",
        marks in prop::collection::vec((0u8..80, 0u8..80), 0..4),
        cuts in prop::collection::vec(0usize..60, 0..6),
    ) {
        let mut draft = Draft::original(text.clone(), 0);
        let edits = cut(draft.text(), &marks, &["[X]", "", "y"]);
        draft.apply(edits, Side::Output, "guard");
        let (whole, edits) = (draft.text().to_owned(), draft.edits());
        let mut all = Draft::default();
        for at in cuts {
            let upto = draft.text().floor_char_boundary(at);
            all.append(draft.split_front(upto as u32, 0));
        }
        all.append(draft);
        prop_assert_eq!(all.edits(), edits);
        prop_assert_eq!(all.text(), whole);
    }
}
