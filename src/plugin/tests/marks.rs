//! What becomes of notes, and of passages that are judged together.

use super::*;

/// The faulty guest traps when it is asked about several texts at once.
#[test]
fn a_passage_that_makes_a_guest_fail_takes_no_other_with_it() {
    let (host, guard) = guard(&Faulty::meek());
    let (one, other) = (subject("one"), subject("another"));
    let verdicts = guard.check_all(&[&one, &other]);
    for verdict in verdicts {
        assert_eq!(verdict.unwrap(), Verdict::Pass);
    }
    let faults = || {
        host.0.built_in[0]
            .guest
            .as_ref()
            .map(|guest| guest.faults())
    };
    assert_eq!(faults(), Some(1));
    assert_eq!(guard.check_all(&[&one]).len(), 1);
    assert_eq!(faults(), Some(1), "one text is asked about alone");
}

#[test]
fn an_edit_that_changes_nothing_is_only_shown() {
    let text = "[EMAIL] stood there before";
    let edits = [faulty::edit(0, 7)];
    let guest = Faulty {
        push: Does::Answers(faulty::emit(8, &edits)),
        ..Faulty::check(Does::Answers(faulty::redact(&edits)))
    };
    let (_host, guard) = guard(&guest);
    let pipeline = Pipeline::new(vec![guard], &config());
    let whole = pipeline.judge(Side::Output, text).unwrap();
    assert_eq!((whole.text.as_str(), whole.edits.len()), (text, 0));
    let found = &whole.findings[0];
    assert_eq!((found.start, found.end), (0, 7));
    assert_eq!(found.outcome, crate::domain::verdict::Effect::Flagged);
    let streamed = pipeline.judge_stream(&["[EMAIL] "]).unwrap();
    assert_eq!(
        (streamed.text.as_str(), streamed.edits.len()),
        ("[EMAIL] ", 0)
    );
    assert_eq!(streamed.findings[0], *found);
}
