//! What was looked at and what was found.

use std::collections::BTreeMap;

use super::Mend;

/// Findings that are told apart; what comes after them is counted.
const FINDINGS: usize = 10_000;
/// Mends of one round.
const MENDS: usize = 100_000;

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It belongs to nothing.
    Leftover,
    /// Two places say different things.
    Contradiction,
    /// Something that is spoken of is not there.
    Missing,
    /// It is not what it was, or cannot be read.
    Damaged,
}

impl Kind {
    /// One word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leftover => "leftover",
            Self::Contradiction => "contradiction",
            Self::Missing => "missing",
            Self::Damaged => "damaged",
        }
    }
}

/// Something that is wrong, at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    /// The table, or `blobs`.
    pub place: &'static str,
    /// In words, with ids.
    pub what: String,
    /// How many rows or files.
    pub count: u64,
    /// Whether [`super::Doctor::mend`] does something about it.
    pub can_be_mended: bool,
}

/// What came of looking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkup {
    /// Rows of each table, and files, that were looked at.
    pub looked: Vec<(&'static str, u64)>,
    pub findings: Vec<Finding>,
    /// Findings beyond those.
    pub more: u64,
}

/// The same while looking.
#[derive(Default)]
pub(super) struct Notes {
    looked: BTreeMap<&'static str, u64>,
    findings: BTreeMap<(Kind, &'static str, String), (u64, bool)>,
    more: u64,
    mends: Vec<Mend>,
}

impl Notes {
    pub(super) fn looked(&mut self, place: &'static str) {
        *self.looked.entry(place).or_default() += 1;
    }

    pub(super) fn find(
        &mut self,
        kind: Kind,
        place: &'static str,
        what: impl Into<String>,
        mend: Option<Mend>,
    ) {
        let key = (kind, place, what.into());
        let can_be_mended = mend.is_some();
        if self.findings.len() < FINDINGS || self.findings.contains_key(&key) {
            let (count, mended) = self.findings.entry(key).or_insert((0, true));
            *count += 1;
            *mended &= can_be_mended;
        } else {
            self.more += 1;
        }
        if self.mends.len() < MENDS {
            self.mends.extend(mend);
        }
    }

    pub(super) fn checkup(self) -> Checkup {
        let finding = |((kind, place, what), (count, can_be_mended))| Finding {
            kind,
            place,
            what,
            count,
            can_be_mended,
        };
        Checkup {
            looked: self.looked.into_iter().collect(),
            findings: self.findings.into_iter().map(finding).collect(),
            more: self.more,
        }
    }

    pub(super) fn into_mends(self) -> Vec<Mend> {
        self.mends
    }
}
