//! What stands on the shelf, what each model takes of the memory, and who has to make room.
//!
//! A model is charged for its weights and for all that its answers may come to remember, before
//! it is loaded: a box that has said yes never runs out of memory half-way through an answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use super::Loaded;
use crate::domain::model::{ModelCard, ModelId, ModelKind};
use crate::engine::arch::{Decoder, Encoder};

/// The models in memory and those on their way there.
pub(super) struct Places {
    /// Bytes of memory for all models together.
    budget: u64,
    by_id: BTreeMap<ModelId, Place>,
    /// Models that were let go while something ran on them.
    leaving: Vec<(Handle, u64)>,
    /// Grows with every use.
    time: u64,
}

pub(super) struct Place {
    pub(super) kind: ModelKind,
    pub(super) slot: Slot,
    /// Bytes that it is charged for.
    charge: u64,
    /// When it was used last.
    used: u64,
}

pub(super) enum Slot {
    Loading,
    Ready(Loaded),
    Failed(String),
}

/// What a model is going to need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    /// Bytes of its weights.
    pub(super) weights: u64,
    /// Bytes for what its answers remember: with less than the first number it is of no use, more
    /// than the second is not wanted.
    pub(super) cache: (u64, u64),
}

/// What a model gets.
pub(super) struct Grant {
    /// Bytes for what its answers remember.
    pub(super) cache: u64,
    /// Models that had to go. Their memory is free once they are dropped, which takes a while.
    pub(super) gone: Vec<Loaded>,
}

/// There is no room, whoever goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRoom {
    /// Bytes that it would need.
    pub(super) needed: u64,
    pub(super) budget: u64,
    /// Bytes of models that answer at the moment or are on their way; 0: it never fits.
    pub(super) busy: u64,
}

impl Places {
    pub(super) fn new(budget: u64) -> Self {
        Self {
            budget,
            by_id: BTreeMap::new(),
            leaving: Vec::new(),
            time: 0,
        }
    }

    pub(super) fn get(&self, id: &ModelId) -> Option<&Slot> {
        self.by_id.get(id).map(|place| &place.slot)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&ModelId, &Place)> {
        self.by_id.iter()
    }

    /// Bytes for all models together, and bytes that are taken.
    pub(super) fn memory(&mut self) -> (u64, u64) {
        (self.budget, self.taken())
    }

    /// The model, if it is in memory; notes that it was used.
    pub(super) fn take_out(&mut self, id: &ModelId) -> Option<Loaded> {
        self.time += 1;
        let place = self.by_id.get_mut(id)?;
        place.used = self.time;
        match &place.slot {
            Slot::Ready(loaded) => Some(loaded.clone()),
            _ => None,
        }
    }

    /// Makes room for a model and keeps its place. Models that rest make way, the one that was
    /// used last goes last, and those that `defaults` names after all others; some room is kept
    /// for the weights, of so many bytes, of defaults that are not here yet.
    pub(super) fn make_room(
        &mut self,
        card: &ModelCard,
        need: Need,
        defaults: &[(ModelId, u64)],
    ) -> Result<Grant, NoRoom> {
        let (least, most) = (need.weights + need.cache.0, need.weights + need.cache.1);
        let absent = |id: &ModelId| *id != card.id && !self.by_id.contains_key(id);
        let absent = defaults.iter().filter(|(id, _)| absent(id));
        let kept: u64 = absent.map(|(_, weights)| weights).sum();
        let is_default = |id: &ModelId| defaults.iter().any(|(other, _)| other == id);
        // Nobody goes in vain.
        let resting = self.resting().map(|(id, charge)| (is_default(id), charge));
        let resting: Vec<_> = resting.collect();
        let free = self.budget.saturating_sub(self.taken());
        let all: u64 = resting.iter().map(|(_, charge)| charge).sum();
        if least > free + all {
            return Err(NoRoom {
                needed: least,
                budget: self.budget,
                busy: self.taken() - all,
            });
        }
        let mut gone = Vec::new();
        let wanted = most + kept;
        self.clear(wanted, &mut gone, |id| !is_default(id));
        self.clear(least, &mut gone, |_| true);
        let free = self.budget - self.taken();
        let cache = free.saturating_sub(need.weights + kept);
        let cache = cache.clamp(need.cache.0, need.cache.1);
        self.time += 1;
        let place = Place {
            kind: card.kind,
            slot: Slot::Loading,
            charge: need.weights + cache,
            used: self.time,
        };
        self.by_id.insert(card.id.clone(), place);
        Ok(Grant { cache, gone })
    }

    /// Lets models go that rest and that `may`, until `wanted` bytes are free.
    fn clear(&mut self, wanted: u64, gone: &mut Vec<Loaded>, may: impl Fn(&ModelId) -> bool) {
        while self.budget.saturating_sub(self.taken()) < wanted {
            let oldest = self.resting().filter(|(id, _)| may(id));
            let oldest = oldest.min_by_key(|(id, _)| self.by_id[*id].used);
            let Some(id) = oldest.map(|(id, _)| id.clone()) else {
                return;
            };
            tracing::info!(model = %id, "a model made room for another");
            gone.extend(self.remove(&id));
        }
    }

    /// Models on which nothing runs or waits, and what they are charged for.
    fn resting(&self) -> impl Iterator<Item = (&ModelId, u64)> {
        let rests = |place: &Place| matches!(&place.slot, Slot::Ready(loaded) if !in_use(loaded));
        let resting = self.by_id.iter().filter(move |(_, place)| rests(place));
        resting.map(|(id, place)| (id, place.charge))
    }

    /// Bytes that are taken.
    fn taken(&self) -> u64 {
        let leaving = self.leaving.iter().filter(|(handle, _)| handle.is_alive());
        let leaving: u64 = leaving.map(|(_, charge)| charge).sum();
        leaving + self.by_id.values().map(|place| place.charge).sum::<u64>()
    }

    /// Notes why a model is not here.
    pub(super) fn fail(&mut self, card: &ModelCard, reason: String) {
        let place = Place {
            kind: card.kind,
            slot: Slot::Failed(reason),
            charge: 0,
            used: self.time,
        };
        self.by_id.insert(card.id.clone(), place);
    }

    /// Puts what has become of a model into its place; `charge` is what it takes.
    pub(super) fn put(&mut self, id: &ModelId, slot: Slot, charge: u64) {
        if let Some(place) = self.by_id.get_mut(id) {
            (place.slot, place.charge) = (slot, charge);
        }
    }

    /// Clears a model's place, unless it is on its way.
    pub(super) fn remove(&mut self, id: &ModelId) -> Option<Loaded> {
        if matches!(self.get(id), Some(Slot::Loading)) {
            return None;
        }
        self.leaving.retain(|(handle, _)| handle.is_alive());
        let place = self.by_id.remove(id)?;
        let Slot::Ready(loaded) = place.slot else {
            return None;
        };
        if in_use(&loaded) {
            self.leaving.push((Handle::of(&loaded), place.charge));
        }
        Some(loaded)
    }
}

/// Whether somebody besides the shelf holds the model: a request on its way, or a sequence.
fn in_use(loaded: &Loaded) -> bool {
    match loaded {
        Loaded::Chat(chat) => Arc::strong_count(chat) + Arc::strong_count(&chat.decoder) > 2,
        Loaded::Embedding(model) => {
            Arc::strong_count(model) + Arc::strong_count(&model.encoder) > 2
        }
    }
}

/// Tells whether a model is still somewhere.
enum Handle {
    Decoder(Weak<dyn Decoder>),
    Encoder(Weak<dyn Encoder>),
}

impl Handle {
    fn of(loaded: &Loaded) -> Self {
        match loaded {
            Loaded::Chat(chat) => Self::Decoder(Arc::downgrade(&chat.decoder)),
            Loaded::Embedding(model) => Self::Encoder(Arc::downgrade(&model.encoder)),
        }
    }

    fn is_alive(&self) -> bool {
        match self {
            Self::Decoder(decoder) => decoder.strong_count() > 0,
            Self::Encoder(encoder) => encoder.strong_count() > 0,
        }
    }
}
