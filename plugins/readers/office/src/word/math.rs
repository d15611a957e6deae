//! Formulas of Office (OMML) on one line: `(a)/(b)`, `x^(2)`, `√(x)`.

/// What is written where an element of a formula begins.
pub(crate) fn opens(name: &str) -> &'static str {
    match name {
        "num" => "(",
        "den" => "/(",
        "sup" => "^(",
        "sub" => "_(",
        "rad" => "√(",
        _ => "",
    }
}

/// What is written where it ends.
pub(crate) fn closes(name: &str) -> &'static str {
    match name {
        "num" | "den" | "sup" | "sub" | "rad" => ")",
        _ => "",
    }
}
