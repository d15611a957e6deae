//! Parts that are drawn by name (8.10), and fields and notes that lie on a page (12.5.5).

use super::matrix::Matrix;
use crate::file::Document;
use crate::syntax::{Dict, Object};

/// Fields and notes of one page.
const ANNOTATIONS: usize = 5000;

/// The matrix of a form.
pub(super) fn matrix(document: &Document, form: &Dict) -> Matrix {
    let matrix = document.get(form, "Matrix");
    matrix
        .array()
        .and_then(Matrix::read)
        .unwrap_or(Matrix::IDENTITY)
}

/// What is seen of the fields and notes of a page, and where.
pub(super) fn appearances(document: &Document, page: &Dict) -> Vec<(Object, Matrix)> {
    let annotations = document.get(page, "Annots");
    let annotations = annotations
        .array()
        .unwrap_or_default()
        .iter()
        .take(ANNOTATIONS);
    annotations
        .filter_map(|annotation| {
            let annotation = document.resolve(annotation);
            let annotation = annotation.dict()?;
            let kind = annotation.get("Subtype").name()?;
            let hidden = document.get(annotation, "F").int().unwrap_or(0) & 2 != 0;
            if hidden || !matches!(kind, b"Widget" | b"FreeText" | b"Stamp") {
                return None;
            }
            let form = appearance(document, annotation)?;
            let place = place(document, annotation, form.dict()?)?;
            Some((form, place))
        })
        .collect()
}

fn appearance(document: &Document, annotation: &Dict) -> Option<Object> {
    let all = document.get(annotation, "AP");
    let normal = document.get(all.dict()?, "N");
    if normal.stream().is_some() {
        return Some(normal);
    }
    let state = document.get(annotation, "AS");
    let chosen = document.resolve(normal.dict()?.get_bytes(state.name()?));
    chosen.stream().is_some().then_some(chosen)
}

/// From the box of the form to the rectangle of the annotation (12.5.5, algorithm 8.1).
fn place(document: &Document, annotation: &Dict, form: &Dict) -> Option<Matrix> {
    let rectangle = |dict: &Dict, name: &str| {
        let list = document.get(dict, name);
        let list = list.array()?;
        let number = |at: usize| document.resolve(list.get(at)?).number();
        Some([number(0)?, number(1)?, number(2)?, number(3)?])
    };
    let [x0, y0, x1, y1] = rectangle(annotation, "Rect")?;
    let [bx0, by0, bx1, by1] = rectangle(form, "BBox")?;
    let matrix = matrix(document, form);
    let corners = [(bx0, by0), (bx1, by0), (bx0, by1), (bx1, by1)].map(|(x, y)| matrix.apply(x, y));
    let span = |values: [f64; 4]| {
        let low = values.into_iter().fold(f64::INFINITY, f64::min);
        (low, values.into_iter().fold(f64::NEG_INFINITY, f64::max))
    };
    let (left, right) = span(corners.map(|(x, _)| x));
    let (bottom, top) = span(corners.map(|(_, y)| y));
    let ratio = |want: f64, have: f64| if have.abs() > 1e-6 { want / have } else { 1.0 };
    let (sx, sy) = (
        ratio((x1 - x0).abs(), right - left),
        ratio((y1 - y0).abs(), top - bottom),
    );
    let (x, y) = (x0.min(x1) - left * sx, y0.min(y1) - bottom * sy);
    Some(Matrix([sx, 0.0, 0.0, sy, x, y]))
}
