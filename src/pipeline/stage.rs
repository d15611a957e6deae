//! What a stage sees and what it answers.

use crate::domain::fault::{Fault, Kind};
use crate::domain::verdict::{Edit, Effect, Finding, Note, Reason, Side, Verdict};

use super::decode::{Decoded, Found, decode};
use super::view::View;

/// Judges texts. Calls block the thread they are made on; the pipeline makes them on the blocking
/// pool, a bounded number at once.
pub trait Guardrail: Send + Sync {
    /// The name that findings carry.
    fn name(&self) -> &str;

    /// Nobody is told of what it changes.
    fn is_quiet(&self) -> bool {
        false
    }

    /// Whether it has a say in texts that go this way; it is not asked about others.
    fn judges(&self, _side: Side) -> bool {
        true
    }

    /// Bytes of a stream that it may hold back, where that is not as for all.
    fn hold_bytes(&self) -> Option<usize> {
        None
    }

    /// Judges a whole text. Offsets in the verdict are bytes of `subject.text`.
    fn check(&self, subject: &Subject) -> Result<Verdict, StageError>;

    /// Judges passages found for one question, each by itself: as many verdicts, in order.
    fn check_all(&self, subjects: &[&Subject]) -> Vec<Result<Verdict, StageError>> {
        subjects.iter().map(|subject| self.check(subject)).collect()
    }

    /// Starts judging one stream.
    fn session(&self, side: Side) -> Result<Box<dyn GuardSession>, StageError>;
}

/// Judges one stream. It keeps no text itself: the pipeline holds what is not yet released and
/// shows all of it each time.
pub trait GuardSession: Send {
    /// `held` is everything that came and was not released yet, the newest at its end.
    fn push(&mut self, held: &Subject) -> Result<Step, StageError>;

    /// The stream is over: `held` is the last of it.
    fn finish(&mut self, held: &Subject) -> Result<Step, StageError>;
}

/// What of a held text may go on now.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing yet: more is needed to tell.
    Hold,
    /// The first `upto` bytes go on, with these edits and notes within them.
    Emit {
        upto: u32,
        edits: Vec<Edit>,
        notes: Vec<Note>,
    },
    /// Nothing more goes on.
    Stop(Reason),
}

/// A text to judge, with its normalised view.
#[derive(Clone, Debug)]
pub struct Subject {
    pub side: Side,
    pub text: String,
    pub view: View,
    /// What it hides; nothing is looked for in answers, which come in pieces.
    pub decoded: Vec<Decoded>,
    /// It hides more than may be read, so nobody can judge it.
    pub unread: bool,
}

impl Subject {
    /// Computes the view and reads what the text hides.
    pub fn new(side: Side, text: String) -> Self {
        let view = View::of(&text);
        let found = match side {
            Side::Input | Side::Retrieved => decode(&text, &view),
            Side::Output => Found::default(),
        };
        Self {
            side,
            text,
            view,
            decoded: found.list,
            unread: found.unread,
        }
    }
}

/// Why a text does not go on.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// Policy. Offsets of the reason are bytes of the original text.
    #[error("{}", reason.message)]
    Blocked {
        side: Side,
        guard: String,
        reason: Reason,
    },
    /// The plugin did not do its work; `why` never quotes the text.
    #[error("the plugin {guard} did not do its work: {why}")]
    Failed { guard: String, why: String },
    #[error("the text is {bytes} bytes long and {limit} can be judged")]
    TooLong { bytes: usize, limit: usize },
    #[error("too many texts are waiting to be judged")]
    Busy,
    /// The box is stopping, or a call was given up half-way.
    #[error("judging was interrupted")]
    Stopped,
}

impl StageError {
    /// A failure of `guard`, said without quoting any text.
    pub fn failed(guard: &str, why: impl std::fmt::Display) -> Self {
        Self::Failed {
            guard: guard.to_owned(),
            why: why.to_string(),
        }
    }

    /// What to show in a turn that was refused.
    pub fn finding(&self) -> Option<Finding> {
        match self {
            Self::Blocked {
                side,
                guard,
                reason,
            } => Some(finding_of_reason(*side, guard, reason, Effect::Blocked)),
            _ => None,
        }
    }
}

impl Fault for StageError {
    fn kind(&self) -> Kind {
        match self {
            Self::Blocked { .. } => Kind::Blocked,
            Self::Failed { .. } | Self::Stopped => Kind::Unavailable,
            Self::TooLong { .. } => Kind::TooLarge,
            Self::Busy => Kind::Overloaded,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Blocked { .. } => "blocked_by_guardrail",
            Self::Failed { .. } => "guardrail_failed",
            Self::TooLong { .. } => "text_too_long",
            Self::Busy => "guardrails_busy",
            Self::Stopped => "guardrails_stopped",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Failed { .. } => {
                Some("Nothing was let through. Try again; if it stays, look at the log.".to_owned())
            }
            _ => None,
        }
    }
}

/// A finding for the turn from a reason to refuse.
pub(super) fn finding_of_reason(
    side: Side,
    guard: &str,
    reason: &Reason,
    outcome: Effect,
) -> Finding {
    Finding {
        side,
        guard: guard.to_owned(),
        label: reason.label.clone(),
        document: None,
        start: reason.start,
        end: reason.end,
        score: reason.score,
        outcome,
    }
}

/// What is wrong with an answer of a guardrail. It never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misjudged {
    #[error("it names more spans than may be")]
    TooMany,
    #[error("a span ends outside the text, within a character or before it starts")]
    Span,
    #[error("its edits are out of order or overlap")]
    Order,
    #[error("a label is not 1 to 48 capital letters, digits and underscores")]
    Label,
    #[error("a score is not between 0 and 1")]
    Score,
    #[error("a replacement is too long or holds control characters")]
    Replacement,
    #[error("a message is empty, too long or holds control characters")]
    Message,
    #[error("it releases bytes that are not there")]
    Emission,
    #[error("it answers for more or fewer texts than it was asked about")]
    Count,
    #[error("it holds back more of a stream than may be held")]
    Hold,
    #[error("its pages are out of order, too many or begin outside the text")]
    Page,
    #[error("its headings are too many, too long or hold control characters")]
    Heading,
    #[error("its searches are too many, too long or empty")]
    Query,
    #[error("it names a candidate that is not there, or one twice")]
    Index,
}

/// Edits of one text, at most.
const EDITS: usize = 10_000;
const LABEL_BYTES: usize = 48;
const REPLACEMENT_BYTES: usize = 256;
const MESSAGE_BYTES: usize = 512;

/// Checks edits of `text`: few enough, within it, on character borders, in order, apart from each
/// other, with sound labels, scores and replacements.
pub fn check_edits(text: &str, edits: &[Edit]) -> Result<(), Misjudged> {
    if edits.len() > EDITS {
        return Err(Misjudged::TooMany);
    }
    let mut at = 0;
    for edit in edits {
        check_span(text, edit.start, edit.end)?;
        if edit.start == edit.end {
            return Err(Misjudged::Span);
        }
        if edit.start < at {
            return Err(Misjudged::Order);
        }
        at = edit.end;
        check_label(&edit.label, edit.score)?;
        // Lines may end in it: a closing fence stands on a line of its own.
        if !is_plain(&edit.replacement.replace('\n', ""), REPLACEMENT_BYTES)
            || edit.replacement.len() > REPLACEMENT_BYTES
        {
            return Err(Misjudged::Replacement);
        }
    }
    Ok(())
}

/// Checks what was only noted in `text`.
pub fn check_notes(text: &str, notes: &[Note]) -> Result<(), Misjudged> {
    if notes.len() > EDITS {
        return Err(Misjudged::TooMany);
    }
    for note in notes {
        check_span(text, note.start, note.end)?;
        check_label(&note.label, note.score)?;
    }
    Ok(())
}

/// Checks a reason to refuse `text`.
pub fn check_reason(text: &str, reason: &Reason) -> Result<(), Misjudged> {
    check_span(text, reason.start, reason.end)?;
    check_label(&reason.label, reason.score)?;
    if reason.message.is_empty() || !is_plain(&reason.message, MESSAGE_BYTES) {
        return Err(Misjudged::Message);
    }
    Ok(())
}

fn check_span(text: &str, start: u32, end: u32) -> Result<(), Misjudged> {
    let span = text.get(start as usize..end as usize);
    span.map(drop).ok_or(Misjudged::Span)
}

fn check_label(label: &str, score: f32) -> Result<(), Misjudged> {
    let sound = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if label.is_empty() || label.len() > LABEL_BYTES || !label.bytes().all(sound) {
        return Err(Misjudged::Label);
    }
    // Written so that NaN is refused too.
    if !(0.0..=1.0).contains(&score) {
        return Err(Misjudged::Score);
    }
    Ok(())
}

fn is_plain(text: &str, limit: usize) -> bool {
    text.len() <= limit && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: u32, end: u32) -> Edit {
        let (replacement, label) = ("[X]".to_owned(), "X".to_owned());
        Edit {
            start,
            end,
            replacement,
            label,
            score: 1.0,
        }
    }

    #[test]
    fn edits_must_be_in_bounds_in_order_and_on_borders() {
        let text = "über alles";
        for (edits, verdict) in [
            (vec![], Ok(())),
            (vec![edit(0, 2), edit(2, 3)], Ok(())),
            (vec![edit(0, 11)], Ok(())),
            (vec![edit(0, 12)], Err(Misjudged::Span)),
            (vec![edit(1, 3)], Err(Misjudged::Span)),
            (vec![edit(0, 1)], Err(Misjudged::Span)),
            (vec![edit(3, 2)], Err(Misjudged::Span)),
            (vec![edit(3, 3)], Err(Misjudged::Span)),
            (vec![edit(u32::MAX, u32::MAX)], Err(Misjudged::Span)),
            (vec![edit(3, 5), edit(2, 3)], Err(Misjudged::Order)),
            (vec![edit(2, 5), edit(4, 6)], Err(Misjudged::Order)),
            (vec![edit(0, 2); EDITS + 1], Err(Misjudged::TooMany)),
        ] {
            assert_eq!(check_edits(text, &edits), verdict, "{} edits", edits.len());
        }
    }

    #[test]
    fn labels_scores_and_replacements_are_bounded() {
        let with = |change: fn(&mut Edit)| {
            let mut it = edit(0, 1);
            change(&mut it);
            check_edits("a", &[it])
        };
        assert_eq!(with(|it| it.label = "email".into()), Err(Misjudged::Label));
        assert_eq!(with(|it| it.label = String::new()), Err(Misjudged::Label));
        assert_eq!(with(|it| it.label = "A".repeat(49)), Err(Misjudged::Label));
        assert_eq!(with(|it| it.score = f32::NAN), Err(Misjudged::Score));
        assert_eq!(with(|it| it.score = 1.5), Err(Misjudged::Score));
        assert_eq!(
            with(|it| it.replacement = "x".repeat(257)),
            Err(Misjudged::Replacement)
        );
        assert_eq!(
            with(|it| it.replacement = "a\u{1b}[31m".into()),
            Err(Misjudged::Replacement)
        );
        assert_eq!(with(|it| it.replacement = String::new()), Ok(()));
        assert_eq!(with(|it| it.replacement = "}\n```".into()), Ok(()));
        assert_eq!(
            with(|it| it.replacement = "\n".repeat(257)),
            Err(Misjudged::Replacement)
        );
    }

    #[test]
    fn a_reason_may_point_anywhere_in_the_text_and_must_say_something() {
        let reason = |start, end, message: &str| Reason {
            label: "PROMPT_INJECTION".to_owned(),
            message: message.to_owned(),
            score: 0.5,
            start,
            end,
        };
        assert_eq!(check_reason("abc", &reason(0, 0, "No.")), Ok(()));
        assert_eq!(
            check_reason("abc", &reason(0, 4, "No.")),
            Err(Misjudged::Span)
        );
        assert_eq!(
            check_reason("abc", &reason(0, 3, "")),
            Err(Misjudged::Message)
        );
        assert_eq!(
            check_reason("abc", &reason(0, 3, "a\nb")),
            Err(Misjudged::Message)
        );
    }
}
