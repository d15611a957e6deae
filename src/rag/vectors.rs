//! Vectors: passages by what they mean.
//!
//! Every vector of the workspace is compared with the question's, so the search is exact but for
//! the eight bits that a component is stored in, and it never leaves the workspace. 384
//! components take 388 bytes; a core compares some millions of vectors in a second.

use crate::engine::byte_products;
use crate::store::passages::VectorBlock;
use crate::store::{Reads, StoreError};

use super::bm25::{Place, best};
use super::sight::Sight;

/// Passages less like the question than this (cosine) are not about it at all.
const LEAST: f32 = 0.1;

/// A vector as bytes, each an `i8`, and what to multiply them by.
fn as_bytes(vector: &[f32]) -> (f32, impl Iterator<Item = i8>) {
    let largest = vector.iter().fold(0f32, |most, x| most.max(x.abs()));
    let scale = largest / 127.0;
    let step = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    (scale, vector.iter().map(move |x| (x * step).round() as i8))
}

/// Packs the vectors of one block; `first` is the ordinal of the first.
pub(super) fn block(model: &str, first: u32, vectors: &[Vec<f32>]) -> VectorBlock {
    let dimensions = vectors.first().map_or(0, Vec::len);
    let mut scales = Vec::with_capacity(vectors.len());
    let mut components = Vec::with_capacity(vectors.len() * dimensions);
    for vector in vectors {
        let (scale, bytes) = as_bytes(vector);
        scales.push(scale);
        components.extend(bytes.map(i8::cast_unsigned));
    }
    let dimensions = u32::try_from(dimensions).unwrap_or(u32::MAX);
    VectorBlock {
        model: model.to_owned(),
        first,
        dimensions,
        scales,
        components,
    }
}

/// What a search by meaning found.
pub(super) struct Found {
    /// Passages with their likeness to the question (cosine), best first.
    pub(super) list: Vec<(Place, f32)>,
    /// Likeness of the question to the average passage.
    pub(super) average: f32,
}

/// The passages within sight whose vectors, made by `model`, are most like `question`.
pub(super) fn search(
    tx: &impl Reads,
    sight: &Sight,
    model: &str,
    question: &[f32],
    limit: usize,
) -> Result<Found, StoreError> {
    let (question_scale, bytes) = as_bytes(question);
    let bytes: Vec<i8> = bytes.collect();
    let mut found = Vec::new();
    let mut least = LEAST;
    let (mut sums, mut total, mut count) = (Vec::new(), 0f64, 0u64);
    sight.each_vector_block(tx, |document, block| {
        if block.model != model || block.dimensions as usize != bytes.len() {
            return;
        }
        byte_products(&bytes, block.components, &mut sums);
        for ((ordinal, scale), sum) in (block.first..).zip(block.scales).zip(&sums) {
            let likeness = question_scale * scale * *sum as f32;
            total += f64::from(likeness);
            count += 1;
            if likeness >= least {
                found.push(((document, ordinal), likeness));
            }
        }
        if found.len() > limit.max(64) * 16 {
            found = best(std::mem::take(&mut found), limit);
            least = found.last().map_or(LEAST, |(_, likeness)| *likeness);
        }
    })?;
    Ok(Found {
        list: best(found, limit),
        average: (total / count.max(1) as f64) as f32,
    })
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    fn unit(rng: &mut StdRng, dimensions: usize) -> Vec<f32> {
        let vector: Vec<f32> = (0..dimensions)
            .map(|_| rng.random_range(-1.0..1.0))
            .collect();
        let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.into_iter().map(|x| x / norm).collect()
    }

    fn likeness(question: &[f32], block: &VectorBlock) -> f32 {
        let (scale, bytes) = as_bytes(question);
        let mut sums = Vec::new();
        byte_products(&bytes.collect::<Vec<_>>(), &block.components, &mut sums);
        scale * block.scales[0] * sums[0] as f32
    }

    #[test]
    fn eight_bits_keep_a_cosine_to_three_digits() {
        let mut rng = StdRng::seed_from_u64(7);
        for dimensions in [1, 7, 8, 384] {
            let (a, b) = (unit(&mut rng, dimensions), unit(&mut rng, dimensions));
            let exact: f32 = a.iter().zip(&b).map(|(x, y)| x * y).sum();
            let block = block("m", 0, std::slice::from_ref(&b));
            let stored = likeness(&a, &block);
            assert!(
                (exact - stored).abs() < 4e-3,
                "{dimensions}: {exact} {stored}"
            );
        }
    }

    #[test]
    fn a_vector_of_zeros_is_like_nothing() {
        let block = block("m", 0, &[vec![0.0; 8]]);
        assert_eq!(likeness(&[1.0; 8], &block), 0.0);
    }
}
