//! Kept: the vectors of workspaces that are searched again and again, in memory.
//!
//! A search by meaning compares every vector of a workspace. From the database that is a copy of
//! each for every search; from here it is none. What is kept is of one version of the workspace:
//! with the next change it is read anew, and nothing is read at the start of the box.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::id::{DocumentId, WorkspaceId};
use crate::store::passages::VectorBlock;

/// Bytes of all that is kept: some 160,000 passages of a model with 384 dimensions.
const MOST: usize = 64 << 20;

/// All vectors of a workspace, by document.
pub(super) type Vectors = Vec<(DocumentId, VectorBlock)>;

/// What is kept of all workspaces.
#[derive(Default)]
pub(super) struct Kept(Mutex<State>);

#[derive(Default)]
struct State {
    shelves: HashMap<WorkspaceId, Shelf>,
    /// Counts searches, to tell what was used last.
    searches: u64,
}

struct Shelf {
    version: u64,
    vectors: Held,
    used: u64,
}

enum Held {
    /// The workspace was searched once at this version.
    Seen,
    Here(Arc<Vectors>, usize),
    TooLarge,
}

/// What there is of a workspace.
pub(super) enum Found {
    Here(Arc<Vectors>),
    /// Not yet, but it is worth to be kept: it is searched again as it was.
    Worth,
    Nothing,
}

impl Kept {
    /// What is kept of this version of a workspace.
    pub(super) fn find(&self, workspace: WorkspaceId, version: u64) -> Found {
        let mut state = self.lock();
        state.searches += 1;
        let used = state.searches;
        let fresh = Shelf {
            version,
            vectors: Held::Seen,
            used,
        };
        match state.shelves.get_mut(&workspace) {
            Some(shelf) if shelf.version == version => {
                shelf.used = used;
                match &shelf.vectors {
                    Held::Seen => Found::Worth,
                    Held::Here(vectors, _) => Found::Here(Arc::clone(vectors)),
                    Held::TooLarge => Found::Nothing,
                }
            }
            _ => {
                state.shelves.insert(workspace, fresh);
                Found::Nothing
            }
        }
    }

    /// Keeps the vectors of a version of a workspace, `None` if they are too many; what was used
    /// longest ago makes room.
    pub(super) fn keep(&self, workspace: WorkspaceId, version: u64, vectors: Option<Vectors>) {
        let bytes = vectors.as_ref().map_or(0, size);
        let mut state = self.lock();
        let Some(shelf) = state.shelves.get_mut(&workspace) else {
            return;
        };
        if shelf.version != version {
            return;
        }
        shelf.vectors = match vectors {
            Some(vectors) => Held::Here(Arc::new(vectors), bytes),
            None => Held::TooLarge,
        };
        state.shrink();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What is kept can be read again, so a panic in between does no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn shrink(&mut self) {
        let bytes = |shelf: &Shelf| match shelf.vectors {
            Held::Here(_, bytes) => bytes,
            _ => 0,
        };
        while self.shelves.values().map(bytes).sum::<usize>() > MOST {
            let held = self.shelves.iter().filter(|(_, shelf)| bytes(shelf) > 0);
            let oldest = held.min_by_key(|(_, shelf)| shelf.used).map(|(id, _)| *id);
            let Some(oldest) = oldest else { return };
            self.shelves.remove(&oldest);
        }
    }
}

/// Whether so many bytes of vectors may be kept.
pub(super) fn fits(bytes: usize) -> bool {
    bytes <= MOST
}

fn size(vectors: &Vectors) -> usize {
    let sizes = vectors.iter().map(|(_, block)| bytes_of(block));
    sizes.sum()
}

/// Bytes that a block takes, roughly.
pub(super) fn bytes_of(block: &VectorBlock) -> usize {
    block.components.len() + 4 * block.scales.len() + 160
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(bytes: usize) -> Vectors {
        let block = VectorBlock {
            components: vec![0; bytes],
            ..VectorBlock::default()
        };
        vec![(DocumentId::new(), block)]
    }

    #[test]
    fn what_is_searched_twice_is_kept_until_it_changes() {
        let (kept, workspace) = (Kept::default(), WorkspaceId::new());
        assert!(matches!(kept.find(workspace, 1), Found::Nothing));
        assert!(matches!(kept.find(workspace, 1), Found::Worth));
        kept.keep(workspace, 1, Some(vectors(10)));
        assert!(matches!(kept.find(workspace, 1), Found::Here(_)));
        assert!(matches!(kept.find(workspace, 2), Found::Nothing));
        kept.keep(workspace, 1, Some(vectors(10)));
        assert!(
            matches!(kept.find(workspace, 2), Found::Worth),
            "not of version 1"
        );
        kept.keep(workspace, 2, None);
        assert!(matches!(kept.find(workspace, 2), Found::Nothing));
    }

    #[test]
    fn what_was_used_longest_ago_makes_room() {
        let kept = Kept::default();
        let ids = [WorkspaceId::new(), WorkspaceId::new(), WorkspaceId::new()];
        for id in ids {
            kept.find(id, 1);
            kept.keep(id, 1, Some(vectors(MOST / 2 - 200)));
            // The first is used all the time.
            kept.find(ids[0], 1);
        }
        assert!(matches!(kept.find(ids[0], 1), Found::Here(_)));
        assert!(matches!(kept.find(ids[1], 1), Found::Nothing));
        assert!(matches!(kept.find(ids[2], 1), Found::Here(_)));
    }
}
