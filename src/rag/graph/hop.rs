//! Hop: passages one step away in the graph from what a question and its first passages name.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::extract::words;
use crate::domain::graph::{EdgeKind, EntityKey, EntityKind};
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::store::graph;
use crate::store::{Reads, StoreError};

/// A passage by document and ordinal.
type Place = (DocumentId, u32);

/// Words of a name that a question may have.
const NAME: usize = 5;
/// Words of a question that are looked at.
const WORDS: usize = 64;
/// Entities to start from.
const SEEDS: usize = 12;
/// Entities with one word of the question in their name: with more of them the word says nothing.
const NAMESAKES: usize = 3;
/// First passages whose entities are starts too, and entities that are tried of a document or a word.
const FIRST: usize = 3;
const TRIED: usize = 48;
/// What a first passage names counts this much of what the question names.
const INDIRECT: f32 = 0.3;
/// Documents that are read of each start and each neighbour, the newest.
const DOCUMENTS: usize = 100;
/// Entities that are hopped to.
const NEIGHBOURS: usize = 16;

/// Passages that name what is tied to the entities of the question and of the first passages, best
/// first, none of them among `first`: a list to be fused behind the others with a low weight.
pub fn hop(
    tx: &impl Reads,
    workspace: WorkspaceId,
    question: &str,
    first: &[Place],
    limit: usize,
    sees: impl Fn(DocumentId) -> bool + Copy,
) -> Result<Vec<(Place, f32)>, StoreError> {
    let seeds = seeds(tx, workspace, question, first, sees)?;
    let near = neighbours(tx, workspace, &seeds, sees)?;
    let mut scores: BTreeMap<Place, f32> = BTreeMap::new();
    for (key, weight) in near {
        for (document, known) in graph::newest(tx, workspace, &key, DOCUMENTS, sees)? {
            let mut places: Vec<u32> = known.mentions.iter().map(|one| one.passage).collect();
            places.dedup();
            for ordinal in places {
                *scores.entry((document, ordinal)).or_default() += weight;
            }
        }
    }
    let known: HashSet<&Place> = first.iter().collect();
    let mut ranked: Vec<(Place, f32)> = scores.into_iter().collect();
    ranked.retain(|(place, _)| !known.contains(place));
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ranked.truncate(limit);
    Ok(ranked)
}

/// Where to start from, each with how much it counts.
fn seeds(
    tx: &impl Reads,
    workspace: WorkspaceId,
    question: &str,
    first: &[Place],
    sees: impl Fn(DocumentId) -> bool + Copy,
) -> Result<Vec<(EntityKey, f32)>, StoreError> {
    let mut seeds: Vec<(EntityKey, f32)> = Vec::new();
    let mut add = |key: EntityKey, weight: f32| {
        if seeds.len() < SEEDS && !seeds.iter().any(|(known, _)| *known == key) {
            seeds.push((key, weight));
        }
    };
    for key in named(tx, workspace, question, sees)? {
        add(key, 1.0);
    }
    for (document, ordinal) in first
        .iter()
        .take(FIRST)
        .filter(|(document, _)| sees(*document))
    {
        for key in graph::of_document(tx, workspace, *document)?
            .into_iter()
            .take(TRIED)
        {
            let known = graph::known_in(tx, workspace, &key, *document)?;
            if known.is_some_and(|known| known.mentions.iter().any(|one| one.passage == *ordinal)) {
                add(key, INDIRECT);
            }
        }
    }
    Ok(seeds)
}

/// The entities that a question names, the longest names first.
pub(super) fn named(
    tx: &impl Reads,
    workspace: WorkspaceId,
    question: &str,
    sees: impl Fn(DocumentId) -> bool + Copy,
) -> Result<Vec<EntityKey>, StoreError> {
    let mut words = words(question);
    words.truncate(WORDS);
    let mut found = Vec::new();
    let mut covered = vec![false; words.len()];
    for length in (1..=NAME.min(words.len())).rev() {
        for from in 0..=words.len() - length {
            if covered[from..from + length].iter().any(|one| *one) {
                continue;
            }
            let name = words[from..from + length].join(" ");
            let mut keys = Vec::new();
            for kind in EntityKind::ALL {
                let key = EntityKey::new(kind, &name);
                if !graph::newest(tx, workspace, &key, 1, sees)?.is_empty() {
                    keys.push(key);
                }
            }
            if length == 1 && keys.is_empty() {
                keys = namesakes(tx, workspace, &name, sees)?;
            }
            if !keys.is_empty() {
                covered[from..from + length].fill(true);
                found.extend(keys);
            }
        }
    }
    Ok(found)
}

/// People and organisations with this word in their name, if they are few.
fn namesakes(
    tx: &impl Reads,
    workspace: WorkspaceId,
    word: &str,
    sees: impl Fn(DocumentId) -> bool + Copy,
) -> Result<Vec<EntityKey>, StoreError> {
    if word.len() < 4 {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for key in graph::with_whole_word(tx, workspace, word, TRIED)? {
        let named = matches!(key.kind(), EntityKind::Person | EntityKind::Organisation);
        // How many there are is counted over what the asker may see.
        if named && !graph::newest(tx, workspace, &key, 1, sees)?.is_empty() {
            found.push(key);
        }
    }
    found.truncate(if found.len() > NAMESAKES {
        0
    } else {
        NAMESAKES
    });
    Ok(found)
}

/// What the starts are tied to, strongest first. What is said outright counts more than what
/// merely stands together, and what many documents name counts less.
fn neighbours(
    tx: &impl Reads,
    workspace: WorkspaceId,
    seeds: &[(EntityKey, f32)],
    sees: impl Fn(DocumentId) -> bool + Copy,
) -> Result<Vec<(EntityKey, f32)>, StoreError> {
    let mut sums: HashMap<EntityKey, f32> = HashMap::new();
    for (seed, weight) in seeds {
        for (_, links) in graph::links(tx, workspace, seed, DOCUMENTS, sees)? {
            for link in links {
                let said = if link.kind == EdgeKind::CoMention {
                    1.0
                } else {
                    3.0
                };
                let share = (link.weight as f32).ln_1p() * said * weight;
                *sums.entry(link.to).or_default() += share;
            }
        }
    }
    let start = |key: &EntityKey| seeds.iter().any(|(seed, _)| seed == key);
    let mut near: Vec<(EntityKey, f32)> = sums.into_iter().filter(|(key, _)| !start(key)).collect();
    near.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    near.truncate(NEIGHBOURS * 2);
    for (key, weight) in &mut near {
        let documents = graph::newest(tx, workspace, key, DOCUMENTS, sees)?.len();
        *weight /= 1.0 + (documents as f32).ln();
    }
    near.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    near.truncate(NEIGHBOURS);
    Ok(near)
}
