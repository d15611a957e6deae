//! all-MiniLM-L6-v2 against a float32 reference in numpy, which
//! `tests/reference/minilm_numpy.py` made.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Case {
    ids: Vec<u32>,
    vector: Vec<f32>,
}

#[test]
fn minilm_agrees_with_the_reference() {
    let Some(folder) = minilm() else { return };
    for (precision, least) in [(Precision::Plain, 0.9999), (Precision::Bytes, 0.995)] {
        agrees(folder.path(), precision, least);
    }
}

fn agrees(folder: &Path, precision: Precision, least: f32) {
    let cases: Vec<Case> = serde_json::from_slice(&reference("minilm_numpy.json")).unwrap();
    let model = bert::Bert::load(folder, precision, &Compute::new(2)).unwrap();
    let batch: Vec<_> = cases.iter().map(|case| case.ids.clone()).collect();
    let together = model.encode(&batch).unwrap();
    for (case, vector) in cases.iter().zip(&together) {
        let cosine: f32 = case.vector.iter().zip(vector).map(|(a, b)| a * b).sum();
        assert!(cosine > least, "{precision:?}: {cosine}");
        let alone = model.encode(std::slice::from_ref(&case.ids)).unwrap();
        let apart = alone[0]
            .iter()
            .zip(vector)
            .fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
        // Company changes nothing, bit for bit.
        assert_eq!(apart, 0.0, "alone and in a batch, {precision:?}");
    }
    let limit = model.facts().context;
    assert!(matches!(
        model.encode(&[vec![1; limit + 1]]),
        Err(ModelError::Full { .. })
    ));
    assert!(matches!(model.encode(&[vec![]]), Err(ModelError::Empty)));
    assert!(matches!(
        model.encode(&[vec![40_000]]),
        Err(ModelError::Token { .. })
    ));
}
