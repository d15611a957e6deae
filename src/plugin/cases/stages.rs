//! Cases of the stages of documents and searches: what goes in, and what must come out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::pipeline::{Candidate, File, Lengths, Markup, StageError, StageSet, Unreadable};

use super::{Case, Miss};

/// How long passages are to be in cases of chunkers, in tokens.
const LENGTHS: Lengths = Lengths {
    target: 200,
    most: 254,
};

/// Tries every case on the one stage in `set`.
pub(super) fn misses(set: &StageSet, cases: &[Case]) -> Vec<Miss> {
    let miss = |case: &Case| {
        let (want, got) = outcome(set, case);
        (want != got).then(|| Miss {
            case: case.name.clone(),
            way: "whole",
            want,
            got,
        })
    };
    cases.iter().filter_map(miss).collect()
}

/// What the case wants and what came, in the same words.
fn outcome(set: &StageSet, case: &Case) -> (String, String) {
    if let Some(extractor) = set.extractors.first() {
        let want = match &case.failure {
            Some(failure) => format!("failed as {failure}"),
            None => case.becomes.clone().unwrap_or_default(),
        };
        return (want, extracted(&**extractor, case));
    }
    if let Some(chunker) = set.chunkers.first() {
        let markup = match case.markdown {
            true => Markup::Markdown,
            false => Markup::Plain,
        };
        let cuts = chunker.cut(&case.text, markup, LENGTHS);
        let texts = cuts.map(|cuts| {
            let text = |cut: &crate::pipeline::Cut| case.text[cut.range.clone()].to_owned();
            cuts.iter().map(text).collect()
        });
        return (list(&case.passages), said(texts));
    }
    if let Some(rewriter) = set.rewriters.first() {
        let queries = rewriter.rewrite(&case.text, &case.earlier);
        return (list(&case.queries), said(queries));
    }
    if let Some(reranker) = set.rerankers.first() {
        let ranked = reranker.rerank(&case.text, &candidates(case));
        let texts = ranked.map(|ranked| {
            let text = |it: &crate::pipeline::Ranked| case.candidates[it.index].clone();
            ranked.iter().map(text).collect()
        });
        return (list(&case.order), said(texts));
    }
    (String::new(), "there is nothing to try".to_owned())
}

fn extracted(extractor: &dyn crate::pipeline::Extractor, case: &Case) -> String {
    let bytes = match &case.base64 {
        Some(text) => STANDARD.decode(text).unwrap_or_default(),
        None => case.text.clone().into_bytes(),
    };
    let file = File {
        name: case.file.as_deref().unwrap_or_default(),
        media_type: "",
        bytes: &bytes,
    };
    if !extractor.reads(&file) {
        return "it does not read this file".to_owned();
    }
    match extractor.extract(&file) {
        Ok(Ok(made)) => made.text,
        Ok(Err(Unreadable::Empty)) => "failed as empty".to_owned(),
        Ok(Err(Unreadable::Broken(_))) => "failed as unreadable".to_owned(),
        Ok(Err(Unreadable::Encrypted)) => "failed as encrypted".to_owned(),
        Err(error) => format!("failed: {error}"),
    }
}

/// The candidates as a search would find them: the best first.
fn candidates(case: &Case) -> Vec<Candidate> {
    let candidate = |(index, text): (usize, &String)| Candidate {
        title: "document".to_owned(),
        headings: Vec::new(),
        text: text.clone(),
        score: 1.0 / (1.0 + index as f32),
    };
    case.candidates.iter().enumerate().map(candidate).collect()
}

fn said(texts: Result<Vec<String>, StageError>) -> String {
    match texts {
        Ok(texts) => list(&texts),
        Err(error) => format!("failed: {error}"),
    }
}

fn list(texts: &[String]) -> String {
    texts.join("\n---\n")
}
