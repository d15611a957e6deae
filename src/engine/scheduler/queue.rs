//! The queue: who waits, and in which order they come.
//!
//! Places go to people, not to requests (max-min fairness): the next is of the person with the
//! fewest answers under way; of two with as many, of the one who was let in longer ago. A person's
//! own requests keep their order. So thirty requests of one person hold up nobody else's one, and
//! with one person alone it is first come, first served.

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};

use super::Waiting;
use super::recency::Recency;
use crate::engine::Asker;

/// Sequences that wait.
#[derive(Default)]
pub(super) struct Queue {
    /// As they came.
    waiting: Vec<Waiting>,
    let_in: Recency,
    count_let_in: u64,
}

/// One person who waits.
struct Line {
    /// Places that the person has.
    held: usize,
    /// When the person was let in last.
    last: u64,
    /// What waits, as it came.
    tickets: VecDeque<u64>,
}

impl Line {
    /// Who comes first; lines without tickets come last.
    fn rank(&self) -> (Reverse<bool>, usize, u64, Option<u64>) {
        let first = self.tickets.front().copied();
        (Reverse(first.is_some()), self.held, self.last, first)
    }
}

impl Queue {
    pub(super) fn push(&mut self, waiting: Waiting) {
        self.waiting.push(waiting);
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many of this asker wait.
    pub(super) fn count_of(&self, asker: Asker) -> usize {
        self.waiting.iter().filter(|w| w.asker() == asker).count()
    }

    /// The people who wait, with those of their requests that are `wanted`.
    fn lines(&self, running: &[Asker], wanted: impl Fn(&Waiting) -> bool) -> HashMap<Asker, Line> {
        let mut lines: HashMap<Asker, Line> = HashMap::new();
        for waiting in self.waiting.iter().filter(|w| wanted(w)) {
            let asker = waiting.asker();
            let line = lines.entry(asker).or_insert_with(|| Line {
                held: running.iter().filter(|other| **other == asker).count(),
                last: self.let_in.last(asker),
                tickets: VecDeque::new(),
            });
            line.tickets.push_back(waiting.ticket);
        }
        lines
    }

    /// Who comes next while these have places, of the requests that are `wanted`.
    pub(super) fn next(
        &self,
        running: &[Asker],
        wanted: impl Fn(&Waiting) -> bool,
    ) -> Option<&Waiting> {
        let lines = self.lines(running, wanted);
        let ticket = lines.values().min_by_key(|line| line.rank())?.tickets[0];
        self.waiting.iter().find(|w| w.ticket == ticket)
    }

    /// How many come before `ticket` if of those who have the `places`, oldest first, the oldest
    /// ends each time and nobody else comes; none if the ticket is not here.
    pub(super) fn ahead(&self, ticket: u64, running: &[Asker], places: usize) -> Option<usize> {
        let mut lines = self.lines(running, |_| true);
        let mut placed: VecDeque<Asker> = running.iter().copied().collect();
        let mut now = self.count_let_in;
        for ahead in 0..self.waiting.len() {
            if placed.len() >= places
                && let Some(gone) = placed.pop_front()
                && let Some(line) = lines.get_mut(&gone)
            {
                line.held -= 1;
            }
            let (asker, line) = lines.iter_mut().min_by_key(|(_, line)| line.rank())?;
            let first = line.tickets.pop_front();
            if first == Some(ticket) {
                return Some(ahead);
            }
            now += 1;
            (line.held, line.last) = (line.held + 1, now);
            placed.push_back(*asker);
        }
        None
    }

    /// How many come before the first of this asker.
    pub(super) fn ahead_of_first(&self, asker: Asker, running: &[Asker], places: usize) -> usize {
        let first = self.waiting.iter().find(|w| w.asker() == asker);
        first
            .and_then(|first| self.ahead(first.ticket, running, places))
            .unwrap_or(0)
    }

    /// Takes one out, to be let in.
    pub(super) fn let_in(&mut self, ticket: u64) -> Option<Waiting> {
        let waiting = self.remove(ticket)?;
        self.count_let_in += 1;
        self.let_in.serve(waiting.asker(), self.count_let_in);
        Some(waiting)
    }

    /// Takes one out, if it is still here.
    pub(super) fn remove(&mut self, ticket: u64) -> Option<Waiting> {
        let at = self.waiting.iter().position(|w| w.ticket == ticket)?;
        Some(self.waiting.remove(at))
    }

    /// Takes all out.
    pub(super) fn drain(&mut self) -> Vec<Waiting> {
        std::mem::take(&mut self.waiting)
    }
}
