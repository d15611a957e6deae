//! Keys and values of one sequence: all that a model remembers of it.
//!
//! Memory grows as the sequence does. The sequence owns its cache and nobody else ever holds a
//! handle to its tensors, so appending writes in place.

use burn::tensor::{DType, Tensor};

use super::arch::ModelError;
use super::backend;

/// Tokens by which a cache grows at least.
const STEP: usize = 256;

/// How keys and values are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// Half precision, as llama.cpp keeps them.
    Half,
    /// Single precision, for models whose weights are.
    Single,
}

/// The size of a cache, as the model's shape has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KvShape {
    pub(crate) layers: usize,
    /// Key heads times head size: numbers per token, layer and side.
    pub(crate) width: usize,
    pub(crate) precision: Precision,
}

impl KvShape {
    /// Bytes of `tokens` tokens.
    pub(crate) fn bytes(&self, tokens: usize) -> u64 {
        let number = match self.precision {
            Precision::Half => 2,
            Precision::Single => 4,
        };
        (self.layers * self.width * 2 * number) as u64 * tokens as u64
    }

    fn zeros(&self, tokens: usize) -> Tensor<2> {
        let kind = match self.precision {
            Precision::Half => DType::F16,
            Precision::Single => DType::F32,
        };
        Tensor::zeros([tokens, self.width], (&backend::device(), kind))
    }
}

/// Keys and values of one layer, `[room, width]` each; taken out while an op appends to them.
struct Layer {
    keys: Option<Tensor<2>>,
    values: Option<Tensor<2>>,
}

/// What a model remembers of one sequence.
pub(crate) struct KvCache {
    shape: KvShape,
    layers: Vec<Layer>,
    tokens: usize,
    room: usize,
    limit: usize,
}

impl KvCache {
    /// An empty cache for at most `limit` tokens.
    pub(crate) fn new(shape: KvShape, limit: usize) -> Self {
        let layers = (0..shape.layers)
            .map(|_| Layer {
                keys: None,
                values: None,
            })
            .collect();
        Self {
            shape,
            layers,
            tokens: 0,
            room: 0,
            limit,
        }
    }

    /// Tokens it holds.
    pub(crate) fn len(&self) -> usize {
        self.tokens
    }

    /// Bytes it takes now.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> u64 {
        self.shape.bytes(self.room)
    }

    /// Forgets all but the first `tokens` tokens; the memory is kept for what comes.
    #[cfg(test)]
    pub(crate) fn truncate(&mut self, tokens: usize) {
        self.tokens = self.tokens.min(tokens);
    }

    /// Makes room for `more` tokens.
    pub(super) fn reserve(&mut self, more: usize) -> Result<(), ModelError> {
        let needed = self.tokens.saturating_add(more);
        if needed > self.limit {
            return Err(ModelError::Full {
                tokens: needed,
                limit: self.limit,
            });
        }
        if needed <= self.room {
            return Ok(());
        }
        let room = needed
            .max(self.room + self.room / 2)
            .next_multiple_of(STEP)
            .min(self.limit);
        for layer in &mut self.layers {
            layer.keys = Some(grown(&self.shape, layer.keys.take(), self.tokens, room));
            layer.values = Some(grown(&self.shape, layer.values.take(), self.tokens, room));
        }
        self.room = room;
        Ok(())
    }

    /// Keys and values of a layer, for an op that appends to them and gives them back.
    pub(super) fn take(&mut self, layer: usize) -> (Tensor<2>, Tensor<2>) {
        let layer = &mut self.layers[layer];
        let both = layer.keys.take().zip(layer.values.take());
        both.expect("room was reserved and the last op gave them back")
    }

    /// Gives back what [`KvCache::take`] took.
    pub(super) fn put(&mut self, layer: usize, keys: Tensor<2>, values: Tensor<2>) {
        self.layers[layer] = Layer {
            keys: Some(keys),
            values: Some(values),
        };
    }

    /// Counts `more` tokens that every layer has got.
    pub(super) fn advance(&mut self, more: usize) {
        self.tokens += more;
    }
}

/// A larger copy of `old`, of which `tokens` rows are in use.
fn grown(shape: &KvShape, old: Option<Tensor<2>>, tokens: usize, room: usize) -> Tensor<2> {
    let new = shape.zeros(room);
    match old {
        Some(old) if tokens > 0 => {
            let used = old.slice([0..tokens, 0..shape.width]);
            new.slice_assign([0..tokens, 0..shape.width], used)
        }
        _ => new,
    }
}
