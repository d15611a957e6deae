//! What a guard must say, and how it becomes what the world asks for.

use std::marker::PhantomData;

use crate::bindings::exports::privatestack::plugin::{guardrail, lifecycle};
use crate::{Description, GuestSession, Lifecycle, Subject, Verdict, hook};

/// Judges texts, whole and as they come.
pub trait Guardrail: 'static {
    /// Judges one stream; [`crate::window::Stream`] does it for rules that find things.
    type Session: GuestSession;

    /// Judges a whole text.
    fn check(subject: Subject) -> Verdict;

    /// Judges passages, each by itself: as many verdicts, in order.
    fn check_all(subjects: Vec<Subject>) -> Vec<Verdict> {
        subjects.into_iter().map(Self::check).collect()
    }
}

/// What [`crate::export`] exports: a guard with its panics told to the host.
pub struct Exported<G>(PhantomData<G>);

impl<G: Lifecycle> lifecycle::Guest for Exported<G> {
    fn describe() -> Description {
        hook::install();
        G::describe()
    }
}

impl<G: Guardrail> guardrail::Guest for Exported<G> {
    type Session = G::Session;

    fn check(subject: Subject) -> Verdict {
        hook::install();
        G::check(subject)
    }

    fn check_all(subjects: Vec<Subject>) -> Vec<Verdict> {
        hook::install();
        G::check_all(subjects)
    }
}
