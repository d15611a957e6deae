//! Read: lists, profiles and views of the graph, from the rows of single documents.

use std::collections::HashMap;

use super::extract::{sentence as sentence_at, words};
use super::{Neighbour, Profile, Summary, Tie, Told, View, Wanted};
use crate::domain::document::Passage;
use crate::domain::graph::{EdgeKind, EntityKey, Mention};
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::store::graph::{self, Known};
use crate::store::{Reads, StoreError, documents, passages};

/// Names that are looked through for the words of a search.
const CANDIDATES: usize = 5_000;
/// Documents of which a profile shows places, and places of each.
const DOCUMENTS: usize = 50;
const PLACES: usize = 4;
const DEFINITIONS: usize = 10;
/// What a profile is tied to.
const NEIGHBOURS: usize = 60;
/// Documents whose edges are added up for one entity: the newest.
const LINKED: usize = 1_000;
/// The strongest entities of each document, from which those of the workspace are chosen.
const TOPS: usize = 24;
/// Bytes of a sentence that is shown.
const SENTENCE: usize = 500;

/// What is known of an entity in all; none if the asker sees no document that names it.
pub(in crate::rag) fn summary(
    tx: &impl Reads,
    workspace: WorkspaceId,
    key: &EntityKey,
    sees: impl Fn(DocumentId) -> bool,
) -> Result<Option<Summary>, StoreError> {
    let mut label = String::new();
    let (mut mentions, mut documents) = (0, 0);
    graph::each_known(tx, workspace, key, sees, |_, known| {
        mentions += u64::from(known.count);
        documents += 1;
        if known.label.len() > label.len() {
            label = known.label;
        }
    })?;
    let key = key.clone();
    Ok((documents > 0).then_some(Summary {
        key,
        label,
        mentions,
        documents,
    }))
}

/// The entities that are wanted, in the order of their keys, from behind `after` on.
pub(in crate::rag) fn list(
    tx: &impl Reads,
    workspace: WorkspaceId,
    wanted: &Wanted,
    after: Option<&EntityKey>,
    limit: usize,
    sees: impl Fn(DocumentId) -> bool + Copy,
) -> Result<Vec<Summary>, StoreError> {
    let asked = words(&wanted.words);
    let keys = match asked.iter().max_by_key(|word| word.len()) {
        None if wanted.words.trim().is_empty() => {
            graph::keys(tx, workspace, wanted.kind, after, limit, sees)?
        }
        // Signs alone are in no name.
        None => Vec::new(),
        Some(longest) => {
            let mut keys = graph::with_word(tx, workspace, longest, CANDIDATES)?;
            keys.sort_unstable();
            keys.dedup();
            keys.retain(|key| {
                after.is_none_or(|after| key > after)
                    && wanted.kind.is_none_or(|kind| key.kind() == kind)
                    && asked.iter().all(|word| has_word(key, word))
            });
            keys
        }
    };
    let mut found = Vec::new();
    for key in keys {
        found.extend(summary(tx, workspace, &key, sees)?);
        if found.len() >= limit {
            break;
        }
    }
    Ok(found)
}

fn has_word(key: &EntityKey, stem: &str) -> bool {
    key.name().split(' ').any(|word| word.starts_with(stem))
}

/// Everything about one entity; none if the asker sees no document that names it.
pub(in crate::rag) fn profile(
    tx: &impl Reads,
    workspace: WorkspaceId,
    key: &EntityKey,
    sees: impl Fn(DocumentId) -> bool + Copy,
) -> Result<Option<Profile>, StoreError> {
    let Some(summary) = summary(tx, workspace, key, sees)? else {
        return Ok(None);
    };
    let (mut definitions, mut mentions) = (Vec::new(), Vec::new());
    for (document, known) in graph::newest(tx, workspace, key, DOCUMENTS, sees)? {
        let Known {
            mentions: places,
            definitions: defined,
            ..
        } = known;
        let room = DEFINITIONS.saturating_sub(definitions.len());
        for mention in defined.iter().take(room) {
            definitions.extend(told(tx, workspace, document, *mention)?);
        }
        for mention in places.iter().take(PLACES) {
            mentions.extend(told(tx, workspace, document, *mention)?);
        }
    }
    let neighbours = neighbours(tx, workspace, key, NEIGHBOURS, sees)?;
    Ok(Some(Profile {
        summary,
        definitions,
        mentions,
        neighbours,
    }))
}

/// A place with its sentence; none if its passage is not there, which would be a mistake of ours.
fn told(
    tx: &impl Reads,
    workspace: WorkspaceId,
    document: DocumentId,
    mention: Mention,
) -> Result<Option<Told>, StoreError> {
    let passage = passages::get(tx, workspace, document, mention.passage)?;
    let title = documents::get(tx, workspace, document)?.map(|document| document.title);
    let (Some(passage), Some(title)) = (passage, title) else {
        return Ok(None);
    };
    let (start, sentence) = sentence(&passage, mention);
    Ok(Some(Told {
        document,
        title,
        page: passage.page,
        span: mention.span,
        sentence,
        start,
    }))
}

/// The sentence of a passage that a mention begins in, and where it begins in the document.
fn sentence(passage: &Passage, mention: Mention) -> (u32, String) {
    let text = passage.text.as_str();
    let at = mention.span.start.saturating_sub(passage.start) as usize;
    let range = sentence_at(text, at);
    let (mut start, mut sentence) = (range.start, &text[range]);
    if sentence.len() > SENTENCE {
        let from = text.floor_char_boundary(start.max(at.saturating_sub(SENTENCE / 2)));
        let to = text.floor_char_boundary((from + SENTENCE).min(start + sentence.len()));
        (start, sentence) = (from, &text[from..to]);
    }
    let blank = sentence.len() - sentence.trim_start().len();
    let start = u32::try_from(start + blank).unwrap_or(0) + passage.start;
    (start, sentence.trim().to_owned())
}

/// What an entity is tied to, how, and whether the edge begins there.
type Way = (EntityKey, EdgeKind, bool);
/// How strongly, and in how many documents.
type Sum = (u64, u32);
type Sums = HashMap<Way, Sum>;

fn sums(
    tx: &impl Reads,
    workspace: WorkspaceId,
    key: &EntityKey,
    sees: impl Fn(DocumentId) -> bool,
) -> Result<Sums, StoreError> {
    let mut sums = Sums::new();
    for (_, links) in graph::links(tx, workspace, key, LINKED, sees)? {
        for link in links {
            let (weight, documents) = sums.entry((link.to, link.kind, link.leads)).or_default();
            *weight += u64::from(link.weight);
            *documents += 1;
        }
    }
    Ok(sums)
}

/// The strongest first; of equals, what is said outright, then by key.
fn ranked(sums: Sums) -> Vec<(Way, Sum)> {
    let mut ranked: Vec<_> = sums.into_iter().collect();
    ranked.sort_by(|(a, (left, _)), (b, (right, _))| right.cmp(left).then_with(|| a.cmp(b)));
    ranked
}

fn neighbours(
    tx: &impl Reads,
    workspace: WorkspaceId,
    key: &EntityKey,
    limit: usize,
    sees: impl Fn(DocumentId) -> bool + Copy,
) -> Result<Vec<Neighbour>, StoreError> {
    let mut found = Vec::new();
    for ((to, kind, leads), (weight, documents)) in ranked(sums(tx, workspace, key, sees)?) {
        if found.len() >= limit {
            break;
        }
        if let Some(entity) = summary(tx, workspace, &to, sees)? {
            found.push(Neighbour {
                entity,
                kind,
                leads,
                weight,
                documents,
            });
        }
    }
    Ok(found)
}

/// The strongest entities of the workspace, those that hang together first. Which they are is decided by the strongest of each
/// document, which are few, so that a large workspace need not be read whole.
pub(in crate::rag) fn strongest(
    tx: &impl Reads,
    workspace: WorkspaceId,
    limit: usize,
    sees: impl Fn(DocumentId) -> bool + Copy,
) -> Result<View, StoreError> {
    let mut scores: HashMap<String, u64> = HashMap::new();
    graph::each_document(tx, workspace, sees, |keys| {
        for (key, points) in keys.iter().take(TOPS).zip((1..=TOPS as u64).rev()) {
            match scores.get_mut(*key) {
                Some(score) => *score += points,
                None => drop(scores.insert((*key).to_owned(), points)),
            }
        }
    })?;
    let mut order: Vec<(String, u64)> = scores.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let keys = order.into_iter().filter_map(|(key, _)| key.parse().ok());
    let wide = view(tx, workspace, keys.take(limit * 2), sees)?;
    Ok(tied_first(wide, limit))
}

/// The first `limit` entities, those without an edge to another after all others: a picture is of
/// what hangs together.
fn tied_first(wide: View, limit: usize) -> View {
    let mut tied = vec![false; wide.nodes.len()];
    for edge in &wide.edges {
        (tied[edge.from], tied[edge.to]) = (true, true);
    }
    let mut order: Vec<usize> = (0..wide.nodes.len()).collect();
    order.sort_by_key(|at| !tied[*at]);
    order.truncate(limit);
    let mut place = vec![None; wide.nodes.len()];
    for (to, from) in order.iter().enumerate() {
        place[*from] = Some(to);
    }
    let mut nodes: Vec<Option<Summary>> = wide.nodes.into_iter().map(Some).collect();
    let nodes = order.iter().filter_map(|at| nodes[*at].take()).collect();
    let edge = |edge: Tie| {
        let (from, to) = (place[edge.from]?, place[edge.to]?);
        Some(Tie { from, to, ..edge })
    };
    let edges = wide.edges.into_iter().filter_map(edge).collect();
    View { nodes, edges }
}

/// An entity with what it is tied to most strongly; none if the asker sees no document that names
/// it.
pub(in crate::rag) fn around(
    tx: &impl Reads,
    workspace: WorkspaceId,
    key: &EntityKey,
    limit: usize,
    sees: impl Fn(DocumentId) -> bool + Copy,
) -> Result<Option<View>, StoreError> {
    if summary(tx, workspace, key, sees)?.is_none() {
        return Ok(None);
    }
    let mut keys = vec![key.clone()];
    for ((to, ..), _) in ranked(sums(tx, workspace, key, sees)?) {
        if keys.len() < limit && !keys.contains(&to) {
            keys.push(to);
        }
    }
    view(tx, workspace, keys.into_iter(), sees).map(Some)
}

fn view(
    tx: &impl Reads,
    workspace: WorkspaceId,
    keys: impl Iterator<Item = EntityKey>,
    sees: impl Fn(DocumentId) -> bool + Copy,
) -> Result<View, StoreError> {
    let mut view = View::default();
    for key in keys {
        view.nodes.extend(summary(tx, workspace, &key, sees)?);
    }
    let places = view.nodes.iter().zip(0..);
    let places: HashMap<EntityKey, usize> = places.map(|(one, at)| (one.key.clone(), at)).collect();
    for (from, node) in view.nodes.iter().enumerate() {
        for ((to, kind, leads), (weight, documents)) in sums(tx, workspace, &node.key, sees)? {
            // Each edge stands at both its ends.
            let Some(&to) = places.get(&to) else { continue };
            if leads || kind == EdgeKind::CoMention && from < to {
                view.edges.push(Tie {
                    from,
                    to,
                    kind,
                    weight,
                    documents,
                });
            }
        }
    }
    let order = |edge: &Tie| {
        (
            std::cmp::Reverse(edge.weight),
            edge.from,
            edge.to,
            edge.kind,
        )
    };
    view.edges.sort_by_key(order);
    Ok(view)
}
