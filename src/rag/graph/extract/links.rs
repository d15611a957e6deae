//! Links: from names and where they stand to entities and edges.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::walk::{Hit, Walk};
use super::{EDGES, ENTITIES};
use crate::domain::graph::{Edge, EdgeKind, Entity, EntityKey, Graph, Mention, Span};

/// Places of an entity that are kept.
const MENTIONS: usize = 32;
/// Places of an edge that are kept.
const SPANS: usize = 4;
/// Entities of a sentence or a passage that are tied to each other, the strongest.
const TOGETHER: usize = 12;
/// Pairs that are counted, of which the strongest are kept.
const PAIRS: usize = 100_000;
/// What one sentence, one passage and one definition add to the weight of an edge.
const SENTENCE: u32 = 3;
const PASSAGE: u32 = 1;
const SAID: u32 = 6;

/// A name that stands in a passage.
#[derive(Clone, Copy)]
struct Place {
    span: Span,
    entity: u32,
    sentence: u32,
    passage: u32,
}

/// The graph of what was seen on the walk.
pub(super) fn graph(passages: &[Range<usize>], walk: Walk) -> Graph {
    let Walk {
        names,
        same,
        hits,
        ties,
        ..
    } = walk;
    let mut entities: Vec<Entity> = Vec::new();
    let mut by_key: HashMap<EntityKey, u32> = HashMap::new();
    let number = |entities: &mut Vec<Entity>, by_key: &mut HashMap<EntityKey, u32>, name: u32| {
        let kept = &names[same[name as usize] as usize];
        let key = EntityKey::new(kept.kind, &kept.folded);
        *by_key.entry(key.clone()).or_insert_with(|| {
            let label = kept.label.clone();
            entities.push(Entity {
                key,
                label,
                count: 0,
                mentions: Vec::new(),
                definitions: Vec::new(),
            });
            u32::try_from(entities.len() - 1).unwrap_or(u32::MAX)
        })
    };
    let mut places = Vec::new();
    for Hit {
        span,
        name,
        sentence,
    } in hits
    {
        let Some(passage) = passage_of(passages, span) else {
            continue;
        };
        let entity = number(&mut entities, &mut by_key, name);
        let known = &mut entities[entity as usize];
        known.count += 1;
        if known.mentions.len() < MENTIONS {
            known.mentions.push(Mention { span, passage });
        }
        let label = &names[name as usize].label;
        if label.len() > known.label.len() {
            known.label.clone_from(label);
        }
        places.push(Place {
            span,
            entity,
            sentence,
            passage,
        });
    }
    for (at, name) in (0u32..).zip(&names) {
        if !name.definitions.is_empty() {
            let entity = number(&mut entities, &mut by_key, at);
            let placed = |span: &Span| {
                let passage = passage_of(passages, *span)?;
                Some(Mention {
                    span: *span,
                    passage,
                })
            };
            let placed = name.definitions.iter().filter_map(placed);
            entities[entity as usize].definitions.extend(placed);
        }
    }
    let mut edges = together(&places, &entities);
    for tie in ties {
        let from = number(&mut entities, &mut by_key, tie.from);
        let to = number(&mut entities, &mut by_key, tie.to);
        if from != to {
            count(&mut edges, (from, to, tie.kind), SAID, tie.span);
        }
    }
    strongest(entities, edges)
}

/// The passage in which a span begins.
fn passage_of(passages: &[Range<usize>], span: Span) -> Option<u32> {
    let start = span.start as usize;
    let after = passages.partition_point(|passage| passage.start <= start);
    let at = after.checked_sub(1)?;
    (start < passages[at].end).then(|| u32::try_from(at).ok())?
}

type Edges = BTreeMap<(u32, u32, EdgeKind), (u32, Vec<Span>)>;

fn count(edges: &mut Edges, key: (u32, u32, EdgeKind), weight: u32, span: Span) {
    if edges.len() >= PAIRS && !edges.contains_key(&key) {
        return;
    }
    let (sum, spans) = edges.entry(key).or_default();
    *sum += weight;
    if spans.len() < SPANS && !spans.contains(&span) {
        spans.push(span);
    }
}

/// Edges between what is named in one sentence, and in one passage.
fn together(places: &[Place], entities: &[Entity]) -> Edges {
    let mut edges = Edges::new();
    for sentence in places.chunk_by(|a, b| a.sentence == b.sentence && a.passage == b.passage) {
        pairs(&mut edges, sentence, entities, SENTENCE);
    }
    for passage in places.chunk_by(|a, b| a.passage == b.passage) {
        pairs(&mut edges, passage, entities, PASSAGE);
    }
    edges
}

fn pairs(edges: &mut Edges, places: &[Place], entities: &[Entity], weight: u32) {
    let mut first: BTreeMap<u32, Span> = BTreeMap::new();
    for place in places {
        first.entry(place.entity).or_insert(place.span);
    }
    let mut group: Vec<(u32, Span)> = first.into_iter().collect();
    group.sort_by_key(|(entity, _)| (std::cmp::Reverse(entities[*entity as usize].count), *entity));
    group.truncate(TOGETHER);
    for (at, (a, left)) in group.iter().enumerate() {
        for (b, right) in &group[at + 1..] {
            let span = Span {
                start: left.start.min(right.start),
                end: left.end.max(right.end),
            };
            count(
                edges,
                (*a.min(b), *a.max(b), EdgeKind::CoMention),
                weight,
                span,
            );
        }
    }
}

/// Keeps the strongest, in order of strength.
fn strongest(entities: Vec<Entity>, edges: Edges) -> Graph {
    let mut order: Vec<usize> = (0..entities.len()).collect();
    let strength = |at: &usize| {
        let entity = &entities[*at];
        let defined = u32::from(!entity.definitions.is_empty()) * 3;
        (std::cmp::Reverse(entity.count + defined), *at)
    };
    order.retain(|at| !entities[*at].mentions.is_empty());
    order.sort_by_key(strength);
    order.truncate(ENTITIES);
    let mut new = vec![None; entities.len()];
    for (to, from) in (0u32..).zip(&order) {
        new[*from] = Some(to);
    }
    let mut kept: Vec<Edge> = edges
        .into_iter()
        .filter_map(|((from, to, kind), (weight, spans))| {
            let (from, to) = (new[from as usize]?, new[to as usize]?);
            let (from, to) = match kind {
                EdgeKind::CoMention => (from.min(to), from.max(to)),
                _ => (from, to),
            };
            Some(Edge {
                from,
                to,
                kind,
                weight,
                spans,
            })
        })
        .collect();
    kept.sort_by_key(|edge| {
        (
            std::cmp::Reverse(edge.weight),
            edge.from,
            edge.to,
            edge.kind,
        )
    });
    kept.truncate(EDGES);
    let mut entities: Vec<Option<Entity>> = entities.into_iter().map(Some).collect();
    let entities = order
        .into_iter()
        .filter_map(|at| entities[at].take())
        .collect();
    Graph {
        entities,
        edges: kept,
    }
}
